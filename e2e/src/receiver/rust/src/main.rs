//! Sends the seed's client metrics once, spelled with their suffixes and without units, as moq-rs spells them:
//! `openqoe-otel-sender http|grpc ENDPOINT`.

use std::error::Error;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_otlp::{MetricExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};

const HISTOGRAMS: [&str; 7] = [
    "moq_client_buffer_length_seconds",
    "moq_client_startup_time_seconds",
    "moq_client_latency_seconds",
    "moq_client_bitrate_bps",
    "moq_client_keyframe_interval_seconds",
    "moq_client_decode_time_seconds",
    "moq_client_av_sync_drift_seconds",
];
const COUNTERS: [&str; 5] = [
    "moq_client_quality_switches_total",
    "moq_client_connections_total",
    "moq_client_rebuffer_count_total",
    "moq_client_frames_decoded_total",
    "moq_client_frames_dropped_total",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(transport), Some(endpoint)) = (arguments.next(), arguments.next()) else {
        return Err("http or grpc, and where to".into());
    };
    // A channel of gRPC wants a runtime about it.
    let runtime = tokio::runtime::Runtime::new()?;
    let _entered = (transport == "grpc").then(|| runtime.enter());
    let exporter = match transport.as_str() {
        "grpc" => MetricExporter::builder().with_tonic().with_endpoint(endpoint).build()?,
        _ => MetricExporter::builder().with_http().with_endpoint(format!("{endpoint}/v1/metrics")).build()?,
    };
    let resource = Resource::builder().with_service_name(format!("rust-{transport}")).build();
    let reader = PeriodicReader::builder(exporter).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).with_resource(resource).build();
    let meter = provider.meter("moq");
    let attributes = [KeyValue::new("transport", "webtransport"), KeyValue::new("session.id", "s-rust")];
    let histograms = HISTOGRAMS.map(|name| meter.f64_histogram(name).build());
    histograms.iter().for_each(|histogram| histogram.record(0.5, &attributes));
    let counters = COUNTERS.map(|name| meter.u64_counter(name).build());
    counters.iter().for_each(|counter| counter.add(3, &attributes));
    provider.shutdown()?;
    Ok(())
}
