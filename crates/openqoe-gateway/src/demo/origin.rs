//! The demo's origin over HTTP: the media, the faults put upon them and the log of what was asked for.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use serde_json::json;
use tokio::time::sleep;

use super::delivery::{Manner, deliver};
use super::faults::{self, Faults};
use super::media::{self, Asset, Role};
use super::range::{Selection, select};
use super::request_log::Visit;
use super::scopes::{Demo, Scope, is_scope_name};
use crate::clock;

const MAX_BODY: usize = 4096;
const CORS: [(&str, &str); 6] = [
    ("access-control-allow-origin", "*"),
    ("access-control-allow-methods", "GET, HEAD, PUT, DELETE, OPTIONS"),
    ("access-control-allow-headers", "content-type, range"),
    ("access-control-expose-headers", "accept-ranges, content-length, content-range"),
    ("access-control-max-age", "600"),
    ("timing-allow-origin", "*"),
];

/// The routes `/demo/media/`, `/demo/faults/` and `/demo/origin-log/`.
pub(crate) fn router(state: Arc<Demo>) -> axum::Router {
    axum::Router::new()
        .route("/demo/media/{scope}/{*path}", get(serve))
        .route("/demo/faults/{scope}", get(show_faults).put(put_faults).delete(clear_faults))
        .route("/demo/origin-log/{scope}", get(show_log))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(share))
        .with_state(state)
}

/// Any page may read every answer, its timing included; nothing is to be cached, or no fault would be felt twice.
async fn share(request: Request, next: Next) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    for (name, value) in CORS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn show_faults(State(demo): State<Arc<Demo>>, Path(name): Path<String>) -> Response {
    if !is_scope_name(&name) {
        return refuse_name();
    }
    Json(demo.find(&name).map(|scope| scope.faults()).unwrap_or_default()).into_response()
}

async fn put_faults(State(demo): State<Arc<Demo>>, Path(name): Path<String>, body: Bytes) -> Response {
    if !is_scope_name(&name) {
        return refuse_name();
    }
    match Faults::parse(&body) {
        Ok(faults) => {
            demo.open(&name).set(faults);
            Json(faults).into_response()
        }
        Err(message) => refuse(
            "invalid_faults",
            &message,
            "PUT the whole set, such as {\"latency_ms\":0,\"status\":404,\"fail_next\":1}; what is left out is off.",
        ),
    }
}

async fn clear_faults(State(demo): State<Arc<Demo>>, Path(name): Path<String>) -> Response {
    if !is_scope_name(&name) {
        return refuse_name();
    }
    if let Some(scope) = demo.find(&name) {
        scope.set(Faults::default());
    }
    Json(Faults::default()).into_response()
}

async fn show_log(State(demo): State<Arc<Demo>>, Path(name): Path<String>) -> Response {
    if !is_scope_name(&name) {
        return refuse_name();
    }
    Json(demo.find(&name).map(|scope| scope.log.records()).unwrap_or_default()).into_response()
}

async fn serve(
    State(demo): State<Arc<Demo>>,
    Path((name, path)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if !is_scope_name(&name) {
        return refuse_name();
    }
    let scope = demo.open(&name);
    let mut visit = Visit::begin(scope.log.clone(), &path);
    let asset = media::find(&path).or_else(|| demo.live.find(&name, &path, clock::now_ms()));
    let head = method == Method::HEAD;
    let status = suffer(&scope, asset.as_ref().map(|asset| asset.role), head).await;
    let Some(asset) = asset.filter(|_| status == 0) else {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND);
        visit.answer(status.as_u16());
        return status.into_response();
    };
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let selection = select(range, asset.bytes.len());
    answer(&asset, selection, head, scope, visit)
}

/// Goes through the faults that come before the first byte; returns the status they ask for, 0 for none.
async fn suffer(scope: &Scope, role: Option<Role>, head: bool) -> u16 {
    if role == Some(Role::Clock) {
        return 0;
    }
    let mut faults = scope.watch();
    faults::wait(&mut faults, Faults::latency_left).await;
    let Some(role) = role else { return StatusCode::NOT_FOUND.as_u16() };
    if matches!(role, Role::VideoSegment | Role::AudioSegment) {
        faults::wait(&mut faults, Faults::hold_left).await;
    }
    if role == Role::VideoSegment && !head {
        sleep(scope.take_withheld()).await;
    }
    let faults = scope.faults();
    match role {
        Role::Init | Role::Clock => 0,
        Role::Manifest => faults.manifest_status,
        Role::VideoSegment if !head => scope.take_failure(),
        _ if faults.fail_next > 0 => 0,
        Role::VideoSegment | Role::AudioSegment | Role::Progressive => faults.status,
    }
}

fn answer(asset: &Asset, selection: Selection, head: bool, scope: Arc<Scope>, mut visit: Visit) -> Response {
    let length = asset.bytes.len();
    let (status, range, content_range) = match selection {
        Selection::Whole => (StatusCode::OK, 0..length, None),
        Selection::Part(range) => {
            let content_range = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            (StatusCode::PARTIAL_CONTENT, range, Some(content_range))
        }
        Selection::Unsatisfiable => {
            (StatusCode::RANGE_NOT_SATISFIABLE, 0..0, Some(format!("bytes */{length}")))
        }
    };
    visit.answer(status.as_u16());
    let size = range.len();
    let body = if head || size == 0 {
        Body::empty()
    } else {
        let manner = if asset.role == Role::Progressive { Manner::Paced(range.start) } else { Manner::Fast };
        deliver(asset.bytes.slice(range), manner, scope, visit)
    };
    let mut response = (status, [(header::CONTENT_TYPE, asset.content_type)], body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(value) = content_range.and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert(header::CONTENT_RANGE, value);
    }
    response
}

fn refuse_name() -> Response {
    refuse("invalid_scope", "A scope is 1 to 64 of a-z, 0-9 and -.", "Take a random UUID in lower case.")
}

fn refuse(error: &str, message: &str, hint: &str) -> Response {
    let body = json!({ "error": error, "message": message, "hint": hint });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
