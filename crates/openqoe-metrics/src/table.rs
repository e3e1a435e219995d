//! The series table of one shard. Only the shard's thread touches it, so there is no lock on the way of a measurement: it
//! goes by index to its label set, by index to its row and by index to its slot.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use openqoe_spec::metrics::view::Histogram as Observed;
use openqoe_spec::metrics::{EXPERIMENT, METRICS, VIEW};
use openqoe_spec::{
    Attribute, Attributes, Exemplar, LabelSetId, Labels, Measurement, MetricDef, Recorder, Scope, SlotDef,
};

use crate::cells::{Cells, Change, grow};
use crate::expiry::{Released, count_expired};
use crate::guard::{Guard, Held, Tally};
use crate::histogram::Histogram;
use crate::label_set::{RowLabels, parse};
use crate::labels::escape;
use crate::slo::Groups;
use crate::snapshot::Snapshot;
use crate::traces::Traces;

/// The rows sessions of one shard write to.
#[derive(Debug)]
pub struct Table {
    pub(crate) guard: Arc<Guard>,
    /// Label sets by the positions of their rows.
    pub(crate) ids: HashMap<(usize, Option<usize>), LabelSetId>,
    /// By id; `None` is free.
    pub(crate) sets: Vec<Option<LabelSet>>,
    /// Free ids, the lowest last.
    pub(crate) free: Vec<LabelSetId>,
    pub(crate) views: Rows,
    pub(crate) experiments: Rows,
    /// What was folded on behalf of this table, by tenant.
    pub(crate) tallies: BTreeMap<Arc<str>, Tally>,
    /// What rows that are gone had counted, for the trailing window.
    pub(crate) expired: Groups,
    /// What the guard has not been told of yet.
    pub(crate) released: Released,
    /// Which sessions have a trace, if any do.
    pub(crate) traces: Option<Traces>,
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
    pub(crate) index: HashMap<Arc<str>, usize>,
    pub(crate) rows: Vec<Row>,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) labels: Arc<RowLabels>,
    pub(crate) cells: Cells,
    /// Whether it was written to since [`Table::expire`] last looked.
    pub(crate) touched: bool,
    /// Whether this table has let go of it. It stays until all tables have.
    pub(crate) dormant: bool,
    /// When it was last seen to have been written to, by the clock of [`Table::expire`].
    pub(crate) seen_at: u64,
}

impl Table {
    /// An empty table that keeps to the guard's limits.
    pub fn new(guard: Arc<Guard>) -> Table {
        Table {
            guard,
            ids: HashMap::new(),
            sets: Vec::new(),
            free: Vec::new(),
            views: Rows::new(Scope::View),
            experiments: Rows::new(Scope::Experiment),
            tallies: BTreeMap::new(),
            expired: Groups::new(),
            released: Released::default(),
            traces: None,
        }
    }

    /// Exemplars name the traces of sessions that have one: those to come and those of a checkpoint, which are shown as before.
    pub fn point_to(&mut self, traces: Traces) {
        self.traces = Some(traces);
        for (slot, def) in VIEW.histograms.iter().enumerate() {
            let is_traced = |session_id: &str, ms| traces.is_sure_of(session_id, slot, ms);
            let metric = &METRICS[def.metric];
            self.views.histograms_mut(slot).for_each(|histogram| histogram.retrace(metric, is_traced));
            if let Some(mirror) = def.mirror {
                let mirrors = self.experiments.histograms_mut(mirror);
                mirrors.for_each(|histogram| histogram.retrace(metric, is_traced));
            }
        }
    }

    fn traced<'a>(&self, slot: Observed, ms: f64, exemplar: Option<Exemplar<'a>>) -> Option<Exemplar<'a>> {
        let is_traced =
            |session_id| self.traces.is_some_and(|traces| traces.is_sure_of(session_id, slot.slot(), ms));
        exemplar.map(|exemplar| Exemplar { is_traced: is_traced(exemplar.session_id), ..exemplar })
    }

    /// The guard it shares with others.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Resolves what is known about a session to its rows. To be called once for each session (and again when its attributes
    /// change): every call counts the values it folds.
    ///
    /// The labels are `tenant`, then every attribute classed `label` or `guarded` that is present, in the order of
    /// [`openqoe_spec::ATTRIBUTES`]. Guarded values beyond their budget become [`crate::OVERFLOW`]; beyond the tenant's
    /// label sets every attribute does. Both measure on in the row of their experiment, whose size the budgets bound.
    pub fn intern(&mut self, tenant: &str, attributes: &Attributes) -> LabelSetId {
        let (mut view, mut experiment) = (None, None);
        let (resolved, tally) = self.guard.resolve(tenant, attributes, |resolved| {
            view = self.views.held(&resolved.view);
            experiment = resolved.experiment.as_ref().and_then(|labels| self.experiments.held(labels));
            Held { view: view.is_some(), experiment: experiment.is_some() }
        });
        self.note_folded(tenant, &tally);
        let view = view.unwrap_or_else(|| {
            let (at, gone) = self.views.wake(&resolved.view);
            gone.into_iter().for_each(|row| self.bury(row));
            at
        });
        let wake = |labels| self.experiments.wake(labels).0;
        let experiment = experiment.or_else(|| resolved.experiment.as_ref().map(wake));
        if let Some(id) = self.ids.get(&(view, experiment)) {
            return *id;
        }
        self.add_set(LabelSet { tenant: tenant.into(), view, experiment })
    }

    fn add_set(&mut self, set: LabelSet) -> LabelSetId {
        // A label set costs hundreds of bytes, so memory ends long before the ids do.
        let next = || LabelSetId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        let id = self.free.pop().unwrap_or_else(next);
        self.ids.insert((set.view, set.experiment), id);
        match self.sets.get_mut(id.0 as usize) {
            Some(place) => *place = Some(set),
            None => self.sets.push(Some(set)),
        }
        id
    }

    /// What the labels of a set say of its sessions: what is never a label is absent, what was folded is
    /// [`crate::OVERFLOW`] where the attribute's type allows it.
    pub fn attributes(&self, set: LabelSetId) -> Attributes {
        let mut attributes = Attributes::default();
        let Some(Some(set)) = self.sets.get(set.0 as usize) else { return attributes };
        let Some((_, values)) = parse(&self.views.rows[set.view].labels.text) else { return attributes };
        for (attribute, value) in Attribute::ALL.iter().zip(&values) {
            if !value.is_empty() {
                // A folded value of a type that is not free text says nothing.
                let _ = attributes.set(*attribute, value);
            }
        }
        attributes
    }

    /// The state of this moment: a copy of every row.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.expired.clone_from(&self.expired);
        for row in &self.views.rows {
            if row.labels.is_gone() {
                count_expired(&mut snapshot.expired, row);
            } else {
                snapshot.add_touched(Scope::View, row);
            }
        }
        for row in self.experiments.rows.iter().filter(|row| !row.labels.is_gone()) {
            snapshot.add_touched(Scope::Experiment, row);
        }
        snapshot
    }

    /// Changes a slot of the set's view row, and the slot it is mirrored to. A set this table did not hand out has none.
    pub(crate) fn apply(&mut self, set: LabelSetId, slots: &[SlotDef], slot: usize, change: Change<'_>) {
        let Some(Some(set)) = self.sets.get(set.0 as usize) else { return };
        self.views.rows[set.view].touch().apply(&VIEW, slot, change);
        if let (Some(row), Some(mirror)) = (set.experiment, slots[slot].mirror) {
            self.experiments.rows[row].touch().apply(&EXPERIMENT, mirror, change);
        }
    }

    /// Adds so many under a value of the slot's guarded label. Nothing makes no series.
    pub(crate) fn count_keyed(&mut self, set: LabelSetId, slot: usize, value: &str, by: f64) {
        if !(by.is_finite() && by > 0.0) {
            return;
        }
        let Some(Some(set)) = self.sets.get(set.0 as usize) else { return };
        let counts = &mut self.views.rows[set.view].touch().keyed[slot];
        if let Some(count) = counts.get_mut(&*escape(value)) {
            return grow(count, by);
        }
        let metric: &MetricDef = &METRICS[VIEW.keyed[slot].metric];
        let Some(guarded) = metric.key else { return };
        let (key, tally) = self.guard.key(&set.tenant, guarded, value);
        grow(counts.entry(escape(key).into()).or_default(), by);
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
            Measurement::CountKeyed(counter, value, by) => self.count_keyed(set, counter.slot(), value, by),
            Measurement::Move(gauge, by) => self.apply(set, VIEW.gauges, gauge.slot(), Change::Move(by)),
            Measurement::ObserveMany(histogram, value, times) => {
                self.apply(set, VIEW.histograms, histogram.slot(), Change::ObserveMany(value, times));
            }
            Measurement::Observe(histogram, value, exemplar) => {
                let exemplar = self.traced(histogram, value, exemplar);
                self.apply(set, VIEW.histograms, histogram.slot(), Change::Observe(value, exemplar));
            }
            Measurement::Advance(histogram, value) => {
                self.apply(set, VIEW.histograms, histogram.slot(), Change::Advance(value));
            }
            Measurement::Settle(histogram, value, exemplar) => {
                let exemplar = self.traced(histogram, value, exemplar);
                self.apply(set, VIEW.histograms, histogram.slot(), Change::Settle(value, exemplar));
            }
        }
    }
}

impl Rows {
    pub(crate) fn new(scope: Scope) -> Rows {
        Rows { scope, index: HashMap::new(), rows: Vec::new() }
    }

    /// A histogram of all rows that have it.
    fn histograms_mut(&mut self, slot: usize) -> impl Iterator<Item = &mut Histogram> {
        self.rows.iter_mut().filter_map(move |row| row.cells.histograms[slot].as_deref_mut())
    }

    /// The position of a row this table holds.
    fn held(&self, labels: &Arc<RowLabels>) -> Option<usize> {
        let at = *self.index.get(&labels.text)?;
        let row = &self.rows[at];
        (!row.dormant && Arc::ptr_eq(&row.labels, labels)).then_some(at)
    }

    /// The position of a row this table has begun to hold, and the row of the same labels that is gone.
    fn wake(&mut self, labels: &Arc<RowLabels>) -> (usize, Option<Row>) {
        let Some(at) = self.index.get(&labels.text).copied() else {
            return (self.push(Row::new(labels.clone(), Cells::new(self.scope))), None);
        };
        let row = &mut self.rows[at];
        if Arc::ptr_eq(&row.labels, labels) {
            (row.touched, row.dormant) = (true, false);
            return (at, None);
        }
        let new = Row::new(labels.clone(), Cells::new(self.scope));
        (at, Some(std::mem::replace(row, new)))
    }

    pub(crate) fn push(&mut self, row: Row) -> usize {
        self.index.insert(row.labels.text.clone(), self.rows.len());
        self.rows.push(row);
        self.rows.len() - 1
    }
}

impl Row {
    pub(crate) fn new(labels: Arc<RowLabels>, cells: Cells) -> Row {
        Row { labels, cells, touched: true, dormant: false, seen_at: 0 }
    }

    /// The values, to be written to.
    fn touch(&mut self) -> &mut Cells {
        self.touched = true;
        &mut self.cells
    }
}

#[cfg(test)]
mod tests {
    use openqoe_spec::metrics::view::{Counter, Gauge, Histogram, KeyedCounter};
    use openqoe_spec::{Phase, Severity};

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
        table.record(
            LabelSetId(99),
            Measurement::CountKeyed(KeyedCounter::ErrPlayer(Severity::Fatal), "x", 1.0),
        );
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
        table.record(set, Measurement::CountKeyed(KeyedCounter::ErrPlayer(Severity::Warning), "404", 1.0));
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
