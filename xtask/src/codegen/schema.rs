//! JSON Schema (2020-12) of the native batch, for editors, tests in other languages and API gateways.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::NOTICE;
use crate::registry::{Attribute, AttributeType, Field, FieldType, Registry};

pub(super) fn batch(registry: &Registry) -> Result<String> {
    let attributes: Map<String, Value> = registry
        .attributes
        .iter()
        .filter(|attribute| !["session_id", "spec_version"].contains(&attribute.name.as_str()))
        .map(|attribute| (attribute.name.clone(), attribute_schema(attribute)))
        .collect();
    let events: Vec<Value> = registry.events.iter().map(|event| event_schema(registry, event)).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://openqoe.dev/schema/ingest-v1.schema.json",
        "$comment": NOTICE,
        "title": "OpenQoE native batch",
        "description": format!("Body of POST /v1/ingest, spec {}", registry.spec_version),
        "type": "object",
        "required": ["spec_version", "sent_at", "session", "events"],
        "properties": {
            "spec_version": {
                "type": "string", "pattern": "^\\d+\\.\\d+\\.\\d+$",
                "description": "Version of the vocabulary the sender speaks.",
            },
            "sent_at": {
                "type": "integer", "minimum": 0,
                "description": "The sender's wall clock when it sends this batch, epoch ms.",
            },
            "session": {
                "type": "object",
                "required": ["session_id", "started_at"],
                "properties": {
                    "session_id": { "type": "string", "minLength": 1, "maxLength": 64 },
                    "started_at": {
                        "type": "integer", "minimum": 0,
                        "description": "The sender's wall clock at t = 0, epoch ms.",
                    },
                    "attributes": { "type": "object", "properties": attributes },
                },
            },
            "events": { "type": "array", "minItems": 1, "maxItems": 1000, "items": { "oneOf": events } },
        },
    });
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}

fn attribute_schema(attribute: &Attribute) -> Value {
    let mut schema = match attribute.kind {
        AttributeType::Bool => json!({ "type": "boolean" }),
        AttributeType::Enum => json!({ "enum": attribute.values }),
        AttributeType::Country => json!({ "type": "string", "pattern": "^[A-Za-z]{2}$" }),
        AttributeType::String | AttributeType::Semver => {
            json!({ "type": "string", "maxLength": attribute.max_bytes })
        }
    };
    schema["description"] = json!(attribute.help);
    schema
}

fn event_schema(registry: &Registry, event: &crate::registry::Event) -> Value {
    let mut properties = json!({
        "seq": { "type": "integer", "minimum": 0 },
        "t": { "type": "number", "minimum": 0 },
        "type": { "const": event.name },
    });
    let mut required = vec!["seq".to_string(), "t".into(), "type".into()];
    for field in &event.fields {
        properties[&field.name] = field_schema(registry, field);
        if field.required {
            required.push(field.name.clone());
        }
    }
    json!({ "description": event.help, "type": "object", "properties": properties, "required": required })
}

fn field_schema(registry: &Registry, field: &Field) -> Value {
    let mut schema = match field.kind {
        FieldType::Bool => json!({ "type": "boolean" }),
        FieldType::String => json!({ "type": "string", "minLength": 1, "maxLength": field.max }),
        FieldType::Uint => json!({ "type": "integer", "minimum": 0, "maximum": field.max }),
        FieldType::Number => {
            json!({ "type": "number", "minimum": field.min.unwrap_or(0), "maximum": field.max })
        }
        FieldType::Enum => {
            let label = field.of.as_deref().and_then(|of| registry.label(of));
            json!({ "enum": label.map(|label| label.values.clone()).unwrap_or_default() })
        }
    };
    schema["description"] = json!(field.help);
    if let Some(default) = &field.default {
        schema["default"] = json!(default);
    }
    schema
}
