//! The SDK's types: the same events and attributes, checked by the TypeScript compiler.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::NOTICE;
use crate::registry::{AttributeType, Field, FieldType, Registry, camel};

pub(super) fn types(registry: &Registry) -> String {
    let mut out = format!("// {NOTICE}\n\nexport const SPEC_VERSION = '{}';\n", registry.spec_version);
    let used: BTreeSet<&str> = registry
        .events
        .iter()
        .flat_map(|event| &event.fields)
        .filter_map(|field| field.of.as_deref())
        .collect();
    for label in registry.labels.iter().filter(|label| used.contains(label.name.as_str())) {
        let _ = write!(
            out,
            "\n/** {} */\nexport type {} = {};\n",
            label.help,
            camel(&label.name),
            union(&label.values)
        );
    }
    out.push_str("\n/** What the player did; the queue adds `seq` and `t`. */\nexport type EventBody =\n");
    let variants: Vec<String> = registry
        .events
        .iter()
        .map(|event| {
            let fields: String = event.fields.iter().map(field).collect();
            format!("  /** {} */\n  | {{ type: '{}'{fields} }}", event.help, event.name)
        })
        .collect();
    out.push_str(&variants.join("\n"));
    out.push_str(
        ";\n\n/** What is known about a session; sent once a batch. */\nexport interface Attributes {\n",
    );
    for attribute in &registry.attributes {
        if ["session_id", "spec_version"].contains(&attribute.name.as_str()) {
            continue;
        }
        let kind = match attribute.kind {
            AttributeType::Bool => "boolean".into(),
            AttributeType::Enum => union(&attribute.values),
            _ => "string".into(),
        };
        let _ = writeln!(out, "  /** {} */\n  {}?: {kind};", attribute.help, attribute.name);
    }
    out.push_str("}\n");
    out
}

fn union(values: &[String]) -> String {
    values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(" | ")
}

fn field(field: &Field) -> String {
    let kind = match field.kind {
        FieldType::Bool => "boolean".into(),
        FieldType::String => "string".into(),
        FieldType::Uint | FieldType::Number => "number".into(),
        FieldType::Enum => camel(field.of.as_deref().unwrap_or_default()),
    };
    let optional = if field.required { "" } else { "?" };
    format!("; {}{optional}: {kind}", field.name)
}
