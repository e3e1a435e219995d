//! The public listener: ingest of every protocol, the SDK, and the demo when it runs.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use openqoe_ingest::{Answer, PROTOCOLS, Payload, ProtocolDef, Refused};
use openqoe_spec::BatchRejection;

use crate::access::cors::Terms;
use crate::access::{cors, sender};
use crate::answer::{self, answer};
use crate::assets;
use crate::body;
use crate::edge::Role;
use crate::gateway::{Admitted, Gateway};
use crate::listener::Peer;
use crate::pressure;
use crate::privacy::RequestContext;
use crate::receiver;
use crate::refusal::Refusal;
use crate::relay;
use crate::request_log;
use crate::tenant::Tenant;

/// The other end of no connection.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Where Fastly asks whether it may push logs here; `*` says that any of its services may, if it has a key.
const FASTLY: &str = "/.well-known/fastly/logging/challenge";

/// Routes of the public listener, without the demo.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    let mut router = Router::new().route("/sdk/{name}", get(sdk)).route(FASTLY, get(|| async { "*\n" }));
    for protocol in PROTOCOLS {
        let ingest = move |state: State<Arc<Gateway>>, request: Request| ingest(protocol, state, request);
        let route = post(ingest).options(move |state, headers| preflight(protocol, state, headers));
        let route = if protocol.by_get { route.get(ingest) } else { route };
        // SDKs that post to the root of a URL end it with a slash.
        router = router.route(&format!("{}/", protocol.path), route.clone());
        router = router.route(protocol.path, route);
    }
    if gateway.config.role == Role::Core {
        router = router.route(relay::PATH, post(relay::relay)).merge(receiver::routes());
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
    let query = head.uri.query().unwrap_or_default();
    let directory = gateway.access.directory();
    let mut response = match sender::authenticate(&directory, &head) {
        Ok(tenant) => match take(protocol, &gateway, &tenant, context, query, body).await {
            Ok(admitted) => {
                request_log::admitted(protocol.id.as_str(), &head.headers, &admitted);
                answer(protocol, &admitted, pressure::hints(gateway.pressure_of(&tenant)))
            }
            Err(refusal) => {
                request_log::refused(protocol.id.as_str(), &head.headers, refusal.error);
                answer::refuse(protocol, refusal)
            }
        },
        Err(denied) => denied.note(protocol.id, &gateway.process).into_response(),
    };
    let headers = response.headers_mut();
    cors::expose(&Terms::of(protocol), headers, &directory, &head.headers);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn take(
    protocol: &'static ProtocolDef,
    gateway: &Gateway,
    tenant: &Arc<Tenant>,
    context: RequestContext<'_>,
    query: &str,
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
    let received =
        body::read(protocol.content_types, context.headers, body, limits.max_body, limits.read_timeout)
            .await
            .inspect_err(note)?;
    tenant.note_body(protocol.id, received.wire);
    if declared.is_none() {
        tenant.take_bytes(protocol.id, received.wire)?;
    }
    let header = |name: &str| context.headers.get(name).and_then(|value| value.to_str().ok());
    let payload = Payload { body: &received.body, query, header: &header };
    let nothing = HeaderMap::new();
    let nobody = RequestContext { peer: UNKNOWN, headers: &nothing };
    // Who brings the log of a CDN is no viewer: neither where it is nor what it is says anything of one.
    let viewer = if protocol.is_of_viewers() { context } else { nobody };
    Ok(gateway.ingest(tenant, protocol, &payload, &viewer).await?)
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

async fn preflight(
    protocol: &'static ProtocolDef,
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
) -> Response {
    if protocol.answer == Answer::Epas && !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return answer::epas_options();
    }
    cors::preflight(&Terms::of(protocol), &gateway.access.directory(), &headers)
}

async fn unknown_path() -> impl IntoResponse {
    let paths: Vec<&str> = PROTOCOLS.iter().map(|protocol| protocol.path).collect();
    let text = format!("OpenQoE takes events at POST {}; see docs/guide\n", paths.join(", "));
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text)
}
