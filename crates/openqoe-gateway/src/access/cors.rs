//! What browsers are told about cross-origin requests (the Fetch standard, 3.2): which page may read which answer.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderValue, ORIGIN,
    VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use openqoe_ingest::{Answer, ProtocolDef};

use super::Directory;

/// Headers that pages may send whatever the protocol.
const HEADERS: [&str; 4] = ["content-type", "content-encoding", "authorization", "x-openqoe-key"];

/// What pages of other origins may do at a path.
pub(crate) struct Terms {
    methods: &'static str,
    headers: &'static [&'static str],
    /// The prototype's SDK asks for it (`credentials: "include"`), and browsers then take no `*`. Nothing here looks at what they
    /// send along: a key is no cookie.
    has_credentials: bool,
}

impl Terms {
    /// Those of the receivers of OTLP.
    pub(crate) const OTLP: Terms = Terms { methods: "POST", headers: &[], has_credentials: false };

    /// Those of a protocol.
    pub(crate) fn of(protocol: &'static ProtocolDef) -> Terms {
        let methods = if protocol.by_get { "GET, POST" } else { "POST" };
        Terms { methods, headers: protocol.headers, has_credentials: protocol.answer == Answer::Prototype }
    }
}

/// Lets the page read the answer to its request. Where no tenant takes reports from there, the answer is that and no more;
/// a page that could not read it would take it for an outage and ask again for ever.
pub(crate) fn expose(terms: &Terms, answer: &mut HeaderMap, directory: &Directory, request: &HeaderMap) {
    if allow_origin(answer, directory, request) {
        allow_credentials(terms, answer, request);
    } else if let Some(origin) = request.get(ORIGIN) {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
}

/// Answers a preflight. Browsers send no key with it, so what any tenant allows is allowed; the request itself is then judged
/// by its key.
pub(crate) fn preflight(terms: &Terms, directory: &Directory, request: &HeaderMap) -> Response {
    let allowed: Vec<&str> = HEADERS.iter().chain(terms.headers).copied().collect();
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, terms.methods.to_owned()),
        (ACCESS_CONTROL_ALLOW_HEADERS, allowed.join(", ")),
        (ACCESS_CONTROL_MAX_AGE, "86400".to_owned()),
    ];
    let mut response = (StatusCode::NO_CONTENT, headers).into_response();
    if allow_origin(response.headers_mut(), directory, request) {
        allow_credentials(terms, response.headers_mut(), request);
    } else {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    response
}

fn allow_credentials(terms: &Terms, answer: &mut HeaderMap, request: &HeaderMap) {
    if !terms.has_credentials {
        return;
    }
    let Some(origin) = request.get(ORIGIN) else { return };
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    answer.insert(VARY, HeaderValue::from_static("origin"));
}

/// Whether the origin, if there is one, is allowed.
fn allow_origin(answer: &mut HeaderMap, directory: &Directory, request: &HeaderMap) -> bool {
    if directory.open().is_some() {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        return true;
    }
    // Whatever the answer is, it holds for this origin only.
    answer.append(VARY, HeaderValue::from_static("origin"));
    let Some(origin) = request.get(ORIGIN) else { return true };
    let is_allowed = origin.to_str().is_ok_and(|origin| directory.allows_somewhere(origin));
    if is_allowed {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    is_allowed
}
