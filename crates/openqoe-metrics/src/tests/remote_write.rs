//! Pushes: what they carry of a snapshot, in both versions, and what they say about the one before.

use std::collections::BTreeMap;
use std::sync::Arc;

use openqoe_spec::metrics::tenant;
use openqoe_spec::{Attributes, Exemplar, SessionState};
use proptest::collection::vec;
use proptest::prelude::*;

use super::exposition::{Samples, read_protobuf, read_text};
use super::names::slot;
use super::properties::{limits, play, records, session};
use super::remote_write_wire::{Push, Series, read_1_0, read_2_0};
use crate::cells::Change;
use crate::{
    Guard, Histograms, Limits, RemoteWrite, RemoteWriteMessage, RemoteWriteOptions, SINKS, SharedRow,
    Snapshot, Started, Table, to_1_0,
};

const OPENMETRICS: usize = 1;
const PROTOBUF: usize = 2;
const AT: u64 = 1_700_000_000_000;

fn options(histograms: Histograms) -> RemoteWriteOptions {
    let started = Started { process: AT - 9000, state: None };
    RemoteWriteOptions { histograms, max_samples: 2000, external_labels: Vec::new(), started }
}

fn series(messages: &[RemoteWriteMessage]) -> Vec<Series> {
    messages.iter().flat_map(|message| read_2_0(&message.bytes).series).collect()
}

/// The one series of a name.
fn one<'a>(series: &'a [Series], name: &str) -> &'a Series {
    let mut found = series.iter().filter(|series| series.name() == name);
    let one = found.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(found.next().is_none(), "two of {name}");
    one
}

fn is_stale(value: f64) -> bool {
    value.to_bits() == 0x7ff0_0000_0000_0002
}

/// Startups of these sessions, each with a second more than the one before.
fn startups(sessions: &[&str]) -> Snapshot {
    let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
    let set = table.intern("t", &Attributes::default());
    for (number, session_id) in sessions.iter().enumerate() {
        let exemplar = Some(Exemplar { session_id, at: AT + number as u64, is_traced: false });
        let change = Change::Observe(700.0 + 1000.0 * number as f64, exemplar);
        slot("openqoe_startup_time_seconds", "").record(&mut table, set, change, "");
    }
    table.snapshot()
}

/// A series of one gauge, byte by byte.
#[test]
fn bytes_are_as_the_specifications_say() {
    let row = SharedRow::tenant("a");
    row.set(tenant::Gauge::EngineSessions(SessionState::Open), 2.0);
    let mut snapshot = Snapshot::default();
    row.snapshot_into(&mut snapshot);
    let mut options = options(Histograms::Classic);
    options.external_labels = vec![("Zone".into(), "z".into()), ("tenant".into(), "not this".into())];
    let messages = RemoteWrite::new(options).encode(&snapshot, AT);
    let all = series(&messages);
    let sessions = all.into_iter().find(|series| series.name() == "openqoe_engine_sessions").unwrap();
    let expected =
        [("Zone", "z"), ("__name__", "openqoe_engine_sessions"), ("state", "open"), ("tenant", "a")];
    assert_eq!(sessions.labels, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let version1 = to_1_0(&messages[0].bytes, false).unwrap();
    let mut golden = Vec::new();
    for (name, value) in expected {
        golden.extend_from_slice(&[0x0a, (4 + name.len() + value.len()) as u8, 0x0a, name.len() as u8]);
        golden.extend_from_slice(name.as_bytes());
        golden.extend_from_slice(&[0x12, value.len() as u8]);
        golden.extend_from_slice(value.as_bytes());
    }
    // Field 2: field 1 is the double 2.0, field 2 the varint of AT.
    golden.extend_from_slice(b"\x12\x10\x09\0\0\0\0\0\0\0\x40\x10\x80\xd0\x95\xff\xbc\x31");
    golden.splice(0..0, [0x0a, golden.len() as u8]);
    assert!(version1.windows(golden.len()).any(|window| window == golden));
}

#[test]
fn what_is_no_message_is_not_rewritten() {
    assert_eq!(to_1_0(b"\x2a\x04\x0a\x02\x07\x08", false), None, "symbols that are not there");
    assert_eq!(to_1_0(b"\xff\xff", false), None);
    assert_eq!(to_1_0(b"", true), Some(Vec::new()));
}

#[test]
fn histograms_come_in_the_shapes_asked_for() {
    let snapshot = startups(&["s0", "s1"]);
    let names = |histograms| {
        let all = series(&RemoteWrite::new(options(histograms)).encode(&snapshot, AT));
        let startup =
            all.into_iter().filter(|series| series.name().starts_with("openqoe_startup_time_seconds"));
        let mut names: Vec<_> = startup.map(|series| series.name()[28..].to_owned()).collect();
        names.dedup();
        names
    };
    let classic = ["_bucket", "_sum", "_count"];
    assert_eq!(names(Histograms::Classic), classic);
    assert_eq!(names(Histograms::Native), [""]);
    assert_eq!(names(Histograms::Both), [&classic[..], &[""]].concat());
}

#[test]
fn exemplars_are_sent_once_and_in_order() {
    let mut push = RemoteWrite::new(options(Histograms::Both));
    let sessions = |all: &[Series], name: &str| -> Vec<String> {
        let named = all.iter().filter(|series| series.name() == name);
        named.flat_map(|series| &series.exemplars).map(|exemplar| exemplar.labels[0].1.clone()).collect()
    };
    // A receiver must know a native histogram before it takes exemplars of it.
    let all = series(&push.encode(&startups(&["s0"]), AT - 5000));
    assert!(all.iter().all(|series| series.exemplars.is_empty()));
    let all = series(&push.encode(&startups(&["s0", "s1"]), AT));
    assert_eq!(sessions(&all, "openqoe_startup_time_seconds"), ["s0", "s1"]);
    assert_eq!(sessions(&all, "openqoe_startup_time_seconds_bucket"), ["s0", "s1"]);
    let native = one(&all, "openqoe_startup_time_seconds");
    assert!(native.exemplars.is_sorted_by_key(|exemplar| exemplar.timestamp));
    let all = series(&push.encode(&startups(&["s0", "s1", "s2"]), AT + 5000));
    assert_eq!(sessions(&all, "openqoe_startup_time_seconds"), ["s2"]);
    assert_eq!(sessions(&all, "openqoe_startup_time_seconds_bucket"), ["s2"]);
    let all = series(&RemoteWrite::new(options(Histograms::Classic)).encode(&startups(&["s0"]), AT));
    assert_eq!(sessions(&all, "openqoe_startup_time_seconds_bucket"), ["s0"]);
}

#[test]
fn a_series_that_goes_is_ended_once() {
    let mut push = RemoteWrite::new(options(Histograms::Both));
    let before = series(&push.encode(&startups(&["s"]), AT));
    let ended = series(&push.encode(&Snapshot::default(), AT + 5000));
    let labels = |all: &[Series]| -> Vec<_> {
        let mut labels: Vec<_> = all.iter().map(|series| series.labels.clone()).collect();
        labels.sort();
        labels
    };
    assert_eq!(labels(&before), labels(&ended));
    for series in &ended {
        let numbers = series.samples.iter().map(|sample| (sample.value, sample.timestamp));
        let histograms = series.histograms.iter().map(|sample| (sample.sum, sample.timestamp));
        for (value, timestamp) in numbers.chain(histograms) {
            assert!(is_stale(value), "{series:?}");
            assert_eq!(timestamp, (AT + 5000) as i64);
        }
        assert!(series.exemplars.is_empty());
    }
    assert_eq!(push.encode(&Snapshot::default(), AT + 10_000), []);
}

#[test]
fn starts_are_told_where_they_are_known() {
    let row = SharedRow::tenant("a");
    let mut snapshot = startups(&["s"]);
    row.snapshot_into(&mut snapshot);
    let mut push = RemoteWrite::new(options(Histograms::Both));
    let all = series(&push.encode(&snapshot, AT));
    let starts = |all: &[Series], prefix: &str| -> Vec<i64> {
        let named: Vec<_> = all.iter().filter(|series| series.name().starts_with(prefix)).collect();
        assert!(!named.is_empty());
        let samples = named.iter().flat_map(|series| &series.samples).map(|sample| sample.start);
        samples.chain(named.iter().flat_map(|series| &series.histograms).map(|sample| sample.start)).collect()
    };
    let counted = "openqoe_ingest_batches_total";
    assert!(starts(&all, counted).iter().all(|start| *start == AT as i64 - 9000));
    // The views were counted before this process, nobody knows since when.
    assert!(starts(&all, "openqoe_startup_time_seconds").iter().all(|start| *start == 0));
    push.encode(&Snapshot::default(), AT + 5000);
    let again = series(&push.encode(&snapshot, AT + 10_000));
    assert!(starts(&again, "openqoe_startup_time_seconds").iter().all(|start| *start == AT as i64 + 5001));
    let gauges = again.iter().filter(|series| series.metadata.as_ref().is_some_and(|about| about.0 == 2));
    assert!(gauges.flat_map(|series| &series.samples).all(|sample| sample.start == 0));
}

#[test]
fn metadata_comes_with_every_series_and_in_1_0_when_asked() {
    let messages = RemoteWrite::new(options(Histograms::Both)).encode(&startups(&["s"]), AT);
    let native = one(&series(&messages), "openqoe_startup_time_seconds").clone();
    let (kind, help, unit) = native.metadata.unwrap();
    assert_eq!((kind, unit.as_str()), (3, "seconds"));
    let metadata = |wanted| read_1_0(&to_1_0(&messages[0].bytes, wanted).unwrap()).metadata;
    assert_eq!(metadata(false), []);
    let startup: Vec<_> =
        metadata(true).into_iter().filter(|(name, ..)| name.contains("startup_time")).collect();
    assert_eq!(startup, [("openqoe_startup_time_seconds".to_owned(), kind, help, unit)]);
}

/// The numbers of a push as a scraper would have read them.
fn samples(push: &[Series]) -> Samples {
    let mut samples = Samples::new();
    for series in push.iter().filter(|series| !series.samples.is_empty()) {
        assert!(series.labels.is_sorted_by(|(a, _), (b, _)| a < b), "{:?}", series.labels);
        assert!(series.labels.iter().all(|(name, value)| !name.is_empty() && !value.is_empty()));
        assert_eq!((series.samples.len(), series.histograms.len()), (1, 0));
        let others = series.labels.iter().filter(|(name, _)| name != "__name__").cloned().collect();
        let before = samples.insert((series.name().to_owned(), others), series.samples[0].value);
        assert_eq!(before, None, "{:?} is there twice", series.labels);
    }
    samples
}

/// Counts by bucket index.
fn buckets(spans: impl Iterator<Item = (i32, u32)>, deltas: &[i64]) -> BTreeMap<i32, i64> {
    let (mut index, mut count, mut deltas) = (0, 0, deltas.iter());
    let mut buckets = BTreeMap::new();
    for (offset, length) in spans {
        index += offset;
        for _ in 0..length {
            count += deltas.next().unwrap();
            buckets.insert(index, count);
            index += 1;
        }
    }
    assert_eq!(deltas.next(), None);
    buckets
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn both_versions_carry_what_the_snapshot_holds(
        sessions in vec(session(), 4),
        records in records(4),
        max_samples in 1..300_usize,
    ) {
        let snapshot = play(&sessions, &records, 2, limits(3, 4));
        let mut push = RemoteWrite::new(RemoteWriteOptions { max_samples, ..options(Histograms::Both) });
        let messages = push.encode(&snapshot, AT);
        let version2: Vec<Push> = messages.iter().map(|message| read_2_0(&message.bytes)).collect();
        for (message, read) in messages.iter().zip(&version2) {
            prop_assert!(message.samples <= max_samples && message.samples == read.series.len());
        }
        let all: Vec<Series> = version2.iter().flat_map(|push| push.series.clone()).collect();
        // An empty label is none to Prometheus.
        let scraped = read_text(&String::from_utf8(snapshot.encode(&SINKS[OPENMETRICS])).unwrap());
        let full = |(name, labels): (String, BTreeMap<String, String>)| {
            (name, labels.into_iter().filter(|(_, value)| !value.is_empty()).collect())
        };
        let scraped: Samples = scraped.into_iter().map(|(key, value)| (full(key), value)).collect();
        prop_assert_eq!(samples(&all), scraped);

        let families = read_protobuf(&snapshot.encode(&SINKS[PROTOBUF]));
        let scraped: Vec<_> = families.iter().flat_map(|family| &family.metric).filter_map(|metric| metric.histogram.as_ref()).collect();
        let pushed: Vec<_> = all.iter().flat_map(|series| &series.histograms).collect();
        prop_assert_eq!(scraped.len(), pushed.len());
        for (scraped, pushed) in scraped.into_iter().zip(pushed) {
            prop_assert_eq!((scraped.sample_count, scraped.sample_sum), (pushed.count, Some(pushed.sum)));
            prop_assert_eq!((scraped.schema, scraped.zero_count), (Some(pushed.schema), pushed.zero_count));
            let spans = scraped.positive_span.iter().map(|span| (span.offset.unwrap(), span.length.unwrap()));
            let expected = buckets(spans, &scraped.positive_delta);
            prop_assert_eq!(buckets(pushed.spans.iter().map(|span| (span.offset, span.length)), &pushed.deltas), expected);
        }

        for (message, mut read) in messages.iter().zip(version2) {
            for series in &mut read.series {
                series.metadata = None;
                series.samples.iter_mut().for_each(|sample| sample.start = 0);
                series.histograms.iter_mut().for_each(|sample| sample.start = 0);
            }
            prop_assert_eq!(read_1_0(&to_1_0(&message.bytes, false).unwrap()), read);
        }
    }

    #[test]
    fn no_bytes_make_the_rewriter_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = to_1_0(&bytes, true);
    }
}
