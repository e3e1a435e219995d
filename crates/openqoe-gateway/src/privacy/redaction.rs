//! Leaving out what the operator does not want from a region.

use std::collections::BTreeSet;

use openqoe_ingest::closest;
use openqoe_spec::{Attribute, Attributes};
use serde::{Deserialize, Serialize};

use super::countries;
use crate::config::ConfigError;

const KEY: &str = "privacy.redact";

/// A rule as it is written down: for these countries (`"*"` is everywhere), these attributes are left out.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    countries: Vec<String>,
    attributes: Vec<String>,
}

/// The rules, ready for use.
pub(super) struct Redactions(Vec<Redaction>);

struct Redaction {
    /// `None` is everywhere, also where the country is not known.
    countries: Option<BTreeSet<&'static str>>,
    attributes: Vec<Attribute>,
}

impl Redactions {
    /// # Errors
    /// Names what is no country or no attribute that can be left out.
    pub(super) fn new(rules: &[Rule]) -> Result<Redactions, ConfigError> {
        let redaction = |rule: &Rule| {
            let everywhere = rule.countries.iter().any(|country| country == "*");
            let named = rule.countries.iter().filter(|country| *country != "*");
            let countries = named.map(|name| country(name)).collect::<Result<_, _>>()?;
            let attributes = rule.attributes.iter().map(|name| attribute(name)).collect::<Result<_, _>>()?;
            Ok(Redaction { countries: (!everywhere).then_some(countries), attributes })
        };
        rules.iter().map(redaction).collect::<Result<_, _>>().map(Redactions)
    }

    /// Whether some rule is for some countries only.
    pub(super) fn need_country(&self) -> bool {
        self.0.iter().any(|redaction| redaction.countries.is_some())
    }

    /// Makes absent what the rules of the batch's country name; whether anything was.
    pub(super) fn apply(&self, attributes: &mut Attributes) -> bool {
        if self.0.is_empty() {
            return false;
        }
        // A rule may take the country itself away; the others still see it.
        let country = attributes.get(Attribute::Country).to_owned();
        let applies = |redaction: &&Redaction| {
            redaction.countries.as_ref().is_none_or(|countries| countries.contains(country.as_str()))
        };
        let named = self.0.iter().filter(applies).flat_map(|redaction| &redaction.attributes);
        named.filter(|attribute| attributes.remove(**attribute)).count() > 0
    }
}

fn country(name: &str) -> Result<&'static str, ConfigError> {
    countries::find(name).ok_or_else(|| ConfigError::Invalid {
        key: KEY,
        problem: format!("{name:?} is no country of ISO 3166-1 alpha-2{}", countries::suggest(name)),
    })
}

fn attribute(name: &str) -> Result<Attribute, ConfigError> {
    let problem = match Attribute::parse(name) {
        Some(Attribute::SessionId | Attribute::SpecVersion) => {
            format!("{name:?} is what a batch cannot do without")
        }
        Some(attribute) => return Ok(attribute),
        None => {
            let suggestion = closest(name, Attribute::NAMES.iter().copied())
                .map_or(String::new(), |known| format!(", did you mean `{known}`?"));
            format!("unknown attribute {name:?}{suggestion}")
        }
    };
    Err(ConfigError::Invalid { key: KEY, problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(countries: &[&str], attributes: &[&str]) -> Rule {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Rule { countries: owned(countries), attributes: owned(attributes) }
    }

    fn left(redactions: &Redactions, country: &str) -> (bool, String) {
        let mut attributes = Attributes::default();
        let values = [(Attribute::Country, country), (Attribute::Isp, "net"), (Attribute::Cdn, "edge")];
        for (attribute, value) in values {
            attributes.set(attribute, value).unwrap();
        }
        let removed = redactions.apply(&mut attributes);
        let left = Attribute::ALL.iter().map(|attribute| attributes.get(*attribute));
        (removed, left.filter(|value| !value.is_empty()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_rule_is_for_its_countries() {
        let redactions =
            Redactions::new(&[rule(&["de", "FR"], &["isp", "country"]), rule(&["DE"], &["cdn"])]).unwrap();
        assert!(redactions.need_country());
        assert_eq!(left(&redactions, "DE"), (true, String::new()));
        assert_eq!(left(&redactions, "FR"), (true, "edge".into()));
        assert_eq!(left(&redactions, "JP"), (false, "edge net JP".into()));
        assert_eq!(left(&redactions, ""), (false, "edge net".into()));
    }

    #[test]
    fn a_star_is_also_for_the_unknown() {
        let redactions = Redactions::new(&[rule(&["*"], &["isp", "os_family"])]).unwrap();
        assert!(!redactions.need_country());
        assert_eq!(left(&redactions, ""), (true, "edge".into()));
        assert_eq!(left(&redactions, "JP"), (true, "edge JP".into()));
    }
}
