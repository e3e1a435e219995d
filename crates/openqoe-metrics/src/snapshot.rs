//! What a scrape sees: the rows of all scopes at one moment, those with equal labels added up.

use std::collections::BTreeMap;
use std::sync::Arc;

use openqoe_spec::Scope;

use crate::cells::Cells;
use crate::foreign::ForeignFamily;
use crate::labels::push_label;
use crate::layout::SCOPES;
use crate::sinks::Sink;
use crate::slo::Groups;
use crate::table::Row;

/// Rows by label text, so that they come out in the same order every time.
pub(crate) type Rows = BTreeMap<Arc<str>, Cells>;

/// The state of some tables and shared rows at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    scopes: [Rows; SCOPES.len()],
    /// What rows that are gone had counted: the trailing window still tells of it.
    pub(crate) expired: Groups,
    /// Metrics others defined, by name.
    pub(crate) foreign: BTreeMap<Box<str>, ForeignFamily>,
}

impl Snapshot {
    /// Adds the rows of another snapshot, such as another shard's. Counters, gauges and histograms of equal labels add up;
    /// of two exemplars of a bucket the later stays. The order of merging makes no difference, rounding of gauges aside.
    pub fn merge(&mut self, other: Snapshot) {
        for (group, totals) in other.expired {
            self.expired.entry(group).or_default().merge(&totals);
        }
        for (scope, rows) in SCOPES.into_iter().zip(other.scopes) {
            for (labels, cells) in rows {
                self.add(scope, labels, cells);
            }
        }
        for (name, family) in other.foreign {
            match self.foreign.get_mut(&name) {
                Some(mine) => mine.series.extend(family.series),
                None => drop(self.foreign.insert(name, family)),
            }
        }
    }

    /// Leaves one tenant's rows only: nothing of others, nothing of the process.
    pub fn retain_tenant(&mut self, name: &str) {
        let mut own = String::new();
        push_label(&mut own, "tenant", name);
        let is_own = |labels: &str| {
            labels.strip_prefix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(','))
        };
        self.scopes.iter_mut().for_each(|rows| rows.retain(|labels, _| is_own(labels)));
        self.foreign.retain(|_, family| {
            family.series.retain(|series| is_own(&series.labels));
            !family.series.is_empty()
        });
    }

    /// The exposition in the format of a sink.
    pub fn encode(&self, sink: &Sink) -> Vec<u8> {
        let mut out = Vec::new();
        (sink.encode)(self, &mut out);
        out
    }

    /// Adds a copy of a table's row, unless it has no value yet.
    pub(crate) fn add_touched(&mut self, scope: Scope, row: &Row) {
        if !row.cells.domains(scope).is_empty() {
            self.add(scope, row.labels.text.clone(), row.cells.clone());
        }
    }

    /// Adds one row.
    pub(crate) fn add(&mut self, scope: Scope, labels: Arc<str>, cells: Cells) {
        use std::collections::btree_map::Entry;
        match self.scopes[scope as usize].entry(labels) {
            Entry::Vacant(place) => {
                place.insert(cells);
            }
            Entry::Occupied(mut row) => row.get_mut().merge(cells),
        }
    }

    /// The rows of every scope.
    pub(crate) fn all_rows_mut(&mut self) -> &mut [Rows; SCOPES.len()] {
        &mut self.scopes
    }

    /// The rows of a scope.
    pub(crate) fn rows(&self, scope: Scope) -> &Rows {
        &self.scopes[scope as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ProcessScope, SharedRow};

    #[test]
    fn a_tenant_sees_its_own_rows() {
        let mut snapshot = Snapshot::default();
        for name in ["a", "ab", "b\",tenant=\"a"] {
            SharedRow::tenant(name).snapshot_into(&mut snapshot);
        }
        SharedRow::<ProcessScope>::process().snapshot_into(&mut snapshot);
        snapshot.add(Scope::View, "tenant=\"a\",cdn=\"x\"".into(), Cells::new(Scope::View));
        snapshot.add(Scope::View, "tenant=\"b\",cdn=\"x\"".into(), Cells::new(Scope::View));
        snapshot.retain_tenant("a");
        let left: Vec<&str> =
            snapshot.scopes.iter().flat_map(|rows| rows.keys()).map(|labels| &**labels).collect();
        assert_eq!(left, ["tenant=\"a\",cdn=\"x\"", "tenant=\"a\""]);
    }
}
