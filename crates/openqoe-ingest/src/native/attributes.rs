//! `session.attributes`: known names checked, unknown ones named, nothing kept of the JSON.

use std::borrow::Cow;
use std::fmt;

use openqoe_spec::{Attribute, Attributes};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::suggest::closest;

/// Unknown names told to the sender; more of them add nothing.
const MAX_WARNINGS: usize = 8;

#[derive(Default)]
pub(super) struct WireAttributes {
    pub(super) attributes: Attributes,
    /// The first value that breaks a rule.
    pub(super) invalid: Option<String>,
    unknown: Vec<String>,
}

impl WireAttributes {
    pub(super) fn warnings(&self) -> Vec<String> {
        self.unknown.iter().map(|name| warning(name)).collect()
    }

    fn set(&mut self, attribute: Attribute, value: Value<'_>) {
        let result = match value {
            Value::Text(text) => self.attributes.set(attribute, &text).map_err(|error| error.to_string()),
            Value::Bool(flag) => {
                let text = if flag { "true" } else { "false" };
                self.attributes.set(attribute, text).map_err(|error| error.to_string())
            }
            Value::Null => Ok(()),
            Value::Other => Err("must be a string".to_string()),
        };
        if let Err(error) = result {
            self.invalid.get_or_insert(format!("session.attributes.{} {error}", attribute.as_str()));
        }
    }
}

fn warning(name: &str) -> String {
    match closest(name, Attribute::NAMES.iter().copied()) {
        Some(known) => format!("unknown attribute `{name}`, did you mean `{known}`?"),
        None => format!("unknown attribute `{name}` was ignored"),
    }
}

impl<'de> Deserialize<'de> for WireAttributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = WireAttributes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WireAttributes, A::Error> {
        let mut attributes = WireAttributes::default();
        while let Some(name) = map.next_key::<Key<'de>>()? {
            // The session's identity and the version stand elsewhere in the batch.
            match Attribute::parse(&name.0) {
                Some(Attribute::SessionId | Attribute::SpecVersion) => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(attribute) => attributes.set(attribute, map.next_value::<Value<'de>>()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                    if attributes.unknown.len() < MAX_WARNINGS {
                        attributes.unknown.push(name.0.chars().take(64).collect());
                    }
                }
            }
        }
        Ok(attributes)
    }
}

struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// A value of whatever type: a wrong type refuses the session with a message, not the parser with a column number.
enum Value<'a> {
    Text(Cow<'a, str>),
    Bool(bool),
    Null,
    Other,
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a boolean or null")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value<'de>, E> {
        Ok(Value::Other)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }
}
