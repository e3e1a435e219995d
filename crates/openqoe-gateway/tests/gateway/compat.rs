//! What SDKs of others are told: by EPAS as Eyevinn's eventsink tells it, by the prototype's protocol as its worker does, of Media3's
//! playbacks as of native events, and what browsers may let their pages read.

use crate::harness::{Answer, Gateway, request, wait_for};

const INIT: &str =
    r#"{"event":"init","sessionId":"s","timestamp":1700000000000,"playhead":-1,"duration":-1}"#;
const PLAY: &str =
    r#"{"event_type":"playing","event_time":1700000000000,"view_id":"v","player":{"name":"html5"}}"#;

fn post(gateway: &Gateway, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = [headers, &[("content-type", "application/json; charset=utf-8")]].concat();
    request(&gateway.public, "POST", path, &headers, body.as_bytes())
}

#[test]
fn epas_is_answered_as_the_eventsink_does() {
    let gateway = Gateway::start();
    for path in ["/epas", "/epas/"] {
        let taken = post(&gateway, path, &[], INIT);
        assert_eq!(taken.status, 200);
        let body = taken.json();
        assert_eq!((&body["sessionId"], &body["valid"]), (&"s".into(), &true.into()));
        assert!(body["heartbeatInterval"].as_u64().is_some_and(|ms| ms >= 1000));
    }
    let refused = post(&gateway, "/epas", &[], r#"{"event":"loadng","sessionId":"s","timestamp":1}"#);
    assert_eq!((refused.status, &refused.json()["valid"]), (400, &false.into()));
    assert_eq!(
        (&refused.json()["message"], &refused.json()["sessionId"]),
        (&"Invalid player event".into(), &(-1).into())
    );
    assert!(refused.text().contains("did you mean `loading`?"));
    let options = request(&gateway.public, "OPTIONS", "/epas", &[], b"");
    assert_eq!((options.status, &options.json()["status"]), (200, &"ok".into()));
    let asks = [("origin", "https://a.example"), ("access-control-request-method", "POST")];
    let preflight = request(&gateway.public, "OPTIONS", "/epas", &asks, b"");
    assert_eq!(preflight.status, 204);
    assert!(preflight.head.to_lowercase().contains("x-epas-event, x-epas-version"));
    // Both `init` are one event, once it is too late for anything before it.
    wait_for(|| {
        gateway.value(
            "openqoe_ingest_event_outcomes_total{tenant=\"default\",protocol=\"epas\",outcome=\"counted\"",
        ) == 1.0
    });
}

#[test]
fn the_prototype_is_answered_as_its_worker_does() {
    let gateway = Gateway::start();
    let taken = post(&gateway, "/v2/events", &[], &format!(r#"{{"events":[{PLAY},7]}}"#));
    assert_eq!((taken.status, &taken.json()["success"]), (202, &true.into()));
    assert_eq!(taken.json()["events_received"], 2);
    assert!(taken.text().contains("events[1]"));
    let refused = post(&gateway, "/v2/events", &[], r#"{"events":[7]}"#);
    assert_eq!((refused.status, &refused.json()["message"]), (400, &"Validation failed".into()));
}

const PLAYBACK: &str = r#"{"session_id":"m","anchor":{"realtimeMs":9000,"epochMs":1700000000000},"playbackStateHistory":[
{"eventTime":{"realtimeMs":1000},"playbackState":2},{"eventTime":{"realtimeMs":1700},"playbackState":3},
{"eventTime":{"realtimeMs":8700},"playbackState":15}]}"#;

#[test]
fn playbacks_of_media3_are_taken_line_by_line() {
    let gateway = Gateway::start();
    let line = PLAYBACK.replace('\n', "");
    let slip = line.replace("session_id", "sessionId");
    let headers = [("content-type", "application/x-ndjson")];
    let body = format!("{line}\n{slip}\n");
    let taken = request(&gateway.public, "POST", "/media3", &headers, body.as_bytes());
    assert_eq!((taken.status, &taken.json()["accepted"]), (200, &5.into()));
    let refused = &taken.json()["rejected"][0];
    assert_eq!((&refused["index"], &refused["reason"]), (&1.into(), &"missing_field".into()));
    assert_eq!(refused["message"], "`session_id` is missing: is `sessionId` meant for it?");
    assert_eq!(post(&gateway, "/media3", &[], &slip).status, 400);
    let ended = "openqoe_playback_views_ended_total{tenant=\"default\",";
    wait_for(|| gateway.value(ended) == 1.0);
    assert_eq!(gateway.value("openqoe_playback_playing_seconds_total{tenant=\"default\","), 7.0);
}

#[test]
fn pages_that_include_credentials_may_read_the_answer() {
    let gateway = Gateway::start();
    let origin = ("origin", "https://player.example");
    let asks = [
        origin,
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,x-sdk-version"),
    ];
    let preflight = request(&gateway.public, "OPTIONS", "/v2/events", &asks, b"");
    let answer = post(&gateway, "/v2/events", &[origin], &format!(r#"{{"events":[{PLAY}]}}"#));
    for head in [preflight.head.to_lowercase(), answer.head.to_lowercase()] {
        assert!(head.contains("access-control-allow-origin: https://player.example"), "{head}");
        assert!(head.contains("access-control-allow-credentials: true"), "{head}");
        assert!(head.contains("vary: origin"), "{head}");
    }
    assert!(preflight.head.to_lowercase().contains("x-sdk-version, x-api-key"));
    let native = post(&gateway, "/v1/ingest", &[origin], "{}");
    assert!(!native.head.to_lowercase().contains("allow-credentials"));
}
