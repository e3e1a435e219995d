//! `spec.filter` and `spec.group_by`: which series, and for which groups of them the objective holds.

use super::node::Node;
use crate::model::{Indicator, Matcher, Term, row_labels};
use crate::problem::{Problem, Reason, closest};

/// As many labels as a group may have. Each multiplies the number of groups.
const MAX_GROUP_LABELS: usize = 4;

/// `{cdn: [a, b], content_type: {not: simulated}}`.
pub(crate) fn filter(node: &Node<'_>, indicator: &Indicator) -> Result<Vec<Matcher>, Problem> {
    node.entries("a mapping of labels, such as {tenant: acme}")?
        .iter()
        .map(|entry| matcher(entry, indicator))
        .collect()
}

fn matcher(entry: &Node<'_>, indicator: &Indicator) -> Result<Matcher, Problem> {
    const EXPECTED: &str = "a value, a list of values, or {not: ...}";
    let label = known(entry.name(), indicator).map_err(|reason| entry.problem(reason))?;
    let (negated, values) = match entry.is_mapping() {
        true => (true, entry.clone().fields(&["not"])?.require("not")?),
        false => (false, entry.clone()),
    };
    let values = values.one_or_more(EXPECTED)?;
    let values = values.iter().map(|value| value.scalar(EXPECTED)).collect::<Result<_, _>>()?;
    Ok(Matcher { label: label.into(), negated, values })
}

/// The labels of a group, `tenant` first.
pub(crate) fn group_by(node: Option<&Node<'_>>, indicator: &Indicator) -> Result<Vec<&'static str>, Problem> {
    let mut labels = vec!["tenant"];
    let Some(node) = node else { return Ok(labels) };
    for item in node.one_or_more("a label or a list of labels")? {
        let label = known(item.text("a label")?, indicator).map_err(|reason| item.problem(reason))?;
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    if labels.len() > MAX_GROUP_LABELS + 1 {
        return Err(node.invalid(format_args!(
            "more than {MAX_GROUP_LABELS} labels beside tenant make more groups than anybody looks at"
        )));
    }
    Ok(labels)
}

/// The label, when the series of every term have it.
pub(crate) fn known(label: &str, indicator: &Indicator) -> Result<&'static str, Reason> {
    let mut found = None;
    for Term { metric, .. } in indicator.bad.iter().chain(&indicator.total) {
        let known = row_labels(metric.scope);
        match (known.iter().find(|known| **known == label), closest(label, known.iter().copied())) {
            (Some(known), _) => found = Some(*known),
            (None, Some(meant)) => {
                let suggestion = Some(meant.to_owned());
                return Err(Reason::UnknownName { what: "label", name: label.into(), suggestion });
            }
            (None, None) => {
                return Err(Reason::NoSuchLabel { metric: metric.name, label: label.into(), known });
            }
        }
    }
    found.ok_or_else(|| Reason::UnknownName { what: "label", name: label.into(), suggestion: None })
}
