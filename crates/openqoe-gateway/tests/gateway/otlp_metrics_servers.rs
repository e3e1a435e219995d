//! The gateway's series over OTLP towards what people run: another gateway, and a Prometheus that takes OTLP. What these say is
//! what our own exposition does.

use std::process::Command;
use std::time::UNIX_EPOCH;

use openqoe_metrics::{OtlpMetrics, OtlpMetricsOptions, OtlpRequest, SharedRow, Snapshot, Started};
use openqoe_spec::metrics::process::{Counter, Histogram};
use serde_json::{Value as Json, json};

use crate::harness::{Gateway, request, skipped};
use crate::otlp_metrics::ended;
use crate::receiver::eventually;
use crate::remote_write_servers::exposed;
use crate::servers::{Server, encode};

/// A gateway that pushes often to another.
fn pushing(endpoint: &str, more: &[(&str, &str)]) -> Gateway {
    let fixed = [
        ("OPENQOE_OTLP_METRICS", "true"),
        ("OPENQOE_OTLP_ENDPOINT", endpoint),
        ("OPENQOE_OTLP_TRACES", "false"),
        ("OPENQOE_OTLP_LOGS", "false"),
        ("OPENQOE_OTLP_METRICS_INTERVAL", "200ms"),
    ];
    Gateway::start_with(&["serve"], &[&fixed, more].concat())
}

/// What a relay says: a counter, a gauge, a histogram of either kind, as deltas of one interval.
fn relay() -> Json {
    let base = json!({ "startTimeUnixNano": "1000000000", "timeUnixNano": "2000000000" });
    let point = |more: Json| {
        let mut point = base.clone();
        point.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([point])
    };
    let text = |key: &str, value: &str| json!([{ "key": key, "value": { "stringValue": value } }]);
    let count = point(json!({ "asInt": "12", "attributes": text("transport", "webtransport") }));
    let wait = point(
        json!({ "count": "6", "sum": 40.5, "bucketCounts": ["1", "2", "3"], "explicitBounds": [1, 5] }),
    );
    let drift = point(json!({
        "count": "10", "sum": -6.5, "scale": 0, "zeroCount": "3",
        "positive": { "offset": -1, "bucketCounts": ["1", "0", "2"] }, "negative": { "offset": 1, "bucketCounts": ["4"] },
    }));
    let delta =
        |points: Json| json!({ "aggregationTemporality": 1, "isMonotonic": true, "dataPoints": points });
    let metrics = json!([
        { "name": "moq.relay.bytes.sent", "unit": "By", "sum": delta(count) },
        { "name": "moq_relay_active_streams", "gauge": { "dataPoints": point(json!({ "asInt": "7" })) } },
        { "name": "moq_relay_wait", "unit": "s", "histogram": delta(wait) },
        { "name": "moq_relay_drift", "unit": "s", "exponentialHistogram": delta(drift) },
    ]);
    let resource = json!({ "attributes": text("service.name", "relay") });
    json!({ "resourceMetrics": [{ "resource": resource, "scopeMetrics": [{ "metrics": metrics }] }] })
}

/// Lines of metrics others defined, in order, as the first gateway or one behind it has them.
fn relayed(gateway: &Gateway) -> Vec<String> {
    let text = gateway.metrics();
    let lines = text.lines().filter(|line| line.starts_with("moq_"));
    let mut lines: Vec<String> = lines.map(|line| line.replace("exported_tenant=\"default\",", "")).collect();
    lines.sort();
    lines
}

#[test]
fn what_one_gateway_pushes_another_takes_but_for_what_is_its_own() {
    for histograms in ["explicit", "exponential"] {
        let behind = Gateway::start();
        let endpoint = format!("http://{}", behind.public);
        let gateway = pushing(&endpoint, &[("OPENQOE_OTLP_METRICS_HISTOGRAMS", histograms)]);
        let (headers, body) = ([("content-type", "application/json")], relay().to_string());
        let answer = request(&gateway.public, "POST", "/v1/metrics", &headers, body.as_bytes());
        assert_eq!((answer.status, answer.text().as_str()), (200, "{}"));
        let lines = eventually("the same series", || {
            let (ours, theirs) = (relayed(&gateway), relayed(&behind));
            (ours == theirs && !ours.is_empty()).then_some(ours)
        });
        for line in [
            "moq_relay_bytes_sent_total{tenant=\"default\",service_name=\"relay\",transport=\"webtransport\"} 12",
            "moq_relay_active_streams{tenant=\"default\",service_name=\"relay\"} 7",
            "moq_relay_wait_seconds_bucket{tenant=\"default\",service_name=\"relay\",le=\"5\"} 3",
            "moq_relay_drift_seconds_sum{tenant=\"default\",service_name=\"relay\"} -6.5",
        ] {
            assert!(lines.iter().any(|other| other == line), "{line} in {lines:#?}");
        }
        // Its own names are a gateway's own: told in a partial success, and counted.
        let refused = "openqoe_otlp_dropped_total{signal=\"metrics\",reason=\"refused\"}";
        eventually("what is refused", || (gateway.value(refused) > 100.0).then_some(()));
        gateway.told_of("gateway's own");
        let reserved =
            "openqoe_otlp_receiver_point_outcomes_total{tenant=\"default\",outcome=\"reserved_name\"}";
        assert!(behind.value(reserved) > 100.0);
        assert_eq!(
            behind.value(
                "openqoe_otlp_receiver_point_outcomes_total{tenant=\"default\",outcome=\"malformed\"}"
            ),
            0.0
        );
    }
}

/// A bound as OpenMetrics has it.
fn float(bound: &str) -> String {
    bound.parse::<u64>().map_or(bound.to_owned(), |whole| format!("{whole}.0"))
}

/// A Prometheus that takes OTLP, which those before 3 do not by this flag.
fn prometheus(name: &str) -> Option<Server> {
    let named = std::env::var_os("OPENQOE_PROMETHEUS");
    let version = named.and_then(|program| Command::new(program).arg("--version").output().ok());
    let takes_otlp = version.is_some_and(|version| {
        let text = String::from_utf8_lossy(&version.stdout).into_owned();
        !text.contains("version 2.") && !text.contains("version 1.")
    });
    if !takes_otlp {
        skipped("metrics over OTLP to Prometheus", "let OPENQOE_PROMETHEUS name one of version 3");
        return None;
    }
    Server::prometheus(name, &["--web.enable-otlp-receiver", "--enable-feature=exemplar-storage"])
}

#[test]
fn prometheus_comes_to_the_series_of_a_scrape() {
    let Some(server) = prometheus("otlp") else { return };
    let endpoint = format!("http://{}/api/v1/otlp", server.address);
    let gateway = pushing(&endpoint, &[("OPENQOE_OTLP_METRICS_HISTOGRAMS", "explicit")]);
    gateway.send("a", &ended());
    gateway.send("b", &ended());
    // What the resource says becomes the job.
    let series = "{job=\"openqoe\",tenant=\"default\",__name__!~\"openqoe_slo.*\"}";
    eventually("the same series", || {
        let theirs = server.query(series, None).into_iter().map(|(mut labels, value)| {
            labels.remove("job");
            // A whole bound is `1.0` to whoever scrapes and `1` to its receiver of OTLP.
            labels.entry("le".into()).and_modify(|bound| *bound = float(bound));
            (labels, value)
        });
        let (theirs, ours) = (theirs.collect(), exposed(&gateway));
        (!ours.is_empty() && ours == theirs).then_some(())
    });
    assert!(exposed(&gateway).len() > 100);
    assert_eq!(gateway.value("openqoe_otlp_dropped_total{signal=\"metrics\""), 0.0);
    drop(gateway);

    let gateway = pushing(
        &endpoint,
        &[
            ("OPENQOE_OTLP_METRICS_HISTOGRAMS", "exponential"),
            ("OPENQOE_OTLP_RESOURCE", "service.name=native"),
        ],
    );
    gateway.send("a", &ended());
    gateway.send("b", &ended());
    let value =
        |function: &str| server.value(&format!("{function}openqoe_startup_time_seconds{{job=\"native\"}})"));
    eventually("native histograms", || (value("histogram_count(") == 2.0).then_some(()));
    assert_eq!(value("histogram_sum("), 2.0);
    let quantile = value("histogram_quantile(0.5, ");
    assert!((0.91..=1.0).contains(&quantile), "{quantile}");
    for name in ["openqoe_startup_time_seconds", "openqoe_startup_time_seconds_bucket"] {
        let path = format!("/api/v1/query_exemplars?query={}&start=0&end=9999999999", encode(name));
        let found = server.api(&path);
        let session = &found[0]["exemplars"][0]["labels"]["session_id"];
        assert!(["a", "b"].contains(&session.as_str().unwrap()), "{name}: {found}");
    }
}

#[test]
fn prometheus_sees_a_series_end() {
    let Some(server) = prometheus("otlp-stale") else { return };
    let row = SharedRow::process();
    row.count(Counter::GatewayConnectionsRefused, 5.0);
    row.observe(Histogram::GatewayScrapeDurationSeconds, 20.0);
    let mut snapshot = Snapshot::default();
    row.snapshot_into(&mut snapshot);
    for (exponential, series) in [(false, 1 + 10 + 2), (true, 1 + 1)] {
        let mut encoder = OtlpMetrics::new(OtlpMetricsOptions {
            resource: vec![("service.name".to_owned(), exponential.to_string())],
            exponential,
            max_points: 2000,
            started: Started::default(),
        });
        let at = UNIX_EPOCH.elapsed().unwrap().as_millis() as u64;
        let mut send = |snapshot: &Snapshot, at: u64| {
            for OtlpRequest { bytes, .. } in encoder.encode(snapshot, at) {
                let headers = [("content-type", "application/x-protobuf")];
                let answer = request(&server.address, "POST", "/api/v1/otlp/v1/metrics", &headers, &bytes);
                assert_eq!(answer.status, 200, "{}", answer.text());
            }
        };
        let there = |time: u64| {
            let query = format!(
                "{{job=\"{exponential}\",__name__=~\"openqoe_gateway_(connections_refused|scrape).+\"}}"
            );
            server.query(&query, Some(time as f64 / 1000.0)).len()
        };
        send(&snapshot, at - 2000);
        assert_eq!(there(at - 1500), series);
        send(&Snapshot::default(), at - 1000);
        assert_eq!((there(at - 500), there(at - 1500)), (0, series));
    }
}
