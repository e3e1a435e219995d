//! Figures and alerts of a group, by the definitions of `openqoe_slo::model`, which the compiled rules follow too.

use std::time::Duration;

use openqoe_slo::{BurnAlert, NoData, Slo};

use super::history::{History, Sums};
use super::track::ms;

/// The name silence goes by among the alerts of an objective.
pub(super) const NO_DATA: &str = "no_data";
const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// At how many moments of the last day silence is held against the hour before.
const LOOK: u64 = 600_000;
/// For how long it has to be silent, as the compiled rule has it.
const SILENCE: u64 = 900_000;

/// What a group came to when it was last looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    /// By the windows of [`Slo::windows`], ascending.
    pub(super) windows: Vec<Window>,
    /// Within the objective's window.
    pub(super) sums: Sums,
    /// `None` where there was nothing to be good or bad.
    pub(super) budget_left: Option<f64>,
    /// How much of the objective's window was evaluated.
    pub(super) covered: Duration,
}

/// One window.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) length: Duration,
    pub(super) error_ratio: Option<f64>,
    pub(super) burn_rate: Option<f64>,
}

impl Figures {
    pub(super) fn of(slo: &Slo, history: &History, lived: &History) -> Figures {
        let window = |length: Duration| {
            let error_ratio = error_ratio(history.over(ms(length)));
            Window { length, error_ratio, burn_rate: error_ratio.map(|ratio| ratio / slo.budget) }
        };
        let sums = history.over(ms(slo.window));
        Figures {
            windows: slo.windows().into_iter().map(window).collect(),
            sums,
            budget_left: budget_left(slo, sums),
            covered: Duration::from_secs_f64(lived.over(ms(slo.window)).total.max(0.0)).min(slo.window),
        }
    }
}

/// `max(0, bad) / total`; no value where the total is 0.
pub(super) fn error_ratio(sums: Sums) -> Option<f64> {
    (sums.total > 0.0).then(|| sums.bad.max(0.0) / sums.total)
}

/// 1 - burn rate of the objective's window.
pub(super) fn budget_left(slo: &Slo, sums: Sums) -> Option<f64> {
    error_ratio(sums).map(|ratio| 1.0 - ratio / slo.budget)
}

/// One burn-rate alert of a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Alert {
    pub(super) name: String,
    pub(super) state: State,
}

/// Where it stands. Times are epoch ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum State {
    #[default]
    Quiet,
    /// Nothing can be concluded from so little.
    TooLittle,
    /// All of it holds, but not for long enough.
    Pending { since: u64 },
    /// All of it has held for long enough.
    Firing { since: u64 },
}

impl State {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            State::Quiet => "quiet",
            State::TooLittle => "too_little",
            State::Pending { .. } => "pending",
            State::Firing { .. } => "firing",
        }
    }

    pub(super) const fn since(self) -> Option<u64> {
        match self {
            State::Quiet | State::TooLittle => None,
            State::Pending { since } | State::Firing { since } => Some(since),
        }
    }
}

impl Alert {
    /// The alerts of an objective, each in the state one of the same name was in.
    pub(super) fn all(slo: &Slo, before: Vec<Alert>) -> Vec<Alert> {
        let named = |def: &BurnAlert| {
            let known = before.iter().find(|alert| alert.name == def.name);
            known.cloned().unwrap_or_else(|| Alert { name: def.name.clone(), state: State::Quiet })
        };
        slo.alerts.iter().map(named).collect()
    }

    /// The alert about silence, in the state it was in.
    pub(super) fn silence(before: &[Alert]) -> Alert {
        let known = before.iter().find(|alert| alert.name == NO_DATA);
        known.cloned().unwrap_or_else(|| Alert { name: NO_DATA.into(), state: State::Quiet })
    }

    /// Decides anew; whether that changed anything.
    pub(super) fn judge(&mut self, def: &BurnAlert, history: &History, now: u64) -> bool {
        let (short, long) = (history.over(ms(def.short)), history.over(ms(def.long)));
        let burns = |sums: Sums| error_ratio(sums).is_some_and(|ratio| ratio > def.threshold);
        let state = if long.total < def.min_total {
            State::TooLittle
        } else if burns(short) && burns(long) {
            self.held(now, ms(def.hold))
        } else {
            State::Quiet
        };
        std::mem::replace(&mut self.state, state) != state
    }

    /// Decides anew whether a group that used to have something to measure has had nothing for an hour.
    pub(super) fn listen(&mut self, no_data: NoData, history: &History, now: u64) -> bool {
        let is_silent = history.over(HOUR).total <= 0.0;
        let had = || {
            let ends = (0..=DAY / LOOK).map(|number| now.saturating_sub(HOUR + number * LOOK));
            let totals = ends.map(|end| history.between(end.saturating_sub(HOUR), end).total);
            totals.fold(0.0, f64::max) >= no_data.min_total
        };
        let state = if is_silent && had() { self.held(now, SILENCE) } else { State::Quiet };
        std::mem::replace(&mut self.state, state) != state
    }

    fn held(&self, now: u64, hold: u64) -> State {
        match self.state {
            State::Firing { since } => State::Firing { since },
            State::Pending { since } if now.saturating_sub(since) >= hold => State::Firing { since: now },
            State::Pending { since } => State::Pending { since },
            State::Quiet | State::TooLittle if hold == 0 => State::Firing { since: now },
            State::Quiet | State::TooLittle => State::Pending { since: now },
        }
    }
}
