//! `kind: PlaybackSLO`, documented in docs/guide/slos.md.

use std::time::Duration;

use openqoe_spec::Unit;

use super::alerts::{self, MinTotal, Terms};
use super::node::{Fields, Node};
use super::{filter, indicator, labels};
use crate::model::{Indicator, IndicatorKind, NoData, Slo};
use crate::number::{clean, spell};
use crate::problem::{Problem, Reason};

const KEYS: [&str; 14] = [
    "description",
    "indicator",
    "threshold",
    "objective",
    "target",
    "window",
    "filter",
    "group_by",
    "profile",
    "alert",
    "min_total",
    "no_data",
    "labels",
    "annotations",
];
const DAY: Duration = Duration::from_secs(86_400);
/// What an objective is about when it does not say so.
const WINDOW: Duration = Duration::from_secs(30 * 86_400);
/// Half of everything bad is no objective, but a target where a budget belongs.
const MAX_BUDGET: f64 = 0.5;

/// Reads a document.
pub(crate) fn read(root: Node<'_>) -> Result<Slo, Problem> {
    let document = root.fields(&["apiVersion", "kind", "metadata", "spec"])?;
    let metadata = document.require("metadata")?.fields(&["name", "labels", "annotations"])?;
    let name = name(&metadata)?;
    let spec = document.require("spec")?.fields(&KEYS)?;
    let indicator = read_indicator(&metadata, &spec)?;
    let budget = budget(&spec)?;
    let window = window(&spec)?;
    let min_total = min_total(&spec, &indicator)?;
    Ok(Slo {
        description: spec.get("description").map_or(Ok(String::new()), |node| node.scalar("text"))?,
        filter: spec.get("filter").map_or(Ok(Vec::new()), |node| filter::filter(&node, &indicator))?,
        group_by: filter::group_by(spec.get("group_by").as_ref(), &indicator)?,
        target: clean(1.0 - budget),
        budget,
        window,
        alerts: alerts::alerts(&spec, &Terms { budget, window, min_total })?,
        no_data: no_data(&spec, min_total)?,
        labels: spec.get("labels").map_or(Ok(Default::default()), |node| labels::read(&node, &[]))?,
        annotations: spec
            .get("annotations")
            .map_or(Ok(Default::default()), |node| labels::annotations(&node))?,
        name,
        indicator,
    })
}

/// `metadata.name`, which becomes the label `slo` and part of the names of groups.
pub(super) fn name(metadata: &Fields<'_>) -> Result<String, Problem> {
    const EXPECTED: &str = "lower case letters, digits and dashes, at most 63";
    let node = metadata.require("name")?;
    let name = node.text(EXPECTED)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match !name.is_empty() && name.len() <= 63 && name.bytes().all(plain) {
        true => Ok(name.to_owned()),
        false => Err(node.expected(EXPECTED)),
    }
}

/// Without `spec.indicator` the name is a template's. `spec.threshold` moves the threshold of a template.
fn read_indicator(metadata: &Fields<'_>, spec: &Fields<'_>) -> Result<Indicator, Problem> {
    let found = match spec.get("indicator") {
        Some(node) => indicator::indicator(&node)?,
        None => {
            let name = metadata.require("name")?;
            let missing = |reason| match reason {
                Reason::UnknownName { suggestion: None, name, .. } => Reason::Invalid(format!(
                    "no template is called `{name}`, so `spec.indicator` has to say what is measured"
                )),
                other => other,
            };
            indicator::template(name.text("a name")?).map_err(|reason| name.problem(missing(reason)))?
        }
    };
    let Some(node) = spec.get("threshold") else { return Ok(found) };
    match (found.kind, found.total.as_slice()) {
        (IndicatorKind::Latency { .. }, [count]) => {
            indicator::at_most(count, indicator::threshold(&node)?).map_err(|reason| node.problem(reason))
        }
        _ => Err(node.invalid("only latency indicators have a threshold")),
    }
}

/// `objective` is what may be bad, `target` what should be good; one of them.
fn budget(spec: &Fields<'_>) -> Result<f64, Problem> {
    let (node, budget) = match (spec.get("objective"), spec.get("target")) {
        (Some(node), None) => {
            let budget = node.number("the part that may be bad, such as 0.02")?;
            (node, budget)
        }
        (None, Some(node)) => {
            let target = node.number("the part that should be good, such as 0.98")?;
            return target_budget(&node, target);
        }
        (None, None) => return spec.require("objective").map(|_| 0.0),
        (Some(node), Some(_)) => {
            return Err(
                node.invalid("say either `objective`, what may be bad, or `target`, what should be good")
            );
        }
    };
    if budget > MAX_BUDGET && budget < 1.0 {
        return Err(node.invalid(format_args!(
            "{0} would let {1} % be bad; for a target of {1} % good write `target: {0}`",
            spell(budget),
            spell(budget * 100.0)
        )));
    }
    fraction(&node, budget, "the part that may be bad")?;
    Ok(clean(budget))
}

/// The budget a target leaves.
pub(super) fn target_budget(node: &Node<'_>, target: f64) -> Result<f64, Problem> {
    fraction(node, target, "the part that should be good")?;
    let budget = clean(1.0 - target);
    if budget > MAX_BUDGET {
        return Err(node.invalid(format_args!(
            "{0} would let {1} % be bad; for a budget of {2} % write `objective: {0}`",
            spell(target),
            spell(budget * 100.0),
            spell(target * 100.0)
        )));
    }
    Ok(budget)
}

fn fraction(node: &Node<'_>, number: f64, meaning: &str) -> Result<(), Problem> {
    if number > 1.0 && number < 100.0 {
        return Err(node.invalid(format_args!(
            "is {meaning}, a fraction: for {0} % write {1}",
            spell(number),
            spell(number / 100.0)
        )));
    }
    // Closer to all or nothing than a ten-millionth is neither kept nor measured.
    if !(1e-7..=1.0 - 1e-7).contains(&number) {
        return Err(node.expected(format_args!("{meaning}, a fraction between 0 and 1")));
    }
    Ok(())
}

fn window(spec: &Fields<'_>) -> Result<Duration, Problem> {
    let Some(node) = spec.get("window") else { return Ok(WINDOW) };
    let window = node.duration()?;
    in_bounds(&node, window)?;
    Ok(window)
}

/// An objective's window is one day to ninety.
pub(super) fn in_bounds(node: &Node<'_>, window: Duration) -> Result<(), Problem> {
    if (DAY..=90 * DAY).contains(&window) { Ok(()) } else { Err(node.expected("a window from 1d to 90d")) }
}

/// What is needed before anything is concluded, in what the indicator counts.
fn min_total(spec: &Fields<'_>, indicator: &Indicator) -> Result<MinTotal, Problem> {
    let Some(node) = spec.get("min_total") else { return Ok(default_min_total(indicator)) };
    let total = node.number("how much has to have happened in an alert's long window, events or seconds")?;
    if total < 0.0 { Err(node.expected("0 or more")) } else { Ok(MinTotal::Said(total)) }
}

/// Twenty-five views or ten minutes, and five bad views or a bad minute: one unlucky viewer is nobody's emergency.
pub(crate) fn default_min_total(indicator: &Indicator) -> MinTotal {
    match indicator.total.first().map(indicator::unit) {
        Some(Unit::Seconds) => MinTotal::Default { least: 600.0, bad: 60.0 },
        _ => MinTotal::Default { least: 25.0, bad: 5.0 },
    }
}

fn no_data(spec: &Fields<'_>, min_total: MinTotal) -> Result<Option<NoData>, Problem> {
    let Some(node) = spec.get("no_data") else { return Ok(Some(default_no_data(min_total))) };
    if node.is_off() {
        return Ok(None);
    }
    let fields = node.fields(&["min_total"])?;
    let min_total =
        alerts::positive(&fields.require("min_total")?, "the total of an hour whose absence is noticed")?;
    Ok(Some(NoData { min_total }))
}

/// Silence is noticed where an hour used to bring more than a handful.
pub(super) fn default_no_data(min_total: MinTotal) -> NoData {
    match min_total {
        MinTotal::Said(total) => NoData { min_total: total.max(1.0) },
        MinTotal::Default { least, .. } => NoData { min_total: least },
    }
}
