//! `openqoe_startup_failed_total{failure="technical"}`: a metric of the registry and which of its series. The syntax is that of
//! PromQL, of which this much can be evaluated without it: closed labels, `=`, `!=`, and `=~` or `!~` with plain alternatives.

use openqoe_spec::{METRICS, MetricDef, MetricKind, Scope};

use crate::model::{Matcher, Part, Term, closed_labels, row_labels};
use crate::problem::{Reason, closest};

/// Reads a selector as a term that is added.
pub(crate) fn term(text: &str) -> Result<Term, Reason> {
    let term = unchecked(text)?;
    term.labels.iter().try_for_each(|matcher| check(term.metric, matcher))?;
    Ok(term)
}

/// Reads a selector whose conditions may be about attributes too; these come beside the term, in the order of their labels.
pub(crate) fn term_and_attributes(text: &str) -> Result<(Term, Vec<Matcher>), Reason> {
    let mut term = unchecked(text)?;
    let known = row_labels(term.metric.scope);
    let (mut attributes, own): (Vec<_>, _) =
        term.labels.into_iter().partition(|matcher| known.contains(&matcher.label.as_str()));
    attributes.sort_by(|one, other| one.label.cmp(&other.label));
    term.labels = own;
    term.labels.iter().try_for_each(|matcher| check(term.metric, matcher))?;
    Ok((term, attributes))
}

fn unchecked(text: &str) -> Result<Term, Reason> {
    let (name, labels) = split(text.trim())?;
    let (metric, part) = metric(name)?;
    suitable(metric, part)?;
    Ok(Term { metric, part, labels: matchers(labels)?, subtracted: false })
}

/// The name of a metric and what stands between the braces.
fn split(text: &str) -> Result<(&str, &str), Reason> {
    let Some((name, rest)) = text.split_once('{') else { return Ok((text, "")) };
    let inside = rest.trim_end().strip_suffix('}').ok_or_else(|| syntax(text))?;
    Ok((name.trim(), inside))
}

fn syntax(text: &str) -> Reason {
    Reason::Expected {
        expected: "a metric such as openqoe_startup_failed_total{failure=\"technical\"}".into(),
        found: format!("`{text}`"),
    }
}

/// The metric of this name. `_count` and `_sum` are parts of a histogram; `_bucket` is what latency indicators are for.
pub(crate) fn metric(name: &str) -> Result<(&'static MetricDef, Part), Reason> {
    let named = |name: &str| METRICS.iter().find(|metric| metric.name == name);
    if let Some(metric) = named(name) {
        return Ok((metric, Part::Value));
    }
    for (suffix, part) in [("_count", Part::Count), ("_sum", Part::Sum)] {
        let histogram = name.strip_suffix(suffix).and_then(named);
        if let Some(metric) = histogram.filter(|metric| metric.kind == MetricKind::Histogram) {
            return Ok((metric, part));
        }
    }
    if let Some(metric) = name.strip_suffix("_bucket").and_then(named) {
        let why = "has buckets, but a threshold is said with `latency: {metric: ..., threshold: ...}`".into();
        return Err(Reason::Unsuitable { metric: metric.name, why });
    }
    let suggestion = closest(name, METRICS.iter().map(|metric| metric.name)).map(str::to_owned);
    Err(Reason::UnknownName { what: "metric", name: name.into(), suggestion })
}

fn suitable(metric: &'static MetricDef, part: Part) -> Result<(), Reason> {
    let unsuitable = |why: String| Err(Reason::Unsuitable { metric: metric.name, why });
    match (metric.kind, metric.scope) {
        (MetricKind::Gauge, _) => unsuitable(
            "is a gauge: only counters can be summed over a window, see spec/metric-taxonomy.md for those it is made of".into(),
        ),
        (_, Scope::Process) => unsuitable("is about the process and has no tenant; alert on it directly".into()),
        (MetricKind::Histogram, _) if part == Part::Value => {
            unsuitable(format!("is a histogram: write {0}_count or {0}_sum", metric.name))
        }
        _ => Ok(()),
    }
}

/// The conditions between the braces.
fn matchers(text: &str) -> Result<Vec<Matcher>, Reason> {
    let (mut rest, mut matchers) = (text.trim(), Vec::new());
    while !rest.is_empty() {
        let (matcher, after) = matcher(rest).ok_or_else(|| syntax(text))?;
        matchers.push(matcher?);
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Ok(matchers)
}

/// One condition and what follows it.
fn matcher(text: &str) -> Option<(Result<Matcher, Reason>, &str)> {
    let end = text.find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))?;
    let (label, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let (operator, rest) = ["=~", "!~", "!=", "="]
        .iter()
        .find_map(|operator| rest.strip_prefix(operator).map(|rest| (*operator, rest.trim_start())))?;
    let (value, rest) = quoted(rest)?;
    let values = match operator {
        "=" | "!=" => Ok(vec![value]),
        _ => alternatives(&value),
    };
    let negated = operator.starts_with('!');
    Some((values.map(|values| Matcher { label: label.into(), negated, values }), rest))
}

/// The text between quotes, unescaped, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let rest = text.strip_prefix('"')?;
    let (mut value, mut characters) = (String::new(), rest.char_indices());
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &rest[at + 1..])),
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

fn alternatives(pattern: &str) -> Result<Vec<String>, Reason> {
    if pattern.contains(|character| r"\.+*?()[]{}^$".contains(character)) {
        let message =
            format!("`{pattern}` is a regular expression: only values with `|` between them can be told");
        return Err(Reason::Invalid(message));
    }
    Ok(pattern.split('|').map(str::to_owned).collect())
}

/// Labels of a term are the metric's own; what is said of attributes is said once, in `filter`.
fn check(metric: &'static MetricDef, matcher: &Matcher) -> Result<(), Reason> {
    let closed = closed_labels(metric);
    let known = closed.iter().find(|(label, _)| *label == matcher.label);
    let keyed = metric.key.is_some_and(|key| key.as_str() == matcher.label);
    let Some((_, values)) = known else {
        let known = closed
            .iter()
            .map(|(label, _)| *label)
            .chain(metric.key.map(|key| key.as_str()))
            .collect::<Vec<_>>();
        return match keyed {
            true => Ok(()),
            false if known.is_empty() => Err(Reason::Unsuitable {
                metric: metric.name,
                why: format!("has no labels of its own; say `{}` under `spec.filter`", matcher.label),
            }),
            false => Err(Reason::NoSuchLabel { metric: metric.name, label: matcher.label.clone(), known }),
        };
    };
    let stranger = matcher.values.iter().find(|value| !values.contains(&value.as_str()));
    stranger.map_or(Ok(()), |value| {
        let (label, value) = (matcher.label.clone(), value.clone());
        Err(Reason::NoSuchValue { label, value, known: values.clone() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        term(text).unwrap_err().to_string()
    }

    #[test]
    fn selectors_are_read() {
        let failed = term(r#" openqoe_startup_failed_total { failure = "technical", } "#).unwrap();
        assert_eq!((failed.metric.name, failed.part), ("openqoe_startup_failed_total", Part::Value));
        assert_eq!(failed.labels[0].promql(), r#"failure="technical""#);
        let count = term("openqoe_net_segment_latency_seconds_count{kind=~\"video|audio\"}").unwrap();
        assert_eq!((count.part, count.labels[0].values.len()), (Part::Count, 2));
        let event = term(r#"openqoe_custom_events_total{event="a \"b\" {c}"}"#).unwrap();
        assert_eq!(event.labels[0].values, [r#"a "b" {c}"#]);
    }

    #[test]
    fn what_cannot_be_a_term_is_told_why() {
        for (text, part) in [
            ("openqoe_startup_play_total", "did you mean `openqoe_startup_plays_total`?"),
            ("openqoe_playback_active_sessions", "is a gauge"),
            ("openqoe_journal_errors_total", "has no tenant"),
            ("openqoe_startup_time_seconds", "write openqoe_startup_time_seconds_count"),
            ("openqoe_startup_time_seconds_bucket", "latency:"),
            ("openqoe_startup_failed_total{failure=\"technic\"}", "it is one of technical, business"),
            ("openqoe_startup_failed_total{cdn=\"a\"}", "it has failure"),
            ("openqoe_startup_plays_total{cdn=\"a\"}", "`spec.filter`"),
            ("openqoe_startup_failed_total{failure=~\"t.*\"}", "regular expression"),
            ("openqoe_startup_failed_total{failure=technical}", "expected a metric such as"),
            ("openqoe_startup_failed_total{failure", "expected a metric such as"),
        ] {
            assert!(error(text).contains(part), "{text}: {}", error(text));
        }
    }
}
