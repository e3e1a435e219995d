//! A receiver that does not take samples: how long to wait before the next attempt, and what the log is told - its beginning
//! and its end, not every attempt.

use std::time::{Duration, Instant};

/// As Prometheus: `min_backoff` and `max_backoff` of its queue.
const FIRST: Duration = Duration::from_millis(30);
const LAST: Duration = Duration::from_secs(5);
/// The longest a receiver can make us wait.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);
/// Attempts that fail before it is worth a line: a receiver that asks for a little patience is not away.
const WORTH_A_LINE: u32 = 3;

/// Attempts since the last that was answered for good.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    began: Option<Instant>,
    attempts: u32,
    told: bool,
}

impl Outage {
    /// Notes a failed attempt; how long to wait, and whether to tell of it.
    pub(crate) fn failed(&mut self, retry_after: Option<Duration>) -> (Duration, bool) {
        self.began.get_or_insert_with(Instant::now);
        let back_off = FIRST.saturating_mul(1 << self.attempts.min(16)).min(LAST);
        self.attempts += 1;
        let tell = self.attempts >= WORTH_A_LINE && !self.told;
        self.told |= tell;
        let wait = back_off.max(retry_after.unwrap_or_default().min(MAX_RETRY_AFTER));
        // Receivers come back to many senders at once.
        (wait.mul_f64(0.75 + 0.5 * fastrand::f64()), tell)
    }

    /// Notes the end; how long it was, if its beginning was told.
    pub(crate) fn ended(&mut self) -> Option<Duration> {
        let ended = std::mem::take(self);
        ended.began.filter(|_| ended.told).map(|began| began.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_lines_do_not() {
        let mut outage = Outage::default();
        let mut told = 0;
        for attempt in 0..40_u32 {
            let (wait, tell) = outage.failed(None);
            let nominal = FIRST.as_secs_f64() * f64::from(1 << attempt.min(16));
            let nominal = nominal.min(LAST.as_secs_f64());
            let ratio = wait.as_secs_f64() / nominal;
            assert!((0.75..=1.25).contains(&ratio), "attempt {attempt}: {wait:?}");
            told += u32::from(tell);
        }
        assert_eq!(told, 1);
        assert!(outage.ended().is_some());
        assert!(outage.ended().is_none());
    }

    #[test]
    fn a_receiver_may_ask_for_some_patience() {
        let mut outage = Outage::default();
        let (wait, _) = outage.failed(Some(Duration::from_secs(2)));
        assert!(wait >= Duration::from_millis(1500) && wait <= Duration::from_millis(2500));
        let (wait, _) = outage.failed(Some(Duration::from_secs(3600)));
        assert!(wait <= MAX_RETRY_AFTER.mul_f64(1.25));
        assert!(outage.ended().is_none(), "two attempts are not worth a line");
    }
}
