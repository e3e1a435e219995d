//! The alert packs of `deploy/prometheus`: their cases pass, every alert has one in which it fires and one in which it does not, and
//! points to a page whose queries Prometheus understands.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use openqoe_slo::compile::RUNBOOKS;
use openqoe_spec::METRICS;
use serde_yaml_ng::Value;

use crate::{Folder, is_missing, promtool, promtool_is_missing, root};

const PACKS: [&str; 3] = ["playback", "ingest", "freshness"];

fn pack(name: &str) -> Value {
    serde_yaml_ng::from_str(
        &fs::read_to_string(root().join(format!("deploy/prometheus/{name}.yaml"))).unwrap(),
    )
    .unwrap()
}

fn rules(file: &Value) -> Vec<&Value> {
    let groups = file["groups"].as_sequence().unwrap();
    groups.iter().flat_map(|group| group["rules"].as_sequence().unwrap()).collect()
}

/// The alerts of a file of rules.
fn alerts(file: &Value) -> Vec<&Value> {
    rules(file).into_iter().filter(|rule| rule.get("alert").is_some()).collect()
}

#[test]
fn every_alert_of_a_pack_fires_when_it_should_and_not_otherwise() {
    let skipped = promtool_is_missing("promtool test rules on deploy/prometheus/tests");
    for name in PACKS {
        let path = format!("deploy/prometheus/tests/{name}.yaml");
        let cases = fs::read_to_string(root().join(&path)).unwrap();
        for alert in alerts(&pack(name)) {
            let alert = alert["alert"].as_str().unwrap();
            for value in [1, 0] {
                assert!(has_case(&cases, alert, value), "{alert}: no case in {path} with {value}");
            }
        }
        if !skipped {
            promtool(&["test", "rules", &path], &root()).unwrap_or_else(|said| panic!("{path}: {said}"));
        }
    }
}

/// Whether a file of cases expects an alert to fire (1), or not to (0).
fn has_case(cases: &str, alert: &str, value: u8) -> bool {
    let own = format!("alertname=\"{alert}\"");
    let cases: Vec<&str> = cases.split("- expr:").collect();
    cases.iter().any(|case| case.contains(&own) && case.contains(&format!("value: {value}}}")))
}

#[test]
fn every_alert_points_to_a_page_and_says_how_urgent_it_is() {
    let mut pages = BTreeSet::from(["README.md".to_owned()]);
    for name in PACKS.into_iter().chain(["slo"]) {
        for alert in alerts(&pack(name)) {
            let text = |key: &str| alert["annotations"][key].as_str().unwrap_or_default();
            let url = text("runbook_url");
            let page = url
                .strip_prefix(RUNBOOKS)
                .and_then(|rest| rest.strip_prefix('/'))
                .unwrap_or_else(|| panic!("{alert:?}"));
            let path = root().join("docs/runbooks").join(page);
            let alert_name = alert["alert"].as_str().unwrap();
            assert!(
                fs::read_to_string(&path).is_ok_and(|text| text.contains(alert_name)),
                "{alert_name}: {}",
                path.display()
            );
            assert!(!text("summary").is_empty() && !text("description").is_empty(), "{alert_name}");
            assert!(
                ["page", "ticket", "info"].contains(&alert["labels"]["severity"].as_str().unwrap()),
                "{alert_name}"
            );
            pages.insert(page.to_owned());
        }
    }
    let found = fs::read_dir(root().join("docs/runbooks")).unwrap();
    let found: BTreeSet<String> =
        found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, pages, "pages and alerts do not match");
}

/// The queries of a page, as they stand in its blocks.
fn queries(page: &str) -> Vec<&str> {
    page.split("```promql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

fn documents() -> Vec<PathBuf> {
    let runbooks = fs::read_dir(root().join("docs/runbooks")).unwrap().map(|entry| entry.unwrap().path());
    runbooks.chain(["slos", "alerts"].map(|name| root().join(format!("docs/guide/{name}.md")))).collect()
}

#[test]
fn queries_of_the_pages_are_good_and_ask_for_what_there_is() {
    let mut rules = String::from("groups:\n- name: queries\n  rules:\n");
    for page in documents() {
        let text = fs::read_to_string(&page).unwrap();
        for query in queries(&text) {
            known_names(&page, query);
            let position = rules.matches("- record").count();
            let query: String = query.lines().map(|line| format!("      {line}\n")).collect();
            rules.push_str(&format!("  - record: query:{position}\n    expr: |\n{query}"));
        }
    }
    if promtool_is_missing("queries of the runbooks") {
        return;
    }
    let folder = Folder::new("queries");
    fs::write(folder.0.join("rules.yaml"), &rules).unwrap();
    promtool(&["check", "rules", "rules.yaml"], &folder.0).unwrap_or_else(|said| panic!("{said}\n{rules}"));
}

/// A query for a metric that does not exist gives nothing, and nobody notices.
fn known_names(page: &Path, query: &str) {
    let words = query.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
    for word in words.filter(|word| word.starts_with("openqoe_")) {
        let is = |name: &str| METRICS.iter().any(|metric| metric.name == name);
        let stem = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| word.strip_suffix(suffix));
        assert!(is(word) || stem.is_some_and(is), "{}: no metric is called {word}", page.display());
    }
}

#[test]
fn alertmanager_takes_its_configuration_and_routes_by_severity() {
    if is_missing("amtool", "prometheus-alertmanager", "routes of Alertmanager") {
        return;
    }
    let config = root().join("deploy/prometheus/alertmanager.yaml");
    let amtool = |arguments: &[&str]| Command::new("amtool").args(arguments).output();
    let config = config.to_str().unwrap();
    let checked = amtool(&["check-config", config]).unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let route = ["config", "routes", "test", "--config.file", config];
    for (labels, receiver) in [
        (["alertname=OpenQoEErrorBudgetBurn", "severity=page"], "pager"),
        (["alertname=OpenQoEErrorBudgetBurn", "severity=ticket"], "tickets"),
        (["alertname=OpenQoESLONoData", "severity=ticket"], "tickets"),
        (["alertname=OpenQoEOverflow", "severity=info"], "nobody"),
    ] {
        let told = amtool(&[&route[..], &labels].concat()).unwrap();
        assert_eq!(String::from_utf8_lossy(&told.stdout).trim(), receiver, "{labels:?}");
    }
}
