//! OpenSLO v1 (<https://github.com/OpenSLO/OpenSLO>, "SLO"): ratios of our metrics, judged by occurrences. What it can say and
//! OpenQoE does not do is refused with what to do instead, for an objective that is half understood promises something else.

use std::time::Duration;

use super::alerts::{self, Terms};
use super::indicator::{check_units, total_without, unit};
use super::node::{Fields, Node};
use super::{filter, labels, playback_slo, selector};
use crate::model::{Indicator, IndicatorKind, Matcher, Slo, Term};
use crate::number::clean;
use crate::problem::Problem;
use openqoe_spec::Unit;

const KEYS: [&str; 8] = [
    "description",
    "service",
    "indicator",
    "indicatorRef",
    "timeWindow",
    "budgetingMethod",
    "objectives",
    "alertPolicies",
];

/// Reads a document: one objective for each of `spec.objectives`.
pub(crate) fn read(root: Node<'_>) -> Result<Vec<Slo>, Problem> {
    let document = root.fields(&["apiVersion", "kind", "metadata", "spec"])?;
    let metadata = document.require("metadata")?.fields(&["name", "displayName", "labels", "annotations"])?;
    let spec = document.require("spec")?.fields(&KEYS)?;
    refuse(&spec)?;
    let (indicator, filter) = indicator(&spec)?;
    let objectives = spec.require("objectives")?.items("a list of objectives")?;
    let name = playback_slo::name(&metadata)?;
    let slo = |(position, node): (usize, Node<'_>)| {
        let name = if position == 0 { name.clone() } else { format!("{name}-{}", position + 1) };
        let budget = budget(node)?;
        let window = window(&spec)?;
        let min_total = playback_slo::default_min_total(&indicator);
        Ok(Slo {
            name,
            description: description(&metadata, &spec)?,
            filter: filter.clone(),
            group_by: filter::group_by(None, &indicator)?,
            target: clean(1.0 - budget),
            budget,
            window,
            alerts: alerts::alerts(&spec, &Terms { budget, window, min_total })?,
            no_data: Some(playback_slo::default_no_data(min_total)),
            labels: service(&spec)?,
            annotations: metadata
                .get("annotations")
                .map_or(Ok(Default::default()), |node| labels::annotations(&node))?,
            indicator: indicator.clone(),
        })
    };
    objectives.into_iter().enumerate().map(slo).collect()
}

fn refuse(spec: &Fields<'_>) -> Result<(), Problem> {
    let method = spec.require("budgetingMethod")?;
    match method.text("Occurrences")? {
        "Occurrences" => {}
        "Timeslices" | "RatioTimeslices" => {
            return Err(method.invalid(
                "time slices weigh a quiet night like the final: write `Occurrences`, or a PlaybackSLO with `time_ratio`, which counts \
                 the seconds viewers lost",
            ));
        }
        _ => return Err(method.expected("Occurrences")),
    }
    if let Some(node) = spec.get("alertPolicies")
        && !node.items("a list")?.is_empty()
    {
        return Err(node.invalid("alert policies are not read: leave them out, and the alerts are those of the profile google, or write a PlaybackSLO"));
    }
    match spec.get("indicatorRef") {
        Some(node) => Err(node.invalid("references are not followed: write the SLI under `spec.indicator`")),
        None => Ok(()),
    }
}

fn description(metadata: &Fields<'_>, spec: &Fields<'_>) -> Result<String, Problem> {
    let said = spec.get("description").or_else(|| metadata.get("displayName"));
    said.map_or(Ok(String::new()), |node| node.scalar("text"))
}

/// The service becomes a label.
fn service(spec: &Fields<'_>) -> Result<std::collections::BTreeMap<String, String>, Problem> {
    let service = spec.get("service").map(|node| node.scalar("text")).transpose()?;
    Ok(service.map(|service| ("service".to_owned(), service)).into_iter().collect())
}

fn window(spec: &Fields<'_>) -> Result<Duration, Problem> {
    const EXPECTED: &str = "a list of one rolling window";
    let node = spec.require("timeWindow")?;
    let [window] = <[Node<'_>; 1]>::try_from(node.items(EXPECTED)?).map_err(|_| node.expected(EXPECTED))?;
    let fields = window.fields(&["duration", "isRolling", "calendar"])?;
    let rolling = fields.get("isRolling").is_none_or(|node| !node.is_off());
    if let Some(node) = fields.get("calendar").or_else(|| fields.get("isRolling").filter(|_| !rolling)) {
        return Err(node.invalid(
            "calendar windows forget everything at midnight of the first: write `isRolling: true`",
        ));
    }
    let duration = fields.require("duration")?;
    let window = duration.duration()?;
    playback_slo::in_bounds(&duration, window)?;
    Ok(window)
}

fn budget(objective: Node<'_>) -> Result<f64, Problem> {
    const KEYS: [&str; 7] =
        ["displayName", "target", "targetPercent", "op", "value", "timeSliceTarget", "timeSliceWindow"];
    let fields = objective.fields(&KEYS)?;
    for key in ["op", "value", "timeSliceTarget", "timeSliceWindow"] {
        if let Some(node) = fields.get(key) {
            return Err(
                node.invalid("belongs to thresholds and time slices; the ratio of an indicator has neither")
            );
        }
    }
    match (fields.get("target"), fields.get("targetPercent")) {
        (None, Some(node)) => {
            let percent = node.number("a percentage such as 99.5")?;
            playback_slo::target_budget(&node, clean(percent / 100.0))
        }
        (Some(node), None) => playback_slo::target_budget(&node, node.number("a fraction such as 0.995")?),
        _ => Err(fields.node().expected("either `target` or `targetPercent`")),
    }
}

/// `ratioMetric`, with what its queries say of attributes as the filter.
fn indicator(spec: &Fields<'_>) -> Result<(Indicator, Vec<Matcher>), Problem> {
    let indicator = spec.require("indicator")?.fields(&["metadata", "spec"])?;
    let sli = indicator.require("spec")?.fields(&["description", "ratioMetric", "thresholdMetric"])?;
    if let Some(node) = sli.get("thresholdMetric") {
        return Err(node.invalid("a threshold on a query cannot be summed over a window: write a `ratioMetric`, or a PlaybackSLO with `latency`"));
    }
    let ratio = sli.require("ratioMetric")?.fields(&["counter", "good", "bad", "total"])?;
    if let Some(node) = ratio.get("counter").filter(Node::is_off) {
        return Err(node.invalid("the metrics of OpenQoE are counters: write `counter: true`"));
    }
    let (total, filter) = query(&ratio.require("total")?)?;
    let (part, is_good) = match (ratio.get("good"), ratio.get("bad")) {
        (Some(good), None) => (good, true),
        (None, Some(bad)) => (bad, false),
        _ => return Err(ratio.node().expected("either `good` or `bad`, beside `total`")),
    };
    let (terms, other) = query(&part)?;
    if other != filter {
        return Err(
            part.invalid("its labels of viewers (tenant, cdn, country ...) have to be those of `total`")
        );
    }
    let bad = if is_good { total_without(&total, terms) } else { terms };
    let seconds = total.first().is_some_and(|term| unit(term) == Unit::Seconds);
    let kind = if seconds { IndicatorKind::TimeRatio } else { IndicatorKind::Ratio };
    let indicator = Indicator { kind, bad, total };
    check_units(&indicator).map_err(|message| part.invalid(message))?;
    Ok((indicator, filter))
}

/// The terms of a metric source, and the conditions on attributes that all of them share.
fn query(node: &Node<'_>) -> Result<(Vec<Term>, Vec<Matcher>), Problem> {
    let fields = node.clone().fields(&["metricSource"])?;
    let source = fields.require("metricSource")?.fields(&["metricSourceRef", "type", "spec"])?;
    let query = source.require("spec")?.fields(&["query"])?.require("query")?;
    let text = query.text("the sum of metrics of OpenQoE")?;
    let read =
        |text: &str| selector::term_and_attributes(unwrap(text)).map_err(|reason| query.problem(reason));
    let read: Vec<_> = split(text).into_iter().map(read).collect::<Result<_, _>>()?;
    let filter = read.first().map(|(_, filter)| filter.clone()).unwrap_or_default();
    if read.iter().any(|(_, other)| *other != filter) {
        return Err(query.invalid("all metrics need the same labels of viewers (tenant, cdn, country ...)"));
    }
    Ok((read.into_iter().map(|(term, _)| term).collect(), filter))
}

/// The summands of a query: `+` outside of braces and quotes stands between them.
fn split(text: &str) -> Vec<&str> {
    let (mut quoted, mut start, mut parts) = (false, 0, Vec::new());
    for (at, character) in text.char_indices() {
        match character {
            '"' if !text[..at].ends_with('\\') => quoted = !quoted,
            '+' if !quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The selector within `sum(rate(SELECTOR[5m]))`: over which windows it is summed is for the compiler to say.
fn unwrap(text: &str) -> &str {
    let mut text = text.trim();
    for function in ["sum", "rate", "increase"] {
        let inside = text
            .strip_prefix(function)
            .map(str::trim)
            .and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
        text = inside.map_or(text, str::trim);
    }
    match text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
        Some((selector, _)) => selector.trim(),
        None => text,
    }
}
