//! What senders are told of a request that could be read: each protocol in its own words.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use openqoe_ingest::{Answer as Style, ProtocolDef};
use openqoe_spec::{Rejected as Reason, Shed};
use serde::Serialize;
use serde_json::json;

use crate::gateway::Admitted;
use crate::pressure::Hints;
use crate::refusal::Refusal;

/// Rejected events named in one answer; the ledger has the number of the others.
const MAX_NAMED: usize = 100;
/// What EPAS players are asked for, ms: the silence that ends a view is a multiple of it.
const EPAS_HEARTBEAT: u64 = 10_000;

/// The answer to a request that was admitted, as far as there was room.
pub(crate) fn answer(protocol: &ProtocolDef, admitted: &Admitted, hints: Option<Hints>) -> Response {
    if admitted.shed > 0 {
        return shed(protocol, admitted).into_response();
    }
    let nothing = is_at_fault(admitted);
    match protocol.answer {
        Style::Native => native(admitted, hints),
        // A sender that is told so says nothing more of this session (CTA-5004-B §6).
        Style::Silent if is_opted_out(admitted) => StatusCode::GONE.into_response(),
        // What is wrong is in the books: players take any refusal for an outage and send the same again for ever (dash.js 5.2).
        Style::Silent => StatusCode::NO_CONTENT.into_response(),
        Style::Epas => epas(admitted, nothing),
        Style::Prototype => prototype(admitted, nothing),
    }
}

/// A request that was refused as a whole.
pub(crate) fn refuse(protocol: &ProtocolDef, mut refusal: Refusal) -> Response {
    refusal.status = understood(protocol, refusal.status);
    refusal.into_response()
}

/// The prototype's SDK throws away what any 4xx answers, and tries again after a 5xx.
fn understood(protocol: &ProtocolDef, status: StatusCode) -> StatusCode {
    let waits = protocol.answer == Style::Prototype && status == StatusCode::TOO_MANY_REQUESTS;
    if waits { StatusCode::SERVICE_UNAVAILABLE } else { status }
}

/// What the eventsink says to an `OPTIONS` that is no preflight.
pub(crate) fn epas_options() -> Response {
    axum::Json(json!({ "status": "ok" })).into_response()
}

fn epas(admitted: &Admitted, nothing: bool) -> Response {
    let session = admitted.session_id.as_deref().map_or(json!(-1), |id| json!(id));
    if nothing {
        let body = json!({ "sessionId": session, "message": "Invalid player event", "valid": false,
            "reason": admitted.decoded.rejections.first().map(|rejection| &rejection.message) });
        return (StatusCode::BAD_REQUEST, axum::Json(body)).into_response();
    }
    let body = json!({ "sessionId": session, "valid": true, "heartbeatInterval": EPAS_HEARTBEAT });
    axum::Json(body).into_response()
}

fn prototype(admitted: &Admitted, nothing: bool) -> Response {
    let rejections = &admitted.decoded.rejections;
    let named = rejections.iter().take(MAX_NAMED);
    let errors: Vec<String> =
        named.map(|rejection| format!("events[{}]: {}", rejection.index, rejection.message)).collect();
    if nothing {
        let body = json!({ "success": false, "message": "Validation failed", "errors": errors.join("; ") });
        return (StatusCode::BAD_REQUEST, axum::Json(body)).into_response();
    }
    let received = rejections.len() + admitted.accepted;
    let mut body = json!({ "success": true, "message": "Events received", "events_received": received });
    if !errors.is_empty() {
        body["errors"] = errors.join("; ").into();
    }
    (StatusCode::ACCEPTED, axum::Json(body)).into_response()
}

/// Whether something was not taken because its viewer objects. What is so is good.
fn is_opted_out(admitted: &Admitted) -> bool {
    admitted.decoded.rejections.iter().any(|rejection| rejection.reason == Reason::OptedOut)
}

/// Whether nothing was taken and that is the sender's doing: not its viewer's, who objects, nor a filter's of the operator, nor
/// that of a log, which has lines of no session.
fn is_at_fault(admitted: &Admitted) -> bool {
    let reasons = || admitted.decoded.rejections.iter().map(|rejection| rejection.reason);
    let is_excused = reasons().any(|reason| matches!(reason, Reason::OptedOut | Reason::Filtered));
    admitted.accepted == 0 && !is_excused && reasons().any(|reason| reason != Reason::NoSession)
}

#[derive(Serialize)]
struct Native<'a> {
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

fn native(admitted: &Admitted, hints: Option<Hints>) -> Response {
    let rejections = &admitted.decoded.rejections;
    let rejected = rejections.iter().take(MAX_NAMED).map(|rejection| Rejected {
        index: rejection.index,
        seq: rejection.seq,
        reason: rejection.reason.as_str(),
        message: &rejection.message,
    });
    let status = if is_at_fault(admitted) { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let answer = Native {
        accepted: admitted.accepted,
        hints,
        rejected: rejected.collect(),
        warnings: &admitted.decoded.warnings,
    };
    (status, axum::Json(answer)).into_response()
}

fn shed(protocol: &ProtocolDef, admitted: &Admitted) -> Refusal {
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
    // CMCD knows 429 only (CTA-5004-B §6): players send less then.
    let status = if protocol.answer == Style::Silent { StatusCode::TOO_MANY_REQUESTS } else { status };
    Refusal {
        status: understood(protocol, status),
        error: admitted.shed_reason.as_str(),
        message: message.into(),
        hint: "send it again after Retry-After seconds, with a new sent_at",
        retry_after: Some(admitted.retry_after),
    }
}
