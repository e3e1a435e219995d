//! `GET /api/v1/tenants/NAME/slos`: what was promised, how much of the error budget is left, how fast it burns, and what fires.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use openqoe_metrics::label;
use openqoe_slo::duration::spell;
use openqoe_slo::{Options, Slo};
use serde::Serialize;

use super::Objectives;
use super::evaluate::{self, budget_left};
use super::exposition::severity;
use super::track::{Group, Track, ms};
use crate::access::DEFAULT_TENANT;
use crate::console::unknown_tenant;
use crate::gateway::Gateway;

/// Points of a group's past.
const PAST: u64 = 96;

pub(crate) fn routes() -> Router<Arc<Gateway>> {
    Router::new().route("/api/v1/tenants/{tenant}/slos", get(slos))
}

async fn slos(State(gateway): State<Arc<Gateway>>, Path(tenant): Path<String>) -> Response {
    let known = gateway.tenants.all();
    // Where none is configured there is one from the start, though nobody has sent yet.
    let exists =
        known.iter().any(|known| known.name() == tenant) || known.is_empty() && tenant == DEFAULT_TENANT;
    if !exists {
        return unknown_tenant(&gateway, &tenant).into_response();
    }
    Json(gateway.objectives.report(&tenant)).into_response()
}

/// `Slos` of the contract.
#[derive(Serialize)]
pub(super) struct Report {
    source: String,
    evaluated_at: Option<u64>,
    slos: Vec<SloReport>,
}

#[derive(Serialize)]
struct SloReport {
    name: String,
    title: String,
    help: String,
    target: f64,
    window_s: f64,
    group_by: Vec<&'static str>,
    runbook: String,
    groups: Vec<GroupReport>,
}

#[derive(Serialize)]
struct GroupReport {
    labels: BTreeMap<&'static str, String>,
    error_ratio: Option<f64>,
    budget_left: Option<f64>,
    bad: f64,
    total: f64,
    covered_s: f64,
    burn: Vec<Burn>,
    alerts: Vec<AlertReport>,
    no_data: Option<Silence>,
    history: Vec<(u64, Option<f64>)>,
    queries: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Burn {
    window_s: f64,
    rate: Option<f64>,
    error_ratio: Option<f64>,
    query: String,
}

#[derive(Serialize)]
struct AlertReport {
    name: String,
    severity: String,
    state: &'static str,
    factor: f64,
    short_s: f64,
    long_s: f64,
    hold_s: f64,
    min_total: f64,
    since: Option<u64>,
}

#[derive(Serialize)]
struct Silence {
    state: &'static str,
    min_total: f64,
    since: Option<u64>,
}

impl Objectives {
    /// What a tenant may know: its own groups, of the objectives that look at it.
    pub(super) fn report(&self, tenant: &str) -> Report {
        let state = self.state();
        let looks_at = |track: &&Track| {
            let own = track.slo.filter.iter().filter(|matcher| matcher.label == "tenant");
            own.into_iter().all(|matcher| matcher.accepts(tenant))
        };
        let report = |track: &Track| {
            let slo = &track.slo;
            let own = track.groups().filter(|group| group.tenant() == tenant);
            let mut groups: Vec<_> = own.map(|group| of_group(slo, group)).collect();
            let left = |group: &GroupReport| group.budget_left.unwrap_or(f64::INFINITY);
            groups.sort_by(|a, b| left(a).total_cmp(&left(b)).then_with(|| a.labels.cmp(&b.labels)));
            SloReport {
                name: slo.name.clone(),
                title: title(&slo.name),
                help: slo.description.clone(),
                target: slo.target,
                window_s: slo.window.as_secs_f64(),
                group_by: slo.group_by.clone(),
                runbook: runbook(slo),
                groups,
            }
        };
        Report {
            source: state.source.clone(),
            evaluated_at: state.begun.then_some(state.intake.before),
            slos: state.tracks.iter().filter(looks_at).map(report).collect(),
        }
    }
}

/// The page its alerts point to.
fn runbook(slo: &Slo) -> String {
    let own = slo.annotations.get("runbook_url").cloned();
    own.unwrap_or_else(|| format!("{}/error-budget-burn.md", Options::default().runbooks))
}

/// `rebuffer-ratio` is "Rebuffer ratio".
fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn of_group(slo: &Slo, group: &Group) -> GroupReport {
    let figures = &group.figures;
    let series = Series::of(slo, group);
    let burn = figures.windows.iter().map(|window| Burn {
        window_s: window.length.as_secs_f64(),
        rate: window.burn_rate,
        error_ratio: window.error_ratio,
        query: format!("{} / {}", series.ratio(window.length), slo.budget),
    });
    let alerts = group.alerts.iter().zip(&slo.alerts).map(|(alert, def)| AlertReport {
        name: def.name.clone(),
        severity: severity(def).to_owned(),
        state: alert.state.as_str(),
        factor: def.factor,
        short_s: def.short.as_secs_f64(),
        long_s: def.long.as_secs_f64(),
        hold_s: def.hold.as_secs_f64(),
        min_total: def.min_total,
        since: alert.state.since(),
    });
    let labels = slo.group_by.iter().copied().zip(group.values.iter().cloned());
    GroupReport {
        labels: labels.filter(|(_, value)| !value.is_empty()).collect(),
        error_ratio: evaluate::error_ratio(figures.sums),
        budget_left: figures.budget_left,
        bad: figures.sums.bad.max(0.0),
        total: figures.sums.total.max(0.0),
        covered_s: figures.covered.as_secs_f64(),
        burn: burn.collect(),
        alerts: alerts.collect(),
        no_data: slo.no_data.map(|no_data| Silence {
            state: group.silence.state.as_str(),
            min_total: no_data.min_total,
            since: group.silence.state.since(),
        }),
        history: past(slo, group),
        queries: series.queries(),
    }
}

/// How the budget went, from the beginning of the window or of what is known.
fn past(slo: &Slo, group: &Group) -> Vec<(u64, Option<f64>)> {
    let (history, window) = (&group.kept.history, ms(slo.window));
    let now = history.at();
    let from = now.saturating_sub(window).max(history.since());
    let moments = (0..=PAST).map(|part| from + (now - from) / PAST * part);
    let left = |at: u64| budget_left(slo, history.between(at.saturating_sub(window), at));
    moments.map(|at| (at, left(at))).collect()
}

/// The series the compiled rules record of a group.
struct Series<'a> {
    slo: &'a Slo,
    labels: String,
}

impl Series<'_> {
    fn of<'a>(slo: &'a Slo, group: &Group) -> Series<'a> {
        // An absent label is one that is empty.
        let own = slo.group_by.iter().zip(&group.values).map(|(name, value)| label(name, value));
        let labels: Vec<String> = std::iter::once(label("slo", &slo.name)).chain(own).collect();
        Series { slo, labels: labels.join(",") }
    }

    fn named(&self, name: &str) -> String {
        format!("{name}{{{}}}", self.labels)
    }

    fn ratio(&self, window: Duration) -> String {
        self.named(&format!("slo:sli_error:ratio_rate{}", spell(window)))
    }

    fn queries(&self) -> BTreeMap<&'static str, String> {
        let window = spell(self.slo.window);
        BTreeMap::from([
            ("error_ratio", self.ratio(self.slo.window)),
            ("budget_left", self.named("slo:period_error_budget_remaining:ratio")),
            ("bad", self.named(&format!("slo:sli_error:increase{window}"))),
            ("total", self.named(&format!("slo:sli_total:increase{window}"))),
            ("alerts", format!("ALERTS{{{}}}", self.labels)),
        ])
    }
}

/// A report as JSON, for tests of what the contract says.
#[cfg(test)]
pub(super) fn json(objectives: &Objectives, tenant: &str) -> serde_json::Value {
    serde_json::to_value(objectives.report(tenant)).unwrap_or_default()
}
