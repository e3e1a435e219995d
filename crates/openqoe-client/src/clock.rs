//! Milliseconds since a session began, for the `t` of its events: whole, never running backwards where order matters, and
//! true after the device has slept, when monotonic clocks may have stood still.

use crate::host::Now;

/// A clock on the wall is corrected by less; more means that the other one stood still.
const SLEPT_MS: u64 = 5_000;

#[derive(Debug)]
pub(crate) struct Clock {
    origin: Now,
    /// For how long the monotonic clock stood still.
    slept: u64,
    latest: u64,
}

impl Clock {
    pub(crate) fn start(now: Now) -> Self {
        Self { origin: now, slept: 0, latest: 0 }
    }

    /// Milliseconds since the start, sleep included.
    pub(crate) fn elapsed(&mut self, now: Now) -> u64 {
        let ran = now.monotonic_ms.saturating_sub(self.origin.monotonic_ms);
        let wall = now.wall_ms.saturating_sub(self.origin.wall_ms);
        if wall > ran.saturating_add(self.slept).saturating_add(SLEPT_MS) {
            self.slept = wall - ran;
        }
        ran.saturating_add(self.slept)
    }

    /// The `t` of an event that happened at `t` by this clock. What is told at once does not date what is told after it: a
    /// `playing` of before is perhaps told of later.
    pub(crate) fn date(&mut self, name: &str, t: u64) -> u64 {
        let t = t.max(self.latest);
        if !matches!(name, "download" | "error" | "rendition" | "heartbeat" | "custom") {
            self.latest = t;
        }
        t
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(monotonic_ms: u64, wall_ms: u64) -> Now {
        Now { monotonic_ms, wall_ms }
    }

    #[test]
    fn sleep_counts_whether_or_not_the_monotonic_clock_stood_still() {
        let mut clock = Clock::start(at(500, 1_000));
        assert_eq!(clock.elapsed(at(1_500, 2_000)), 1_000);
        assert_eq!(clock.elapsed(at(1_600, 3_602_100)), 3_601_100);
        assert_eq!(clock.elapsed(at(7_201_600, 10_802_100)), 10_801_100);
    }

    #[test]
    fn a_corrected_clock_is_no_sleep_and_one_set_back_takes_nothing_away() {
        let mut clock = Clock::start(at(0, 100_000));
        assert_eq!(clock.elapsed(at(1_000, 106_000)), 1_000);
        assert_eq!(clock.elapsed(at(1_500, 106_501)), 6_501);
        let mut clock = Clock::start(at(0, 100_000));
        assert_eq!(clock.elapsed(at(2_000, 50_000)), 2_000);
        assert_eq!(clock.elapsed(at(3_000, 51_000)), 3_000);
        assert_eq!(clock.elapsed(at(2_500, 51_000)), 2_500);
    }

    #[test]
    fn what_is_told_at_once_dates_nothing() {
        let mut clock = Clock::start(at(0, 0));
        assert_eq!(clock.date("download", 900), 900);
        assert_eq!(clock.date("playing", 800), 800);
        assert_eq!(clock.date("pause", 700), 800);
        assert_eq!(clock.date("heartbeat", 700), 800);
    }
}
