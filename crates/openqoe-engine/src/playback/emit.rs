//! Short words for what a view has to say, with the session they are said of.

use openqoe_spec::metrics::view::{Counter, Gauge, Histogram, KeyedCounter};
use openqoe_spec::{Exemplar, LabelSetId, Measurement, Recorder};

use crate::summary::Summary;

/// Where one session's measurements go.
pub(crate) struct Emit<'a, R> {
    /// The session's label set.
    pub(crate) set: LabelSetId,
    /// When the event happened, epoch ms on the gateway's clock.
    pub(crate) at: u64,
    pub(crate) session_id: &'a str,
    /// The session's own account of it.
    pub(crate) summary: &'a mut Summary,
    pub(crate) recorder: &'a mut R,
}

impl<R: Recorder> Emit<'_, R> {
    fn say(&mut self, measurement: Measurement<'_>) {
        self.summary.note(&measurement);
        self.recorder.record(self.set, measurement);
    }

    pub(crate) fn one(&mut self, counter: Counter) {
        self.add(counter, 1.0);
    }

    /// Adds milliseconds to a counter of seconds, or so many of anything else.
    pub(crate) fn add(&mut self, counter: Counter, by: f64) {
        self.say(Measurement::Count(counter, by));
    }

    /// Adds so many under a value of the counter's guarded label.
    pub(crate) fn keyed(&mut self, counter: KeyedCounter, key: &str, by: f64) {
        self.say(Measurement::CountKeyed(counter, key, by));
    }

    pub(crate) fn shift(&mut self, gauge: Gauge, by: f64) {
        self.say(Measurement::Move(gauge, by));
    }

    /// A value in milliseconds.
    pub(crate) fn observe(&mut self, histogram: Histogram, ms: u64) {
        self.say(Measurement::Observe(histogram, ms as f64, self.exemplar()));
    }

    /// A value in milliseconds that stands for so many.
    pub(crate) fn observe_many(&mut self, histogram: Histogram, ms: u64, times: u64) {
        if times == 1 {
            self.observe(histogram, ms);
        } else {
            self.say(Measurement::ObserveMany(histogram, ms as f64, times));
        }
    }

    pub(crate) fn grow(&mut self, histogram: Histogram, ms: u64) {
        self.say(Measurement::Advance(histogram, ms as f64));
    }

    pub(crate) fn settle(&mut self, histogram: Histogram, ms: u64) {
        self.say(Measurement::Settle(histogram, ms as f64, self.exemplar()));
    }
}

impl<'a, R> Emit<'a, R> {
    fn exemplar(&self) -> Option<Exemplar<'a>> {
        Some(Exemplar { session_id: self.session_id, at: self.at, is_traced: false })
    }
}
