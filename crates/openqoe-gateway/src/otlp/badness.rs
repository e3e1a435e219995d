//! What makes a session a bad one: worth a trace whatever the share of ordinary ones, and a line of the log above the others.

use openqoe_engine::Summary;
use openqoe_spec::ViewEnd;

use super::config::Config;
use super::message::Severity;

/// Why a session is bad; the worst reason counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Badness {
    SlowStartup,
    Rebuffering,
    ExitBeforeStart,
    Failed,
}

impl Badness {
    /// Of an ended session.
    pub(crate) fn of(summary: &Summary, config: &Config) -> Option<Badness> {
        let limit = config.slow_startup.as_millis();
        let watched = u64::from(summary.playing) + u64::from(summary.stalled);
        let ratio = if watched > 0 { f64::from(summary.stalled) / watched as f64 } else { 0.0 };
        let is_slow = summary.startup.is_some_and(|ms| limit > 0 && u128::from(ms) > limit);
        match () {
            () if summary.end == Some(ViewEnd::Error) => Some(Badness::Failed),
            () if summary.is_exit_before_start => Some(Badness::ExitBeforeStart),
            () if ratio > config.rebuffer_ratio => Some(Badness::Rebuffering),
            () if is_slow => Some(Badness::SlowStartup),
            () => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Badness::SlowStartup => "slow_startup",
            Badness::Rebuffering => "rebuffering",
            Badness::ExitBeforeStart => "exit_before_start",
            Badness::Failed => "failed",
        }
    }

    /// How the log ranks it.
    pub(crate) fn severity(badness: Option<Badness>) -> Severity {
        match badness {
            Some(Badness::Failed) => Severity::Error,
            Some(_) => Severity::Warn,
            None => Severity::Info,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_reason_counts() {
        let of = |change: fn(&mut Summary)| {
            let mut summary =
                Summary { playing: 95_000, stalled: 5000, startup: Some(5000), ..Summary::default() };
            change(&mut summary);
            Badness::of(&summary, &Config::default())
        };
        assert_eq!(of(|_| ()), None);
        assert_eq!(of(|summary| summary.startup = Some(5001)), Some(Badness::SlowStartup));
        assert_eq!(of(|summary| summary.stalled = 5001), Some(Badness::Rebuffering));
        assert_eq!(of(|summary| summary.is_exit_before_start = true), Some(Badness::ExitBeforeStart));
        assert_eq!(of(|summary| summary.end = Some(ViewEnd::Error)), Some(Badness::Failed));
        assert_eq!(Badness::of(&Summary::default(), &Config::default()), None);
        let never = Config { slow_startup: std::time::Duration::ZERO, ..Config::default() };
        let slow = Summary { startup: Some(u32::MAX), ..Summary::default() };
        assert_eq!(Badness::of(&slow, &never), None);
    }
}
