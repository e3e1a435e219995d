//! The vectors in `spec/vectors/sdk`: each case is played to a client, and what it sent is what the case expects.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use openqoe_spec::SessionEnd;
use serde_json::{Map, Value};

use crate::case::{Case, Step, attribute_values, consent, event, reply};
use crate::host::{Host, Sent};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/sdk")
}

fn cases() -> Vec<(String, Case)> {
    let mut files: Vec<_> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let read = |path: std::path::PathBuf| {
        let topic = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let cases: Vec<Case> =
            serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{topic}: {error}"));
        cases.into_iter().map(move |case| (topic.clone(), case))
    };
    files.into_iter().flat_map(read).collect()
}

fn play(host: &mut Host, step: Step) {
    host.run(step.at);
    let (kind, value) = step.action.into_iter().next().unwrap();
    match kind.as_str() {
        "open" => host.call(|client, now| client.open(now)),
        "close" => host.close(SessionEnd::parse(value.as_str().unwrap()).unwrap()),
        "record" => {
            for _ in 0..step.times.unwrap_or(1) {
                match step.happened {
                    Some(at) => host.record_happened(event(&value), at),
                    None => host.record(event(&value)),
                }
            }
        }
        "describe" => host.describe(attribute_values(value.as_object().unwrap().clone())),
        "hide" => host.call(|client, now| client.visibility(now, true)),
        "show" => host.call(|client, now| client.visibility(now, false)),
        "leave" => host.call(|client, now| client.leave(now, value == "offline")),
        "return" => host.call(|client, now| client.come_back(now)),
        "restart" => host.restart(),
        "consent" => host.consent(consent(value.as_str().unwrap())),
        "sleep" => host.sleep(value.as_i64().unwrap()),
        "freeze" => host.freeze(value.as_u64().unwrap()),
        "traceparent" => check_traceparent(host, value.is_u64()),
        other => panic!("unknown step {other}"),
    }
}

fn check_traceparent(host: &Host, expected: bool) {
    let Some(header) = host.client.traceparent() else { return assert!(!expected) };
    let id = host.client.session_id().unwrap().replace('-', "");
    let parts: Vec<_> = header.split('-').collect();
    assert_eq!((expected, parts[0], parts[1], parts[3]), (true, "00", id.as_str(), "01"));
    assert_eq!(parts[2].len(), 16);
    assert!(u64::from_str_radix(parts[2], 16).unwrap() > 0);
}

/// `7 download x8 @100 kind=video` against an event: number and type, weight, and whatever else is named.
fn fits(expected: &str, event: &Value) -> bool {
    let mut words = expected.split(' ');
    let number = words.next().unwrap();
    let mut weight = 1;
    let mut fits = event["seq"].as_u64() == number.parse().ok() && event["type"] == words.next().unwrap();
    for word in words {
        if let Some(t) = word.strip_prefix('@') {
            fits &= event["t"].as_u64() == t.parse().ok();
        } else if let Some((name, value)) = word.split_once('=') {
            let number = |text: &str| text.parse::<f64>().ok();
            let found = event[name].to_string();
            fits &= found.trim_matches('"') == value
                || (number(value).is_some() && number(&found) == number(value));
        } else {
            weight = word.strip_prefix('x').unwrap().parse().unwrap();
        }
    }
    fits && event["weight"].as_u64().unwrap_or(1) == weight
}

/// `3-5 pause` is three events.
fn unfold(expected: &[String]) -> Vec<String> {
    let each = |text: &String| {
        let (numbers, rest) = text.split_once(' ').unwrap();
        let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
        let range = first.parse::<u64>().unwrap()..=last.parse().unwrap();
        range.map(|seq| format!("{seq} {rest}")).collect::<Vec<_>>()
    };
    expected.iter().flat_map(each).collect()
}

fn describe(sent: &[Sent]) -> String {
    let mut text = String::new();
    for Sent { at, beacon, body } in sent {
        let session = &body["session"];
        let attributes = &session["attributes"];
        let _ = write!(text, "\n  at {at}{} {attributes}", if *beacon { " beacon" } else { "" });
        for event in body["events"].as_array().unwrap().iter().take(12) {
            let _ = write!(text, "\n    {event}");
        }
    }
    text
}

fn known_attributes(body: &Value) -> Option<Map<String, Value>> {
    let mut attributes = body["session"].get("attributes")?.as_object().unwrap().clone();
    assert!(attributes.remove("sdk_version").is_some(), "no sdk_version");
    Some(attributes)
}

fn stored(host: &Host, sessions: &[String]) -> BTreeSet<String> {
    let name = |bytes: &Vec<u8>| {
        let record: Value = serde_json::from_slice(bytes).unwrap();
        let at = sessions.iter().position(|id| record["session_id"] == **id);
        format!("{}: {}", at.unwrap() + 1, record["event"]["seq"])
    };
    host.store.values().map(name).collect()
}

fn check(case: Case) {
    let Case { random, options, answers, steps, end, expect, .. } = case;
    let mut host = Host::new(options.read(), random);
    host.replies = answers.iter().map(reply).collect();
    for step in steps {
        play(&mut host, step);
    }
    host.run(end.max(host.at));
    assert_eq!(host.sent.len(), expect.requests.len(), "requests sent:{}", describe(&host.sent));
    let mut sessions: Vec<String> = Vec::new();
    for (sent, expected) in host.sent.iter().zip(&expect.requests) {
        let id = sent.body["session"]["session_id"].as_str().unwrap();
        if !sessions.iter().any(|known| known == id) {
            sessions.push(id.into());
        }
        let events = sent.body["events"].as_array().unwrap();
        let wanted = unfold(&expected.events);
        let same = sent.at == expected.at
            && sent.beacon == expected.beacon
            && sessions.get(expected.session - 1).is_some_and(|known| known == id)
            && known_attributes(&sent.body) == expected.attributes
            && events.len() == wanted.len()
            && wanted.iter().zip(events).all(|(wanted, event)| fits(wanted, event));
        assert!(same, "expected {expected:?}, sent:{}", describe(&host.sent));
    }
    if let Some(expected) = expect.stored {
        let each = |text: &String| {
            let (session, numbers) = text.split_once(": ").unwrap();
            let numbers = unfold(&[format!("{numbers} .")]);
            numbers.iter().map(|one| format!("{session}: {}", &one[..one.len() - 2])).collect::<Vec<_>>()
        };
        assert_eq!(stored(&host, &sessions), expected.iter().flat_map(each).collect(), "stored");
    }
    if let Some(expected) = expect.dropped {
        assert_eq!(host.client.dropped(), expected, "dropped");
    }
    if let Some(expected) = expect.warnings {
        assert_eq!(host.warnings.len(), expected, "{:?}", host.warnings);
    }
}

#[test]
fn every_case_comes_out_as_expected() {
    let mut failed = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    for (topic, case) in cases {
        let name = format!("{topic}: {}", case.name);
        if std::panic::catch_unwind(|| check(case)).is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

/// Each clause of the contract has a case, or says in the contract who else checks it.
#[test]
fn every_clause_is_pinned() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let clauses: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("**")?.split_once("** "))
        .filter(|(_, text)| !text.contains("(no vector:"))
        .map(|(number, _)| number.to_owned())
        .collect();
    let pinned: BTreeSet<String> = cases().into_iter().flat_map(|(_, case)| case.pins).collect();
    assert_eq!(pinned, clauses);
}
