//! Ended sessions over OTLP, towards a receiver that behaves in every way there is: what is sent of whom, and what becomes of
//! it. What foreign receivers make of it is tested in `e2e`.

use std::ops::Deref;
use std::path::PathBuf;

use prost::Message;
use serde_json::{Value as Json, json};

use crate::harness::{Gateway, batch, folder, view};
use crate::otlp_message::{KeyValue, LogRecord, Request, ResourceItems, Span, Value};
use crate::receiver::{Answer, Received, Receiver, eventually, free_address};

const SESSION: &str = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";
const TRACE: &str = "f81d4fae7dec41d0a76500a0c91e6bf6";

/// A data directory that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        Folder(folder(&format!("otlp-{name}")))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A gateway that exports every session. It ends before its folder goes.
struct Exporting {
    gateway: Gateway,
    _folder: Folder,
}

impl Deref for Exporting {
    type Target = Gateway;

    fn deref(&self) -> &Gateway {
        &self.gateway
    }
}

fn exporting(name: &str, endpoint: &str, more: &[(&str, &str)]) -> Exporting {
    let folder = Folder::new(name);
    let fixed = [
        ("OPENQOE_DATA_DIR", folder.path()),
        ("OPENQOE_OTLP_ENDPOINT", endpoint),
        ("OPENQOE_OTLP_SAMPLE", "1"),
    ];
    let gateway = Gateway::start_with(&["serve"], &[&fixed, more].concat());
    Exporting { gateway, _folder: folder }
}

fn taken() -> Answer {
    (200, String::new(), "")
}

/// A view with a stall that ends.
fn ended() -> Vec<Json> {
    let mut events = view();
    events.push(
        json!({ "type": "download", "kind": "video", "bytes": 1000, "duration_ms": 300, "ttfb_ms": 100 }),
    );
    events.extend(["stall", "playing", "session_end"].map(|name| json!({ "type": name })));
    events
}

/// A view that does not start.
fn failed() -> Vec<Json> {
    let mut events = view();
    events.truncate(2);
    events.push(json!({ "type": "error", "code": "manifestLoadError", "fatal": true }));
    events
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let pair = attributes.iter().find(|pair| pair.key == key);
    match pair.and_then(|pair| pair.value.as_ref()?.value.as_ref()) {
        Some(Value::Text(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// Everything of one path, by resource.
fn resources(receiver: &Receiver, path: &str) -> Vec<ResourceItems> {
    let received = receiver.received().into_iter().filter(|received| received.path == path);
    received.flat_map(|received| Request::decode(&*received.message).unwrap().resources).collect()
}

fn items<T: Message + Default>(receiver: &Receiver, path: &str) -> Vec<T> {
    let scopes = resources(receiver, path).into_iter().flat_map(|resource| resource.scopes);
    scopes.flat_map(|scope| scope.items).map(|item| T::decode(&*item).unwrap()).collect()
}

fn spans(receiver: &Receiver) -> Vec<Span> {
    items(receiver, "/v1/traces")
}

fn records(receiver: &Receiver) -> Vec<LogRecord> {
    items(receiver, "/v1/logs")
}

fn roots(receiver: &Receiver) -> Vec<String> {
    let roots = spans(receiver).into_iter().filter(|span| span.parent_span_id.is_empty());
    roots.map(|span| text(&span.attributes, "session.id")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn counted(gateway: &Gateway, metric: &str, labels: &str) -> f64 {
    gateway.value(&format!("openqoe_otlp_{metric}{{{labels}}}"))
}

#[test]
fn a_session_becomes_a_trace_and_a_record() {
    let receiver = Receiver::start(|_, _| taken());
    let key = std::env::temp_dir().join(format!("openqoe-otlp-key-{}", std::process::id()));
    std::fs::write(&key, "t0ken\n").unwrap();
    let more = [
        ("OPENQOE_OTLP_HEADERS", "X-Scope-OrgID=team-a"),
        ("OPENQOE_OTLP_HEADER_FILES", &format!("x-api-key={}", key.display())),
        ("OPENQOE_OTLP_RESOURCE", "deployment.environment.name=prod"),
    ];
    let gateway = exporting("whole", &receiver.base(), &more);
    gateway.send(SESSION, &ended());
    let all = eventually("spans and a record", || {
        let (spans, records) = (spans(&receiver), records(&receiver));
        (!spans.is_empty() && !records.is_empty()).then_some((spans, records))
    });
    let names: Vec<&str> = all.0.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["session", "startup", "fetch video segment", "stall"]);
    assert!(all.0.iter().all(|span| hex(&span.trace_id) == TRACE));
    let length = |span: &Span| (span.end_time_unix_nano - span.start_time_unix_nano) / 1_000_000;
    assert_eq!(all.0.iter().map(length).collect::<Vec<_>>(), [7000, 1000, 300, 1000]);
    // The reporter's clock is in 2023.
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    assert!(all.0.iter().all(|span| now - span.start_time_unix_nano < 300_000_000_000));
    assert_eq!((hex(&all.1[0].trace_id), hex(&all.1[0].span_id)), (TRACE.into(), TRACE[16..].into()));
    let resource = resources(&receiver, "/v1/traces").remove(0).resource.unwrap().attributes;
    for (name, value) in [
        ("service.name", "openqoe"),
        ("service.version", "0.1.0"),
        ("deployment.environment.name", "prod"),
        ("openqoe.tenant", "default"),
    ] {
        assert_eq!(text(&resource, name), value);
    }
    for received in receiver.received() {
        for (name, value) in [
            ("content-type", "application/x-protobuf"),
            ("content-encoding", "gzip"),
            ("x-scope-orgid", "team-a"),
            ("x-api-key", "t0ken"),
            ("user-agent", "openqoe/0.1.0"),
        ] {
            assert_eq!(received.header(name), value);
        }
    }
    let openmetrics =
        gateway.get_with("/metrics", &[("accept", "application/openmetrics-text;version=1.0.0")]);
    let exemplar = format!("# {{session_id=\"{SESSION}\",trace_id=\"{TRACE}\"}}");
    assert!(openmetrics.text().contains(&exemplar), "{exemplar} in\n{}", openmetrics.text());
    eventually("what was sent", || {
        (counted(&gateway, "sent_total", "signal=\"traces\"") == 4.0).then_some(())
    });
    assert_eq!(counted(&gateway, "sessions_total", "decision=\"bad\""), 1.0);
    assert_eq!(counted(&gateway, "requests_total", "signal=\"logs\",outcome=\"accepted\""), 1.0);
    std::fs::remove_file(key).unwrap();
}

#[test]
fn bad_sessions_have_traces_and_all_have_records() {
    let receiver = Receiver::start(|_, _| taken());
    let gateway = exporting("sampled", &receiver.base(), &[("OPENQOE_OTLP_SAMPLE", "0")]);
    let mut good = view();
    good.push(json!({ "type": "session_end" }));
    gateway.send("good", &good);
    gateway.send("bad", &failed());
    let records =
        eventually("three records", || Some(records(&receiver)).filter(|records| records.len() == 3));
    eventually("a trace", || (!spans(&receiver).is_empty()).then_some(()));
    assert_eq!(roots(&receiver), ["bad"]);
    let told = |name: &str, session: &str| {
        let is_it = |record: &&LogRecord| {
            record.event_name == name && text(&record.attributes, "session.id") == session
        };
        let record = records.iter().find(is_it).unwrap();
        (&*record.severity_text, !record.trace_id.is_empty())
    };
    assert_eq!(told("openqoe.session_end", "good"), ("INFO", false));
    assert_eq!(told("openqoe.session_end", "bad"), ("ERROR", true));
    assert_eq!(told("openqoe.player_error", "bad"), ("ERROR", true));
    let status = spans(&receiver)[0].status.clone().unwrap();
    assert_eq!((status.code, &*status.message), (2, "manifestLoadError"));
    assert_eq!(counted(&gateway, "sessions_total", "decision=\"left_out\""), 1.0);
}

#[test]
fn a_trace_holds_what_came_before_a_restart() {
    let receiver = Receiver::start(|_, _| taken());
    let folder = Folder::new("restart");
    let base = receiver.base();
    let environment =
        [("OPENQOE_DATA_DIR", folder.path()), ("OPENQOE_OTLP_ENDPOINT", &base), ("OPENQOE_OTLP_SAMPLE", "1")];
    let whole = batch("s", &ended());
    let part = |events: std::ops::Range<usize>| {
        let mut part = whole.clone();
        part["events"] = whole["events"].as_array().unwrap()[events].to_vec().into();
        part.to_string().into_bytes()
    };
    let gateway = Gateway::start_with(&["serve"], &environment);
    gateway.send("before", &ended());
    gateway.post(&part(0..3));
    eventually("the trace before", || (roots(&receiver) == ["before"]).then_some(()));
    gateway.kill();
    let mut gateway = Gateway::start_with(&["serve"], &environment);
    gateway.post(&part(3..8));
    // The end of the process sends what waits.
    gateway.signal("-TERM");
    assert!(gateway.child.wait().unwrap().success());
    // What a replay tells again was exported by the process before.
    assert_eq!(roots(&receiver), ["before", "s"]);
    let names: Vec<String> = spans(&receiver).into_iter().skip(4).map(|span| span.name).collect();
    assert_eq!(names, ["session", "startup", "fetch video segment", "stall"]);
}

#[test]
fn a_receiver_that_asks_for_patience_gets_it_all_and_one_that_refuses_gets_nothing_twice() {
    let judge = |before: usize, received: &Received| match (before, &*received.path) {
        (0..6, _) => (503, "Retry-After: 0\r\n".to_owned(), "later\n"),
        (_, "/v1/logs") => (400, String::new(), "no logs here\nmore"),
        // A partial success: one span is rejected, "bad".
        _ => (200, String::new(), "\x0a\x07\x08\x01\x12\x03bad"),
    };
    let receiver = Receiver::start(judge);
    let gateway = exporting("trouble", &receiver.base(), &[]);
    gateway.send("s", &ended());
    eventually("what was rejected", || {
        (counted(&gateway, "dropped_total", "signal=\"traces\",reason=\"refused\"") == 1.0).then_some(())
    });
    eventually("what was refused", || {
        (counted(&gateway, "dropped_total", "signal=\"logs\",reason=\"refused\"") == 1.0).then_some(())
    });
    assert_eq!(counted(&gateway, "sent_total", "signal=\"traces\""), 3.0);
    assert_eq!(counted(&gateway, "requests_total", "signal=\"traces\",outcome=\"partial\""), 1.0);
    assert_eq!(counted(&gateway, "requests_total", "signal=\"logs\",outcome=\"refused\""), 1.0);
    let retried = gateway.value("openqoe_otlp_requests_total{signal=\"traces\",outcome=\"retried\"}")
        + gateway.value("openqoe_otlp_requests_total{signal=\"logs\",outcome=\"retried\"}");
    assert_eq!(retried, 6.0);
    assert_eq!(gateway.value("openqoe_otlp_pending_bytes"), 0.0);
    let told = gateway.told_of("no logs here");
    assert!(!told.contains("more\n"), "{told}");
    assert!(told.contains("the receiver is back"), "{told}");
}

#[test]
fn what_finds_no_room_or_waits_too_long_is_dropped_and_counted() {
    let endpoint = format!("http://{}", free_address());
    for (name, variable, value, reason) in [
        ("full", "OPENQOE_OTLP_QUEUE_MAX_BYTES", "1", "queue_full"),
        ("old", "OPENQOE_OTLP_QUEUE_MAX_AGE", "300ms", "too_old"),
    ] {
        let gateway = exporting(name, &endpoint, &[(variable, value)]);
        assert_eq!(gateway.send("s", &ended()).status, 200);
        for (signal, items) in [("traces", 4.0), ("logs", 1.0)] {
            let labels = format!("signal=\"{signal}\",reason=\"{reason}\"");
            eventually("drops", || (counted(&gateway, "dropped_total", &labels) == items).then_some(()));
        }
        assert_eq!(gateway.value("openqoe_otlp_pending_bytes"), 0.0);
        assert_eq!(gateway.value("openqoe_otlp_sent_total"), 0.0);
        let unreachable = counted(&gateway, "requests_total", "signal=\"traces\",outcome=\"unreachable\"");
        assert_eq!(unreachable > 1.0, reason == "too_old", "{unreachable}");
    }
}

#[test]
fn an_outage_is_one_line_and_no_sender_waits_for_its_end() {
    let address = free_address();
    let gateway = exporting("away", &format!("http://{address}"), &[("OPENQOE_OTLP_LOGS", "false")]);
    gateway.send("a", &ended());
    gateway.told_of("the receiver takes nothing");
    assert_eq!(gateway.send("b", &ended()).status, 200);
    let receiver = Receiver::listen(&address, |_, _| taken());
    eventually("both traces", || (roots(&receiver) == ["a", "b"]).then_some(()));
    let told = gateway.told_of("the receiver is back");
    assert_eq!(told.matches("the receiver takes nothing").count(), 1, "{told}");
    assert!(receiver.received().iter().all(|received| received.path == "/v1/traces"));
}

#[test]
fn without_a_journal_there_is_nothing_to_export() {
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_OTLP_ENDPOINT", "http://127.0.0.1:1")]);
    assert!(gateway.told().contains("set `data_dir`"), "{}", gateway.told());
    gateway.send("s", &ended());
    assert_eq!(gateway.value("openqoe_otlp_sessions_total"), 0.0);
}
