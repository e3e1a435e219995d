//! What the receiver of a push has been sent before: which series end now and need a marker, since when a series that appeared
//! has counted, and which exemplars are new.

use std::collections::HashMap;
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
    push: u64,
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
    series: HashMap<Identity, Memory>,
    started: Started,
    /// Number and time of the push under way, time of the one before.
    push: u64,
    at: i64,
    before: Option<i64>,
}

impl Known {
    pub(super) fn new(started: Started) -> Known {
        Known { series: HashMap::new(), started, push: 0, at: 0, before: None }
    }

    /// Begins a push.
    pub(super) fn begin(&mut self, at: i64) {
        self.before = (self.push > 0).then_some(self.at);
        self.push += 1;
        self.at = at;
    }

    /// Notes that a series is there. One that was not in the push before has counted since just after it.
    pub(super) fn see(&mut self, identity: Identity, scope: Scope) -> &mut Memory {
        let appeared = self.before.map_or(self.started.of(scope), |before| before + 1);
        // A clock that was set back, or one that has not ticked, must not make a series start after its value.
        let start = if appeared < self.at { appeared } else { 0 };
        let new = Memory { start, exemplar: None, known: false, push: 0 };
        let memory = self.series.entry(identity).or_insert(new);
        memory.known = memory.push > 0;
        memory.push = self.push;
        memory
    }

    /// Forgets the series that were not there, and hands them over in order.
    pub(super) fn ended(&mut self) -> Vec<Identity> {
        let mut ended = Vec::new();
        self.series.retain(|identity, memory| {
            let there = memory.push == self.push;
            if !there {
                ended.push(identity.clone());
            }
            there
        });
        ended.sort_unstable();
        ended
    }
}
