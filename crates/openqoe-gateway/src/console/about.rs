//! `GET /api/v1/about`: what this gateway is and what may be asked of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use openqoe_spec::{ATTRIBUTES, Kpi, SPEC_VERSION};
use serde_json::{Value, json};

use crate::access::DEFAULT_TENANT;
use crate::access::reader::Reader;
use crate::clock::now_ms;
use crate::gateway::Gateway;

pub(super) async fn about(
    State(gateway): State<Arc<Gateway>>,
    Extension(reader): Extension<Reader>,
) -> Response {
    let config = &gateway.config;
    let link = |url: &str| if url.is_empty() { Value::Null } else { json!(url.trim_end_matches('/')) };
    let kpis = Kpi::ALL.iter().map(|kpi| {
        let def = kpi.def();
        json!({
            "id": def.id,
            "title": def.title,
            "help": def.help,
            "unit": def.unit.as_str(),
            "better": def.better.as_str(),
            "least": def.least,
            "of_sessions": crate::facts::knows(*kpi),
        })
    });
    let attributes =
        ATTRIBUTES.iter().map(|def| json!({"name": def.name, "class": def.class.as_str(), "help": def.help}));
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "spec_version": SPEC_VERSION,
        "now": now_ms(),
        "tenants": tenants(&gateway, &reader),
        "sees": if reader.tenant().is_some() { "tenant" } else { "everything" },
        "demo": config.is_demo,
        "keeps_sessions": !config.data_dir.as_os_str().is_empty(),
        "prometheus": link(&config.console.prometheus_url),
        "alertmanager": link(&config.console.alertmanager_url),
        "kpis": kpis.collect::<Vec<_>>(),
        "attributes": attributes.collect::<Vec<_>>(),
    }))
    .into_response()
}

/// Those the reader may see. Where none is configured there is one from the start, though nobody has sent yet.
fn tenants(gateway: &Gateway, reader: &Reader) -> Vec<String> {
    if let Some(own) = reader.tenant() {
        return vec![own.to_owned()];
    }
    let mut names: Vec<String> =
        gateway.tenants.all().iter().map(|tenant| tenant.name().to_owned()).collect();
    if names.is_empty() {
        names.push(DEFAULT_TENANT.to_owned());
    }
    names
}
