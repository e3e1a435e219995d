//! What a module says of a batch, or why it says nothing.

use openqoe_spec::FilterFailure;

/// An answer as the module gave it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Keep,
    Drop,
    /// JSON, not looked at yet.
    Change(Vec<u8>),
}

/// A call that came to nothing.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) reason: FilterFailure,
    /// For the log.
    pub(super) detail: String,
}

/// One call.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) answer: Result<Said, Fault>,
    /// What the module logged, in lines of bounded number and length.
    pub(super) log: Vec<String>,
}

impl Called {
    /// A call that failed outside of the module.
    pub(super) fn failed(detail: String) -> Called {
        Called { answer: Err(Fault { reason: FilterFailure::Trap, detail }), log: Vec::new() }
    }
}
