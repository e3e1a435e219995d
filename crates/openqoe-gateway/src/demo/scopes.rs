//! Scopes: each visitor of the demo, and each test, breaks the media for itself alone. They are bounded in number, and
//! the least recently used goes first.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::faults::Faults;
use super::live::Live;
use super::request_log::RequestLog;
use crate::clock;

const MAX_SCOPES: usize = 256;
const MAX_NAME_BYTES: usize = 64;

/// The state behind the demo's routes.
pub(crate) struct Demo {
    /// The stream that all scopes watch.
    pub(crate) live: Live,
    scopes: Mutex<Scopes>,
}

#[derive(Default)]
struct Scopes {
    by_name: HashMap<Box<str>, Entry>,
    uses: u64,
}

struct Entry {
    scope: Arc<Scope>,
    used: u64,
}

/// The faults and the log of one name.
#[derive(Default)]
pub(crate) struct Scope {
    faults: watch::Sender<Faults>,
    /// What was asked for.
    pub(crate) log: Arc<RequestLog>,
}

impl Demo {
    /// No scope yet; the live stream is on air.
    pub(crate) fn new() -> Self {
        Self { live: Live::on_air(clock::now_ms()), scopes: Mutex::default() }
    }

    /// The scope of this name, made when it is new.
    pub(crate) fn open(&self, name: &str) -> Arc<Scope> {
        let mut scopes = self.lock();
        if let Some(scope) = scopes.touch(name) {
            return scope;
        }
        if scopes.by_name.len() >= MAX_SCOPES {
            scopes.evict();
        }
        let scope = Arc::<Scope>::default();
        let used = scopes.uses;
        scopes.by_name.insert(name.into(), Entry { scope: scope.clone(), used });
        scope
    }

    /// The scope of this name, if there is one.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<Scope>> {
        self.lock().touch(name)
    }

    fn lock(&self) -> MutexGuard<'_, Scopes> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scopes {
    fn touch(&mut self, name: &str) -> Option<Arc<Scope>> {
        self.uses += 1;
        let entry = self.by_name.get_mut(name)?;
        entry.used = self.uses;
        Some(entry.scope.clone())
    }

    fn evict(&mut self) {
        let oldest = self.by_name.iter().min_by_key(|(_, entry)| entry.used).map(|(name, _)| name.clone());
        if let Some(entry) = oldest.and_then(|name| self.by_name.remove(&name)) {
            // Nobody can lift this hold any more.
            entry.scope.set(Faults::default());
        }
    }
}

impl Scope {
    /// The faults now.
    pub(crate) fn faults(&self) -> Faults {
        *self.faults.borrow()
    }

    /// Replaces the faults; requests that wait see it.
    pub(crate) fn set(&self, faults: Faults) {
        self.faults.send_replace(faults);
    }

    /// The faults now and as they change.
    pub(crate) fn watch(&self) -> watch::Receiver<Faults> {
        self.faults.subscribe()
    }

    /// Takes the delay meant for the next video segment.
    pub(crate) fn take_withheld(&self) -> Duration {
        let mut taken = 0;
        self.faults.send_if_modified(|faults| {
            taken = mem::take(&mut faults.withhold_ms);
            taken > 0
        });
        Duration::from_millis(taken)
    }

    /// The status that a video segment is answered with, one of those it is meant for being taken.
    pub(crate) fn take_failure(&self) -> u16 {
        let mut status = 0;
        self.faults.send_if_modified(|faults| {
            status = faults.status;
            let counted = faults.fail_next > 0;
            faults.fail_next = faults.fail_next.saturating_sub(1);
            if counted && faults.fail_next == 0 {
                faults.status = 0;
            }
            counted
        });
        status
    }
}

/// Whether this may name a scope: `[a-z0-9-]{1,64}`.
pub(crate) fn is_scope_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_first() {
        let demo = Demo::new();
        let held = demo.open("s1");
        held.set(Faults { hold: true, ..Faults::default() });
        demo.open("s0");
        for number in 2..MAX_SCOPES {
            demo.open(&format!("s{number}"));
        }
        assert!(demo.find("s0").is_some());
        demo.open("one-too-many");
        assert_eq!(demo.lock().by_name.len(), MAX_SCOPES);
        assert!(demo.find("s1").is_none() && demo.find("s0").is_some());
        assert!(!held.faults().hold, "an evicted scope holds nobody");
    }

    #[test]
    fn withheld_once() {
        let scope = Scope::default();
        scope.set(Faults { withhold_ms: 7, latency_ms: 1, ..Faults::default() });
        assert_eq!(scope.take_withheld(), Duration::from_millis(7));
        assert_eq!(scope.take_withheld(), Duration::ZERO);
        assert_eq!(scope.faults(), Faults { latency_ms: 1, ..Faults::default() });
    }

    #[test]
    fn failures_are_counted_down() {
        let scope = Scope::default();
        scope.set(Faults { status: 503, fail_next: 2, latency_ms: 1, ..Faults::default() });
        assert_eq!([(); 3].map(|()| scope.take_failure()), [503, 503, 0]);
        assert_eq!(scope.faults(), Faults { latency_ms: 1, ..Faults::default() });
        scope.set(Faults { status: 404, ..Faults::default() });
        assert_eq!([(); 3].map(|()| scope.take_failure()), [404; 3], "for good");
    }

    #[test]
    fn names() {
        assert!(is_scope_name("a") && is_scope_name("a-9") && is_scope_name(&"x".repeat(64)));
        assert!(["", "A", "a_b", "a/b", "é", &"x".repeat(65)].iter().all(|name| !is_scope_name(name)));
    }
}
