//! What is known about a session, packed into one allocation so that it crosses threads and is compared in one step.

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

/// The attributes of a session. Absent and empty are the same thing, as they are for Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
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

    fn store(&mut self, attribute: Attribute, value: &str) -> Result<(), InvalidAttribute> {
        let start = self.text.len();
        // Sixteen attributes of at most 128 bytes fit a thousand times over, but `set` may be called in a loop.
        let (Ok(from), Ok(to)) = (u16::try_from(start), u16::try_from(start + value.len())) else {
            return Err(InvalidAttribute::TooLong(usize::from(u16::MAX)));
        };
        self.text.push_str(value);
        self.ranges[attribute.index()] = (from, to);
        Ok(())
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
