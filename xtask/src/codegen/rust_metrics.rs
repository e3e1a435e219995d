//! Rust enums of metrics by scope and kind, and the tables the series table and the encoders read.
//!
//! Every combination of a metric and its closed labels is a *slot*: a fixed position in a row of the series table, so that
//! an event costs an indexed add.

use std::fmt::Write;

use super::rust_labels::guarded;
use crate::registry::{Kind, Metric, Registry, Scope, camel};

/// A closed label as an axis of slots.
struct Axis {
    /// Rust type of the enum's argument; none for a label with a single constant value.
    rust: Option<String>,
    /// `name="value"` for each value, as Rust expressions of type `&'static str`.
    texts: Vec<String>,
}

pub(super) fn metrics(registry: &Registry) -> String {
    let mut out = String::from(
        "use crate::metric::{Kind as MetricKind, MetricDef, Scope, ScopeDef, SlotDef, Unit};\n\n",
    );
    let mut defs = String::new();
    let mut scopes = String::new();
    for scope in Scope::ALL {
        scope_module(registry, scope, &mut out, &mut defs, &mut scopes);
    }
    let count = registry.metrics().count();
    let _ = write!(
        out,
        "/// Every metric, in the order of the exposition.\npub static METRICS: [MetricDef; {count}] = [{defs}];\n\n{scopes}"
    );
    out
}

fn scope_module(registry: &Registry, scope: Scope, out: &mut String, defs: &mut String, scopes: &mut String) {
    let name = scope.name();
    let mut slot_tables = String::new();
    let mut enums = String::new();
    for (kind, keyed, table) in [
        (Kind::Counter, false, "counters"),
        (Kind::Gauge, false, "gauges"),
        (Kind::Histogram, false, "histograms"),
        (Kind::Counter, true, "keyed"),
    ] {
        let metrics: Vec<&Metric> = registry
            .metrics()
            .filter(|metric| {
                metric.scope == scope && metric.kind() == kind && is_keyed(registry, metric) == keyed
            })
            .collect();
        let slots = slot_table(registry, &metrics);
        let _ = write!(slot_tables, "{table}: &[{slots}],");
        if !metrics.is_empty() {
            let rust = if keyed { "KeyedCounter" } else { kind.rust() };
            slot_enum(registry, rust, &metrics, &mut enums);
        }
        let mut first = 0;
        for metric in metrics {
            let slots = slot_count(registry, metric);
            defs.push_str(&metric_def(registry, metric, first, slots, keyed));
            first += slots;
        }
    }
    let upper = name.to_uppercase();
    let _ = write!(
        scopes,
        "/// The slots of a `{name}` row.\npub static {upper}: ScopeDef = ScopeDef {{ {slot_tables} }};\n\n"
    );
    if !enums.is_empty() {
        let _ = write!(
            out,
            "/// Metrics of scope `{name}`.\npub mod {name} {{ #[allow(unused_imports)] use crate::generated::{{labels::*, outcomes::*}};\n{enums} }}\n\n"
        );
    }
}

pub(super) fn is_keyed(registry: &Registry, metric: &Metric) -> bool {
    key_label(registry, metric).is_some()
}

/// The guarded label of a metric, whose values are known only at run time.
fn key_label<'r>(registry: &'r Registry, metric: &Metric) -> Option<&'r str> {
    let label = metric.labels.iter().find_map(|name| registry.label(name).filter(|label| label.guarded()))?;
    Some(&label.name)
}

fn axes(registry: &Registry, metric: &Metric) -> Vec<Axis> {
    metric.labels.iter().filter_map(|name| axis(registry, name)).collect()
}

fn axis(registry: &Registry, name: &str) -> Option<Axis> {
    let literal = |label: &str, value: &str| format!("{:?}", format!("{label}=\"{value}\""));
    let (rust, texts) = match name {
        "outcome" => ("Outcome".to_string(), outcome_texts(registry)),
        "batch_rejection" => {
            let reasons = registry.batch_rejections.iter();
            ("BatchRejection".into(), reasons.map(|reason| literal("reason", &reason.name)).collect())
        }
        "guarded" => {
            let names = guarded(registry);
            ("Guarded".into(), names.iter().map(|(value, _)| literal("attribute", value)).collect())
        }
        "build" => {
            let text = format!(
                "concat!(\"version=\\\"\", env!(\"CARGO_PKG_VERSION\"), \"\\\",spec_version=\\\"{}\\\"\")",
                registry.spec_version
            );
            return Some(Axis { rust: None, texts: vec![text] });
        }
        _ => {
            let label = registry.label(name).filter(|label| !label.guarded())?;
            let texts = label.values.iter().map(|value| literal(label.exposed(), value)).collect();
            (camel(&label.name), texts)
        }
    };
    Some(Axis { rust: Some(rust), texts })
}

fn outcome_texts(registry: &Registry) -> Vec<String> {
    let mut texts = Vec::new();
    for outcome in &registry.outcomes {
        if outcome.reasons.is_empty() {
            texts.push(format!("{:?}", format!("outcome=\"{}\",reason=\"\"", outcome.name)));
        }
        for reason in &outcome.reasons {
            texts.push(format!("{:?}", format!("outcome=\"{}\",reason=\"{}\"", outcome.name, reason.name)));
        }
    }
    texts
}

pub(super) fn slot_count(registry: &Registry, metric: &Metric) -> usize {
    axes(registry, metric).iter().map(|axis| axis.texts.len()).product()
}

/// Label texts of all slots of a metric, the last axis turning fastest.
pub(super) fn slot_texts(registry: &Registry, metric: &Metric) -> Vec<String> {
    axes(registry, metric).iter().fold(vec![String::from("\"\"")], |prefixes, axis| {
        let join = |prefix: &String, text: &String| match prefix.as_str() {
            "\"\"" => text.clone(),
            _ => format!("concat!({prefix}, \",\", {text})"),
        };
        prefixes.iter().flat_map(|prefix| axis.texts.iter().map(move |text| join(prefix, text))).collect()
    })
}

fn slot_table(registry: &Registry, metrics: &[&Metric]) -> String {
    let mut out = String::new();
    for metric in metrics {
        for (offset, labels) in slot_texts(registry, metric).iter().enumerate() {
            let mirror = mirror_slot(registry, metric)
                .map_or("None".into(), |first| format!("Some({})", first + offset));
            let _ = write!(
                out,
                "SlotDef {{ metric: {}, labels: {labels}, mirror: {mirror} }},",
                def_index(registry, metric)
            );
        }
    }
    out
}

/// Where a metric stands in `METRICS`: by scope, then kind (keyed counters last), then the registry's order.
pub(super) fn def_index(registry: &Registry, metric: &Metric) -> usize {
    let rank = |other: &Metric| {
        let keyed = is_keyed(registry, other);
        (other.scope, if keyed { 3 } else { other.kind() as usize })
    };
    let own = registry.metrics().position(|other| other.name == metric.name).unwrap_or(usize::MAX);
    let key = (rank(metric), own);
    registry.metrics().enumerate().filter(|(position, other)| (rank(other), *position) < key).count()
}

/// The first slot of the experiment metric that mirrors this one.
fn mirror_slot(registry: &Registry, metric: &Metric) -> Option<usize> {
    let mirror = registry.metrics().find(|other| other.mirror.as_deref() == Some(&metric.name))?;
    Some(
        registry
            .metrics()
            .filter(|other| other.scope == mirror.scope && other.kind() == mirror.kind())
            .take_while(|other| other.name != mirror.name)
            .map(|other| slot_count(registry, other))
            .sum(),
    )
}

fn slot_enum(registry: &Registry, rust: &str, metrics: &[&Metric], out: &mut String) {
    let mut variants = String::new();
    let mut arms = String::new();
    let mut first = 0;
    for metric in metrics {
        let axes = axes(registry, metric);
        let types: Vec<&str> = axes.iter().filter_map(|axis| axis.rust.as_deref()).collect();
        let variant = metric.variant();
        let _ = write!(variants, "/// `{}`: {}\n{variant}", metric.name, metric.help);
        if types.is_empty() {
            let _ = write!(arms, "Self::{variant} => {first},");
        } else {
            let _ = write!(variants, "({})", types.join(", "));
            let names: Vec<String> = (0..types.len()).map(|index| format!("a{index}")).collect();
            let offset =
                axes.iter().zip(&names).fold(String::new(), |sum, (axis, name)| match sum.as_str() {
                    "" => format!("{name}.index()"),
                    _ => format!("({sum}) * {} + {name}.index()", axis.texts.len()),
                });
            let base = if first == 0 { String::new() } else { format!("{first} + ") };
            let _ = write!(arms, "Self::{variant}({}) => {base}{offset},", names.join(", "));
        }
        variants.push_str(",\n");
        first += slot_count(registry, metric);
    }
    let _ = write!(
        out,
        "/// {rust} metrics.\n#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub enum {rust} {{ {variants} }}\n\
         impl {rust} {{\n/// Slots of all of them together.\npub const SLOTS: usize = {first};\n\
         /// Position in the row.\npub const fn slot(self) -> usize {{ match self {{ {arms} }} }} }}\n"
    );
}

fn metric_def(registry: &Registry, metric: &Metric, first: usize, slots: usize, keyed: bool) -> String {
    let domain = registry
        .domains
        .iter()
        .find(|domain| domain.metrics.iter().any(|other| other.name == metric.name))
        .map_or("", |domain| domain.domain.as_str());
    let key = match key_label(registry, metric) {
        Some(label) if keyed => format!("Some(super::labels::Guarded::{})", camel(label)),
        _ => "None".into(),
    };
    format!(
        "MetricDef {{ name: {:?}, help: {:?}, kind: MetricKind::{}, unit: Unit::{}, scope: Scope::{}, domain: {domain:?}, \
         first_slot: {first}, slots: {slots}, key: {key}, buckets: &{:?}, exemplars: {} }},",
        metric.name,
        metric.help,
        metric.kind().rust(),
        camel(match metric.unit.name() {
            "" => "none",
            name => name,
        }),
        camel(metric.scope.name()),
        metric.buckets,
        metric.exemplars,
    )
}
