//! The terms of an indicator as PromQL.

use openqoe_spec::MetricKind;

use crate::model::{Matcher, Part, Slo, Term};
use crate::number::spell;

/// The increase of a sum of terms within a window, for each group: `sum by (tenant) (increase(metric[5m]))`, and the others added.
pub(super) fn increase(slo: &Slo, terms: &[Term], window: &str) -> String {
    let by = slo.group_by.join(", ");
    let one = |term: &Term| format!("sum by ({by}) (increase({}[{window}]))", selector(slo, term));
    if appear_together(terms) {
        return terms.iter().map(one).collect::<Vec<_>>().join("\n+\n");
    }
    // One of them may be missing where another is there, which `+` would take for nothing at all.
    let part = |(position, term): (usize, &Term)| {
        format!("  label_replace({}, \"term\", \"{position}\", \"\", \"\")", one(term))
    };
    let parts: Vec<String> = terms.iter().enumerate().map(part).collect();
    format!("sum by ({by}) (\n{}\n)", parts.join("\n  or\n"))
}

/// What is bad, never less than nothing, and 0 where nothing of it was ever counted. `total` is the recorded total.
pub(super) fn bad_increase(slo: &Slo, window: &str, total: &str) -> String {
    let (bad, on) = (&slo.indicator.bad, slo.group_by.join(", "));
    let good: Vec<Term> = bad
        .iter()
        .filter(|term| term.subtracted)
        .map(|term| Term { subtracted: false, ..term.clone() })
        .collect();
    if good.is_empty() {
        let sum = increase(slo, bad, window);
        let all: Vec<Term> = bad.iter().chain(&slo.indicator.total).cloned().collect();
        return if appear_together(&all) { sum } else { format!("{sum}\nor on ({on})\n0 * {total}") };
    }
    // Whatever is subtracted is subtracted from the total: `good` says it so, and a latency has the good ones in a bucket.
    let sum = increase(slo, &good, window);
    let all: Vec<Term> = good.iter().chain(&slo.indicator.total).cloned().collect();
    let good = if appear_together(&all) {
        sum
    } else {
        format!("(\n{}\n  or on ({on})\n  0 * {total}\n)", indent(&sum))
    };
    format!("clamp_min(\n  {total}\n  - on ({on})\n{},\n  0\n)", indent(&good))
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// Whether series of all these terms come into being together: the counters of a domain do, with 0, and the parts of a histogram.
fn appear_together(terms: &[Term]) -> bool {
    let [first, rest @ ..] = terms else { return true };
    rest.iter().all(|term| {
        let (one, other) = (first.metric, term.metric);
        let counters =
            [one, other].iter().all(|metric| metric.kind == MetricKind::Counter && metric.key.is_none());
        std::ptr::eq(one, other) && one.key.is_none()
            || counters && (one.domain, one.scope) == (other.domain, other.scope)
    })
}

fn selector(slo: &Slo, term: &Term) -> String {
    let suffix = match term.part {
        Part::Value => "",
        Part::Count => "_count",
        Part::Sum => "_sum",
        Part::Bucket(_) => "_bucket",
    };
    let mut conditions: Vec<String> = slo.filter.iter().chain(&term.labels).map(Matcher::promql).collect();
    if let Part::Bucket(bound) = term.part {
        conditions.push(le(bound));
    }
    let name = format!("{}{suffix}", term.metric.name);
    if conditions.is_empty() { name } else { format!("{name}{{{}}}", conditions.join(",")) }
}

/// The text format says `le="2"`, OpenMetrics and Prometheus 3 say `le="2.0"`.
fn le(bound: f64) -> String {
    if bound.fract() == 0.0 {
        format!("le=~\"{0}|{0}\\\\.0\"", spell(bound))
    } else {
        format!("le=\"{}\"", spell(bound))
    }
}
