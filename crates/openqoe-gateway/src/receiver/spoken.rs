//! Which traces of others speak of which session, so that a session's page can lead to them. A convenience: in memory, of the latest only.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Sessions that are remembered, of all tenants.
const MAX_SESSIONS: usize = 10_000;
/// Traces of each.
const MAX_TRACES: usize = 8;

type Named = (Box<str>, Box<str>);

/// Traces by tenant and session.
#[derive(Debug, Default)]
pub(super) struct Spoken(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    traces: HashMap<Named, VecDeque<Box<str>>>,
    /// In the order they were first spoken of.
    order: VecDeque<Named>,
}

impl Spoken {
    /// A trace spoke of a session.
    pub(super) fn note(&self, tenant: &str, session_id: &str, trace_id: &[u8]) {
        let trace: Box<str> = trace_id.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
        let named: Named = (tenant.into(), session_id.into());
        let mut memory = self.memory();
        if !memory.traces.contains_key(&named) {
            memory.order.push_back(named.clone());
            if memory.order.len() > MAX_SESSIONS
                && let Some(oldest) = memory.order.pop_front()
            {
                memory.traces.remove(&oldest);
            }
        }
        let traces = memory.traces.entry(named).or_default();
        if traces.contains(&trace) {
            return;
        }
        if traces.len() == MAX_TRACES {
            traces.pop_front();
        }
        traces.push_back(trace);
    }

    /// The traces of a session, the latest last.
    pub(super) fn of(&self, tenant: &str, session_id: &str) -> Vec<Box<str>> {
        let memory = self.memory();
        let traces = memory.traces.get(&(tenant.into(), session_id.into()));
        traces.map(|traces| traces.iter().cloned().collect()).unwrap_or_default()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered() {
        let spoken = Spoken::default();
        (0..10).chain([9]).for_each(|trace| spoken.note("t", "s", &[trace; 16]));
        let traces = spoken.of("t", "s");
        assert_eq!((traces.len(), &traces[0][..2], &traces[7][..2]), (8, "02", "09"));
        assert!(spoken.of("other", "s").is_empty());
        (0..MAX_SESSIONS).for_each(|session| spoken.note("t", &session.to_string(), &[1; 16]));
        assert!(spoken.of("t", "s").is_empty() && spoken.of("t", "0").len() == 1);
    }
}
