//! Invariant 9 by brute force: unmistakable personal data goes in at every opening, and every byte that comes out is searched.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use openqoe_spec::{BatchRejection, Rejected, SPEC_VERSION};
use serde_json::{Value, json};

use crate::harness::{Gateway, folder, request, view};
use crate::mmdb::database;
use crate::privacy_playbacks;
use crate::receiver::{Receiver, written};

/// What must not be found, in any case of letters: the mark stands in everything planted but addresses.
const PLANTED: [&str; 5] = ["piimark", "127.0.0.77", "203.0.113.77", "192.0.2.77", "2001:db8::77"];
/// The same addresses as bytes.
const BYTES: [[u8; 4]; 3] = [[127, 0, 0, 77], [203, 0, 113, 77], [192, 0, 2, 77]];
/// What must be found, so that the search is known to work.
const KEPT: &str = "asset-kept-as-control";

/// One request by hand, from an address that would be a viewer's.
fn send(address: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
    let target: SocketAddr = address.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.77:0".parse().unwrap()).unwrap();
        socket.connect(target).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    let mut stream = stream;
    let mut head =
        String::from("POST /v1/ingest?token=query-PIIMARK HTTP/1.1\r\nhost: host-PIIMARK.example\r\n");
    let length = body.len().to_string();
    let usual = [
        ("connection", "close"),
        ("content-length", &*length),
        ("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) agent-PIIMARK/1"),
        ("x-forwarded-for", "2001:db8::77, 203.0.113.77, 192.0.2.77"),
        ("forwarded", "for=\"[2001:db8::77]:80\", for=203.0.113.77"),
        ("x-real-ip", "203.0.113.77"),
        ("referer", "https://page.example/watch?user=referer-PIIMARK"),
        ("origin", "https://origin-PIIMARK.example"),
        ("cookie", "session=cookie-PIIMARK"),
        ("authorization", "Bearer secret-PIIMARK"),
        ("piimark-header", "PIIMARK"),
    ];
    let given = |name: &str| headers.iter().any(|(given, _)| *given == name);
    for (name, value) in usual.iter().filter(|(name, _)| !given(name)).chain(headers) {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes()).unwrap();
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, text)
}

/// A batch that says more than it should, in every place the vocabulary does not know.
fn indiscreet(session: &str, events: &[Value]) -> Value {
    let events: Vec<Value> = (0..)
        .zip(events)
        .map(|(seq, event)| {
            let mut event = event.clone();
            event["seq"] = json!(seq);
            event["t"] = json!(seq * 1000);
            event["email"] = json!("alice.PIIMARK@mail.example");
            event["url"] = json!({ "PIIMARK": ["https://cdn.example/v.mp4?sig=url-PIIMARK"] });
            event
        })
        .collect();
    json!({
        "spec_version": SPEC_VERSION,
        "sent_at": 1_700_000_100_000_u64,
        "account": "account-PIIMARK",
        "session": {
            "session_id": session,
            "started_at": 1_700_000_000_000_u64,
            "user": "user-PIIMARK",
            "attributes": {
                "asset_id": KEPT, "viewer_id_hash": "viewer-PIIMARK", "email": "bob.PIIMARK@mail.example",
                "name-PIIMARK": "x", "page": "https://page.example/?q=PIIMARK",
            },
        },
        "events": events,
    })
}

/// Headers and body of a request that is refused.
type Case<'a> = (&'a [(&'a str, &'a str)], Vec<u8>);

/// Every way to be refused that a single request has, with something personal in it; the reasons the answers gave.
fn refusals(gateway: &Gateway) -> Vec<String> {
    let good = indiscreet("refused", &view());
    let text = good.to_string();
    let with = |path: &str, value: Value| {
        let mut batch = good.clone();
        *batch.pointer_mut(path).unwrap() = value;
        batch.to_string().into_bytes()
    };
    let many: Vec<Value> = (0..1001).map(|_| json!({ "type": "playing" })).collect();
    let mut large = text.clone().into_bytes();
    large.resize(2 << 20, b' ');
    let mut invalid = text.clone().into_bytes();
    invalid.extend_from_slice(b"\xffPIIMARK");
    let cases: Vec<Case<'_>> = vec![
        (&[], large),
        (&[("content-encoding", "br-PIIMARK")], text.clone().into()),
        (&[("content-type", "text/PIIMARK")], text.clone().into()),
        (&[("content-encoding", "gzip")], text.clone().into()),
        (&[], invalid),
        (&[], text.as_bytes()[..text.len() / 2].to_vec()),
        (&[], b"\"alice.PIIMARK@mail.example\"".to_vec()),
        (&[], with("/session/session_id", json!({ "PIIMARK": 1 }))),
        (&[], with("/session/session_id", json!("PIIMARK".repeat(10)))),
        (&[], with("/session/attributes/viewer_id_hash", json!("viewer-PIIMARK-".repeat(9)))),
        (&[], with("/session/attributes/viewer_id_hash", json!(["PIIMARK"]))),
        (&[], with("/spec_version", json!("PIIMARK"))),
        (&[], with("/spec_version", json!("99.0.0"))),
        (&[], indiscreet("many", &many).to_string().into()),
        (&[("content-length", "999999")], text.clone().into()),
    ];
    let mut reasons = Vec::new();
    for (headers, body) in cases {
        let (status, answer) = send(&gateway.public, headers, &body);
        let (_, json) = answer.split_once("\r\n\r\n").unwrap();
        let json: Value = serde_json::from_str(json).unwrap_or_else(|_| panic!("{answer}"));
        assert!(status >= 400, "{answer}");
        reasons.push(json["error"].as_str().unwrap().to_owned());
    }
    // What is no HTTP at all.
    let (status, _) = send(&gateway.public, &[("bad\u{1}-PIIMARK", "x")], b"");
    assert_eq!(status, 400);
    reasons
}

/// What CDNs log of viewers, good, broken and of nobody; the reason of a format that is not known.
fn logs(gateway: &Gateway) -> String {
    let line = |query: &str| {
        json!({ "reqTimeSec": 1_700_000_000, "cliIP": "203.0.113.77", "UA": "iPhone agent-PIIMARK", "cookie": "PIIMARK",
            "reqPath": "/user-PIIMARK/1.m4s", "referer": "https://PIIMARK.example", "xForwardedFor": "2001:db8::77",
            "statusCode": 200, "queryStr": format!("token=PIIMARK&{query}") })
        .to_string()
    };
    let session =
        format!("CMCD=cid%3D%22{KEPT}%22%2Csid%3D%22logged%22%2Cnor%3D%22..%2Fnext-PIIMARK.m4s%22%2Cv%3D2");
    let bodies = [
        ("akamai", line(&session), 200),
        (
            "akamai",
            [line(&session), line("x=1"), line("CMCD=PIIMARK%3D%3D"), "203.0.113.77 PIIMARK".into()]
                .join("\n"),
            200,
        ),
        ("nginx", "192.0.2.77 - PIIMARK {".into(), 400),
        ("PIIMARK", line(&session), 400),
    ];
    let answers = bodies.map(|(format, body, status)| {
        let agent = [("user-agent", "iPhone pusher-PIIMARK")];
        let path = format!("/cmcd/logs?format={format}&secret=PIIMARK");
        let answer = request(&gateway.public, "POST", &path, &agent, body.as_bytes());
        assert_eq!(answer.status, status, "{}", answer.text());
        answer.json()
    });
    answers[3]["error"].as_str().unwrap().to_owned()
}

/// Events that are refused one by one; the reasons.
fn rejections(gateway: &Gateway) -> Vec<String> {
    let post = |batch: &Value| send(&gateway.public, &[], batch.to_string().as_bytes());
    let bad = [
        json!({ "type": "unknown-PIIMARK" }),
        json!({ "type": "rendition" }),
        json!({ "type": "rate", "rate": -1 }),
        json!({ "type": "heartbeat", "buffer_ms": "PIIMARK" }),
    ];
    let (status, answer) = post(&indiscreet("bad", &bad));
    assert_eq!(status, 400, "{answer}");
    let (status, answer) = post(&indiscreet("mixed", &[&view()[..], &bad].concat()));
    assert_eq!(status, 200, "{answer}");
    post(&indiscreet("ended", &[json!({ "type": "session_end" }), json!({ "type": "playing" })]));
    let mut gap = indiscreet("late", &view());
    let missing = gap["events"].as_array_mut().unwrap().remove(1);
    post(&gap);
    while gateway.value("openqoe_engine_events_waiting") > 0.0 {
        std::thread::yield_now();
    }
    gap["events"] = json!([missing]);
    post(&gap);
    let metrics = gateway.metrics();
    let found = Rejected::NAMES.iter().filter(|reason| {
        let line = format!("outcome=\"rejected\",reason=\"{reason}\"}}");
        metrics.lines().any(|metric| metric.contains(&line) && !metric.ends_with(" 0"))
    });
    found.map(|reason| (*reason).to_owned()).collect()
}

/// Everything planted that stands in these bytes.
fn found(bytes: &[u8]) -> Vec<String> {
    let lower = bytes.to_ascii_lowercase();
    let texts =
        PLANTED.iter().filter(|text| lower.windows(text.len()).any(|window| window == text.as_bytes()));
    let raw = BYTES.iter().filter(|raw| bytes.windows(4).any(|window| window == *raw));
    texts.map(|text| (*text).to_owned()).chain(raw.map(|raw| format!("{raw:?}"))).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Searches every file below a folder; those that hold what may be kept.
fn search_files(folder: &Path) -> Vec<String> {
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            kept.extend(search_files(&entry));
            continue;
        }
        // A checkpoint may be replaced under way.
        let bytes = std::fs::read(&entry).unwrap_or_default();
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(found(&bytes), Vec::<String>::new(), "in {}", entry.display());
        assert_eq!(found(name.as_bytes()), Vec::<String>::new());
        if holds(&bytes, KEPT) {
            kept.push(entry.display().to_string());
        }
    }
    kept
}

/// Searches what the internal listener tells, and what the public one tells somebody else.
fn search_answers(gateway: &Gateway) {
    let formats = [
        "text/plain;version=0.0.4",
        "application/openmetrics-text;version=1.0.0",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    ];
    for accept in formats {
        let body = gateway.get_with("/metrics", &[("accept", accept)]).body;
        assert_eq!(found(&body), Vec::<String>::new(), "as {accept}");
        assert!(holds(&body, KEPT), "the search finds what is there, as {accept}");
    }
    for path in [
        "/",
        "/-/healthy",
        "/-/ready",
        "/api/v1/tenants/default/sessions/good/events",
        "/api/v1/tenants/default/sessions/mixed/events",
        "/api/v1/tenants/default/sessions/logged/events",
        "/api/v1/tenants/default/sessions/playback/events",
        "/api/v1/cardinality",
        "/api/v1/live",
    ] {
        let answer = gateway.get(path);
        assert_eq!(found(&answer.body), Vec::<String>::new(), "at {path}");
        assert_eq!(path.contains("default"), holds(&answer.body, KEPT), "at {path}");
    }
    for (method, path) in [("GET", "/"), ("OPTIONS", "/v1/ingest"), ("POST", "/v1/ingest")] {
        let answer = request(&gateway.public, method, path, &[], b"{}");
        assert_eq!(found(&answer.body), Vec::<String>::new(), "{method} {path}");
    }
}

/// What somebody says over OTLP of a viewer, in metrics and in traces; why a body that is none was refused.
fn tell_otlp(gateway: &Gateway) -> String {
    let attributes = json!([
        { "key": "user.id", "value": { "stringValue": "user-PIIMARK" } },
        { "key": "client.address", "value": { "stringValue": "192.0.2.77" } },
        { "key": "session.id", "value": { "stringValue": "s" } },
        { "key": "url.full", "value": { "stringValue": "https://cdn.example/?sig=PIIMARK" } },
    ]);
    let point = json!({ "timeUnixNano": "1", "asInt": "1", "attributes": attributes });
    let metric = json!({ "name": "told", "gauge": { "dataPoints": [point] } });
    let metrics = json!({ "resourceMetrics": [{ "resource": { "attributes": attributes }, "scopeMetrics": [{ "metrics": [metric] }] }] });
    let span = json!({ "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "told",
        "attributes": [attributes[0], attributes[1], attributes[3]] });
    let traces = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] });
    let json = [("content-type", "application/json")];
    for (path, body) in [("/v1/metrics", metrics), ("/v1/traces", traces)] {
        let answer = request(&gateway.public, "POST", path, &json, body.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert!(gateway.metrics().contains("told{tenant=\"default\"} 1"));
    let broken = request(&gateway.public, "POST", "/v1/metrics", &[], b"\xffPIIMARK");
    let reason = broken.text().split(':').next().unwrap_or_default().to_owned();
    BatchRejection::MalformedProtobuf.as_str().to_owned()
        + if reason.contains("malformed_protobuf") { "" } else { "?" }
}

/// Refusals that need a start, a load or tenants, and look into no body.
const ELSEWHERE: [BatchRejection; 6] = [
    BatchRejection::Replaying,
    BatchRejection::Overloaded,
    BatchRejection::ForbiddenOrigin,
    BatchRejection::ForbiddenKey,
    BatchRejection::OverQuota,
    BatchRejection::OverBurst,
];

/// Plants, searches while the gateway runs, ends it, and searches what it leaves.
fn plant_and_search(name: &str, environment: &[(&str, &str)]) {
    let data_dir = folder(name);
    let receiver = Receiver::start(|_, received| written(received));
    let otlp = Receiver::start(|_, _| (200, String::new(), ""));
    let usual = [
        ("OPENQOE_LOG", "trace"),
        ("OPENQOE_DATA_DIR", data_dir.to_str().unwrap()),
        ("OPENQOE_JOURNAL_CHECKPOINT_INTERVAL", "1ms"),
        ("OPENQOE_LIMITS_READ_TIMEOUT", "500ms"),
        ("OPENQOE_ENGINE_REORDER_WINDOW", "1ms"),
        ("OPENQOE_REMOTE_WRITE_URL", &receiver.url),
        ("OPENQOE_OTLP_ENDPOINT", &otlp.base()),
        ("OPENQOE_OTLP_SAMPLE", "1"),
        ("OPENQOE_OTLP_VIEWER_ID_HASH", "true"),
    ];
    let mut gateway = Gateway::start_with(&["serve"], &[&usual, environment].concat());
    let (status, answer) = send(&gateway.public, &[], indiscreet("good", &view()).to_string().as_bytes());
    assert_eq!(status, 200, "{answer}");
    for gpc in ["1", "0", "PIIMARK"] {
        send(&gateway.public, &[("sec-gpc", gpc)], indiscreet("objects", &view()).to_string().as_bytes());
    }
    let mut reasons = refusals(&gateway);
    reasons.push(logs(&gateway));
    reasons.push(tell_otlp(&gateway));
    privacy_playbacks::plant(&gateway, KEPT);
    let missing: Vec<_> = BatchRejection::ALL
        .iter()
        .filter(|reason| !ELSEWHERE.contains(reason) && !reasons.iter().any(|given| given == reason.as_str()))
        .collect();
    assert!(missing.is_empty(), "nothing was refused for {missing:?}");
    let reasons = rejections(&gateway);
    for needed in ["unknown_type", "missing_field", "invalid_field", "malformed_event", "after_end", "late"] {
        assert!(
            reasons.iter().any(|given| given == needed),
            "nothing was rejected for {needed}: {reasons:?}"
        );
    }

    search_answers(&gateway);
    search_files(&data_dir);
    Command::new("kill").args(["-TERM", &gateway.child.id().to_string()]).status().unwrap();
    assert!(gateway.child.wait().unwrap().success());
    // The last push holds everything that was counted.
    let pushed = receiver.received();
    assert!(pushed.iter().any(|received| holds(&received.message, KEPT)));
    let exported = otlp.received();
    for path in ["/v1/traces", "/v1/logs"] {
        let of_path = |received: &&crate::receiver::Received| received.path == path;
        assert!(exported.iter().filter(of_path).any(|received| holds(&received.message, KEPT)), "{path}");
    }
    for received in pushed.iter().chain(&exported) {
        assert_eq!(found(&received.message), Vec::<String>::new(), "in a push");
        assert_eq!(found(format!("{:?}", received.headers).as_bytes()), Vec::<String>::new());
    }
    let kept = search_files(&data_dir);
    for holder in ["/journal", "/checkpoint-"] {
        assert!(kept.iter().any(|name| name.contains(holder)), "{KEPT} is in {kept:?}, not in {holder}");
    }
    let log = gateway.log();
    assert!(log.contains("letting requests under way finish"), "{log}");
    assert_eq!(found(log.as_bytes()), Vec::<String>::new(), "in the log:\n{log}");
}

#[test]
fn nothing_personal_is_found_anywhere_by_default() {
    plant_and_search("grep-default", &[]);
}

#[test]
fn nothing_personal_is_found_anywhere_with_everything_on() {
    let folder = folder("grep-databases");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("geo.mmdb");
    let record = json!({ "country": { "iso_code": "DE" }, "isp": "Example Net" });
    let networks = [("192.0.2.0/24", record.clone()), ("203.0.113.0/24", record)];
    std::fs::write(&path, database(&networks)).unwrap();
    plant_and_search(
        "grep-everything",
        &[
            ("OPENQOE_LOG_FORMAT", "json"),
            ("OPENQOE_PRIVACY_GEO_DATABASE", path.to_str().unwrap()),
            ("OPENQOE_PRIVACY_ASN_DATABASE", path.to_str().unwrap()),
            ("OPENQOE_PRIVACY_TRUSTED_PROXIES", "127.0.0.0/8"),
            ("OPENQOE_PRIVACY_GPC", "discard"),
            ("OPENQOE_PRIVACY_REDACT", "[{ countries = [\"DE\"], attributes = [\"isp\", \"os_family\"] }]"),
        ],
    );
}

#[test]
fn the_search_finds_what_it_looks_for() {
    assert_eq!(found(b"xx PiiMark 203.0.113.77"), ["piimark", "203.0.113.77"]);
    assert_eq!(found(&[1, 203, 0, 113, 77, 2]), ["[203, 0, 113, 77]"]);
    assert_eq!(found(KEPT.as_bytes()), Vec::<String>::new());
}
