//! The Rust enum of what an event can say.

use std::fmt::Write;

use crate::registry::{Event, Field, FieldType, Registry, camel};

pub(super) fn events(registry: &Registry) -> String {
    let mut out = String::from("use serde::{Deserialize, Serialize};\n\nuse super::labels::*;\n\n");
    out.push_str("/// What the player did. Serialised by the names of the wire; what may be absent there may be absent here.\n");
    out.push_str("#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]\npub enum EventKind {");
    for event in &registry.events {
        out.push_str(&variant(event));
    }
    out.push_str("}\n\nimpl EventKind {\n");
    let names: String = registry.events.iter().map(|event| format!("{:?},", event.name)).collect();
    let _ = write!(
        out,
        "/// The names of all types, as on the wire.\npub const NAMES: &'static [&'static str] = &[{names}];\n\
         /// The type's name on the wire.\npub const fn name(&self) -> &'static str {{ match self {{"
    );
    for event in &registry.events {
        let rest = if event.fields.is_empty() { "" } else { " { .. }" };
        let _ = write!(out, "EventKind::{}{rest} => {:?},", camel(&event.name), event.name);
    }
    out.push_str("} } }\n\n");
    out.push_str(&defaults(registry));
    out
}

/// A function for each default, as serde wants them.
fn defaults(registry: &Registry) -> String {
    let mut out =
        String::from("/// What a field is when it is absent.\npub(super) mod absent { use super::*;\n");
    for event in &registry.events {
        for field in &event.fields {
            let Some(default) = field.default_text() else { continue };
            let rust = rust_type(field);
            let value = match field.kind {
                FieldType::Enum => format!("{rust}::{}", camel(&default)),
                FieldType::String => format!("{default:?}.into()"),
                FieldType::Bool | FieldType::Uint | FieldType::Number => default,
            };
            let _ = writeln!(
                out,
                "pub(in crate::generated) fn {}_{}() -> {rust} {{ {value} }}",
                event.name, field.name
            );
        }
    }
    out + "}\n"
}

fn variant(event: &Event) -> String {
    let Event { name, help, source, .. } = event;
    let mut out =
        format!("/// {help}\n///\n/// Source: {source}.\n#[serde(rename = {name:?})]\n{}", camel(name));
    if event.fields.is_empty() {
        return out + ",\n";
    }
    out.push('{');
    for field in &event.fields {
        let absent = match (&field.default, field.required) {
            (Some(_), _) => format!("#[serde(default = \"absent::{}_{}\")]\n", event.name, field.name),
            (None, false) => "#[serde(default)]\n".into(),
            (None, true) => String::new(),
        };
        let _ = writeln!(out, "/// {}\n{absent}{}: {},", field.help, field.name, rust_type(field));
    }
    out + "},\n"
}

/// The field's type once checked: optional only when it may be absent and has no default.
fn rust_type(field: &Field) -> String {
    let plain = match field.kind {
        FieldType::Bool => "bool".into(),
        FieldType::String => "Box<str>".into(),
        FieldType::Uint => "u64".into(),
        FieldType::Number => "f64".into(),
        FieldType::Enum => camel(field.of.as_deref().unwrap_or_default()),
    };
    if field.required || field.default.is_some() { plain } else { format!("Option<{plain}>") }
}
