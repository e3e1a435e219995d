//! Grafana dashboards out of `spec/dashboards`, where panels name indicators and registered metrics. Filters, units,
//! descriptions, places and links follow from the registry; a name that is not registered is an error here, not an empty panel.

mod dashboard;
mod filter;
mod layout;
mod panel;
mod query;
mod spec;
mod style;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use self::filter::{Names, TARGET};
use self::panel::Surroundings;
use self::spec::{Dashboard, ThresholdsFile};
use super::Output;
use crate::registry::{Kind, Metric, Registry, read};

/// Where dashboards are described, by file name, and where each is written.
const DASHBOARDS: [(&str, &str); 9] = [
    ("overview.yaml", "deploy/grafana/overview.json"),
    ("dimensions.yaml", "deploy/grafana/dimensions.json"),
    ("live.yaml", "deploy/grafana/live.json"),
    ("delivery.yaml", "deploy/grafana/delivery.json"),
    ("ads.yaml", "deploy/grafana/ads.json"),
    ("experiments.yaml", "deploy/grafana/experiments.json"),
    ("probes.yaml", "deploy/grafana/probes.json"),
    ("slo.yaml", "deploy/grafana/slo.json"),
    ("gateway.yaml", "deploy/grafana/gateway.json"),
];
const THRESHOLDS: &str = "thresholds.yaml";
const RULES: &str = "deploy/prometheus/slo.yaml";

/// All dashboards.
///
/// # Errors
/// When a description does not fit the registry.
pub(super) fn outputs(root: &Path, registry: &Registry) -> Result<Vec<Output>> {
    let folder = root.join("spec/dashboards");
    check_no_stray(&folder)?;
    let around = Surroundings {
        names: Names { registry, recorded: recorded(root)? },
        thresholds: read::<ThresholdsFile>(&folder.join(THRESHOLDS))?,
    };
    for id in around.thresholds.thresholds.keys() {
        ensure!(registry.kpis.iter().any(|kpi| &kpi.id == id), "{THRESHOLDS}: no KPI is called {id}");
    }
    let outputs: Vec<Output> = DASHBOARDS
        .iter()
        .map(|(file, path)| {
            let spec = read::<Dashboard>(&folder.join(file))?;
            check_filters(registry, &spec)?;
            let text =
                dashboard::dashboard(&around, &spec).with_context(|| format!("spec/dashboards/{file}"))?;
            Ok(Output { path, text })
        })
        .collect::<Result<_>>()?;
    for metric in registry.metrics().filter(|metric| !is_shown(metric, &outputs)) {
        println!("grafana: no dashboard shows {}", metric.name);
    }
    Ok(outputs)
}

/// Said, not refused: a metric may be ahead of its panel.
fn is_shown(metric: &Metric, outputs: &[Output]) -> bool {
    let parts = if metric.kind() == Kind::Histogram { ["_bucket", "_sum", "_count"] } else { [""; 3] };
    let selectors = parts.map(|part| format!("{}{part}{{", metric.name));
    outputs.iter().any(|output| selectors.iter().any(|selector| output.text.contains(selector)))
}

fn check_no_stray(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let name = entry?.file_name();
        let is_known = DASHBOARDS.iter().any(|(file, _)| name == *file) || name == THRESHOLDS;
        ensure!(is_known, "spec/dashboards/{} is not in grafana::DASHBOARDS", name.display());
    }
    Ok(())
}

fn check_filters(registry: &Registry, dashboard: &Dashboard) -> Result<()> {
    for label in dashboard.filters.iter().chain(&dashboard.by) {
        let is_attribute = registry.attributes.iter().any(|attribute| &attribute.name == label);
        let is_known = is_attribute || ["tenant", "instance", "slo", TARGET].contains(&label.as_str());
        ensure!(is_known, "{}: no series is labelled {label}", dashboard.uid);
    }
    Ok(())
}

#[derive(Deserialize)]
struct RuleFile {
    groups: Vec<RuleGroup>,
}

#[derive(Deserialize)]
struct RuleGroup {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    record: Option<String>,
    expr: String,
}

/// What the rules record that stand beside the dashboards. A constant has no labels but those the rule gives it.
fn recorded(root: &Path) -> Result<BTreeMap<String, bool>> {
    let file = read::<RuleFile>(&root.join(RULES))?;
    let rules = file.groups.into_iter().flat_map(|group| group.rules);
    Ok(rules.filter_map(|rule| Some((rule.record?, !rule.expr.starts_with("vector(")))).collect())
}
