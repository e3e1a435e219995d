//! A dashboard around its panels: variables, links to the others and to the console, alerts as annotations.

use anyhow::Result;
use serde_json::{Value, json};

use super::filter::TARGET;
use super::layout::Flow;
use super::panel::{Surroundings, panel};
use super::spec::{Dashboard, Row};
use super::style;
use crate::codegen::NOTICE;

/// Where the console is unless the import script is told otherwise; the script looks for this very text.
const CONSOLE: &str = "http://127.0.0.1:8889";
/// A series without the label is among all of them, which is why this is no list of values.
const ALL: &str = ".*";

/// The document Grafana imports.
pub(super) fn dashboard(around: &Surroundings<'_>, dashboard: &Dashboard) -> Result<String> {
    let mut panels = Vec::new();
    let (mut flow, mut id) = (Flow::default(), 0);
    for row in &dashboard.rows {
        put_row(around, dashboard, row, &mut flow, &mut id, &mut panels)?;
    }
    let document = json!({
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": format!("{} {NOTICE}", dashboard.help),
        "tags": ["openqoe"],
        "schemaVersion": 39,
        "editable": true,
        "graphTooltip": 1,
        "timezone": "",
        "time": { "from": format!("now-{}", dashboard.range), "to": "now" },
        "refresh": dashboard.refresh,
        "templating": { "list": variables(dashboard) },
        "annotations": { "list": annotations(around, dashboard)? },
        "links": links(),
        "panels": panels,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn put_row(
    around: &Surroundings<'_>,
    dashboard: &Dashboard,
    row: &Row,
    flow: &mut Flow,
    id: &mut u64,
    out: &mut Vec<Value>,
) -> Result<()> {
    let mut numbered = |mut value: Value, place: super::layout::Place| {
        *id += 1;
        value["id"] = json!(*id);
        value["gridPos"] = json!({ "x": place.x, "y": place.y, "w": place.w, "h": place.h });
        value
    };
    let heading = json!({ "type": "row", "title": row.title, "collapsed": row.collapsed, "panels": [] });
    let mut heading = numbered(heading, flow.heading());
    let mut panels = Vec::new();
    // What a shut row holds takes no room below it.
    let mut inside = if row.collapsed { Some(flow.clone()) } else { None };
    for spec in &row.panels {
        let (width, height) = spec.form.size();
        let size = (spec.width.unwrap_or(width), spec.height.unwrap_or(height));
        let place = inside.as_mut().unwrap_or(flow).place(size)?;
        panels.push(numbered(panel(around, dashboard, spec)?, place));
    }
    if row.collapsed {
        heading["panels"] = json!(panels);
        panels = Vec::new();
    }
    out.push(heading);
    out.append(&mut panels);
    Ok(())
}

fn variables(dashboard: &Dashboard) -> Value {
    let mut list = vec![json!({
        "type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus",
        "current": {}, "hide": 0, "includeAll": false, "multi": false, "options": [], "refresh": 1, "regex": "",
    })];
    list.extend(dashboard.filters.iter().map(|label| filter(dashboard, label)));
    if let Some(first) = dashboard.by.first() {
        let options: Vec<Value> = dashboard
            .by
            .iter()
            .map(|label| json!({ "text": label, "value": label, "selected": label == first }))
            .collect();
        list.push(json!({
            "type": "custom", "name": "by", "label": "Break down by", "query": dashboard.by.join(","),
            "current": { "text": first, "value": first }, "hide": 0, "includeAll": false, "multi": false,
            "options": options,
        }));
    }
    list.push(json!({
        "type": "constant", "name": "console", "label": "Console", "query": CONSOLE, "hide": 2,
        "current": { "text": CONSOLE, "value": CONSOLE },
        "options": [{ "text": CONSOLE, "value": CONSOLE, "selected": true }],
    }));
    json!(list)
}

/// The values of a label, of the tenant that is chosen.
fn filter(dashboard: &Dashboard, label: &str) -> Value {
    let (series, values) = match label {
        "tenant" => ("openqoe_ingest_events_received_total".to_owned(), label),
        "instance" => ("openqoe_build_info".to_owned(), label),
        "slo" => ("slo:objective:ratio".to_owned(), label),
        TARGET => ("openqoe_probe_downloads".to_owned(), "instance"),
        _ => {
            let only = if dashboard.only.is_empty() { String::new() } else { format!(",{}", dashboard.only) };
            (format!("openqoe_startup_attempts_total{{tenant=~\"$tenant\"{only}}}"), label)
        }
    };
    let query = format!("label_values({series}, {values})");
    json!({
        "type": "query", "name": label, "label": style::capitalised(&style::spoken(label)),
        "datasource": { "type": "prometheus", "uid": "${datasource}" },
        "definition": query,
        "query": { "query": query, "refId": "StandardVariableQuery" },
        "refresh": 2, "sort": 1, "regex": "", "hide": 0, "options": [],
        "multi": true, "includeAll": true, "allValue": ALL,
        "current": { "text": ["All"], "value": ["$__all"] },
    })
}

fn annotations(around: &Surroundings<'_>, dashboard: &Dashboard) -> Result<Value> {
    let firing = r#"ALERTS{alertname=~"OpenQoE.+",alertstate="firing"}"#;
    let firing = around.names.filtered(dashboard, firing)?.text;
    Ok(json!([
        {
            "name": "Annotations & Alerts", "type": "dashboard", "builtIn": 1, "enable": true, "hide": true,
            "datasource": { "type": "grafana", "uid": "-- Grafana --" }, "iconColor": "rgba(0, 211, 255, 1)",
        },
        {
            "name": "Alerts", "enable": true, "hide": false, "iconColor": "red",
            "datasource": { "type": "prometheus", "uid": "${datasource}" },
            "expr": firing, "step": "60s", "useValueForTime": false,
            "titleFormat": "{{alertname}}", "textFormat": "{{severity}}", "tagKeys": "tenant,severity",
        },
    ]))
}

fn links() -> Value {
    json!([
        {
            "title": "OpenQoE", "type": "dashboards", "tags": ["openqoe"], "asDropdown": true,
            "includeVars": true, "keepTime": true, "targetBlank": false, "icon": "external link", "tooltip": "", "url": "",
        },
        {
            "title": "Console", "type": "link", "url": "${console}/live", "tags": [], "asDropdown": false,
            "includeVars": false, "keepTime": false, "targetBlank": true, "icon": "external link",
            "tooltip": "Sessions, Explore and objectives, in the gateway itself",
        },
    ])
}
