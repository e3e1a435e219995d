//! The order of exemplars from one exposition to the next: Prometheus takes those of a series by time only.

use std::collections::BTreeMap;
use std::sync::Arc;

use openqoe_spec::metrics::view::Histogram;
use openqoe_spec::{
    Attributes, Buckets, Exemplar, ForeignExemplar, ForeignMetric, ForeignPoint, ForeignValue, LabelSetId,
    Measurement, MetricKind, Recorder, Temporality, TraceId,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::{ExemplarOrder, Foreign, ForeignLimits, Guard, Limits, SINKS, Snapshot, Table, Traces};

/// What Prometheus has ingested: the time and the text of the last exemplar of each series.
type Ingested = BTreeMap<String, (f64, String)>;

/// Shards with one row, whose exemplars name the traces of half the sessions.
struct Shards {
    tables: Vec<(Table, LabelSetId)>,
    order: ExemplarOrder,
}

impl Shards {
    fn new(count: usize) -> Shards {
        let guard = Arc::new(Guard::new(Limits::default()));
        let table = |_| {
            let mut table = Table::new(guard.clone());
            table.point_to(Traces { share: 0.5, slow_startup: None });
            let set = table.intern("t", &Attributes::default());
            (table, set)
        };
        Shards { tables: (0..count).map(table).collect(), order: ExemplarOrder::default() }
    }

    fn start(&mut self, shard: usize, session_id: &str, at: u64, ms: f64) {
        let (table, set) = &mut self.tables[shard];
        let exemplar = Exemplar { session_id, at, is_traced: false };
        table.record(*set, Measurement::Observe(Histogram::StartupTimeSeconds, ms, Some(exemplar)));
    }

    /// The exemplars of the next exposition, by their series.
    fn scrape(&mut self) -> BTreeMap<String, String> {
        let mut snapshot = Snapshot::default();
        self.tables.iter().for_each(|(table, _)| snapshot.merge(table.snapshot()));
        self.order.keep(&mut snapshot);
        exemplars(&snapshot)
    }
}

fn exemplars(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let text = String::from_utf8(snapshot.encode(&SINKS[1])).unwrap();
    let exemplar = |line: &str| {
        let (sample, exemplar) = line.split_once(" # ")?;
        Some((sample.rsplit_once(' ')?.0.to_owned(), exemplar.to_owned()))
    };
    text.lines().filter_map(exemplar).collect()
}

/// Takes an exposition as Prometheus does (`validateExemplar` in its tsdb/exemplar.go): the last one of a series may come again,
/// any other must be later. Returns what would be dropped as out of order.
fn ingest(ingested: &mut Ingested, exposed: BTreeMap<String, String>) -> Vec<String> {
    let mut dropped = Vec::new();
    for (series, exemplar) in exposed {
        let at: f64 = exemplar.rsplit_once(' ').unwrap().1.parse().unwrap();
        match ingested.get(&series) {
            Some((_, last)) if *last == exemplar => {}
            Some((last, _)) if at <= *last => dropped.push(format!("{series} {exemplar}")),
            _ => drop(ingested.insert(series, (at, exemplar))),
        }
    }
    dropped
}

/// A session of which it is sure that it has a trace, or has none.
fn session(is_traced: bool, number: usize) -> String {
    let mut all = (0..).map(|serial| format!("s{serial}"));
    all.by_ref().filter(|id| TraceId::of(id).is_within(0.5) == is_traced).nth(number).unwrap()
}

#[test]
fn an_earlier_exemplar_with_a_trace_does_not_follow_a_later_one_without() {
    let mut shards = Shards::new(1);
    let (plain, traced, later) = (session(false, 0), session(true, 0), session(true, 1));
    let mut shown = |id: &str, at| {
        shards.start(0, id, at, 700.0);
        let exemplars = shards.scrape().into_values().collect::<Vec<_>>();
        exemplars[0].split('"').nth(1).unwrap().to_owned()
    };
    assert_eq!(shown(&plain, 30_000), plain);
    assert_eq!(shown(&traced, 25_000), plain, "it comes late");
    assert_eq!(shown(&later, 31_000), later);
    assert_eq!(shown(&plain, 40_000), later, "those with a trace stay for a minute");
    assert_eq!(shown(&plain, 61_000), plain);
}

#[test]
fn of_two_shards_at_one_moment_the_one_shown_first_stays() {
    for first in [0, 1] {
        let mut shards = Shards::new(2);
        shards.start(first, &session(false, first), 30_000, 700.0);
        let shown = shards.scrape();
        assert_eq!(shown.len(), 1);
        shards.start(1 - first, &session(false, 1 - first), 30_000, 700.0);
        assert_eq!(shards.scrape(), shown);
    }
}

/// A histogram of someone else's with more buckets than it keeps exemplars.
fn observed(bucket: usize, at: u64, serial: usize) -> ForeignPoint {
    let bounds: Vec<f64> = (1..20).map(f64::from).collect();
    let mut counts = vec![0; bounds.len() + 1];
    counts[bucket] = 1;
    let (name, help, unit) = ("wait_seconds".into(), "".into(), "seconds".into());
    let trace_id = format!("{serial:032x}").into();
    ForeignPoint {
        metric: Arc::new(ForeignMetric { name, help, unit, kind: MetricKind::Histogram }),
        labels: Vec::new(),
        stream: 1,
        start: 0,
        at: serial as u64,
        temporality: Temporality::Delta,
        value: ForeignValue::Buckets(Buckets { bounds, counts, sum: 1.0 }),
        exemplars: vec![ForeignExemplar { value: bucket as f64 + 0.5, at, trace_id, span_id: "".into() }],
    }
}

proptest! {
    #[test]
    fn nor_of_metrics_others_defined(steps in vec((0..20_usize, 0..40_u64, any::<bool>()), 1..120)) {
        let all = 100;
        let limits = ForeignLimits {
            max_series: all, max_streams: all, max_metrics: all, max_values: all, idle: 0, gauge: 0,
        };
        let (foreign, mut ingested) = (Foreign::new(limits, 0), Ingested::new());
        for (serial, (bucket, tick, is_scraped)) in steps.into_iter().enumerate() {
            foreign.fold("t", vec![observed(bucket, tick * 5000, serial)], 1);
            let mut snapshot = Snapshot::default();
            foreign.snapshot_into(1, &mut snapshot);
            if is_scraped {
                let exposed = exemplars(&snapshot);
                prop_assert!(!exposed.is_empty());
                prop_assert_eq!(ingest(&mut ingested, exposed), Vec::<String>::new());
            }
        }
    }

    #[test]
    fn prometheus_drops_no_exemplar(
        steps in vec((0..3_usize, 0..8_usize, 0..40_u64, 0..3_usize, any::<bool>()), 1..60),
    ) {
        let mut shards = Shards::new(3);
        let mut ingested = Ingested::new();
        for (shard, number, tick, bucket, is_scraped) in steps {
            let session_id = format!("s{shard}-{number}");
            shards.start(shard, &session_id, tick * 5000, [50.0, 700.0, 6000.0][bucket]);
            if is_scraped {
                prop_assert_eq!(ingest(&mut ingested, shards.scrape()), Vec::<String>::new());
            }
        }
    }
}
