//! What a key performance indicator is: one division of sums, one quantile, one rate or one level, over the registered metrics.
//! The rows of the tables are generated from `spec/registry/kpis.yaml`; the query of Prometheus that gives the same number is
//! written here.

use std::fmt::Write;

use crate::generated::kpis::{DEFS, HISTOGRAMS, Kpi, LEVELS, TERMS};
use crate::generated::metrics::METRICS;

/// What a term takes from its metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermOf {
    /// The value of a counter.
    Counter,
    /// How many values a histogram has.
    HistogramCount,
    /// Their sum.
    HistogramSum,
}

/// A sum over some slots of a row.
#[derive(Debug)]
pub struct TermDef {
    /// The name as a query writes it, with the suffix of a histogram's part.
    pub name: &'static str,
    /// Matchers of closed labels, such as `failure="technical"`; often empty.
    pub labels: &'static str,
    /// What of the metric.
    pub of: TermOf,
    /// Index into [`METRICS`].
    pub metric: usize,
    /// Slots of a view row, of the metric's kind.
    pub slots: &'static [usize],
}

/// A histogram that quantiles are taken from: the sum of some slots of a row.
#[derive(Debug)]
pub struct HistogramDef {
    /// Index into [`METRICS`].
    pub metric: usize,
    /// Histogram slots of a view row.
    pub slots: &'static [usize],
}

/// A level: the sum of some gauges of a row.
#[derive(Debug)]
pub struct LevelDef {
    /// Index into [`METRICS`].
    pub metric: usize,
    /// Gauge slots of a view row.
    pub slots: &'static [usize],
}

/// How an indicator comes about.
#[derive(Debug)]
pub enum KpiKind {
    /// `scale` x the sum of `part` / the sum of `whole`, both indexes into [`TERMS`].
    Ratio {
        /// The numerator.
        part: &'static [usize],
        /// The denominator; where it is 0 there is no value.
        whole: &'static [usize],
        /// What the quotient is multiplied with.
        scale: f64,
    },
    /// The `q`-quantile of one of [`HISTOGRAMS`].
    Quantile {
        /// Between 0 and 1.
        q: f64,
        /// Index into [`HISTOGRAMS`].
        of: usize,
    },
    /// The growth of a term by the second.
    Rate {
        /// Index into [`TERMS`].
        of: usize,
    },
    /// One of [`LEVELS`].
    Level {
        /// Index into [`LEVELS`].
        of: usize,
    },
}

/// The unit an indicator is given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KpiUnit {
    /// A fraction of one.
    Ratio,
    /// Seconds.
    Seconds,
    /// Bits in a second.
    BitsPerSecond,
    /// Times in an hour of playing.
    PerHour,
    /// Times in a second.
    PerSecond,
    /// A plain count.
    Count,
}

impl KpiUnit {
    /// The name in the registry and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            KpiUnit::Ratio => "ratio",
            KpiUnit::Seconds => "seconds",
            KpiUnit::BitsPerSecond => "bits_per_second",
            KpiUnit::PerHour => "per_hour",
            KpiUnit::PerSecond => "per_second",
            KpiUnit::Count => "count",
        }
    }
}

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less of it.
    Lower,
    /// More of it.
    Higher,
    /// Neither: it is how much there is.
    Neither,
}

impl Better {
    /// The name in the registry and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Better::Lower => "lower",
            Better::Higher => "higher",
            Better::Neither => "neither",
        }
    }
}

/// One indicator.
#[derive(Debug)]
pub struct KpiDef {
    /// `rebuffer_ratio`.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
    /// One or more sentences.
    pub help: &'static str,
    /// Unit of the value.
    pub unit: KpiUnit,
    /// Which way is good.
    pub better: Better,
    /// How it comes about.
    pub kind: KpiKind,
    /// The whole (of a quantile, the number of values) below which nobody should draw conclusions.
    pub least: f64,
}

impl Kpi {
    /// Its definition.
    pub fn def(self) -> &'static KpiDef {
        &DEFS[self as usize]
    }

    /// `rebuffer_ratio`.
    pub fn as_str(self) -> &'static str {
        self.def().id
    }

    /// The indicator of an id.
    pub fn parse(id: &str) -> Option<Kpi> {
        Kpi::ALL.iter().copied().find(|kpi| kpi.as_str() == id)
    }

    /// The query of Prometheus that gives it, by some labels, over a range such as `5m` (a level has no range).
    ///
    /// `matchers` is label matchers without braces, or empty: `tenant="default",cdn="edge-b"`.
    pub fn promql(self, matchers: &str, by: &[&str], range: &str) -> String {
        let by_text = |labels: &[&str]| match labels {
            [] => String::new(),
            labels => format!(" by ({})", labels.join(", ")),
        };
        let sum = |indexes: &[usize]| {
            let mut text = String::new();
            for index in indexes {
                let TermDef { name, labels, .. } = &TERMS[*index];
                let selector = selector(name, &[matchers, labels]);
                let plus = if text.is_empty() { "" } else { " + " };
                let _ = write!(text, "{plus}sum{} (rate({selector}[{range}]))", by_text(by));
            }
            if indexes.len() > 1 { format!("({text})") } else { text }
        };
        match &self.def().kind {
            KpiKind::Ratio { part, whole, scale } => {
                let factor = if *scale == 1.0 { String::new() } else { format!("{scale} * ") };
                format!("{factor}{} / {}", sum(part), sum(whole))
            }
            KpiKind::Quantile { q, of } => {
                let name = format!("{}_bucket", METRICS[HISTOGRAMS[*of].metric].name);
                let labels: Vec<&str> = ["le"].into_iter().chain(by.iter().copied()).collect();
                let selector = selector(&name, &[matchers]);
                format!("histogram_quantile({q}, sum{} (rate({selector}[{range}])))", by_text(&labels))
            }
            KpiKind::Rate { of } => sum(&[*of]),
            KpiKind::Level { of } => {
                let name = METRICS[LEVELS[*of].metric].name;
                format!("sum{} ({})", by_text(by), selector(name, &[matchers]))
            }
        }
    }
}

fn selector(name: &str, matchers: &[&str]) -> String {
    let matchers: Vec<&str> = matchers.iter().copied().filter(|matcher| !matcher.is_empty()).collect();
    if matchers.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", matchers.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Scope;

    #[test]
    fn ids_lead_back() {
        assert!(Kpi::ALL.iter().all(|kpi| Kpi::parse(kpi.as_str()) == Some(*kpi)));
        assert_eq!(Kpi::parse("rebuffering"), None);
    }

    #[test]
    fn terms_are_of_view_rows() {
        for term in &TERMS {
            let def = &METRICS[term.metric];
            let own = def.first_slot..def.first_slot + def.slots;
            assert_eq!(def.scope, Scope::View, "{}", term.name);
            assert!(
                !term.slots.is_empty() && term.slots.iter().all(|slot| own.contains(slot)),
                "{}",
                term.name
            );
        }
        let failed = TERMS.iter().find(|term| term.labels == "failure=\"technical\"").unwrap();
        assert_eq!(failed.slots.len(), 1);
        let own = METRICS.iter().map(|def| def.first_slot..def.first_slot + def.slots);
        let own: Vec<_> = own.collect();
        assert!(HISTOGRAMS.iter().all(|def| def.slots.iter().all(|slot| own[def.metric].contains(slot))));
        assert!(LEVELS.iter().all(|def| def.slots.iter().all(|slot| own[def.metric].contains(slot))));
    }

    #[test]
    fn queries() {
        for (kpi, matchers, by, expected) in [
            (
                Kpi::RebuffersPerHour,
                "",
                &[][..],
                "3600 * sum (rate(openqoe_playback_rebuffers_total[5m])) / sum (rate(openqoe_playback_playing_seconds_total[5m]))",
            ),
            (
                Kpi::PlaybackFailureRatio,
                "tenant=\"a\"",
                &["cdn"][..],
                "sum by (cdn) (rate(openqoe_playback_failed_total{tenant=\"a\",failure=\"technical\"}[5m])) / sum by (cdn) (rate(openqoe_startup_plays_total{tenant=\"a\"}[5m]))",
            ),
            (
                Kpi::StartupP95,
                "",
                &["cdn"][..],
                "histogram_quantile(0.95, sum by (le, cdn) (rate(openqoe_startup_time_seconds_bucket[5m])))",
            ),
            (Kpi::Viewers, "tenant=\"a\"", &[][..], "sum (openqoe_playback_active_sessions{tenant=\"a\"})"),
            (Kpi::Attempts, "", &[][..], "sum (rate(openqoe_startup_attempts_total[5m]))"),
        ] {
            assert_eq!(kpi.promql(matchers, by, "5m"), expected);
        }
    }
}
