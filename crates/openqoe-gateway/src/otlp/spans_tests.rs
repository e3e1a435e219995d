//! `spec/vectors/traces`: the events of a session through decoder and engine, compared with the spans and log records they
//! must give.

use std::fmt::Write;
use std::path::Path;

use openqoe_engine::{Arrival, Ended, Engine, Ledger, Source};
use openqoe_ingest::PROTOCOLS;
use openqoe_spec::{Attributes, Outcome, Protocol, SPEC_VERSION};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::super::config::Config;
use super::super::logs;
use super::super::message::{AnyValue, Value};
use super::*;
use crate::archive::Row;
use crate::journal::Entry;

/// Where the clock stands when a session begins, epoch ms.
const BASE: u64 = 1_700_000_000_000;
const SESSION: &str = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    case: String,
    #[serde(default)]
    attributes: Map<String, Json>,
    #[serde(default)]
    with_viewer: bool,
    #[serde(default = "enough")]
    max_spans: usize,
    items: Vec<Map<String, Json>>,
}

fn enough() -> usize {
    1000
}

/// Takes the row of a view that has ended.
#[derive(Default)]
struct Rows(Option<Row>);

impl Ledger for Rows {
    fn outcome(&mut self, _: &str, _: Source, _: Outcome) {}

    fn ended(&mut self, ended: &Ended<'_>) {
        self.0 = Some(Row {
            tenant: ended.tenant.into(),
            session_id: ended.session_id.into(),
            protocol: Protocol::Native,
            began_at: ended.began_at,
            heard_at: ended.heard_at,
            attributes: Attributes::default(),
            summary: ended.summary.clone(),
        });
    }
}

/// What measurements come to is the summary's affair.
struct Nowhere;

impl openqoe_spec::Recorder for Nowhere {
    fn record(&mut self, _: openqoe_spec::LabelSetId, _: openqoe_spec::Measurement<'_>) {}
}

impl openqoe_spec::Labels for Nowhere {
    fn intern(&mut self, _: &str, _: &Attributes) -> openqoe_spec::LabelSetId {
        openqoe_spec::LabelSetId(0)
    }
}

/// One batch an item, as they arrive: each at its `t`, but not before those before it.
fn entries(case: &Case) -> Vec<Entry> {
    let mut now = BASE;
    let numbered = case.items.iter().enumerate().map(|(number, item)| {
        let mut event = item.clone();
        event.entry("seq").or_insert(json!(number));
        now = now.max(BASE + event["t"].as_u64().unwrap());
        let body = json!({
            "spec_version": SPEC_VERSION,
            "sent_at": now,
            "session": { "session_id": SESSION, "started_at": BASE, "attributes": case.attributes },
            "events": [event],
        });
        let mut decoded = PROTOCOLS[0].read(body.to_string().as_bytes()).unwrap();
        assert_eq!(decoded.batches.len(), 1, "{}: {item:?}", case.case);
        let batch = decoded.batches.remove(0);
        Entry { tenant: "t".into(), protocol: Protocol::Native, received_at: now, batch }
    });
    numbered.collect()
}

fn chosen(case: &Case) -> Chosen {
    let (mut engine, mut rows) = (Engine::new(openqoe_engine::Config::default()), Rows::default());
    let mut attributes = Attributes::default();
    let mut last = BASE;
    for Entry { received_at, batch, .. } in entries(case) {
        (attributes, last) = (batch.attributes.clone(), received_at);
        let arrival = Arrival { tenant: "t", source: Source(0), received_at, place: 0, batch };
        engine.apply(arrival, &mut Nowhere, &mut rows);
    }
    engine.expire(last + 20_000, &mut Nowhere, &mut rows);
    engine.expire(last + 4_000_000, &mut Nowhere, &mut rows);
    let row = Row { attributes, ..rows.0.unwrap() };
    let badness = Badness::of(&row.summary, &Config::default());
    Chosen { row, badness, share: Some(if badness.is_some() { 1.0 } else { 0.1 }) }
}

fn show(value: &AnyValue) -> String {
    match value.value.as_ref().unwrap() {
        Value::Text(text) => format!("{text:?}"),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Double(value) => format!("{value:?}"),
    }
}

fn pairs(attributes: &[KeyValue]) -> String {
    let pairs = attributes.iter().map(|pair| format!(" {}={}", pair.key, show(pair.value.as_ref().unwrap())));
    pairs.collect()
}

/// Milliseconds since the session began.
fn ms(nano: u64) -> u64 {
    nano / 1_000_000 - BASE
}

fn write_span(out: &mut String, span: &Span) {
    let status = span.status.as_ref().map_or(String::new(), |status| format!(" ERROR {:?}", status.message));
    let (from, to) = (ms(span.start_time_unix_nano), ms(span.end_time_unix_nano));
    let is_root = span.parent_span_id.is_empty();
    let attributes = if is_root { String::new() } else { pairs(&span.attributes) };
    writeln!(out, "{}{} {from}-{to}{status}{attributes}", if is_root { "" } else { "  " }, span.name)
        .unwrap();
    for event in &span.events {
        writeln!(out, "    @{} {}{}", ms(event.time_unix_nano), event.name, pairs(&event.attributes))
            .unwrap();
    }
    // What is nothing need not be read.
    let told = span
        .attributes
        .iter()
        .filter(|pair| is_root && !["0", "false"].contains(&&*show(pair.value.as_ref().unwrap())));
    told.for_each(|pair| writeln!(out, "    {}", pairs(std::slice::from_ref(pair)).trim()).unwrap());
}

fn play(case: &Case) -> String {
    let chosen = chosen(case);
    let timeline = Timeline::of(entries(case), openqoe_engine::Config::default());
    let limits = Limits { max_spans: case.max_spans, with_viewer: case.with_viewer };
    let trace = trace(&chosen, &timeline, false, limits);
    check(&trace);
    add_up(&chosen.row.summary, &timeline);
    // Neither order of arrival nor repetition makes a difference.
    let shuffled = entries(case).into_iter().rev().chain(entries(case)).collect();
    let again =
        super::trace(&chosen, &Timeline::of(shuffled, openqoe_engine::Config::default()), false, limits);
    assert_eq!(again.spans, trace.spans, "{}", case.case);
    let mut out = format!("== {}\n", case.case);
    trace.spans.iter().for_each(|span| write_span(&mut out, span));
    for record in logs::records(&chosen, &timeline.events, case.with_viewer, 0) {
        let body = show(record.body.as_ref().unwrap());
        assert_eq!(record.trace_id, trace.spans[0].trace_id);
        writeln!(
            out,
            "log {} {} {} {body}",
            ms(record.time_unix_nano),
            record.severity_text,
            record.event_name
        )
        .unwrap();
    }
    out
}

/// What the spans are made of is what the metrics counted, unless an event came too late for these.
fn add_up(summary: &openqoe_engine::Summary, timeline: &Timeline) {
    let counted = |phase| -> u64 {
        let stretches = timeline.stretches.iter().filter(|stretch| stretch.phase == phase);
        stretches.map(|stretch| stretch.counted).sum()
    };
    let expected = [
        (Phase::Startup, summary.startup_wait),
        (Phase::Playing, summary.playing),
        (Phase::Stalled, summary.stalled),
        (Phase::Seeking, summary.seeking),
        (Phase::Paused, summary.paused),
    ];
    for (phase, ms) in expected {
        assert_eq!(counted(phase), u64::from(ms), "{phase:?}");
    }
}

/// What holds for every trace.
fn check(trace: &Trace) {
    let root = &trace.spans[0];
    assert!(root.parent_span_id.is_empty());
    let mut ids: Vec<&[u8]> = trace.spans.iter().map(|span| &*span.span_id).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "two spans of one id");
    for span in &trace.spans {
        assert_eq!((span.trace_id.len(), span.span_id.len(), span.flags), (16, 8, 0x101));
        assert_eq!(span.trace_id, root.trace_id);
        assert!(
            span.start_time_unix_nano <= span.end_time_unix_nano
                && span.start_time_unix_nano >= BASE * 1_000_000
        );
    }
    assert!(trace.spans[1..].iter().all(|span| span.parent_span_id == root.span_id));
}

#[test]
fn traces_are_as_in_the_vectors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/traces");
    let cases = std::fs::read_to_string(folder.join("sessions.yaml")).unwrap();
    let cases: Vec<Case> = serde_yaml_ng::from_str(&cases).unwrap();
    let actual: Vec<String> = cases.iter().map(play).collect();
    let (actual, path) = (actual.join("\n"), folder.join("sessions.expected.txt"));
    if std::env::var_os("OPENQOE_BLESS").is_some() {
        std::fs::write(&path, &actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(actual == expected, "{} differs; it would be:\n{actual}", path.display());
}

#[test]
fn of_too_many_events_the_errors_stay() {
    let event = |number: u32, is_error| {
        let event = SpanEvent { time_unix_nano: number.into(), ..SpanEvent::default() };
        (is_error, event)
    };
    let all = (0..1000).map(|number| event(number, number >= 990));
    let (kept, dropped) = bounded(all);
    assert_eq!((kept.len(), dropped), (MAX_EVENTS, 872));
    assert!(kept.is_sorted_by_key(|event| event.time_unix_nano));
    assert_eq!(kept.iter().filter(|event| event.time_unix_nano >= 990).count(), 10);
}
