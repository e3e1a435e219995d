//! `GET /api/v1/cardinality`: what tenants use of their limits, and which values overflow. Values go into the answer and
//! nowhere else.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use openqoe_ingest::closest;
use serde::Deserialize;
use serde_json::json;

use crate::gateway::Gateway;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// All of them when absent.
    tenant: Option<String>,
}

pub(crate) async fn report(State(gateway): State<Arc<Gateway>>, Query(wanted): Query<Wanted>) -> Response {
    let mut tenants = gateway.guard().reports();
    if let Some(name) = wanted.tenant {
        let known: Vec<_> = tenants.iter().map(|report| report.tenant.clone()).collect();
        tenants.retain(|report| report.tenant == name);
        if tenants.is_empty() {
            let suggestion = closest(&name, known.iter().map(String::as_str));
            let suggestion = suggestion.map_or(String::new(), |name| format!(", did you mean `{name}`?"));
            let error = format!("no label set of a tenant `{name}` is known{suggestion}");
            return (StatusCode::NOT_FOUND, Json(json!({ "error": error }))).into_response();
        }
    }
    Json(json!({ "tenants": tenants })).into_response()
}
