//! What is sent is understood: nothing of it is refused, and it goes on from body to body.

use std::collections::HashSet;

use openqoe_ingest::{Decoded, PROTOCOLS, Payload};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message;

use super::*;

const NOW: u64 = 1_700_000_000_000;

fn turn(session: u32, step: u32) -> Turn {
    let from = NOW + u64::from(step) * 10_000;
    Turn { run: 7, session, step, began: NOW, from, to: from + 10_000, label_sets: 200 }
}

fn generator(protocol: Protocol) -> &'static Generator {
    GENERATORS.iter().find(|generator| generator.protocol == protocol).unwrap()
}

fn decode(generator: &Generator, turn: &Turn) -> (usize, Decoded) {
    let mut body = Vec::new();
    let items = (generator.write)(&mut body, turn);
    let (path, query) = generator.path.split_once('?').unwrap_or((generator.path, ""));
    let protocol = PROTOCOLS.iter().find(|protocol| protocol.id == generator.protocol).unwrap();
    assert_eq!(protocol.path, path);
    assert!(protocol.content_types.contains(&generator.media_type));
    (items, (protocol.decode)(&Payload { query, ..Payload::of(&body) }).unwrap())
}

#[test]
fn every_protocol_has_a_generator() {
    let spoken: HashSet<&str> = GENERATORS.iter().map(|generator| generator.protocol.as_str()).collect();
    assert_eq!(spoken.len(), GENERATORS.len());
    for protocol in PROTOCOLS {
        assert!(spoken.contains(protocol.id.as_str()), "none speaks {}", protocol.id.as_str());
    }
    assert!(spoken.contains(Protocol::Otlp.as_str()));
}

#[test]
fn bodies_are_understood_and_go_on_where_the_one_before_ended() {
    for generator in GENERATORS.iter().filter(|generator| generator.protocol != Protocol::Otlp) {
        let name = generator.protocol.as_str();
        let mut newest = 0;
        for step in 0..30 {
            let (items, decoded) = decode(generator, &turn(4711, step));
            assert_eq!(decoded.rejections, [], "{name}");
            assert!((1..=ITEMS).contains(&items) && decoded.accepted() >= items, "{name}");
            assert_eq!(decoded.batches.len(), 1, "{name}");
            let batch = &decoded.batches[0];
            assert!(batch.session_id.starts_with(&turn(4711, 0).session_id()), "{name}");
            let times = batch.events.iter().map(|event| batch.started_at + event.t);
            let (first, last) = (times.clone().min().unwrap(), times.max().unwrap());
            assert!(first >= newest && last <= turn(4711, step).to, "{name}: {first} {last} after {newest}");
            newest = last;
        }
    }
}

#[test]
fn numbers_of_the_native_protocol_have_no_gap() {
    let mut next = 0;
    for step in 0..12 {
        let (_, decoded) = decode(generator(Protocol::Native), &turn(4711, step));
        for event in &decoded.batches[0].events {
            assert_eq!(event.seq, next);
            next += 1;
        }
    }
}

#[test]
fn sessions_spread_over_the_label_sets() {
    let attributes: HashSet<String> = (0..1000)
        .map(|session| {
            let (_, decoded) = decode(generator(Protocol::Native), &turn(session, 0));
            format!("{:?}", decoded.batches[0].attributes)
        })
        .collect();
    assert_eq!(attributes.len(), 200);
}

#[test]
fn runs_have_sessions_of_their_own() {
    for generator in GENERATORS {
        let [one, other] = [1, 2].map(|run| {
            let mut body = Vec::new();
            (generator.write)(&mut body, &Turn { run, ..turn(0, 0) });
            body
        });
        assert_ne!(one, other, "{}", generator.protocol.as_str());
        assert_eq!(one.len(), other.len());
    }
}

#[test]
fn points_are_the_items() {
    let mut body = Vec::new();
    let items = (generator(Protocol::Otlp).write)(&mut body, &turn(1, 1));
    let read = ExportMetricsServiceRequest::decode(&*body).unwrap();
    assert_eq!(read.resource_metrics[0].scope_metrics[0].metrics.len(), items);
}
