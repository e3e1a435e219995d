//! One panel as Grafana wants it: its queries, its description, its links.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::filter::Names;
use super::query::Asked;
use super::spec::{Dashboard, Form, Panel, ThresholdsFile};
use super::style::{self, Style};
use crate::registry::{Kpi, Metric, Scope};

/// What a panel is made from beside its own words.
pub(super) struct Surroundings<'r> {
    pub(super) names: Names<'r>,
    pub(super) thresholds: ThresholdsFile,
}

/// A query on its way to a panel.
struct Target<'r> {
    text: String,
    legend: String,
    unit: String,
    metrics: Vec<&'r Metric>,
}

/// The panel, without its place.
///
/// # Errors
/// When it names what is not there, or lacks what its form needs.
pub(super) fn panel(around: &Surroundings<'_>, dashboard: &Dashboard, panel: &Panel) -> Result<Value> {
    let kpis = panel.kpis.iter().map(|id| around.kpi(id)).collect::<Result<Vec<_>>>()?;
    let targets = around.targets(dashboard, panel, &kpis)?;
    let title = title(panel, &kpis)?;
    let named = || format!("panel {title:?} of {}", dashboard.uid);
    let style = around.style(panel, &kpis, &targets).with_context(named)?;
    let refs: Vec<Value> =
        targets.iter().enumerate().map(|(position, target)| query(panel.form, position, target)).collect();
    let mut out = json!({
        "type": panel.form.name(),
        "title": title,
        "description": description(panel, &kpis, &targets).with_context(named)?,
        "datasource": { "type": "prometheus", "uid": "${datasource}" },
        "targets": refs,
        "fieldConfig": style::field_config(panel, &style),
        "options": style::options(panel.form, targets.len() > 1 || !panel.by.is_empty() || has_labels(&targets)),
        "links": links(dashboard, &kpis, &targets),
    });
    if panel.form == Form::Timeseries || panel.form == Form::Heatmap {
        out["interval"] = json!(dashboard.step);
    }
    if panel.form == Form::Table {
        let columns: Vec<(&str, &str)> =
            targets.iter().map(|target| (target.legend.as_str(), target.unit.as_str())).collect();
        style::table(&mut out, &columns, &style.columns);
    }
    Ok(out)
}

impl<'r> Surroundings<'r> {
    fn kpi(&self, id: &str) -> Result<&'r Kpi> {
        self.names
            .registry
            .kpis
            .iter()
            .find(|kpi| kpi.id == id)
            .with_context(|| format!("no KPI is called {id}"))
    }

    fn targets(&self, dashboard: &Dashboard, panel: &Panel, kpis: &[&'r Kpi]) -> Result<Vec<Target<'r>>> {
        let mut targets = Vec::new();
        for kpi in kpis {
            targets.push(self.indicator(dashboard, panel, kpi)?);
        }
        if let Some(name) = &panel.metric {
            let metric = self.names.registry.metrics().find(|metric| &metric.name == name);
            let unit = metric.map(|metric| metric.unit.name()).unwrap_or_default();
            let expr = format!("sum by (le) (increase({name}_bucket[$__rate_interval]))");
            targets.push(self.target(dashboard, &expr, "{{le}}", style::unit_of(unit))?);
        }
        for query in &panel.queries {
            let unit = query.unit.as_ref().or(panel.unit.as_ref()).map_or("", String::as_str);
            targets.push(self.target(dashboard, &query.expr, &query.legend, unit)?);
        }
        ensure!(!targets.is_empty(), "{}: a panel without a query", dashboard.uid);
        Ok(targets)
    }

    fn indicator(&self, dashboard: &Dashboard, panel: &Panel, kpi: &'r Kpi) -> Result<Target<'r>> {
        let registry = self.names.registry;
        let range = if panel.form.is_instant() { "$__range" } else { "$__rate_interval" };
        let asked = Asked { kpi, by: &panel.by, range, mirrors: dashboard.mirrors };
        let expr = match panel.most {
            Some(most) if panel.form.is_instant() => asked.worst(registry, most)?,
            Some(most) => asked.largest(registry, most)?,
            None => asked.promql(registry)?,
        };
        let is_column = panel.form == Form::Table || panel.by.is_empty();
        let by: Vec<String> = panel.by.iter().map(|label| format!("{{{{{label}}}}}")).collect();
        let legend = if is_column { kpi.title.clone() } else { by.join(" ") };
        self.target(dashboard, &expr, &legend, style::unit_of(kpi.unit.name()))
    }

    fn target(&self, dashboard: &Dashboard, expr: &str, legend: &str, unit: &str) -> Result<Target<'r>> {
        let filtered =
            self.names.filtered(dashboard, expr).with_context(|| format!("{}: {expr}", dashboard.uid))?;
        let (text, metrics) = (filtered.text, filtered.metrics);
        Ok(Target { text, legend: legend.into(), unit: unit.into(), metrics })
    }

    fn style(&self, panel: &Panel, kpis: &[&Kpi], targets: &[Target<'_>]) -> Result<Style> {
        let unit = panel.unit.as_deref().or(targets.first().map(|target| target.unit.as_str()));
        let unit = unit.unwrap_or_default();
        let is_one = targets.iter().all(|target| target.unit == unit || panel.unit.is_some());
        ensure!(panel.form == Form::Table || is_one, "its queries have different units");
        ensure!(!unit.is_empty(), "a unit is needed");
        let of = |kpi: &Kpi| self.thresholds.thresholds.get(&kpi.id).copied();
        let falls = |kpi: &Kpi| kpi.better.name() == "higher";
        let own = panel.thresholds.map(|values| (values, panel.falling));
        let indicators = kpis.iter().filter_map(|kpi| Some((kpi.title.clone(), (of(kpi)?, falls(kpi)))));
        let others = panel
            .queries
            .iter()
            .filter_map(|query| Some((query.legend.clone(), (query.thresholds?, query.falling))));
        let columns = indicators.chain(others).collect();
        let one = if let [kpi] = kpis { of(kpi).map(|values| (values, falls(kpi))) } else { None };
        Ok(Style { unit: unit.into(), thresholds: own.or(one), columns })
    }
}

fn title(panel: &Panel, kpis: &[&Kpi]) -> Result<String> {
    match (&panel.title, kpis) {
        (Some(title), _) => Ok(title.clone()),
        (None, [kpi]) if panel.by.is_empty() => Ok(kpi.title.clone()),
        (None, [kpi]) => {
            let by: Vec<String> = panel.by.iter().map(|label| style::spoken(label)).collect();
            Ok(format!("{} by {}", kpi.title, by.join(" and ")))
        }
        _ => anyhow::bail!("a panel that is not of one KPI needs a title"),
    }
}

/// What is said of it, or what the registry says of what it shows.
fn description(panel: &Panel, kpis: &[&Kpi], targets: &[Target<'_>]) -> Result<String> {
    let mut sentences: Vec<&str> = match (&panel.help, kpis) {
        (Some(help), _) => vec![help],
        (None, []) => {
            targets.iter().flat_map(|target| &target.metrics).map(|metric| metric.help.as_str()).collect()
        }
        (None, kpis) => kpis.iter().map(|kpi| kpi.help.as_str()).collect(),
    };
    let mut seen = std::collections::BTreeSet::new();
    sentences.retain(|sentence| seen.insert(*sentence));
    ensure!(!sentences.is_empty(), "help is needed");
    let is_over_range = targets.iter().any(|target| target.text.contains("[$__range]"));
    if panel.form == Form::Stat && is_over_range {
        sentences.push("Over the whole range shown.");
    }
    if panel.most.is_some() {
        sentences.push(match panel.form.is_instant() {
            true => "The worst, of those with enough to judge them by.",
            false => "Those with the most views over the range shown.",
        });
    }
    Ok(sentences.join(" "))
}

fn query(form: Form, position: usize, target: &Target<'_>) -> Value {
    let has_exemplars = !form.is_instant()
        && target.text.contains("_bucket")
        && target.metrics.iter().any(|metric| metric.exemplars);
    json!({
        "refId": style::ref_id(position),
        "datasource": { "type": "prometheus", "uid": "${datasource}" },
        "editorMode": "code",
        "expr": target.text,
        "legendFormat": target.legend,
        "instant": form.is_instant(),
        "range": !form.is_instant(),
        "exemplar": has_exemplars,
        "format": match form {
            Form::Table => "table",
            Form::Heatmap => "heatmap",
            _ => "time_series",
        },
    })
}

fn has_labels(targets: &[Target<'_>]) -> bool {
    targets.iter().any(|target| target.legend.contains("{{"))
}

/// An indicator can be broken down elsewhere: by dimension here, by anything in the console.
fn links(dashboard: &Dashboard, kpis: &[&Kpi], targets: &[Target<'_>]) -> Value {
    let is_of_views =
        targets.iter().flat_map(|target| &target.metrics).any(|metric| metric.scope == Scope::View);
    let mut links = Vec::new();
    if is_of_views && dashboard.by.is_empty() {
        links.push(json!({
            "title": "By dimension",
            "url": "/d/openqoe-dimensions?${__all_variables}&${__url_time_range}",
        }));
    }
    if let [kpi] = kpis {
        links.push(json!({
            "title": "Explore in the console",
            "url": format!("${{console}}/explore?kpi={}", kpi.id),
            "targetBlank": true,
        }));
    }
    json!(links)
}
