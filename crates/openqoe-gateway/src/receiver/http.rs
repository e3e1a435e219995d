//! OTLP/HTTP: `POST /v1/metrics`, `/v1/traces`, `/v1/logs`, binary or JSON, plain or gzip, from servers and from web pages.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use openqoe_ingest::Refused;
use openqoe_ingest::otlp::{Encoding, Malformed, decode, decode_metrics};
use openqoe_spec::{BatchRejection, OtlpItemSignal as ItemSignal, OtlpTransport, Protocol};

use super::answer::{Partial, Signal, refused, taken};
use crate::access::cors::{self, Terms};
use crate::access::sender;
use crate::body;
use crate::gateway::Gateway;
use crate::refusal::Refusal;
use crate::tenant::Tenant;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// The three paths.
pub(crate) fn routes() -> Router<Arc<Gateway>> {
    let signals = [
        ("/v1/metrics", Signal::Metrics),
        ("/v1/traces", Signal::Other(ItemSignal::Traces)),
        ("/v1/logs", Signal::Other(ItemSignal::Logs)),
    ];
    signals.into_iter().fold(Router::new(), |router, (path, signal)| {
        let receive = move |state: State<Arc<Gateway>>, request: Request| receive(signal, state, request);
        router.route(path, post(receive).options(preflight))
    })
}

/// The routes of the listener of its own.
pub(super) fn router(gateway: Arc<Gateway>) -> Router {
    routes().fallback(unknown_path).with_state(gateway)
}

async fn receive(signal: Signal, State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let directory = gateway.access.directory();
    let encoding = encoding(&head.headers);
    let answered = match sender::authenticate(&directory, &head) {
        Ok(tenant) => take(signal, &gateway, &tenant, &head, body, encoding).await,
        Err(denied) => Err(denied.note(Protocol::Otlp, &gateway.process)),
    };
    let mut response = match answered {
        Ok(partial) => taken(signal, &partial, encoding),
        Err(refusal) => refused(&refusal, encoding),
    };
    let headers = response.headers_mut();
    cors::expose(&Terms::OTLP, headers, &directory, &head.headers);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// JSON is what says that it is; SDKs of servers that say nothing mean binary.
fn encoding(headers: &HeaderMap) -> Encoding {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or(PROTOBUF);
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(PROTOBUF) { Encoding::Protobuf } else { Encoding::Json }
}

async fn take(
    signal: Signal,
    gateway: &Gateway,
    tenant: &Arc<Tenant>,
    head: &Parts,
    body: Body,
    encoding: Encoding,
) -> Result<Partial, Refusal> {
    let note = |refused: &Refused| tenant.note_refused(Protocol::Otlp, refused.reason);
    let (limit, patience) = (gateway.config.otlp_receiver.max_body, gateway.config.limits.read_timeout);
    let declared = body::declared_length(&head.headers);
    if let Some(bytes) = declared.filter(|bytes| *bytes <= limit) {
        tenant.take_bytes(Protocol::Otlp, bytes)?;
    }
    let received =
        body::read(&[PROTOBUF, JSON], &head.headers, body, limit, patience).await.inspect_err(note)?;
    tenant.note_body(Protocol::Otlp, received.wire);
    if declared.is_none() {
        tenant.take_bytes(Protocol::Otlp, received.wire)?;
    }
    let (receiver, transport) = (&gateway.receiver, OtlpTransport::Http);
    let broken = |malformed: Malformed| {
        let refused = malformed_body(encoding, malformed);
        note(&refused);
        Refusal::from(refused)
    };
    match signal {
        Signal::Metrics => {
            let request = decode_metrics(&received.body, encoding).map_err(broken)?;
            Ok(receiver.metrics(tenant, transport, request))
        }
        Signal::Other(ItemSignal::Traces) => {
            receiver.traces(tenant, transport, decode(&received.body, encoding).map_err(broken)?)
        }
        Signal::Other(ItemSignal::Logs) => {
            receiver.logs(tenant, transport, decode(&received.body, encoding).map_err(broken)?)
        }
    }
}

fn malformed_body(encoding: Encoding, Malformed(message): Malformed) -> Refused {
    let (reason, hint) = match encoding {
        Encoding::Protobuf => (
            BatchRejection::MalformedProtobuf,
            "send an Export…ServiceRequest of OTLP 1, or say Content-Type: application/json",
        ),
        Encoding::Json => {
            (BatchRejection::MalformedJson, "send an Export…ServiceRequest of OTLP 1 in its JSON encoding")
        }
    };
    Refused { reason, message, hint }
}

async fn preflight(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Response {
    cors::preflight(&Terms::OTLP, &gateway.access.directory(), &headers)
}

async fn unknown_path() -> impl IntoResponse {
    let text =
        "OpenQoE takes OTLP at POST /v1/metrics, /v1/traces, /v1/logs; see docs/guide/otlp-receiver.md\n";
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text)
}
