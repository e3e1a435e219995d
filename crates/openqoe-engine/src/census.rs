//! What an engine holds, by tenant: kept count of as it changes, so that asking costs nothing.

use std::collections::BTreeMap;

/// What the engine holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Sessions going on.
    pub open: usize,
    /// Ended sessions, kept to recognise late and repeated events.
    pub parked: usize,
    /// Events waiting for one sent before them.
    pub waiting: usize,
}

impl Stats {
    /// Adds another's.
    pub fn add(&mut self, other: Stats) {
        self.open += other.open;
        self.parked += other.parked;
        self.waiting += other.waiting;
    }
}

/// The tenants that have anything here.
#[derive(Debug, Default)]
pub(crate) struct Census {
    tenants: BTreeMap<Box<str>, Stats>,
}

impl Census {
    /// Changes what a tenant has. One that has nothing left is forgotten.
    pub(crate) fn change(&mut self, tenant: &str, change: impl FnOnce(&mut Stats)) {
        match self.tenants.get_mut(tenant) {
            Some(stats) => {
                change(stats);
                if *stats == Stats::default() {
                    self.tenants.remove(tenant);
                }
            }
            None => change(self.tenants.entry(tenant.into()).or_default()),
        }
    }

    /// What one tenant has.
    pub(crate) fn tenant(&self, name: &str) -> Stats {
        self.tenants.get(name).copied().unwrap_or_default()
    }

    /// What each tenant has, by name.
    pub(crate) fn tenants(&self) -> impl Iterator<Item = (&str, Stats)> {
        self.tenants.iter().map(|(tenant, stats)| (&**tenant, *stats))
    }
}
