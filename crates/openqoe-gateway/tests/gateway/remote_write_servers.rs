//! Remote write towards the servers people run: what they answer in PromQL is what our own exposition says.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use openqoe_metrics::{Histograms, RemoteWrite, RemoteWriteOptions, SharedRow, Snapshot, Started, to_1_0};
use openqoe_spec::metrics::process::{Counter, Histogram};
use serde_json::{Value, json};

use crate::harness::{Gateway, folder, request, view};
use crate::receiver::eventually;
use crate::servers::{Series, Server, encode, skipped};

const FEATURES: &str = "--enable-feature=native-histograms,exemplar-storage";

fn pushing(url: &str, more: &[(&str, &str)]) -> Gateway {
    let fixed = [("OPENQOE_REMOTE_WRITE_INTERVAL", "200ms"), ("OPENQOE_REMOTE_WRITE_URL", url)];
    Gateway::start_with(&["serve"], &[&fixed, more].concat())
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// A view that has ended, so that none of its clocks goes on.
fn ended() -> Vec<Value> {
    let mut events = view();
    events.push(json!({ "type": "session_end", "reason": "stopped" }));
    events
}

/// What a scraper reads of a tenant, indicators over a moving window aside.
pub(crate) fn exposed(gateway: &Gateway) -> Series {
    let text = gateway.get_with("/metrics", &[("accept", "application/openmetrics-text")]).text();
    let lines =
        text.lines().filter(|line| line.contains("tenant=\"default\"") && !line.starts_with("openqoe_slo"));
    let series = lines.map(|line| {
        let (name, rest) = line.split_once('{').unwrap();
        let (labels, value) = rest.split_once("} ").unwrap();
        let labels = format!("{labels},");
        let labels = labels.split_terminator("\",").filter_map(|label| label.split_once("=\""));
        // To Prometheus an empty label is none.
        let labels = labels.filter(|(_, value)| !value.is_empty());
        let mut labels: BTreeMap<_, _> =
            labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        labels.insert("__name__".to_owned(), name.to_owned());
        (labels, value.split(' ').next().unwrap().parse().unwrap())
    });
    series.collect()
}

fn agree(server: &Server, gateway: &Gateway, series: &str) {
    eventually("the same series", || {
        let (theirs, ours) = (server.query(series, None), exposed(gateway));
        (!ours.is_empty() && theirs == ours).then_some(())
    });
    assert!(exposed(gateway).len() > 100);
}

#[test]
fn prometheus_answers_what_the_exposition_says() {
    let Some(server) = Server::prometheus("values", &[FEATURES]) else { return };
    let gateway = pushing(&server.write_url(), &[("OPENQOE_REMOTE_WRITE_HISTOGRAMS", "both")]);
    gateway.send("a", &ended());
    gateway.send("b", &ended());
    // Native histograms have no number and no suffix.
    let numbers = "{tenant=\"default\", __name__!~\"openqoe_slo.*|.*_seconds\"}";
    agree(&server, &gateway, numbers);

    let quantile = server.value("histogram_quantile(0.5, openqoe_startup_time_seconds)");
    assert!((0.91..=1.09).contains(&quantile), "{quantile}");
    assert_eq!(server.value("histogram_count(openqoe_startup_time_seconds)"), 2.0);
    assert_eq!(server.value("histogram_sum(openqoe_startup_time_seconds)"), 2.0);

    for name in ["openqoe_startup_time_seconds", "openqoe_startup_time_seconds_bucket"] {
        let span = format!("start=0&end={}", now() + 3600.0);
        let path = format!("/api/v1/query_exemplars?query={}&{span}", encode(name));
        eventually(&format!("an exemplar of {name}"), || {
            let found = server.api(&path);
            let session = &found[0]["exemplars"][0]["labels"]["session_id"];
            ["a", "b"].contains(&session.as_str()?).then_some(())
        });
    }
    assert_eq!(gateway.value("openqoe_remote_write_samples_failed_total"), 0.0);
}

#[test]
fn victoria_metrics_answers_what_the_exposition_says() {
    let Some(server) = Server::victoria_metrics() else { return };
    let gateway = pushing(&server.write_url(), &[]);
    gateway.send("a", &ended());
    agree(&server, &gateway, "{tenant=\"default\", __name__!~\"openqoe_slo.*\"}");
    let told = gateway.told_of("is sent 1.0");
    assert!(!told.contains("refused"), "{told}");
}

#[test]
fn a_prometheus_that_was_away_misses_nothing() {
    let Some(mut server) = Server::prometheus("away", &[FEATURES]) else { return };
    let folder = folder("push-away");
    let gateway = pushing(&server.write_url(), &[("OPENQOE_DATA_DIR", folder.to_str().unwrap())]);
    let pending = || gateway.value("openqoe_remote_write_pending_requests");
    gateway.send("a", &ended());
    eventually("the first view", || (server.value("openqoe_startup_plays_total") == 1.0).then_some(()));

    server.kill();
    gateway.send("b", &ended());
    eventually("pushes to wait", || (pending() >= 10.0).then_some(()));
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 2.0);
    let meanwhile = now();
    let further = pending() + 3.0;
    eventually("more pushes to wait", || (pending() >= further).then_some(()));
    gateway.send("c", &ended());
    assert_eq!(gateway.told().matches("takes no samples").count(), 1);

    server.start_again();
    eventually("the queue to empty", || (pending() <= 1.0).then_some(()));
    eventually("the third view", || (server.value("openqoe_startup_plays_total") == 3.0).then_some(()));
    assert_eq!(
        server.query("sum(openqoe_startup_plays_total)", Some(meanwhile)).into_values().sum::<f64>(),
        2.0
    );
    assert_eq!(gateway.told().matches("the receiver is back").count(), 1);
    for lost in ["samples_failed_total", "samples_dropped_total"] {
        assert_eq!(gateway.value(&format!("openqoe_remote_write_{lost}")), 0.0);
    }
    // Each request the receiver took is a push, and each push has one sample of this.
    let accepted = || gateway.value("openqoe_remote_write_requests_total{outcome=\"accepted\"}");
    let before = accepted();
    let there = server.value("count_over_time(openqoe_build_info[1h])");
    assert!(before <= there && there <= accepted() + 1.0, "{before} accepted, {there} there");
}

#[test]
fn prometheus_sees_a_series_end() {
    let Some(server) = Server::prometheus("stale", &[FEATURES]) else { return };
    let row = SharedRow::process();
    row.count(Counter::GatewayConnectionsRefused, 5.0);
    row.observe(Histogram::GatewayScrapeDurationSeconds, 20.0);
    let mut snapshot = Snapshot::default();
    row.snapshot_into(&mut snapshot);
    let mut encoder = RemoteWrite::new(RemoteWriteOptions {
        histograms: Histograms::Both,
        max_samples: 2000,
        external_labels: Vec::new(),
        started: Started::default(),
    });
    let at = (now() * 1000.0) as u64;
    let mut send = |snapshot: &Snapshot, at: u64| {
        for message in encoder.encode(snapshot, at) {
            let body = to_1_0(&message.bytes, true).unwrap();
            let body = snap::raw::Encoder::new().compress_vec(&body).unwrap();
            let headers = [("content-encoding", "snappy"), ("content-type", "application/x-protobuf")];
            let answer = request(&server.address, "POST", "/api/v1/write", &headers, &body);
            assert_eq!(answer.status, 204, "{}", answer.text());
        }
    };
    send(&snapshot, at - 2000);
    let there = |time: u64| {
        server
            .query(
                "{__name__=~\"openqoe_gateway_(connections_refused|scrape).+\"}",
                Some(time as f64 / 1000.0),
            )
            .len()
    };
    // A counter, ten buckets, their sum and count, the native histogram.
    assert_eq!(there(at - 1500), 1 + 10 + 2 + 1);
    send(&Snapshot::default(), at - 1000);
    assert_eq!(there(at - 500), 0);
    assert_eq!(there(at - 1500), 14);
}

#[test]
fn prometheus_behind_tls_and_a_password() {
    let folder = folder("tls");
    std::fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test -addext \
                 subjectAltName=IP:127.0.0.1 -addext basicConstraints=CA:FALSE";
    let made = Command::new("openssl")
        .args(words.split_whitespace())
        .args(["-keyout", &path("key.pem"), "-out", &path("cert.pem")])
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        skipped("openssl");
        return;
    }
    // The password is `s3cret`, with bcrypt.
    let hash = "$2a$04$z4OAUN/hG0iSE7pmqrchDuIwUdRrGWdk8LCmQJebiE2gxMUodBrHe";
    let web = format!(
        "tls_server_config: {{cert_file: cert.pem, key_file: key.pem}}\nbasic_auth_users: {{me: {hash}}}\n"
    );
    std::fs::write(path("web.yml"), web).unwrap();
    std::fs::write(path("password"), "s3cret\n").unwrap();
    let Some(server) = Server::prometheus("tls", &[&format!("--web.config.file={}", path("web.yml"))]) else {
        return;
    };
    let url = format!("https://{}/api/v1/write", server.address);
    let mut more = vec![
        ("OPENQOE_REMOTE_WRITE_BASIC_AUTH_USER", "me".to_owned()),
        ("OPENQOE_REMOTE_WRITE_BASIC_AUTH_PASSWORD_FILE", path("password")),
        ("OPENQOE_REMOTE_WRITE_CA_FILE", path("cert.pem")),
    ];
    let start = |more: &[(&str, String)]| {
        let more: Vec<_> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
        pushing(&url, &more)
    };
    let gateway = start(&more);
    let accepted = |gateway: &Gateway| gateway.value("openqoe_remote_write_samples_sent_total");
    eventually("samples to be taken", || (accepted(&gateway) > 0.0).then_some(()));

    // With a wrong password it is refused, and without the certificate nothing is sent.
    std::fs::write(path("password"), "wrong").unwrap();
    let refused = "openqoe_remote_write_requests_total{outcome=\"refused\"}";
    eventually("a refusal", || (gateway.value(refused) > 0.0).then_some(()));
    more.pop();
    let gateway = start(&more);
    gateway.told_of("certificate");
    assert_eq!(accepted(&gateway), 0.0);
}
