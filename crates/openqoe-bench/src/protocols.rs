//! What an event costs by each protocol: bodies of the same thirteen things, in turns, and the CPU time the gateway takes for them.
//! Requests a second would say as much of the load, which has to write each body anew.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;

use crate::figures::Samples;
use crate::http::{CONNECTIONS, SESSIONS};
use crate::load::{Audience, Limits, Wire};
use crate::payload::{Bodies, EVENTS, LABEL_SETS};
use crate::report::Report;
use crate::server::Server;
use crate::{Options, epoch_ms};

/// Requests on each connection in one round, whatever the time.
const MOST: usize = 200_000;

/// Writes the body a session sends as its so-many-th: of sessions that began at a time, the number of one, the step.
type Make = fn(&mut Vec<u8>, u64, u32, u32);

/// Key, path, media type, body.
const PROTOCOLS: [(&str, &str, &str, Make); 3] = [
    ("cmcd", "/cmcd", "application/cmcd", cmcd),
    ("prototype", "/v2/events", "application/json", prototype),
    ("otlp", "/v1/metrics", "application/x-protobuf", otlp),
];

/// One way to say it.
#[derive(Clone)]
struct Spoken {
    make: Make,
    address: (&'static str, &'static str),
    started: u64,
    bytes: Vec<u8>,
}

impl Wire for Spoken {
    fn address(&self) -> (&'static str, &'static str) {
        self.address
    }

    fn body(&mut self, number: u32, step: u32) -> &[u8] {
        self.bytes.clear();
        (self.make)(&mut self.bytes, self.started, number, step);
        &self.bytes
    }
}

/// One protocol under test.
struct Contender {
    key: &'static str,
    audience: Audience<Spoken>,
    server: Server,
    cost: Samples,
    to_native: Samples,
}

/// Runs the rounds; each protocol has a gateway of its own.
///
/// # Errors
/// When a gateway fails or refuses a body.
pub(crate) fn measure(gateway: &Path, options: &Options, report: &mut Report) -> Result<()> {
    let (rounds, time) = if options.quick { (3, 700) } else { (9, 2000) };
    let limits = Limits { time: Duration::from_millis(time), requests: MOST };
    let started = epoch_ms();
    let mut native = Audience::new(Bodies::new(started, LABEL_SETS), 0, SESSIONS, CONNECTIONS);
    let server = Server::gateway(gateway, &options.serve)?;
    let mut others = Vec::new();
    for (key, path, media_type, make) in PROTOCOLS {
        let spoken = Spoken { make, address: (path, media_type), started, bytes: Vec::new() };
        let audience = Audience::new(spoken, 0, SESSIONS, CONNECTIONS);
        let (cost, to_native) = Default::default();
        let server = Server::gateway(gateway, &options.serve)?;
        others.push(Contender { key, audience, server, cost, to_native });
    }
    let mut own = Samples::default();
    for round in 0..=rounds {
        // The first turn opens the sessions, and does not count.
        let counts = round > 0;
        let base = turn(&mut native, &server, limits)?;
        if counts {
            own.push(base);
        }
        for other in &mut others {
            let cost = turn(&mut other.audience, &other.server, limits)?;
            if counts {
                other.cost.push(cost);
                other.to_native.push(cost / base);
            }
            eprintln!("round {round}/{rounds}: {} {cost:.2} µs an event, native {base:.2}", other.key);
        }
    }
    report.add("native_cpu_us_per_event", own);
    for Contender { key, cost, to_native, .. } in others {
        report.add(&format!("{key}_cpu_us_per_event"), cost);
        report.add(&format!("{key}_to_native"), to_native);
    }
    Ok(())
}

/// CPU time of the server for one event, µs.
fn turn<B: Wire>(audience: &mut Audience<B>, server: &Server, limits: Limits) -> Result<f64> {
    let before = server.cpu_us()?;
    let outcome = audience.load(&server.public, limits)?;
    ensure!(outcome.errors == 0, "{} bodies were refused", outcome.errors);
    Ok((server.cpu_us()? - before) / (outcome.good * EVENTS) as f64)
}

/// Thirteen records: what hls.js 1.7 says in twenty seconds.
fn cmcd(out: &mut Vec<u8>, started: u64, number: u32, step: u32) {
    const RESPONSE: &str = "d=4000,e=rr,mtp=(8100),ot=v,rc=200,sta=p,ttfb=38,ttlb=412,\
        url=\"https://edge-a.cdn.example/vod/5f0c6a0e/video/1080p/segment-000123.m4s\"";
    let mut text = String::with_capacity(3000);
    let asset = number % LABEL_SETS;
    for record in 0..EVENTS as u64 {
        let sn = u64::from(step) * EVENTS as u64 + record;
        let ts = started + u64::from(step) * 20_000 + record * 1500;
        let said = match (sn, record) {
            (0, _) => "e=ps,sta=s",
            (1, _) | (_, 6) => "e=ps,sta=p",
            (_, 0 | 7) => "bl=(18200),dfa=12,e=t,sta=p",
            (_, 3) => "br=(4800),e=bc,sta=p",
            (_, 5) => "e=ps,sta=r",
            _ => RESPONSE,
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "cid=\"title-{asset}\",{said},sf=h,sid=\"{number:08}-6f0b-4a3e-9d55-2f6f0e1b7c11\",sn={sn},st=v,ts={ts},v=2"
        );
    }
    out.extend_from_slice(text.as_bytes());
}

/// Thirteen events of the prototype's SDK, each with the whole envelope, as it sends them.
fn prototype(out: &mut Vec<u8>, started: u64, number: u32, step: u32) {
    let mut text = String::from(r#"{"events":["#);
    let asset = number % LABEL_SETS;
    for event in 0..EVENTS as u64 {
        let time = started + u64::from(step) * 20_000 + event * 1500;
        let (kind, data) = match (step, event) {
            (0, 0) => ("playerready", r#"{"player_startup_time":800}"#),
            (_, 0 | 1) => ("playing", r#"{"playing_time":1000}"#),
            (_, 5) => ("stallstart", r#"{"buffer_len_ms":0}"#),
            (_, 6) => ("stallend", r#"{"stall_position_secs":12}"#),
            (_, 3 | 9) => (
                "heartbeat",
                r#"{"playing_time":1000,"bitrate":4800000,"buffer_len_ms":18200,"dropped_frames":3}"#,
            ),
            _ => (
                "fragmentloaded",
                r#"{"frag_duration":4,"size_bytes":184320,"time_to_load":412,"ttfb_ms":38,"media_type":"video"}"#,
            ),
        };
        if event > 0 {
            text.push(',');
        }
        // Writing to a string does not fail.
        let _ = write!(
            text,
            r#"{{"event_type":"{kind}","event_time":{time},"viewer_time":{time},"playback_time":1000,"org_id":"o","player_id":"p",
            "view_id":"{number:08}-6f0b-4a3e","session_id":"{number:08}-6f0b-4a3e-9d55-2f6f0e1b7c11","viewer_id":"8f434346648f6b96df89dda901c5176b",
            "device":{{"category":"desktop"}},"os":{{"family":"Linux"}},"player":{{"name":"hls.js","version":"1.6"}},"video":{{"id":"title-{asset}"}},
            "data":{data}}}"#
        );
    }
    text.push_str("]}");
    out.extend_from_slice(text.as_bytes());
}

/// Thirteen points of one process: counters that go on.
fn otlp(out: &mut Vec<u8>, started: u64, number: u32, step: u32) {
    let attribute = |key: &str, value: String| KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue(value)) }),
        ..KeyValue::default()
    };
    let point = NumberDataPoint {
        attributes: vec![attribute("transport", "webtransport".into())],
        start_time_unix_nano: started * 1_000_000,
        time_unix_nano: (started + u64::from(step + 1) * 10_000) * 1_000_000,
        value: Some(number_data_point::Value::AsDouble(f64::from(step + 1))),
        ..NumberDataPoint::default()
    };
    let metrics = (0..EVENTS).map(|index| Metric {
        name: format!("moq_client_figure_{index}"),
        data: Some(metric::Data::Sum(Sum {
            data_points: vec![point.clone()],
            aggregation_temporality: 2,
            is_monotonic: true,
        })),
        ..Metric::default()
    });
    let scope = ScopeMetrics { metrics: metrics.collect(), ..ScopeMetrics::default() };
    let instance = attribute("service.instance.id", format!("{number:08}"));
    let resource = Resource {
        attributes: vec![attribute("service.name", "moq".into()), instance],
        ..Resource::default()
    };
    let resource = ResourceMetrics {
        resource: Some(resource),
        scope_metrics: vec![scope],
        ..ResourceMetrics::default()
    };
    // Into a vector nothing fails.
    let _ = ExportMetricsServiceRequest { resource_metrics: vec![resource] }.encode(out);
}
