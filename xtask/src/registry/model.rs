//! The shapes of `spec/registry/*.yaml`. Unknown keys are errors: a slip in a registry is a wrong number somewhere.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Class {
    Label,
    Guarded,
    TraceOnly,
}

impl Class {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Class::Label => "label",
            Class::Guarded => "guarded",
            Class::TraceOnly => "trace_only",
        }
    }
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AttributeType {
    String,
    Bool,
    Enum,
    Country,
    Semver,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    /// Its number in the journal.
    pub(crate) tag: u64,
    pub(crate) class: Class,
    #[serde(rename = "type")]
    pub(crate) kind: AttributeType,
    #[serde(default)]
    pub(crate) values: Vec<String>,
    #[serde(default)]
    pub(crate) budget: usize,
    #[serde(default)]
    pub(crate) max_bytes: usize,
    #[serde(default)]
    pub(crate) required: bool,
    pub(crate) help: String,
    pub(crate) source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Label {
    pub(crate) name: String,
    /// The label's name in the exposition, where it differs.
    pub(crate) label: Option<String>,
    #[serde(default)]
    pub(crate) values: Vec<String>,
    pub(crate) class: Option<Class>,
    #[serde(default)]
    pub(crate) budget: usize,
    pub(crate) help: String,
}

impl Label {
    pub(crate) fn exposed(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }

    pub(crate) fn guarded(&self) -> bool {
        self.class == Some(Class::Guarded)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    #[serde(rename = "type")]
    pub(crate) name: String,
    /// Its number in the journal.
    pub(crate) tag: u64,
    pub(crate) help: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) fields: Vec<Field>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldType {
    Bool,
    String,
    Uint,
    Number,
    Enum,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Its number in the journal, among the fields of its event.
    pub(crate) tag: u64,
    #[serde(rename = "type")]
    pub(crate) kind: FieldType,
    pub(crate) of: Option<String>,
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
    pub(crate) default: Option<serde_yaml_ng::Value>,
    #[serde(default)]
    pub(crate) required: bool,
    pub(crate) help: String,
}

impl Field {
    /// The default as it is written in Rust, TypeScript and the documentation.
    pub(crate) fn default_text(&self) -> Option<String> {
        self.default.as_ref().map(|value| match value {
            serde_yaml_ng::Value::String(text) => text.clone(),
            serde_yaml_ng::Value::Bool(flag) => flag.to_string(),
            serde_yaml_ng::Value::Number(number) => number.to_string(),
            other => format!("{other:?}"),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) help: String,
    #[serde(default)]
    pub(crate) reasons: Vec<Reason>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    pub(crate) name: String,
    pub(crate) help: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchRejection {
    pub(crate) name: String,
    pub(crate) status: u16,
    pub(crate) help: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Domain {
    pub(crate) domain: String,
    pub(crate) help: String,
    pub(crate) metrics: Vec<Metric>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }

    pub(crate) fn rust(self) -> &'static str {
        match self {
            Kind::Counter => "Counter",
            Kind::Gauge => "Gauge",
            Kind::Histogram => "Histogram",
        }
    }
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    #[default]
    None,
    Seconds,
    Bytes,
    Ratio,
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Unit::None => "",
            Unit::Seconds => "seconds",
            Unit::Bytes => "bytes",
            Unit::Ratio => "ratio",
        }
    }
}

/// Which rows of the series table a metric lives in.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    #[default]
    View,
    Experiment,
    Slo,
    Objective,
    Tenant,
    Process,
    Probe,
}

impl Scope {
    pub(crate) const ALL: [Scope; 7] = [
        Scope::View,
        Scope::Experiment,
        Scope::Slo,
        Scope::Objective,
        Scope::Tenant,
        Scope::Process,
        Scope::Probe,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Scope::View => "view",
            Scope::Experiment => "experiment",
            Scope::Slo => "slo",
            Scope::Objective => "objective",
            Scope::Tenant => "tenant",
            Scope::Process => "process",
            Scope::Probe => "probe",
        }
    }

    /// The labels every series of the scope carries, for the documentation.
    pub(crate) fn carries(self) -> &'static str {
        match self {
            Scope::View => "`tenant` and every attribute classed `label` or `guarded`",
            Scope::Experiment => "`tenant`, `experiment_id`, `experiment_variant`",
            Scope::Slo => "`tenant`, `content_type`",
            Scope::Objective => "`tenant`, the labels the objective is grouped by, `slo`",
            Scope::Tenant => "`tenant`",
            Scope::Process => "nothing: it is about the process",
            Scope::Probe => {
                "nothing: it is about the one probe that `/probe` was asked for, and stands nowhere else"
            }
        }
    }
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metric {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) seed: bool,
    #[serde(default)]
    pub(crate) scope: Scope,
    pub(crate) kind: Option<Kind>,
    #[serde(default)]
    pub(crate) unit: Unit,
    #[serde(default)]
    pub(crate) labels: Vec<String>,
    /// What a label of its rows says that other rows of the scope do not carry.
    #[serde(default)]
    pub(crate) row_labels: BTreeMap<String, String>,
    pub(crate) help: String,
    #[serde(default)]
    pub(crate) formula: String,
    #[serde(default)]
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) buckets: Vec<f64>,
    #[serde(default)]
    pub(crate) exemplars: bool,
    /// An experiment metric is the named view metric, summed over every label but the experiment's.
    pub(crate) mirror: Option<String>,
}

impl Metric {
    pub(crate) fn kind(&self) -> Kind {
        self.kind.unwrap_or(Kind::Counter)
    }

    /// The name of the Rust variant: `openqoe_startup_failed_total` is `StartupFailed`.
    pub(crate) fn variant(&self) -> String {
        let stem = self.name.strip_prefix("openqoe_").unwrap_or(&self.name);
        camel(stem.strip_suffix("_total").unwrap_or(stem))
    }
}

/// `snake_case` to `CamelCase`.
pub(crate) fn camel(name: &str) -> String {
    name.split(['_', '-', '.'])
        .map(|part| {
            let mut letters = part.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect::<String>()
        .replace(|letter: char| !letter.is_alphanumeric(), "")
}

/// A Rust variant for a label value; digits first (`5m`) get a letter before them.
pub(crate) fn value_variant(value: &str) -> String {
    let name = camel(value);
    if name.starts_with(|letter: char| letter.is_ascii_digit()) { format!("N{name}") } else { name }
}
