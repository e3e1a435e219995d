//! The series table of one shard. Only the shard's thread touches it, so there is no lock on the way of a measurement: it
//! goes by index to its label set, by index to its row and by index to its slot.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use openqoe_spec::metrics::{EXPERIMENT, METRICS, VIEW};
use openqoe_spec::{Attributes, LabelSetId, Labels, Measurement, MetricDef, Recorder, Scope, SlotDef};

use crate::cells::{Cells, Change, grow};
use crate::guard::{Guard, Resolved, Tally};
use crate::labels::escape;
use crate::snapshot::Snapshot;

/// The rows sessions of one shard write to.
#[derive(Debug)]
pub struct Table {
    pub(crate) guard: Arc<Guard>,
    pub(crate) ids: HashMap<Resolved, LabelSetId>,
    pub(crate) sets: Vec<LabelSet>,
    pub(crate) views: Rows,
    pub(crate) experiments: Rows,
    /// What was folded on behalf of this table, by tenant.
    pub(crate) tallies: BTreeMap<Arc<str>, Tally>,
}

/// Where the measurements of a session go.
#[derive(Debug)]
pub(crate) struct LabelSet {
    pub(crate) tenant: Arc<str>,
    pub(crate) view: usize,
    pub(crate) experiment: Option<usize>,
}

/// The rows of one scope.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) scope: Scope,
    index: HashMap<Arc<str>, usize>,
    pub(crate) rows: Vec<(Arc<str>, Cells)>,
}

impl Table {
    /// An empty table that keeps to the guard's limits.
    pub fn new(guard: Arc<Guard>) -> Table {
        let (views, experiments) = (Rows::new(Scope::View), Rows::new(Scope::Experiment));
        let (ids, sets, tallies) = (HashMap::new(), Vec::new(), BTreeMap::new());
        Table { guard, ids, sets, views, experiments, tallies }
    }

    /// Resolves what is known about a session to its rows. To be called once for each session (and again when its attributes
    /// change): every call counts the values it folds.
    ///
    /// The labels are `tenant`, then every attribute classed `label` or `guarded` that is present, in the order of
    /// [`openqoe_spec::ATTRIBUTES`]. Guarded values beyond their budget become [`crate::OVERFLOW`]; beyond the tenant's
    /// label sets every attribute does. Both measure on in the row of their experiment, whose size the budgets bound.
    pub fn intern(&mut self, tenant: &str, attributes: &Attributes) -> LabelSetId {
        let (resolved, tally) = self.guard.resolve(tenant, attributes);
        self.note_folded(tenant, &tally);
        if let Some(id) = self.ids.get(&resolved) {
            return *id;
        }
        // A label set costs hundreds of bytes, so memory ends long before the ids do.
        let id = LabelSetId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        self.sets.push(LabelSet {
            tenant: tenant.into(),
            view: self.views.row(&resolved.view),
            experiment: resolved.experiment.as_ref().map(|labels| self.experiments.row(labels)),
        });
        self.ids.insert(resolved, id);
        id
    }

    /// The state of this moment: a copy of every row.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for rows in [&self.views, &self.experiments] {
            for (labels, cells) in &rows.rows {
                if !cells.domains(rows.scope).is_empty() {
                    snapshot.add(rows.scope, labels.clone(), cells.clone());
                }
            }
        }
        snapshot
    }

    /// Changes a slot of the set's view row, and the slot it is mirrored to. A set this table did not hand out has none.
    pub(crate) fn apply(&mut self, set: LabelSetId, slots: &[SlotDef], slot: usize, change: Change<'_>) {
        let Some(set) = self.sets.get(set.0 as usize) else { return };
        self.views.rows[set.view].1.apply(&VIEW, slot, change);
        if let (Some(row), Some(mirror)) = (set.experiment, slots[slot].mirror) {
            self.experiments.rows[row].1.apply(&EXPERIMENT, mirror, change);
        }
    }

    /// Counts one under a value of the slot's guarded label.
    pub(crate) fn count_keyed(&mut self, set: LabelSetId, slot: usize, value: &str) {
        let Some(set) = self.sets.get(set.0 as usize) else { return };
        let counts = &mut self.views.rows[set.view].1.keyed[slot];
        if let Some(count) = counts.get_mut(&*escape(value)) {
            return grow(count, 1.0);
        }
        let metric: &MetricDef = &METRICS[VIEW.keyed[slot].metric];
        let Some(guarded) = metric.key else { return };
        let (key, tally) = self.guard.key(&set.tenant, guarded, value);
        grow(counts.entry(escape(key).into()).or_default(), 1.0);
        let tenant = set.tenant.clone();
        self.note_folded(&tenant, &tally);
    }

    pub(crate) fn note_folded(&mut self, tenant: &str, tally: &Tally) {
        if *tally == Tally::default() {
            return;
        }
        match self.tallies.get_mut(tenant) {
            Some(sum) => sum.add(tally),
            None => drop(self.tallies.insert(tenant.into(), *tally)),
        }
    }
}

impl Labels for Table {
    fn intern(&mut self, tenant: &str, attributes: &Attributes) -> LabelSetId {
        Table::intern(self, tenant, attributes)
    }
}

impl Recorder for Table {
    /// A label set this table did not hand out takes nothing.
    fn record(&mut self, set: LabelSetId, measurement: Measurement<'_>) {
        match measurement {
            Measurement::Count(counter, by) => {
                self.apply(set, VIEW.counters, counter.slot(), Change::Count(by));
            }
            Measurement::CountKeyed(counter, value) => self.count_keyed(set, counter.slot(), value),
            Measurement::Move(gauge, by) => self.apply(set, VIEW.gauges, gauge.slot(), Change::Move(by)),
            Measurement::ObserveMany(histogram, value, times) => {
                self.apply(set, VIEW.histograms, histogram.slot(), Change::ObserveMany(value, times));
            }
            Measurement::Observe(histogram, value, exemplar) => {
                self.apply(set, VIEW.histograms, histogram.slot(), Change::Observe(value, exemplar));
            }
            Measurement::Advance(histogram, value) => {
                self.apply(set, VIEW.histograms, histogram.slot(), Change::Advance(value));
            }
            Measurement::Settle(histogram, value, exemplar) => {
                self.apply(set, VIEW.histograms, histogram.slot(), Change::Settle(value, exemplar));
            }
        }
    }
}

impl Rows {
    pub(crate) fn new(scope: Scope) -> Rows {
        Rows { scope, index: HashMap::new(), rows: Vec::new() }
    }

    /// The position of a row, made when it is new.
    pub(crate) fn row(&mut self, labels: &Arc<str>) -> usize {
        *self.index.entry(labels.clone()).or_insert_with(|| {
            self.rows.push((labels.clone(), Cells::new(self.scope)));
            self.rows.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use openqoe_spec::metrics::view::{Counter, Gauge, Histogram, KeyedCounter};
    use openqoe_spec::{Attribute, Phase, Severity};

    use super::*;
    use crate::Limits;

    fn session(variant: &str) -> Attributes {
        let mut attributes = Attributes::default();
        attributes.set(Attribute::ExperimentId, "buffer").unwrap();
        attributes.set(Attribute::ExperimentVariant, variant).unwrap();
        attributes
    }

    #[test]
    fn equal_attributes_share_an_id_and_a_stranger_has_none() {
        let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
        let (a, b) = (table.intern("t", &session("long")), table.intern("t", &session("short")));
        assert_ne!(a, b);
        assert_eq!(table.intern("t", &session("long")), a);
        assert_ne!(table.intern("u", &session("long")), a);
        table.record(LabelSetId(99), Measurement::Count(Counter::StartupAttempts, 1.0));
        table.record(LabelSetId(99), Measurement::CountKeyed(KeyedCounter::ErrPlayer(Severity::Fatal), "x"));
        assert!(table.snapshot().rows(Scope::View).is_empty());
    }

    #[test]
    fn every_measurement_finds_its_slot() {
        let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
        let set = table.intern("t", &session("long"));
        let (phase, wait) =
            (Gauge::PlaybackActiveSessions(Phase::Paused), Histogram::PlaybackBufferTimeSeconds);
        table.record(set, Measurement::Count(Counter::StartupAttempts, 2.0));
        table.record(set, Measurement::Move(phase, 3.0));
        table.record(set, Measurement::Move(phase, -1.0));
        table.record(set, Measurement::Observe(Histogram::StartupTimeSeconds, 700.0, None));
        table.record(set, Measurement::Advance(wait, 250.0));
        table.record(set, Measurement::Settle(wait, 250.0, None));
        table.record(set, Measurement::CountKeyed(KeyedCounter::ErrPlayer(Severity::Warning), "404"));
        let snapshot = table.snapshot();
        let view = snapshot.rows(Scope::View).values().next().unwrap();
        assert_eq!(view.counters[Counter::StartupAttempts.slot()], 2.0);
        assert_eq!(view.gauges[phase.slot()], Some(2.0));
        assert_eq!(view.histograms[wait.slot()].as_ref().map(|h| (h.sum(), h.count())), Some((250.0, 1)));
        assert_eq!(view.keyed[KeyedCounter::ErrPlayer(Severity::Warning).slot()]["404"], 1.0);
        let experiment = snapshot.rows(Scope::Experiment).values().next().unwrap();
        assert_eq!(experiment.counters.iter().sum::<f64>(), 2.0);
        assert_eq!(experiment.histograms.iter().flatten().map(|h| h.sum()).sum::<f64>(), 700.0);
    }

    /// Beyond the label sets, views share a row; variants do not.
    #[test]
    fn experiments_outlive_the_label_set_limit() {
        let guard = Arc::new(Guard::new(Limits { max_label_sets: 0, ..Limits::default() }));
        let mut table = Table::new(guard);
        for variant in ["long", "short"] {
            let set = table.intern("t", &session(variant));
            table.record(set, Measurement::Count(Counter::StartupAttempts, 1.0));
        }
        let snapshot = table.snapshot();
        assert_eq!((snapshot.rows(Scope::View).len(), snapshot.rows(Scope::Experiment).len()), (1, 2));
    }
}
