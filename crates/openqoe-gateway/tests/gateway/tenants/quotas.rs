//! How much a tenant may send, and what it is told beyond.

use serde_json::json;

use super::{Setup, post, refusal};
use crate::harness::{Answer, Gateway, batch, folder, request, view};

fn events(key: &str, gateway: &Gateway, session: &str, count: usize) -> Answer {
    let events = vec![json!({ "type": "download", "kind": "video", "bytes": 1 }); count];
    let bearer = format!("Bearer {key}");
    request(
        &gateway.public,
        "POST",
        "/v1/ingest",
        &[("authorization", &bearer)],
        batch(session, &events).to_string().as_bytes(),
    )
}

fn retry_after(answer: &Answer) -> u64 {
    let line = answer.head.lines().find_map(|line| line.strip_prefix("retry-after: "));
    line.unwrap_or_else(|| panic!("no Retry-After: {}", answer.head)).parse().unwrap()
}

fn outcome(gateway: &Gateway, tenant: &str, outcome: &str) -> f64 {
    gateway.value(&format!(
        "openqoe_ingest_event_outcomes_total{{tenant=\"{tenant}\",protocol=\"native\",outcome={outcome}"
    ))
}

#[test]
fn events_beyond_the_rate_are_shed_until_there_is_room() {
    let setup =
        Setup::new("events", "[tenants.a.quota]\nevents_per_second = 10\nburst = \"30s\"\n[tenants.b]\n");
    let (a, b) = (setup.key("a", "server"), setup.key("b", "server"));
    let gateway = setup.start();
    assert_eq!(events(&a, &gateway, "s", 300).status, 200);
    let answer = events(&a, &gateway, "t", 200);
    assert_eq!(refusal(&answer), (429, "quota".to_owned()));
    // The bucket gets 10 a second; the machine may be slow meanwhile.
    assert!((10..=21).contains(&retry_after(&answer)), "{}", answer.head);
    assert_eq!(outcome(&gateway, "a", "\"shed\",reason=\"quota\""), 200.0);
    assert_eq!(outcome(&gateway, "a", "\"counted\""), 300.0);
    assert_eq!(gateway.value("openqoe_ingest_events_received_total{tenant=\"a\""), 500.0);
    for session in ["u", "v"] {
        assert_eq!(events(&b, &gateway, session, 300).status, 200);
    }
    // No waiting would help: told so, rather than to come back.
    let answer = events(&a, &gateway, "t", 301);
    assert_eq!(refusal(&answer), (413, "over_burst".to_owned()));
    assert!(!answer.head.contains("\nretry-after:"));
    assert_eq!(gateway.value("openqoe_ingest_events_received_total{tenant=\"a\""), 500.0);
}

#[test]
fn bytes_beyond_the_rate_are_not_read() {
    let setup = Setup::new("bytes", "[tenants.a.quota]\nbytes_per_second = 100\nburst = \"100s\"\n");
    let key = setup.key("a", "server");
    let gateway = setup.start();
    let bearer = format!("Bearer {key}");
    let declare = |bytes: &str, body: &[u8]| {
        request(
            &gateway.public,
            "POST",
            "/v1/ingest",
            &[("authorization", &bearer), ("content-length", bytes)],
            body,
        )
    };
    assert_eq!(refusal(&declare("10001", b"")), (413, "over_burst".to_owned()));
    assert_eq!(refusal(&declare("9000", &[b' '; 9000])), (400, "malformed_json".to_owned()));
    // Nothing of the body was sent, and still there is an answer: it was not waited for.
    let answer = declare("9000", b"");
    assert_eq!(refusal(&answer), (429, "over_quota".to_owned()));
    assert!((60..=81).contains(&retry_after(&answer)), "{}", answer.head);

    // A body that does not say how long it is counts when it has been read.
    let head = format!(
        "POST /v1/ingest HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{}\r\ntransfer-encoding: chunked\r\n\r\n",
        format_args!("authorization: {bearer}")
    );
    let mut stream = std::net::TcpStream::connect(&gateway.public).unwrap();
    std::io::Write::write_all(
        &mut stream,
        format!("{head}2000\r\n{}\r\n0\r\n\r\n", " ".repeat(0x2000)).as_bytes(),
    )
    .unwrap();
    assert_eq!(refusal(&crate::harness::read(stream)), (429, "over_quota".to_owned()));
    let refused = |reason: &str| {
        gateway.value(&format!(
            "openqoe_ingest_batches_rejected_total{{tenant=\"a\",protocol=\"native\",reason=\"{reason}\"}}"
        ))
    };
    assert_eq!((refused("over_quota"), refused("over_burst")), (2.0, 1.0));
}

#[test]
fn new_sessions_beyond_the_quota_are_turned_away_and_open_ones_go_on() {
    let config = "shards = 4\n[tenants.a.quota]\nactive_sessions = 3\n[tenants.b]\n";
    let setup = Setup::new("active-sessions", config);
    let (a, b) = (setup.key("a", "server"), setup.key("b", "server"));
    let gateway = setup.start();
    // Whatever their shards are.
    let taken: Vec<String> = (0..12)
        .map(|number| format!("s{number}"))
        .filter(|session| post(&gateway, &a, session, &[]).status == 200)
        .collect();
    assert_eq!(taken, ["s0", "s1", "s2"]);
    let answer = post(&gateway, &a, "another", &[]);
    assert_eq!(refusal(&answer), (429, "session_quota".to_owned()));
    assert!((10..=11).contains(&retry_after(&answer)));
    assert_eq!(outcome(&gateway, "a", "\"shed\",reason=\"session_quota\""), 40.0);
    assert_eq!(post(&gateway, &a, "s0", &[]).status, 200, "an open session goes on");
    assert_eq!(post(&gateway, &b, "s3", &[]).status, 200, "others are not concerned");
    // One ends, and there is room again.
    let mut ended = view();
    ended.push(json!({ "type": "session_end" }));
    let bearer = format!("Bearer {a}");
    let end = batch("s1", &ended).to_string();
    assert_eq!(
        request(&gateway.public, "POST", "/v1/ingest", &[("authorization", &bearer)], end.as_bytes()).status,
        200
    );
    while post(&gateway, &a, "another", &[]).status != 200 {
        std::thread::yield_now();
    }
    assert_eq!(post(&gateway, &a, "one more", &[]).status, 429);
    assert_eq!(gateway.value("openqoe_engine_sessions{tenant=\"a\",state=\"open\"}"), 3.0);
}

#[test]
fn a_tenant_has_a_series_budget_of_its_own() {
    let config = "[limits]\nmax_label_sets = 5\n[tenants.a.quota]\nlabel_sets = 2\n[tenants.b.quota.budgets]\nasset_id = 0\n[tenants.c]\n";
    let setup = Setup::new("series", config);
    let keys = ["a", "b", "c"].map(|tenant| setup.key(tenant, "server"));
    let data = folder("series-data");
    let start = || {
        let environment = [("OPENQOE_DATA_DIR", data.to_str().unwrap())];
        Gateway::start_with(&["serve", "--config", setup.config.to_str().unwrap()], &environment)
    };
    let gateway = start();
    for key in &keys {
        for number in 0..8 {
            let mut body = batch(&format!("s{number}"), &view());
            body["session"]["attributes"]["country"] =
                json!(["DE", "FR", "IT", "ES", "PL", "PT", "SE", "FI"][number]);
            let bearer = format!("Bearer {key}");
            let answer = request(
                &gateway.public,
                "POST",
                "/v1/ingest",
                &[("authorization", &bearer)],
                body.to_string().as_bytes(),
            );
            assert_eq!(answer.status, 200);
        }
    }
    let check = |gateway: &Gateway| {
        let of = |series: &str| ["a", "b", "c"].map(|tenant| gateway.value(&series.replace("NAME", tenant)));
        assert_eq!(of("openqoe_metrics_label_sets{tenant=\"NAME\"}"), [2.0, 5.0, 5.0]);
        let folded = of("openqoe_metrics_overflow_total{tenant=\"NAME\",attribute=\"asset_id\"}");
        assert_eq!(folded, [6.0, 8.0, 3.0]);
    };
    check(&gateway);
    gateway.kill();
    // Its successor keeps to the same limits while it takes the journal in again.
    check(&start());
}
