//! How each event goes into the journal and comes back, by the tags of the registry.

use std::fmt::Write;

use crate::registry::{Event, Field, FieldType, Registry, camel};

pub(super) fn compact(registry: &Registry) -> String {
    let mut out = String::from(
        "use super::attributes::Attribute;\nuse super::events::{EventKind, absent};\nuse super::labels::*;\n\
         use crate::compact::{Fields, Put};\n\n",
    );
    out.push_str("impl EventKind {\n/// Writes its tag and its fields.\npub(crate) fn put(&self, out: &mut Put<'_>) { match self {\n");
    registry.events.iter().for_each(|event| out.push_str(&put(event)));
    out.push_str(
        "} }\n\n/// The event of a tag; `None` when the tag is unknown or a field it needs is not there.\n",
    );
    out.push_str(
        "pub(crate) fn take(tag: u64, fields: &Fields<'_>) -> Option<EventKind> { Some(match tag {\n",
    );
    registry.events.iter().for_each(|event| out.push_str(&take(event)));
    out.push_str("_ => return None,\n}) }\n}\n\nimpl Attribute {\n/// Its number in the journal.\n");
    out.push_str("pub(crate) const fn tag(self) -> u64 { match self {\n");
    for attribute in &registry.attributes {
        let _ = writeln!(out, "Attribute::{} => {},", camel(&attribute.name), attribute.tag);
    }
    out.push_str("} }\n\n/// The attribute of a number, `None` when there is none any more.\n");
    out.push_str("pub(crate) const fn of_tag(tag: u64) -> Option<Attribute> { Some(match tag {\n");
    for attribute in &registry.attributes {
        let _ = writeln!(out, "{} => Attribute::{},", attribute.tag, camel(&attribute.name));
    }
    out + "_ => return None,\n}) }\n}\n"
}

fn put(event: &Event) -> String {
    let names: String = event.fields.iter().map(|field| format!("{},", field.name)).collect();
    let pattern = if names.is_empty() { String::new() } else { format!("{{ {names} }}") };
    let fields: String = event.fields.iter().map(put_field).collect();
    format!("EventKind::{}{pattern} => {{ out.begin({}); {fields} }}\n", camel(&event.name), event.tag)
}

fn put_field(field: &Field) -> String {
    let Field { name, tag, .. } = field;
    let write = match field.kind {
        FieldType::Bool => format!("out.uint({tag}, u64::from(*{name}));"),
        FieldType::String => format!("out.text({tag}, {name});"),
        FieldType::Uint => format!("out.uint({tag}, *{name});"),
        FieldType::Number => format!("out.number({tag}, *{name});"),
        FieldType::Enum => format!("out.uint({tag}, {name}.index() as u64);"),
    };
    let optional = !field.required && field.default.is_none();
    if optional { format!("if let Some({name}) = {name} {{ {write} }}") } else { write }
}

fn take(event: &Event) -> String {
    let fields: String =
        event.fields.iter().map(|field| format!("{}: {},", field.name, take_field(event, field))).collect();
    let body = if fields.is_empty() { String::new() } else { format!("{{ {fields} }}") };
    format!("{} => EventKind::{}{body},\n", event.tag, camel(&event.name))
}

fn take_field(event: &Event, field: &Field) -> String {
    let (tag, min, max) = (field.tag, field.min.unwrap_or(0), field.max.unwrap_or(u64::MAX));
    let value = match field.kind {
        FieldType::Bool => format!("fields.flag({tag})"),
        FieldType::String => format!("fields.text({tag}, {max})"),
        FieldType::Uint => format!("fields.uint({tag}, {max})"),
        FieldType::Number => format!("fields.number({tag}, {min}.0, {max}.0)"),
        FieldType::Enum => {
            format!("fields.choice({tag}, {}::ALL)", camel(field.of.as_deref().unwrap_or_default()))
        }
    };
    match (field.required, &field.default) {
        (true, _) => format!("{value}?"),
        (false, Some(_)) => format!("{value}.unwrap_or_else(absent::{}_{})", event.name, field.name),
        (false, None) => value,
    }
}
