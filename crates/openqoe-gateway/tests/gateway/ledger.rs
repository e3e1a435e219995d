//! Partial accept, and the books: received = counted + duplicate + rejected + shed + waiting.

use serde_json::json;

use crate::harness::{Gateway, batch, request, view};

#[test]
fn every_event_has_one_outcome() {
    let gateway = Gateway::start();
    assert_eq!(gateway.send("a", &view()).json(), json!({ "accepted": 4 }));
    assert_eq!(gateway.send("a", &view()).json(), json!({ "accepted": 4 }));
    let mut mixed = view();
    mixed.push(json!({ "type": "rendition" }));
    mixed.push(json!({ "type": "stalled" }));
    let answer = gateway.send("b", &mixed);
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({ "accepted": 4, "rejected": [
            { "index": 4, "seq": 4, "reason": "missing_field", "message": "`bitrate` is missing" },
            { "index": 5, "seq": 5, "reason": "unknown_type", "message": "unknown event type `stalled`, did you mean `stall`?" },
        ] })
    );
    let mut gap = batch("c", &view());
    gap["events"].as_array_mut().unwrap().remove(1);
    assert_eq!(gateway.post(gap.to_string().as_bytes()).status, 200);
    assert_eq!(gateway.send("d", &[json!({ "type": "nothing" })]).status, 400);

    let outcome = |outcome: &str| {
        gateway.value(&format!("openqoe_ingest_event_outcomes_total{{tenant=\"default\",protocol=\"native\",outcome=\"{outcome}\""))
    };
    assert_eq!(outcome("counted"), 4.0 + 4.0 + 1.0);
    assert_eq!(outcome("duplicate"), 4.0);
    assert_eq!(outcome("rejected"), 3.0);
    let waiting = gateway.value("openqoe_engine_events_waiting");
    assert_eq!(waiting, 2.0);
    let received = gateway.value("openqoe_ingest_events_received_total");
    assert_eq!(
        received,
        outcome("counted") + outcome("duplicate") + outcome("rejected") + outcome("shed") + waiting
    );
}

#[test]
fn batches_without_room_are_shed_and_counted() {
    let gateway =
        Gateway::start_with(&["serve"], &[("OPENQOE_LIMITS_MAX_SESSIONS", "1"), ("OPENQOE_SHARDS", "1")]);
    gateway.send("first", &view());
    gateway.send("second", &view());
    let shed = "openqoe_ingest_event_outcomes_total{tenant=\"default\",protocol=\"native\",outcome=\"shed\",reason=\"session_limit\"}";
    assert_eq!(gateway.value(shed), 4.0);
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 1.0);
}

#[test]
fn beacons_and_browsers_of_any_origin_may_post() {
    let gateway = Gateway::start();
    let body = batch("beacon", &view()).to_string();
    let beacon = gateway.post_with(
        &[("content-type", "text/plain;charset=UTF-8"), ("origin", "https://x.example")],
        body.as_bytes(),
    );
    assert_eq!(beacon.status, 200);
    assert!(beacon.head.contains("access-control-allow-origin: *"));
    let preflight =
        request(&gateway.public, "OPTIONS", "/v1/ingest", &[("origin", "https://x.example")], b"");
    assert_eq!(preflight.status, 204);
    assert!(preflight.head.contains("access-control-allow-headers: content-type, content-encoding"));
}

#[test]
fn the_user_agent_gives_two_words_and_is_dropped() {
    let gateway = Gateway::start();
    let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Secret/1";
    gateway.post_with(&[("user-agent", agent)], batch("s", &view()).to_string().as_bytes());
    let metrics = gateway.metrics();
    assert!(metrics.contains("device_type=\"mobile\",os_family=\"ios\""));
    assert!(!metrics.contains("Secret") && !gateway.log().contains("Secret"));
}
