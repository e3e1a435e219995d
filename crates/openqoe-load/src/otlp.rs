//! OTLP metrics: thirteen cumulative counters of one process, which go up by one with each report.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, metric,
    number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;

use crate::{ITEMS, Turn};

pub(crate) fn write(out: &mut Vec<u8>, turn: &Turn) -> usize {
    let point = NumberDataPoint {
        attributes: vec![attribute("transport", "webtransport".into())],
        start_time_unix_nano: turn.began * 1_000_000,
        time_unix_nano: turn.to * 1_000_000,
        value: Some(number_data_point::Value::AsDouble(f64::from(turn.step + 1))),
        ..NumberDataPoint::default()
    };
    let metrics = (0..ITEMS).map(|index| Metric {
        name: format!("bench_figure_{index}"),
        data: Some(metric::Data::Sum(Sum {
            data_points: vec![point.clone()],
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
        })),
        ..Metric::default()
    });
    let scope = ScopeMetrics { metrics: metrics.collect(), ..ScopeMetrics::default() };
    let instance = attribute("service.instance.id", turn.session_id());
    let attributes = vec![attribute("service.name", "bench".into()), instance];
    let resource = ResourceMetrics {
        resource: Some(Resource { attributes, ..Resource::default() }),
        scope_metrics: vec![scope],
        ..ResourceMetrics::default()
    };
    // Into a vector nothing fails.
    let _ = ExportMetricsServiceRequest { resource_metrics: vec![resource] }.encode(out);
    ITEMS
}

fn attribute(key: &str, value: String) -> KeyValue {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(value)) });
    KeyValue { key: key.into(), value, ..KeyValue::default() }
}
