//! Metrics others defined go on as they came.

use std::sync::Arc;

use openqoe_spec::{
    Buckets, Exponential, ForeignExemplar, ForeignMetric, ForeignPoint, ForeignValue, MetricKind, Temporality,
};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;

use super::otlp_wire::{metrics, store};
use crate::{Foreign, ForeignLimits, OtlpMetrics, OtlpMetricsOptions, OtlpRequest, Snapshot, Started};

const AT: u64 = 1_700_000_000_000;
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn encoder(exponential: bool) -> OtlpMetrics {
    OtlpMetrics::new(OtlpMetricsOptions {
        resource: Vec::new(),
        exponential,
        max_points: 2000,
        started: Started::default(),
    })
}

fn point(name: &str, unit: &str, kind: MetricKind, value: ForeignValue) -> ForeignPoint {
    let metric = ForeignMetric { name: name.into(), help: "as told".into(), unit: unit.into(), kind };
    let exemplar = ForeignExemplar { value: 3.0, at: AT, trace_id: TRACE.into(), span_id: "".into() };
    ForeignPoint {
        metric: Arc::new(metric),
        labels: vec![("cdn".to_owned(), "east \"1\"".to_owned())],
        stream: 7,
        start: 0,
        at: AT * 1_000_000,
        temporality: Temporality::Delta,
        value,
        exemplars: vec![exemplar],
    }
}

/// A counter, a gauge, an explicit histogram, an exponential one with values below zero.
fn snapshot() -> Snapshot {
    let limits = ForeignLimits {
        max_series: 100,
        max_streams: 100,
        max_metrics: 100,
        max_values: 100,
        idle: 0,
        gauge: 9000,
    };
    let foreign = Foreign::new(limits, AT - 5000);
    let buckets = Buckets { bounds: vec![1.0, 5.0], counts: vec![1, 2, 3], sum: 40.0 };
    let sides = ((-1, vec![1, 0, 2]), (1, vec![4]));
    let exponential =
        Exponential { positive: sides.0, negative: sides.1, zero: 3, sum: -6.0, ..Exponential::default() };
    foreign.fold(
        "t",
        vec![
            point("moq_bytes_sent_total", "", MetricKind::Counter, ForeignValue::Number(12.0)),
            point("cpu_utilization_ratio", "ratio", MetricKind::Gauge, ForeignValue::Number(0.5)),
            point(
                "moq_wait_milliseconds",
                "milliseconds",
                MetricKind::Histogram,
                ForeignValue::Buckets(buckets),
            ),
            point(
                "moq_drift_seconds",
                "seconds",
                MetricKind::Histogram,
                ForeignValue::Exponential(exponential),
            ),
        ],
        AT - 2000,
    );
    let mut snapshot = Snapshot::default();
    foreign.snapshot_into(AT, &mut snapshot);
    snapshot
}

fn data(requests: &[OtlpRequest], name: &str) -> Data {
    let all = requests.iter().flat_map(|request| metrics(&request.bytes));
    all.into_iter().find(|metric| metric.name == name).unwrap().data.unwrap()
}

#[test]
fn they_keep_their_kind_their_name_and_their_start() {
    let requests = encoder(true).encode(&snapshot(), AT);
    let names = store(requests.iter().map(|request| &*request.bytes));
    let known: Vec<&str> = names.samples.keys().map(|(name, _)| name.as_str()).collect();
    for name in ["cpu_utilization_ratio", "moq_bytes_sent_total", "moq_wait_milliseconds_sum"] {
        assert!(known.contains(&name), "{name} in {known:?}");
    }
    let Data::Sum(sent) = data(&requests, "moq_bytes_sent_total") else { panic!() };
    let point = &sent.data_points[0];
    assert_eq!(point.start_time_unix_nano, (AT - 2000) * 1_000_000);
    let exemplar = &point.exemplars[0];
    assert_eq!((exemplar.trace_id.len(), exemplar.trace_id[0], exemplar.span_id.len()), (16, 0x0a, 0));
    let Data::Histogram(wait) = data(&requests, "moq_wait_milliseconds") else { panic!() };
    assert_eq!(wait.data_points[0].bucket_counts, [1, 2, 3]);
    assert_eq!(wait.data_points[0].explicit_bounds, [1.0, 5.0]);
    let Data::ExponentialHistogram(drift) = data(&requests, "moq_drift_seconds") else { panic!() };
    let point = &drift.data_points[0];
    let (positive, negative) = (point.positive.clone().unwrap(), point.negative.clone().unwrap());
    assert_eq!((positive.offset, positive.bucket_counts), (-1, vec![1, 0, 2]));
    assert_eq!((negative.offset, negative.bucket_counts), (1, vec![4]));
    assert_eq!((point.count, point.zero_count, point.sum), (10, 3, Some(-6.0)));
}

#[test]
fn who_takes_explicit_histograms_only_gets_powers_of_two() {
    let requests = encoder(false).encode(&snapshot(), AT);
    let Data::Histogram(drift) = data(&requests, "moq_drift_seconds") else { panic!() };
    let point = &drift.data_points[0];
    assert_eq!(point.explicit_bounds, [-2.0, 0.0, 1.0, 2.0, 4.0]);
    assert_eq!((point.bucket_counts.clone(), point.count), (vec![4, 3, 1, 0, 2, 0], 10));
}

#[test]
fn they_end_once_and_their_exemplars_are_sent_once() {
    for exponential in [false, true] {
        let mut push = encoder(exponential);
        push.encode(&snapshot(), AT);
        let Data::Sum(sent) = data(&push.encode(&snapshot(), AT + 1), "moq_bytes_sent_total") else {
            panic!()
        };
        assert!(sent.data_points[0].exemplars.is_empty());
        let ended = push.encode(&Snapshot::default(), AT + 2);
        assert_eq!(ended.iter().map(|request| request.points).sum::<usize>(), 4);
        let told = store(ended.iter().map(|request| &*request.bytes));
        assert!(told.samples.values().all(|value| value.is_nan()), "{told:?}");
        assert_eq!(told.natives.len(), usize::from(exponential));
        assert_eq!(push.encode(&Snapshot::default(), AT + 3), []);
    }
}
