//! Timelines: vectors in `spec/vectors/timeline`, and what holds for any session: the lengths of its bands are the times of its
//! summary, there are no gaps, and nothing is unbounded. `OPENQOE_BLESS=1` writes what comes out of the vectors.

#![allow(clippy::unwrap_used)]

mod any_event;

use std::path::{Path, PathBuf};

use openqoe_engine::{Config, Source, Timeline, timeline};
use openqoe_spec::{Attributes, Batch, Event, EventKind, Protocol, SessionEnd};
use proptest::prelude::*;
use serde_json::{Value, json};

use any_event::kind;

const BASE: u64 = 1_700_000_000_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/timeline")
}

/// A case's events as batches of one event, each arriving at its `t`, or at `arrives`.
fn batches(case: &Value) -> Vec<(u64, Source, Batch)> {
    let mut sent = Vec::new();
    for (number, item) in case["events"].as_array().unwrap().iter().enumerate() {
        let mut kind = item["kind"].clone();
        if kind.is_null() {
            kind = item["type"].clone();
        }
        let event = Event {
            seq: item["seq"].as_u64().unwrap_or(number as u64),
            t: item["t"].as_u64().unwrap(),
            kind: serde_json::from_value(kind).unwrap(),
        };
        let arrives = BASE + item["arrives"].as_u64().unwrap_or(event.t);
        let attributes: Attributes = serde_json::from_value(case["attributes"].clone()).unwrap_or_default();
        let (session_id, started_at, sent_at) = ("s".into(), BASE, arrives);
        let source = item["protocol"].as_str().and_then(Protocol::parse).map(Source::of).unwrap_or_default();
        sent.push((
            arrives,
            source,
            Batch { session_id, started_at, sent_at, attributes, events: vec![event] },
        ));
    }
    sent
}

#[test]
fn vectors() {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let mut case: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let until = case["until"].as_u64().map(|until| BASE + until);
        let seen = serde_json::to_value(timeline(&Config::default(), batches(&case), until)).unwrap();
        if std::env::var_os("OPENQOE_BLESS").is_some() {
            case["timeline"] = seen;
            std::fs::write(&file, serde_json::to_string_pretty(&case).unwrap() + "\n").unwrap();
        } else {
            assert_eq!(seen, case["timeline"], "{}", file.display());
        }
    }
}

/// Events of a session in batches of a few, told in order.
fn play(events: &[Event], until: Option<u64>) -> Timeline {
    let batches = events.chunks(3).map(|events| {
        let at = BASE + events[events.len() - 1].t;
        let (session_id, attributes) = ("s".into(), Attributes::default());
        (
            at,
            Source(0),
            Batch { session_id, started_at: BASE, sent_at: at, attributes, events: events.to_vec() },
        )
    });
    timeline(&Config::default(), batches, until)
}

fn session() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec((kind(), 0..200_000u64), 1..60).prop_map(|steps| {
        let end = (EventKind::SessionEnd { reason: SessionEnd::Stopped }, 100);
        let mut events = vec![Event { seq: 0, t: 0, kind: EventKind::SessionStart }];
        for (kind, step) in steps.into_iter().chain([end]) {
            let (seq, t) = (events.len() as u64, events[events.len() - 1].t + step);
            events.push(Event { seq, t, kind });
        }
        events
    })
}

proptest! {
    #[test]
    fn bands_are_the_times_of_the_summary(events in session()) {
        let seen = play(&events, None);
        let length = |phase: &str| -> u64 {
            seen.bands.iter().filter(|band| band.phase == phase).map(|band| band.to - band.from).sum()
        };
        let summary = &seen.summary;
        let times = [
            ("startup", summary.startup_wait), ("playing", summary.playing), ("stalled", summary.stalled),
            ("seeking", summary.seeking), ("paused", summary.paused),
        ];
        for (phase, time) in times {
            prop_assert_eq!(length(phase), u64::from(time), "{}", phase);
        }
        prop_assert!(length("ad") >= u64::from(summary.ads));
        prop_assert_eq!(seen.bands.iter().map(|band| band.to - band.from).sum::<u64>(), seen.length_ms);
        prop_assert!(seen.bands.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].phase != pair[1].phase));
        prop_assert!(seen.bands.first().is_none_or(|band| band.from == 0));
        prop_assert!(seen.marks.is_sorted_by_key(|mark| mark.t));
        let stalls = seen.marks.iter().filter(|mark| mark.kind == "stall").count();
        prop_assert!(stalls >= usize::from(summary.rebuffers > 0 && length("stalled") > 0));
        prop_assert!(seen.is_whole && seen.left_out == 0);
    }
}

#[test]
fn twelve_hours_are_thinned_and_say_so() {
    let mut events = vec![
        Event { seq: 0, t: 0, kind: EventKind::SessionStart },
        Event { seq: 1, t: 100, kind: EventKind::Playing },
    ];
    let step: Value = json!([
        { "heartbeat": { "buffer_ms": 20_000, "latency_ms": 4000 } },
        { "download": { "kind": "video", "bytes": 1000, "duration_ms": 300, "ttfb_ms": 20 } },
        "stall", "playing", { "rendition": { "bitrate": 1_000_000 } }, { "rendition": { "bitrate": 2_000_000 } }
    ]);
    let kinds: Vec<EventKind> = serde_json::from_value(step).unwrap();
    for second in 0..12 * 3600_u64 / 4 {
        for (place, kind) in kinds.iter().enumerate() {
            let (seq, t) = (events.len() as u64, 1000 + 4000 * second + 100 * place as u64);
            events.push(Event { seq, t, kind: kind.clone() });
        }
    }
    let slow = EventKind::Download {
        kind: openqoe_spec::DownloadKind::Video,
        bytes: 1,
        ttfb_ms: None,
        duration_ms: Some(9000),
        failed: false,
        weight: 1,
    };
    events.insert(30_000, Event { seq: 0, t: events[30_000].t, kind: slow });
    events.iter_mut().zip(0..).for_each(|(event, seq)| event.seq = seq);
    let seen = play(&events, None);
    for points in [&seen.buffer, &seen.latency, &seen.bitrate] {
        assert!(points.len() <= 2000 && points.is_sorted_by_key(|point| point.0), "{}", points.len());
    }
    assert!(seen.downloads.len() <= 2000 && seen.marks.len() <= 2000 && seen.bands.len() <= 10_000);
    assert!(seen.downloads.iter().any(|download| download.to - download.from == 9000), "the slowest stays");
    assert!(seen.left_out > 10_000, "{}", seen.left_out);
    assert_eq!(seen.bands.iter().map(|band| band.to - band.from).sum::<u64>(), seen.length_ms);
}

#[test]
fn nothing_gives_nothing() {
    assert_eq!(timeline(&Config::default(), [], Some(BASE)), Timeline::default());
}
