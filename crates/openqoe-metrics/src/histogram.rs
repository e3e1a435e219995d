//! One histogram of one row: the classic buckets of its metric, the native ones, the sum, and the latest exemplar of each
//! classic bucket.

use std::borrow::Cow;
use std::sync::Arc;

use openqoe_spec::{Exemplar, MetricDef, TraceId};
use serde::{Deserialize, Serialize};

use crate::checkpoint::{LARGEST, number};
use crate::native::Native;

/// OpenMetrics 1.0.0, "Exemplars": names and values of an exemplar's labels together are at most 128 characters.
const MAX_EXEMPLAR_CHARACTERS: usize = 128 - EXEMPLAR_LABEL.len();
/// The label exemplars carry.
const EXEMPLAR_LABEL: &str = "session_id";
/// The label of those whose session has a trace, by the name Grafana looks for.
const TRACE_LABEL: &str = "trace_id";
/// Characters of a trace id.
const TRACE_CHARACTERS: usize = 32;
/// For so long an exemplar with a trace stays before one without, ms: a scrape interval or a few.
const PREFERENCE: u64 = 60_000;

/// An exemplar as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The classic bucket it fell into.
    pub(crate) bucket: usize,
    /// Its session.
    pub(crate) session: Arc<str>,
    /// Its value in the exposed unit.
    pub(crate) value: f64,
    /// When, epoch ms.
    pub(crate) at: u64,
    /// Whether its session's trace is exported. A checkpoint does not hold it: what is configured may be another by then.
    #[serde(skip)]
    pub(crate) is_traced: bool,
}

impl Kept {
    /// Its labels.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
        let trace = self.is_traced.then(|| (TRACE_LABEL, TraceId::of(&self.session).to_string().into()));
        std::iter::once((EXEMPLAR_LABEL, Cow::Borrowed(&*self.session))).chain(trace)
    }

    /// Of one minute those with a trace come last. Those of one moment have an order too, so that shards merge in any order.
    fn is_after(&self, other: &Kept) -> bool {
        let minute = (self.at / PREFERENCE).cmp(&(other.at / PREFERENCE));
        let preferred = minute.then(self.is_traced.cmp(&other.is_traced));
        let moment = preferred.then(self.at.cmp(&other.at)).then_with(|| self.session.cmp(&other.session));
        moment.then(self.value.total_cmp(&other.value)).is_gt()
    }
}

/// The values of one histogram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Histogram {
    /// In the recorded unit: whole milliseconds add up without error.
    #[serde(serialize_with = "number")]
    sum: f64,
    /// Values in each bucket, not cumulative; the last is `+Inf`.
    classic: Box<[u64]>,
    native: Native,
    /// At most one a bucket, in no order.
    exemplars: Vec<Kept>,
}

impl Histogram {
    /// An empty one with the buckets of the metric.
    pub(crate) fn new(def: &MetricDef) -> Histogram {
        Histogram {
            sum: 0.0,
            classic: vec![0; def.buckets.len() + 1].into(),
            native: Native::default(),
            exemplars: Vec::new(),
        }
    }

    /// Sum, count and bucket, of a value in the recorded unit.
    pub(crate) fn observe(&mut self, def: &MetricDef, value: f64, exemplar: Option<Exemplar<'_>>) {
        self.advance(value);
        self.settle(def, value, exemplar);
    }

    /// The same for a value that stands for so many; none of them is an exemplar.
    pub(crate) fn observe_many(&mut self, def: &MetricDef, value: f64, times: u64) {
        self.advance(value * times as f64);
        self.count_in(def, value, times);
    }

    /// The sum alone. What is not a positive number measures nothing: sums, like counters, only grow.
    pub(crate) fn advance(&mut self, value: f64) {
        if value.is_finite() && value > 0.0 {
            self.sum += value;
        }
    }

    /// Count and bucket alone. Negative values count as zero, what is not finite does not count.
    pub(crate) fn settle(&mut self, def: &MetricDef, value: f64, exemplar: Option<Exemplar<'_>>) {
        let Some((bucket, exposed)) = self.count_in(def, value, 1) else { return };
        if let Some(exemplar) = exemplar.filter(|exemplar| def.exemplars && fits(exemplar.session_id)) {
            let Exemplar { session_id, at, is_traced } = exemplar;
            let is_traced = is_traced && fits_traced(session_id);
            self.keep(Kept { bucket, session: session_id.into(), value: exposed, at, is_traced });
        }
    }

    /// The bucket it counts in, and its value in the exposed unit.
    fn count_in(&mut self, def: &MetricDef, value: f64, times: u64) -> Option<(usize, f64)> {
        if !value.is_finite() {
            return None;
        }
        let exposed = value.max(0.0) / def.unit.divisor();
        let bucket = def.buckets.partition_point(|bound| *bound < exposed);
        self.classic[bucket] += times;
        self.native.observe(exposed, times);
        Some((bucket, exposed))
    }

    /// Adds another histogram of the same metric.
    pub(crate) fn merge(&mut self, other: Histogram) {
        self.sum += other.sum;
        for (mine, theirs) in self.classic.iter_mut().zip(&other.classic) {
            *mine += theirs;
        }
        self.native.merge(&other.native);
        for exemplar in other.exemplars {
            self.keep(exemplar);
        }
    }

    /// The sum in the recorded unit.
    pub(crate) fn sum(&self) -> f64 {
        self.sum
    }

    /// Everything counted.
    pub(crate) fn count(&self) -> u64 {
        self.classic.iter().sum()
    }

    /// The values in each classic bucket, `+Inf` last; not cumulative.
    pub(crate) fn classic(&self) -> &[u64] {
        &self.classic
    }

    /// The cumulative counts of the classic buckets, `+Inf` last.
    pub(crate) fn cumulative(&self) -> impl Iterator<Item = u64> + '_ {
        self.classic.iter().scan(0, |below, count| {
            *below += count;
            Some(*below)
        })
    }

    /// The native buckets, in the exposed unit.
    pub(crate) fn native(&self) -> &Native {
        &self.native
    }

    /// The latest exemplar of a classic bucket.
    pub(crate) fn exemplar(&self, bucket: usize) -> Option<&Kept> {
        self.exemplars.iter().find(|kept| kept.bucket == bucket)
    }

    /// Says of each exemplar anew whether its session's trace is exported, given its session and its value in the recorded unit.
    pub(crate) fn retrace(&mut self, def: &MetricDef, is_traced: impl Fn(&str, f64) -> bool) {
        for kept in &mut self.exemplars {
            // Whole milliseconds were recorded.
            let recorded = (kept.value * def.unit.divisor()).round();
            kept.is_traced = is_traced(&kept.session, recorded) && fits_traced(&kept.session);
        }
    }

    /// All exemplars, in no order.
    pub(crate) fn exemplars(&self) -> impl ExactSizeIterator<Item = &Kept> {
        self.exemplars.iter()
    }

    /// Where an exemplar is not later than the one its bucket has shown, that one comes back. What is there then has been shown.
    pub(crate) fn keep_order(&mut self, shown: &mut Vec<Kept>) {
        for kept in &mut self.exemplars {
            match shown.iter_mut().find(|before| before.bucket == kept.bucket) {
                Some(before) if kept.at > before.at => before.clone_from(kept),
                Some(before) => kept.clone_from(before),
                None => shown.push(kept.clone()),
            }
        }
    }

    /// Whether it can be one of the metric: what a checkpoint holds is not taken on trust.
    pub(crate) fn is_sound(&self, def: &MetricDef) -> bool {
        let count = self.classic.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count));
        let kept = |kept: &Kept| {
            let one = self.exemplars.iter().filter(|other| other.bucket == kept.bucket).count() == 1;
            one && kept.bucket < self.classic.len() && kept.value.is_finite() && fits(&kept.session)
        };
        self.classic.len() == def.buckets.len() + 1
            && self.sum.is_finite()
            && self.sum >= 0.0
            && count.is_some_and(|count| count < LARGEST && self.native.is_sound(count))
            && self.exemplars.len() <= self.classic.len()
            && self.exemplars.iter().all(kept)
    }

    /// The later of two exemplars stays, see [`Kept::is_after`].
    fn keep(&mut self, new: Kept) {
        match self.exemplars.iter_mut().find(|kept| kept.bucket == new.bucket) {
            Some(old) if old.is_after(&new) => {}
            Some(old) => *old = new,
            None => self.exemplars.push(new),
        }
    }
}

fn fits(session_id: &str) -> bool {
    session_id.chars().count() <= MAX_EXEMPLAR_CHARACTERS
}

fn fits_traced(session_id: &str) -> bool {
    session_id.chars().count() <= MAX_EXEMPLAR_CHARACTERS - TRACE_LABEL.len() - TRACE_CHARACTERS
}

#[cfg(test)]
mod tests {
    use openqoe_spec::metrics::{METRICS, VIEW, view};

    use super::*;

    fn startup() -> &'static MetricDef {
        &METRICS[VIEW.histograms[view::Histogram::StartupTimeSeconds.slot()].metric]
    }

    #[test]
    fn bounds_are_inclusive() {
        let mut histogram = Histogram::new(startup());
        for millis in [0.0, 100.0, 101.0, 250.0, 60_000.0, 60_001.0] {
            histogram.observe(startup(), millis, None);
        }
        let cumulative: Vec<_> = histogram.cumulative().collect();
        assert_eq!(cumulative[..2], [2, 4]);
        assert_eq!(cumulative[14..], [5, 6]);
        assert_eq!((histogram.sum(), histogram.count(), histogram.native().count()), (120_452.0, 6, 6));
    }

    #[test]
    fn advance_then_settle_is_observe() {
        let (mut live, mut whole) = (Histogram::new(startup()), Histogram::new(startup()));
        live.advance(200.0);
        live.advance(300.0);
        assert_eq!((live.sum(), live.count()), (500.0, 0));
        live.settle(startup(), 500.0, None);
        whole.observe(startup(), 500.0, None);
        assert_eq!(live, whole);
    }

    #[test]
    fn nonsense_measures_nothing() {
        let mut histogram = Histogram::new(startup());
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            histogram.observe(startup(), value, None);
        }
        assert_eq!(histogram, Histogram::new(startup()));
        histogram.observe(startup(), -5.0, None);
        assert_eq!((histogram.sum(), histogram.count(), histogram.native().zero()), (0.0, 1, 1));
    }

    #[test]
    fn the_latest_exemplar_of_a_bucket_stays() {
        let mut histogram = Histogram::new(startup());
        let long = "x".repeat(119);
        for (session_id, at) in [("late", 20), ("early", 10), (&long, 30)] {
            histogram.observe(startup(), 700.0, Some(Exemplar { session_id, at, is_traced: false }));
        }
        let kept = histogram.exemplar(3).unwrap();
        assert_eq!((&*kept.session, kept.value, kept.at), ("late", 0.7, 20));
        assert_eq!(histogram.exemplar(2), None);
    }

    #[test]
    fn of_a_minute_an_exemplar_with_a_trace_stays() {
        let long = "x".repeat(79);
        let story = [
            ("a", 10, false, "a"),
            ("b", 20, true, "b"),
            ("c", 30, false, "b"),
            ("d", 25, true, "d"),
            (&long, 59_999, true, "d"),
            ("f", 60_000, false, "f"),
            ("g", 59_999, true, "f"),
        ];
        let mut histogram = Histogram::new(startup());
        for (session_id, at, is_traced, expected) in story {
            histogram.observe(startup(), 700.0, Some(Exemplar { session_id, at, is_traced }));
            assert_eq!(&*histogram.exemplar(3).unwrap().session, expected, "after {session_id}");
        }
    }

    #[test]
    fn labels_of_the_longest_session_fit_openmetrics() {
        let kept = |is_traced, session: &str| Kept {
            bucket: 0,
            session: session.into(),
            value: 1.0,
            at: 0,
            is_traced,
        };
        let characters = |kept: &Kept| -> usize {
            kept.labels().map(|(name, value)| name.chars().count() + value.chars().count()).sum()
        };
        assert_eq!(characters(&kept(true, &"x".repeat(64))), 114);
        assert_eq!(characters(&kept(true, &"x".repeat(78))), 128);
        let labels: Vec<_> =
            kept(true, "s").labels().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(labels, ["session_id=s", "trace_id=bdf18d3990fb6460fb20466ab38d84fb"]);
        assert_eq!(kept(false, "s").labels().count(), 1);
    }
}
