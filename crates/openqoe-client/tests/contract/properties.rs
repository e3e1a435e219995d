//! What holds in any course of events: whatever fails, sleeps, dies and comes back, each event that was not dropped arrives,
//! in order, as it was, under the attributes it happened under.

use std::collections::{BTreeMap, BTreeSet};

use openqoe_client::{Answer, AttributeValue, Options};
use openqoe_spec::{Attribute, EventKind, SessionEnd};
use proptest::prelude::*;
use serde_json::Value;

use crate::host::{Host, Reply};

#[derive(Clone, Debug)]
enum Action {
    Open,
    Close,
    /// So many events that say the CDN they happened under.
    Record(usize),
    Urgent,
    Cdn(u8),
    Pass(u64),
    Sleep(i64),
    Freeze(u64),
    Hide(bool),
    Leave(bool),
    ComeBack,
    Kill,
}

fn action(kills: bool) -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => Just(Action::Open),
        1 => Just(Action::Close),
        6 => (1_usize..20).prop_map(Action::Record),
        1 => (200_usize..1_500).prop_map(Action::Record),
        3 => Just(Action::Urgent),
        2 => (0_u8..3).prop_map(Action::Cdn),
        6 => (1_u64..15_000).prop_map(Action::Pass),
        1 => (15_000_u64..200_000).prop_map(Action::Pass),
        1 => (-100_000_i64..4_000_000).prop_map(Action::Sleep),
        1 => (1_u64..300_000).prop_map(Action::Freeze),
        1 => any::<bool>().prop_map(Action::Hide),
        1 => any::<bool>().prop_map(Action::Leave),
        1 => Just(Action::ComeBack),
        1 => Just(if kills { Action::Kill } else { Action::ComeBack }),
    ]
}

fn any_reply() -> impl Strategy<Value = Reply> {
    let status =
        prop_oneof![6 => Just(200_u16), 2 => Just(503), 1 => Just(429), 2 => Just(0), 1 => Just(400)];
    let retry_after = proptest::option::weighted(0.2, (0_u32..100).prop_map(|seconds| seconds.to_string()));
    let after = prop_oneof![3 => Just(0), 2 => 1_u64..20_000];
    let told = (status, retry_after, after).prop_map(|(status, retry_after, after)| Reply {
        answer: Some(Answer { status, retry_after, body: String::new() }),
        after,
    });
    prop_oneof![12 => told, 1 => Just(Reply { answer: None, after: u64::MAX })]
}

type Key = (String, u64);

#[derive(Default)]
struct Course {
    dropped: u64,
    /// What was in the store whenever a process died.
    saved: BTreeSet<Key>,
}

fn key_of(record: &[u8]) -> Key {
    let record: Value = serde_json::from_slice(record).unwrap();
    (record["session_id"].as_str().unwrap().into(), record["event"]["seq"].as_u64().unwrap())
}

fn options(cdn: u8) -> Options {
    let value = format!("cdn-{cdn}");
    let attributes = vec![AttributeValue { attribute: Attribute::Cdn, value }];
    Options { attributes, ..Options::new("https://collector.example.com/v1/ingest") }
}

fn play(host: &mut Host, actions: &[Action]) -> Course {
    let mut course = Course::default();
    let mut cdn = 0;
    for action in actions {
        match action {
            Action::Open => host.call(|client, now| client.open(now)),
            Action::Close => host.close(SessionEnd::Stopped),
            Action::Record(many) => {
                for _ in 0..*many {
                    host.record(EventKind::AdError { code: format!("cdn-{cdn}").into() });
                }
            }
            Action::Urgent => host.record(EventKind::Stall),
            Action::Cdn(next) => {
                cdn = *next;
                let value = format!("cdn-{cdn}");
                host.describe(vec![AttributeValue { attribute: Attribute::Cdn, value }]);
            }
            Action::Pass(ms) => host.run(host.at + ms),
            Action::Sleep(ms) => host.sleep(*ms),
            Action::Freeze(ms) => host.freeze(*ms),
            Action::Hide(hidden) => host.call(|client, now| client.visibility(now, *hidden)),
            Action::Leave(offline) => host.call(|client, now| client.leave(now, *offline)),
            Action::ComeBack => host.call(|client, now| client.come_back(now)),
            Action::Kill => {
                course.dropped += host.client.dropped();
                course.saved.extend(host.store.values().map(|bytes| key_of(bytes)));
                host.restart();
                cdn = 0;
            }
        }
    }
    // In the end everything is well for long enough.
    host.close(SessionEnd::Stopped);
    host.replies.clear();
    host.run(host.at + 7_200_000);
    course.dropped += host.client.dropped();
    course
}

/// What each request holds, and that no event was ever sent in two forms.
fn contents(host: &Host) -> Vec<Vec<(Key, Value)>> {
    let mut known: BTreeMap<Key, Value> = BTreeMap::new();
    let read = |body: &Value| {
        let id = body["session"]["session_id"].as_str().unwrap();
        let events = body["events"].as_array().unwrap();
        let texts: usize = events.iter().map(|event| event.to_string().len() + 1).sum();
        assert!(texts <= 101_000, "{texts} characters");
        events.iter().map(|event| ((id.to_owned(), event["seq"].as_u64().unwrap()), event.clone())).collect()
    };
    let all: Vec<Vec<(Key, Value)>> = host.sent.iter().map(|sent| read(&sent.body)).collect();
    for (key, event) in all.iter().flatten() {
        let first = known.entry(key.clone()).or_insert_with(|| event.clone());
        assert_eq!(first, event, "an event changed");
    }
    all
}

/// Per session, events are sent for the first time in the order of their numbers.
fn check_order(host: &Host, contents: &[Vec<(Key, Value)>]) {
    let mut latest: BTreeMap<&str, u64> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (_, requests) in host.sent.iter().zip(contents).filter(|(sent, _)| !sent.beacon) {
        for ((session, seq), _) in requests {
            if seen.insert((session, *seq)) {
                let before = latest.insert(session, *seq);
                assert!(before.is_none_or(|before| before < *seq), "{seq} after {before:?}");
            }
        }
    }
}

/// A gateway that goes by the last attributes it took of a session finds each event under those it happened under.
fn check_attributes(host: &Host, contents: &[Vec<(Key, Value)>]) {
    let mut told: BTreeMap<&str, &Value> = BTreeMap::new();
    for (at, status) in &host.outcomes {
        if *status != 200 {
            continue;
        }
        let session = &host.sent[*at].body["session"];
        let id = session["session_id"].as_str().unwrap();
        if let Some(attributes) = session.get("attributes") {
            told.insert(id, attributes);
        }
        let known = told[id];
        for (_, event) in contents[*at].iter().filter(|(_, event)| event["type"] == "ad_error") {
            assert_eq!(event["code"], known["cdn"]);
        }
    }
}

/// Returns how many numbers are missing below the last that arrived, over all sessions, and what arrived or was refused.
fn arrived(host: &Host, contents: &[Vec<(Key, Value)>]) -> (u64, BTreeSet<Key>) {
    let mut arrived = BTreeSet::new();
    for (at, status) in &host.outcomes {
        if matches!(status, 200 | 400) {
            arrived.extend(contents[*at].iter().map(|(key, _)| key.clone()));
        }
    }
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for (session, seq) in &arrived {
        last.insert(session, *seq);
    }
    let all: u64 = last.values().map(|last| last + 1).sum();
    (all - arrived.len() as u64, arrived)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_was_not_dropped_arrives(
        actions in proptest::collection::vec(action(false), 1..60),
        replies in proptest::collection::vec(any_reply(), 0..30),
        fraction in 0.0_f64..1.0,
    ) {
        let mut host = Host::new(options(0), fraction);
        host.replies = replies.into();
        let course = play(&mut host, &actions);
        let contents = contents(&host);
        check_order(&host, &contents);
        check_attributes(&host, &contents);
        let (missing, _) = arrived(&host, &contents);
        prop_assert!(missing <= course.dropped, "{missing} missing, {} dropped", course.dropped);
        prop_assert!(host.store.is_empty());
    }

    #[test]
    fn what_was_kept_arrives_after_any_death(
        actions in proptest::collection::vec(action(true), 1..60),
        replies in proptest::collection::vec(any_reply(), 0..30),
        fraction in 0.0_f64..1.0,
    ) {
        let mut host = Host::new(options(0), fraction);
        host.replies = replies.into();
        let course = play(&mut host, &actions);
        let contents = contents(&host);
        check_order(&host, &contents);
        check_attributes(&host, &contents);
        let (missing, arrived) = arrived(&host, &contents);
        prop_assert!(missing <= course.dropped, "{missing} missing, {} dropped", course.dropped);
        let lost = course.saved.difference(&arrived).count() as u64;
        prop_assert!(lost <= course.dropped, "{lost} lost, {} dropped", course.dropped);
        prop_assert!(host.store.is_empty());
    }
}
