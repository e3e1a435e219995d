//! What the receiver of a push has been sent of foreign series before: which end now, in what shape they were sent, and which
//! exemplars are new.

use std::sync::Arc;

use openqoe_spec::{ForeignExemplar, ForeignMetric};

use super::known::Pushed;

/// The foreign series of the last push, by the metric's name and the labels. `S` is the shape one was sent in, in which it ends.
#[derive(Debug)]
pub(super) struct KnownForeign<S> {
    series: Pushed<(Box<str>, Arc<str>), ForeignMemory<S>>,
}

/// What is remembered of one.
#[derive(Debug)]
pub(super) struct ForeignMemory<S> {
    pub(super) metric: Arc<ForeignMetric>,
    pub(super) shape: S,
    /// Whether the push before had it too.
    pub(super) known: bool,
    /// The time of the latest exemplar sent, epoch ms.
    exemplar: u64,
}

impl<S> Default for KnownForeign<S> {
    fn default() -> KnownForeign<S> {
        KnownForeign { series: Pushed::default() }
    }
}

impl<S: Default> KnownForeign<S> {
    /// Begins a push.
    pub(super) fn begin(&mut self) {
        self.series.begin();
    }

    /// Notes that a series is there.
    pub(super) fn see(&mut self, metric: &Arc<ForeignMetric>, labels: &Arc<str>) -> &mut ForeignMemory<S> {
        let new = || ForeignMemory { metric: metric.clone(), shape: S::default(), known: false, exemplar: 0 };
        let (memory, known) = self.series.see((metric.name.clone(), labels.clone()), new);
        memory.known = known;
        memory
    }

    /// Forgets the series that were not there, and hands them over with their labels, in order.
    pub(super) fn ended(&mut self) -> impl Iterator<Item = (Arc<str>, ForeignMemory<S>)> {
        self.series.ended().into_iter().map(|((_, labels), memory)| (labels, memory))
    }
}

impl<S> ForeignMemory<S> {
    /// Whether an exemplar is later than all that were sent.
    pub(super) fn is_new(&self, exemplar: &ForeignExemplar) -> bool {
        exemplar.at > self.exemplar
    }

    /// Notes that the new ones among these have been sent.
    pub(super) fn note_sent(&mut self, exemplars: &[ForeignExemplar]) {
        let latest = exemplars.iter().map(|exemplar| exemplar.at).max();
        self.exemplar = self.exemplar.max(latest.unwrap_or_default());
    }
}
