//! The Rust enum of what an event can say.

use std::fmt::Write;

use crate::registry::{Event, Field, FieldType, Registry, camel};

pub(super) fn events(registry: &Registry) -> String {
    let mut out = String::from("use super::labels::*;\n\n/// What the player did.\n");
    out.push_str("#[derive(Clone, Debug, PartialEq)]\npub enum EventKind {");
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
    out.push_str("} } }\n");
    out
}

fn variant(event: &Event) -> String {
    let mut out = format!("/// {}\n///\n/// Source: {}.\n{}", event.help, event.source, camel(&event.name));
    if event.fields.is_empty() {
        return out + ",\n";
    }
    out.push('{');
    for field in &event.fields {
        let _ = writeln!(out, "/// {}\n{}: {},", field.help, field.name, rust_type(field));
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
