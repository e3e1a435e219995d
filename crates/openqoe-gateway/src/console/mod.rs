//! The console, and what it asks of the gateway about itself: what it is, whether it is well, and whether its books balance. The
//! contract of everything the console asks is `spec/api/openapi.yaml`.

mod about;
mod config;
mod health;
mod pages;
mod parts;
mod tenant_health;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

use crate::gateway::Gateway;
use crate::refusal::Refusal;

pub(crate) use config::Config;
pub(crate) use pages::{ask_for_token, is_page};

/// Where the description of the API is; it is no secret.
pub(crate) const OPENAPI: &str = "/api/v1/openapi.yaml";
/// What any reader may ask, whatever its key opens.
pub(crate) const ABOUT: &str = "/api/v1/about";

pub(crate) fn routes() -> Router<Arc<Gateway>> {
    pages::routes()
        .route(ABOUT, get(about::about))
        .route(
            OPENAPI,
            get(async || {
                ([(CONTENT_TYPE, "application/yaml")], include_str!("../../../../spec/api/openapi.yaml"))
            }),
        )
        .route("/api/v1/health", get(health::health))
        .route("/api/v1/tenants/{tenant}/health", get(tenant_health::health))
}

/// There is no such tenant.
pub(crate) fn unknown_tenant(gateway: &Gateway, name: &str) -> Refusal {
    let known = gateway.tenants.all();
    let suggestion = openqoe_ingest::closest(name, known.iter().map(|tenant| tenant.name()));
    let suggestion = suggestion.map_or(String::new(), |name| format!(", did you mean `{name}`?"));
    Refusal {
        status: StatusCode::NOT_FOUND,
        error: "unknown_tenant",
        message: format!("no tenant is called `{name}`{suggestion}"),
        hint: "/api/v1/about lists the tenants you may see",
        retry_after: None,
    }
}
