//! Joins the demo to the gateway: its page, its origin, its viewers.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::Path;
use axum::response::{Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::demo::monitoring::Monitoring;
use crate::demo::{self, Demo, viewers};
use crate::{assets, cli};

/// Adds the demo's routes to those of the public listener.
pub(crate) fn add(routes: Router, internal: SocketAddr) -> Router {
    let config = json!({
        "metrics_url": format!("http://{internal}/metrics"),
        "version": env!("CARGO_PKG_VERSION"),
    });
    routes
        .merge(demo::router(Arc::new(Demo::new())))
        .route("/", get(async || Redirect::temporary("/demo/")))
        .route("/demo", get(async || Redirect::permanent("/demo/")))
        .route("/demo/", get(async || assets::serve(assets::DEMO, "index.html")))
        .route("/demo/config.json", get(async move || Json(config.clone())))
        .route("/demo/{name}", get(file))
}

async fn file(Path(name): Path<String>) -> Response {
    assets::serve(assets::DEMO, &name)
}

/// Starts the simulated viewers, unless none are wanted.
pub(crate) fn start(
    demo: &cli::Demo,
    public: SocketAddr,
    stopping: &watch::Receiver<bool>,
) -> Option<JoinHandle<()>> {
    tracing::info!("demo on http://{public}/demo/");
    if demo.no_viewers {
        return None;
    }
    let options = viewers::ViewerOptions { viewers: usize::from(demo.viewers), seed: demo.seed };
    tracing::info!("{} simulated viewers report as content_type=\"simulated\"", demo.viewers);
    Some(tokio::spawn(viewers::run(format!("http://{public}/v1/ingest"), options, stopping.clone())))
}

/// Starts Prometheus and Alertmanager, unless none are wanted or there is no folder for what they keep; the console links to them.
pub(crate) fn monitor(demo: &cli::Demo, config: &mut Config, internal: SocketAddr) -> Option<Monitoring> {
    if demo.no_monitoring || config.data_dir.as_os_str().is_empty() {
        return None;
    }
    let monitoring = Monitoring::start(&config.data_dir.join("monitoring"), internal, &rules())
        .inspect_err(|error| tracing::warn!(%error, "Prometheus cannot be started beside the demo"))
        .ok()?;
    let links = [
        ("prometheus", &mut config.console.prometheus_url),
        ("alertmanager", &mut config.console.alertmanager_url),
    ];
    for (name, link) in links {
        if let Some(url) = monitoring.url(name).filter(|_| link.is_empty()) {
            *link = url.to_owned();
        }
    }
    Some(monitoring)
}

/// The rules of the objectives the gateway comes with, over windows short enough to watch.
fn rules() -> String {
    let rules = openqoe_slo::compile(&openqoe_slo::demo(), &openqoe_slo::Options::default());
    rules.to_yaml("The objectives of `openqoe demo`.")
}
