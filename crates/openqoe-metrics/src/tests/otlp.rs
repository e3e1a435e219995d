//! Pushes over OTLP: what a receiver makes of them is what a scrape says, and what they say about the push before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use openqoe_spec::metrics::{METRICS, tenant};
use openqoe_spec::{Attributes, Exemplar, SessionState};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::exposition::{read_protobuf, read_text};
use super::names::slot;
use super::otlp_wire::{Stored, metrics, store};
use super::properties::{limits, play, records, session};
use super::vectors;
use crate::cells::Change;
use crate::{
    Guard, Limits, OtlpMetrics, OtlpMetricsOptions, OtlpRequest, SINKS, SharedRow, Snapshot, Started, Table,
};

const PROTOBUF: usize = 2;
const AT: u64 = 1_700_000_000_000;
const NANOS: u64 = 1_000_000;

fn options(exponential: bool) -> OtlpMetricsOptions {
    let started = Started { process: AT - 9000, state: None };
    let resource = vec![("service.name".to_owned(), "openqoe".to_owned())];
    OtlpMetricsOptions { resource, exponential, max_points: 2000, started }
}

fn encoder(exponential: bool) -> OtlpMetrics {
    OtlpMetrics::new(options(exponential))
}

fn bounded(max_points: usize) -> OtlpMetrics {
    OtlpMetrics::new(OtlpMetricsOptions { max_points, ..options(false) })
}

fn stored(requests: &[OtlpRequest]) -> Stored {
    store(requests.iter().map(|request| &*request.bytes))
}

fn metric(requests: &[OtlpRequest], name: &str) -> Metric {
    let all = requests.iter().flat_map(|request| metrics(&request.bytes));
    let mut named = all.filter(|metric| metric.name == name);
    let found = named.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(named.next().is_none(), "two of {name}");
    found
}

/// Startups of these sessions, each with a second more than the one before.
fn startups(sessions: &[(&str, bool)]) -> Snapshot {
    let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
    let set = table.intern("t", &Attributes::default());
    for (number, (session_id, is_traced)) in sessions.iter().enumerate() {
        let exemplar = Some(Exemplar { session_id, at: AT + number as u64, is_traced: *is_traced });
        let change = Change::Observe(700.0 + 1000.0 * number as f64, exemplar);
        slot("openqoe_startup_time_seconds", "").record(&mut table, set, change, "");
    }
    table.snapshot()
}

/// What a scraper reads of a snapshot: numbers, and native histograms by name and labels.
fn scraped(snapshot: &Snapshot) -> Stored {
    let mut scraped = Stored::default();
    let filled = |labels: BTreeMap<String, String>| -> BTreeMap<String, String> {
        labels.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    };
    for ((name, labels), value) in read_text(&String::from_utf8(snapshot.encode(&SINKS[0])).unwrap()) {
        let mut labels = filled(labels);
        if let Some(bound) = labels.get_mut("le") {
            *bound = bound.parse::<f64>().unwrap().to_string();
        }
        scraped.samples.insert((name, labels), value);
    }
    for family in read_protobuf(&snapshot.encode(&SINKS[PROTOBUF])) {
        for metric in &family.metric {
            let Some(histogram) = &metric.histogram else { continue };
            let labels =
                metric.label.iter().map(|pair| (pair.name.clone().unwrap(), pair.value.clone().unwrap()));
            let (mut index, mut count, mut deltas) = (0, 0_i64, histogram.positive_delta.iter());
            let mut buckets = BTreeMap::new();
            for span in &histogram.positive_span {
                index += span.offset.unwrap();
                for _ in 0..span.length.unwrap() {
                    count += deltas.next().unwrap();
                    buckets.insert(index, count as u64);
                    index += 1;
                }
            }
            let sparse = (histogram.schema.unwrap(), histogram.zero_count.unwrap(), buckets);
            let told = (histogram.sample_count.unwrap(), histogram.sample_sum, sparse);
            scraped.natives.insert((family.name.clone().unwrap(), filled(labels.collect())), told);
        }
    }
    scraped
}

/// Whether a push in either shape says what a scrape does.
fn says_the_same(snapshot: &Snapshot) {
    let expected = scraped(snapshot);
    let explicit = stored(&encoder(false).encode(snapshot, AT));
    assert_eq!(explicit.samples, expected.samples);
    let exponential = stored(&encoder(true).encode(snapshot, AT));
    assert_eq!(exponential.natives, expected.natives);
    let of_histogram = |name: &str| {
        let stems = ["_bucket", "_sum", "_count"].iter().filter_map(|suffix| name.strip_suffix(suffix));
        stems.into_iter().any(|stem| expected.natives.keys().any(|(name, _)| name == stem))
    };
    let numbers = expected.samples.iter().filter(|((name, _), _)| !of_histogram(name));
    assert!(exponential.samples.iter().eq(numbers), "numbers beside exponential histograms");
}

/// Every metric there is, with the labels it can have: names, units and all.
#[test]
fn a_receiver_comes_to_the_series_of_a_scrape() {
    let mut names = BTreeSet::new();
    for snapshot in vectors::snapshots().values() {
        says_the_same(snapshot);
        let requests = encoder(false).encode(snapshot, AT);
        names.extend(requests.iter().flat_map(|request| metrics(&request.bytes)).map(|metric| metric.name));
    }
    assert_eq!(names, METRICS.iter().map(|def| def.name.to_owned()).collect());
}

#[test]
fn a_histogram_is_written_as_the_protocol_has_it() {
    let snapshot = startups(&[("s0", false), ("f81d4fae-7dec-41d0-a765-00a0c91e6bf6", true)]);
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let exemplar = |number: u64, value: f64, session: &str, trace: &str| {
        json!({
            "filteredAttributes": [text("session_id", session)], "timeUnixNano": ((AT + number) * NANOS).to_string(),
            "spanId": "", "traceId": trace, "asDouble": value,
        })
    };
    let exemplars = json!([
        exemplar(0, 0.7, "s0", ""),
        exemplar(1, 1.7, "f81d4fae-7dec-41d0-a765-00a0c91e6bf6", "f81d4fae7dec41d0a76500a0c91e6bf6"),
    ]);
    let shown = |exponential| {
        let metric = metric(&encoder(exponential).encode(&snapshot, AT), "openqoe_startup_time_seconds");
        serde_json::to_value(metric).unwrap()
    };
    let (explicit, exponential) = (shown(false), shown(true));
    assert_eq!(explicit["unit"], json!("s"));
    let point = &explicit["histogram"]["dataPoints"][0];
    assert_eq!(point["attributes"], json!([text("tenant", "t")]));
    assert_eq!((&point["count"], &point["sum"]), (&json!("2"), &json!(2.4)));
    assert_eq!(point["exemplars"], exemplars);
    let counts: Vec<u64> = point["bucketCounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|count| count.as_str().unwrap().parse().unwrap())
        .collect();
    let bounds: Vec<f64> =
        point["explicitBounds"].as_array().unwrap().iter().map(|bound| bound.as_f64().unwrap()).collect();
    let holds = |value: f64| counts[bounds.partition_point(|bound| *bound < value)];
    assert_eq!((counts.len(), holds(0.7), holds(1.7), counts.iter().sum()), (bounds.len() + 1, 1, 1, 2_u64));
    let point = &exponential["exponentialHistogram"]["dataPoints"][0];
    assert_eq!((&point["scale"], &point["count"], &point["sum"]), (&json!(3), &json!("2"), &json!(2.4)));
    // 0.7 is in (2^(-5/8), 2^(-4/8)], 1.7 in (2^(6/8), 2^(7/8)].
    let counts = json!(["1", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "1"]);
    assert_eq!(point["positive"], json!({ "offset": -5, "bucketCounts": counts }));
    assert_eq!((&point["zeroCount"], &point["zeroThreshold"]), (&json!("0"), &json!(1e-9)));
    assert_eq!(point["exemplars"], exemplars);
}

#[test]
fn exemplars_are_sent_once() {
    let mut push = encoder(false);
    let sessions = |requests: &[OtlpRequest]| -> usize {
        let Some(Data::Histogram(startup)) = metric(requests, "openqoe_startup_time_seconds").data else {
            panic!()
        };
        startup.data_points[0].exemplars.len()
    };
    let all = [("a", false), ("b", false), ("c", false)];
    assert_eq!(sessions(&push.encode(&startups(&all[..2]), AT)), 2);
    assert_eq!(sessions(&push.encode(&startups(&all[..2]), AT + 5000)), 0);
    assert_eq!(sessions(&push.encode(&startups(&all), AT + 10_000)), 1);
}

#[test]
fn starts_are_told_where_they_are_known() {
    let mut snapshot = startups(&[("s", false)]);
    let row = SharedRow::tenant("a");
    row.set(tenant::Gauge::EngineSessions(SessionState::Open), 2.0);
    row.snapshot_into(&mut snapshot);
    let times = |requests: &[OtlpRequest], name: &str| match metric(requests, name).data.unwrap() {
        Data::Histogram(all) => (all.data_points[0].start_time_unix_nano, all.data_points[0].time_unix_nano),
        Data::Sum(all) => (all.data_points[0].start_time_unix_nano, all.data_points[0].time_unix_nano),
        Data::Gauge(all) => (all.data_points[0].start_time_unix_nano, all.data_points[0].time_unix_nano),
        other => panic!("{other:?}"),
    };
    let mut push = encoder(false);
    let first = push.encode(&snapshot, AT);
    assert_eq!(times(&first, "openqoe_ingest_batches_total"), ((AT - 9000) * NANOS, AT * NANOS));
    // The views were counted before this process, nobody knows since when.
    assert_eq!(times(&first, "openqoe_startup_time_seconds"), (0, AT * NANOS));
    assert_eq!(times(&first, "openqoe_engine_sessions"), (0, AT * NANOS));
    push.encode(&Snapshot::default(), AT + 5000);
    let again = push.encode(&snapshot, AT + 10_000);
    assert_eq!(times(&again, "openqoe_startup_time_seconds").0, (AT + 5001) * NANOS);
    assert_eq!(times(&again, "openqoe_engine_sessions").0, 0);
}

#[test]
fn a_series_that_goes_is_ended_once() {
    for exponential in [false, true] {
        let mut push = encoder(exponential);
        let snapshot = vectors::snapshots().remove("view").unwrap();
        let before = stored(&push.encode(&snapshot, AT));
        let ended = stored(&push.encode(&Snapshot::default(), AT + 5000));
        assert!(ended.samples.values().all(|value| value.is_nan()));
        assert!(before.samples.keys().eq(ended.samples.keys()));
        assert!(ended.natives.values().all(|(count, sum, _)| (*count, *sum) == (0, Some(0.0))));
        assert!(before.natives.keys().eq(ended.natives.keys()));
        assert_eq!(before.natives.is_empty(), !exponential);
        assert_eq!(push.encode(&Snapshot::default(), AT + 10_000), []);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn requests_are_bounded_and_say_together_what_the_snapshot_does(
        sessions in vec(session(), 4),
        records in records(4),
        max_points in 1..300_usize,
    ) {
        let snapshot = play(&sessions, &records, 2, limits(3, 4));
        says_the_same(&snapshot);
        let whole = stored(&encoder(false).encode(&snapshot, AT));
        let requests = bounded(max_points).encode(&snapshot, AT);
        for request in &requests {
            prop_assert!((1..=max_points).contains(&request.points));
        }
        prop_assert_eq!(stored(&requests), whole);
    }

    /// By the definition of the data model: bucket `i` of scale `s` holds `(2^(i/2^s), 2^((i+1)/2^s)]`.
    #[test]
    fn values_are_in_their_buckets(exponents in vec(-1000..1000_i32, 1..200), within in vec(0.05..0.95_f64, 200)) {
        let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
        let set = table.intern("t", &Attributes::default());
        // In the middle of an eighth of an octave, so that no rounding decides; in seconds, measured in ms.
        let values: Vec<f64> = exponents.iter().zip(within).map(|(exponent, within)| {
            ((f64::from(*exponent) + within) / 8.0).exp2()
        }).collect();
        for value in &values {
            slot("openqoe_startup_time_seconds", "").record(&mut table, set, Change::Observe(value * 1000.0, None), "");
        }
        let requests = encoder(true).encode(&table.snapshot(), AT);
        let Some(Data::ExponentialHistogram(startup)) = metric(&requests, "openqoe_startup_time_seconds").data else {
            panic!()
        };
        let point = &startup.data_points[0];
        let positive = point.positive.clone().unwrap_or_default();
        prop_assert!(positive.bucket_counts.len() <= 320);
        let mut expected = BTreeMap::<i32, u64>::new();
        let (zero, above): (Vec<f64>, Vec<f64>) = values.iter().partition(|value| **value <= 1e-9);
        for value in above {
            let index = (value.log2() * f64::from(point.scale).exp2()).ceil() as i32 - 1;
            *expected.entry(index).or_default() += 1;
        }
        let told = (positive.offset..).zip(positive.bucket_counts).filter(|(_, count)| *count > 0);
        prop_assert_eq!(told.collect::<BTreeMap<_, _>>(), expected);
        prop_assert_eq!((point.zero_count, point.count), (zero.len() as u64, values.len() as u64));
    }
}
