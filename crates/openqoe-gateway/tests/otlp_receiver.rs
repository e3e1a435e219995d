//! `spec/vectors/otlp-receiver`: requests of OTLP metrics through decoder and series, compared with the exposition they must give;
//! and what holds for any requests: neither order nor repetition nor how points are split changes a sum.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use openqoe_ingest::otlp::{Encoding, Labeling, decode_metrics, points};
use openqoe_metrics::{Foreign, ForeignLimits, SINKS, Snapshot};
use openqoe_spec::OtlpPointOutcome as Outcome;
use proptest::prelude::*;
use prost::Message;
use serde::Deserialize;
use serde_json::{Value, json};

/// Where our clock stands when a case begins, epoch ms.
const BASE: u64 = 1_700_000_000_000;
/// For so long streams have been followed by then, ms.
const FOLLOWED: u64 = 3_600_000;

const LIMITS: ForeignLimits = ForeignLimits {
    max_series: 100,
    max_streams: 100,
    max_metrics: 100,
    max_values: 100,
    idle: 3_600_000,
    gauge: 300_000,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    limits: BTreeMap<String, u64>,
    max_labels: Option<usize>,
    /// Of the exposition; `text` unless told.
    format: Option<String>,
    requests: Vec<Request>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    /// When it arrives, ms after the beginning.
    at: u64,
    #[serde(default)]
    resource: Vec<Value>,
    metrics: Vec<Value>,
}

/// Series under test, and what became of points.
struct Run {
    foreign: Foreign,
    labeling: Labeling,
    outcomes: BTreeMap<&'static str, usize>,
    messages: Vec<String>,
}

impl Run {
    fn new(limits: ForeignLimits, max_labels: usize) -> Run {
        let labeling = Labeling::new(["service.name", "country"], [], max_labels);
        let foreign = Foreign::new(limits, BASE - FOLLOWED);
        Run { foreign, labeling, outcomes: BTreeMap::new(), messages: Vec::new() }
    }

    fn take(&mut self, body: &[u8], encoding: Encoding, at: u64) {
        let collected = points(decode_metrics(body, encoding).unwrap(), &self.labeling);
        *self.outcomes.entry(Outcome::Folded.as_str()).or_default() += collected.empty;
        for rejected in collected.rejected {
            *self.outcomes.entry(rejected.reason.as_str()).or_default() += rejected.points;
            self.messages.push(rejected.message);
        }
        let folded = self.foreign.fold("t", collected.points, at);
        for (outcome, (_, points)) in folded.outcomes {
            *self.outcomes.entry(outcome).or_default() += points;
        }
        self.messages.extend(folded.messages.iter().map(|(metric, why)| format!("{metric:?}: {why}")));
        self.foreign.expire(at);
    }

    fn exposition(&self, format: &str, at: u64) -> String {
        let mut snapshot = Snapshot::default();
        self.foreign.snapshot_into(at, &mut snapshot);
        let sink = SINKS.iter().find(|sink| sink.name == format).unwrap();
        String::from_utf8(snapshot.encode(sink)).unwrap()
    }
}

fn limits(told: &BTreeMap<String, u64>) -> ForeignLimits {
    let size = |key: &str, default: usize| told.get(key).map_or(default, |value| *value as usize);
    ForeignLimits {
        max_series: size("max_series", LIMITS.max_series),
        max_metrics: size("max_metrics", LIMITS.max_metrics),
        max_values: size("max_values", LIMITS.max_values),
        idle: told.get("idle").copied().unwrap_or(LIMITS.idle),
        ..LIMITS
    }
}

fn body(resource: &[Value], metrics: &[Value]) -> Vec<u8> {
    let scope = json!({ "scope": { "name": "test" }, "metrics": metrics });
    let resource = json!({ "resource": { "attributes": resource }, "scopeMetrics": [scope] });
    json!({ "resourceMetrics": [resource] }).to_string().into_bytes()
}

fn told(case: &Case) -> String {
    let mut run = Run::new(limits(&case.limits), case.max_labels.unwrap_or(20));
    let mut at = BASE;
    for request in &case.requests {
        at = BASE + request.at;
        run.take(&body(&request.resource, &request.metrics), Encoding::Json, at);
    }
    let mut text = format!("## {}\n", case.name);
    run.outcomes.iter().filter(|(_, points)| **points > 0).for_each(|(outcome, points)| {
        writeln!(text, "{outcome}: {points}").unwrap();
    });
    run.messages.iter().for_each(|message| writeln!(text, "says {message}").unwrap());
    text + &run.exposition(case.format.as_deref().unwrap_or("text"), at) + "\n"
}

#[test]
fn vectors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/otlp-receiver");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let mut driven = BTreeMap::new();
    for path in paths {
        let cases: Vec<Case> = serde_yaml_ng::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let text: String = cases.iter().map(told).collect();
        for outcome in Outcome::ALL {
            *driven.entry(outcome.as_str()).or_insert(0) +=
                text.matches(&format!("\n{}: ", outcome.as_str())).count();
        }
        let expected = path.with_extension("expected.txt");
        if std::env::var("OPENQOE_BLESS").is_ok() {
            std::fs::write(&expected, &text).unwrap();
        }
        assert_eq!(text, std::fs::read_to_string(&expected).unwrap(), "{}", path.display());
    }
    let undriven: Vec<_> = driven.iter().filter(|(_, cases)| **cases == 0).collect();
    assert!(undriven.is_empty(), "no case ends in {undriven:?}");
}

/// A point of a stream of its own start, cumulative.
fn point(stream: u8, at: u32, value: u64) -> Value {
    json!({ "name": "plays", "sum": { "aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [{
        "startTimeUnixNano": (1_000_000_000_000 + u64::from(stream)).to_string(),
        "timeUnixNano": (1_000_000_001_000 + u64::from(at)).to_string(),
        "asInt": value.to_string(),
    }] } })
}

/// The same as a histogram of so many values of 3.
fn histogram(stream: u8, at: u32, value: u64) -> Value {
    json!({ "name": "wait", "histogram": { "aggregationTemporality": 2, "dataPoints": [{
        "startTimeUnixNano": (1_000_000_000_000 + u64::from(stream)).to_string(),
        "timeUnixNano": (1_000_000_001_000 + u64::from(at)).to_string(),
        "count": value.to_string(), "sum": 3 * value, "bucketCounts": ["0", value.to_string()], "explicitBounds": [1],
    }] } })
}

/// The same as an exponential one, whose scale gets coarser by and by.
fn exponential(stream: u8, at: u32, value: u64) -> Value {
    let scale = 5 - (at / 20) as i64;
    let index = (1 << scale) + (1 << scale) / 2;
    json!({ "name": "drift", "exponentialHistogram": { "aggregationTemporality": 2, "dataPoints": [{
        "startTimeUnixNano": (1_000_000_000_000 + u64::from(stream)).to_string(),
        "timeUnixNano": (1_000_000_001_000 + u64::from(at)).to_string(),
        "count": value.to_string(), "sum": 3 * value, "scale": scale, "zeroCount": "0",
        "positive": { "offset": index, "bucketCounts": [value.to_string()] },
    }] } })
}

/// What is told of a stream: its value grows with time.
fn telling() -> impl Strategy<Value = Vec<(u8, u32, u64)>> {
    prop::collection::vec((0_u8..4, 0_u32..100), 1..40).prop_map(|tellings| {
        tellings.into_iter().map(|(stream, at)| (stream, at, u64::from(stream) + 3 * u64::from(at))).collect()
    })
}

proptest! {
    /// Any split, order and repetition of cumulative points comes to the sum of what each stream said last.
    #[test]
    fn cumulative_sums_do_not_depend_on_the_way(
        told in telling(),
        order in any::<prop::sample::Index>(),
        split in 1_usize..7,
        again in any::<prop::sample::Index>(),
    ) {
        let mut last = BTreeMap::new();
        for (stream, at, value) in &told {
            let newest = last.entry(*stream).or_insert((*at, *value));
            *newest = (*newest).max((*at, *value));
        }
        let expected: u64 = last.values().map(|(_, value)| value).sum();
        let mut all = told.clone();
        all.push(told[again.index(told.len())]);
        let turn = order.index(all.len());
        all.rotate_left(turn);
        let mut run = Run::new(LIMITS, 20);
        for part in all.chunks(split) {
            let kinds = [point, histogram, exponential];
            let metrics: Vec<Value> =
                part.iter().flat_map(|(stream, at, value)| kinds.map(|kind| kind(*stream, *at, *value))).collect();
            run.take(&body(&[], &metrics), Encoding::Json, BASE);
        }
        let text = run.exposition("text", BASE);
        for line in [
            format!("plays_total{{tenant=\"t\"}} {expected}\n"),
            format!("wait_count{{tenant=\"t\"}} {expected}\n"),
            format!("wait_sum{{tenant=\"t\"}} {}\n", 3 * expected),
            format!("drift_count{{tenant=\"t\"}} {expected}\n"),
            format!("drift_sum{{tenant=\"t\"}} {}\n", 3 * expected),
        ] {
            prop_assert!(text.contains(&line), "{line} in\n{text}");
        }
        prop_assert_eq!(run.outcomes.values().sum::<usize>(), 3 * all.len());
    }

    /// Both encodings say the same.
    #[test]
    fn binary_is_json(told in telling()) {
        let metrics: Vec<Value> = told.iter().map(|(stream, at, value)| histogram(*stream, *at, *value)).collect();
        let json = body(&[json!({ "key": "service.name", "value": { "stringValue": "x" } })], &metrics);
        let request = decode_metrics(&json, Encoding::Json).unwrap();
        let binary = request.message.encode_to_vec();
        let labeling = Labeling::new(["service.name"], [], 20);
        let again = decode_metrics(&binary, Encoding::Protobuf).unwrap();
        prop_assert_eq!(points(request, &labeling).points, points(again, &labeling).points);
    }

    /// A broken metric in binary takes down no other.
    #[test]
    fn broken_metrics_stand_alone(garbage in prop::collection::vec(any::<u8>(), 0..20)) {
        let good = decode_metrics(&body(&[], &[point(0, 1, 7)]), Encoding::Json).unwrap().message;
        // A metric whose name is not UTF-8, of a resource of its own.
        let name = [&[0x0a, garbage.len() as u8 + 1, 0xff][..], &garbage].concat();
        let nested = |field: u8, inner: &[u8]| [&[field << 3 | 2, inner.len() as u8][..], inner].concat();
        let bad = nested(1, &nested(2, &nested(2, &name)));
        let mut run = Run::new(LIMITS, 20);
        run.take(&[bad, good.encode_to_vec()].concat(), Encoding::Protobuf, BASE);
        prop_assert_eq!(run.outcomes.get("malformed"), Some(&1));
        let is_there = run.exposition("text", BASE).contains("plays_total{tenant=\"t\"} 7\n");
        prop_assert!(is_there);
    }
}

/// The streams are bounded; one that comes back counts nothing twice.
#[test]
fn forgotten_streams_do_not_count_twice() {
    let mut run = Run::new(ForeignLimits { max_streams: 10, ..LIMITS }, 20);
    let whole = |stream: u64, at: u64, value: u64| {
        json!({ "name": "plays", "sum": { "aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [{
            "startTimeUnixNano": ((BASE + stream) * 1_000_000).to_string(),
            "timeUnixNano": ((BASE + at) * 1_000_000).to_string(), "asInt": value.to_string(),
        }] } })
    };
    for stream in 0..20 {
        let at = 1000 * stream + 500;
        run.take(&body(&[], &[whole(1000 * stream, at, 10)]), Encoding::Json, BASE + at);
    }
    assert!(run.foreign.usage("t").streams <= 10 && run.foreign.usage("t").forgotten >= 10);
    run.take(&body(&[], &[whole(0, 30_000, 11)]), Encoding::Json, BASE + 30_000);
    assert_eq!(run.outcomes.get("resumed"), Some(&1));
    assert!(run.exposition("text", BASE).contains("plays_total{tenant=\"t\"} 200\n"));
    run.take(&body(&[], &[whole(0, 31_000, 14)]), Encoding::Json, BASE + 31_000);
    assert!(run.exposition("text", BASE).contains("plays_total{tenant=\"t\"} 203\n"));
}
