//! A request with something wrong in it, read piece by piece: what cannot be read is left out, and told.

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint,
};
use prost::Message;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::request::{Malformed, MetricsRequest};

/// `ExportMetricsServiceRequest`, its parts unread.
#[derive(Clone, PartialEq, prost::Message)]
struct Resources {
    #[prost(bytes = "vec", repeated, tag = "1")]
    resources: Vec<Vec<u8>>,
}

/// `ResourceMetrics`, its parts unread.
#[derive(Clone, PartialEq, prost::Message)]
struct Scopes {
    #[prost(bytes = "vec", tag = "1")]
    resource: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    scopes: Vec<Vec<u8>>,
}

/// `ScopeMetrics`, its parts unread.
#[derive(Clone, PartialEq, prost::Message)]
struct Metrics {
    #[prost(bytes = "vec", tag = "1")]
    scope: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    metrics: Vec<Vec<u8>>,
}

/// Reads binary metric by metric.
pub(super) fn protobuf(body: &[u8]) -> Result<MetricsRequest, Malformed> {
    let mut request = MetricsRequest::default();
    let broken = |error: prost::DecodeError| Malformed(error.to_string());
    for resource in Resources::decode(body).map_err(broken)?.resources {
        let scopes = match Scopes::decode(&*resource) {
            Ok(scopes) => scopes,
            Err(error) => {
                request.unreadable.push((1, error.to_string()));
                continue;
            }
        };
        // A resource that cannot be read says nothing of its metrics; they are what counts.
        let mut read = ResourceMetrics {
            resource: Message::decode(&*scopes.resource).ok(),
            ..ResourceMetrics::default()
        };
        for scope in scopes.scopes {
            match Metrics::decode(&*scope) {
                Ok(metrics) => read.scope_metrics.push(scope_of(&metrics, &mut request.unreadable)),
                Err(error) => request.unreadable.push((1, error.to_string())),
            }
        }
        request.message.resource_metrics.push(read);
    }
    Ok(request)
}

fn scope_of(metrics: &Metrics, unreadable: &mut Vec<(usize, String)>) -> ScopeMetrics {
    let mut read = ScopeMetrics { scope: Message::decode(&*metrics.scope).ok(), ..ScopeMetrics::default() };
    for metric in &metrics.metrics {
        match Metric::decode(&**metric) {
            Ok(metric) => read.metrics.push(metric),
            Err(error) => unreadable.push((1, error.to_string())),
        }
    }
    read
}

/// Reads JSON point by point.
pub(super) fn json(body: &[u8]) -> Result<MetricsRequest, Malformed> {
    let mut whole: Value = serde_json::from_slice(body).map_err(|error| Malformed(error.to_string()))?;
    if !whole.is_object() {
        return Err(Malformed("it is no object".into()));
    }
    let mut request = MetricsRequest::default();
    for mut resource in take_list(&mut whole, "resourceMetrics") {
        let mut read = ResourceMetrics {
            resource: serde_json::from_value(resource["resource"].take()).ok(),
            ..ResourceMetrics::default()
        };
        for mut scope in take_list(&mut resource, "scopeMetrics") {
            let about = serde_json::from_value(scope["scope"].take()).ok();
            let metrics = take_list(&mut scope, "metrics");
            let metrics = metrics.into_iter().filter_map(|metric| metric_of(metric, &mut request.unreadable));
            let metrics = metrics.collect();
            read.scope_metrics.push(ScopeMetrics { scope: about, metrics, ..ScopeMetrics::default() });
        }
        request.message.resource_metrics.push(read);
    }
    Ok(request)
}

fn metric_of(mut metric: Value, unreadable: &mut Vec<(usize, String)>) -> Option<Metric> {
    let text = |metric: &Value, key: &str| metric[key].as_str().unwrap_or_default().to_owned();
    let (name, unit, description) =
        (text(&metric, "name"), text(&metric, "unit"), text(&metric, "description"));
    let kinds = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"];
    let Some(kind) = kinds.into_iter().find(|kind| metric[*kind].is_object()) else {
        unreadable.push((1, format!("{name:?}: it has no data")));
        return None;
    };
    let data = &mut metric[kind];
    let temporality = data["aggregationTemporality"].as_i64();
    let aggregation_temporality =
        temporality.and_then(|number| i32::try_from(number).ok()).unwrap_or_default();
    let is_monotonic = data["isMonotonic"].as_bool().unwrap_or_default();
    let points = take_list(data, "dataPoints");
    let data = match kind {
        "gauge" => Data::Gauge(Gauge { data_points: read(&name, points, unreadable) }),
        "sum" => {
            let data_points = read::<NumberDataPoint>(&name, points, unreadable);
            Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic })
        }
        "histogram" => {
            let data_points = read::<HistogramDataPoint>(&name, points, unreadable);
            Data::Histogram(Histogram { data_points, aggregation_temporality })
        }
        "exponentialHistogram" => {
            let data_points = read::<ExponentialHistogramDataPoint>(&name, points, unreadable);
            Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality })
        }
        _ => Data::Summary(Summary { data_points: read::<SummaryDataPoint>(&name, points, unreadable) }),
    };
    Some(Metric { name, unit, description, data: Some(data), ..Metric::default() })
}

fn read<T: DeserializeOwned>(
    metric: &str,
    points: Vec<Value>,
    unreadable: &mut Vec<(usize, String)>,
) -> Vec<T> {
    let read = points.into_iter().filter_map(|point| match serde_json::from_value(point) {
        Ok(point) => Some(point),
        Err(error) => {
            unreadable.push((1, format!("{metric:?}: {error}")));
            None
        }
    });
    read.collect()
}

fn take_list(value: &mut Value, key: &str) -> Vec<Value> {
    match value.get_mut(key).map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}
