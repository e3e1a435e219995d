//! What is asked of the history over the internal API.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use openqoe_ingest::closest;
use openqoe_spec::{Better, Kpi};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::compared::Asked;
use super::live::{Live, Reach};
use super::{History, change};
use crate::clock::now_ms;
use crate::console::unknown_tenant;
use crate::gateway::Gateway;
use crate::refusal::Refusal;

pub(crate) fn routes() -> Router<Arc<Gateway>> {
    let below = |path: &str| format!("/api/v1/tenants/{{tenant}}/{path}");
    Router::new()
        .route(&below("live"), get(live))
        .route(&below("live/stream"), get(stream))
        .route(&below("worse"), get(worse))
        .route(&below("contributors"), get(contributors))
        .route(&below("anomalies"), get(anomalies))
}

type Answer = Result<Response, Refusal>;
type OfTenant = (State<Arc<Gateway>>, Path<String>, RawQuery);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LiveQuery {
    #[serde(default)]
    span: Reach,
}

async fn live((State(gateway), Path(tenant), RawQuery(query)): OfTenant) -> Answer {
    let LiveQuery { span } = parameters(query)?;
    let history = history(&gateway, &tenant)?;
    answer(move || {
        let steps = history.steps(span.span(), span.since(now_ms()));
        json(&Live::of(&tenant, span, &steps))
    })
    .await
}

async fn stream(State(gateway): State<Arc<Gateway>>, Path(tenant): Path<String>) -> Answer {
    Ok(history(&gateway, &tenant)?.stream(tenant))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeQuery {
    kpi: Option<String>,
    #[serde(default = "five_minutes", with = "humantime_serde")]
    window: Duration,
    #[serde(default = "an_hour", with = "humantime_serde")]
    baseline: Duration,
}

fn five_minutes() -> Duration {
    Duration::from_secs(300)
}

fn an_hour() -> Duration {
    Duration::from_secs(3600)
}

impl ChangeQuery {
    fn span(&self) -> Result<Asked, Refusal> {
        Asked::new(self.window, self.baseline).map_err(|message| bad_query(message.to_owned()))
    }
}

async fn worse((State(gateway), Path(tenant), RawQuery(query)): OfTenant) -> Answer {
    let query: ChangeQuery = parameters(query)?;
    if query.kpi.is_some() {
        return Err(bad_query("`worse` looks at every KPI; `contributors` takes `kpi`".into()));
    }
    let (asked, history) = (query.span()?, history(&gateway, &tenant)?);
    answer(move || json(&change::worse(&history.compared(&tenant, asked, now_ms()), &tenant))).await
}

async fn contributors((State(gateway), Path(tenant), RawQuery(query)): OfTenant) -> Answer {
    let query: ChangeQuery = parameters(query)?;
    let kpi = kpi(query.kpi.as_deref().unwrap_or_default())?;
    let (asked, history) = (query.span()?, history(&gateway, &tenant)?);
    answer(move || json(&change::contributors(&history.compared(&tenant, asked, now_ms()), &tenant, kpi)))
        .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnomaliesQuery {
    from: Option<u64>,
}

async fn anomalies((State(gateway), Path(tenant), RawQuery(query)): OfTenant) -> Answer {
    let AnomaliesQuery { from } = parameters(query)?;
    let from = from.unwrap_or_else(|| now_ms().saturating_sub(3_600_000));
    let anomalies = history(&gateway, &tenant)?.anomalies(&tenant, from);
    Ok(json(&serde_json::json!({ "anomalies": anomalies })))
}

/// Adding steps up may take tens of milliseconds, which other requests must not wait for.
async fn answer(compute: impl FnOnce() -> Response + Send + 'static) -> Answer {
    tokio::task::spawn_blocking(compute).await.map_err(|_| Refusal {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        error: "failed",
        message: "the answer could not be computed".into(),
        hint: "the log says why",
        retry_after: None,
    })
}

fn json(body: &impl Serialize) -> Response {
    Json(body).into_response()
}

fn history(gateway: &Gateway, tenant: &str) -> Result<Arc<History>, Refusal> {
    if gateway.edge.is_some() {
        return Err(Refusal {
            status: StatusCode::NOT_FOUND,
            error: "edge",
            message: "an edge counts nothing, so it has no indicators".into(),
            hint: "ask the core",
            retry_after: None,
        });
    }
    let is_known = gateway.tenants.all().iter().any(|known| known.name() == tenant);
    if is_known || gateway.access.directory().tenant(tenant).is_some() {
        Ok(gateway.history.clone())
    } else {
        Err(unknown_tenant(gateway, tenant))
    }
}

/// The indicator of an id, if it can get worse at all.
fn kpi(id: &str) -> Result<Kpi, Refusal> {
    let known = || Kpi::ALL.iter().filter(|kpi| kpi.def().better != Better::Neither);
    known().find(|kpi| kpi.as_str() == id).copied().ok_or_else(|| {
        let suggestion = closest(id, known().map(|kpi| kpi.as_str()));
        let suggestion = suggestion.map_or(String::new(), |id| format!(", did you mean `{id}`?"));
        Refusal {
            status: StatusCode::BAD_REQUEST,
            error: "unknown_kpi",
            message: format!("`{id}` is no KPI that gets better or worse{suggestion}"),
            hint: "/api/v1/about lists them",
            retry_after: None,
        }
    })
}

fn parameters<T: DeserializeOwned>(query: Option<String>) -> Result<T, Refusal> {
    let uri = format!("/?{}", query.unwrap_or_default());
    let parsed = uri.parse().ok().map(|uri| axum::extract::Query::<T>::try_from_uri(&uri));
    match parsed {
        Some(Ok(axum::extract::Query(parameters))) => Ok(parameters),
        Some(Err(rejection)) => Err(bad_query(rejection.body_text())),
        None => Err(bad_query("the query cannot be read".into())),
    }
}

fn bad_query(message: String) -> Refusal {
    Refusal {
        status: StatusCode::BAD_REQUEST,
        error: "bad_query",
        message,
        hint: "/api/v1/openapi.yaml says what may be asked; durations are written 90s, 5m or 1h",
        retry_after: None,
    }
}
