//! Attributes are said once: what a session's first batch told holds for those that leave them out, whatever happens to the
//! process in between.

use serde_json::{Value, json};

use crate::edge::{Pop, drain};
use crate::harness::{Gateway, batch, folder, view};

/// A batch of these events, from this number on, which says nothing about its session.
fn silent(session: &str, from: usize, events: &[&str]) -> Value {
    let all: Vec<Value> = vec![json!({ "type": "heartbeat" }); from]
        .into_iter()
        .chain(events.iter().map(|name| json!({ "type": name })))
        .collect();
    let mut body = batch(session, &all);
    body["events"].as_array_mut().unwrap().drain(..from);
    body["session"].as_object_mut().unwrap().remove("attributes");
    body
}

fn send(gateway: &Gateway, body: &Value) {
    assert_eq!(gateway.post(body.to_string().as_bytes()).status, 200);
}

/// What is counted of rebuffers, by asset.
fn rebuffers(gateway: &Gateway, asset: &str) -> f64 {
    let text = gateway.metrics();
    let lines = text.lines().filter(|line| line.starts_with("openqoe_playback_rebuffers_total"));
    let ours = lines.filter(|line| line.contains(&format!("asset_id=\"{asset}\"")));
    ours.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

#[test]
fn what_was_said_once_outlives_the_process() {
    let folder = folder("attributes");
    let environment = |checkpoints: &'static str| {
        [("OPENQOE_DATA_DIR", folder.to_str().unwrap()), ("OPENQOE_JOURNAL_CHECKPOINT_INTERVAL", checkpoints)]
    };
    let gateway = Gateway::start_with(&["serve"], &environment("1h"));
    assert_eq!(gateway.send("s", &view()).status, 200);
    send(&gateway, &silent("s", 4, &["stall", "playing"]));
    assert_eq!(rebuffers(&gateway, "a"), 1.0);
    gateway.kill();

    // From the journal alone, then from a checkpoint.
    let gateway = Gateway::start_with(&["serve"], &environment("1ms"));
    send(&gateway, &silent("s", 6, &["stall", "playing"]));
    assert_eq!(rebuffers(&gateway, "a"), 2.0);
    while gateway.value("openqoe_journal_checkpoint_duration_seconds_count") < 2.0 {
        std::thread::yield_now();
    }
    gateway.kill();
    let gateway = Gateway::start_with(&["serve"], &environment("1h"));
    send(&gateway, &silent("s", 8, &["stall", "playing", "session_end"]));
    assert_eq!(rebuffers(&gateway, "a"), 3.0);
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 1.0);
    let row = loop {
        let answer = gateway.get("/api/v1/tenants/default/sessions/s");
        if answer.status == 200 {
            break answer.json();
        }
        std::thread::yield_now();
    };
    assert_eq!((&row["attributes"]["asset_id"], &row["attributes"]["cdn"]), (&json!("a"), &json!("edge")));
}

#[test]
fn an_unknown_session_is_counted_and_learned_about_later() {
    let gateway = Gateway::start();
    send(&gateway, &silent("s", 0, &["session_start", "play_request", "playing", "stall", "playing"]));
    let all = || gateway.value("openqoe_playback_rebuffers_total");
    assert_eq!((all(), rebuffers(&gateway, "a")), (1.0, 0.0));
    let mut told = silent("s", 5, &["stall", "playing"]);
    told["session"]["attributes"] = json!({ "asset_id": "a" });
    send(&gateway, &told);
    send(&gateway, &silent("s", 7, &["stall", "playing"]));
    assert_eq!((all(), rebuffers(&gateway, "a")), (3.0, 2.0));
}

/// Neither gateway has anything to add to a batch that says nothing.
#[test]
fn what_was_said_once_passes_an_edge() {
    let pop = Pop::new("attributes-pop");
    let core = pop.core("127.0.0.1:0");
    let edge = pop.edge(&core.public, &[]);
    assert_eq!(edge.send("s", &view()).status, 200);
    send(&edge, &silent("s", 4, &["stall", "playing"]));
    drain(&edge);
    let text = core.metrics();
    let stalls: Vec<_> =
        text.lines().filter(|line| line.starts_with("openqoe_playback_rebuffers_total")).collect();
    let told = |line: &&str| line.contains("asset_id=\"a\"") && line.contains("edge_pop=\"fra1\"");
    assert!(stalls.len() == 1 && stalls.iter().all(told), "{stalls:?}");
}
