//! Whose a batch is: told by its key, refused when the key may not do this.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, ORIGIN};
use axum::http::request::Parts;
use openqoe_ingest::Refused;
use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::metrics::process::Counter;
use openqoe_spec::{BatchRejection, KeyProblem, Listener, Protocol};

use super::directory::Holder;
use super::key::Kind;
use super::{Directory, bearer, describe, parameter, problem_of};
use crate::clock::now_ms;
use crate::refusal::Refusal;
use crate::tenant::Tenant;

/// Where a key may stand besides `Authorization: Bearer`; the second is what the OpenQoE prototype asked for.
const HEADERS: [&str; 2] = ["x-openqoe-key", "x-api-key"];
/// `navigator.sendBeacon` sets no headers.
const PARAMETER: &str = "key";

/// Why a request is nobody's, or not allowed.
pub(crate) enum Denied {
    /// It cannot be told whose it is.
    Unauthenticated(KeyProblem),
    /// It is this tenant's, but not allowed.
    Forbidden(Arc<Tenant>, Refused),
}

/// The tenant a request belongs to.
///
/// # Errors
/// When its key is missing, not known, or not good for this.
pub(crate) fn authenticate(directory: &Directory, request: &Parts) -> Result<Arc<Tenant>, Denied> {
    if let Some(tenant) = directory.open() {
        return Ok(tenant.clone());
    }
    let named = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let header = || HEADERS.into_iter().find_map(named);
    // The prototype took the bare key too. What has a scheme is a proxy's affair, and a scheme alone is no key.
    let is_bare = |value: &&str| !value.contains(' ') && !value.eq_ignore_ascii_case("bearer");
    let bare = || named(AUTHORIZATION.as_str()).filter(is_bare);
    let in_url = || parameter(request.uri.query(), PARAMETER);
    let key = bearer(&request.headers).or_else(header).or_else(in_url).or_else(bare);
    let key = key.filter(|key| !key.is_empty()).ok_or(Denied::Unauthenticated(KeyProblem::MissingKey))?;
    let holder = directory.holder(key).ok_or_else(|| Denied::Unauthenticated(problem_of(key)))?;
    let origin = request.headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or("null"));
    match check(holder, origin) {
        Ok(()) => Ok(holder.tenant.clone()),
        Err(refused) => Err(Denied::Forbidden(holder.tenant.clone(), refused)),
    }
}

/// The tenant whose server key a request carries, unless it comes from a web page.
pub(crate) fn server(directory: &Directory, request: &Parts) -> Option<Arc<Tenant>> {
    let holder = directory.holder(bearer(&request.headers)?).filter(|holder| holder.kind == Kind::Server)?;
    let origin = request.headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or("null"));
    check(holder, origin).is_ok().then(|| holder.tenant.clone())
}

fn check(holder: &Holder, origin: Option<&str>) -> Result<(), Refused> {
    match (holder.kind, origin) {
        (Kind::Ingest, Some(origin)) if !holder.origins.allow(origin) => Err(Refused {
            reason: BatchRejection::ForbiddenOrigin,
            message: format!("pages of {} may not report to this tenant", shortened(origin)),
            hint: "add the origin to the tenant's `origins`, or use a key of the page's own tenant",
        }),
        (Kind::Ingest, _) | (Kind::Server, None) => Ok(()),
        (Kind::Server, Some(origin)) => {
            if holder.is_worth_a_line(now_ms()) {
                let (key, tenant) = (&holder.id, holder.tenant.name());
                tracing::warn!(%key, tenant, origin = shortened(origin), "a server key is used in a web page: revoke it");
            }
            Err(forbidden_key(
                "a server key came from a web page, where it is no secret any more",
                "revoke it; web pages use an ingest key",
            ))
        }
        (Kind::Read, _) => {
            Err(forbidden_key("a read key sends nothing", "use an ingest key or a server key"))
        }
    }
}

fn forbidden_key(message: &str, hint: &'static str) -> Refused {
    Refused { reason: BatchRejection::ForbiddenKey, message: message.into(), hint }
}

/// As much of a sender's words as is worth repeating.
fn shortened(text: &str) -> &str {
    text.get(..100).unwrap_or(text)
}

impl Denied {
    /// Counts the refusal, and says what to answer.
    pub(crate) fn note(self, protocol: Protocol, process: &SharedRow<ProcessScope>) -> Refusal {
        match self {
            Denied::Unauthenticated(problem) => {
                process.count(Counter::GatewayUnauthenticatedRequests(Listener::Public, problem), 1.0);
                Refusal {
                    status: StatusCode::UNAUTHORIZED,
                    error: problem.as_str(),
                    message: describe(problem).into(),
                    hint: "send the tenant's key as Authorization: Bearer, as x-openqoe-key, or as ?key= in the URL",
                    retry_after: None,
                }
            }
            Denied::Forbidden(tenant, refused) => {
                tenant.note_refused(protocol, refused.reason);
                refused.into()
            }
        }
    }
}
