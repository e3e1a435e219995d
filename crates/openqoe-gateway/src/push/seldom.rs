//! Log lines that are worth one a minute.

use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(60);

/// Says when the next line is due.
#[derive(Debug, Default)]
pub(crate) struct Seldom {
    last: Option<Instant>,
}

impl Seldom {
    /// Whether a line is due; if so, the next one is in a minute.
    pub(crate) fn is_due(&mut self) -> bool {
        let due = self.last.is_none_or(|last| last.elapsed() >= EVERY);
        if due {
            self.last = Some(Instant::now());
        }
        due
    }
}
