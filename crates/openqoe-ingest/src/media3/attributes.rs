//! `attributes` of a record: those of the vocabulary. What breaks a rule is told and left out; the playback counts all the same.

use openqoe_spec::{Attribute, Attributes, SPEC_VERSION};
use serde_json::{Map, Value as Json};

use super::MAX_WARNINGS;
use crate::closest;
use crate::told;

pub(super) fn read(wire: &Map<String, Json>, warnings: &mut Vec<String>) -> Attributes {
    let mut attributes = Attributes::default();
    let mut warn = |warning: String| {
        if warnings.len() < MAX_WARNINGS && !warnings.contains(&warning) {
            warnings.push(warning);
        }
    };
    for (name, value) in wire {
        match Attribute::parse(name) {
            // They stand elsewhere.
            Some(Attribute::SessionId | Attribute::SpecVersion) => {}
            Some(attribute) => {
                if let Err(error) = set(&mut attributes, attribute, value) {
                    warn(format!("attributes.{name} {error}; it was left out"));
                }
            }
            None => warn(unknown(name)),
        }
    }
    // The version whose words the decoder makes of it.
    let _ = attributes.set(Attribute::SpecVersion, SPEC_VERSION);
    attributes
}

fn set(attributes: &mut Attributes, attribute: Attribute, value: &Json) -> Result<(), String> {
    let text = match value {
        Json::Null => return Ok(()),
        Json::String(text) => text.clone(),
        Json::Bool(flag) => flag.to_string(),
        _ => return Err("must be a string".into()),
    };
    attributes.set(attribute, &text).map_err(|error| error.to_string())
}

fn unknown(name: &str) -> String {
    let shown = told::shown(name);
    match closest(name, Attribute::NAMES.iter().copied()) {
        Some(known) => format!("unknown attribute `{shown}`, did you mean `{known}`?"),
        None => format!("unknown attribute `{shown}` was ignored"),
    }
}
