//! Objectives as series: `openqoe_slo_*` of scope `objective`. A group has a row of its own, one for each window and one for each
//! alert.

use openqoe_metrics::{Snapshot, label_text};
use openqoe_slo::duration::spell;
use openqoe_slo::{BurnAlert, Severity};
use openqoe_spec::metrics::objective::Gauge;

use super::evaluate::{Alert, NO_DATA, State};
use super::track::{Group, Track};

/// Adds all of them to a snapshot.
pub(super) fn add(tracks: &[Track], snapshot: &mut Snapshot) {
    for track in tracks {
        track.groups().for_each(|group| add_group(track, group, snapshot));
    }
}

fn add_group(track: &Track, group: &Group, snapshot: &mut Snapshot) {
    let slo = &track.slo;
    let labels = slo.group_by.iter().copied().zip(group.values.iter().map(String::as_str));
    let labels: Vec<_> = labels.chain([("slo", slo.name.as_str())]).collect();
    let row = |more: &[(&str, &str)]| label_text(labels.iter().chain(more).copied());
    let figures = &group.figures;
    let covered = figures.covered.as_secs_f64() / slo.window.as_secs_f64();
    let mut gauges = vec![(Gauge::SloObjectiveRatio, slo.target), (Gauge::SloWindowCoveredRatio, covered)];
    gauges.extend(figures.budget_left.map(|left| (Gauge::SloErrorBudgetRemainingRatio, left)));
    snapshot.add_objective(&row(&[]), &gauges);
    for window in &figures.windows {
        let (Some(error_ratio), Some(burn_rate)) = (window.error_ratio, window.burn_rate) else { continue };
        let gauges = [(Gauge::SloErrorRatio, error_ratio), (Gauge::SloBurnRate, burn_rate)];
        snapshot.add_objective(&row(&[("window", &spell(window.length))]), &gauges);
    }
    if slo.no_data.is_some() {
        let gauges = [(Gauge::SloAlertActive, fires(&group.silence))];
        let labels = [("alert", NO_DATA), ("severity", Severity::Ticket.as_str())];
        snapshot.add_objective(&row(&labels), &gauges);
    }
    for (alert, def) in group.alerts.iter().zip(&slo.alerts) {
        let gauges = [(Gauge::SloAlertActive, fires(alert))];
        snapshot.add_objective(&row(&[("alert", &alert.name), ("severity", severity(def))]), &gauges);
    }
}

fn fires(alert: &Alert) -> f64 {
    if matches!(alert.state, State::Firing { .. }) { 1.0 } else { 0.0 }
}

/// The word for who should look: an objective may have its own.
pub(super) fn severity(alert: &BurnAlert) -> &str {
    alert.labels.get("severity").map_or(alert.severity.as_str(), String::as_str)
}
