//! Clocks that are days off, uploads that come hours late, batches out of order and again: sessions are what the viewer lived
//! through, by the reporter's own monotonic time, and the live series are not bent.

use openqoe_spec::SPEC_VERSION;
use serde_json::{Value, json};

use crate::harness::Gateway;

const DAY: u64 = 86_400_000;
const HOUR: u64 = 3_600_000;

/// A view of a minute: 2 s of startup, 40 s of playing, 5 s stalled, 13 s of playing, the end.
const VIEW: [(u64, &str); 10] = [
    (0, "session_start"),
    (0, "play_request"),
    (2_000, "playing"),
    (12_000, "heartbeat"),
    (22_000, "heartbeat"),
    (32_000, "heartbeat"),
    (42_000, "stall"),
    (47_000, "playing"),
    (57_000, "heartbeat"),
    (60_000, "session_end"),
];

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// Events of a view as one batch, by a reporter that thinks it is `started_at` and `sent_at`.
fn batch(session: &str, started_at: u64, sent_at: u64, events: std::ops::Range<usize>) -> Value {
    let events: Vec<Value> =
        events.map(|seq| json!({ "seq": seq, "t": VIEW[seq].0, "type": VIEW[seq].1 })).collect();
    json!({
        "spec_version": SPEC_VERSION, "sent_at": sent_at, "events": events,
        "session": { "session_id": session, "started_at": started_at },
    })
}

fn send(gateway: &Gateway, batch: &Value) {
    let answer = gateway.post(batch.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Views, and their seconds of startup, playing and stalling.
fn lived_through(gateway: &Gateway) -> [f64; 5] {
    [
        "openqoe_startup_plays_total",
        "openqoe_startup_time_seconds_sum",
        "openqoe_playback_playing_seconds_total",
        "openqoe_playback_stalled_seconds_total",
        "openqoe_playback_rebuffers_total",
    ]
    .map(|name| gateway.value(name))
}

fn views(count: f64) -> [f64; 5] {
    [1.0, 2.0, 53.0, 5.0, 1.0].map(|value| value * count)
}

fn active(gateway: &Gateway) -> f64 {
    gateway.value("openqoe_playback_active_sessions{")
}

#[test]
fn clocks_days_off_change_nothing() {
    let gateway = Gateway::start();
    let clocks = [now() - 5 * DAY, now() + 5 * DAY, 0, now() + 300 * 365 * DAY];
    for (number, started_at) in clocks.into_iter().enumerate() {
        send(&gateway, &batch(&format!("s{number}"), started_at, started_at + 60_000, 0..10));
    }
    assert_eq!(lived_through(&gateway), views(4.0));
    assert_eq!(active(&gateway), 0.0);
}

#[test]
fn a_clock_that_is_put_right_on_the_way_changes_nothing() {
    let gateway = Gateway::start();
    for (number, shift) in [5 * DAY, 1000 * DAY].into_iter().enumerate() {
        let (forth, back) = (format!("forth{number}"), format!("back{number}"));
        send(&gateway, &batch(&forth, now(), now() + 40_000, 0..5));
        send(&gateway, &batch(&back, now(), now() + 40_000, 0..5));
        assert_eq!(active(&gateway), 2.0);
        send(&gateway, &batch(&forth, now(), now() + 60_000 + shift, 5..10));
        send(&gateway, &batch(&back, now(), now() + 60_000 - shift, 5..10));
        assert_eq!(lived_through(&gateway), views(2.0 * (number as f64 + 1.0)));
        assert_eq!(active(&gateway), 0.0);
    }
}

#[test]
fn an_upload_hours_late_belongs_to_its_session() {
    let gateway = Gateway::start();
    let started_at = now() - 7 * HOUR;
    // The first half came in time, but for the reporter's clock the other half is from hours ago.
    send(&gateway, &batch("cut", started_at, started_at + 40_000, 0..6));
    send(&gateway, &batch("cut", started_at, now(), 6..10));
    // All of another was kept by a device without a network.
    send(&gateway, &batch("offline", started_at, now(), 0..10));
    assert_eq!(lived_through(&gateway), views(2.0));
    assert_eq!(active(&gateway), 0.0);
    assert_eq!(gateway.value("openqoe_engine_sessions{tenant=\"default\",state=\"open\"}"), 0.0);
    // Its age is told where it belongs.
    assert!(gateway.value("openqoe_ingest_event_delay_seconds_sum") >= 13.0 * 3600.0);
}

#[test]
fn batches_out_of_order_and_again_are_one_view() {
    let gateway = Gateway::start();
    let started_at = now() - 60_000;
    let parts = [6..8, 2..4, 8..10, 0..2, 4..6];
    for _ in 0..3 {
        for part in parts.clone() {
            send(&gateway, &batch("s", started_at, now(), part));
        }
    }
    assert_eq!(lived_through(&gateway), views(1.0));
    assert_eq!(active(&gateway), 0.0);
    let outcome = |outcome: &str| {
        gateway.value(&format!("openqoe_ingest_event_outcomes_total{{tenant=\"default\",protocol=\"native\",outcome=\"{outcome}\""))
    };
    assert_eq!((outcome("counted"), outcome("duplicate")), (10.0, 20.0));
}

/// A monotonic time that leaps is a device that slept: nobody watched for days.
#[test]
fn a_leap_of_days_within_a_session_adds_no_days() {
    let gateway = Gateway::start();
    let mut leap = batch("s", now() - 60_000, now(), 0..10);
    for event in &mut leap["events"].as_array_mut().unwrap()[3..] {
        event["t"] = json!(event["t"].as_u64().unwrap() + 3 * DAY);
    }
    send(&gateway, &leap);
    let watched = gateway.value("openqoe_eng_watch_time_seconds_sum");
    assert!(watched <= 60.0 + 90.0, "{watched} s for a minute and a sleep");
}
