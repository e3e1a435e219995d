//! A tenant's share of the shards' queues: while there are others, one of them cannot fill a queue all need.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::tenant::Tenant;

/// How many of a tenant's batches wait for each shard, and how many may.
pub(crate) struct QueueShare {
    limit: AtomicUsize,
    queued: Box<[AtomicUsize]>,
}

impl QueueShare {
    pub(super) fn new(shards: usize) -> QueueShare {
        QueueShare {
            limit: AtomicUsize::new(usize::MAX),
            queued: (0..shards).map(|_| AtomicUsize::new(0)).collect(),
        }
    }

    pub(super) fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// How much of its share the tenant has used up for the shard it uses most, and how much of a queue that share is.
    pub(crate) fn fill(&self, queue: usize) -> (f64, f64) {
        let limit = self.limit.load(Ordering::Relaxed).min(queue).max(1) as f64;
        let most = self.queued.iter().map(|queued| queued.load(Ordering::Relaxed)).max().unwrap_or_default();
        (most as f64 / limit, limit / queue as f64)
    }

    fn enter(&self, shard: usize) -> bool {
        let Some(queued) = self.queued.get(shard) else { return true };
        let has_room = queued.fetch_add(1, Ordering::Relaxed) < self.limit.load(Ordering::Relaxed);
        if !has_room {
            queued.fetch_sub(1, Ordering::Relaxed);
        }
        has_room
    }

    fn leave(&self, shard: usize) {
        if let Some(queued) = self.queued.get(shard) {
            queued.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// A batch's place in its tenant's share. It goes with the batch, not with its sender: one who hangs up still holds it.
pub(crate) struct Place {
    tenant: Arc<Tenant>,
    shard: usize,
}

impl Place {
    /// A place, if the tenant has one left.
    pub(crate) fn of(tenant: &Arc<Tenant>, shard: usize) -> Option<Place> {
        tenant.quota().queue.enter(shard).then(|| Place { tenant: tenant.clone(), shard })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.tenant.quota().queue.leave(self.shard);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shard_has_a_share_and_places_come_back() {
        let tenant = Arc::new(Tenant::new("t", 2));
        tenant.quota().queue.set_limit(1);
        let first = Place::of(&tenant, 0);
        assert!(first.is_some() && Place::of(&tenant, 0).is_none());
        assert!(Place::of(&tenant, 1).is_some());
        assert_eq!(tenant.quota().queue.fill(4), (1.0, 0.25));
        drop(first);
        assert_eq!(tenant.quota().queue.fill(4), (0.0, 0.25));
        assert!(Place::of(&tenant, 0).is_some());
    }
}
