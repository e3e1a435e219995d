//! What may be meant, and should be looked at twice. An objective with doubts compiles.

use crate::duration::spell;
use crate::model::{BurnAlert, Slo};
use crate::number::percent;
use openqoe_spec::{ATTRIBUTES, Class};

/// A ratio this high is an outage, not a burn.
const HARDLY_REACHABLE: f64 = 0.6;
/// More groups than this are neither cheap nor read.
const MANY_GROUPS: usize = 200;

/// The doubts about an objective, a sentence each.
pub fn doubts(slo: &Slo) -> Vec<String> {
    let mut doubts: Vec<String> =
        slo.alerts.iter().flat_map(|alert| [late(slo, alert), high(alert)]).flatten().collect();
    doubts.extend(silent(slo));
    doubts.extend(many_groups(slo));
    doubts.into_iter().map(|doubt| format!("{}: {doubt}", slo.name)).collect()
}

fn late(slo: &Slo, alert: &BurnAlert) -> Option<String> {
    let spent = alert.factor * alert.long.as_secs_f64() / slo.window.as_secs_f64();
    (spent >= 1.0).then(|| {
        format!(
            "when `{}` fires, {:.0} % of the budget is gone: factor {} over {} of {}; make the long window shorter",
            alert.name, spent * 100.0, alert.factor, spell(alert.long), spell(slo.window)
        )
    })
}

fn high(alert: &BurnAlert) -> Option<String> {
    (alert.threshold >= HARDLY_REACHABLE).then(|| {
        let threshold = percent(alert.threshold);
        format!(
            "`{}` fires when more than {threshold} is bad: with this budget a smaller factor warns earlier",
            alert.name
        )
    })
}

fn silent(slo: &Slo) -> Option<String> {
    slo.alerts.is_empty().then(|| "has no alerts: nobody is told when the budget burns".into())
}

fn many_groups(slo: &Slo) -> Option<String> {
    let budget = |label: &&'static str| {
        let class =
            ATTRIBUTES.iter().find(|attribute| attribute.name == *label).map(|attribute| attribute.class);
        match class {
            Some(Class::Guarded(guarded)) => guarded.default_budget(),
            _ => 1,
        }
    };
    let groups: usize = slo.group_by.iter().map(budget).product();
    let labels = slo.group_by[1..].join(", ");
    (groups > MANY_GROUPS).then(|| format!("grouping by {labels} can make {groups} groups for each tenant"))
}
