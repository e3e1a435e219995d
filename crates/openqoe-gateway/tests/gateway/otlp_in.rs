//! The OTLP receivers of the real binary: what comes over HTTP and gRPC is answered as OTLP 1 asks, counted once, and of traces and
//! logs nothing private goes on.

use std::io::Write;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message;
use serde_json::{Value as Json, json};

use crate::harness::{Answer, Gateway, folder, request, view};
use crate::receiver::{Receiver, eventually};
use crate::tenants::Setup;

const JSON: (&str, &str) = ("content-type", "application/json");
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

/// A counter of `plays`, as a delta of its own interval.
fn plays(interval: u64, value: u64) -> Json {
    let times = [interval, interval + 1].map(|second| (second * 1_000_000_000).to_string());
    let point =
        json!({ "startTimeUnixNano": times[0], "timeUnixNano": times[1], "asInt": value.to_string() });
    let sum = json!({ "aggregationTemporality": 1, "isMonotonic": true, "dataPoints": [point] });
    metrics(json!([{ "name": "plays", "sum": sum }]))
}

fn metrics(metrics: Json) -> Json {
    let resource = json!({ "attributes": [{ "key": "service.name", "value": { "stringValue": "player" } }] });
    json!({ "resourceMetrics": [{ "resource": resource, "scopeMetrics": [{ "metrics": metrics }] }] })
}

/// The same in binary.
fn binary(message: &Json) -> Vec<u8> {
    serde_json::from_value::<ExportMetricsServiceRequest>(message.clone()).unwrap().encode_to_vec()
}

/// A span of a viewer whose address somebody noted.
fn spans() -> Json {
    let attributes = json!([
        { "key": "client.address", "value": { "stringValue": "192.0.2.77" } },
        { "key": "user.id", "value": { "stringValue": "mallory" } },
        { "key": "session.id", "value": { "stringValue": "s-1" } },
    ]);
    let span = json!({
        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "subscribe",
        "kind": 1, "startTimeUnixNano": "1", "endTimeUnixNano": "2", "attributes": attributes, "status": {},
    });
    json!({ "resourceSpans": [{ "resource": { "attributes": [] }, "scopeSpans": [{ "spans": [span] }] }] })
}

fn records() -> Json {
    let record = json!({
        "timeUnixNano": "1", "observedTimeUnixNano": "1", "severityNumber": 9, "severityText": "INFO",
        "body": { "stringValue": "connected" }, "traceId": "", "spanId": "",
        "attributes": [{ "key": "net.peer.ip", "value": { "stringValue": "192.0.2.77" } }],
    });
    json!({ "resourceLogs": [{ "resource": { "attributes": [] }, "scopeLogs": [{ "logRecords": [record] }] }] })
}

fn post(address: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    request(address, "POST", path, headers, body)
}

/// A gateway with both listeners of its own, and where they are.
fn start(environment: &[(&str, &str)]) -> (Gateway, String, String) {
    let listeners = [
        ("OPENQOE_OTLP_RECEIVER_LISTEN", "127.0.0.1:0"),
        ("OPENQOE_OTLP_RECEIVER_GRPC_LISTEN", "127.0.0.1:0"),
    ];
    let gateway = Gateway::start_with(&["serve"], &[&listeners, environment].concat());
    let told = gateway.told();
    let address = |name: &str| {
        let (_, rest) = told.split_once(&format!("{name} on http://")).unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let (http, grpc) = (address("OTLP/HTTP"), address("OTLP/gRPC"));
    (gateway, http, grpc)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// What was received has one outcome each, points and items alike.
fn assert_balanced(gateway: &Gateway) {
    for (received, outcomes) in
        [("points_total", "point_outcomes_total"), ("items_total", "item_outcomes_total")]
    {
        let value = |name: &str| gateway.value(&format!("openqoe_otlp_receiver_{name}"));
        assert_eq!(value(received), value(outcomes), "{received}");
    }
}

#[test]
fn metrics_come_in_by_every_way() {
    let (gateway, http, grpc) = start(&[]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(plays(4, 8).to_string().as_bytes()).unwrap();
    for (address, headers, body) in [
        (&http, vec![JSON], plays(1, 1).to_string().into_bytes()),
        (
            &gateway.public,
            vec![("content-type", "application/json; charset=utf-8")],
            plays(2, 2).to_string().into_bytes(),
        ),
        (&http, vec![PROTOBUF], binary(&plays(3, 4))),
        (&http, vec![JSON, ("content-encoding", "gzip")], packed.finish().unwrap()),
    ] {
        let answer = post(address, "/v1/metrics", &headers, &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let is_json = headers[0].1.starts_with(JSON.1);
        assert_eq!(answer.text(), if is_json { "{}" } else { "" });
        assert!(
            answer.head.contains(&format!("content-type: {}", if is_json { JSON.1 } else { PROTOBUF.1 }))
        );
    }
    block_on(async {
        let mut client = MetricsServiceClient::connect(format!("http://{grpc}")).await.unwrap();
        let message: ExportMetricsServiceRequest = serde_json::from_value(plays(5, 16)).unwrap();
        for _ in 0..2 {
            let answer = client.export(message.clone()).await.unwrap().into_inner();
            assert_eq!(answer, ExportMetricsServiceResponse::default());
        }
    });
    assert_eq!(gateway.value("plays_total{tenant=\"default\",service_name=\"player\"}"), 31.0);
    let count = |name: &str| gateway.value(&format!("openqoe_otlp_receiver_{name}"));
    assert_eq!(count("requests_total{tenant=\"default\",transport=\"grpc\"}"), 2.0);
    assert_eq!(count("point_outcomes_total{tenant=\"default\",outcome=\"folded\"}"), 5.0);
    assert_eq!(count("point_outcomes_total{tenant=\"default\",outcome=\"repeated\"}"), 1.0);
    assert_eq!((count("series"), count("points_total")), (1.0, 6.0));
    assert_balanced(&gateway);
    let protobuf =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    let answer = gateway.get_with("/metrics", &[("accept", protobuf)]);
    assert!(answer.body.windows(11).any(|window| window == b"plays_total"));
}

#[test]
fn what_cannot_be_is_told_and_the_rest_is_taken() {
    let (gateway, http, _) = start(&[("OPENQOE_OTLP_RECEIVER_MAX_BODY", "2000")]);
    let gauge = |name: &str| json!({ "name": name, "gauge": { "dataPoints": [{ "timeUnixNano": "1", "asInt": "7" }] } });
    let mixed = metrics(json!([gauge("openqoe_startup_plays_total"), gauge("viewers"), { "name": "empty" }]));
    let answer = post(&http, "/v1/metrics", &[JSON], mixed.to_string().as_bytes());
    assert_eq!((answer.status, &answer.json()["partialSuccess"]["rejectedDataPoints"]), (200, &json!("2")));
    assert!(answer.json()["partialSuccess"]["errorMessage"].as_str().unwrap().contains("gateway's own"));
    let answer = post(
        &http,
        "/v1/metrics",
        &[PROTOBUF],
        &binary(&metrics(json!([gauge("process_x"), gauge("viewers")]))),
    );
    let told = ExportMetricsServiceResponse::decode(&*answer.body).unwrap().partial_success.unwrap();
    assert_eq!(told.rejected_data_points, 1);
    assert_eq!(gateway.value("viewers{tenant=\"default\",service_name=\"player\"}"), 7.0);
    for (headers, body, status, code) in [
        (vec![JSON], b"{".to_vec(), 400, 3),
        (vec![JSON], vec![b' '; 3000], 413, 3),
        (vec![("content-type", "text/csv")], b"a,b".to_vec(), 415, 3),
        (vec![JSON, ("content-encoding", "br")], b"{}".to_vec(), 415, 3),
    ] {
        let answer = post(&http, "/v1/metrics", &headers, &body);
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{}", answer.text());
    }
    let answer = post(&http, "/v1/metrics", &[PROTOBUF], b"\xff");
    assert!(answer.status == 400 && answer.body.starts_with(&[0x08, 3]), "{}", answer.text());
    let refused = "openqoe_ingest_batches_rejected_total{tenant=\"default\",protocol=\"otlp\"";
    assert_eq!(gateway.value(refused), 5.0);
    assert_eq!(post(&http, "/v1/profiles", &[JSON], b"{}").status, 404);
    assert_balanced(&gateway);
}

#[test]
fn traces_and_logs_go_on_without_what_is_private() {
    let receiver = Receiver::start(|_, _| (200, String::new(), ""));
    let data = folder("otlp-in-data");
    let environment =
        [("OPENQOE_OTLP_ENDPOINT", receiver.base()), ("OPENQOE_DATA_DIR", data.to_str().unwrap().to_owned())];
    let environment = environment.each_ref().map(|(key, value)| (*key, value.as_str()));
    let (gateway, http, grpc) = start(&environment);
    let answer = post(&http, "/v1/traces", &[JSON], spans().to_string().as_bytes());
    assert_eq!((answer.status, answer.text().as_str()), (200, "{}"));
    assert_eq!(post(&http, "/v1/logs", &[JSON], records().to_string().as_bytes()).status, 200);
    block_on(async {
        let mut client = TraceServiceClient::connect(format!("http://{grpc}")).await.unwrap();
        let message: ExportTraceServiceRequest = serde_json::from_value(spans()).unwrap();
        client.export(message).await.unwrap();
        let mut client = LogsServiceClient::connect(format!("http://{grpc}")).await.unwrap();
        let message: ExportLogsServiceRequest = serde_json::from_value(records()).unwrap();
        client.export(message).await.unwrap();
    });
    let got = |path: &str| -> Vec<Vec<u8>> {
        receiver.received().into_iter().filter(|each| each.path == path).map(|each| each.message).collect()
    };
    let spans = eventually("two spans", || {
        let requests =
            got("/v1/traces").into_iter().map(|body| ExportTraceServiceRequest::decode(&*body).unwrap());
        let scopes =
            requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
        Some(scopes.flat_map(|scope| scope.spans).collect::<Vec<_>>()).filter(|spans| spans.len() == 2)
    });
    assert!(spans.iter().all(|span| span.name == "subscribe" && span.trace_id[0] == 0x0a));
    assert!(spans.iter().all(|span| span.attributes.len() == 1 && span.attributes[0].key == "session.id"));
    eventually("two records", || {
        let requests =
            got("/v1/logs").into_iter().map(|body| ExportLogsServiceRequest::decode(&*body).unwrap());
        let scopes =
            requests.flat_map(|request| request.resource_logs).flat_map(|resource| resource.scope_logs);
        (scopes.map(|scope| scope.log_records.len()).sum::<usize>() == 2).then_some(())
    });
    for received in receiver.received() {
        let text = String::from_utf8_lossy(&received.message).into_owned();
        assert!(!text.contains("192.0.2.77") && !text.contains("mallory"), "{text}");
    }
    eventually("what was sent", || {
        (gateway.value("openqoe_otlp_sent_total{signal=\"traces\"}") == 2.0).then_some(())
    });
    let outcome =
        "openqoe_otlp_receiver_item_outcomes_total{tenant=\"default\",signal=\"logs\",outcome=\"forwarded\"}";
    assert_eq!(gateway.value(outcome), 2.0);
    gateway.send("s-1", &view());
    let session = gateway.get("/api/v1/tenants/default/sessions/s-1").json();
    assert_eq!(session["spoken_in"], json!(["0af7651916cd43dd8448eb211c80319c"]), "{session}");
    assert_balanced(&gateway);
    drop(gateway);
    // Made anew, it is not there any more.
    let _ = folder("otlp-in-data");
}

#[test]
fn without_a_receiver_nothing_is_said_to_be_forwarded() {
    let (gateway, http, _) = start(&[]);
    let answer = post(&http, "/v1/traces", &[JSON], spans().to_string().as_bytes()).json();
    assert_eq!(answer["partialSuccess"]["rejectedSpans"], "1");
    assert!(answer["partialSuccess"]["errorMessage"].as_str().unwrap().contains("otlp.endpoint"));
    let answer = post(&http, "/v1/logs", &[JSON], records().to_string().as_bytes()).json();
    assert_eq!(answer["partialSuccess"]["rejectedLogRecords"], "1");
    let outcome = "openqoe_otlp_receiver_item_outcomes_total{tenant=\"default\",signal=\"traces\",outcome=\"not_configured\"}";
    assert_eq!(gateway.value(outcome), 1.0);
    assert_balanced(&gateway);
}

#[test]
fn senders_are_asked_for_a_key_and_pages_for_their_origin() {
    let setup = Setup::new(
        "otlp-in",
        "[otlp_receiver]\ngrpc_listen = \"127.0.0.1:0\"\n[tenants.a]\norigins = [\"https://a.example\"]\n[tenants.b]\nquota = { bytes_per_second = 100, burst = \"1s\" }\n",
    );
    let (key, other) = (setup.key("a", "ingest"), setup.key("b", "server"));
    let gateway = setup.start_with(&[("OPENQOE_OTLP_RECEIVER_GRPC_LISTEN", "127.0.0.1:0")]);
    let body = plays(1, 1).to_string().into_bytes();
    let send = |headers: &[(&str, &str)], path: &str| {
        post(&gateway.public, path, &[&[JSON], headers].concat(), &body)
    };
    let answer = send(&[], "/v1/metrics");
    assert_eq!((answer.status, &answer.json()["code"]), (401, &json!(16)));
    assert_eq!(send(&[], &format!("/v1/metrics?key={key}")).status, 200);
    let page = send(&[("x-openqoe-key", &key), ("origin", "https://a.example")], "/v1/metrics");
    assert!(
        page.status == 200 && page.head.contains("access-control-allow-origin: https://a.example"),
        "{}",
        page.head
    );
    assert_eq!(send(&[("x-openqoe-key", &key), ("origin", "https://b.example")], "/v1/metrics").status, 403);
    let asked = [("origin", "https://a.example"), ("access-control-request-method", "POST")];
    let preflight = request(&gateway.public, "OPTIONS", "/v1/traces", &asked, b"");
    assert!(preflight.status == 204 && preflight.head.contains("access-control-allow-headers: content-type"));
    let bearer = format!("Bearer {other}");
    let answer = send(&[("authorization", &bearer)], "/v1/metrics");
    assert_eq!(answer.status, 413, "more than the quota ever lets through");
    let grpc =
        gateway.told().split_once("OTLP/gRPC on ").unwrap().1.split_whitespace().next().unwrap().to_owned();
    block_on(async {
        let mut client = MetricsServiceClient::connect(grpc).await.unwrap();
        let message: ExportMetricsServiceRequest = serde_json::from_value(plays(2, 1)).unwrap();
        let denied = client.export(message.clone()).await.unwrap_err();
        assert_eq!(denied.code(), tonic::Code::Unauthenticated);
        let mut request = tonic::Request::new(message);
        request.metadata_mut().insert("x-openqoe-key", key.parse().unwrap());
        client.export(request).await.unwrap();
    });
    assert_eq!(gateway.value("plays_total{tenant=\"a\""), 2.0);
    assert_eq!(gateway.value("plays_total{tenant=\"b\""), 0.0);
    drop(gateway);
    // Made anew, it is not there any more.
    let _ = folder("otlp-in");
}
