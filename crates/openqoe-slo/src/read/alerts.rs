//! `spec.profile` and `spec.alert`: which burn-rate alerts an objective has. A profile is data, in `slo/windows/`; what is said
//! under `alert` changes its alerts, switches them off, or adds others.

use std::collections::BTreeMap;
use std::time::Duration;

use super::labels;
use super::node::{Fields, Node};
use crate::duration::spell;
use crate::model::{BurnAlert, Severity};
use crate::number::clean;
use crate::problem::{Problem, Reason};
use crate::profile::Profile;

/// The shortest window that holds enough scrapes to say anything.
const MIN_WINDOW: Duration = Duration::from_secs(30);

/// What the alerts of an objective depend on.
pub(crate) struct Terms {
    pub(crate) budget: f64,
    pub(crate) window: Duration,
    pub(crate) min_total: MinTotal,
}

/// How much has to have happened before anything is concluded.
#[derive(Clone, Copy)]
pub(crate) enum MinTotal {
    /// What was said.
    Said(f64),
    /// At least this, and so much that a firing alert stands for at least so many bad ones.
    Default {
        /// Events or seconds.
        least: f64,
        /// Events or seconds.
        bad: f64,
    },
}

impl MinTotal {
    /// What an alert that fires beyond a threshold needs.
    pub(crate) fn at(self, threshold: f64) -> f64 {
        match self {
            MinTotal::Said(total) => total,
            MinTotal::Default { least, bad } => clean((bad / threshold).ceil()).max(least),
        }
    }
}

/// The alerts of an objective whose `spec` this is.
pub(crate) fn alerts(spec: &Fields<'_>, terms: &Terms) -> Result<Vec<BurnAlert>, Problem> {
    let alert = spec.get("alert");
    if alert.as_ref().is_some_and(Node::is_off) {
        return Ok(Vec::new());
    }
    let mut alerts = match spec.get("profile") {
        Some(node) => profile(&node, alert.is_some(), terms)?,
        None if alert.is_some() => Vec::new(),
        None => Profile::google().scaled(terms.window),
    };
    for node in
        alert.iter().map(|node| node.entries("a mapping of alerts")).collect::<Result<Vec<_>, _>>()?.concat()
    {
        let position = alerts.iter().position(|alert| alert.name == node.name());
        match (position, node.is_off()) {
            (Some(position), true) => drop(alerts.remove(position)),
            (None, true) => return Err(node.invalid("there is no such alert to switch off")),
            (Some(position), false) => alerts[position] = read(&node, Some(&alerts[position]))?,
            (None, false) => alerts.push(read(&node, None)?),
        }
    }
    let place = |name: &str| {
        alert.iter().find_map(|node| node.entries("").ok()?.into_iter().find(|node| node.name() == name))
    };
    for alert in &mut alerts {
        let node = place(&alert.name).or_else(|| spec.get("profile")).unwrap_or_else(|| spec.node().clone());
        finish(alert, terms).map_err(|reason| node.problem(named(alert, reason)))?;
    }
    alerts.sort_by_key(|alert| (alert.severity, alert.long));
    Ok(alerts)
}

/// Of a profile nobody sees the alerts, so their problems say which they are about.
fn named(alert: &BurnAlert, reason: Reason) -> Reason {
    match reason {
        Reason::Invalid(message) => Reason::Invalid(format!("alert `{}` {message}", alert.name)),
        Reason::Unreachable { factor, budget, threshold, limit, useful, .. } => {
            Reason::Unreachable { alert: alert.name.clone(), factor, budget, threshold, limit, useful }
        }
        other => other,
    }
}

fn profile(node: &Node<'_>, has_alerts: bool, terms: &Terms) -> Result<Vec<BurnAlert>, Problem> {
    match node.text("google, pyrra or custom")? {
        "custom" if has_alerts => Ok(Vec::new()),
        "custom" => {
            Err(node.invalid("the profile `custom` has no alerts of its own: say them under `spec.alert`"))
        }
        name => match Profile::named(name) {
            Some(profile) => Ok(profile.scaled(terms.window)),
            None => Err(node.expected("google, pyrra or custom")),
        },
    }
}

/// An alert as it is written, in an objective or in a profile. What is not said is as in `before`.
pub(crate) fn read(node: &Node<'_>, before: Option<&BurnAlert>) -> Result<BurnAlert, Problem> {
    let name = node.name().to_owned();
    if !labels::is_name(&name) {
        return Err(node.expected("a name of letters, digits and underscores for the alert"));
    }
    let fields = node.clone().fields(&["factor", "windows", "for", "severity", "labels"])?;
    let factor = match (fields.get("factor"), before) {
        (None, Some(before)) => before.factor,
        _ => positive(&fields.require("factor")?, "a factor such as 14.4")?,
    };
    let (short, long) = match (fields.get("windows"), before) {
        (None, Some(before)) => (before.short, before.long),
        _ => windows(&fields.require("windows")?)?,
    };
    let hold = match fields.get("for") {
        Some(node) => node.duration()?,
        None => before.map_or(Duration::ZERO, |before| before.hold),
    };
    let severity = match fields.get("severity") {
        Some(node) => severity(&node)?,
        None => before.map_or(Severity::Page, |before| before.severity),
    };
    let labels = match fields.get("labels") {
        Some(node) => labels::read(&node, &["severity"])?,
        None => before.map_or_else(BTreeMap::new, |before| before.labels.clone()),
    };
    Ok(BurnAlert { name, factor, threshold: 0.0, short, long, severity, hold, min_total: 0.0, labels })
}

fn windows(node: &Node<'_>) -> Result<(Duration, Duration), Problem> {
    const EXPECTED: &str = "two windows, the short one first: [5m, 1h]";
    match node.items(EXPECTED)?.as_slice() {
        [short, long] => Ok((short.duration()?, long.duration()?)),
        _ => Err(node.expected(EXPECTED)),
    }
}

fn severity(node: &Node<'_>) -> Result<Severity, Problem> {
    match node.text("page or ticket")? {
        "page" => Ok(Severity::Page),
        "ticket" => Ok(Severity::Ticket),
        _ => Err(node.expected("page or ticket (for other words, `labels: {severity: ...}`)")),
    }
}

pub(crate) fn positive(node: &Node<'_>, expected: &str) -> Result<f64, Problem> {
    let number = node.number(expected)?;
    if number > 0.0 { Ok(number) } else { Err(node.expected(format_args!("{expected}, more than 0"))) }
}

/// Works out what follows from the budget, and whether the alert can do what it is for.
fn finish(alert: &mut BurnAlert, terms: &Terms) -> Result<(), Reason> {
    alert.threshold = clean(alert.factor * terms.budget);
    if alert.threshold >= 1.0 {
        return Err(unreachable(alert, terms.budget));
    }
    alert.min_total = terms.min_total.at(alert.threshold);
    let invalid = |message: String| Err(Reason::Invalid(message));
    if alert.short >= alert.long {
        return invalid(format!(
            "needs the short window first, and it is {}, the long one {}",
            spell(alert.short),
            spell(alert.long)
        ));
    }
    if alert.short < MIN_WINDOW {
        return invalid(format!(
            "looks at {}; a window holds enough scrapes from {} on",
            spell(alert.short),
            spell(MIN_WINDOW)
        ));
    }
    if alert.long > terms.window {
        return invalid(format!(
            "looks further back, {}, than the objective's window of {}",
            spell(alert.long),
            spell(terms.window)
        ));
    }
    Ok(())
}

fn unreachable(alert: &BurnAlert, budget: f64) -> Reason {
    let limit = clean(1.0 / budget);
    // Two digits are as many as a factor needs; rounded down, so that it stays below what was promised.
    let digits = |number: f64| (number * 100.0).floor() / 100.0;
    let (factor, threshold) = (alert.factor, alert.threshold);
    Reason::Unreachable {
        alert: alert.name.clone(),
        factor,
        budget,
        threshold,
        limit: digits(limit),
        useful: digits(limit / 2.0),
    }
}
