//! The foreign series of one tenant: the way of a point into its series.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use openqoe_spec::{ForeignMetric, ForeignPoint, MetricKind, OtlpPointOutcome as Outcome, Temporality};

use super::labels::{Values, text};
use super::names::Names;
use super::reading::{ForeignFamily, read};
use super::series::{Amount, Series, Total};
use super::stream::{Stream, Streams};
use super::{Folded, ForeignLimits, ForeignUsage, lock};
use crate::OVERFLOW;

/// All of a tenant's.
#[derive(Debug)]
pub(super) struct Tenant {
    name: Box<str>,
    limits: ForeignLimits,
    families: Vec<Option<Family>>,
    by_name: HashMap<Box<str>, usize>,
    series: Vec<Option<Series>>,
    /// By metric and label text.
    index: HashMap<(usize, Arc<str>), usize>,
    values: Values,
    streams: Streams,
}

#[derive(Debug)]
struct Family {
    metric: Arc<ForeignMetric>,
    series: usize,
    /// Names of the labels of its first series: those of the one that takes what there is no room for.
    label_names: Vec<String>,
}

impl Tenant {
    pub(super) fn new(name: &str, limits: ForeignLimits, began: u64) -> Tenant {
        Tenant {
            name: name.into(),
            limits,
            families: Vec::new(),
            by_name: HashMap::new(),
            series: Vec::new(),
            index: HashMap::new(),
            values: Values::default(),
            streams: Streams::new(began),
        }
    }

    /// Takes a point in.
    pub(super) fn fold(
        &mut self,
        mut point: ForeignPoint,
        now: u64,
        names: &Mutex<Names>,
        folded: &mut Folded,
    ) -> Outcome {
        let value = std::mem::replace(&mut point.value, openqoe_spec::ForeignValue::Number(0.0));
        let amount = Amount::of(value);
        let known = self.streams.by_id.get(&point.stream).map(|stream| stream.series);
        let place = match known {
            Some(place) => place,
            None => match self.place_of(&mut point, &amount, now, names) {
                Ok(place) => place,
                Err((outcome, why)) => {
                    folded.messages.insert(point.metric.name.clone(), why);
                    return outcome;
                }
            },
        };
        let Some(series) = &mut self.series[place] else { return Outcome::TypeConflict };
        if !series.total.takes(&amount) {
            folded.messages.insert(point.metric.name.clone(), "its series is a histogram of the other kind");
            return Outcome::TypeConflict;
        }
        series.heard = now;
        folded.overflow += usize::from(series.overflows);
        let outcome = match (point.temporality, point.metric.kind) {
            (Temporality::Delta, _) if !self.streams.is_new(&point, &amount) => Outcome::Repeated,
            (Temporality::Delta, _) => {
                series.total.add(amount);
                Outcome::Folded
            }
            (Temporality::Momentary, _) | (Temporality::Cumulative, MetricKind::Gauge) => {
                self.say(&point, amount, place, now)
            }
            (Temporality::Cumulative, _) => self.grow(&point, amount, place, now),
        };
        if let (Outcome::Folded, Some(series)) = (outcome, &mut self.series[place]) {
            series.keep(point.metric.kind, point.exemplars);
        }
        outcome
    }

    /// A gauge: the stream says what it is now.
    fn say(&mut self, point: &ForeignPoint, amount: Amount, place: usize, now: u64) -> Outcome {
        match self.streams.by_id.get_mut(&point.stream) {
            Some(stream) if stream.at >= point.at => Outcome::Repeated,
            Some(stream) => {
                (stream.at, stream.heard, stream.last) = (point.at, now, amount);
                Outcome::Folded
            }
            None => {
                self.follow(point, amount, place, now);
                Outcome::Folded
            }
        }
    }

    /// A counter or histogram: the stream says what it has come to.
    fn grow(&mut self, point: &ForeignPoint, amount: Amount, place: usize, now: u64) -> Outcome {
        let growth = match self.streams.by_id.get_mut(&point.stream) {
            Some(stream) if stream.at >= point.at => {
                stream.heard = now;
                return Outcome::Repeated;
            }
            Some(stream) => {
                let growth = amount.since(&stream.last);
                (stream.at, stream.heard, stream.last) = (point.at, now, amount);
                growth
            }
            None => {
                let is_whole = self.streams.is_whole(point, now);
                self.follow(point, amount.clone(), place, now);
                if !is_whole {
                    return Outcome::Resumed;
                }
                amount
            }
        };
        if let Some(series) = &mut self.series[place] {
            series.total.add(growth);
        }
        Outcome::Folded
    }

    fn follow(&mut self, point: &ForeignPoint, last: Amount, series: usize, now: u64) {
        self.streams.make_room(self.limits.max_streams);
        self.streams.by_id.insert(point.stream, Stream { series, at: point.at, heard: now, last });
    }

    /// Where the series of a point is, made if need be.
    fn place_of(
        &mut self,
        point: &mut ForeignPoint,
        amount: &Amount,
        now: u64,
        names: &Mutex<Names>,
    ) -> Result<usize, (Outcome, &'static str)> {
        let family = self.family_of(point, names)?;
        let mut labels = std::mem::take(&mut point.labels);
        let mut overflows = self.values.bound(&mut labels, self.limits.max_values);
        let mut label_text: Arc<str> = text(&self.name, &labels).into();
        if let Some(place) = self.index.get(&(family, label_text.clone())) {
            return Ok(*place);
        }
        if self.index.len() >= self.limits.max_series {
            labels = self.overflow_of(family);
            label_text = text(&self.name, &labels).into();
            overflows = true;
            if let Some(place) = self.index.get(&(family, label_text.clone())) {
                return Ok(*place);
            }
        }
        self.values.hold(&labels);
        let series = Series {
            family,
            text: label_text.clone(),
            labels,
            total: Total::like(amount),
            exemplars: Vec::new(),
            exemplars_from: 0,
            overflows,
            since: now,
            heard: now,
        };
        if let Some(family) = &mut self.families[family] {
            family.series += 1;
        }
        let place = put(&mut self.series, series);
        self.index.insert((family, label_text), place);
        Ok(place)
    }

    /// The labels of the series that takes what there is no room for.
    fn overflow_of(&self, family: usize) -> Vec<(String, String)> {
        let names = self.families[family].iter().flat_map(|family| family.label_names.clone());
        let mut labels: Vec<_> = names.map(|name| (name, OVERFLOW.to_owned())).collect();
        if labels.is_empty() {
            labels.push(("overflow".to_owned(), OVERFLOW.to_owned()));
        }
        labels
    }

    fn family_of(
        &mut self,
        point: &ForeignPoint,
        names: &Mutex<Names>,
    ) -> Result<usize, (Outcome, &'static str)> {
        let metric = &point.metric;
        if let Some(place) = self.by_name.get(&metric.name) {
            let is_it =
                self.families[*place].as_ref().is_some_and(|family| family.metric.kind == metric.kind);
            return is_it.then_some(*place).ok_or((Outcome::TypeConflict, "it has been of another type"));
        }
        if self.by_name.len() >= self.limits.max_metrics {
            return Err((
                Outcome::TooManyMetrics,
                "there are as many metrics as `otlp_receiver.max_metrics`",
            ));
        }
        if !lock(names).claim(metric) {
            return Err((Outcome::TypeConflict, "a metric of another type has its name"));
        }
        let label_names = point.labels.iter().map(|(name, _)| name.clone()).collect();
        let place = put(&mut self.families, Family { metric: metric.clone(), series: 0, label_names });
        self.by_name.insert(metric.name.clone(), place);
        Ok(place)
    }

    /// Forgets what has not been heard of.
    pub(super) fn expire(&mut self, now: u64, names: &Mutex<Names>) {
        let since = now.saturating_sub(self.limits.idle);
        for place in 0..self.series.len() {
            let Some(series) = self.series[place].take_if(|series| series.heard < since) else { continue };
            self.values.release(&series.labels);
            self.index.remove(&(series.family, series.text));
            let Some(family) = &mut self.families[series.family] else { continue };
            family.series -= 1;
            if family.series == 0 {
                lock(names).release(&family.metric);
                self.by_name.remove(&family.metric.name);
                self.families[series.family] = None;
            }
        }
        let Tenant { streams, series, .. } = self;
        streams.expire(since, |place| series[place].is_none());
    }

    /// Adds the series as they stand.
    pub(super) fn snapshot_into(&self, now: u64, into: &mut BTreeMap<Box<str>, ForeignFamily>) {
        let mut said = HashMap::<usize, f64>::new();
        for stream in self.streams.by_id.values() {
            let is_heard = now.saturating_sub(stream.heard) <= self.limits.gauge;
            if let (Amount::Number(value), true) = (&stream.last, is_heard) {
                *said.entry(stream.series).or_default() += value;
            }
        }
        for (place, series) in self.series.iter().enumerate() {
            let Some(series) = series else { continue };
            let Some(family) = &self.families[series.family] else { continue };
            let Some(reading) = read(series, family.metric.kind, said.get(&place).copied()) else { continue };
            let metric = &family.metric;
            let exposed =
                into.entry(metric.name.clone()).or_insert_with(|| ForeignFamily::of(metric.clone()));
            exposed.series.push(reading);
        }
    }

    pub(super) fn usage(&self) -> ForeignUsage {
        let Streams { by_id, forgotten, .. } = &self.streams;
        ForeignUsage { series: self.index.len(), streams: by_id.len(), forgotten: *forgotten }
    }
}

/// Puts something where there is room.
fn put<T>(places: &mut Vec<Option<T>>, what: T) -> usize {
    if let Some(place) = places.iter().position(Option::is_none) {
        places[place] = Some(what);
        return place;
    }
    places.push(Some(what));
    places.len() - 1
}
