//! What Prometheus makes of requests of OTLP metrics: written against "Prometheus and OpenMetrics Compatibility" of the
//! OpenTelemetry specification, with the official messages and not with the encoder's.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, Metric, NumberDataPoint};
use prost::Message;

/// Name and labels.
type Key = (String, BTreeMap<String, String>);

/// A native histogram: schema, values that are zero, values by index.
pub(crate) type Sparse = (i32, u64, BTreeMap<i32, u64>);

/// What a receiver would store.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Stored {
    /// Values, the bounds of buckets as `f64` prints them; of what has ended NaN.
    pub(crate) samples: BTreeMap<Key, f64>,
    /// Native histograms: count, sum, buckets of values above zero.
    pub(crate) natives: BTreeMap<Key, (u64, Option<f64>, Sparse)>,
}

/// The metrics of a request.
pub(crate) fn metrics(message: &[u8]) -> Vec<Metric> {
    let request = ExportMetricsServiceRequest::decode(message).unwrap();
    let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
    scopes.flat_map(|scope| scope.metrics).collect()
}

/// All there is in requests; a series that stands there twice is a mistake.
pub(crate) fn store<'a>(messages: impl IntoIterator<Item = &'a [u8]>) -> Stored {
    let mut stored = Stored::default();
    for metric in messages.into_iter().flat_map(metrics) {
        let name = translated(&metric);
        match metric.data.unwrap() {
            Data::Gauge(gauge) => gauge.data_points.iter().for_each(|point| stored.number(&name, point)),
            Data::Sum(sum) => {
                assert_eq!((sum.is_monotonic, sum.aggregation_temporality), (true, 2), "{name}");
                sum.data_points.iter().for_each(|point| stored.number(&name, point));
            }
            Data::Histogram(histogram) => {
                assert_eq!(histogram.aggregation_temporality, 2, "{name}");
                histogram.data_points.iter().for_each(|point| stored.explicit(&name, point));
            }
            Data::ExponentialHistogram(histogram) => {
                assert_eq!(histogram.aggregation_temporality, 2, "{name}");
                for point in histogram.data_points {
                    let positive = point.positive.clone().unwrap_or_default();
                    // OpenTelemetry's index and one.
                    let indexes = positive.offset + 1..;
                    let buckets = indexes.zip(positive.bucket_counts).filter(|(_, count)| *count > 0);
                    let sparse = (point.scale, point.zero_count, buckets.collect());
                    let key = (name.clone(), labels(&point.attributes));
                    assert!(stored.natives.insert(key, (point.count, point.sum, sparse)).is_none(), "{name}");
                }
            }
            Data::Summary(_) => panic!("a summary"),
        }
    }
    stored
}

impl Stored {
    fn put(&mut self, name: String, labels: BTreeMap<String, String>, value: f64) {
        let key = (name, labels);
        assert!(!self.samples.contains_key(&key), "{key:?} is there twice");
        self.samples.insert(key, value);
    }

    fn number(&mut self, name: &str, point: &NumberDataPoint) {
        let value = match point.value {
            Some(Number::AsDouble(value)) => value,
            Some(Number::AsInt(value)) => value as f64,
            None => f64::NAN,
        };
        assert_eq!(value.is_nan(), point.flags == 1);
        self.put(name.to_owned(), labels(&point.attributes), value);
    }

    fn explicit(&mut self, name: &str, point: &HistogramDataPoint) {
        let labels = labels(&point.attributes);
        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
        assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
        let has_ended = point.flags == 1;
        let shown = |value: f64| if has_ended { f64::NAN } else { value };
        let mut below = 0;
        for (bound, count) in point.explicit_bounds.iter().chain([&f64::INFINITY]).zip(&point.bucket_counts) {
            below += count;
            let mut labels = labels.clone();
            labels.insert("le".to_owned(), bound.to_string());
            self.put(format!("{name}_bucket"), labels, shown(below as f64));
        }
        self.put(format!("{name}_sum"), labels.clone(), shown(point.sum.unwrap()));
        self.put(format!("{name}_count"), labels, shown(point.count as f64));
    }
}

/// Labels of attributes, of which there are none without a value and none twice.
fn labels(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let pairs = attributes.iter().map(|attribute| match &attribute.value.as_ref().unwrap().value {
        Some(Any::StringValue(text)) if !text.is_empty() => (attribute.key.clone(), text.clone()),
        other => panic!("{} is {other:?}", attribute.key),
    });
    let labels: BTreeMap<_, _> = pairs.collect();
    assert_eq!(labels.len(), attributes.len());
    labels
}

/// Its name in Prometheus: unit and `_total` are appended unless they are there, `ratio` to gauges of unit 1.
pub(crate) fn translated(metric: &Metric) -> String {
    let mut tokens: Vec<&str> = metric.name.split('_').collect();
    let unit = match metric.unit.as_str() {
        "s" => "seconds",
        "By" => "bytes",
        "" | "1" => "",
        other => panic!("unit {other}"),
    };
    if !unit.is_empty() && !tokens.contains(&unit) {
        tokens.push(unit);
    }
    let mut last = |suffix| {
        tokens.retain(|token| *token != suffix);
        tokens.push(suffix);
    };
    match metric.data {
        Some(Data::Sum(_)) => last("total"),
        Some(Data::Gauge(_)) if metric.unit == "1" => last("ratio"),
        _ => {}
    }
    tokens.join("_")
}
