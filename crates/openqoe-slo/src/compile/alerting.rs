//! Alerts on what was recorded: a burning budget, and silence.

use std::collections::BTreeMap;
use std::time::Duration;

use super::plan::MINUTE;
use super::{Options, Rule, recorded};
use crate::duration::spell;
use crate::model::{BurnAlert, Severity, Slo};
use crate::number::{self, percent};

/// The name of every burn alert. Which one it is, its labels tell.
pub const BURN_ALERT: &str = "OpenQoEErrorBudgetBurn";
/// The name of the alert about silence.
pub const NO_DATA_ALERT: &str = "OpenQoESLONoData";

/// Alerts that page, and tickets.
pub(super) fn burn_alerts(slo: &Slo, options: &Options) -> (Vec<Rule>, Vec<Rule>) {
    let (pages, tickets): (Vec<_>, _) = slo.alerts.iter().partition(|alert| alert.severity == Severity::Page);
    let rules =
        |alerts: Vec<&BurnAlert>| alerts.into_iter().map(|alert| burn_alert(slo, alert, options)).collect();
    (rules(pages), rules(tickets))
}

fn burn_alert(slo: &Slo, alert: &BurnAlert, options: &Options) -> Rule {
    let (short, long) = (spell(alert.short), spell(alert.long));
    let threshold = number::spell(alert.threshold);
    let ratio = |window: &str| {
        format!("{} > {threshold}", recorded(slo, &format!("slo:sli_error:ratio_rate{window}")))
    };
    let total = recorded(slo, &format!("slo:sli_total:increase{long}"));
    let mut expr = format!("{}\nand\n{}", ratio(&long), ratio(&short));
    if alert.min_total > 0.0 {
        expr.push_str(&format!("\nand\n{total} >= {}", number::spell(alert.min_total)));
    }
    let mut labels = BTreeMap::from([
        ("burn".to_owned(), alert.name.clone()),
        ("long".to_owned(), long.clone()),
        ("severity".to_owned(), alert.severity.as_str().to_owned()),
        ("short".to_owned(), short),
        // The series has it already. Here it tells the alerts of one file apart for promtool.
        ("slo".to_owned(), slo.name.clone()),
    ]);
    labels.extend(alert.labels.clone());
    let lasts = spell(rounded(slo.window.div_f64(alert.factor)));
    let pace = match number::spell(alert.factor).as_str() {
        "1" => "faster than allowed".to_owned(),
        factor => format!("more than {factor} times faster than allowed"),
    };
    let summary = format!("{} spends its error budget {pace}", group(slo));
    let description = format!(
        "{{{{ $value | humanizePercentage }}}} of the last {long} was bad, and {} over {} is allowed. At {} the budget lasts {lasts}.{}",
        percent(slo.budget),
        spell(slo.window),
        percent(alert.threshold),
        if slo.description.is_empty() { String::new() } else { format!(" {}", escaped(&slo.description)) },
    );
    let annotations =
        annotations(slo, summary, description, format!("{}/error-budget-burn.md", options.runbooks));
    Rule::Alert { alert: BURN_ALERT.into(), expr, hold: alert.hold, labels, annotations }
}

/// To minutes, and to hours where there are many.
fn rounded(duration: Duration) -> Duration {
    let unit = if duration >= 600 * MINUTE { 60 * MINUTE } else { MINUTE };
    let units = (duration.as_secs_f64() / unit.as_secs_f64()).round().max(1.0);
    unit.mul_f64(units)
}

/// A group that had traffic within a day and has had none for an hour.
pub(super) fn no_data(slo: &Slo, options: &Options) -> Option<Rule> {
    let least = number::spell(slo.no_data?.min_total);
    let total = recorded(slo, "slo:sli_total:increase1h");
    let summary = format!("{} has had nothing to measure for an hour", group(slo));
    let description = "Within a day before, an hour brought {{ $value | humanize }} (events, or seconds). Either nobody watches, or nothing \
         arrives; meanwhile no alert of this objective can fire."
        .to_owned();
    let annotations = annotations(slo, summary, description, format!("{}/slo-no-data.md", options.runbooks));
    Some(Rule::Alert {
        alert: NO_DATA_ALERT.into(),
        expr: format!("max_over_time({total}[1d] offset 1h) >= {least}\nunless\n{total} > 0"),
        hold: 15 * MINUTE,
        labels: BTreeMap::from([
            ("severity".to_owned(), Severity::Ticket.as_str().to_owned()),
            ("slo".to_owned(), slo.name.clone()),
        ]),
        annotations,
    })
}

fn annotations(slo: &Slo, summary: String, description: String, runbook: String) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::from([
        ("summary".to_owned(), summary),
        ("description".to_owned(), description),
        ("runbook_url".to_owned(), runbook),
    ]);
    annotations.extend(slo.annotations.clone());
    annotations
}

/// `rebuffer-ratio of {{ $labels.tenant }}, cdn {{ $labels.cdn }}`
fn group(slo: &Slo) -> String {
    let others = slo.group_by.iter().skip(1).map(|label| format!(", {label} {{{{ $labels.{label} }}}}"));
    format!("{} of {{{{ $labels.tenant }}}}{}", slo.name, others.collect::<String>())
}

/// Text that is no template.
fn escaped(text: &str) -> String {
    text.replace("{{", "{ {")
}
