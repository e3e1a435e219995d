//! Edges without certificates: a server key speaks for its own tenant.

use super::{Setup, post};
use crate::harness::{Gateway, folder, request, wait_for};

const TENANTS: &str = "[tenants.acme]\n[tenants.other]\n";

#[test]
fn an_edge_with_a_server_key_forwards_for_its_tenant_only() {
    let setup = Setup::new("relay-core", TENANTS);
    let (server, ingest) = (setup.key("acme", "server"), setup.key("acme", "ingest"));
    let core = setup.start();
    for key in ["", &ingest, &setup.key("acme", "read")] {
        let bearer = format!("Bearer {key}");
        let answer = request(&core.public, "POST", "/v1/relay", &[("authorization", &bearer)], b"");
        assert_eq!(answer.status, 403, "{}", answer.text());
    }
    // The edge knows its own keys; the core's server key is what it shows upstream.
    let edge_setup = Setup::new("relay-edge", TENANTS);
    let key_file = edge_setup.config.with_file_name("server-key");
    std::fs::write(&key_file, server).unwrap();
    let keys = ["acme", "other"].map(|tenant| edge_setup.key(tenant, "ingest"));
    let upstream = format!("http://{}", core.public);
    let data = folder("relay-edge-data");
    let edge = Gateway::start_with(
        &[
            "serve",
            "--config",
            edge_setup.config.to_str().unwrap(),
            "--role",
            "edge",
            "--upstream",
            &upstream,
        ],
        &[
            ("OPENQOE_DATA_DIR", data.to_str().unwrap()),
            ("OPENQOE_EDGE_KEY_FILE", key_file.to_str().unwrap()),
        ],
    );
    for (key, session) in keys.iter().zip(["a", "b"]) {
        assert_eq!(post(&edge, key, session, &[]).status, 200);
    }
    wait_for(|| edge.value("openqoe_edge_events_waiting") == 0.0);
    assert_eq!(core.value("openqoe_startup_plays_total{tenant=\"acme\""), 1.0);
    assert_eq!(core.value("openqoe_startup_plays_total{tenant=\"other\""), 0.0);
    let refused = "openqoe_ingest_event_outcomes_total{tenant=\"other\",protocol=\"native\",outcome=\"rejected\",reason=\"core_refused\"}";
    assert_eq!(edge.value(refused), 4.0);
}
