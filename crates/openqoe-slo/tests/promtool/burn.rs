//! Each compiled alert, pushed over its threshold by five percent, kept below it by five, and starved of traffic: it has to fire
//! in the first case only. One tenant for each case, so that one run of promtool judges an objective.

use std::fmt::Write;

use openqoe_slo::compile::NO_DATA_ALERT;
use openqoe_slo::{BurnAlert, Slo, compile, demo, parse, templates};

use crate::scenario::{Scenario, step};
use crate::{Folder, promtool, promtool_is_missing, root};

/// Traffic nobody doubts, each minute.
const PLENTY: f64 = 10_000.0;
/// When traffic stops in the case about silence, in minutes.
const SILENT_FROM: u64 = 20;

/// A case, the alert it is about, and whether it has to fire.
struct Case {
    scenario: Scenario,
    alert: String,
    fires: bool,
}

/// A tenant that falls silent, and one that does not.
fn silence() -> Vec<Case> {
    let case = |(tenant, until): (&str, Option<u64>)| Case {
        scenario: Scenario { tenant: tenant.into(), total: PLENTY, ratio: 0.0, until },
        alert: format!("alertname=\"{NO_DATA_ALERT}\""),
        fires: until.is_some(),
    };
    [("silent", Some(SILENT_FROM)), ("talking", None)].map(case).into()
}

fn burning(alert: &BurnAlert) -> Vec<Case> {
    let minutes = alert.long.as_secs_f64() / 60.0;
    let sparse = 0.9 * alert.min_total / minutes;
    let mut cases = vec![("over", PLENTY, 1.05, true), ("under", PLENTY, 0.95, false)];
    if alert.min_total > 0.0 {
        cases.push(("sparse", sparse, 1.05, false));
    }
    let case = |(kind, total, part, fires): (&str, f64, f64, bool)| Case {
        scenario: Scenario {
            tenant: format!("{kind}-{}", alert.name),
            total,
            ratio: (alert.threshold * part).min(1.0),
            until: None,
        },
        alert: format!("burn=\"{}\"", alert.name),
        fires,
    };
    cases.into_iter().map(case).collect()
}

/// Late enough for the longest holding. What a ratio was before the first sample does not matter to it, so windows need not be full.
fn burnt_at(slo: &Slo) -> u64 {
    slo.alerts.iter().map(|alert| alert.hold.as_secs() / 60).max().unwrap_or_default() + 20
}

/// The cases as a file of promtool, judged at a minute.
fn test_file(slo: &Slo, cases: &[Case], at: u64) -> String {
    let mut text = format!(
        "rule_files: [rules.yaml]\nevaluation_interval: 5s\ntests:\n- interval: {}s\n  input_series:\n",
        step(slo)
    );
    for (series, values) in cases.iter().flat_map(|case| case.scenario.series(slo)) {
        writeln!(text, "  - {{series: '{series}', values: '{values}'}}").unwrap();
    }
    text.push_str("  promql_expr_test:\n");
    for Case { scenario, alert, fires } in cases {
        let expr = format!(
            "count(ALERTS{{alertstate=\"firing\",tenant=\"{}\",{alert}}}) or vector(0)",
            scenario.tenant
        );
        writeln!(
            text,
            "  - expr: '{expr}'\n    eval_time: {at}m\n    exp_samples: [{{value: {}}}]",
            u8::from(*fires)
        )
        .unwrap();
    }
    text
}

fn judge(name: &str, slos: &[Slo]) {
    for slo in slos {
        let folder = Folder::new(&format!("{name}-{}", slo.name));
        let rules = compile(std::slice::from_ref(slo), &Default::default());
        std::fs::write(folder.0.join("rules.yaml"), rules.to_yaml("")).unwrap();
        let burning = slo.alerts.iter().flat_map(burning).collect::<Vec<_>>();
        // The demo's is the templates', evaluated twelve times as often.
        let silent = if slo.no_data.is_some() && name != "demo" { silence() } else { Vec::new() };
        for (cases, at) in [(burning, burnt_at(slo)), (silent, SILENT_FROM + 60 + 15 + 10)] {
            let text = test_file(slo, &cases, at);
            std::fs::write(folder.0.join("test.yaml"), &text).unwrap();
            promtool(&["test", "rules", "test.yaml"], &folder.0)
                .unwrap_or_else(|said| panic!("{}: {said}\n{text}", slo.name));
        }
    }
}

#[test]
fn every_alert_of_the_templates_fires_when_it_should() {
    if !promtool_is_missing("burn alerts of the templates") {
        judge("templates", templates());
    }
}

#[test]
fn every_alert_of_the_demo_fires_when_it_should() {
    if !promtool_is_missing("burn alerts of the demo") {
        judge("demo", &demo());
    }
}

#[test]
fn every_alert_of_the_examples_fires_when_it_should() {
    if promtool_is_missing("burn alerts of the examples") {
        return;
    }
    for name in ["rebuffer-ratio", "superset", "openslo"] {
        let text = std::fs::read_to_string(root().join(format!("slo/examples/{name}.yaml"))).unwrap();
        judge("examples", &parse(name, &text).unwrap());
    }
}
