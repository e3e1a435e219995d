//! `GET /probe?target=URL&duration=20s`: one probe, and its series alone (the multi-target exporter pattern of Prometheus). There is none
//! unless the configuration lists targets.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use openqoe_metrics::negotiate;
use openqoe_probe::Options;
use openqoe_spec::metrics::process::{Counter, Gauge};
use openqoe_spec::{Attributes, ProbeRefusal};
use serde::Deserialize;
use tokio::sync::{Semaphore, watch};

use super::client::{Client, Greeting};
use super::delivery::{Delivery, Door};
use super::exposition;
use super::run::{self, Probe};
use super::schedule::{Running, note};
use super::targets::Targets;
use crate::gateway::Gateway;
use crate::refusal::Refusal;

const DEFAULT_DURATION: Duration = Duration::from_secs(20);
/// What is left of a scraper's patience for the answer to reach it.
const MARGIN: Duration = Duration::from_millis(500);

/// What requests share.
struct Prober {
    targets: Targets,
    places: Semaphore,
    greeting: OnceLock<Greeting>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    target: String,
    #[serde(default, with = "humantime_serde")]
    duration: Option<Duration>,
    #[serde(default)]
    start_bitrate: u64,
}

/// The route.
pub(crate) fn routes(gateway: &Arc<Gateway>) -> Router<Arc<Gateway>> {
    let config = &gateway.config.probe;
    // A list that cannot be read does not get past the configuration.
    let targets = Targets::parse(&config.targets).unwrap_or(Targets::Listed(Vec::new()));
    if !targets.is_empty() {
        gateway.process.set(Gauge::ProbeRunning, 0.0);
    }
    let prober = Arc::new(Prober {
        targets,
        places: Semaphore::new(config.max_concurrent),
        greeting: OnceLock::new(),
    });
    let probe = async move |State(gateway): State<Arc<Gateway>>,
                            asked: Result<Query<Asked>, _>,
                            headers: HeaderMap| {
        let result = match asked {
            Ok(Query(asked)) => prober.probe(&gateway, asked, &headers).await,
            Err(error) => Err(unreadable(&error)),
        };
        result.unwrap_or_else(IntoResponse::into_response)
    };
    Router::new().route("/probe", get(probe))
}

fn unreadable(error: &axum::extract::rejection::QueryRejection) -> Refusal {
    Refusal {
        status: StatusCode::BAD_REQUEST,
        error: "invalid_query",
        message: error.body_text(),
        hint: "it looks like /probe?target=https://cdn.example.com/main.m3u8&duration=20s",
        retry_after: None,
    }
}

impl Prober {
    async fn probe(
        &self,
        gateway: &Arc<Gateway>,
        asked: Asked,
        headers: &HeaderMap,
    ) -> Result<Response, Refusal> {
        let refused = |reason| gateway.process.count(Counter::ProbeRefused(reason), 1.0);
        self.admit(&asked.target).inspect_err(|_| refused(ProbeRefusal::NotAllowed))?;
        let _place = self.places.try_acquire().map_err(|_| {
            refused(ProbeRefusal::Busy);
            Refusal {
                status: StatusCode::SERVICE_UNAVAILABLE,
                error: "busy",
                message: "as many probes are under way as `probe.max_concurrent` allows".into(),
                hint: "scrape them one after the other, or raise it",
                retry_after: Some(1),
            }
        })?;
        let config = &gateway.config.probe;
        let client = Client::new(self.greeting(gateway)?, config.timeout, self.targets.clone());
        let duration =
            asked.duration.unwrap_or(DEFAULT_DURATION).min(config.max_duration).min(patience(headers));
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let options = Options { duration_ms, start_bitrate: asked.start_bitrate, ..Options::default() };
        let probe = Probe { url: asked.target, options, attributes: Attributes::default() };
        let _running = Running::begin(gateway);
        // It ends with the request: who went away needs no answer.
        let (_keep, stop) = watch::channel(false);
        let (delivery, _delivered) = Delivery::start(Door::Nowhere);
        let result = run::run(probe, &client, delivery, stop).await.map_err(|error| failed(&error))?;
        note(gateway, result.summary.is_success());
        let sink = negotiate(headers.get(ACCEPT).and_then(|value| value.to_str().ok()));
        let body = exposition::snapshot(&result.summary).encode(sink);
        Ok(([(CONTENT_TYPE, sink.content_type)], body).into_response())
    }

    fn admit(&self, target: &str) -> Result<(), Refusal> {
        if self.targets.is_empty() {
            return Err(Refusal {
                status: StatusCode::NOT_FOUND,
                error: "no_targets",
                message: "nothing may be probed from here".into(),
                hint: "list what may be in `probe.targets`; see docs/guide/probe.md",
                retry_after: None,
            });
        }
        if self.targets.allow(target) {
            return Ok(());
        }
        Err(Refusal {
            status: StatusCode::FORBIDDEN,
            error: "forbidden_target",
            message: "this target is not among those that may be probed".into(),
            hint: "add it to `probe.targets`; see docs/guide/probe.md",
            retry_after: None,
        })
    }

    fn greeting(&self, gateway: &Gateway) -> Result<&Greeting, Refusal> {
        if let Some(greeting) = self.greeting.get() {
            return Ok(greeting);
        }
        let greeting = Greeting::new(&gateway.config.probe.ca_file).map_err(|error| failed(&error))?;
        Ok(self.greeting.get_or_init(|| greeting))
    }
}

/// How long whoever scrapes will wait, as Prometheus says.
fn patience(headers: &HeaderMap) -> Duration {
    let told = headers.get("x-prometheus-scrape-timeout-seconds").and_then(|value| value.to_str().ok());
    let seconds = told
        .and_then(|text| text.parse::<f64>().ok())
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.map_or(Duration::MAX, |patience| patience.saturating_sub(MARGIN).max(MARGIN))
}

fn failed(error: &dyn std::error::Error) -> Refusal {
    tracing::error!(%error, "a probe cannot be run");
    Refusal {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        error: "cannot_probe",
        message: "the probe cannot be run".into(),
        hint: "the log of the gateway says why",
        retry_after: None,
    }
}
