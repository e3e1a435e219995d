//! How panels look: units, thresholds, legends that keep calm. The same for all of a form, so that dashboards read alike.

use serde_json::{Map, Value, json};

use super::spec::{Form, Panel, Thresholds};

/// Thresholds, and whether less than them is what is bad.
pub(super) type Judgement = (Thresholds, bool);

/// What of the looks depends on what is shown.
pub(super) struct Style {
    pub(super) unit: String,
    pub(super) thresholds: Option<Judgement>,
    /// Of a table, by the name of the column.
    pub(super) columns: Vec<(String, Judgement)>,
}

/// Grafana's name of a unit of the registry.
pub(super) fn unit_of(name: &str) -> &'static str {
    match name {
        "ratio" => "percentunit",
        "seconds" => "s",
        "bytes" => "bytes",
        "bits_per_second" => "bps",
        "per_hour" => "suffix:/h",
        "per_second" => "suffix:/s",
        _ => "short",
    }
}

/// A label as people say it.
pub(super) fn spoken(label: &str) -> String {
    match label {
        "cdn" => "CDN".into(),
        "isp" => "ISP".into(),
        "edge_pop" => "PoP".into(),
        "is_live" => "live".into(),
        "os_family" => "system".into(),
        "slo" => "objective".into(),
        "experiment_variant" => "variant".into(),
        other => other.trim_end_matches("_id").replace('_', " "),
    }
}

/// For the beginning of a line.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// `A`, `B` ... `Z`, `AA`.
pub(super) fn ref_id(position: usize) -> String {
    let letter = |position: usize| char::from(b'A' + u8::try_from(position % 26).unwrap_or_default());
    match position / 26 {
        0 => letter(position).to_string(),
        more => format!("{}{}", letter(more - 1), letter(position)),
    }
}

/// How values are shown.
pub(super) fn field_config(panel: &Panel, style: &Style) -> Value {
    let mut defaults = json!({
        "unit": style.unit,
        "color": { "mode": if is_judged(panel.form, style) { "thresholds" } else { "palette-classic" } },
        "thresholds": steps(style.thresholds),
        "mappings": words(panel),
        "custom": custom(panel, style),
    });
    if panel.form != Form::Stat && panel.form != Form::Table && !panel.negative {
        defaults["min"] = json!(0);
    }
    if let Some(max) = panel.max {
        defaults["max"] = json!(max);
    }
    json!({ "defaults": defaults, "overrides": [] })
}

fn is_judged(form: Form, style: &Style) -> bool {
    match form {
        Form::Stat | Form::Bargauge => true,
        Form::Table => style.thresholds.is_some(),
        Form::Timeseries | Form::Heatmap => false,
    }
}

fn steps(judgement: Option<Judgement>) -> Value {
    let step = |color: &str, value: Value| json!({ "color": color, "value": value });
    let steps = match judgement {
        None => vec![step("blue", Value::Null)],
        Some(([attention, action], false)) => {
            vec![step("green", Value::Null), step("orange", json!(attention)), step("red", json!(action))]
        }
        Some(([attention, action], true)) => {
            vec![step("red", Value::Null), step("orange", json!(action)), step("green", json!(attention))]
        }
    };
    json!({ "mode": "absolute", "steps": steps })
}

fn words(panel: &Panel) -> Value {
    if panel.words.is_empty() {
        return json!([]);
    }
    let options: Map<String, Value> =
        panel.words.iter().map(|(value, text)| (value.clone(), json!({ "text": text }))).collect();
    json!([{ "type": "value", "options": options }])
}

fn custom(panel: &Panel, style: &Style) -> Value {
    match panel.form {
        Form::Stat | Form::Bargauge => json!({}),
        Form::Heatmap => json!({ "hideFrom": { "legend": false, "tooltip": false, "viz": false } }),
        Form::Table => json!({ "align": "auto", "filterable": true, "cellOptions": { "type": "auto" } }),
        Form::Timeseries => json!({
            "drawStyle": "line",
            "lineInterpolation": "linear",
            "lineWidth": 1,
            "fillOpacity": if panel.stack { 30 } else { 6 },
            "showPoints": "never",
            // A scrape that was missed is no gap; a silence of minutes is one.
            "spanNulls": 120_000,
            "stacking": { "group": "A", "mode": if panel.stack { "normal" } else { "none" } },
            "thresholdsStyle": { "mode": if style.thresholds.is_some() { "dashed" } else { "off" } },
        }),
    }
}

/// What belongs to the form. `has_names`: whether its series have to be told apart.
pub(super) fn options(form: Form, has_names: bool) -> Value {
    let last = json!({ "calcs": ["lastNotNull"], "fields": "", "values": false });
    match form {
        Form::Stat => json!({
            "reduceOptions": last, "colorMode": "value", "graphMode": "none", "textMode": "auto",
            "justifyMode": "auto", "orientation": "auto", "wideLayout": true, "showPercentChange": false,
        }),
        Form::Bargauge => json!({
            "reduceOptions": last, "displayMode": "basic", "orientation": "horizontal", "showUnfilled": true,
            "valueMode": "color", "namePlacement": "auto", "sizing": "auto", "minVizHeight": 16, "maxVizHeight": 300, "minVizWidth": 8,
            "legend": { "showLegend": false, "displayMode": "list", "placement": "bottom", "calcs": [] },
        }),
        Form::Table => json!({ "showHeader": true, "cellHeight": "sm", "footer": { "show": false } }),
        Form::Timeseries => json!({
            "legend": { "showLegend": has_names, "displayMode": "list", "placement": "bottom", "calcs": [] },
            "tooltip": { "mode": "multi", "sort": "desc" },
        }),
        Form::Heatmap => json!({
            "calculate": false,
            "cellGap": 1,
            "cellValues": { "unit": "short" },
            "color": { "mode": "scheme", "scheme": "Blues", "scale": "exponential", "exponent": 0.5, "steps": 64, "fill": "blue", "reverse": false },
            "exemplars": { "color": "orange" },
            "filterValues": { "le": 1e-9 },
            "legend": { "show": false },
            "rowsFrame": { "layout": "auto" },
            "showValue": "never",
            "tooltip": { "mode": "single", "yHistogram": true },
            "yAxis": { "axisPlacement": "left", "unit": "s" },
        }),
    }
}

/// A table of one line a group and one column a query, the first one deciding the order.
pub(super) fn table(panel: &mut Value, columns: &[(&str, &str)], judged: &[(String, Judgement)]) {
    let is_single = columns.len() == 1;
    // Merged columns are told apart by the query, a single one is only called Value.
    let field = |position: usize| match is_single {
        true => "Value".to_owned(),
        false => format!("Value #{}", ref_id(position)),
    };
    let renames: Map<String, Value> =
        columns.iter().enumerate().map(|(position, (name, _))| (field(position), json!(name))).collect();
    panel["transformations"] = json!([
        { "id": "merge", "options": {} },
        { "id": "organize", "options": { "excludeByName": { "Time": true }, "indexByName": {}, "renameByName": renames } },
    ]);
    if let Some((name, _)) = columns.first() {
        panel["options"]["sortBy"] = json!([{ "displayName": name, "desc": true }]);
    }
    let overrides: Vec<Value> = columns.iter().map(|(name, unit)| column(name, unit, judged)).collect();
    panel["fieldConfig"]["overrides"] = json!(overrides);
}

fn column(name: &str, unit: &str, judged: &[(String, Judgement)]) -> Value {
    let mut properties = vec![json!({ "id": "unit", "value": unit })];
    if let Some((_, judgement)) = judged.iter().find(|(column, _)| column == name) {
        properties.push(json!({ "id": "thresholds", "value": steps(Some(*judgement)) }));
        properties.push(json!({ "id": "color", "value": { "mode": "thresholds" } }));
        properties.push(json!({ "id": "custom.cellOptions", "value": { "type": "color-text" } }));
    }
    json!({ "matcher": { "id": "byName", "options": name }, "properties": properties })
}
