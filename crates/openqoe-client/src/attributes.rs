//! What is known about the session. A batch carries one set of attributes and a changed value holds from that batch on
//! (native ingest guide), so events remember the set they happened under. Learning something new is no change: then the
//! set is completed in place and events that still wait get it too.

use std::sync::Arc;

use openqoe_spec::{Attribute, AttributeType, Attributes};

use crate::options::AttributeValue;

/// What describing did to the current set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Described {
    /// It is as it was.
    Same,
    /// It knows more; events that wait under it should, too.
    Completed,
    /// There is a new one.
    Changed,
}

#[derive(Debug, Default)]
pub(crate) struct AttributeBook {
    known: Attributes,
    text: Arc<str>,
    set: u64,
}

impl AttributeBook {
    /// The current set as JSON, and its number.
    pub(crate) fn current(&self) -> (u64, Arc<str>) {
        (self.set, Arc::clone(&self.text))
    }

    /// Takes in what is said; what cannot be taken is told to `refuse`.
    pub(crate) fn merge(&mut self, values: &[AttributeValue], mut refuse: impl FnMut(String)) -> Described {
        let mut next = self.known.clone();
        for AttributeValue { attribute, value } in values {
            let name = attribute.as_str();
            if matches!(attribute, Attribute::SessionId | Attribute::SpecVersion) {
                refuse(format!("attribute {name} ignored: the client sets it"));
            } else if let Err(error) = next.set(*attribute, value) {
                refuse(format!("attribute {name} ignored: it {error}"));
            }
        }
        let text = encode(&next);
        let known = |attribute: &&Attribute| !self.known.get(**attribute).is_empty();
        let changed = Attribute::ALL
            .iter()
            .filter(known)
            .any(|attribute| self.known.get(*attribute) != next.get(*attribute));
        let described = match (changed, *text == *self.text) {
            (true, _) => Described::Changed,
            (false, true) => Described::Same,
            (false, false) => Described::Completed,
        };
        if described == Described::Changed {
            self.set += 1;
        }
        (self.known, self.text) = (next, text.into());
        described
    }

    /// After a session: what is learned from now on is not about it.
    pub(crate) fn renew(&mut self) {
        self.set += 1;
    }
}

fn encode(attributes: &Attributes) -> String {
    let member = |attribute: &Attribute| {
        let value = attributes.get(*attribute);
        let definition = openqoe_spec::ATTRIBUTES.get(attribute.index())?;
        let value = match definition.kind {
            _ if value.is_empty() => return None,
            AttributeType::Bool => value.into(),
            _ => serde_json::Value::from(value).to_string(),
        };
        Some(format!("\"{}\":{value}", attribute.as_str()))
    };
    let members: Vec<_> = Attribute::ALL.iter().filter_map(member).collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(book: &mut AttributeBook, attribute: Attribute, value: &str) -> (Described, Vec<String>) {
        let mut refused = Vec::new();
        let values = [AttributeValue { attribute, value: value.into() }];
        let described = book.merge(&values, |message| refused.push(message));
        (described, refused)
    }

    #[test]
    fn learning_completes_and_changing_begins_anew() {
        let mut book = AttributeBook::default();
        book.merge(&[], |_| ());
        assert_eq!(book.current(), (0, "{}".into()));
        assert_eq!(say(&mut book, Attribute::Cdn, "a \"b\"").0, Described::Completed);
        assert_eq!(say(&mut book, Attribute::Cdn, "a \"b\"").0, Described::Same);
        assert_eq!(say(&mut book, Attribute::IsLive, "true").0, Described::Completed);
        assert_eq!(book.current(), (0, r#"{"is_live":true,"cdn":"a \"b\""}"#.into()));
        assert_eq!(say(&mut book, Attribute::IsLive, "false").0, Described::Changed);
        assert_eq!(say(&mut book, Attribute::Cdn, "").0, Described::Changed);
        assert_eq!(book.current(), (2, r#"{"is_live":false}"#.into()));
    }

    #[test]
    fn what_the_vocabulary_refuses_is_named() {
        let mut book = AttributeBook::default();
        let (_, refused) = say(&mut book, Attribute::Country, "Germany");
        assert_eq!(refused, ["attribute country ignored: it is not an ISO 3166-1 alpha-2 code"]);
        let (_, refused) = say(&mut book, Attribute::SessionId, "mine");
        assert_eq!(refused, ["attribute session_id ignored: the client sets it"]);
    }
}
