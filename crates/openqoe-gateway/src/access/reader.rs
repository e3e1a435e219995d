//! Who reads on the internal listener. Beyond loopback everyone is asked, but for the two questions about health. A tenant's
//! read key opens the exposition, cut down to that tenant, what is below `/api/v1/tenants/NAME/`, and the console that shows
//! it; anything else, what is added later included, is closed to it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{COOKIE, HeaderValue, LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use openqoe_spec::metrics::process::Counter;
use openqoe_spec::{KeyProblem, Listener};

use super::key::{KeyHash, Kind};
use super::{Directory, bearer, describe, parameter, problem_of};
use crate::console;
use crate::gateway::Gateway;
use crate::refusal::Refusal;
use crate::tenant::Tenant;

/// For browsers, which can only be given a link: the token moves on into the cookie.
const PARAMETER: &str = "token";
const COOKIE_NAME: &str = "openqoe-token";
/// What load balancers ask.
const HEALTH: [&str; 2] = ["/-/healthy", "/-/ready"];

/// What a reader may see.
#[derive(Clone)]
pub(crate) enum Reader {
    Everything,
    Tenant(Arc<Tenant>),
}

impl Reader {
    /// The tenant whose series alone are to be seen.
    pub(crate) fn tenant(&self) -> Option<&str> {
        match self {
            Reader::Everything => None,
            Reader::Tenant(tenant) => Some(tenant.name()),
        }
    }

    fn may_read(&self, path: &str) -> bool {
        let Some(tenant) = self.tenant() else { return true };
        let below = path.strip_prefix("/api/v1/tenants/").and_then(|rest| rest.strip_prefix(tenant));
        console::is_page(path)
            || matches!(path, "/metrics" | console::ABOUT | console::OPENAPI)
            || below.is_some_and(|rest| rest.starts_with('/'))
    }
}

/// Lets a request pass that may, with its [`Reader`].
pub(crate) async fn identify(
    State(gateway): State<Arc<Gateway>>,
    mut request: Request,
    next: Next,
) -> Response {
    if HEALTH.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let told = parameter(request.uri().query(), PARAMETER);
    let directory = gateway.access.directory();
    // A cookie from before is no reason to lock out where nobody is asked.
    let kept = || {
        cookie(request.headers())
            .filter(|token| directory.readers_need_key || admit(&directory, Some(token)).is_ok())
    };
    let token = bearer(request.headers()).or(told).or_else(kept);
    match admit(&directory, token) {
        Err(refusal) => {
            if refusal.status == StatusCode::UNAUTHORIZED {
                let problem = KeyProblem::parse(refusal.error).unwrap_or(KeyProblem::UnknownKey);
                gateway
                    .process
                    .count(Counter::GatewayUnauthenticatedRequests(Listener::Internal, problem), 1.0);
            }
            let is_unknown = refusal.status == StatusCode::UNAUTHORIZED;
            let page = is_unknown.then(|| console::ask_for_token(request.uri().path(), request.headers()));
            let mut response = page.flatten().unwrap_or_else(|| refusal.into_response());
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"OpenQoE\""));
            response
        }
        Ok(reader) if !reader.may_read(request.uri().path()) => Refusal {
            status: StatusCode::FORBIDDEN,
            error: "forbidden_path",
            message: "this read key opens /metrics and /api/v1/tenants/NAME/ of its own tenant".into(),
            hint: "the internal token opens everything; see docs/guide/tenants.md",
            retry_after: None,
        }
        .into_response(),
        Ok(_) if told.is_some() => keep(request.uri(), told.unwrap_or_default()),
        Ok(reader) => {
            request.extensions_mut().insert(reader);
            next.run(request).await
        }
    }
}

fn admit(directory: &Directory, token: Option<&str>) -> Result<Reader, Refusal> {
    let Some(token) = token else {
        return if directory.readers_need_key {
            Err(unknown(KeyProblem::MissingKey))
        } else {
            Ok(Reader::Everything)
        };
    };
    if directory.internal_token == Some(KeyHash::of(token.as_bytes())) {
        return Ok(Reader::Everything);
    }
    match directory.holder(token) {
        Some(holder) if holder.kind == Kind::Read => Ok(Reader::Tenant(holder.tenant.clone())),
        Some(_) => Err(Refusal {
            status: StatusCode::FORBIDDEN,
            error: "forbidden_key",
            message: "keys that send may not read".into(),
            hint: "`openqoe keys new --kind read` makes a key that may",
            retry_after: None,
        }),
        None => Err(unknown(problem_of(token))),
    }
}

fn unknown(problem: KeyProblem) -> Refusal {
    Refusal {
        status: StatusCode::UNAUTHORIZED,
        error: problem.as_str(),
        message: describe(problem).into(),
        hint: "send a read key or the internal token as Authorization: Bearer; browsers may open the page with ?token= once",
        retry_after: None,
    }
}

/// Takes the token out of the address bar: it would end up in histories and logs. The rest of the address stays. Links from
/// alerts and chats lead here, so the cookie goes along with them (`Lax`); there is nothing but reading to be done with it.
fn keep(uri: &Uri, token: &str) -> Response {
    let cookie = format!("{COOKIE_NAME}={token}; Path=/; HttpOnly; SameSite=Lax");
    let is_token = |pair: &&str| pair.split('=').next() == Some(PARAMETER);
    let rest: Vec<&str> = uri.query().unwrap_or_default().split('&').filter(|pair| !is_token(pair)).collect();
    let query = rest.join("&");
    let path = if query.is_empty() { uri.path().to_owned() } else { format!("{}?{query}", uri.path()) };
    let mut response = StatusCode::SEE_OTHER.into_response();
    for (name, value) in [(SET_COOKIE, cookie), (LOCATION, path)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(name, value)| (name == COOKIE_NAME).then_some(value))
}
