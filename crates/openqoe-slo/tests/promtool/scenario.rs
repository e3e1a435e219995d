//! Series that make an objective's error ratio what a test wants it to be, for any objective. They follow from the model alone,
//! not from the rules they are to judge.

use openqoe_slo::model::closed_labels;
use openqoe_slo::{Matcher, Part, Slo, Term};

/// What one tenant lives through: so much total and so much bad of it, every minute.
pub(crate) struct Scenario {
    pub(crate) tenant: String,
    pub(crate) total: f64,
    pub(crate) ratio: f64,
    /// After so many minutes nothing happens any more.
    pub(crate) until: Option<u64>,
}

/// Seconds between two samples: enough of them for the objective's shortest window.
pub(crate) fn step(slo: &Slo) -> u64 {
    if slo.windows()[0].as_secs() < 120 { 5 } else { 60 }
}

impl Scenario {
    /// Its series in the notation of promtool, a sample each [`step`].
    pub(crate) fn series(&self, slo: &Slo) -> Vec<(String, String)> {
        let bad = self.total * self.ratio;
        let mut rates: Vec<(&Term, f64)> = match slo.indicator.bad.iter().find(|term| term.subtracted) {
            Some(good) => vec![(&slo.indicator.total[0], self.total), (good, self.total - bad)],
            None => {
                let term = &slo.indicator.bad[0];
                let own =
                    |other: &&Term| std::ptr::eq(other.metric, term.metric) && values_overlap(other, term);
                match slo.indicator.total.iter().find(|other| !own(other)) {
                    // What is bad is part of the total: the rest is something else of it.
                    Some(rest) if slo.indicator.total.iter().any(|other| own(&other)) => {
                        vec![(term, bad), (rest, self.total - bad)]
                    }
                    _ => vec![(term, bad), (&slo.indicator.total[0], self.total)],
                }
            }
        };
        // The counters of a domain come with 0.
        let others =
            slo.indicator.total.iter().filter(|term| !rates.iter().any(|(own, _)| same_series(own, term)));
        let others: Vec<_> = others.map(|term| (term, 0.0)).collect();
        rates.extend(others);
        rates.into_iter().map(|(term, rate)| (self.name(slo, term), self.values(rate, step(slo)))).collect()
    }

    fn name(&self, slo: &Slo, term: &Term) -> String {
        let (suffix, le) = match term.part {
            Part::Value => ("", None),
            Part::Count => ("_count", None),
            Part::Sum => ("_sum", None),
            // As Prometheus 3 stores it.
            Part::Bucket(bound) => ("_bucket", Some(format!("{bound:?}"))),
        };
        let mut labels = vec![("tenant".to_owned(), self.tenant.clone())];
        labels.extend(slo.group_by[1..].iter().map(|label| ((*label).to_owned(), "group".to_owned())));
        labels.extend(slo.filter.iter().map(|matcher| (matcher.label.clone(), accepted(matcher))));
        let closed = closed_labels(term.metric).into_iter().map(|(label, values)| {
            let own = term.labels.iter().find(|matcher| matcher.label == label);
            (label.to_owned(), own.map_or(values[0].to_owned(), accepted))
        });
        labels.extend(closed);
        let keyed = term
            .labels
            .iter()
            .filter(|matcher| term.metric.key.is_some_and(|key| key.as_str() == matcher.label));
        labels.extend(keyed.map(|matcher| (matcher.label.clone(), accepted(matcher))));
        labels.extend(le.map(|bound| ("le".to_owned(), bound)));
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        format!("{}{suffix}{{{}}}", term.metric.name, labels.join(","))
    }

    fn values(&self, a_minute: f64, step: u64) -> String {
        let rate = a_minute * step as f64 / 60.0;
        match self.until.map(|minutes| minutes * 60 / step) {
            None => format!("0+{rate}x2000"),
            Some(samples) => format!("0+{rate}x{samples} {}x2000", rate * samples as f64),
        }
    }
}

fn accepted(matcher: &Matcher) -> String {
    if matcher.negated { "another".into() } else { matcher.values[0].clone() }
}

/// Whether two terms of one metric can be about the same series.
fn values_overlap(one: &Term, other: &Term) -> bool {
    let differs = |matcher: &Matcher| {
        other.labels.iter().any(|theirs| {
            theirs.label == matcher.label && !theirs.values.iter().any(|value| matcher.accepts(value))
        })
    };
    !one.labels.iter().any(differs)
}

/// Whether a scenario gives two terms the same name.
fn same_series(one: &Term, other: &Term) -> bool {
    std::ptr::eq(one.metric, other.metric) && one.part == other.part && values_overlap(one, other)
}
