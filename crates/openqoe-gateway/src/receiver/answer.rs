//! What senders are answered: OTLP 1, "OTLP/HTTP Response" and "OTLP/gRPC Response".

use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use openqoe_ingest::otlp::Encoding;
use openqoe_spec::OtlpItemSignal as ItemSignal;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use prost::Message;
use tonic::Code;

use crate::refusal::Refusal;

/// The longest explanation.
const MAX_MESSAGE: usize = 1000;

/// What was not taken of a request that was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Partial {
    /// Points, spans or log records.
    pub(crate) rejected: usize,
    /// Why.
    pub(crate) message: String,
}

impl Partial {
    /// Adds an explanation, as long as there is room for it.
    pub(crate) fn say(&mut self, why: &str) {
        if self.message.len() + why.len() > MAX_MESSAGE {
            return;
        }
        if !self.message.is_empty() {
            self.message.push_str("; ");
        }
        self.message.push_str(why);
    }

    /// The number as the messages have it.
    pub(super) fn rejected(&self) -> i64 {
        i64::try_from(self.rejected).unwrap_or(i64::MAX)
    }
}

/// The signal of a path, and what its items are called in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Metrics,
    Other(ItemSignal),
}

impl Signal {
    fn rejected_key(self) -> &'static str {
        match self {
            Signal::Metrics => "rejectedDataPoints",
            Signal::Other(ItemSignal::Traces) => "rejectedSpans",
            Signal::Other(ItemSignal::Logs) => "rejectedLogRecords",
        }
    }
}

/// The answer to a request that was taken.
pub(super) fn taken(signal: Signal, partial: &Partial, encoding: Encoding) -> Response {
    let is_whole = partial.rejected == 0 && partial.message.is_empty();
    let body: Bytes = match encoding {
        Encoding::Json if is_whole => "{}".into(),
        Encoding::Json => {
            let told = serde_json::json!({ "partialSuccess": {
                signal.rejected_key(): partial.rejected.to_string(), "errorMessage": partial.message,
            } });
            told.to_string().into()
        }
        // The three responses have the same fields under the same numbers.
        Encoding::Protobuf => {
            let partial_success = (!is_whole).then(|| ExportMetricsPartialSuccess {
                rejected_data_points: partial.rejected(),
                error_message: partial.message.clone(),
            });
            ExportMetricsServiceResponse { partial_success }.encode_to_vec().into()
        }
    };
    ([content_type(encoding)], body).into_response()
}

/// The answer to a request that was not: a `google.rpc.Status` in the encoding of the request.
pub(super) fn refused(refusal: &Refusal, encoding: Encoding) -> Response {
    let status = Status {
        code: code(refusal) as i32,
        message: format!("{}: {}; {}", refusal.error, refusal.message, refusal.hint),
        details: Vec::new(),
    };
    let body: Bytes = match encoding {
        Encoding::Json => {
            serde_json::json!({ "code": status.code, "message": status.message }).to_string().into()
        }
        Encoding::Protobuf => status.encode_to_vec().into(),
    };
    let mut response = (refusal.status, [content_type(encoding)], body).into_response();
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

fn content_type(encoding: Encoding) -> (HeaderName, HeaderValue) {
    let value = match encoding {
        Encoding::Json => "application/json",
        Encoding::Protobuf => "application/x-protobuf",
    };
    (CONTENT_TYPE, HeaderValue::from_static(value))
}

/// The same for gRPC. Who may try again is told when, in a `RetryInfo`.
pub(super) fn status(refusal: &Refusal) -> tonic::Status {
    let (code, message) =
        (code(refusal), format!("{}: {}; {}", refusal.error, refusal.message, refusal.hint));
    let Some(seconds) = refusal.retry_after else { return tonic::Status::new(code, message) };
    let retry_info = RetryInfo { retry_delay: Some(Duration { seconds: seconds.cast_signed() }) };
    let detail = Any {
        type_url: "type.googleapis.com/google.rpc.RetryInfo".into(),
        value: retry_info.encode_to_vec(),
    };
    let details =
        Status { code: code as i32, message: message.clone(), details: vec![detail] }.encode_to_vec();
    tonic::Status::with_details(code, message, details.into())
}

/// The code of gRPC that asks a client to do the same as the status of HTTP does.
fn code(refusal: &Refusal) -> Code {
    match refusal.status {
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::PAYLOAD_TOO_LARGE => Code::InvalidArgument,
        StatusCode::TOO_MANY_REQUESTS => Code::ResourceExhausted,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT => Code::Unavailable,
        _ => Code::InvalidArgument,
    }
}

/// Too much waits for whoever it is passed on to.
pub(super) fn no_room() -> Refusal {
    Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        error: "queue_full",
        message: "too much waits to be forwarded".into(),
        hint: "send it again after Retry-After seconds",
        retry_after: Some(5),
    }
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, prost::Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Duration>,
}

/// `google.protobuf.Duration`, whole seconds.
#[derive(Clone, PartialEq, prost::Message)]
struct Duration {
    #[prost(int64, tag = "1")]
    seconds: i64,
}
