//! Ended sessions leave one wide row, whatever happens to the process.

use serde_json::{Value, json};

use crate::contract::conforms;
use crate::harness::{Gateway, batch, folder, view, wait_for};

/// The events of a view that ended.
pub(crate) fn ended(session: &str) -> Vec<Value> {
    let mut events = view();
    events.push(json!({ "type": "rendition", "bitrate": 4_000_000 }));
    events.push(json!({ "type": "stall" }));
    events.push(json!({ "type": "playing" }));
    events.push(json!({ "type": "error", "code": session, "fatal": false }));
    events.push(json!({ "type": "custom", "name": "drm_license_seconds", "value": 0.25 }));
    events.push(json!({ "type": "session_end" }));
    events
}

/// A session that has ended, once its row is there.
pub(crate) fn row(gateway: &Gateway, session: &str) -> Value {
    let mut found = Value::Null;
    wait_for(|| {
        let answer = gateway.get(&format!("/api/v1/tenants/default/sessions/{session}"));
        assert!([200, 404].contains(&answer.status), "{}", answer.text());
        found = answer.json();
        found["is_live"] == false
    });
    conforms("Session", &found);
    found
}

#[test]
fn an_ended_session_leaves_a_row() {
    let folder = folder("archive");
    let environment = [("OPENQOE_DATA_DIR", folder.to_str().unwrap())];
    let gateway = Gateway::start_with(&["serve"], &environment);
    gateway.send("a", &ended("a"));
    gateway.send("open", &view());
    let before = row(&gateway, "a");
    let expected = [
        ("view_end", json!("stopped")),
        ("startup_ms", json!(1000)),
        ("stalled_ms", json!(1000)),
        ("playing_ms", json!(6000)),
        ("rebuffers", json!(1)),
        ("errors", json!(1)),
        ("error_code", json!("a")),
        ("attempted", json!(1)),
        ("started", json!(1)),
    ];
    for (column, value) in expected {
        assert_eq!(before["figures"][column], value, "{column} of {before}");
    }
    assert_eq!(
        (&before["attributes"]["asset_id"], &before["attributes"]["cdn"]),
        (&json!("a"), &json!("edge"))
    );
    assert_eq!(before["protocol"], "native");
    let open = gateway.get("/api/v1/tenants/default/sessions/open").json();
    conforms("Session", &open);
    assert_eq!((&open["is_live"], &open["attributes"]["cdn"]), (&json!(true), &json!("edge")));
    let events = gateway.get("/api/v1/tenants/default/sessions/a/events").json();
    assert_eq!(events[0]["events"].as_array().unwrap().len(), 10);
    let custom = json!({ "name": "drm_license_seconds", "value": 0.25 });
    assert_eq!(events[0]["events"][8]["kind"]["custom"], custom);

    // The row is a fold of the journal: without the archive, a replay writes it again.
    gateway.kill();
    for name in ["sessions.db", "sessions.db-wal", "sessions.db-shm"] {
        let _ = std::fs::remove_file(folder.join(name));
    }
    let gateway = Gateway::start_with(&["serve"], &environment);
    assert_eq!(row(&gateway, "a"), before);
    gateway.post(batch("b", &ended("b")).to_string().as_bytes());
    row(&gateway, "b");
    drop(gateway);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_checkpoint_waits_for_the_rows_before_it() {
    let folder = folder("archive-checkpoint");
    let environment =
        [("OPENQOE_DATA_DIR", folder.to_str().unwrap()), ("OPENQOE_JOURNAL_CHECKPOINT_INTERVAL", "1ms")];
    let gateway = Gateway::start_with(&["serve"], &environment);
    for number in 0..50 {
        gateway.send(&format!("s{number}"), &ended("x"));
    }
    gateway.kill();
    let gateway = Gateway::start_with(&["serve"], &environment);
    for number in 0..50 {
        row(&gateway, &format!("s{number}"));
    }
    drop(gateway);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn without_a_data_directory_there_are_no_sessions() {
    let gateway = Gateway::start();
    for path in [
        "sessions",
        "sessions/s",
        "sessions/s/timeline",
        "explore?kpi=bitrate&by=cdn",
        "values?attribute=cdn",
    ] {
        let answer = gateway.get(&format!("/api/v1/tenants/default/{path}"));
        assert!(answer.status == 503 && answer.text().contains("data_dir"), "{path}: {}", answer.text());
        conforms("Refusal", &answer.json());
    }
}
