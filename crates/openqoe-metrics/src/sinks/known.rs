//! What the receiver of a push has been sent before: which series end now and need a marker, since when a series that appeared
//! has counted, and which exemplars are new.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use openqoe_spec::{MetricDef, Scope};

use crate::family::Series;

/// What a series is found again by. The series of one classic histogram are one here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Identity {
    pub(super) metric: &'static str,
    pub(super) row: Arc<str>,
    pub(super) slot: &'static str,
    pub(super) key: Option<Arc<str>>,
}

impl Identity {
    pub(super) fn of(def: &MetricDef, series: &Series<'_>) -> Identity {
        Identity {
            metric: def.name,
            row: series.row_labels.clone(),
            slot: series.slot_labels,
            key: series.key.map(|(_, value)| value.clone()),
        }
    }
}

/// What is remembered of a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    /// Since when it has counted, epoch ms; 0 when that is not known.
    pub(super) start: i64,
    /// The time of the latest exemplar sent, epoch ms.
    pub(super) exemplar: Option<u64>,
    /// Whether the push before had it too.
    pub(super) known: bool,
}

/// What was sent of the series of the last push, by what they are found again by.
#[derive(Debug)]
pub(super) struct Pushed<I, M> {
    series: HashMap<I, Sent<M>>,
    /// Pushes so far, the one under way included.
    pushes: u64,
}

#[derive(Debug)]
struct Sent<M> {
    memory: M,
    /// The last push that had it.
    push: u64,
}

impl<I, M> Default for Pushed<I, M> {
    fn default() -> Pushed<I, M> {
        Pushed { series: HashMap::new(), pushes: 0 }
    }
}

impl<I: Hash + Ord, M> Pushed<I, M> {
    /// Begins a push.
    pub(super) fn begin(&mut self) {
        self.pushes += 1;
    }

    /// Notes that a series is there; what is remembered of it, and whether the push before had it too.
    pub(super) fn see(&mut self, identity: I, new: impl FnOnce() -> M) -> (&mut M, bool) {
        let sent = self.series.entry(identity).or_insert_with(|| Sent { memory: new(), push: 0 });
        let known = sent.push > 0;
        sent.push = self.pushes;
        (&mut sent.memory, known)
    }

    /// Forgets the series that were not there, and hands them over in order.
    pub(super) fn ended(&mut self) -> Vec<(I, M)> {
        let pushes = self.pushes;
        let ended = self.series.extract_if(|_, sent| sent.push != pushes);
        let mut ended: Vec<_> = ended.map(|(identity, sent)| (identity, sent.memory)).collect();
        ended.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        ended
    }
}

/// Since when values have been counted that are there at the first push.
#[derive(Clone, Copy, Debug, Default)]
pub struct Started {
    /// When the process started, epoch ms: what is about the gateway counts from there.
    pub process: u64,
    /// When what viewers lived through was first counted, epoch ms, if that is known.
    pub state: Option<u64>,
}

impl Started {
    fn of(self, scope: Scope) -> i64 {
        let ms = match scope {
            Scope::Tenant | Scope::Process | Scope::Probe => self.process,
            Scope::View | Scope::Experiment | Scope::Slo | Scope::Objective => self.state.unwrap_or_default(),
        };
        i64::try_from(ms).unwrap_or_default()
    }
}

/// The series of the last push.
#[derive(Debug)]
pub(super) struct Known {
    series: Pushed<Identity, Memory>,
    started: Started,
    /// Time of the push under way and of the one before.
    at: Option<i64>,
    before: Option<i64>,
}

impl Known {
    pub(super) fn new(started: Started) -> Known {
        Known { series: Pushed::default(), started, at: None, before: None }
    }

    /// Begins a push.
    pub(super) fn begin(&mut self, at: i64) {
        self.series.begin();
        self.before = self.at.replace(at);
    }

    /// Notes that a series is there. One that was not in the push before has counted since just after it.
    pub(super) fn see(&mut self, identity: Identity, scope: Scope) -> &mut Memory {
        let appeared = self.before.map_or(self.started.of(scope), |before| before + 1);
        // A clock that was set back, or one that has not ticked, must not make a series start after its value.
        let start = if Some(appeared) < self.at { appeared } else { 0 };
        let (memory, known) = self.series.see(identity, || Memory { start, exemplar: None, known: false });
        memory.known = known;
        memory
    }

    /// Forgets the series that were not there, and hands them over in order.
    pub(super) fn ended(&mut self) -> impl Iterator<Item = Identity> {
        self.series.ended().into_iter().map(|(identity, _)| identity)
    }
}
