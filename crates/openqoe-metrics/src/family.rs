//! The way from rows to series: for each metric, all rows of its scope, all slots of the metric. Every encoder walks it, so
//! which series there are and in which order is decided in one place.

use std::sync::Arc;

use openqoe_spec::metrics::METRICS;
use openqoe_spec::{MetricDef, MetricKind, Scope, ScopeDef, SlotDef};

use crate::cells::Cells;
use crate::histogram::Histogram;
use crate::layout::{Domains, SCOPES, layout};
use crate::snapshot::Snapshot;

/// One metric with its series, at least one.
pub(crate) struct Family<'a> {
    /// The metric.
    pub(crate) def: &'static MetricDef,
    /// By row, then by slot, then by key.
    pub(crate) series: Vec<Series<'a>>,
}

/// One series, or the series of one histogram.
pub(crate) struct Series<'a> {
    /// Position of the row in its scope.
    pub(crate) row: usize,
    /// Label text of the row.
    pub(crate) row_labels: &'a Arc<str>,
    /// Label text of the slot.
    pub(crate) slot_labels: &'static str,
    /// Name and escaped value of the guarded label.
    pub(crate) key: Option<(&'static str, &'a Arc<str>)>,
    /// The value.
    pub(crate) value: Value<'a>,
}

/// The value of a series.
pub(crate) enum Value<'a> {
    /// A counter or gauge, in the exposed unit.
    Number(f64),
    /// A histogram, its sum in the recorded unit.
    Histogram(&'a Histogram),
}

struct Row<'a> {
    labels: &'a Arc<str>,
    cells: &'a Cells,
    shown: Domains,
}

/// Hands over every family with series, in the order of the registry.
pub(crate) fn families<'a>(snapshot: &'a Snapshot, mut each: impl FnMut(&Family<'a>)) {
    let scopes = SCOPES.map(|scope| rows(snapshot, scope));
    for def in &METRICS {
        let rows = &scopes[def.scope as usize];
        let mut series = Vec::with_capacity(rows.len() * def.slots);
        for (position, row) in rows.iter().enumerate() {
            series_of(def, position, row, &mut series);
        }
        if !series.is_empty() {
            each(&Family { def, series });
        }
    }
}

fn rows(snapshot: &Snapshot, scope: Scope) -> Vec<Row<'_>> {
    let shown = |cells: &Cells| match scope {
        // What happened to a tenant's events is told from the start, losses above all: an alert needs the 0 before.
        Scope::Tenant => Domains::ALL,
        Scope::View | Scope::Experiment | Scope::Slo | Scope::Objective | Scope::Process | Scope::Probe => {
            cells.domains(scope)
        }
    };
    let rows = snapshot.rows(scope).iter();
    rows.map(|(labels, cells)| Row { labels, cells, shown: shown(cells) }).collect()
}

fn series_of<'a>(def: &'static MetricDef, position: usize, row: &Row<'a>, series: &mut Vec<Series<'a>>) {
    let scope: &ScopeDef = layout(def.scope);
    let (slots, cells) = (def.first_slot..def.first_slot + def.slots, row.cells);
    let mut push = |slot: &'static SlotDef, key, value| {
        let (row_labels, slot_labels) = (row.labels, slot.labels);
        series.push(Series { row: position, row_labels, slot_labels, key, value });
    };
    let number = |value: &f64| Value::Number(value / def.unit.divisor());
    match (def.kind, def.key) {
        (MetricKind::Counter, None) if !row.shown.contains(scope.counters[def.first_slot].metric) => {}
        (MetricKind::Counter, None) => slots
            .zip(&cells.counters[def.first_slot..])
            .for_each(|(slot, value)| push(&scope.counters[slot], None, number(value))),
        (MetricKind::Counter, Some(key)) => {
            slots.flat_map(|slot| cells.keyed[slot].iter().map(move |entry| (slot, entry))).for_each(
                |(slot, (value, count))| push(&scope.keyed[slot], Some((key.as_str(), value)), number(count)),
            );
        }
        (MetricKind::Gauge, _) => slots
            .filter_map(|slot| Some((slot, cells.gauges[slot].as_ref()?)))
            .for_each(|(slot, value)| push(&scope.gauges[slot], None, number(value))),
        (MetricKind::Histogram, _) => slots
            .filter_map(|slot| Some((slot, cells.histograms[slot].as_deref()?)))
            .for_each(|(slot, value)| push(&scope.histograms[slot], None, Value::Histogram(value))),
    }
}
