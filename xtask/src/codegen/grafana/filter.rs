//! The filters of a dashboard, put into every selector of a query by what its metric carries: who writes a panel cannot forget
//! one, and cannot name a metric that does not exist.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::spec::Dashboard;
use crate::registry::{Kind, Metric, Registry, Scope};

/// Words of PromQL that are followed by labels in parentheses.
const LABEL_LISTS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
const OPERATORS: [&str; 7] = ["and", "or", "unless", "bool", "offset", "inf", "nan"];
/// What a probe was asked for. Prometheus calls it `instance`, which of every other series is the gateway.
pub(super) const TARGET: &str = "target";
/// Prometheus' own series.
const BUILT_IN: [&str; 1] = ["ALERTS"];

/// What a query is compared with.
pub(super) struct Names<'r> {
    pub(super) registry: &'r Registry,
    /// Series that the rules record, and whether they have the labels of what they are made of.
    pub(super) recorded: BTreeMap<String, bool>,
}

/// A query with its filters, and the metrics it asks for.
pub(super) struct Filtered<'r> {
    pub(super) text: String,
    pub(super) metrics: Vec<&'r Metric>,
}

impl<'r> Names<'r> {
    /// # Errors
    /// When a name is none of a metric.
    pub(super) fn filtered(&self, dashboard: &Dashboard, expr: &str) -> Result<Filtered<'r>> {
        let mut out = Filtered { text: String::new(), metrics: Vec::new() };
        let (mut rest, mut labels) = (expr, Labels::Outside);
        while let Some(first) = rest.chars().next() {
            let length = token(rest, first);
            let (text, after) = rest.split_at(length);
            rest = after;
            labels = labels.next(text);
            let is_called = ["(", "by ", "without "].iter().any(|next| rest.trim_start().starts_with(next));
            if !is_name(first) || labels != Labels::Outside || is_called || OPERATORS.contains(&text) {
                out.text.push_str(text);
                continue;
            }
            let (metric, matchers) = self.matchers(dashboard, text)?;
            out.metrics.extend(metric);
            out.text.push_str(text);
            rest = select(&mut out.text, rest, &matchers)?;
        }
        Ok(out)
    }

    /// The metric of a name, and the matchers that narrow it on this dashboard.
    fn matchers(&self, dashboard: &Dashboard, name: &str) -> Result<(Option<&'r Metric>, Vec<String>)> {
        let metric = self.metric(name);
        let source = match (metric, self.recorded.get(name)) {
            (Some(metric), _) => Source::Metric(metric.scope),
            (None, Some(is_derived)) => Source::Rule { is_derived: *is_derived },
            (None, None) if BUILT_IN.contains(&name) => Source::Rule { is_derived: true },
            (None, None) => bail!("no metric is called {name}"),
        };
        let carried = dashboard.filters.iter().filter(|label| source.carries(label));
        let mut matchers: Vec<String> =
            carried.map(|label| format!("{}=~\"${label}\"", carrier(label))).collect();
        if source == Source::Metric(Scope::View) && !dashboard.only.is_empty() {
            matchers.push(dashboard.only.clone());
        }
        Ok((metric, matchers))
    }

    fn metric(&self, name: &str) -> Option<&'r Metric> {
        let parts = ["_bucket", "_sum", "_count"];
        let stem = parts.iter().find_map(|part| name.strip_suffix(part));
        self.registry.metrics().find(|metric| match metric.kind() {
            Kind::Histogram => stem == Some(&metric.name),
            _ => metric.name == name,
        })
    }
}

/// The label of a series that a filter is about.
fn carrier(filter: &str) -> &str {
    if filter == TARGET { "instance" } else { filter }
}

/// Where series come from, which says what they are labelled with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Metric(Scope),
    /// A rule of Prometheus; its series come from no instance.
    Rule {
        is_derived: bool,
    },
}

impl Source {
    fn carries(self, label: &str) -> bool {
        match self {
            Source::Metric(scope) if label == TARGET => scope == Scope::Probe,
            Source::Metric(scope) if label == "instance" => scope != Scope::Probe,
            Source::Metric(Scope::View) => label != "slo",
            Source::Metric(scope) => scope.carries().contains(&format!("`{label}`")),
            Source::Rule { is_derived } => label == "slo" || (label == "tenant" && is_derived),
        }
    }
}

/// Writes the selector of a metric whose name has just been written, and says what follows it.
fn select<'t>(out: &mut String, rest: &'t str, matchers: &[String]) -> Result<&'t str> {
    let Some(own) = rest.strip_prefix('{') else {
        if !matchers.is_empty() {
            out.push_str(&format!("{{{}}}", matchers.join(",")));
        }
        return Ok(rest);
    };
    // No matcher of ours has a brace in its value.
    let Some((own, after)) = own.split_once('}') else { bail!("a brace is not closed: {rest}") };
    let all: Vec<&str> = matchers.iter().map(String::as_str).chain([own]).collect();
    out.push_str(&format!("{{{}}}", all.join(",")));
    Ok(after)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Labels {
    Outside,
    Announced,
    Inside,
}

impl Labels {
    fn next(self, token: &str) -> Labels {
        match (self, token) {
            (Labels::Inside, ")") => Labels::Outside,
            (Labels::Inside, _) => Labels::Inside,
            (_, word) if LABEL_LISTS.contains(&word) => Labels::Announced,
            (Labels::Announced, "(") => Labels::Inside,
            (Labels::Announced, blank) if blank.trim().is_empty() => Labels::Announced,
            _ => Labels::Outside,
        }
    }
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_'
}

/// The bytes of the token at the start: a name, a number or duration, a variable, a string, or one character.
fn token(text: &str, first: char) -> usize {
    let while_true = |part: fn(char) -> bool| {
        text.char_indices().skip(1).find(|(_, letter)| !part(*letter)).map_or(text.len(), |(at, _)| at)
    };
    let in_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    match first {
        '"' => text[1..].find('"').map_or(text.len(), |end| end + 2),
        first if is_name(first) || first == '$' || first.is_ascii_digit() => while_true(in_word),
        first => first.len_utf8(),
    }
}
