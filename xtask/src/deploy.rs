//! What runs the gateway elsewhere - the unit, the Compose file, the chart, the alerts - read by the programs that will read
//! it there. Nothing is started and no image is pulled.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::steps::{Steps, command, command_with};
use crate::tools::{DOCKER_COMPOSE, HELM, PROMTOOL, SHELLCHECK, SYSTEMD_ANALYZE};
use crate::tree::Tree;

/// The version whose objects the chart is rendered for.
const KUBERNETES: &str = "1.31.0";
/// Where copies go that are made for a check.
const SCRATCH: &str = "target/deploy";

/// Checks all of it.
pub(crate) fn check(steps: &mut Steps<'_>) {
    steps.check("deploy: metric names", names);
    match SYSTEMD_ANALYZE.require() {
        Ok(_) => steps.check("deploy: systemd-analyze", systemd),
        Err(remedy) => steps.skip("deploy: systemd-analyze", remedy),
    }
    match compose_command() {
        Ok(compose) => {
            steps.run("deploy: compose", &format!("{compose} -f deploy/compose/compose.yaml config -q"))
        }
        Err(remedy) => steps.skip("deploy: compose", remedy),
    }
    match PROMTOOL.require() {
        Ok(_) => steps.check("deploy: promtool", prometheus),
        Err(remedy) => steps.skip("deploy: promtool", remedy),
    }
    match SHELLCHECK.require() {
        Ok(_) => steps.run("deploy: shellcheck", "shellcheck deploy/grafana/import.sh"),
        Err(remedy) => steps.skip("deploy: shellcheck", remedy),
    }
    match HELM.find() {
        Some(_) => steps.check("deploy: helm", helm),
        None => steps.skip_unpackaged("deploy: helm", HELM.remedy),
    }
}

/// Alerts on a metric that does not exist never fire, and nobody notices.
fn names(root: &Path) -> Result<()> {
    let tree = Tree::read(root)?;
    let taxonomy = tree.text("spec/metric-taxonomy.md");
    let headings = taxonomy.lines().filter_map(|line| line.strip_prefix("### "));
    // Names of the founding document are bold.
    let registered: BTreeSet<&str> = headings.map(|name| name.trim_matches('*')).collect();
    let deployed = tree.files.iter().filter(|(path, _)| path.starts_with("deploy"));
    let unknown: Vec<String> = deployed
        .flat_map(|(path, text)| metrics(text).map(move |name| (path, name)))
        .filter(|(_, name)| !is_registered(name, &registered))
        .map(|(path, name)| format!("{}: no metric is called {name}", path.display()))
        .collect();
    ensure!(unknown.is_empty(), "{}", unknown.join("\n"));
    Ok(())
}

fn metrics(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'))
        .filter(|word| word.starts_with("openqoe_") && *word != "openqoe_")
}

fn is_registered(name: &str, registered: &BTreeSet<&str>) -> bool {
    let parts = ["", "_bucket", "_sum", "_count"];
    parts.iter().any(|part| name.strip_suffix(part).is_some_and(|stem| registered.contains(stem)))
}

/// `verify` wants to find the program, which is installed nowhere here.
fn systemd(root: &Path) -> Result<()> {
    let unit = std::fs::read_to_string(root.join("deploy/systemd/openqoe.service"))?;
    let folder = root.join(SCRATCH);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("openqoe.service"), unit.replace("/usr/bin/openqoe", "/bin/true"))?;
    let unit = format!("{SCRATCH}/openqoe.service");
    command(root, &format!("systemd-analyze verify --man=no {unit}"))?;
    // Tenths of 10, the worst; a sandbox that loses a wall shows here.
    command(root, &format!("systemd-analyze security --no-pager --offline=true --threshold=15 {unit}"))
}

/// Compose is a plugin of docker, or a program of its own.
fn compose_command() -> Result<&'static str, &'static str> {
    let plugin = Command::new("docker")
        .args(["compose", "version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if plugin { Ok("docker compose") } else { DOCKER_COMPOSE.require().map(|_| "docker-compose") }
}

fn prometheus(root: &Path) -> Result<()> {
    // That each alert fires when it should is for the tests of openqoe-slo.
    let rules =
        ["playback", "ingest", "freshness", "slo"].map(|name| format!("deploy/prometheus/{name}.yaml"));
    command(root, &format!("promtool check rules {}", rules.join(" ")))?;
    let config = std::fs::read_to_string(root.join("deploy/compose/prometheus.yaml"))?;
    // A key of Prometheus 3, which the one of Debian need not be.
    let known = config.lines().filter(|line| !line.contains("always_scrape_classic_histograms"));
    let copy = root.join(SCRATCH).join("prometheus.yaml");
    std::fs::create_dir_all(root.join(SCRATCH))?;
    std::fs::write(&copy, known.collect::<Vec<_>>().join("\n"))?;
    command(root, &format!("promtool check config --syntax-only {SCRATCH}/prometheus.yaml"))
}

fn helm(root: &Path) -> Result<()> {
    const CHART: &str = "deploy/helm/openqoe";
    for values in values(&root.join(CHART).join("ci"))? {
        let values = values.to_string_lossy();
        let common = [CHART, "--kube-version", KUBERNETES, "-f", &*values];
        command_with(root, &[&["helm", "lint", "--strict", "--quiet"][..], &common].concat(), &[])?;
        let rendered = format!("{SCRATCH}/helm");
        let template = ["helm", "template", "openqoe", "--output-dir", &rendered];
        command_with(root, &[&template[..], &common].concat(), &[])?;
    }
    Ok(())
}

fn values(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    ensure!(!files.is_empty(), "{}: no values to render the chart with", folder.display());
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_compared() {
        let found: Vec<&str> =
            metrics("rate(openqoe_a_seconds_bucket{x=\"openqoe\"}[5m]) > openqoe_b").collect();
        assert_eq!(found, ["openqoe_a_seconds_bucket", "openqoe_b"]);
        let registered = BTreeSet::from(["openqoe_a_seconds"]);
        assert!(is_registered("openqoe_a_seconds_bucket", &registered));
        assert!(!is_registered("openqoe_b", &registered));
    }
}
