//! Puts series into messages, a new one whenever the last is full.

use std::borrow::Cow;

use openqoe_spec::MetricKind;
use prost::Message as _;

use super::message::{Exemplar, Histogram, Metadata, MetricType, Request, Sample, TimeSeries};
use super::symbols::{MessageSymbols, Symbols};

/// A part of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// An `io.prometheus.write.v2.Request`, not compressed.
    pub bytes: Vec<u8>,
    /// Samples and histograms in it.
    pub samples: usize,
}

/// What is told of a series' metric.
pub(super) struct About<'a> {
    pub(super) name: &'a str,
    pub(super) help: &'a str,
    pub(super) unit: &'a str,
    pub(super) kind: MetricKind,
}

/// An exemplar.
pub(super) struct Shown<'a> {
    pub(super) labels: Vec<(&'a str, Cow<'a, str>)>,
    pub(super) value: f64,
    /// Epoch ms.
    pub(super) at: u64,
}

/// The labels of a series, in no order, as numbers of the push's strings.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels(Vec<(u32, u32)>);

impl Labels {
    /// Adds a label. An empty value is no label ("Labels": label values must not be empty).
    pub(super) fn push(&mut self, symbols: &mut Symbols, name: &str, value: &str) {
        if !value.is_empty() {
            self.0.push((symbols.number(name), symbols.number(value)));
        }
    }

    /// Adds a label unless there is one of that name.
    pub(super) fn push_if_absent(&mut self, symbols: &mut Symbols, name: &str, value: &str) {
        let number = symbols.number(name);
        if self.0.iter().all(|(name, _)| *name != number) {
            self.push(symbols, name, value);
        }
    }
}

/// The messages of one push.
pub(super) struct Writer {
    pub(super) symbols: Symbols,
    /// Time of the push, epoch ms.
    at: i64,
    max_samples: usize,
    /// Help and unit of the metric of this name: its series follow each other.
    about: (Box<str>, u32, u32),
    references: MessageSymbols,
    series: Vec<TimeSeries>,
    messages: Vec<Message>,
}

impl Writer {
    pub(super) fn new(max_samples: usize, at: i64) -> Writer {
        let (symbols, references) = (Symbols::default(), MessageSymbols::new());
        let (series, messages) = (Vec::new(), Vec::new());
        Writer { symbols, at, max_samples, about: ("".into(), 0, 0), references, series, messages }
    }

    /// Time of the push, epoch ms.
    pub(super) fn at(&self) -> i64 {
        self.at
    }

    /// Adds a series of numbers: the end of its name, its `le`, its value.
    pub(super) fn sample(
        &mut self,
        about: &About<'_>,
        labels: &Labels,
        (suffix, bound): (&str, Option<String>),
        value: f64,
        start: i64,
        exemplar: Option<Shown<'_>>,
    ) {
        let mut labels = labels.clone();
        if let Some(bound) = bound {
            labels.push(&mut self.symbols, "le", &bound);
        }
        let sample = Sample { value, timestamp: self.at, start_timestamp: start };
        let exemplars = exemplar.map(|shown| self.exemplar(&shown)).into_iter().collect();
        let series = TimeSeries { samples: vec![sample], exemplars, ..TimeSeries::default() };
        self.add(about, labels, suffix, series);
    }

    /// Adds a series of native histograms; its exemplars go by time, as receivers demand.
    pub(super) fn native(
        &mut self,
        about: &About<'_>,
        labels: &Labels,
        histogram: Histogram,
        exemplars: Vec<Shown<'_>>,
    ) {
        let mut exemplars: Vec<_> = exemplars.iter().map(|shown| self.exemplar(shown)).collect();
        exemplars.sort_by_key(|exemplar| exemplar.timestamp);
        let histogram = Histogram { timestamp: self.at, ..histogram };
        let series = TimeSeries { histograms: vec![histogram], exemplars, ..TimeSeries::default() };
        self.add(about, labels.clone(), "", series);
    }

    /// The messages, all of them.
    pub(super) fn finish(mut self) -> Vec<Message> {
        self.close();
        self.messages
    }

    fn exemplar(&mut self, shown: &Shown<'_>) -> Exemplar {
        let mut labels_refs = Vec::new();
        for (name, value) in &shown.labels {
            for text in [*name, &**value] {
                let number = self.symbols.number(text);
                labels_refs.push(self.references.reference(&self.symbols, number));
            }
        }
        Exemplar { labels_refs, value: shown.value, timestamp: i64::try_from(shown.at).unwrap_or(i64::MAX) }
    }

    fn add(&mut self, about: &About<'_>, mut labels: Labels, suffix: &str, mut series: TimeSeries) {
        let kind = match about.kind {
            MetricKind::Counter => MetricType::Counter,
            MetricKind::Gauge => MetricType::Gauge,
            MetricKind::Histogram => MetricType::Histogram,
        };
        if suffix.is_empty() {
            labels.push(&mut self.symbols, "__name__", about.name);
        } else {
            labels.push(&mut self.symbols, "__name__", &format!("{}{suffix}", about.name));
        }
        if *self.about.0 != *about.name {
            self.about =
                (about.name.into(), self.symbols.number(about.help), self.symbols.number(about.unit));
        }
        let (help, unit) = (self.about.1, self.about.2);
        let (symbols, references) = (&self.symbols, &mut self.references);
        labels.0.sort_unstable_by(|(a, _), (b, _)| symbols.text(*a).cmp(symbols.text(*b)));
        let numbers = labels.0.iter().flat_map(|(name, value)| [*name, *value]);
        series.labels_refs = numbers.map(|number| references.reference(symbols, number)).collect();
        series.metadata = Some(Metadata {
            r#type: kind as i32,
            help_ref: references.reference(symbols, help),
            unit_ref: references.reference(symbols, unit),
        });
        self.series.push(series);
        if self.series.len() >= self.max_samples {
            self.close();
        }
    }

    /// Ends the message under way, if anything is in it. Each series holds one sample.
    fn close(&mut self) {
        let timeseries = std::mem::take(&mut self.series);
        if !timeseries.is_empty() {
            let samples = timeseries.len();
            let request = Request { symbols: self.references.take(), timeseries };
            self.messages.push(Message { bytes: request.encode_to_vec(), samples });
        }
    }
}
