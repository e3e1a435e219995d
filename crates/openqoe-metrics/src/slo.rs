//! The `openqoe_slo_*` gauges: service level indicators over the trailing five minutes, by tenant and content type. They are
//! differences of counters, so they say what `increase()` would, without a Prometheus to ask.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use openqoe_spec::metrics::slo::Gauge;
use openqoe_spec::{Attribute, Kpi, Scope, Window};

use crate::cells::Cells;
use crate::labels::{pairs, push_label};
use crate::snapshot::Snapshot;
use crate::sums::Sums;

/// What the label `window="5m"` says.
const WINDOW_MS: u64 = 300_000;
/// The resolution of the window: with it, no more than 62 states are kept.
const STEP_MS: u64 = 5_000;

/// Sums by label text, `tenant="a",content_type="live"`.
pub(crate) type Groups = BTreeMap<Arc<str>, Sums>;

/// Remembers the last five minutes of the merged snapshots.
#[derive(Debug, Default)]
pub struct SloWindow {
    /// Ascending in time; the first is the latest that is older than the window, once there is one.
    ring: VecDeque<(u64, Groups)>,
    latest: Groups,
    /// What had been counted before anything was observed: counters restored from a checkpoint.
    origin: Groups,
}

impl SloWindow {
    /// An empty window. Until it is five minutes old, its gauges are about everything since the counters began.
    pub fn new() -> SloWindow {
        SloWindow::default()
    }

    /// Says what the counters began with. Without it they began with nothing.
    pub fn begin(&mut self, snapshot: &Snapshot) {
        self.origin = groups(snapshot);
    }

    /// Takes in the state of this moment, from a snapshot of all shards merged. To be called at least every few seconds; a
    /// gap makes the window that much longer. The time is epoch ms, or any other count of ms that does not run backwards.
    pub fn observe(&mut self, now_ms: u64, snapshot: &Snapshot) {
        let latest = groups(snapshot);
        self.forget_what_fell(&latest);
        self.latest = latest;
        if self.ring.back().is_none_or(|(at, _)| now_ms.saturating_sub(*at) >= STEP_MS) {
            self.ring.push_back((now_ms, self.latest.clone()));
        }
        while self.ring.get(1).is_some_and(|(at, _)| at.saturating_add(WINDOW_MS) <= now_ms) {
            self.ring.pop_front();
        }
    }

    /// A group falls when all its rows are gone and what they had counted is forgotten. Nothing grew then, so the window is
    /// told that it had always been so.
    fn forget_what_fell(&mut self, latest: &Groups) {
        for (labels, before) in &self.latest {
            let now = latest.get(labels);
            if now.is_some_and(|now| now.covers(before)) {
                continue;
            }
            for groups in self.ring.iter_mut().map(|(_, groups)| groups).chain([&mut self.origin]) {
                match now {
                    Some(now) => drop(groups.insert(labels.clone(), now.clone())),
                    None => drop(groups.remove(labels)),
                }
            }
        }
    }

    /// Adds the gauges of the state observed last to a snapshot. One whose denominator is zero is left out.
    pub fn snapshot_into(&self, now_ms: u64, snapshot: &mut Snapshot) {
        let before = self.ring.iter().rev().find(|(at, _)| at.saturating_add(WINDOW_MS) <= now_ms);
        let nothing = Sums::default();
        for (labels, totals) in &self.latest {
            let known = before.map_or(&self.origin, |(_, groups)| groups);
            let baseline = known.get(labels).unwrap_or(&nothing);
            let cells = gauges(&totals.since(baseline));
            if cells.gauges.iter().any(Option::is_some) {
                snapshot.add(Scope::Slo, labels.clone(), cells);
            }
        }
    }
}

/// The totals by group, of the rows there are and of those that are gone.
pub(crate) fn groups(snapshot: &Snapshot) -> Groups {
    let mut groups = snapshot.expired.clone();
    for (labels, cells) in snapshot.rows(Scope::View) {
        groups.entry(group(labels).into()).or_default().add(cells);
    }
    groups
}

/// The labels of a view row that a row of scope `slo` keeps.
pub(crate) fn group(labels: &str) -> String {
    let mut text = String::new();
    for (name, value) in
        pairs(labels).filter(|(name, _)| ["tenant", Attribute::ContentType.as_str()].contains(name))
    {
        push_label(&mut text, name, &value);
    }
    text
}

/// The indicators of one group, which are those of `spec/registry/kpis.yaml`. Attempts that are still waiting have no outcome yet
/// and are in none of them, as with Mux and CTA-2066.
fn gauges(delta: &Sums) -> Cells {
    let mut cells = Cells::new(Scope::Slo);
    let mut set = |gauge: Gauge, value: Option<f64>| cells.gauges[gauge.slot()] = value;
    let value = |kpi| delta.value(kpi, 0.0);
    set(Gauge::SloRebufferRatio(Window::N5m), value(Kpi::RebufferRatio));
    set(Gauge::SloStartupFailureRatio(Window::N5m), value(Kpi::StartupFailureRatio));
    set(Gauge::SloExitBeforeStartRatio(Window::N5m), value(Kpi::ExitBeforeStartRatio));
    set(Gauge::SloPlaybackFailureRatio(Window::N5m), value(Kpi::PlaybackFailureRatio));
    // Gauges of seconds hold whole milliseconds like everything recorded; the resolution is far coarser anyway.
    let p95 = value(Kpi::StartupP95).map(|seconds| (seconds * 1000.0).round());
    set(Gauge::SloStartupP95Seconds(Window::N5m), p95);
    cells
}

#[cfg(test)]
mod tests {
    use openqoe_spec::metrics::view::{Counter, Histogram};
    use openqoe_spec::{Attributes, Failure, Measurement, Recorder};

    use super::*;
    use crate::{Guard, Limits, Table};

    fn table() -> Table {
        Table::new(Arc::new(Guard::new(Limits::default())))
    }

    fn exposed(window: &SloWindow, now_ms: u64) -> Option<Cells> {
        let mut snapshot = Snapshot::default();
        window.snapshot_into(now_ms, &mut snapshot);
        snapshot.rows(Scope::Slo).get("tenant=\"t\"").cloned()
    }

    #[test]
    fn ratios_are_about_the_window_alone() {
        let (mut table, mut window) = (table(), SloWindow::new());
        let set = table.intern("t", &Attributes::default());
        let slot = Gauge::SloRebufferRatio(Window::N5m).slot();
        table.record(set, Measurement::Count(Counter::PlaybackPlayingSeconds, 1000.0));
        table.record(set, Measurement::Count(Counter::PlaybackStalledSeconds, 1000.0));
        window.observe(0, &table.snapshot());
        assert_eq!(exposed(&window, 0).unwrap().gauges[slot], Some(0.5));

        for second in 1..=600 {
            table.record(set, Measurement::Count(Counter::PlaybackPlayingSeconds, 1000.0));
            window.observe(second * 1000, &table.snapshot());
            assert!(window.ring.len() <= 62);
        }
        assert_eq!(exposed(&window, 600_000).unwrap().gauges[slot], Some(0.0));
        assert_eq!(window.ring.front().map(|(at, _)| *at), Some(300_000));
        assert!(exposed(&window, 1_000_000).is_none());
    }

    #[test]
    fn an_indicator_without_denominator_is_absent() {
        let (mut table, mut window) = (table(), SloWindow::new());
        let set = table.intern("t", &Attributes::default());
        table.record(set, Measurement::Count(Counter::StartupAttempts, 1.0));
        window.observe(0, &table.snapshot());
        assert!(exposed(&window, 0).is_none());

        table.record(set, Measurement::Count(Counter::StartupFailed(Failure::Business), 1.0));
        table.record(set, Measurement::Count(Counter::StartupFailed(Failure::Technical), 1.0));
        table.record(set, Measurement::Count(Counter::StartupExits, 2.0));
        window.observe(1, &table.snapshot());
        let gauges = exposed(&window, 1).unwrap().gauges;
        assert_eq!(*gauges, [None, None, Some(0.25), Some(0.5), None]);
    }

    #[test]
    fn startup_quantile_is_of_the_difference() {
        let (mut table, mut window) = (table(), SloWindow::new());
        let set = table.intern("t", &Attributes::default());
        let slot = Gauge::SloStartupP95Seconds(Window::N5m).slot();
        table.record(set, Measurement::Observe(Histogram::StartupTimeSeconds, 30_000.0, None));
        window.observe(0, &table.snapshot());
        table.record(set, Measurement::Observe(Histogram::StartupTimeSeconds, 1000.0, None));
        window.observe(300_000, &table.snapshot());
        let p95 = exposed(&window, 300_000).unwrap().gauges[slot].unwrap();
        assert!((920.0..=1000.0).contains(&p95), "{p95}");
    }
}
