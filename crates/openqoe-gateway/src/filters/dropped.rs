//! The sessions a filter has dropped by what was known of them. Later batches may leave their attributes out; they belong to
//! the same session, and go the same way.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

/// A bounded set of sessions, by the hash of their names.
pub(super) struct Dropped {
    hasher: RandomState,
    /// When each was remembered, in calls.
    sessions: HashMap<u64, u64>,
    /// The same in that order, with some that are in it no more.
    order: VecDeque<(u64, u64)>,
    calls: u64,
    capacity: usize,
}

impl Dropped {
    /// None yet, and never more than `capacity`.
    pub(super) fn new(capacity: usize) -> Dropped {
        let hasher = RandomState::new();
        Dropped { hasher, sessions: HashMap::new(), order: VecDeque::new(), calls: 0, capacity }
    }

    pub(super) fn has(&self, tenant: &str, session_id: &str) -> bool {
        !self.sessions.is_empty() && self.sessions.contains_key(&self.key(tenant, session_id))
    }

    /// Remembers a session; whether another had to be forgotten for it.
    pub(super) fn remember(&mut self, tenant: &str, session_id: &str) -> bool {
        let key = self.key(tenant, session_id);
        if self.sessions.contains_key(&key) {
            return false;
        }
        self.calls += 1;
        self.sessions.insert(key, self.calls);
        self.order.push_back((key, self.calls));
        if self.order.len() <= self.capacity {
            return false;
        }
        let Some((oldest, at)) = self.order.pop_front() else { return false };
        self.sessions.get(&oldest) == Some(&at) && self.sessions.remove(&oldest).is_some()
    }

    /// What is known of the session now lets it pass.
    pub(super) fn forget(&mut self, tenant: &str, session_id: &str) {
        if !self.sessions.is_empty() {
            let key = self.key(tenant, session_id);
            self.sessions.remove(&key);
        }
    }

    fn key(&self, tenant: &str, session_id: &str) -> u64 {
        self.hasher.hash_one((tenant, session_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let mut dropped = Dropped::new(2);
        assert!(!dropped.remember("t", "a") && !dropped.remember("t", "b") && !dropped.remember("t", "a"));
        assert!(dropped.has("t", "a") && !dropped.has("u", "a"));
        assert!(dropped.remember("t", "c"));
        assert!(!dropped.has("t", "a") && dropped.has("t", "b") && dropped.has("t", "c"));
    }

    #[test]
    fn a_session_that_passes_is_forgotten() {
        let mut dropped = Dropped::new(2);
        dropped.remember("t", "a");
        dropped.forget("t", "a");
        dropped.forget("t", "b");
        assert!(!dropped.has("t", "a"));
        assert!(!dropped.remember("t", "b") && !dropped.remember("t", "a"), "its place is nobody's");
        assert!(dropped.has("t", "a") && dropped.has("t", "b"));
    }
}
