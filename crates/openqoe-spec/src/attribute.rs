//! What is known about a session, packed into one allocation so that it crosses threads and is compared in one step.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::generated::attributes::{ATTRIBUTES, Attribute};
use crate::generated::labels::Guarded;

/// What may become of an attribute (invariant 3: cardinality is a type).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Always a metric label; bounded by its type.
    Label,
    /// A metric label within a budget.
    Guarded(Guarded),
    /// Never a metric label.
    TraceOnly,
}

impl Class {
    /// The name in the registry and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Label => "label",
            Class::Guarded(_) => "guarded",
            Class::TraceOnly => "trace_only",
        }
    }
}

/// What values an attribute may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// Free text of limited length.
    String {
        /// The limit.
        max_bytes: usize,
    },
    /// `true` or `false`.
    Bool,
    /// One of these; anything else becomes `other`, which is among them.
    Enum(&'static [&'static str]),
    /// ISO 3166-1 alpha-2.
    Country,
    /// A semantic version of limited length.
    Semver {
        /// The limit.
        max_bytes: usize,
    },
}

/// The rules of one attribute.
#[derive(Debug)]
pub struct AttributeDef {
    /// The name, on the wire and as a label.
    pub name: &'static str,
    /// What may become of it.
    pub class: Class,
    /// What it may be.
    pub kind: AttributeType,
    /// One or more sentences.
    pub help: &'static str,
}

/// Why a value is not acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidAttribute {
    /// Longer than so many bytes.
    TooLong(usize),
    /// Holds a control character.
    ControlCharacter,
    /// Not two letters.
    NotACountry,
    /// Not `true` or `false`.
    NotABool,
    /// Not a semantic version.
    NotAVersion,
}

impl std::fmt::Display for InvalidAttribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            InvalidAttribute::TooLong(limit) => write!(f, "is longer than {limit} bytes"),
            InvalidAttribute::ControlCharacter => f.write_str("holds a control character"),
            InvalidAttribute::NotACountry => f.write_str("is not an ISO 3166-1 alpha-2 code"),
            InvalidAttribute::NotABool => f.write_str("is not a boolean"),
            InvalidAttribute::NotAVersion => f.write_str("is not a semantic version (1.2.3)"),
        }
    }
}

const COUNT: usize = ATTRIBUTES.len();

/// The attributes of a session. Absent and empty are the same thing, as they are for Prometheus. Equality and hash are
/// those of the values, in whatever order they were set. Serialised as a map by names.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    text: String,
    ranges: [(u16, u16); COUNT],
}

impl Attributes {
    /// The value of an attribute, `""` when absent.
    pub fn get(&self, attribute: Attribute) -> &str {
        let (start, end) = self.ranges[attribute.index()];
        self.text.get(usize::from(start)..usize::from(end)).unwrap_or_default()
    }

    /// Sets an attribute, normalised by its type. A value set twice keeps the later one.
    ///
    /// # Errors
    /// When the value breaks the rules of the attribute's type; nothing is changed then.
    pub fn set(&mut self, attribute: Attribute, value: &str) -> Result<(), InvalidAttribute> {
        let value = value.trim();
        if value.chars().any(char::is_control) {
            return Err(InvalidAttribute::ControlCharacter);
        }
        match ATTRIBUTES[attribute.index()].kind {
            AttributeType::String { max_bytes } if value.len() > max_bytes => {
                Err(InvalidAttribute::TooLong(max_bytes))
            }
            AttributeType::String { .. } => self.store(attribute, value),
            AttributeType::Bool if !matches!(value, "" | "true" | "false") => Err(InvalidAttribute::NotABool),
            AttributeType::Bool => self.store(attribute, value),
            AttributeType::Enum(values) => {
                let known = value.is_empty() || values.contains(&value);
                self.store(attribute, if known { value } else { "other" })
            }
            AttributeType::Country if value.is_empty() => self.store(attribute, value),
            AttributeType::Country => {
                let letters = value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_alphabetic());
                if !letters {
                    return Err(InvalidAttribute::NotACountry);
                }
                self.store(attribute, &value.to_ascii_uppercase())
            }
            AttributeType::Semver { max_bytes } if value.len() > max_bytes => {
                Err(InvalidAttribute::TooLong(max_bytes))
            }
            AttributeType::Semver { .. } if major(value).is_none() => Err(InvalidAttribute::NotAVersion),
            AttributeType::Semver { .. } => self.store(attribute, value),
        }
    }

    /// Makes an attribute absent and leaves nothing of its value in the text; returns whether it was there.
    pub fn remove(&mut self, attribute: Attribute) -> bool {
        let (start, end) = std::mem::take(&mut self.ranges[attribute.index()]);
        if start == end {
            return false;
        }
        self.text.drain(usize::from(start)..usize::from(end));
        for (from, to) in &mut self.ranges {
            if *from >= end {
                (*from, *to) = (*from - (end - start), *to - (end - start));
            }
        }
        true
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// All values, in the order of [`Attribute`].
    fn values(&self) -> impl Iterator<Item = &str> {
        Attribute::ALL.iter().map(|attribute| self.get(*attribute))
    }

    fn store(&mut self, attribute: Attribute, value: &str) -> Result<(), InvalidAttribute> {
        self.remove(attribute);
        let start = self.text.len();
        let (Ok(from), Ok(to)) = (u16::try_from(start), u16::try_from(start + value.len())) else {
            return Err(InvalidAttribute::TooLong(usize::from(u16::MAX)));
        };
        self.text.push_str(value);
        self.ranges[attribute.index()] = (from, to);
        Ok(())
    }
}

impl PartialEq for Attributes {
    fn eq(&self, other: &Attributes) -> bool {
        self.values().eq(other.values())
    }
}

impl Eq for Attributes {}

impl Hash for Attributes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.values().for_each(|value| value.hash(state));
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let present = Attribute::ALL.iter().zip(self.values()).filter(|(_, value)| !value.is_empty());
        // Collected, for a map of unknown length is more than every format can write.
        let present: Vec<_> = present.map(|(attribute, value)| (attribute.as_str(), value)).collect();
        serializer.collect_map(present)
    }
}

impl<'de> Deserialize<'de> for Attributes {
    /// What this version does not know, or no longer accepts, is left out.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Attributes, D::Error> {
        deserializer.deserialize_map(ByName)
    }
}

/// Reads attributes from a map.
struct ByName;

/// Text that is borrowed where the format allows it.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for ByName {
    type Value = Attributes;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map of attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
        let mut attributes = Attributes::default();
        while let Some((Text(name), Text(value))) = map.next_entry()? {
            let known = Attribute::parse(&name);
            // A value the type refuses is one attribute less.
            let _ = known.map(|attribute| attributes.set(attribute, &value));
        }
        Ok(attributes)
    }
}

/// The major version of `MAJOR.MINOR.PATCH` with optional pre-release and build parts (<https://semver.org>).
fn major(version: &str) -> Option<u64> {
    let core = version.split(['-', '+']).next()?;
    let mut numbers = core.split('.').map(|number| {
        let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| number.parse::<u64>().ok()).flatten()
    });
    let major = numbers.next()??;
    numbers.next()??;
    numbers.next()??;
    numbers.next().is_none().then_some(major)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_normalised_by_type() {
        let mut attributes = Attributes::default();
        attributes.set(Attribute::Country, "de").unwrap();
        attributes.set(Attribute::DeviceType, "toaster").unwrap();
        attributes.set(Attribute::AssetId, " movie ").unwrap();
        attributes.set(Attribute::AssetId, "other movie").unwrap();
        assert_eq!(attributes.get(Attribute::Country), "DE");
        assert_eq!(attributes.get(Attribute::DeviceType), "other");
        assert_eq!(attributes.get(Attribute::AssetId), "other movie");
        assert_eq!(attributes.get(Attribute::Cdn), "");
    }

    #[test]
    fn equality_is_of_values() {
        let (mut one, mut other) = (Attributes::default(), Attributes::default());
        one.set(Attribute::Country, "de").unwrap();
        one.set(Attribute::AssetId, "movie").unwrap();
        for (attribute, value) in
            [(Attribute::AssetId, "x"), (Attribute::AssetId, "movie"), (Attribute::Cdn, "")]
        {
            other.set(attribute, value).unwrap();
            assert_ne!(one, other);
        }
        other.set(Attribute::Country, "DE").unwrap();
        assert_eq!(one, other);
    }

    #[test]
    fn what_is_removed_is_gone_and_the_others_stay() {
        let mut attributes = Attributes::default();
        let values =
            [(Attribute::AssetId, "movie"), (Attribute::ViewerIdHash, "alice"), (Attribute::Cdn, "edge")];
        for (attribute, value) in values {
            attributes.set(attribute, value).unwrap();
        }
        assert!(attributes.remove(Attribute::ViewerIdHash));
        assert!(!attributes.remove(Attribute::ViewerIdHash) && !attributes.remove(Attribute::Isp));
        assert_eq!(attributes.values().collect::<String>(), "movieedge");
        assert_eq!((attributes.get(Attribute::AssetId), attributes.get(Attribute::Cdn)), ("movie", "edge"));
        assert!(!format!("{attributes:?}").contains("alice"));
        assert!(!attributes.is_empty());
        attributes.set(Attribute::AssetId, "").unwrap();
        assert!(attributes.remove(Attribute::Cdn) && attributes.is_empty());
    }

    #[test]
    fn bad_values_are_refused_and_change_nothing() {
        let mut attributes = Attributes::default();
        let long = "x".repeat(129);
        for (attribute, value, error) in [
            (Attribute::Country, "DEU", InvalidAttribute::NotACountry),
            (Attribute::IsLive, "yes", InvalidAttribute::NotABool),
            (Attribute::SpecVersion, "1.2", InvalidAttribute::NotAVersion),
            (Attribute::SpecVersion, "1..2", InvalidAttribute::NotAVersion),
            (Attribute::AssetId, &long, InvalidAttribute::TooLong(128)),
            (Attribute::AssetId, "a\u{7}b", InvalidAttribute::ControlCharacter),
        ] {
            assert_eq!(attributes.set(attribute, value), Err(error));
            assert_eq!(attributes.get(attribute), "");
        }
    }
}
