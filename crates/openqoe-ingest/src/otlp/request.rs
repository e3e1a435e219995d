//! Bytes to requests, in both encodings of OTLP/HTTP.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message;
use serde::de::DeserializeOwned;

use super::lenient;

/// How a body is written (OTLP 1, "OTLP/HTTP": binary and JSON Protobuf encoding).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

/// A body that is no request at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

/// A request of metrics, and what of it cannot be read.
#[derive(Clone, Debug, Default)]
pub struct MetricsRequest {
    /// What can.
    pub message: ExportMetricsServiceRequest,
    /// How many points cannot, and why.
    pub unreadable: Vec<(usize, String)>,
}

/// Reads a request of metrics. One broken point takes down no other.
///
/// # Errors
/// When the body is no request at all.
pub fn decode_metrics(body: &[u8], encoding: Encoding) -> Result<MetricsRequest, Malformed> {
    let message = match decode::<ExportMetricsServiceRequest>(body, encoding) {
        Ok(message) if encoding == Encoding::Protobuf || is_whole(&message) => message,
        // What is wrong with the data of a metric in JSON leaves it without any.
        Ok(_) => return lenient::json(body),
        Err(malformed) => {
            let read = match encoding {
                Encoding::Protobuf => lenient::protobuf(body),
                Encoding::Json => lenient::json(body),
            };
            return read.map_err(|_| malformed);
        }
    };
    Ok(MetricsRequest { message, unreadable: Vec::new() })
}

/// Reads a request whole.
///
/// # Errors
/// When anything of it cannot be read.
pub fn decode<T: Message + Default + DeserializeOwned>(
    body: &[u8],
    encoding: Encoding,
) -> Result<T, Malformed> {
    match encoding {
        Encoding::Protobuf => T::decode(body).map_err(|error| Malformed(error.to_string())),
        Encoding::Json => serde_json::from_slice(body).map_err(|error| Malformed(error.to_string())),
    }
}

fn is_whole(message: &ExportMetricsServiceRequest) -> bool {
    let scopes = message.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    scopes.flat_map(|scope| &scope.metrics).all(|metric| metric.data.is_some())
}
