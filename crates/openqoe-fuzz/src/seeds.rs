//! Good input to begin with, made from the vectors of `spec/` by the code under test itself.

use std::io::Write;
use std::sync::{Arc, LazyLock};

use openqoe_engine::{Arrival, Config, Engine, Source};
use openqoe_ingest::PROTOCOLS;
use openqoe_metrics::{Guard, Limits, Table};
use openqoe_spec::{Batch, Protocol, compact};

use crate::journal::record;
use crate::scribe::Books;

/// A batch of the native protocol, small and good.
pub(crate) const BATCH: &str = r#"{"spec_version":"0.1.0","sent_at":1700000010000,"session":{"session_id":"s",
"started_at":1700000000000,"attributes":{"asset_id":"a","country":"de","is_live":true}},"events":[
{"seq":0,"t":0,"type":"session_start"},{"seq":1,"t":5,"type":"play_request","trigger":"user"},
{"seq":2,"t":700,"type":"playing"},{"seq":3,"t":900,"type":"rendition","bitrate":3000000},
{"seq":4,"t":950,"type":"download","kind":"video","bytes":1000,"ttfb_ms":20,"duration_ms":90,"weight":4},
{"seq":5,"t":4000,"type":"stall"},{"seq":6,"t":5000,"type":"playing"},{"seq":7,"t":5100,"type":"rate","rate":1.5},
{"seq":8,"t":6000,"type":"heartbeat","buffer_ms":8000,"frames_decoded":150,"frames_dropped":1},
{"seq":9,"t":6500,"type":"error","code":"E1","fatal":false},{"seq":10,"t":9000,"type":"session_end"}]}"#;

/// An event of EPAS with everything.
const EPAS: &str = r#"[{"event":"init","sessionId":"s","timestamp":1700000000000,"playhead":-1,"duration":-1},
{"event":"bitrate_changed","sessionId":"s","timestamp":1700000000900,"playhead":1,"duration":60,"payload":{"bitrate":3000}},
{"event":"stopped","sessionId":"s","timestamp":1700000001900,"playhead":2,"duration":60,"payload":{"reason":"ended"}}]"#;

/// The same of the prototype.
const PROTOTYPE: &str = r#"{"events":[{"event_type":"seek","event_time":1700000000900,"view_id":"v","video":{"id":"film"},
"player":{"name":"hlsjs"},"data":{"seek_latency":300}},{"event_type":"error","event_time":1700000001000,"view_id":"v",
"player":{"name":"shaka"},"data":{"error_code":"1002","error_context":{"severity":2}}}]}"#;

/// A playback of Media3 with everything.
const MEDIA3: &str = r#"{"session_id":"s","anchor":{"realtimeMs":19000,"epochMs":1700000019000},"sent_at":1700000020000,
"attributes":{"asset_id":"a","cdn":7},"eventTime":{"realtimeMs":1000},"playbackStateHistory":[
{"eventTime":{"realtimeMs":1000},"playbackState":2},{"eventTime":{"realtimeMs":2000},"playbackState":3},
{"eventTime":{"realtimeMs":4000},"playbackState":14},{"eventTime":{"realtimeMs":9000},"playbackState":13},
{"eventTime":{"realtimeMs":10000},"playbackState":5},{"eventTime":{"realtimeMs":11000},"playbackState":4},
{"eventTime":{"realtimeMs":18000},"playbackState":15}],"videoFormatHistory":[{"eventTime":{"realtimeMs":1500},"format":
{"bitrate":3000000}}],"audioFormatHistory":[{"eventTime":{"realtimeMs":1500},"format":null}],"mediaTimeHistory":[[2000,0],
[4000,3000]],"fatalErrorHistory":[{"eventTime":{"realtimeMs":9000},"exception":{"errorCode":2004}}],"nonFatalErrorHistory":[
{"eventTime":{"realtimeMs":3000},"exception":{"type":"IOException"}}],"totalDroppedFrames":3,"ads":[{"playbackStateHistory":[
{"eventTime":{"realtimeMs":4500},"playbackState":3},{"eventTime":{"realtimeMs":8000},"playbackState":11}]}]}"#;

/// Every kind of event with every field.
pub(crate) fn everything() -> Batch {
    static EVERYTHING: LazyLock<Batch> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../../../spec/vectors/journal/everything.json")).unwrap()
    });
    EVERYTHING.clone()
}

pub(crate) fn bodies() -> Vec<Vec<u8>> {
    let bad = BATCH.replace("\"rate\":1.5", "\"rate\":\"fast\"").replace("\"stall\"", "\"stalled\"");
    let native = [BATCH, &bad, "[]", "{\"spec_version\":\"9.0.0\"}"].map(|body| (Protocol::Native, body));
    let others = [(Protocol::Epas, EPAS), (Protocol::Prototype, PROTOTYPE), (Protocol::Media3, MEDIA3)];
    let logs = LOGS.map(|body| (Protocol::CdnLog, body));
    native.into_iter().chain(others).chain(logs).map(|(protocol, body)| addressed(protocol, body)).collect()
}

/// A body behind the byte that chooses its protocol.
fn addressed(protocol: Protocol, body: &str) -> Vec<u8> {
    let number = PROTOCOLS.iter().position(|known| known.id == protocol).unwrap();
    [&[u8::try_from(number).unwrap()], body.as_bytes()].concat()
}

/// Parameters of the URL, and lines of logs.
const LOGS: [&str; 3] = [
    "format=custom&fields=time,query,status,bytes,duration_ms,user_agent&separator=comma&sent=1700000060000\n\
     1700000000.5,CMCD=ot%3Dv%2Csid%3D%22s%22%2Csta%3Dp%2Cbl%3D2000,200,1000,30,\"a \\x22b\"\" c\"",
    "format=cloudfront\n#Fields: date time sc-bytes cs-uri-query time-taken\n\
     2026-11-21\t19:05:01\t812\tCMCD=bs%252Csid%253D%2522s%2522\t0.1",
    "format=fastly\n{\"begin\":1700000000,\"cmcd_session\":\"sid=\\\"s\\\",v=2\",\"cmcd_status\":\"bsd=(10 20),sta=r\",\
     \"cmsd_dynamic\":\"\\\"n\\\";rtt=9\"}",
];

pub(crate) fn recipes() -> Vec<Vec<u8>> {
    (0..8_u8)
        .map(|first| (0..24).map(|byte: u8| byte.wrapping_mul(37).wrapping_add(first)).collect())
        .collect()
}

fn encoded(batch: &Batch) -> Vec<u8> {
    let mut bytes = Vec::new();
    compact::encode(batch, &mut bytes);
    bytes
}

/// The whole, and one batch for each of its events.
fn batches() -> Vec<Batch> {
    let whole = everything();
    let one = |event: &openqoe_spec::Event| Batch { events: vec![event.clone()], ..whole.clone() };
    let ones = whole.events.iter().map(one);
    std::iter::once(whole.clone()).chain(ones.step_by(5)).collect()
}

pub(crate) fn compact() -> Vec<Vec<u8>> {
    batches().iter().map(encoded).collect()
}

pub(crate) fn plans() -> Vec<Vec<u8>> {
    let plan: Vec<u8> = (0..64_u8).map(|byte| byte.wrapping_mul(29)).collect();
    [[0; 64].to_vec(), plan].map(|plan| [plan, encoded(&everything())].concat()).to_vec()
}

fn records() -> Vec<u8> {
    let mut out = record::batch("default", Protocol::Native, 1000, &Batch { events: vec![], ..everything() });
    record::push_tick(&mut out, 1001);
    record::push_resumed(&mut out, 1002);
    out
}

pub(crate) fn frames() -> Vec<Vec<u8>> {
    let records = records();
    let mut damaged = records.clone();
    damaged[40] ^= 1;
    vec![records[12..].to_vec(), records.clone(), damaged, records[..records.len() - 3].to_vec()]
}

pub(crate) fn segments() -> Vec<Vec<u8>> {
    let records = records();
    let length = u16::try_from(records.len()).unwrap().to_be_bytes();
    let two = [&[0, 1, 0, 0, 1][..], &length, &records, &[0, 1, 0, 0, 0], &records].concat();
    let torn = [&[0, 0, 0, 0, 1, 0, 0, 0][..], &records[..records.len() - 1]].concat();
    vec![two, torn, [&[0, 0, 0, 0, 1, 0, 0, 0][..], &records].concat()]
}

/// An engine and a table that have taken in everything, and some of it not yet.
fn shard() -> (Engine, Table, Arc<Guard>) {
    let guard = Arc::new(Guard::new(Limits::default()));
    let (mut engine, mut table) = (Engine::new(Config::default()), Table::new(guard.clone()));
    let mut late = everything();
    late.session_id = "late".into();
    late.events = late.events.drain(3..6).collect();
    for (batch, received_at) in [(everything(), 1_700_000_031_000), (late, 1_700_000_032_000)] {
        let arrival = Arrival { tenant: "t", source: Source(0), received_at, place: 0, batch };
        engine.apply(arrival, &mut table, &mut Books::default());
    }
    (engine, table, guard)
}

pub(crate) fn engine_checkpoints() -> Vec<Vec<u8>> {
    vec![Engine::new(Config::default()).save(), shard().0.save()]
}

pub(crate) fn table_checkpoints() -> Vec<Vec<u8>> {
    let (_, table, guard) = shard();
    vec![[vec![8], table.save()].concat(), [vec![9], guard.save()].concat()]
}

pub(crate) fn checkpoint_files() -> Vec<Vec<u8>> {
    let part = |bytes: &[u8]| [&(bytes.len() as u64).to_le_bytes()[..], bytes].concat();
    let shard = [7_u64.to_le_bytes().to_vec(), part(b"engine"), part(b"table")].concat();
    let head = [1_u64.to_le_bytes().to_vec(), part(b"guard")].concat();
    vec![head.clone(), [head, shard.clone(), shard].concat()]
}

pub(crate) fn user_agents() -> Vec<Vec<u8>> {
    [
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7) AppleWebKit/537.36 Mobile",
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)",
        "Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0)",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

pub(crate) fn packed() -> Vec<Vec<u8>> {
    let pack = |bytes: &[u8], level| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    vec![pack(BATCH.as_bytes(), 9), pack(BATCH.as_bytes(), 0), pack(&[b' '; 5000], 9), pack(b"", 1).repeat(3)]
}
