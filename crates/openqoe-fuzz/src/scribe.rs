//! Writes down what an engine says, and checks that it can be said at all.

use std::collections::BTreeMap;

use openqoe_engine::{Ledger, Source};
use openqoe_spec::{Attributes, LabelSetId, Labels, Measurement, Outcome, Recorder};

/// Sums by name, and how many events had which kind of outcome.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Scribe {
    pub(crate) sums: BTreeMap<String, f64>,
    pub(crate) gauges: BTreeMap<String, f64>,
}

impl Labels for Scribe {
    fn intern(&mut self, _: &str, _: &Attributes) -> LabelSetId {
        LabelSetId(0)
    }
}

impl Recorder for Scribe {
    fn record(&mut self, _: LabelSetId, measurement: Measurement<'_>) {
        match measurement {
            Measurement::Count(counter, by) => self.add(format!("{counter:?}"), by),
            Measurement::CountKeyed(counter, key, by) => self.add(format!("{counter:?} {key}"), by),
            Measurement::Move(gauge, by) => *self.gauges.entry(format!("{gauge:?}")).or_default() += by,
            Measurement::Observe(histogram, value, _) => self.observe(&format!("{histogram:?}"), value, 1),
            Measurement::ObserveMany(histogram, value, times) => {
                self.observe(&format!("{histogram:?}"), value, times);
            }
            Measurement::Advance(histogram, by) => self.observe(&format!("{histogram:?}"), by, 0),
            // The value has been added to the sum while it grew.
            Measurement::Settle(histogram, _, _) => self.observe(&format!("{histogram:?}"), 0.0, 1),
        }
    }
}

impl Scribe {
    fn add(&mut self, name: String, by: f64) {
        assert!(by.is_finite() && by >= 0.0, "{name} moved by {by}");
        *self.sums.entry(name).or_default() += by;
    }

    fn observe(&mut self, name: &str, value: f64, times: u64) {
        let weight = if times == 0 { 1.0 } else { times as f64 };
        self.add(format!("{name} sum"), value * weight);
        self.add(format!("{name} count"), times as f64);
    }

    /// Without gauges that are where they began.
    pub(crate) fn settled(mut self) -> Scribe {
        self.gauges.retain(|_, value| *value != 0.0);
        self
    }
}

/// Counts outcomes.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Books {
    pub(crate) counted: usize,
    pub(crate) others: usize,
}

impl Ledger for Books {
    fn outcome(&mut self, _: &str, _: Source, outcome: Outcome) {
        *if outcome == Outcome::Counted { &mut self.counted } else { &mut self.others } += 1;
    }
}
