//! The web console itself, as npm built it: its page under every address it knows, and what the page loads
//! below `/assets/`, under names that change with the content. A binary built without npm says instead how to get it.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use crate::assets::{Asset, CONSOLE};
use crate::gateway::Gateway;
use crate::internal::accepts_gzip;

/// Addresses of the console (`console/src/route/address.ts`); what is below `/sessions/` is the id of one.
const PAGES: [&str; 6] = ["/", "/live", "/explore", "/sessions", "/slos", "/health"];
const PAGE: &str = "index.html";
const ASSETS: &str = "/assets/";

/// What is open to whoever may read anything at all: it holds no data.
pub(crate) fn is_page(path: &str) -> bool {
    let below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| !rest.contains('/'));
    PAGES.contains(&path) || below("/sessions/") || below(ASSETS)
}

/// The page asks nobody but the gateway it came from, runs no script but its own, and stands in no frame.
const PROTECTION: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    // A session's address is nobody else's business.
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
];

pub(super) fn routes() -> Router<Arc<Gateway>> {
    let pages = PAGES.into_iter().chain(["/sessions/{session_id}"]);
    pages
        .fold(Router::new(), |router, path| router.route(path, get(page)))
        .route("/assets/{name}", get(asset))
}

async fn page(headers: HeaderMap) -> Response {
    match packed(PAGE) {
        // What it loads changes its name, so the page itself has to be asked for each time.
        Some(packed) => packed.response(&headers, "no-cache"),
        None => Html(include_str!("../home.html")).into_response(),
    }
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match packed(&name).filter(|packed| packed.asset.name != PAGE) {
        Some(packed) => packed.response(&headers, "private, max-age=31536000, immutable"),
        None => (StatusCode::NOT_FOUND, "no such file\n").into_response(),
    }
}

/// What a browser is shown that opens a page without a token that may; `None` for everybody else, who is told in JSON.
pub(crate) fn ask_for_token(path: &str, headers: &HeaderMap) -> Option<Response> {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_page(path) || path.starts_with(ASSETS) || !accepted.contains("text/html") {
        return None;
    }
    let mut response = (StatusCode::UNAUTHORIZED, Html(include_str!("sign_in.html"))).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    protect(response.headers_mut());
    Some(response)
}

fn protect(head: &mut HeaderMap) {
    for (name, value) in PROTECTION {
        head.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// A file and the same in gzip.
struct Packed {
    asset: &'static Asset,
    gzip: Bytes,
}

/// The named file; all are packed when the first is asked for, once for the life of the process.
fn packed(name: &str) -> Option<&'static Packed> {
    static PACKED: OnceLock<Vec<Packed>> = OnceLock::new();
    let all = PACKED
        .get_or_init(|| CONSOLE.iter().map(|asset| Packed { asset, gzip: pack(asset.bytes) }).collect());
    all.iter().find(|packed| packed.asset.name == name)
}

/// Empty where packing fails, which in memory it does not.
fn pack(bytes: &[u8]) -> Bytes {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).and_then(|()| packer.finish()).unwrap_or_default().into()
}

impl Packed {
    fn response(&self, headers: &HeaderMap, keep: &'static str) -> Response {
        let is_packed = !self.gzip.is_empty() && accepts_gzip(headers);
        let body = if is_packed { self.gzip.clone() } else { Bytes::from_static(self.asset.bytes) };
        let mut response = Response::new(body.into());
        let head = response.headers_mut();
        head.insert(CONTENT_TYPE, HeaderValue::from_static(self.asset.kind()));
        head.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
        head.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if is_packed {
            head.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        protect(head);
        response
    }
}
