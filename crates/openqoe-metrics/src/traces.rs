//! Which sessions are sure to have a trace, as far as an exemplar can tell: it is made while the session goes on, and whether
//! that ends badly is known only then.

use openqoe_spec::TraceId;
use openqoe_spec::metrics::view::Histogram;

/// What is known beforehand of the choice of sessions to trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traces {
    /// The share of ordinary sessions, 0 to 1.
    pub share: f64,
    /// A startup longer than this is reason enough, ms; `None` when it is none.
    pub slow_startup: Option<f64>,
}

impl Traces {
    /// Whether a session will have a trace however it ends, given a value (ms) that was observed of it in a slot.
    pub(crate) fn is_sure_of(&self, session_id: &str, observed: usize, ms: f64) -> bool {
        let is_startup = observed == Histogram::StartupTimeSeconds.slot();
        let is_slow = is_startup && self.slow_startup.is_some_and(|limit| ms > limit);
        is_slow || TraceId::of(session_id).is_within(self.share)
    }
}
