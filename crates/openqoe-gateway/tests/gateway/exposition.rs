//! What a scrape gets, in every format.

use std::collections::BTreeSet;
use std::io::Read;

use openqoe_spec::{METRICS, Scope};
use serde_json::json;

use crate::harness::{Gateway, folder, view, wait_for};
use crate::receiver::{Receiver, written};
use crate::{edge, probe, tls};

#[test]
fn formats_are_negotiated_as_prometheus_asks() {
    let gateway = Gateway::start();
    gateway.send("s", &view());
    let kind = |accept: &str| {
        let answer = gateway.get_with("/metrics", &[("accept", accept)]);
        let head = answer.head.clone();
        let line = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap().to_owned();
        (line, answer)
    };
    let (plain, answer) = kind("text/plain");
    assert!(plain.starts_with("text/plain; version=0.0.4"), "{plain}");
    assert!(answer.text().contains("# TYPE openqoe_startup_plays_total counter"));
    let (open, answer) = kind("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5");
    assert!(open.starts_with("application/openmetrics-text; version=1.0.0"), "{open}");
    assert!(answer.text().ends_with("# EOF\n"));
    assert!(answer.text().contains("# {session_id=\"s\"}"), "exemplars carry the session");
    let protobuf =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    assert!(kind(protobuf).0.starts_with("application/vnd.google.protobuf"));
}

#[test]
fn the_exposition_is_packed_when_asked() {
    let gateway = Gateway::start();
    let answer = gateway.get_with("/metrics", &[("accept-encoding", "gzip")]);
    assert!(answer.head.contains("content-encoding: gzip"));
    let mut text = String::new();
    let body = if answer.head.contains("transfer-encoding") { panic!("chunked") } else { answer.body };
    flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
    assert!(text.contains("openqoe_build_info{version=\"0.1.0\",spec_version=\"0.1.0\"} 1"));
}

#[test]
fn every_metric_about_the_gateway_itself_is_alive() {
    let folder = folder("alive");
    let receiver = Receiver::start(|_, received| written(received));
    let otlp = Receiver::start(|_, _| (200, String::new(), ""));
    let environment = [
        ("OPENQOE_LIMITS_BUDGETS_ASSET_ID", "0"),
        ("OPENQOE_DATA_DIR", folder.to_str().unwrap()),
        ("OPENQOE_JOURNAL_CHECKPOINT_INTERVAL", "1ms"),
        ("OPENQOE_REMOTE_WRITE_URL", &receiver.url),
        ("OPENQOE_OTLP_ENDPOINT", &otlp.base()),
    ];
    let gateway = Gateway::start_with(&["serve"], &environment);
    gateway.send("s", &[&view()[..], &[json!({ "type": "session_end" })]].concat());
    gateway.post(b"{");
    for histogram in [
        "openqoe_journal_checkpoint_duration_seconds",
        "openqoe_remote_write_request_duration_seconds",
        "openqoe_otlp_request_duration_seconds",
    ] {
        while gateway.value(&format!("{histogram}_count")) < 1.0 {
            std::thread::yield_now();
        }
    }
    // The first step of the history has to be over.
    wait_for(|| gateway.metrics().contains("openqoe_anomaly_series{"));
    let metrics = gateway.metrics();
    // What is there only where it is configured.
    let others = tls::exposition() + &edge::exposition() + &probe::exposition() + &filtered();
    let present: BTreeSet<&str> = metrics
        .lines()
        .chain(others.lines())
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let missing: Vec<&str> = METRICS
        .iter()
        .filter(|metric| matches!(metric.scope, Scope::Objective | Scope::Tenant | Scope::Process))
        .map(|metric| metric.name)
        .filter(|name| {
            cfg!(feature = "wasm")
                || !["openqoe_filter_duration_seconds", "openqoe_filter_modules"].contains(name)
        })
        .filter(|name| !present.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?} in\n{metrics}");
    assert_eq!(
        gateway.value("openqoe_metrics_overflow_total{tenant=\"default\",attribute=\"asset_id\"}"),
        1.0
    );
    assert!(metrics.contains("asset_id=\"__overflow__\""));
}

#[cfg(feature = "wasm")]
fn filtered() -> String {
    crate::filters::exposition()
}

#[cfg(not(feature = "wasm"))]
fn filtered() -> String {
    crate::harness::skipped("metrics of filters", "cargo test -p openqoe-gateway --features wasm");
    String::new()
}

#[test]
fn an_acknowledged_event_is_in_the_next_scrape() {
    let gateway = Gateway::start();
    for views in 1..=50 {
        assert_eq!(gateway.send(&format!("s{views}"), &view()).status, 200);
        assert_eq!(gateway.value("openqoe_startup_plays_total"), f64::from(views));
    }
    assert_eq!(gateway.value("openqoe_playback_active_sessions"), 50.0);
    let mut end = view();
    end.push(json!({ "type": "session_end" }));
    gateway.send("s1", &end);
    assert_eq!(gateway.value("openqoe_playback_active_sessions"), 49.0);
}
