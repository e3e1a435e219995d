//! Rows of a snapshot as those read them who make more of the numbers than series: the objectives a gateway evaluates.

use std::borrow::Cow;
use std::sync::Arc;

use openqoe_spec::Scope;
use openqoe_spec::metrics::objective::Gauge;
use openqoe_spec::metrics::probe;

use crate::cells::Cells;
use crate::labels::{pairs, push_label, unescape};
use crate::snapshot::Snapshot;

/// The values of one row, in the recorded units (seconds are milliseconds). Slots are those of the scope's
/// [`openqoe_spec::ScopeDef`]; one it does not have holds nothing.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a>(&'a Cells);

impl<'a> Reading<'a> {
    /// A counter.
    pub fn counter(self, slot: usize) -> f64 {
        self.0.counters.get(slot).copied().unwrap_or_default()
    }

    /// How many values a histogram holds.
    pub fn count(self, slot: usize) -> f64 {
        self.histogram(slot).map_or(0.0, |histogram| histogram.count() as f64)
    }

    /// The sum of a histogram's values.
    pub fn sum(self, slot: usize) -> f64 {
        self.histogram(slot).map_or(0.0, |histogram| histogram.sum())
    }

    /// How many values of a histogram are in its classic buckets up to one of them, counted from 0.
    pub fn up_to(self, slot: usize, bucket: usize) -> f64 {
        let cumulative = self.histogram(slot).and_then(|histogram| histogram.cumulative().nth(bucket));
        cumulative.unwrap_or_default() as f64
    }

    /// A counter with a guarded label: its counts by the label's value.
    pub fn keyed(self, slot: usize) -> impl Iterator<Item = (Cow<'a, str>, f64)> {
        let counts = self.0.keyed.get(slot).into_iter().flatten();
        counts.map(|(value, count)| (unescape(value), *count))
    }

    fn histogram(self, slot: usize) -> Option<&'a crate::histogram::Histogram> {
        self.0.histograms.get(slot)?.as_deref()
    }
}

impl Snapshot {
    /// The rows of a scope by their label text, in its order.
    pub fn readings(&self, scope: Scope) -> impl Iterator<Item = (&Arc<str>, Reading<'_>)> {
        self.rows(scope).iter().map(|(labels, cells)| (labels, Reading(cells)))
    }

    /// Adds a row about an objective: what [`label_text`] makes of its labels, and those gauges that have a value.
    pub fn add_objective(&mut self, labels: &Arc<str>, gauges: &[(Gauge, f64)]) {
        let mut cells = Cells::new(Scope::Objective);
        for (gauge, value) in gauges {
            cells.gauges[gauge.slot()] = Some(*value);
        }
        self.add(Scope::Objective, labels.clone(), cells);
    }

    /// Adds the row of one probe: those gauges that have a value, seconds in milliseconds.
    pub fn add_probe(&mut self, gauges: &[(probe::Gauge, f64)]) {
        let mut cells = Cells::new(Scope::Probe);
        for (gauge, value) in gauges {
            cells.gauges[gauge.slot()] = Some(*value);
        }
        self.add(Scope::Probe, "".into(), cells);
    }
}

/// The label text of a row, `tenant="a",cdn="b"`. Labels without a value are left out.
pub fn label_text<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Arc<str> {
    let mut text = String::new();
    for (name, value) in labels.into_iter().filter(|(_, value)| !value.is_empty()) {
        push_label(&mut text, name, value);
    }
    text.into()
}

/// The labels of a row, in order.
pub fn label_pairs(text: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    pairs(text)
}

#[cfg(test)]
mod tests {
    use openqoe_spec::metrics::view::{Counter, Histogram, KeyedCounter};
    use openqoe_spec::{Attributes, Measurement, Recorder, Severity};

    use super::*;
    use crate::{Guard, Limits, Table};

    #[test]
    fn what_was_recorded_is_read() {
        let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
        let set = table.intern("t", &Attributes::default());
        let errors = KeyedCounter::ErrPlayer(Severity::Fatal);
        table.record(set, Measurement::Count(Counter::PlaybackStalledSeconds, 1500.0));
        table.record(set, Measurement::CountKeyed(errors, "a\"b", 2.0));
        for startup in [50.0, 100.0, 700.0] {
            table.record(set, Measurement::Observe(Histogram::StartupTimeSeconds, startup, None));
        }
        let snapshot = table.snapshot();
        let (labels, row) = snapshot.readings(Scope::View).next().unwrap();
        assert_eq!(&**labels, "tenant=\"t\"");
        assert_eq!(row.counter(Counter::PlaybackStalledSeconds.slot()), 1500.0);
        let slot = Histogram::StartupTimeSeconds.slot();
        assert_eq!((row.count(slot), row.sum(slot)), (3.0, 850.0));
        assert_eq!([row.up_to(slot, 0), row.up_to(slot, 3), row.up_to(slot, 99)], [2.0, 3.0, 0.0]);
        assert_eq!(row.keyed(errors.slot()).collect::<Vec<_>>(), [(Cow::from("a\"b"), 2.0)]);
        let untouched = Histogram::EngWatchTimeSeconds.slot();
        assert_eq!((row.count(untouched), row.counter(usize::MAX)), (0.0, 0.0));
    }

    #[test]
    fn a_row_of_an_objective_shows_what_has_a_value() {
        let mut snapshot = Snapshot::default();
        let labels = label_text([("tenant", "t"), ("cdn", ""), ("slo", "rebuffer-ratio")]);
        snapshot.add_objective(&labels, &[(Gauge::SloBurnRate, 2.5)]);
        let text = String::from_utf8(snapshot.encode(&crate::SINKS[0])).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with("openqoe_slo")).collect();
        assert_eq!(lines, ["openqoe_slo_burn_rate{tenant=\"t\",slo=\"rebuffer-ratio\"} 2.5"]);
        assert_eq!(label_pairs(&labels).count(), 2);
    }
}
