//! How many sessions of a tenant go on at once, in all shards together.
//!
//! Whether a new session finds room is decided by its shard before its batch is journalled, so that whatever was acknowledged
//! is counted and a replay, which knows nothing of quotas, comes to the same. What is shared is one number a tenant: a shard
//! adds to it for each new session at once, and corrects its part four times a second, when sessions may have ended. So
//! the limit is never passed by new sessions; a place becomes free up to a quarter of a second late.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openqoe_engine::Engine;
use openqoe_spec::Shed;

use crate::shard::Admission;
use crate::tenant::{Tenant, Tenants};

/// The sessions of one tenant, as its shards have told.
#[derive(Default)]
pub(crate) struct OpenSessions {
    /// 0 is no limit.
    limit: AtomicUsize,
    open: AtomicUsize,
}

impl OpenSessions {
    pub(super) fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    fn is_unlimited(&self) -> bool {
        self.limit.load(Ordering::Relaxed) == 0
    }

    /// How many there may be and how much of that is used up, 0 to 1; `None` without a limit.
    pub(crate) fn fill(&self) -> Option<(u64, f64)> {
        let (limit, open) = (self.limit.load(Ordering::Relaxed), self.open.load(Ordering::Relaxed));
        (limit > 0).then(|| (limit as u64, open as f64 / limit as f64))
    }

    /// One more, if it may be.
    fn add(&self) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        let add = |open: usize| (open < limit).then_some(open + 1);
        self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }
}

/// One shard's part of these numbers.
#[derive(Default)]
pub(crate) struct Headcount {
    counted: HashMap<Box<str>, Counted>,
}

struct Counted {
    tenant: Arc<Tenant>,
    sessions: usize,
}

impl Headcount {
    /// Takes out of a group what begins a session its tenant has no room for, and says so to its senders.
    pub(crate) fn turn_away(&mut self, engine: &mut Engine, group: &mut Vec<Admission>) {
        for refused in group.extract_if(.., |admission| !self.admits(engine, admission)) {
            // A sender that has gone needs no answer.
            let _ = refused.done.send(Err(Shed::SessionQuota));
        }
    }

    fn admits(&mut self, engine: &mut Engine, Admission { tenant, batch, .. }: &Admission) -> bool {
        let quota = &tenant.quota().sessions;
        if quota.is_unlimited() || engine.remembers(tenant.name(), &batch.session_id) {
            return true;
        }
        let has_room = quota.add();
        if has_room {
            self.of(tenant).sessions += 1;
        }
        has_room
    }

    /// Corrects this shard's part: sessions have ended, or never came to be.
    pub(crate) fn settle(&mut self, engine: &Engine, tenants: &Tenants) {
        for (name, stats) in engine.tenants() {
            if !self.counted.contains_key(name) && stats.open > 0 {
                self.of(&tenants.named(name));
            }
        }
        for (name, counted) in &mut self.counted {
            let open = engine.tenant(name).open;
            let shared = &counted.tenant.quota().sessions.open;
            // The number wraps on its way, never in its sum.
            shared.fetch_add(open.wrapping_sub(counted.sessions), Ordering::Relaxed);
            counted.sessions = open;
        }
        self.counted.retain(|_, counted| counted.sessions > 0);
    }

    fn of(&mut self, tenant: &Arc<Tenant>) -> &mut Counted {
        let counted = || Counted { tenant: tenant.clone(), sessions: 0 };
        self.counted.entry(tenant.name().into()).or_insert_with(counted)
    }
}
