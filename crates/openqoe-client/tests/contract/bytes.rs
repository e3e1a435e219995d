//! Whatever is found in the store: it is taken for an event only if it is one, and is counted if it is not.

use openqoe_client::{Answer, Client, Command, Now, Options, Record};
use openqoe_spec::EventKind;
use proptest::prelude::*;

use crate::host::{Chance, Host, Reply, WALL};

fn options() -> Options {
    Options::new("https://collector.example.com/v1/ingest")
}

/// Three good records of one session.
fn kept() -> Vec<Record> {
    let mut host = Host::new(options(), 0.0);
    host.replies.push_back(Reply { answer: Some(Answer::default()), after: 0 });
    host.call(|client, now| client.open(now));
    host.record(EventKind::Playing);
    host.record(EventKind::Error {
        code: "\"é\\\u{2028}".into(),
        fatal: false,
        category: openqoe_spec::Failure::Technical,
    });
    host.run(300);
    host.store.into_iter().map(|(key, bytes)| Record { key, bytes }).collect()
}

/// What becomes of records: how many are sent, dropped, and which keys are forgotten.
fn restored(records: &[Record]) -> (usize, u64, Vec<String>) {
    let chance = Chance(0.0, std::sync::atomic::AtomicU64::new(9));
    let mut client = Client::new(options(), Box::new(chance)).unwrap();
    let now = Now { monotonic_ms: 0, wall_ms: WALL + 1_000_000 };
    let mut forgotten = Vec::new();
    let mut sent = 0;
    for command in client.restore(now, records) {
        match command {
            Command::Send(request) => {
                let decoded = openqoe_ingest::PROTOCOLS[0].read(request.body.as_bytes()).unwrap();
                sent += decoded.received();
            }
            Command::Forget { keys } => forgotten.extend(keys),
            other => panic!("{other:?}"),
        }
    }
    (sent, client.dropped(), forgotten)
}

#[test]
fn what_was_kept_comes_back_as_it_was() {
    let records = kept();
    assert_eq!(records.len(), 3);
    assert_eq!(restored(&records), (3, 0, vec![]));
}

#[test]
fn a_store_that_was_empty_is_no_reason_to_send() {
    let mut host = Host::new(options(), 0.0);
    host.call(|client, now| client.open(now));
    host.call(|client, now| client.restore(now, &[]));
    assert!(host.sent.is_empty());
}

#[test]
fn a_second_record_of_an_event_is_counted_and_not_sent() {
    let records = kept();
    let twice = [records.clone(), records].concat();
    assert_eq!(restored(&twice), (3, 3, vec![]));
}

#[test]
fn a_record_under_a_key_that_is_not_its_own_is_none() {
    let mut records = kept();
    records[1].key.push('x');
    let strange = records[1].key.clone();
    assert_eq!(restored(&records), (2, 1, vec![strange]));
}

#[test]
fn more_than_may_be_kept_is_counted_from_the_oldest() {
    let mut host = Host::new(options(), 0.0);
    host.replies.push_back(Reply { answer: Some(Answer::default()), after: 0 });
    host.call(|client, now| client.open(now));
    for _ in 0..3 {
        for _ in 0..1_999 {
            host.record(EventKind::Pause);
        }
        host.call(|client, now| client.leave(now, true));
        let reply = Reply { answer: Some(Answer::default()), after: 0 };
        host.replies.push_back(reply);
        host.at += 1_000;
        host.restart();
        host.call(|client, now| client.open(now));
    }
    assert_eq!(host.store.len(), 5_000);
    assert!(host.client.dropped() > 0);
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_no_event(key in "[0-9a-f-]{0,60}", bytes: Vec<u8>) {
        let record = Record { key: key.clone(), bytes };
        prop_assert_eq!(restored(&[record]), (0, 1, vec![key]));
    }

    /// A record of which one byte changed is refused, or is still an event of the vocabulary's form.
    #[test]
    fn a_damaged_record_never_takes_the_others_with_it(which in 0_usize..3, at: prop::sample::Index, byte: u8) {
        let mut records = kept();
        let at = at.index(records[which].bytes.len());
        records[which].bytes[at] = byte;
        let chance = Chance(0.0, std::sync::atomic::AtomicU64::new(9));
        let mut client = Client::new(options(), Box::new(chance)).unwrap();
        let now = Now { monotonic_ms: 0, wall_ms: WALL + 1_000_000 };
        let mut commands = client.restore(now, &records);
        let mut received = 0;
        while let Some(request) = commands.iter().find_map(|command| match command {
            Command::Send(request) => Some(request.clone()),
            _ => None,
        }) {
            // A gateway may refuse what a flipped bit made of attributes; no worse.
            let decoded = openqoe_ingest::PROTOCOLS[0].read(request.body.as_bytes());
            received += decoded.map_or(1, |decoded| decoded.received());
            let answer = Answer { status: 200, ..Answer::default() };
            commands = client.answer(now, request.id, &answer);
        }
        prop_assert_eq!(received as u64 + client.dropped(), 3);
    }
}
