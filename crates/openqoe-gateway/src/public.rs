//! The public listener: ingest of every protocol, the SDK, and the demo when it runs.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE, HeaderValue,
    RETRY_AFTER,
};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use openqoe_ingest::{PROTOCOLS, ProtocolDef, Refused};
use openqoe_spec::{BatchRejection, Rejected as Reason};
use serde::Serialize;

use crate::assets;
use crate::body;
use crate::edge::Role;
use crate::gateway::{Admitted, Gateway};
use crate::listener::Peer;
use crate::pressure::{self, Hints};
use crate::privacy::RequestContext;
use crate::relay;

/// Rejected events named in one answer; the ledger has the number of the others.
const MAX_NAMED: usize = 100;

/// The other end of no connection.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Routes of the public listener, without the demo.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    let mut router = Router::new().route("/sdk/{name}", get(sdk));
    for protocol in PROTOCOLS {
        let ingest = move |state: State<Arc<Gateway>>, request: Request| ingest(protocol, state, request);
        router = router.route(protocol.path, post(ingest).options(preflight));
    }
    if gateway.config.role == Role::Core {
        router = router.route(relay::PATH, post(relay::relay));
    }
    router.fallback(unknown_path).with_state(gateway)
}

async fn sdk(Path(name): Path<String>) -> Response {
    assets::serve(assets::SDK, &name)
}

async fn ingest(
    protocol: &'static ProtocolDef,
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let peer = head.extensions.get().map_or(UNKNOWN, |Peer(address)| *address);
    let context = RequestContext { peer, headers: &head.headers };
    let mut response = match take(protocol, &gateway, context, body).await {
        Ok(admitted) => answer(&admitted, pressure::hints(gateway.pressure())),
        Err(refused) => refusal(refused),
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn take(
    protocol: &'static ProtocolDef,
    gateway: &Gateway,
    context: RequestContext<'_>,
    body: Body,
) -> Result<Admitted, Refused> {
    if let Some(refused) = not_now(gateway) {
        gateway.tenant().note_refused(protocol.id, refused.reason);
        return Err(refused);
    }
    let limits = &gateway.config.limits;
    let received = body::read(protocol, context.headers, body, limits.max_body, limits.read_timeout)
        .await
        .inspect_err(|refused| gateway.tenant().note_refused(protocol.id, refused.reason))?;
    gateway.tenant().note_body(protocol.id, received.wire);
    gateway.ingest(protocol, &received.body, &context).await
}

/// Why no body is read at the moment, before any work is done for it.
fn not_now(gateway: &Gateway) -> Option<Refused> {
    let (reason, message) = if !gateway.has_replayed() {
        let message = "the gateway has just started and is taking in what it acknowledged before";
        (BatchRejection::Replaying, message)
    } else if gateway.pressure() >= pressure::SHED_FROM {
        (BatchRejection::Overloaded, "the gateway has more to do than it can")
    } else {
        return None;
    };
    let hint = "send it again after Retry-After seconds, with a new sent_at";
    Some(Refused { reason, message: message.into(), hint })
}

#[derive(Serialize)]
struct Answer<'a> {
    accepted: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    hints: Option<Hints>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<Rejected<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Rejected<'a> {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    reason: &'static str,
    message: &'a str,
}

fn answer(admitted: &Admitted, hints: Option<Hints>) -> Response {
    if admitted.shed > 0 {
        return problem(
            StatusCode::SERVICE_UNAVAILABLE,
            admitted.shed_reason.as_str(),
            "the gateway cannot take this batch right now",
            "send it again after Retry-After seconds, with a new sent_at",
        );
    }
    let rejections = &admitted.decoded.rejections;
    let rejected = rejections.iter().take(MAX_NAMED).map(|rejection| Rejected {
        index: rejection.index,
        seq: rejection.seq,
        reason: rejection.reason.as_str(),
        message: &rejection.message,
    });
    // A batch that is not taken because its viewer objects is a good one.
    let opted_out = rejections.iter().any(|rejection| rejection.reason == Reason::OptedOut);
    let nothing = admitted.accepted == 0 && !rejections.is_empty() && !opted_out;
    let status = if nothing { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let answer = Answer {
        accepted: admitted.accepted,
        hints,
        rejected: rejected.collect(),
        warnings: &admitted.decoded.warnings,
    };
    (status, axum::Json(answer)).into_response()
}

fn refusal(refused: Refused) -> Response {
    let status = StatusCode::from_u16(refused.reason.status()).unwrap_or(StatusCode::BAD_REQUEST);
    problem(status, refused.reason.as_str(), &refused.message, refused.hint)
}

/// An error for the sender: what, why, and what to do.
pub(crate) fn problem(status: StatusCode, error: &str, message: &str, hint: &str) -> Response {
    #[derive(Serialize)]
    struct Problem<'a> {
        error: &'a str,
        message: &'a str,
        hint: &'a str,
    }
    let mut response = (status, axum::Json(Problem { error, message, hint })).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

async fn preflight() -> impl IntoResponse {
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type, content-encoding"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers)
}

async fn unknown_path() -> impl IntoResponse {
    let paths: Vec<&str> = PROTOCOLS.iter().map(|protocol| protocol.path).collect();
    let text =
        format!("OpenQoE takes events at POST {}; see docs/guide/native-ingest.md\n", paths.join(", "));
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text)
}
