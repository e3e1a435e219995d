//! One summand of an indicator: a registered counter, or a part of a registered histogram.

use openqoe_spec::metrics::{EXPERIMENT, METRICS, OBJECTIVE, PROBE, PROCESS, SLO, TENANT, VIEW};
use openqoe_spec::{ATTRIBUTES, Class, MetricDef, MetricKind, Scope, ScopeDef};

use super::Matcher;

/// What of a metric is summed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// The value of a counter.
    Value,
    /// How many observations a histogram holds.
    Count,
    /// The sum of a histogram's observations, in its unit.
    Sum,
    /// How many observations are at most this, which is one of the histogram's classic bounds.
    Bucket(f64),
}

/// One summand.
#[derive(Clone, Debug)]
pub struct Term {
    /// The metric: a counter or a histogram of scope view, experiment or tenant.
    pub metric: &'static MetricDef,
    /// What of it.
    pub part: Part,
    /// Which of its series, by its closed labels and its guarded one. None is all.
    pub labels: Vec<Matcher>,
    /// Whether it is subtracted.
    pub subtracted: bool,
}

impl PartialEq for Term {
    fn eq(&self, other: &Term) -> bool {
        let (one, two) = (self, other);
        std::ptr::eq(one.metric, two.metric)
            && (one.part, &one.labels, one.subtracted) == (two.part, &two.labels, two.subtracted)
    }
}

impl Term {
    /// The slots it sums, of the counters, histograms or keyed counters of its metric's scope. Where the metric has a guarded
    /// label ([`MetricDef::key`]), [`Term::accepts_key`] tells which of a slot's values count.
    pub fn slots(&self) -> Vec<usize> {
        let slots = table(self.metric).iter().enumerate();
        slots.filter(|(_, slot)| self.owns(slot)).map(|(position, _)| position).collect()
    }

    fn owns(&self, slot: &openqoe_spec::SlotDef) -> bool {
        let closed = |label: &str| pairs(slot.labels).find(|(name, _)| *name == label);
        std::ptr::eq(&METRICS[slot.metric], self.metric)
            && self
                .labels
                .iter()
                .all(|matcher| closed(&matcher.label).is_none_or(|(_, value)| matcher.accepts(value)))
    }

    /// Whether a value of the metric's guarded label counts.
    pub fn accepts_key(&self, value: &str) -> bool {
        let Some(key) = self.metric.key else { return true };
        let own = |matcher: &&Matcher| matcher.label == key.as_str();
        self.labels.iter().filter(own).all(|matcher| matcher.accepts(value))
    }

    /// 1 or -1.
    pub fn sign(&self) -> f64 {
        if self.subtracted { -1.0 } else { 1.0 }
    }
}

fn layout(scope: Scope) -> &'static ScopeDef {
    match scope {
        Scope::View => &VIEW,
        Scope::Experiment => &EXPERIMENT,
        Scope::Slo => &SLO,
        Scope::Objective => &OBJECTIVE,
        Scope::Tenant => &TENANT,
        Scope::Process => &PROCESS,
        Scope::Probe => &PROBE,
    }
}

/// The slots a metric's values are among.
fn table(metric: &MetricDef) -> &'static [openqoe_spec::SlotDef] {
    let layout = layout(metric.scope);
    match metric.kind {
        MetricKind::Counter if metric.key.is_some() => layout.keyed,
        MetricKind::Counter => layout.counters,
        MetricKind::Gauge => layout.gauges,
        MetricKind::Histogram => layout.histograms,
    }
}

/// The pairs of a slot's labels, whose values are generated and need no escapes.
fn pairs(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.split("\",").filter_map(|pair| pair.trim_end_matches('"').split_once("=\""))
}

/// The closed labels of a metric with their values: `[("failure", ["technical", "business"])]`.
pub fn closed_labels(metric: &MetricDef) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut labels: Vec<(&str, Vec<&str>)> = Vec::new();
    let own = table(metric).iter().filter(|slot| std::ptr::eq(&METRICS[slot.metric], metric));
    for (name, value) in own.flat_map(|slot| pairs(slot.labels)) {
        match labels.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) if values.contains(&value) => {}
            Some((_, values)) => values.push(value),
            None => labels.push((name, vec![value])),
        }
    }
    labels
}

/// The labels every series of a scope can have: what an objective may be grouped and filtered by.
pub fn row_labels(scope: Scope) -> Vec<&'static str> {
    let attributes = ATTRIBUTES.iter().filter(|attribute| attribute.class != Class::TraceOnly);
    match scope {
        Scope::View => std::iter::once("tenant").chain(attributes.map(|attribute| attribute.name)).collect(),
        Scope::Experiment => vec!["tenant", "experiment_id", "experiment_variant"],
        Scope::Slo => vec!["tenant", "content_type"],
        Scope::Tenant => vec!["tenant"],
        Scope::Objective | Scope::Process | Scope::Probe => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use openqoe_spec::metrics::tenant::Histogram as TenantHistogram;
    use openqoe_spec::metrics::view::{Counter, Histogram, KeyedCounter};
    use openqoe_spec::{Failure, LatencyClock, Protocol, Severity};

    use super::*;

    fn term(stem: &str, labels: &[(&str, bool, &str)]) -> Term {
        let is_it = |metric: &&MetricDef| metric.name.strip_prefix("openqoe_") == Some(stem);
        let metric = METRICS.iter().find(is_it).unwrap();
        let labels = labels.iter().map(|(label, negated, value)| Matcher {
            label: (*label).into(),
            negated: *negated,
            values: vec![(*value).into()],
        });
        Term { metric, part: Part::Value, labels: labels.collect(), subtracted: false }
    }

    #[test]
    fn slots_are_those_of_the_labels() {
        let technical = Counter::StartupFailed(Failure::Technical).slot();
        let business = Counter::StartupFailed(Failure::Business).slot();
        assert_eq!(term("startup_failed_total", &[]).slots(), [technical, business]);
        assert_eq!(term("startup_failed_total", &[("failure", false, "technical")]).slots(), [technical]);
        assert_eq!(term("startup_failed_total", &[("failure", true, "technical")]).slots(), [business]);
        assert_eq!(term("startup_plays_total", &[]).slots(), [Counter::StartupPlays.slot()]);
        let clocks =
            LatencyClock::ALL.iter().map(|clock| Histogram::PlaybackLiveLatencySeconds(*clock).slot());
        assert_eq!(term("playback_live_latency_seconds", &[]).slots(), clocks.collect::<Vec<_>>());
        let delay = TenantHistogram::IngestEventDelaySeconds(Protocol::Native).slot();
        assert!(term("ingest_event_delay_seconds", &[]).slots().contains(&delay));
    }

    #[test]
    fn guarded_labels_are_told_by_value() {
        let term = term("err_player_total", &[("severity", false, "fatal"), ("error_code", false, "42")]);
        assert_eq!(term.slots(), [KeyedCounter::ErrPlayer(Severity::Fatal).slot()]);
        assert!(term.accepts_key("42") && !term.accepts_key("43"));
    }

    #[test]
    fn labels_of_metrics_and_rows() {
        let failed = term("startup_failed_total", &[]).metric;
        assert_eq!(closed_labels(failed), [("failure", vec!["technical", "business"])]);
        let outcomes = closed_labels(term("ingest_event_outcomes_total", &[]).metric);
        assert!(outcomes.iter().any(|(label, values)| *label == "protocol" && values[0] == "native"));
        let view = row_labels(Scope::View);
        assert!(view.contains(&"tenant") && view.contains(&"cdn") && !view.contains(&"session_id"));
    }
}
