//! Whether the indicators of one series are worse than usual. A series is a tenant's everything, or one value of an attribute.
//!
//! Every value looked at is made of about equally much: as many steps back as it takes to see the `least` of the indicator, thirty
//! at most. The past is cut into pieces of that size too, so that their spread is the spread to expect.

use std::collections::VecDeque;

use openqoe_metrics::Sums;
use openqoe_spec::{AnomalyKpi, Kpi, KpiKind};

use super::usual::{Usual, noise};

/// Steps a value may be made of.
const LOOK_BACK: usize = 30;
/// Of what each viewer reports again and again with heartbeats, one: within it each does so about once, so that `least` values are
/// of nearly as many viewers. Over more they would be those of a few, of whom one may have paused.
const ONE_EACH: usize = 1;
/// Pieces of the past: two hours where each is one step of ten seconds.
const PAST: usize = 720;
/// Pieces before anything is said.
const LEAST_PAST: usize = 12;
/// Deviations from which on a value is worse than usual.
const WORSE: f64 = 5.0;
/// Deviations below which it is as usual again.
const CALM: f64 = 2.5;
/// An anomaly begins with so many bad values
const ONSET: u32 = 3;
/// of the last so many,
const ONSET_OF: u32 = 5;
/// and ends with so many calm ones in a row.
const END: u32 = 6;
/// After so long the new state is learned as the usual one, ms.
const LEARN_AFTER: u64 = 3_600_000;

/// A value with this share of an indicator's whole says what everything together says.
const EVERYTHING: f64 = 0.95;

/// What a series is to the others.
#[derive(Clone, Copy)]
pub(crate) enum Role<'a> {
    Everything,
    /// The wholes of everything over the steps a value may be made of, by indicator.
    Part(&'a [f64]),
    /// Its past is learned only.
    Learner,
}

/// What has changed with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Onset,
    End,
}

/// How one indicator stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Standing {
    pub(crate) observed: f64,
    pub(crate) expected: f64,
    pub(crate) score: f64,
}

/// The memory of one series.
#[derive(Debug)]
pub(crate) struct Detector {
    /// The last steps, the newest first.
    recent: VecDeque<Look>,
    tracks: Vec<Track>,
    /// When something was counted last, epoch ms.
    pub(crate) heard_at: u64,
}

/// One step.
#[derive(Debug)]
struct Look {
    /// Part and whole, by indicator.
    ratios: Vec<(f64, f64)>,
    /// For quantiles, which do not add up.
    sums: Sums,
}

/// What an indicator is now.
#[derive(Clone, Copy, Debug)]
struct Value {
    observed: f64,
    whole: f64,
    /// Of so many steps.
    steps: usize,
}

/// The memory of one indicator of a series.
#[derive(Debug)]
struct Track {
    kpi: Kpi,
    /// Steps since the last piece of the past ended.
    since_piece: usize,
    past: VecDeque<f32>,
    /// Bad pieces of which it is not known yet whether they belong to an anomaly.
    held: Vec<f32>,
    /// What is usual by the past, and by the same time of other days.
    trailing: Option<Usual>,
    seasonal: Option<Usual>,
    /// Whether the last values were bad, the newest in the lowest bit; how many were calm in a row.
    bad: u32,
    calm: u32,
    standing: Standing,
    since: Option<u64>,
}

/// What one indicator says at a step.
pub(crate) struct Verdict {
    pub(crate) kpi: AnomalyKpi,
    pub(crate) change: Option<Change>,
    /// Since when it is anomalous, epoch ms.
    pub(crate) since: u64,
    pub(crate) standing: Standing,
}

impl Detector {
    pub(crate) fn new() -> Detector {
        let kpis = AnomalyKpi::ALL.iter().filter_map(|kpi| Kpi::parse(kpi.as_str()));
        Detector { recent: VecDeque::new(), tracks: kpis.map(Track::new).collect(), heard_at: 0 }
    }

    /// Takes in what was counted in the step that ended at `now` (epoch ms). Says which indicators are anomalous or have just
    /// ceased to be. Nothing begins while the series is only learned, nor where it is nearly all there is of an indicator
    /// (`all`): that of everything says it then.
    pub(crate) fn step(&mut self, now: u64, sums: Sums, role: Role<'_>) -> Vec<Verdict> {
        if !sums.counts_nothing() {
            self.heard_at = now;
        }
        let ratio = |track: &Track| (sums.part(track.kpi), sums.whole(track.kpi));
        self.recent.push_front(Look { ratios: self.tracks.iter().map(ratio).collect(), sums });
        self.recent.truncate(LOOK_BACK);
        let wholes = self.wholes();
        let values: Vec<_> =
            (0..self.tracks.len()).map(|number| (self.value(number), self.piece(number))).collect();
        let mut verdicts = Vec::new();
        for (number, (value, piece)) in values.into_iter().enumerate() {
            let (track, kpi) = (&mut self.tracks[number], AnomalyKpi::ALL[number]);
            let is_quiet = match role {
                Role::Everything => false,
                Role::Learner => true,
                Role::Part(all) => wholes[number] >= EVERYTHING * all[number],
            };
            let change = track.judge(now, value, is_quiet);
            track.learn(now, piece);
            if let Some(since) = track.since {
                let ends = change == Some(Change::End);
                verdicts.push(Verdict { kpi, change, since, standing: track.standing });
                track.since = track.since.filter(|_| !ends);
            }
        }
        verdicts
    }

    /// The wholes over the steps a value may be made of, by indicator.
    pub(crate) fn wholes(&self) -> Vec<f64> {
        let whole = |number: usize| self.recent.iter().map(|look| look.ratios[number].1).sum();
        (0..self.tracks.len()).map(whole).collect()
    }

    /// The value of the newest steps that are enough.
    fn value(&self, number: usize) -> Option<Value> {
        let kpi = self.tracks[number].kpi;
        let least = kpi.def().least;
        let mut whole = 0.0;
        let enough = self.recent.iter().take(look_back(kpi)).position(|look| {
            whole += look.ratios[number].1;
            whole >= least
        })?;
        let steps = enough + 1;
        Some(Value { observed: self.pooled(number, steps)?, whole, steps })
    }

    /// The value of the steps since the last piece of the past, if they are enough for another.
    fn piece(&self, number: usize) -> Option<f64> {
        let Track { kpi, since_piece, .. } = self.tracks[number];
        let steps = (since_piece + 1).min(look_back(kpi));
        let whole: f64 = self.recent.iter().take(steps).map(|look| look.ratios[number].1).sum();
        (whole >= kpi.def().least).then(|| self.pooled(number, steps)).flatten()
    }

    fn pooled(&self, number: usize, steps: usize) -> Option<f64> {
        let kpi = self.tracks[number].kpi;
        let looks = || self.recent.iter().take(steps);
        if matches!(kpi.def().kind, KpiKind::Quantile { .. }) {
            return Sums::pooled(kpi, looks().map(|look| &look.sums));
        }
        let sum = |of: fn(&(f64, f64)) -> f64| looks().map(|look| of(&look.ratios[number])).sum::<f64>();
        let whole = sum(|ratio| ratio.1);
        (whole > 0.0).then(|| sum(|ratio| ratio.0) / whole)
    }

    /// Says what is usual at this time of day by other days, for each indicator.
    pub(crate) fn set_seasonal(&mut self, usual: impl Fn(Kpi) -> Option<Usual>) {
        self.tracks.iter_mut().for_each(|track| track.seasonal = usual(track.kpi));
    }
}

/// How many steps a value of an indicator may be made of.
fn look_back(kpi: Kpi) -> usize {
    if kpi == Kpi::LiveLatencyP50 { ONE_EACH } else { LOOK_BACK }
}

impl Track {
    fn new(kpi: Kpi) -> Track {
        Track {
            kpi,
            since_piece: 0,
            past: VecDeque::new(),
            held: Vec::new(),
            trailing: None,
            seasonal: None,
            bad: 0,
            calm: 0,
            standing: Standing::default(),
            since: None,
        }
    }

    /// Too little to see is neither bad nor, for the while of a look back, calm.
    fn judge(&mut self, now: u64, value: Option<Value>, is_quiet: bool) -> Option<Change> {
        let standing = value.and_then(|value| self.compare(value.observed, value.whole));
        if let Some(standing) = standing {
            self.standing = standing;
        }
        let score = standing.map(|standing| standing.score);
        self.bad = self.bad << 1 | u32::from(score.is_some_and(|score| score >= WORSE));
        self.calm = if score.is_none_or(|score| score < CALM) { self.calm + 1 } else { 0 };
        if self.since.is_none() && self.begins(value.map_or(0, |value| value.steps)) && !is_quiet {
            self.since = Some(now);
            self.calm = 0;
            return Some(Change::Onset);
        }
        (self.since.is_some() && self.calm >= END).then(|| {
            self.bad = 0;
            Change::End
        })
    }

    /// Values of several steps have steps in common, and one bad step makes several bad values. So the one before, with which the
    /// newest has none in common, has to be bad too.
    fn begins(&self, steps: usize) -> bool {
        let last = self.bad & ((1 << ONSET_OF) - 1);
        last & 1 == 1 && last.count_ones() >= ONSET && self.bad >> steps & 1 == 1
    }

    /// It has to be worse than the last hours and than the same time of other days: a rush hour is usual, and so is what has
    /// been so since yesterday.
    fn compare(&self, observed: f64, whole: f64) -> Option<Standing> {
        let trailing = self.trailing?;
        let standing = |usual: Usual| {
            let score = usual.score(self.kpi, observed, noise(self.kpi, usual.expected, whole));
            Standing { observed, expected: usual.expected, score }
        };
        let standings = [Some(trailing), self.seasonal].into_iter().flatten().map(standing);
        standings.min_by(|a, b| a.score.total_cmp(&b.score))
    }

    /// What belongs to an anomaly is not usual, until it has lasted. Nor is what may yet turn out to: the first bad values of a
    /// fault would widen a short past until the rest looked usual.
    fn learn(&mut self, now: u64, piece: Option<f64>) {
        self.since_piece += 1;
        if let Some(piece) = piece {
            self.since_piece = 0;
            match self.since {
                Some(since) if now.saturating_sub(since) < LEARN_AFTER => self.held.clear(),
                None if self.bad & 1 == 1 && self.held.len() < LOOK_BACK => self.held.push(piece as f32),
                _ => self.past.push_front(piece as f32),
            }
        } else if self.since_piece >= look_back(self.kpi) {
            self.since_piece = 0;
        }
        if self.since.is_none() && self.bad.trailing_zeros() >= ONSET_OF {
            self.held.drain(..).for_each(|piece| self.past.push_front(piece));
        }
        self.past.truncate(PAST);
        // A hundredth more of a long past changes nothing.
        let due = piece.is_some()
            && (self.past.len() < 100 || self.past.len().is_multiple_of(8) || self.past.len() == PAST);
        if due && self.past.len() >= LEAST_PAST {
            let past: Vec<f64> = self.past.iter().map(|value| f64::from(*value)).collect();
            self.trailing = Usual::of(self.kpi, &past);
        }
    }
}

#[cfg(test)]
#[path = "detector_tests.rs"]
mod tests;
