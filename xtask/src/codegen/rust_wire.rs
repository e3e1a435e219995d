//! The flat struct an event is parsed into, and the checks that make an `EventKind` of it. Flat, because serde's tagged
//! enums buffer every field before they know the type.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::registry::{Event, Field, FieldType, Registry, camel};

pub(super) fn wire(registry: &Registry) -> String {
    let mut out = String::from(
        "use std::borrow::Cow;\n\nuse openqoe_spec::*;\nuse serde::Deserialize;\n\n\
         use super::field::{self, FieldError};\n\n\
         /// One event as it stands in JSON; `into_kind` checks it.\n\
         #[derive(Deserialize)]\n#[serde(expecting = \"an event object\")]\npub(super) struct WireEvent<'a> {\n\
         pub(super) seq: Option<f64>,\npub(super) t: Option<f64>,\n\
         #[serde(borrow, rename = \"type\")]\nevent_type: Option<Cow<'a, str>>,\n",
    );
    for (name, kind) in fields(registry) {
        let (borrow, rust) = match kind {
            FieldType::Bool => ("", "Option<bool>"),
            FieldType::Uint | FieldType::Number => ("", "Option<f64>"),
            FieldType::String | FieldType::Enum => ("#[serde(borrow)]\n", "Option<Cow<'a, str>>"),
        };
        let _ = writeln!(out, "{borrow}{name}: {rust},");
    }
    out.push_str("}\n\nimpl WireEvent<'_> {\n");
    out.push_str("/// Checks the fields the type asks for; others are ignored.\n///\n/// # Errors\n");
    out.push_str("/// Names the first field that is missing or out of range.\n");
    out.push_str("pub(super) fn into_kind(self) -> Result<EventKind, FieldError> {\n");
    out.push_str(
        "let Some(name) = self.event_type.as_deref() else { return Err(FieldError::missing(\"type\")) };\n",
    );
    out.push_str("Ok(match name {\n");
    for event in &registry.events {
        out.push_str(&arm(event));
    }
    out.push_str("_ => return Err(FieldError::unknown_type(name)),\n})\n}\n}\n");
    out
}

fn fields(registry: &Registry) -> BTreeMap<&str, FieldType> {
    let mut fields = BTreeMap::new();
    for field in registry.events.iter().flat_map(|event| &event.fields) {
        fields.insert(field.name.as_str(), field.kind);
    }
    fields
}

fn arm(event: &Event) -> String {
    let variant = camel(&event.name);
    if event.fields.is_empty() {
        return format!("{:?} => EventKind::{variant},\n", event.name);
    }
    let fields: String =
        event.fields.iter().map(|field| format!("{}: {},", field.name, check(field))).collect();
    format!("{:?} => EventKind::{variant} {{ {fields} }},\n", event.name)
}

fn check(field: &Field) -> String {
    let name = &field.name;
    let (min, max) = (field.min.unwrap_or(0), field.max.unwrap_or(u64::MAX));
    let of = camel(field.of.as_deref().unwrap_or_default());
    let value = match field.kind {
        FieldType::Bool => format!("Ok::<_, FieldError>(self.{name})"),
        FieldType::String => format!("field::text({name:?}, self.{name}.as_deref(), {max})"),
        FieldType::Uint => format!("field::uint({name:?}, self.{name}, {max})"),
        FieldType::Number => format!("field::number({name:?}, self.{name}, {min}.0, {max}.0)"),
        FieldType::Enum => {
            format!("field::choice({name:?}, self.{name}.as_deref(), {of}::parse, {of}::NAMES)")
        }
    };
    if field.required {
        return format!("{value}?.ok_or_else(|| FieldError::missing({name:?}))?");
    }
    match (field.kind, field.default_text()) {
        (_, None) => format!("{value}?"),
        (FieldType::Enum, Some(default)) => format!("{value}?.unwrap_or({of}::{})", camel(&default)),
        (_, Some(default)) => format!("{value}?.unwrap_or({default})"),
    }
}
