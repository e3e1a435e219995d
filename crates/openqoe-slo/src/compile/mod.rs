//! From objectives to rules. The records have the names dashboards for Sloth know (`slo:sli_error:ratio_rate5m`); beside each ratio
//! stand the two sums it is of, because a ratio without its denominator cannot be judged.

mod alerting;
mod plan;
mod promql;
mod rules;

use std::collections::BTreeMap;

pub use alerting::{BURN_ALERT, NO_DATA_ALERT};
use plan::{DAY, Origin, Plan, Planned};
pub use rules::{Rule, RuleFile, RuleGroup};

use crate::duration::spell;
use crate::model::Slo;
use crate::number;

/// Where the pages are that alerts point to.
pub const RUNBOOKS: &str = "https://github.com/openqoe/openqoe/blob/main/docs/runbooks";

/// What can be chosen about the output.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of `error-budget-burn.md` and `slo-no-data.md`, as a URL without a slash at its end.
    pub runbooks: String,
}

impl Default for Options {
    fn default() -> Options {
        Options { runbooks: RUNBOOKS.into() }
    }
}

/// The rules of objectives, in their order: two groups each.
pub fn compile(slos: &[Slo], options: &Options) -> RuleFile {
    RuleFile { groups: slos.iter().flat_map(|slo| groups(slo, options)).collect() }
}

fn groups(slo: &Slo, options: &Options) -> [RuleGroup; 2] {
    let plan = Plan::of(slo);
    let (pages, tickets) = alerting::burn_alerts(slo, options);
    let records = |planned: &Planned| measure(slo, planned);
    let mut fast: Vec<Rule> = plan.fast.iter().flat_map(records).collect();
    fast.extend(current_burn_rate(slo, &plan));
    fast.extend(pages);
    let mut slow: Vec<Rule> =
        plan.hourly.iter().flat_map(|hour| increases(slo, hour, &plan.hourly_suffix())).collect();
    slow.extend(plan.slow.iter().flat_map(records));
    slow.extend(budget(slo));
    slow.extend(tickets);
    slow.extend(alerting::no_data(slo, options));
    [
        RuleGroup { name: format!("slo-{}", slo.name), interval: plan.fast_interval, rules: fast },
        RuleGroup { name: format!("slo-{}-budget", slo.name), interval: plan.slow_interval, rules: slow },
    ]
}

/// The labels of every record.
fn labels(slo: &Slo) -> BTreeMap<String, String> {
    let mut labels = slo.labels.clone();
    labels.insert("slo".into(), slo.name.clone());
    labels
}

fn record(slo: &Slo, name: impl Into<String>, expr: String) -> Rule {
    Rule::Record { record: name.into(), expr, labels: labels(slo) }
}

/// A recorded series of this objective.
fn recorded(slo: &Slo, name: &str) -> String {
    format!("{name}{{slo=\"{}\"}}", slo.name)
}

/// Total, bad and their ratio over a window.
fn measure(slo: &Slo, planned: &Planned) -> Vec<Rule> {
    let window = spell(planned.window);
    let suffix = format!("increase{window}");
    let mut rules = increases(slo, planned, &suffix).to_vec();
    let bad = recorded(slo, &format!("slo:sli_error:{suffix}"));
    let total = recorded(slo, &format!("slo:sli_total:{suffix}"));
    rules.push(record(slo, format!("slo:sli_error:ratio_rate{window}"), format!("{bad}\n/\n({total} > 0)")));
    rules
}

/// Total and bad over a window.
fn increases(slo: &Slo, planned: &Planned, suffix: &str) -> [Rule; 2] {
    let window = spell(planned.window);
    let names = ["slo:sli_total:", "slo:sli_error:"];
    let exprs = match &planned.origin {
        Origin::Counters => {
            let total = recorded(slo, &format!("slo:sli_total:{suffix}"));
            [promql::increase(slo, &slo.indicator.total, &window), promql::bad_increase(slo, &window, &total)]
        }
        Origin::Recorded { suffix, times: 1 } => names.map(|name| recorded(slo, &format!("{name}{suffix}"))),
        Origin::Recorded { suffix, times } => names.map(|name| {
            let base = recorded(slo, &format!("{name}{suffix}"));
            format!("sum_over_time({base}[{window}]) / {times}")
        }),
    };
    let [total, bad] = exprs;
    [record(slo, format!("{}{suffix}", names[0]), total), record(slo, format!("{}{suffix}", names[1]), bad)]
}

fn current_burn_rate(slo: &Slo, plan: &Plan) -> Option<Rule> {
    let shortest = plan.fast.first()?;
    let ratio = recorded(slo, &format!("slo:sli_error:ratio_rate{}", spell(shortest.window)));
    Some(record(slo, "slo:current_burn_rate:ratio", format!("{ratio} / {}", number::spell(slo.budget))))
}

/// What was promised, and how much of the budget is left.
fn budget(slo: &Slo) -> Vec<Rule> {
    let ratio = recorded(slo, &format!("slo:sli_error:ratio_rate{}", spell(slo.window)));
    let days = slo.window.as_secs_f64() / DAY.as_secs_f64();
    let vector = |value: f64| format!("vector({})", number::spell(value));
    vec![
        record(slo, "slo:objective:ratio", vector(slo.target)),
        record(slo, "slo:error_budget:ratio", vector(slo.budget)),
        record(slo, "slo:time_period:days", vector(days)),
        record(slo, "slo:period_burn_rate:ratio", format!("{ratio} / {}", number::spell(slo.budget))),
        record(
            slo,
            "slo:period_error_budget_remaining:ratio",
            format!("1 - {}", recorded(slo, "slo:period_burn_rate:ratio")),
        ),
    ]
}
