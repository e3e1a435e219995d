//! `GET /api/v1/health`: the process, part by part, and what is wrong. Of everyone together, so not for a tenant's key.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use openqoe_metrics::Figure;
use openqoe_spec::metrics::process::{Counter, Gauge};
use serde_json::json;

use super::parts::{Parts, Problem};
use crate::clock::now_ms;
use crate::gateway::Gateway;
use crate::process;

pub(super) async fn health(State(gateway): State<Arc<Gateway>>) -> Response {
    process::sample(&gateway.process);
    let Parts { parts, mut problems } = Parts::of(&gateway);
    if !gateway.has_replayed() {
        problems.push(Problem {
            severity: "info",
            text: "the journal is being replayed; figures are not whole yet".into(),
            hint: "/-/ready says when it is done",
        });
    }
    let rank =
        |problem: &Problem| ["critical", "warning", "info"].iter().position(|of| *of == problem.severity);
    problems.sort_by_key(rank);
    let number = |figure: Figure| figure.value.unwrap_or_default();
    let row = &gateway.process;
    Json(json!({
        "role": if gateway.edge.is_some() { "edge" } else { "core" },
        "ready": gateway.is_ready(),
        "started_at": (number(row.gauge(Gauge::ProcessStartTimeSeconds)) * 1000.0).round() as u64,
        "now": now_ms(),
        "cpu_seconds": number(row.counter(Counter::ProcessCpuSeconds)),
        "resident_bytes": number(row.gauge(Gauge::ProcessResidentMemoryBytes)),
        "parts": parts,
        "problems": problems,
    }))
    .into_response()
}
