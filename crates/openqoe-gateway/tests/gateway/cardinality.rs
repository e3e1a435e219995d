//! What tenants use of their limits, and that idle label sets make room.

use serde_json::{Value, json};

use crate::harness::{Answer, Gateway, batch, folder, view};

/// A view of an asset, from its beginning to its end.
fn watch(gateway: &Gateway, session: &str, asset: &str) -> Answer {
    let mut events = view();
    events.push(json!({ "type": "session_end" }));
    let mut batch = batch(session, &events);
    batch["session"]["attributes"]["asset_id"] = json!(asset);
    gateway.post(batch.to_string().as_bytes())
}

/// Checkpoints are written while something comes.
fn send_until(gateway: &Gateway, is_done: impl Fn() -> bool) {
    let mut events = view();
    while !is_done() {
        events.push(json!({ "type": "heartbeat" }));
        gateway.send("stays", &events);
    }
}

#[test]
fn the_api_names_what_overflows() {
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_LIMITS_BUDGETS_ASSET_ID", "1")]);
    for (session, asset) in ["first", "rare", "often", "often"].iter().enumerate() {
        assert_eq!(watch(&gateway, &session.to_string(), asset).status, 200);
    }
    // A scrape holds everything acknowledged before it; the guard is asked directly.
    let estimated =
        gateway.value("openqoe_metrics_overflow_values{tenant=\"default\",attribute=\"asset_id\"}");
    assert_eq!(estimated, 2.0);
    let all = gateway.get("/api/v1/cardinality").json();
    let tenant: &Value = &all["tenants"][0];
    assert_eq!(tenant["tenant"], "default");
    assert_eq!(tenant["label_sets"], json!({ "used": 2, "limit": 2000, "refused": 0, "expired": 0 }));
    let attributes = tenant["attributes"].as_array().unwrap();
    let asset = attributes.iter().find(|attribute| attribute["attribute"] == "asset_id").unwrap();
    assert_eq!(
        *asset,
        json!({
            "attribute": "asset_id", "budget": 1, "admitted": 1, "folded": 3, "overflow_values": 2,
            "top": [{ "value": "often", "count": 2, "error": 0 }, { "value": "rare", "count": 1, "error": 0 }],
        })
    );
    assert_eq!(gateway.get("/api/v1/cardinality?tenant=default").json(), all);
    let stranger = gateway.get("/api/v1/cardinality?tenant=defalt");
    assert_eq!(stranger.status, 404);
    assert!(stranger.text().contains("did you mean `default`?"), "{}", stranger.text());
    assert_eq!(gateway.get("/api/v1/cardinality?tenants=default").status, 400);
    assert!(!gateway.log().contains("often"), "values of labels are no business of the log");
}

#[test]
fn idle_label_sets_make_room_and_stay_away_after_a_restart() {
    let folder = folder("idle");
    let environment = [
        ("OPENQOE_DATA_DIR", folder.to_str().unwrap()),
        ("OPENQOE_JOURNAL_CHECKPOINT_INTERVAL", "1ms"),
        ("OPENQOE_LIMITS_IDLE_LABEL_SETS", "300ms"),
        ("OPENQOE_LIMITS_BUDGETS_ASSET_ID", "2"),
        ("OPENQOE_ENGINE_KEEP_ENDED", "1ms"),
    ];
    let gateway = Gateway::start_with(&["serve"], &environment);
    gateway.send("stays", &view());
    assert_eq!(watch(&gateway, "goes", "old").status, 200);
    let old = "openqoe_startup_plays_total{tenant=\"default\",asset_id=\"old\"";
    assert_eq!(gateway.value(old), 1.0);
    let expired = "openqoe_metrics_label_sets_expired_total";
    send_until(&gateway, || gateway.value(expired) >= 1.0);
    assert_eq!((gateway.value(expired), gateway.value("openqoe_metrics_label_sets{")), (1.0, 1.0));
    assert!(!gateway.metrics().contains("asset_id=\"old\""));
    // What they took of the budget is free.
    watch(&gateway, "comes", "new");
    assert!(gateway.metrics().contains("asset_id=\"new\""));
    let plays =
        |gateway: &Gateway| gateway.value("openqoe_startup_plays_total{tenant=\"default\",asset_id=\"a\"");
    assert_eq!(plays(&gateway), 1.0);
    // The label set is gone before the checkpoint that does without it is on disk.
    let checkpoints = || gateway.value("openqoe_journal_checkpoint_duration_seconds_count");
    let written = checkpoints();
    send_until(&gateway, || checkpoints() > written);
    gateway.kill();
    let gateway = Gateway::start_with(&["serve"], &environment);
    assert!(!gateway.metrics().contains("asset_id=\"old\""));
    assert_eq!(plays(&gateway), 1.0);
}
