//! The public listener: ingest of every protocol, the SDK, and the demo when it runs.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use openqoe_ingest::{PROTOCOLS, ProtocolDef, Refused};
use openqoe_spec::{BatchRejection, Rejected as Reason, Shed};
use serde::Serialize;

use crate::access::{cors, sender};
use crate::assets;
use crate::body;
use crate::edge::Role;
use crate::gateway::{Admitted, Gateway};
use crate::listener::Peer;
use crate::pressure::{self, Hints};
use crate::privacy::RequestContext;
use crate::refusal::Refusal;
use crate::relay;
use crate::request_log;
use crate::tenant::Tenant;

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
    let directory = gateway.access.directory();
    let mut response = match sender::authenticate(&directory, &head) {
        Ok(tenant) => match take(protocol, &gateway, &tenant, context, body).await {
            Ok(admitted) => {
                request_log::admitted(protocol.id.as_str(), &head.headers, &admitted);
                answer(&admitted, pressure::hints(gateway.pressure_of(&tenant)))
            }
            Err(refusal) => {
                request_log::refused(protocol.id.as_str(), &head.headers, refusal.error);
                refusal.into_response()
            }
        },
        Err(denied) => denied.note(protocol.id, &gateway.process).into_response(),
    };
    let headers = response.headers_mut();
    cors::expose(headers, &directory, &head.headers);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn take(
    protocol: &'static ProtocolDef,
    gateway: &Gateway,
    tenant: &Arc<Tenant>,
    context: RequestContext<'_>,
    body: Body,
) -> Result<Admitted, Refusal> {
    let note = |refused: &Refused| tenant.note_refused(protocol.id, refused.reason);
    if let Some(refused) = not_now(gateway) {
        note(&refused);
        return Err(refused.into());
    }
    let limits = &gateway.config.limits;
    let declared = body::declared_length(context.headers);
    if let Some(bytes) = declared.filter(|bytes| *bytes <= limits.max_body) {
        tenant.take_bytes(protocol.id, bytes)?;
    }
    let received = body::read(protocol, context.headers, body, limits.max_body, limits.read_timeout)
        .await
        .inspect_err(note)?;
    tenant.note_body(protocol.id, received.wire);
    if declared.is_none() {
        tenant.take_bytes(protocol.id, received.wire)?;
    }
    Ok(gateway.ingest(tenant, protocol, &received.body, &context).await?)
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
        return shed(admitted).into_response();
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

fn shed(admitted: &Admitted) -> Refusal {
    let (status, message) = match admitted.shed_reason {
        Shed::Quota => (StatusCode::TOO_MANY_REQUESTS, "more events a second than the tenant's quota allows"),
        Shed::SessionQuota => (
            StatusCode::TOO_MANY_REQUESTS,
            "a new session, and the tenant has as many open as its quota allows",
        ),
        Shed::QueueFull | Shed::Journal | Shed::Backlog | Shed::SessionLimit => {
            (StatusCode::SERVICE_UNAVAILABLE, "the gateway cannot take this batch right now")
        }
    };
    Refusal {
        status,
        error: admitted.shed_reason.as_str(),
        message: message.into(),
        hint: "send it again after Retry-After seconds, with a new sent_at",
        retry_after: Some(admitted.retry_after),
    }
}

async fn preflight(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Response {
    cors::preflight(&gateway.access.directory(), &headers)
}

async fn unknown_path() -> impl IntoResponse {
    let paths: Vec<&str> = PROTOCOLS.iter().map(|protocol| protocol.path).collect();
    let text =
        format!("OpenQoE takes events at POST {}; see docs/guide/native-ingest.md\n", paths.join(", "));
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text)
}
