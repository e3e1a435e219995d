//! Who may send, from where.

use super::{Setup, has, post, refusal};
use crate::harness::{batch, request, view};

const CONFIG: &str = "[tenants.a]\norigins = [\"https://a.example\", \"https://*.a.example\"]\n[tenants.b]\norigins = [\"https://b.example\"]\n";

#[test]
fn who_may_send_from_where() {
    let setup = Setup::new("senders", &format!("log = \"trace\"\n{CONFIG}"));
    let [ingest, server, read] = ["ingest", "server", "read"].map(|kind| setup.key("a", kind));
    let unknown = Setup::new("senders-elsewhere", CONFIG).key("a", "ingest");
    let typo = format!("{}{}", &ingest[..50], if ingest.ends_with('0') { '1' } else { '0' });
    let gateway = setup.start();
    let page = |origin: &'static str| vec![("origin", origin)];
    for (key, headers, expected) in [
        (&ingest, vec![], (200, "")),
        (&ingest, page("https://a.example"), (200, "")),
        (&ingest, page("https://player.a.example"), (200, "")),
        (&ingest, page("https://b.example"), (403, "forbidden_origin")),
        (&ingest, page("https://evil-a.example"), (403, "forbidden_origin")),
        (&ingest, page("https://a.example.evil"), (403, "forbidden_origin")),
        (&ingest, page("null"), (403, "forbidden_origin")),
        (&server, vec![], (200, "")),
        (&server, page("https://a.example"), (403, "forbidden_key")),
        (&read, vec![], (403, "forbidden_key")),
        (&read, page("https://a.example"), (403, "forbidden_key")),
        (&unknown, vec![], (401, "unknown_key")),
        (&unknown, page("https://a.example"), (401, "unknown_key")),
        (&typo, vec![], (401, "malformed_key")),
        (&"dev".to_owned(), vec![], (401, "malformed_key")),
        (&String::new(), vec![], (401, "missing_key")),
    ] {
        let answer = post(&gateway, key, "s", &headers);
        let got = if answer.status == 200 { (200, String::new()) } else { refusal(&answer) };
        assert_eq!((got.0, got.1.as_str()), expected, "{key} {headers:?}");
    }
    let refused = |tenant: &str, reason: &str| {
        gateway.value(&format!("openqoe_ingest_batches_rejected_total{{tenant=\"{tenant}\",protocol=\"native\",reason=\"{reason}\"}}"))
    };
    assert_eq!(refused("a", "forbidden_origin"), 4.0);
    assert_eq!(refused("a", "forbidden_key"), 3.0);
    assert_eq!(gateway.value("openqoe_ingest_batches_rejected_total{tenant=\"b\""), 0.0);
    let unauthenticated = |reason: &str| {
        gateway.value(&format!(
            "openqoe_gateway_unauthenticated_requests_total{{listener=\"public\",reason=\"{reason}\"}}"
        ))
    };
    assert_eq!(["missing_key", "malformed_key", "unknown_key"].map(unauthenticated), [1.0, 2.0, 2.0]);
    let log = gateway.log();
    assert_eq!(log.matches("a server key is used in a web page").count(), 1, "{log}");
    assert!(log.contains(&server[4..12]), "the line names the key");
    for key in [&ingest, &server, &read, &unknown] {
        assert!(!log.contains(&key[13..]), "no secret in the log");
    }
}

#[test]
fn a_key_may_come_in_a_header_or_in_the_url() {
    let setup = Setup::new("places", CONFIG);
    let (a, b) = (setup.key("a", "ingest"), setup.key("b", "ingest"));
    let gateway = setup.start();
    let body = batch("s", &view()).to_string();
    let send = |path: &str, headers: &[(&str, &str)]| {
        request(&gateway.public, "POST", path, headers, body.as_bytes()).status
    };
    // What `navigator.sendBeacon` can send.
    let beacon = [("content-type", "text/plain;charset=UTF-8"), ("origin", "https://a.example")];
    assert_eq!(send(&format!("/v1/ingest?key={a}"), &beacon), 200);
    assert_eq!(send(&format!("/v1/ingest?v=1&key={a}&x"), &beacon), 200);
    assert_eq!(send(&format!("/v1/ingest?key={b}"), &beacon), 403);
    assert_eq!(send("/v1/ingest?key=", &beacon), 401);
    assert_eq!(send("/v1/ingest", &[("x-openqoe-key", a.as_str())]), 200);
    // What the OpenQoE prototype's users have configured.
    assert_eq!(send("/v1/ingest", &[("x-api-key", a.as_str())]), 200);
    assert_eq!(send("/v1/ingest", &[("authorization", a.as_str())]), 200);
    // A proxy's own credentials are none of ours; of two keys the header's counts.
    assert_eq!(send("/v1/ingest", &[("authorization", "Basic eDp5"), ("x-openqoe-key", a.as_str())]), 200);
    assert_eq!(send(&format!("/v1/ingest?key={a}"), &[("x-openqoe-key", "oqi_wrong")]), 401);
    assert_eq!(gateway.value("openqoe_ingest_batches_total{tenant=\"a\""), 6.0);
    assert_eq!(gateway.value("openqoe_ingest_batches_total{tenant=\"b\""), 0.0);
}

#[test]
fn browsers_are_told_which_origin_may() {
    let setup = Setup::new("cors", CONFIG);
    let key = setup.key("a", "ingest");
    let gateway = setup.start();
    let preflight =
        |origin: &str| request(&gateway.public, "OPTIONS", "/v1/ingest", &[("origin", origin)], b"");
    for origin in ["https://player.a.example", "https://b.example"] {
        let answer = preflight(origin);
        assert_eq!(answer.status, 204);
        assert!(has(&answer, "access-control-allow-origin", origin) && has(&answer, "vary", "origin"));
        assert!(answer.head.contains("authorization, x-openqoe-key"));
    }
    let evil = preflight("https://evil.example");
    assert_eq!(evil.status, 403);
    assert!(!evil.head.contains("access-control-allow-origin"));

    let answer = post(&gateway, &key, "s", &[("origin", "https://a.example")]);
    assert!(
        has(&answer, "access-control-allow-origin", "https://a.example") && has(&answer, "vary", "origin")
    );
    let answer = post(&gateway, &key, "s", &[("origin", "https://evil.example")]);
    // Who cannot read a refusal asks again for ever.
    assert_eq!(answer.status, 403);
    assert!(has(&answer, "access-control-allow-origin", "https://evil.example"));
    assert!(has(&answer, "vary", "origin"));
    // A developer with a wrong key can read why.
    let answer = post(&gateway, "oqi_", "s", &[("origin", "https://a.example")]);
    assert!(answer.status == 401 && has(&answer, "access-control-allow-origin", "https://a.example"));
}

#[test]
fn sessions_of_one_name_are_each_tenant_s_own() {
    let setup = Setup::new("sessions", CONFIG);
    let (a, b) = (setup.key("a", "server"), setup.key("b", "server"));
    let gateway = setup.start();
    for key in [&a, &b, &b] {
        assert_eq!(post(&gateway, key, "same", &[]).status, 200);
    }
    for tenant in ["a", "b"] {
        assert_eq!(gateway.value(&format!("openqoe_startup_plays_total{{tenant=\"{tenant}\"")), 1.0);
        assert_eq!(
            gateway.value(&format!("openqoe_engine_sessions{{tenant=\"{tenant}\",state=\"open\"}}")),
            1.0
        );
    }
    let duplicates = |tenant: &str| {
        gateway.value(&format!("openqoe_ingest_event_outcomes_total{{tenant=\"{tenant}\",protocol=\"native\",outcome=\"duplicate\""))
    };
    assert_eq!((duplicates("a"), duplicates("b")), (0.0, 4.0));
}
