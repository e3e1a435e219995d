//! Names and values of the user's choice: a table in the file, and `name=value,name=value` where there is only text, as in
//! a variable of the environment.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Values by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pairs(BTreeMap<String, String>);

impl Pairs {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for Pairs {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Pairs {
        Pairs(pairs.into_iter().collect())
    }
}

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The empty text stands for a key with a variable of its own, which an empty table would not.
        if self.0.is_empty() { serializer.serialize_str("") } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pairs, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a table of texts, or `name=value,name=value`")]
        enum Written {
            Text(String),
            Table(BTreeMap<String, String>),
        }
        match Written::deserialize(deserializer)? {
            Written::Table(pairs) => Ok(Pairs(pairs)),
            Written::Text(text) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                let pairs = parts.map(|part| {
                    let (name, value) = part
                        .split_once('=')
                        .ok_or_else(|| D::Error::custom(format!("`{part}` is not `name=value`")))?;
                    Ok((name.trim().to_owned(), value.trim().to_owned()))
                });
                Ok(Pairs(pairs.collect::<Result<_, _>>()?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, PartialEq)]
    struct Holder {
        pairs: Pairs,
    }

    #[test]
    fn text_and_table_say_the_same() {
        let read = |text: &str| toml::from_str::<Holder>(text).map_err(|error| error.to_string());
        let table = read("[pairs]\nX-Scope-OrgID = \"a\"\nb = \"c=d\"").unwrap();
        assert_eq!(read("pairs = \"X-Scope-OrgID=a, b=c=d\""), Ok(Holder { pairs: table.pairs.clone() }));
        assert_eq!(read(&toml::to_string(&table).unwrap()), Ok(table));
        assert_eq!(read("pairs = \"\"").unwrap().pairs, Pairs::default());
        assert!(read("pairs = \"a\"").unwrap_err().contains("`a` is not `name=value`"));
        assert!(read("pairs = 1").unwrap_err().contains("a table of texts"));
    }
}
