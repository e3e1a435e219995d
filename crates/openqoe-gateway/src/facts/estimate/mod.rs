//! Numbers with their uncertainty. Sessions are the sampling unit: what one viewer lived through comes in one piece, so seconds
//! of one session are not so many observations. All intervals are of 95 %. docs/guide/explore.md has the formulas.

mod quantile;
mod student;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub(super) use quantile::{of_sorted, rank};
use student::t;

/// The quantile of the normal distribution at 0.975.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// A number, the bounds of its interval, and what it rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Estimate {
    /// `None` where there is nothing to divide by.
    pub(crate) value: Option<f64>,
    /// `None` where too little is known to bound it.
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    /// Sessions that say something about it.
    pub(crate) sessions: u64,
    /// The denominator; of a quantile the number of values.
    pub(crate) whole: f64,
}

/// What is added up over sessions, each with a part `x` and a whole `y`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    /// Sessions where either is not 0.
    pub(super) sessions: u64,
    pub(super) x: f64,
    pub(super) y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Sums {
    pub(super) fn add(&mut self, x: f64, y: f64) {
        if x != 0.0 || y != 0.0 {
            self.sessions += 1;
            self.x += x;
            self.y += y;
            self.xx += x * x;
            self.xy += x * y;
            self.yy += y * y;
        }
    }

    pub(super) fn join(&mut self, other: &Sums) {
        self.sessions += other.sessions;
        self.x += other.x;
        self.y += other.y;
        self.xx += other.xx;
        self.xy += other.xy;
        self.yy += other.yy;
    }

    pub(super) fn quotient(&self) -> Option<f64> {
        (self.y > 0.0).then(|| self.x / self.y)
    }

    /// Sum of x / sum of y, by linearisation: its variance is that of the sum of x - R y, over the square of the sum of y
    /// (Cochran, Sampling Techniques, 3rd ed., 6.4; Deng et al., KDD 2018).
    pub(super) fn ratio(&self, scale: f64) -> Estimate {
        let value = self.quotient();
        let spread = value.filter(|_| self.sessions > 1).map(|ratio| {
            let n = self.sessions as f64;
            // Rounding may leave a little less than nothing.
            let squares = (self.xx - 2.0 * ratio * self.xy + ratio * ratio * self.yy).max(0.0);
            t(self.sessions - 1) * (squares * n / (n - 1.0)).sqrt() / self.y
        });
        let bound = |sign: f64| Some((value? + sign * spread?).max(0.0) * scale);
        Estimate {
            value: value.map(|value| value * scale),
            low: bound(-1.0),
            high: bound(1.0),
            sessions: self.sessions,
            whole: self.y,
        }
    }

    /// The same where each session counts 0 or 1: Wilson's score interval (JASA 22, 1927), which holds for few sessions and
    /// for rare events too (Brown, Cai, DasGupta, Statistical Science 16, 2001).
    pub(super) fn proportion(&self, scale: f64) -> Estimate {
        let mut estimate = self.ratio(scale);
        let (n, value) = (self.y, self.quotient().map(|value| value.min(1.0)));
        let bound = |sign: f64| {
            let p = value?;
            let middle = p + Z * Z / (2.0 * n);
            let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
            Some(((middle + sign * spread) / (1.0 + Z * Z / n)).clamp(0.0, 1.0) * scale)
        };
        (estimate.low, estimate.high) = (bound(-1.0), bound(1.0));
        estimate
    }

    /// The sum of x by the second, of sessions that come as they like (a compound Poisson process).
    pub(super) fn rate(&self, seconds: f64) -> Estimate {
        let spread = Z * self.xx.sqrt();
        let by_second = |sum: f64| Some(sum.max(0.0) / seconds);
        let (value, low, high) = (by_second(self.x), by_second(self.x - spread), by_second(self.x + spread));
        Estimate { value, low, high, sessions: self.sessions, whole: self.x }
    }
}

/// The difference b - a of two independent estimates, and its interval from theirs (MOVER: Zou and Donner, Statistics in
/// Medicine 27, 2008; of two proportions it is Newcombe's method 10, Statistics in Medicine 17, 1998).
pub(super) fn difference(a: &Estimate, b: &Estimate) -> (Option<f64>, Option<f64>, Option<f64>) {
    let (Some(from), Some(to)) = (a.value, b.value) else { return (None, None, None) };
    let bounds = |near: Option<f64>, far: Option<f64>| Some((to - near?).hypot(from - far?));
    let (below, above) = (bounds(b.low, a.high), bounds(b.high, a.low));
    let difference = to - from;
    (Some(difference), below.map(|below| difference - below), above.map(|above| difference + above))
}
