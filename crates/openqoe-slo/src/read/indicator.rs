//! `spec.indicator`: the name of a template, or a ratio, a time ratio or a latency over registered metrics.

use openqoe_spec::{MetricKind, Unit};

use super::node::Node;
use super::selector;
use crate::model::{Indicator, IndicatorKind, Part, Term};
use crate::problem::{Problem, Reason};
use crate::templates;

/// Reads an explicit indicator, or takes a template's.
pub(crate) fn indicator(node: &Node<'_>) -> Result<Indicator, Problem> {
    if !node.is_mapping() {
        let name = node.text("a template's name, or one of ratio, time_ratio, latency")?;
        return template(name).map_err(|reason| node.problem(reason));
    }
    let fields = node.clone().fields(&["ratio", "time_ratio", "latency"])?;
    match (fields.get("ratio"), fields.get("time_ratio"), fields.get("latency")) {
        (Some(ratio), None, None) => sums(ratio, IndicatorKind::Ratio),
        (None, Some(ratio), None) => sums(ratio, IndicatorKind::TimeRatio),
        (None, None, Some(node)) => latency(node),
        _ => Err(node.expected("exactly one of ratio, time_ratio, latency")),
    }
}

/// The indicator of a template.
pub(crate) fn template(name: &str) -> Result<Indicator, Reason> {
    templates::find(name).map(|template| template.indicator.clone()).ok_or_else(|| Reason::UnknownName {
        what: "template",
        name: name.into(),
        suggestion: templates::closest(name).map(str::to_owned),
    })
}

fn sums(node: Node<'_>, kind: IndicatorKind) -> Result<Indicator, Problem> {
    let fields = node.fields(&["bad", "good", "total"])?;
    let total = terms(&fields.require("total")?)?;
    let (bad, said) = match (fields.get("bad"), fields.get("good")) {
        (Some(bad), None) => (terms(&bad)?, bad),
        (None, Some(good)) => (total_without(&total, terms(&good)?), good),
        _ => return Err(fields.node().expected("either `bad` or `good`, beside `total`")),
    };
    let indicator = Indicator { kind, bad, total };
    check_units(&indicator).map_err(|message| said.invalid(message))?;
    Ok(indicator)
}

fn terms(node: &Node<'_>) -> Result<Vec<Term>, Problem> {
    const EXPECTED: &str = "a metric or a list of metrics";
    let term = |node: Node<'_>| selector::term(node.text(EXPECTED)?).map_err(|reason| node.problem(reason));
    node.one_or_more(EXPECTED)?.into_iter().map(term).collect()
}

/// What is not good is bad.
pub(crate) fn total_without(total: &[Term], good: Vec<Term>) -> Vec<Term> {
    let good = good.into_iter().map(|term| Term { subtracted: true, ..term });
    total.iter().cloned().chain(good).collect()
}

/// A ratio is of things of a kind.
pub(crate) fn check_units(indicator: &Indicator) -> Result<(), String> {
    let units: Vec<Unit> = indicator.bad.iter().chain(&indicator.total).map(unit).collect();
    let first = units.first().copied().unwrap_or(Unit::None);
    if units.iter().any(|unit| *unit != first) {
        return Err(
            "bad and total count different things: all of it has to be events, or all of it seconds".into()
        );
    }
    match (indicator.kind, first) {
        (IndicatorKind::TimeRatio, Unit::Seconds) => Ok(()),
        (IndicatorKind::TimeRatio, _) => {
            Err("a time ratio is of counters of seconds; for events write `ratio`".into())
        }
        (_, Unit::Seconds) => Err("these are seconds: write `time_ratio`".into()),
        _ => Ok(()),
    }
}

/// What a term counts.
pub(crate) fn unit(term: &Term) -> Unit {
    match term.part {
        Part::Value | Part::Sum => term.metric.unit,
        Part::Count | Part::Bucket(_) => Unit::None,
    }
}

fn latency(node: Node<'_>) -> Result<Indicator, Problem> {
    let fields = node.fields(&["metric", "threshold"])?;
    let metric = fields.require("metric")?;
    let threshold = threshold(&fields.require("threshold")?)?;
    let text = metric.text("a histogram such as openqoe_startup_time_seconds")?;
    let count = selector::term(&count_of(text)).map_err(|reason| metric.problem(reason))?;
    at_most(&count, threshold).map_err(|reason| fields.require("threshold").unwrap_or(metric).problem(reason))
}

/// `name{...}` as `name_count{...}`, where `name` is a histogram.
fn count_of(selector: &str) -> String {
    let (name, labels) = selector.split_at(selector.find('{').unwrap_or(selector.len()));
    let histogram = selector::metric(name.trim())
        .is_ok_and(|(metric, part)| metric.kind == MetricKind::Histogram && part == Part::Value);
    if histogram { format!("{}_count{labels}", name.trim()) } else { selector.into() }
}

/// A number in the unit of the histogram, or a duration.
pub(crate) fn threshold(node: &Node<'_>) -> Result<f64, Problem> {
    const EXPECTED: &str = "a number in the unit of the metric, or a duration such as 2s or 500ms";
    match node.number(EXPECTED) {
        Ok(number) => Ok(number),
        Err(problem) => {
            let text = node.text(EXPECTED)?;
            let millis =
                text.strip_suffix("ms").and_then(|text| text.parse::<f64>().ok()).map(|ms| ms / 1000.0);
            let seconds = || text.strip_suffix('s').and_then(|text| text.parse::<f64>().ok());
            let whole = || node.duration().ok().map(|duration| duration.as_secs_f64());
            millis.or_else(seconds).or_else(whole).ok_or(problem)
        }
    }
}

/// Observations beyond a threshold, of those a `_count` term counts.
pub(crate) fn at_most(count: &Term, threshold: f64) -> Result<Indicator, Reason> {
    let metric = count.metric;
    if count.part != Part::Count {
        let why = "is no histogram: a latency indicator needs one".into();
        return Err(Reason::Unsuitable { metric: metric.name, why });
    }
    if !metric.buckets.contains(&threshold) {
        return Err(Reason::NotABucketEdge { metric: metric.name, threshold, edges: metric.buckets });
    }
    let good = Term { part: Part::Bucket(threshold), ..count.clone() };
    let total = vec![count.clone()];
    let bad = total_without(&total, vec![good]);
    Ok(Indicator { kind: IndicatorKind::Latency { threshold }, bad, total })
}
