//! Quantiles of values, bounded by values: how many of a sample lie below the true quantile is binomial, whatever the
//! distribution (David and Nagaraja, Order Statistics, 3rd ed., 7.1).

use super::{Estimate, Z};

/// The rank (from 1) of the `q`-quantile of `n` values: the smallest value that at least `q` of them do not exceed.
pub(in crate::facts) fn rank(q: f64, n: usize) -> usize {
    ((q * n as f64).ceil() as usize).clamp(1, n.max(1))
}

/// Ranks between whose values the true quantile lies in 95 of 100 samples; `None` where the sample does not reach that far.
fn ranks(q: f64, n: usize) -> (Option<usize>, Option<usize>) {
    let (mean, spread) = (q * n as f64, Z * (n as f64 * q * (1.0 - q)).sqrt());
    let low = (mean - spread).floor() as usize;
    let high = (mean + spread).ceil() as usize + 1;
    ((low >= 1).then_some(low), (high <= n).then_some(high))
}

/// The quantile of values in order, each in ms; the estimate is in seconds.
pub(in crate::facts) fn of_sorted(q: f64, sorted: &[u32]) -> Estimate {
    let n = sorted.len();
    let at = |rank: usize| f64::from(sorted[rank - 1]) / 1000.0;
    let (low, high) = ranks(q, n);
    Estimate {
        value: (n > 0).then(|| at(rank(q, n))),
        low: low.map(at),
        high: high.map(at),
        sessions: n as u64,
        whole: n as f64,
    }
}
