//! Slots by name, so that vectors and properties reach every metric there is without a list of them to keep up.

use openqoe_spec::metrics::METRICS;
use openqoe_spec::{LabelSetId, MetricDef, MetricKind, Scope, SlotDef};

use crate::Table;
use crate::cells::{Cells, Change};
use crate::labels::escape;
use crate::layout::layout;

/// A slot of a metric.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) def: &'static MetricDef,
    pub(crate) slots: &'static [SlotDef],
    pub(crate) at: usize,
}

/// Every slot of a scope.
pub(crate) fn slots(scope: Scope) -> Vec<Slot> {
    let of = |def: &'static MetricDef| {
        let layout = layout(def.scope);
        let slots = match (def.kind, def.key) {
            (MetricKind::Counter, Some(_)) => layout.keyed,
            (MetricKind::Counter, None) => layout.counters,
            (MetricKind::Gauge, _) => layout.gauges,
            (MetricKind::Histogram, _) => layout.histograms,
        };
        (def.first_slot..def.first_slot + def.slots).map(move |at| Slot { def, slots, at })
    };
    METRICS.iter().filter(|def| def.scope == scope).flat_map(of).collect()
}

/// The slot of a metric whose labels are these, written without quotes.
pub(crate) fn slot(metric: &str, labels: &str) -> Slot {
    let mut scopes = crate::layout::SCOPES.into_iter().flat_map(slots);
    let found = scopes.find(|slot| slot.def.name == metric && slot.labels().replace('"', "") == labels);
    found.unwrap_or_else(|| panic!("no slot {metric}{{{labels}}}"))
}

impl Slot {
    pub(crate) fn labels(&self) -> &'static str {
        self.slots[self.at].labels
    }

    /// Changes the slot in a table.
    pub(crate) fn record(&self, table: &mut Table, set: LabelSetId, change: Change<'_>, key: &str) {
        match self.def.key {
            Some(_) => table.count_keyed(set, self.at, key, amount(change)),
            None => table.apply(set, self.slots, self.at, change),
        }
    }

    /// Changes the slot in a row of its own.
    pub(crate) fn apply(&self, cells: &mut Cells, change: Change<'_>, key: &str) {
        match self.def.key {
            Some(_) => *cells.keyed[self.at].entry(escape(key).into()).or_default() += amount(change),
            None => cells.apply(layout(self.def.scope), self.at, change),
        }
    }

    /// A change that suits the metric.
    pub(crate) fn change(&self, value: f64) -> Change<'_> {
        match self.def.kind {
            MetricKind::Counter => Change::Count(value),
            MetricKind::Gauge => Change::Move(value),
            MetricKind::Histogram => Change::Observe(value, None),
        }
    }
}

/// By how much a counter grows.
fn amount(change: Change<'_>) -> f64 {
    match change {
        Change::Count(by) => by,
        other => panic!("{other:?} is nothing for a counter"),
    }
}
