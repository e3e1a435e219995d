//! Ended sessions leave one wide row, whatever happens to the process.

use serde_json::{Value, json};

use crate::harness::{Gateway, batch, folder, view};

fn ended(session: &str) -> Vec<Value> {
    let mut events = view();
    events.push(json!({ "type": "rendition", "bitrate": 4_000_000 }));
    events.push(json!({ "type": "stall" }));
    events.push(json!({ "type": "playing" }));
    events.push(json!({ "type": "error", "code": session, "fatal": false }));
    events.push(json!({ "type": "custom", "name": "drm_license_seconds", "value": 0.25 }));
    events.push(json!({ "type": "session_end" }));
    events
}

/// The row of a session, once it is there.
fn row(gateway: &Gateway, session: &str) -> Value {
    loop {
        let answer = gateway.get(&format!("/api/v1/tenants/default/sessions/{session}"));
        match answer.status {
            200 => return answer.json(),
            404 => std::thread::yield_now(),
            other => panic!("{other}: {}", answer.text()),
        }
    }
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
        ("asset_id", json!("a")),
        ("cdn", json!("edge")),
        ("protocol", json!("native")),
    ];
    for (column, value) in expected {
        assert_eq!(before[column], value, "{column} of {before}");
    }
    assert_eq!(gateway.get("/api/v1/tenants/default/sessions/open").status, 404);
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
    let rows = gateway.get("/api/v1/tenants/default/sessions?limit=10").json();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    assert_eq!(gateway.get("/api/v1/tenants/other/sessions").json(), json!([]));
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
}

#[test]
fn without_a_data_directory_there_is_no_archive() {
    let gateway = Gateway::start();
    let answer = gateway.get("/api/v1/tenants/default/sessions");
    assert!(answer.status == 503 && answer.text().contains("data_dir"), "{}", answer.text());
}
