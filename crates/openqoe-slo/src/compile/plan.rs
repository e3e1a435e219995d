//! Which windows are computed, when, and from what.
//!
//! An increase over days, straight from the counters, reads every sample of every series for days, each time. So windows up to two
//! hours come from the counters, and longer ones are sums of increases that were recorded once and are one series for a group:
//! those over 5 minutes, recorded every half minute, up to three days; beyond, those over an hour, recorded every five minutes.
//!
//! The recorded increases overlap, so a sum counts everything as often as they do, and is divided by that. It looks back over the
//! window and the length of the recorded increase, with its first and last minutes fading out. A ratio that does not change is
//! exact. One that steps is off by the step x (length / 2) / window at most: 0.7 % of the step for 6 hours, 0.2 % for a day,
//! 0.07 % for 30 days. A missed evaluation is missing from both sums of a ratio.

use std::time::Duration;

use crate::duration::spell;
use crate::model::{Severity, Slo};

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(86_400);
/// The longest window that is computed from the counters.
const LONGEST_DIRECT: Duration = Duration::from_secs(2 * 3600);
/// The longest window that is a sum of increases over 5 minutes.
const LONGEST_OF_MINUTES: Duration = Duration::from_secs(3 * 86_400);

/// Where the increase over a window comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// The counters.
    Counters,
    /// The sum of another recorded increase, each part of which is in it so many times.
    Recorded {
        /// What the record is called after `slo:sli_total:`.
        suffix: String,
        /// How many times.
        times: u64,
    },
}

/// A window and where its increase comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Planned {
    pub(super) window: Duration,
    pub(super) origin: Origin,
}

/// What is recorded for an objective.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// What alerts that page look at, evaluated every `fast_interval`.
    pub(super) fast: Vec<Planned>,
    /// Everything else, every `slow_interval`.
    pub(super) slow: Vec<Planned>,
    pub(super) fast_interval: Duration,
    pub(super) slow_interval: Duration,
    /// The increases over an hour that are recorded every `slow_interval`, when a window needs them.
    pub(super) hourly: Option<Planned>,
}

impl Plan {
    pub(super) fn of(slo: &Slo) -> Plan {
        let pages = slo.alerts.iter().filter(|alert| alert.severity == Severity::Page);
        let mut fast: Vec<Duration> = pages.flat_map(|alert| [alert.short, alert.long]).collect();
        if slo.window >= DAY || fast.is_empty() {
            fast.push(5 * MINUTE);
        }
        sort(&mut fast);
        let mut slow: Vec<Duration> = slo.windows();
        slow.extend(slo.no_data.map(|_| HOUR));
        slow.retain(|window| !fast.contains(window));
        sort(&mut slow);
        let fast_interval = interval(fast[0] / 10, Duration::from_secs(5), MINUTE / 2);
        let slow_interval =
            interval(slow.first().map_or(HOUR, |first| *first / 4), fast_interval, 5 * MINUTE);
        let planned =
            |window: Duration| Planned { window, origin: origin(window, fast_interval, slow_interval) };
        let hour = || {
            if fast.contains(&HOUR) {
                Origin::Recorded { suffix: "increase1h".into(), times: 1 }
            } else {
                Origin::Counters
            }
        };
        let long = fast.iter().chain(&slow).any(|window| *window > LONGEST_OF_MINUTES);
        Plan {
            hourly: long.then(|| Planned { window: HOUR, origin: hour() }),
            fast: fast.iter().copied().map(planned).collect(),
            slow: slow.iter().copied().map(planned).collect(),
            fast_interval,
            slow_interval,
        }
    }

    /// What the record of increases over an hour is called after `slo:sli_total:`.
    pub(super) fn hourly_suffix(&self) -> String {
        hourly_suffix(self.slow_interval)
    }
}

fn hourly_suffix(step: Duration) -> String {
    format!("increase1h_step{}", spell(step))
}

fn sort(windows: &mut Vec<Duration>) {
    windows.sort_unstable();
    windows.dedup();
}

/// Whole minutes, or multiples of five seconds below one, that divide an hour.
fn interval(wanted: Duration, least: Duration, most: Duration) -> Duration {
    let wanted = wanted.clamp(least, most).as_secs();
    let nice = [5, 10, 15, 20, 30, 60, 120, 180, 240, 300];
    Duration::from_secs(nice.into_iter().rev().find(|seconds| *seconds <= wanted).unwrap_or(5))
}

fn origin(window: Duration, fast: Duration, slow: Duration) -> Origin {
    match window {
        _ if window <= LONGEST_DIRECT => Origin::Counters,
        _ if window <= LONGEST_OF_MINUTES => {
            Origin::Recorded { suffix: "increase5m".into(), times: 5 * 60 / fast.as_secs() }
        }
        _ => Origin::Recorded { suffix: hourly_suffix(slow), times: 3600 / slow.as_secs() },
    }
}
