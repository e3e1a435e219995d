//! What people see while it runs, and when it is over early: interrupted, or because nobody answers.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::sync::watch::Sender;

use super::tally::Shared;

/// How often the line is drawn anew.
const STEP: Duration = Duration::from_millis(500);
/// How long nobody may answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Watches until the end.
///
/// # Errors
/// When no request at all is answered.
pub(super) async fn watch(
    tallies: &[Arc<Shared>],
    started: Instant,
    duration: Duration,
    stop: Sender<bool>,
) -> Result<()> {
    let is_watched = std::io::stderr().is_terminal();
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    let mut outcome = Ok(());
    while started.elapsed() < duration {
        let rest = duration.saturating_sub(started.elapsed()).min(STEP);
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            _ = &mut interrupted => break,
        }
        if is_watched {
            eprint!("\r\x1b[K{}", line(tallies, started));
            let _ = std::io::stderr().flush();
        }
        outcome = is_heard(tallies, started);
        if outcome.is_err() {
            break;
        }
    }
    if is_watched {
        eprint!("\r\x1b[K");
    }
    if outcome.is_err() || started.elapsed() < duration {
        // Nobody listens where all have ended.
        let _ = stop.send(true);
    }
    outcome
}

fn is_heard(tallies: &[Arc<Shared>], started: Instant) -> Result<()> {
    let totals: Vec<_> = tallies.iter().map(|tally| tally.copy()).collect();
    let all_unanswered = totals.iter().all(|tally| tally.unanswered == tally.requests);
    match totals.iter().find(|tally| tally.unanswered > 0) {
        Some(tally) if all_unanswered && started.elapsed() > PATIENCE => {
            bail!("the gateway does not answer: {}", tally.why)
        }
        _ => Ok(()),
    }
}

fn line(tallies: &[Arc<Shared>], started: Instant) -> String {
    let totals: Vec<_> = tallies.iter().map(|tally| tally.copy()).collect();
    let sum = |value: fn(&super::tally::Tally) -> u64| totals.iter().map(value).sum::<u64>();
    let (items, seconds) = (sum(|tally| tally.items), started.elapsed().as_secs_f64());
    format!(
        "{seconds:.0} s, {} requests, {items} items accepted, {:.0} a second, {} requests refused, {} unanswered",
        sum(|tally| tally.requests),
        items as f64 / seconds.max(0.001),
        sum(super::tally::Tally::refused),
        sum(|tally| tally.unanswered),
    )
}
