//! What a sender is told whose batch is not taken: what happened, why, and what to do.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use openqoe_ingest::Refused;
use serde::Serialize;

/// An answer that is no acceptance.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// For programs.
    pub(crate) error: &'static str,
    pub(crate) message: String,
    pub(crate) hint: &'static str,
    /// Seconds after which it may help to try again.
    pub(crate) retry_after: Option<u64>,
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Refusal {
        let Refused { reason, message, hint } = refused;
        let status = StatusCode::from_u16(reason.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        Refusal { status, error: reason.as_str(), message, hint, retry_after }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Problem<'a> {
            error: &'a str,
            message: &'a str,
            hint: &'a str,
        }
        let Refusal { status, error, message, hint, retry_after } = &self;
        let mut response = (*status, Json(Problem { error, message, hint })).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, (*seconds).into());
        }
        response
    }
}
