//! Who may read what on the internal listener.

use super::{Setup, post, refusal};
use crate::harness::{Gateway, folder};

fn read(gateway: &Gateway, path: &str, token: &str) -> crate::harness::Answer {
    gateway.get_with(path, &[("authorization", &format!("Bearer {token}"))])
}

#[test]
fn a_read_key_sees_its_own_tenant_only() {
    let setup = Setup::new("readers", "[tenants.a]\n[tenants.ab]\n");
    let data = folder("readers-data");
    let (a, ab) = (setup.key("a", "server"), setup.key("ab", "server"));
    let (read_a, read_ab) = (setup.key("a", "read"), setup.key("ab", "read"));
    let environment = [("OPENQOE_DATA_DIR", data.to_str().unwrap())];
    let gateway = Gateway::start_with(&["serve", "--config", setup.config.to_str().unwrap()], &environment);
    post(&gateway, &a, "of-a", &[]);
    post(&gateway, &ab, "of-ab", &[]);

    let all = gateway.metrics();
    assert!(all.contains("tenant=\"a\"") && all.contains("tenant=\"ab\"") && all.contains("process_cpu"));
    for (key, own, other) in [(&read_a, "a", "ab"), (&read_ab, "ab", "a")] {
        let formats = [
            "text/plain",
            "application/openmetrics-text",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
        ];
        for format in formats {
            let headers = [("authorization", format!("Bearer {key}")), ("accept", format.to_owned())];
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = gateway.get_with("/metrics", &headers);
            assert_eq!(answer.status, 200);
            let text = answer.text();
            assert!(text.contains(&format!("of-{own}")) || format == "text/plain");
            assert!(
                !text.contains(&format!("tenant=\"{other}\"")) && !text.contains(&format!("of-{other}\""))
            );
            assert!(!text.contains("process_cpu") && !text.contains("openqoe_build_info"));
        }
        let plain = read(&gateway, "/metrics", key).text();
        assert!(plain.contains(&format!("openqoe_startup_plays_total{{tenant=\"{own}\"")));
        assert!(plain.contains(&format!("openqoe_ingest_batches_total{{tenant=\"{own}\"")));

        let session =
            |tenant: &str, path: &str| read(&gateway, &format!("/api/v1/tenants/{tenant}/{path}"), key);
        assert_eq!(session(own, &format!("sessions/of-{own}/events")).status, 200);
        assert_eq!(session(own, &format!("sessions/of-{other}/events")).status, 404);
        let denied = session(other, &format!("sessions/of-{other}/events"));
        assert_eq!(refusal(&denied), (403, "forbidden_path".to_owned()));
        let slos = session(own, "slos").json();
        let names = slos["slos"].as_array().unwrap().iter().flat_map(|slo| slo["groups"].as_array().unwrap());
        assert!(names.map(|group| &group["labels"]["tenant"]).all(|tenant| tenant == own), "{slos}");
        assert_eq!(session(other, "slos").status, 403);
        for path in ["sessions", "explore?kpi=attempts&by=cdn", "compare", "values?attribute=cdn"] {
            assert_eq!(session(own, path).status, 200, "{path}");
            assert_eq!(refusal(&session(other, path)), (403, "forbidden_path".to_owned()), "{path}");
        }
        let listed = session(own, "sessions").json();
        assert_eq!(
            (&listed["matched"], &listed["sessions"][0]["session_id"]),
            (&1.into(), &format!("of-{own}").into())
        );
        for path in ["/api/v1/cardinality", "/api/v1/tenants", &format!("/api/v1/tenants/{own}")] {
            assert_eq!(read(&gateway, path, key).status, 403, "{path}");
        }
    }
    // A cookie of another time locks nobody out where nobody is asked.
    assert_eq!(gateway.get_with("/metrics", &[("cookie", "openqoe-token=old")]).status, 200);
    // On loopback a wrong token is still wrong, and keys that send do not read.
    assert_eq!(refusal(&read(&gateway, "/metrics", &a)), (403, "forbidden_key".to_owned()));
    assert_eq!(refusal(&read(&gateway, "/metrics", "guess")), (401, "malformed_key".to_owned()));
    assert_eq!(
        gateway.value(
            "openqoe_gateway_unauthenticated_requests_total{listener=\"internal\",reason=\"malformed_key\"}"
        ),
        1.0
    );
}

#[test]
fn with_a_token_nobody_reads_without_one() {
    let setup = Setup::new("token", "");
    let token_file = setup.config.with_file_name("token");
    std::fs::write(&token_file, "correct horse battery staple\n").unwrap();
    setup.write(&format!("internal_token_file = {token_file:?}\n[tenants.a]\n"));
    let read_a = setup.key("a", "read");
    let gateway = setup.start();
    for path in ["/-/healthy", "/-/ready"] {
        assert_eq!(gateway.get(path).status, 200);
    }
    for path in ["/", "/metrics", "/api/v1/tenants/a/sessions/s/events", "/nothing"] {
        let answer = gateway.get(path);
        assert_eq!(refusal(&answer), (401, "missing_key".to_owned()), "{path}");
        assert!(answer.head.contains("www-authenticate: bearer"));
    }
    assert_eq!(read(&gateway, "/metrics", "correct horse").status, 401);
    let all = read(&gateway, "/metrics", "correct horse battery staple");
    assert!(all.status == 200 && all.text().contains("process_cpu"));
    let own = read(&gateway, "/metrics", &read_a);
    assert!(own.status == 200 && !own.text().contains("process_cpu"));

    // A browser opens a link once and goes on with the cookie.
    let link = gateway.get(&format!("/metrics?token={read_a}"));
    assert_eq!(link.status, 303);
    assert!(link.head.contains("location: /metrics\r\n") && link.head.contains("httponly; samesite=lax"));
    let cookie = format!("other=1; openqoe-token={read_a}");
    assert_eq!(gateway.get_with("/metrics", &[("cookie", &cookie)]).status, 200);
    assert_eq!(gateway.get("/metrics?token=guess").status, 401);
    let deep = gateway.get(&format!("/explore?kpi=bitrate&token={read_a}&by=cdn"));
    assert!(
        deep.status == 303 && deep.head.contains("location: /explore?kpi=bitrate&by=cdn\r\n"),
        "{}",
        deep.head
    );

    // A browser without one is asked for it, for a page; programs and scripts are told in JSON.
    let html = [("accept", "text/html,application/xhtml+xml")];
    let page = gateway.get_with("/sessions/s", &html);
    assert!(page.status == 401 && page.text().contains("<form method=\"get\">"));
    assert!(page.head.contains("www-authenticate: bearer") && page.head.contains("default-src 'self'"));
    for path in ["/metrics", "/api/v1/about", "/assets/index.js"] {
        assert_eq!(refusal(&gateway.get_with(path, &html)), (401, "missing_key".to_owned()), "{path}");
    }
}

#[test]
fn a_read_key_opens_the_console_and_not_the_process() {
    let setup = Setup::new("console", "[tenants.a]\n[tenants.b]\n");
    let read_a = setup.key("a", "read");
    let gateway = setup.start();
    for path in ["/", "/live", "/explore", "/sessions", "/sessions/s", "/slos", "/health", "/api/v1/about"] {
        assert_eq!(read(&gateway, path, &read_a).status, 200, "{path}");
    }
    assert_eq!(read(&gateway, "/assets/none.js", &read_a).status, 404);
    for path in ["/api/v1/health", "/api/v1/tenants/b/health", "/live/x", "/sessions/s/x"] {
        assert_eq!(refusal(&read(&gateway, path, &read_a)), (403, "forbidden_path".to_owned()), "{path}");
    }
}
