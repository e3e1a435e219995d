//! When the CDN `edge-b` degrades: the fault the demo's dashboards and alerts have to find.

/// The CDN that degrades.
pub(crate) const FAULTY_CDN: &str = "edge-b";

/// Windows that come round, in ms since the start of the demo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Schedule {
    /// When the first one begins.
    pub(crate) first_ms: u64,
    /// How long each lasts; shorter than `every_ms`.
    pub(crate) lasts_ms: u64,
    /// From one beginning to the next; not 0.
    pub(crate) every_ms: u64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { first_ms: 60_000, lasts_ms: 90_000, every_ms: 300_000 }
    }
}

impl Schedule {
    /// Whether the fault is on.
    pub(crate) fn degraded(&self, at_ms: u64) -> bool {
        at_ms.checked_sub(self.first_ms).is_some_and(|since| since % self.every_ms < self.lasts_ms)
    }

    /// When it next goes on or off, after `at_ms`.
    pub(crate) fn next_change(&self, at_ms: u64) -> u64 {
        let Some(since) = at_ms.checked_sub(self.first_ms) else { return self.first_ms };
        let begun = at_ms - since % self.every_ms;
        begun + if self.degraded(at_ms) { self.lasts_ms } else { self.every_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows() {
        let schedule = Schedule::default();
        for (at, degraded, next) in [
            (0, false, 60),
            (59, false, 60),
            (60, true, 150),
            (149, true, 150),
            (150, false, 360),
            (359, false, 360),
            (360, true, 450),
            (450, false, 660),
        ] {
            assert_eq!(schedule.degraded(at * 1000), degraded, "{at}");
            assert_eq!(schedule.next_change(at * 1000), next * 1000, "{at}");
        }
        assert!(schedule.degraded(149_999) && !schedule.degraded(59_999));
    }
}
