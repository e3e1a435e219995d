//! What a tenant may use: rates of events and bytes, open sessions, and a share of the shards' queues, so that no tenant takes
//! what another needs. Each decision is made before the work it saves, and reaching a limit is an answer the sender can act on.

mod bucket;
mod queue;
mod sessions;

use std::time::Duration;

use openqoe_ingest::Refused;
use openqoe_spec::BatchRejection;

pub(crate) use bucket::{Bucket, Short};
pub(crate) use queue::Place;
pub(crate) use sessions::Headcount;

use crate::clock::now_ns;
use crate::config;
use queue::QueueShare;
use sessions::OpenSessions;

/// When a sender may try again whose sessions are too many: nobody knows when one of the others will end.
pub(crate) const SESSION_WAIT: Duration = Duration::from_secs(10);

/// What a tenant may use of what all share, where its quota says nothing: half, while there are others.
#[derive(Clone, Copy)]
pub(crate) struct Share {
    /// Batches waiting for each shard.
    queue: usize,
    /// Sessions going on; 0 is no limit.
    sessions: usize,
}

impl Share {
    /// The share of one of so many tenants.
    pub(crate) fn of(limits: &config::Limits, tenants: usize) -> Share {
        if tenants > 1 {
            Share { queue: limits.queue.div_ceil(2), sessions: limits.max_sessions.div_ceil(2) }
        } else {
            Share { queue: limits.queue, sessions: 0 }
        }
    }
}

/// The limits of one tenant and what it uses of them.
pub(crate) struct Quota {
    events: Bucket,
    bytes: Bucket,
    pub(crate) sessions: OpenSessions,
    pub(crate) queue: QueueShare,
}

impl Quota {
    /// No limits yet.
    pub(crate) fn new(shards: usize) -> Quota {
        Quota {
            events: Bucket::default(),
            bytes: Bucket::default(),
            sessions: OpenSessions::default(),
            queue: QueueShare::new(shards),
        }
    }

    /// Sets the limits, at any time.
    pub(crate) fn set(&self, quota: &config::Quota, share: Share) {
        self.events.set(quota.events_per_second, quota.burst);
        self.bytes.set(quota.bytes_per_second, quota.burst);
        self.sessions.set_limit(if quota.active_sessions > 0 {
            quota.active_sessions
        } else {
            share.sessions
        });
        self.queue.set_limit(share.queue);
    }

    /// Each limit by name: how much (`None` is no limit), and how much of it is used up right now, 0 to 1.
    pub(crate) fn fills(&self, queue: usize) -> [(&'static str, Option<(u64, f64)>); 4] {
        let (fill, share) = self.queue.fill(queue);
        let now = now_ns();
        [
            ("events", self.events.fill(now)),
            ("bytes", self.bytes.fill(now)),
            ("sessions", self.sessions.fill()),
            ("queue", Some(((share * queue as f64).round() as u64, fill))),
        ]
    }

    /// Takes the events of a batch, all or none.
    pub(crate) fn take_events(&self, events: usize) -> Result<(), Short> {
        if self.events.is_unlimited() { Ok(()) } else { self.events.take(events, now_ns()) }
    }

    /// Takes the bytes of a body.
    ///
    /// # Errors
    /// What to tell the sender when it has sent too many, and after how many seconds it may try again.
    pub(crate) fn take_bytes(&self, bytes: usize) -> Result<(), (Refused, Option<u64>)> {
        if self.bytes.is_unlimited() {
            return Ok(());
        }
        self.bytes.take(bytes, now_ns()).map_err(|short| match short {
            Short::Forever => (over_burst(&format!("{bytes} bytes")), None),
            Short::For(wait) => {
                let refused = Refused {
                    reason: BatchRejection::OverQuota,
                    message: "more bytes a second than the tenant's quota allows".into(),
                    hint: "send it again after Retry-After seconds, with a new sent_at; `quota.bytes_per_second` sets the rate",
                };
                (refused, Some(retry_after(wait)))
            }
        })
    }
}

/// A batch no waiting helps.
pub(crate) fn over_burst(what: &str) -> Refused {
    Refused {
        reason: BatchRejection::OverBurst,
        message: format!("{what} are more than the tenant's quota ever lets through at once"),
        hint: "send smaller batches, or raise `quota.burst`; the same batch will never be taken",
    }
}

/// Whole seconds for `Retry-After`, up to one more than needed: those who were refused together must not come back together.
pub(crate) fn retry_after(wait: Duration) -> u64 {
    (wait.as_secs_f64() + fastrand::f64()).ceil().max(1.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_come_back_too_early_and_not_all_at_once() {
        let answers: std::collections::BTreeSet<u64> =
            (0..1000).map(|_| retry_after(Duration::from_millis(2500))).collect();
        assert_eq!(answers, [3, 4].into());
        assert!((0..1000).all(|_| retry_after(Duration::ZERO) == 1));
    }
}
