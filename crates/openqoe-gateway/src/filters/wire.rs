//! What a filter is told and what it may answer, as JSON. The names are those of the journal API; docs/guide/filters.md is the
//! contract.

use std::collections::{BTreeMap, BTreeSet};

use openqoe_ingest::closest;
use openqoe_spec::{Attribute, Attributes, Batch, Event, Protocol};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Question<'a> {
    tenant: &'a str,
    protocol: &'static str,
    session_id: &'a str,
    started_at: u64,
    sent_at: u64,
    attributes: &'a Attributes,
    events: &'a [Event],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(default)]
    attributes: BTreeMap<String, Option<String>>,
    #[serde(default)]
    drop_events: BTreeSet<usize>,
}

/// What a filter wants of a batch, checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) attributes: Attributes,
    /// Places of events that are dropped.
    pub(super) dropped: BTreeSet<usize>,
}

/// The batch as a filter sees it: without the viewer's id, which at this point is still as the sender wrote it.
pub(super) fn question(tenant: &str, protocol: Protocol, batch: &Batch) -> Vec<u8> {
    let mut attributes = batch.attributes.clone();
    attributes.remove(Attribute::ViewerIdHash);
    let question = Question {
        tenant,
        protocol: protocol.as_str(),
        session_id: &batch.session_id,
        started_at: batch.started_at,
        sent_at: batch.sent_at,
        attributes: &attributes,
        events: &batch.events,
    };
    // Names are text and numbers are finite: this does not fail, and an empty question would only be answered badly.
    serde_json::to_vec(&question).unwrap_or_default()
}

/// Reads an answer about a batch. Attributes are left alone where the batch has none: it says nothing about its session, and
/// one attribute would be taken for all there are.
///
/// # Errors
/// What is wrong with the answer; nothing of it holds then.
pub(super) fn answer(text: &[u8], batch: &Batch) -> Result<Change, String> {
    let answer: Answer = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let mut attributes = batch.attributes.clone();
    for (name, value) in &answer.attributes {
        let attribute = attribute(name)?;
        match value {
            _ if batch.attributes.is_empty() => {}
            Some(value) => attributes.set(attribute, value).map_err(|error| format!("`{name}` {error}"))?,
            None => drop(attributes.remove(attribute)),
        }
    }
    match answer.drop_events.last() {
        Some(place) if *place >= batch.events.len() => {
            Err(format!("there is no event {place}, the batch has {}", batch.events.len()))
        }
        _ => Ok(Change { attributes, dropped: answer.drop_events }),
    }
}

fn attribute(name: &str) -> Result<Attribute, String> {
    match Attribute::parse(name) {
        Some(Attribute::SessionId | Attribute::SpecVersion) => Err(format!("`{name}` cannot be changed")),
        Some(attribute) => Ok(attribute),
        None => {
            let suggestion = closest(name, Attribute::NAMES.iter().copied());
            let suggestion = suggestion.map_or(String::new(), |known| format!(", did you mean `{known}`?"));
            Err(format!("unknown attribute `{name}`{suggestion}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use openqoe_spec::EventKind;

    use super::*;

    fn batch() -> Batch {
        let mut attributes = Attributes::default();
        for (attribute, value) in
            [(Attribute::AssetId, "movie"), (Attribute::ViewerIdHash, "alice"), (Attribute::IsLive, "true")]
        {
            attributes.set(attribute, value).unwrap();
        }
        let event = |(seq, kind)| Event { seq, t: 1000 * seq, kind };
        let kinds = [EventKind::SessionStart, EventKind::Rate { rate: 2.0 }];
        Batch {
            session_id: "s".into(),
            started_at: 1,
            sent_at: 2,
            attributes,
            events: (0..).zip(kinds).map(event).collect(),
        }
    }

    #[test]
    fn a_question_has_everything_but_the_viewer() {
        let question = question("acme", Protocol::Native, &batch());
        assert_eq!(
            String::from_utf8(question).unwrap(),
            concat!(
                r#"{"tenant":"acme","protocol":"native","session_id":"s","started_at":1,"sent_at":2,"#,
                r#""attributes":{"asset_id":"movie","is_live":"true"},"#,
                r#""events":[{"seq":0,"t":0,"kind":"session_start"},{"seq":1,"t":1000,"kind":{"rate":{"rate":2.0}}}]}"#
            )
        );
    }

    #[test]
    fn answers_set_and_remove_attributes_and_drop_events() {
        let text =
            br#"{"attributes":{"isp":"Net","asset_id":null,"viewer_id_hash":null},"drop_events":[1,1]}"#;
        let change = answer(text, &batch()).unwrap();
        let get = |attribute| change.attributes.get(attribute);
        assert_eq!((get(Attribute::Isp), get(Attribute::AssetId)), ("Net", ""));
        assert_eq!((get(Attribute::ViewerIdHash), get(Attribute::IsLive)), ("", "true"));
        assert_eq!(change.dropped, BTreeSet::from([1]));
        let nothing = answer(b"{}", &batch()).unwrap();
        assert_eq!(nothing, Change { attributes: batch().attributes, dropped: BTreeSet::new() });
    }

    #[test]
    fn a_batch_that_says_nothing_of_its_session_still_says_nothing() {
        let silent = Batch { attributes: Attributes::default(), ..batch() };
        let change = answer(br#"{"attributes":{"isp":"Net"},"drop_events":[0]}"#, &silent).unwrap();
        assert!(change.attributes.is_empty() && change.dropped == BTreeSet::from([0]));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (text, expected) in [
            (r#"{"attributes":{"asset":"x"}}"#, "unknown attribute `asset`"),
            (
                r#"{"attributes":{"asset_idd":"x"}}"#,
                "unknown attribute `asset_idd`, did you mean `asset_id`?",
            ),
            (r#"{"attributes":{"session_id":"x"}}"#, "`session_id` cannot be changed"),
            (r#"{"attributes":{"country":"Germany"}}"#, "`country` is not an ISO 3166-1"),
            (r#"{"attributes":{"is_live":true}}"#, "invalid type: boolean"),
            (r#"{"drop_events":[2]}"#, "there is no event 2, the batch has 2"),
            (r#"{"drop_events":[-1]}"#, "invalid value: integer `-1`"),
            (r#"{"events":[]}"#, "unknown field `events`, expected `attributes` or `drop_events`"),
            ("", "EOF while parsing"),
        ] {
            let error = answer(text.as_bytes(), &batch()).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_answers_never_panic(text: Vec<u8>) {
            let _ = answer(&text, &batch());
        }
    }
}
