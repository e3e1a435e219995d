//! What people see while lines are sent, and at the end. Where nobody watches, only the end and what goes wrong is said.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use super::delivery::Tally;

/// How often the line is drawn anew.
const STEP: Duration = Duration::from_millis(500);

/// The count so far.
pub(super) struct Progress {
    started: Instant,
    drawn: Option<Instant>,
    lines: usize,
    events: usize,
    rejected: BTreeMap<&'static str, usize>,
    is_watched: bool,
}

impl Progress {
    pub(super) fn start() -> Progress {
        let is_watched = std::io::stderr().is_terminal();
        let (started, rejected) = (Instant::now(), BTreeMap::new());
        Progress { started, drawn: None, lines: 0, events: 0, rejected, is_watched }
    }

    pub(super) fn add(&mut self, tally: Tally) {
        self.lines += tally.lines;
        self.events += tally.events;
        for (reason, count) in tally.rejected {
            *self.rejected.entry(reason).or_default() += count;
        }
        if self.is_watched && self.drawn.is_none_or(|drawn| drawn.elapsed() >= STEP) {
            self.drawn = Some(Instant::now());
            eprint!("\r\x1b[K{}", self.line());
            let _ = std::io::stderr().flush();
        }
    }

    /// A chunk has to wait.
    pub(super) fn waits(&self, why: &str, wait: Duration) {
        let before = if self.is_watched { "\r\x1b[K" } else { "" };
        eprintln!("{before}not taken yet ({why}); again in {:.1} s", wait.as_secs_f64());
    }

    pub(super) fn finish(&self) {
        let before = if self.is_watched { "\r\x1b[K" } else { "" };
        eprintln!("{before}{}", self.line());
    }

    /// Whether lines were read and nothing came of any.
    pub(super) fn is_in_vain(&self) -> bool {
        self.events == 0
    }

    fn line(&self) -> String {
        let rate = self.lines as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        let rejected: usize = self.rejected.values().sum();
        let reasons: Vec<String> =
            self.rejected.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
        let (lines, events) = (self.lines, self.events);
        format!("{lines} lines, {rate:.0} lines/s, {events} events, {rejected} lines rejected{reasons}")
    }
}
