//! The shape of `spec/dashboards/*.yaml`: what a dashboard shows, without how Grafana writes that down.

use std::collections::BTreeMap;

use serde::Deserialize;

/// From which value on an indicator deserves attention, and from which on action.
pub(super) type Thresholds = [f64; 2];

/// `thresholds.yaml`, by the id of an indicator.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThresholdsFile {
    pub(super) thresholds: BTreeMap<String, Thresholds>,
}

/// One dashboard.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dashboard {
    /// Its address in Grafana: `/d/openqoe-overview`. Never changes.
    pub(super) uid: String,
    pub(super) title: String,
    pub(super) help: String,
    /// The range shown at first, such as `1h`.
    pub(super) range: String,
    pub(super) refresh: String,
    /// The shortest step of a chart. A rate looks at least this far back.
    pub(super) step: String,
    /// `tenant`, `instance`, `slo` or an attribute: each is a variable, and narrows every query whose metrics carry the label.
    pub(super) filters: Vec<String>,
    /// Matchers that hold for every metric of views, such as `is_live="true"`.
    #[serde(default)]
    pub(super) only: String,
    /// The attributes `$by` chooses from, the first one chosen at first.
    #[serde(default)]
    pub(super) by: Vec<String>,
    /// Whether indicators are taken from the metrics of experiments where those have all their terms.
    #[serde(default)]
    pub(super) mirrors: bool,
    pub(super) rows: Vec<Row>,
}

/// Panels under one heading.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) title: String,
    /// Shut at first: what most installations do not have. Its panels ask nothing until it is opened.
    #[serde(default)]
    pub(super) collapsed: bool,
    pub(super) panels: Vec<Panel>,
}

/// How a panel shows what it has, in Grafana's words.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Form {
    Stat,
    Timeseries,
    Table,
    Bargauge,
    Heatmap,
}

impl Form {
    /// The name of the panel's type in Grafana.
    pub(super) fn name(self) -> &'static str {
        match self {
            Form::Stat => "stat",
            Form::Timeseries => "timeseries",
            Form::Table => "table",
            Form::Bargauge => "bargauge",
            Form::Heatmap => "heatmap",
        }
    }

    /// Columns of 24, and units of height.
    pub(super) fn size(self) -> (u64, u64) {
        match self {
            Form::Stat => (4, 4),
            Form::Timeseries | Form::Heatmap => (12, 8),
            Form::Table => (24, 9),
            Form::Bargauge => (8, 8),
        }
    }

    /// Whether one value for the whole range shown is asked for, and not a course.
    pub(super) fn is_instant(self) -> bool {
        matches!(self, Form::Stat | Form::Table | Form::Bargauge)
    }
}

/// One panel: indicators, a histogram, or queries of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Panel {
    #[serde(rename = "as")]
    pub(super) form: Form,
    #[serde(default)]
    pub(super) kpis: Vec<String>,
    /// A histogram, for a heatmap.
    pub(super) metric: Option<String>,
    #[serde(default)]
    pub(super) queries: Vec<Query>,
    /// The labels an indicator is broken down by; `$by` is the chosen one.
    #[serde(default)]
    pub(super) by: Vec<String>,
    /// Only so many groups: in charts those with the most views, in other forms the worst with enough to judge them by.
    pub(super) most: Option<usize>,
    pub(super) title: Option<String>,
    pub(super) help: Option<String>,
    /// A unit of Grafana's; indicators and histograms bring theirs.
    pub(super) unit: Option<String>,
    pub(super) thresholds: Option<Thresholds>,
    /// Whether less than the thresholds is what is bad.
    #[serde(default)]
    pub(super) falling: bool,
    #[serde(default)]
    pub(super) stack: bool,
    pub(super) max: Option<f64>,
    /// Whether values may be below 0.
    #[serde(default)]
    pub(super) negative: bool,
    /// Words for numbers, such as 1: up.
    #[serde(default)]
    pub(super) words: BTreeMap<String, String>,
    pub(super) width: Option<u64>,
    pub(super) height: Option<u64>,
}

/// One query, written without the filters: they follow from what its metrics carry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    pub(super) expr: String,
    /// The name of the series, with `{{label}}`; in a table the name of the column.
    pub(super) legend: String,
    /// The unit of a table's column, and how it is judged.
    pub(super) unit: Option<String>,
    pub(super) thresholds: Option<Thresholds>,
    #[serde(default)]
    pub(super) falling: bool,
}
