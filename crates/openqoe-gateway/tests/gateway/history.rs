//! What the gateway remembers of its indicators, asked over HTTP.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::contract::conforms;
use crate::harness::{Gateway, batch, folder, view, wait_for};

const LIVE: &str = "/api/v1/tenants/default/live";

/// The last number of a series that is one, and how many there are.
fn newest(live: &Value, kpi: &str) -> Option<f64> {
    live["series"][kpi].as_array()?.iter().rev().find_map(Value::as_f64)
}

fn live(gateway: &Gateway, span: &str) -> Value {
    let live = gateway.get(&format!("{LIVE}?span={span}")).json();
    conforms("Live", &live);
    live
}

fn start(folder: &Path) -> Gateway {
    Gateway::start_with(&["serve"], &[("OPENQOE_DATA_DIR", folder.to_str().unwrap())])
}

/// A stream of server-sent events that is being read.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(gateway: &Gateway) -> Stream {
        let mut stream = TcpStream::connect(&gateway.internal).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(stream, "GET {LIVE}/stream HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        Stream(BufReader::new(stream))
    }

    /// The next point; `None` at the end of the stream.
    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        while self.0.read_line(&mut line).unwrap() > 0 {
            if let Some(data) = line.strip_prefix("data: ") {
                let point = serde_json::from_str(data).unwrap();
                conforms("LivePoint", &point);
                return Some(point);
            }
            line.clear();
        }
        None
    }
}

#[test]
fn live_has_every_indicator_step_by_step() {
    let gateway = Gateway::start();
    gateway.send("a", &view());
    wait_for(|| newest(&live(&gateway, "1h"), "viewers") == Some(1.0));
    let hour = live(&gateway, "1h");
    assert_eq!(hour["step_s"], 5.0);
    assert!(hour["series"].as_object().unwrap().len() >= 20 && newest(&hour, "startup_p50").is_some());
    let query = "sum (rate(openqoe_startup_attempts_total{tenant=\"default\"}[1m]))";
    assert_eq!(hour["queries"]["attempts"], query);
    assert_eq!(live(&gateway, "7d")["at_s"].as_array().unwrap().len(), 1);

    for (path, error) in [
        ("/api/v1/tenants/defualt/live", "unknown_tenant"),
        ("/api/v1/tenants/default/live?span=2h", "bad_query"),
        ("/api/v1/tenants/default/worse?window=never", "bad_query"),
        ("/api/v1/tenants/default/worse?window=9d", "bad_query"),
        ("/api/v1/tenants/default/contributors?kpi=viewers", "unknown_kpi"),
        ("/api/v1/tenants/default/anomalies?since=1", "bad_query"),
    ] {
        let answer = gateway.get(path);
        conforms("Refusal", &answer.json());
        assert!((400..500).contains(&answer.status) && answer.json()["error"] == error, "{path} {answer:?}");
        assert!(answer.json()["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
    }
}

#[test]
fn streams_tell_what_happens_are_bounded_and_end_with_the_gateway() {
    let mut gateway = Gateway::start_with(&["serve"], &[("OPENQOE_HISTORY_MAX_STREAMS", "1")]);
    gateway.send("a", &view());
    let mut stream = Stream::open(&gateway);
    while stream.next().is_none_or(|point| point["values"]["viewers"] != 1.0) {}
    gateway.send("b", &view());
    let mut points = std::iter::from_fn(|| stream.next());
    let point = points.find(|point| point["tiles"]["viewers"] == 2.0).unwrap();
    assert!(point["tiles"]["startup_p50"].is_number() && point["tile_window_s"].as_f64() <= Some(60.0));
    assert_eq!(gateway.value("openqoe_live_streams "), 1.0);

    let refused = gateway.get(&format!("{LIVE}/stream"));
    assert_eq!((refused.status, &refused.json()["error"]), (503, &json!("too_many_streams")));
    assert_eq!(gateway.value("openqoe_live_streams_refused_total"), 1.0);
    gateway.signal("-TERM");
    while stream.next().is_some() {}
    assert!(gateway.child.wait().unwrap().success());
}

/// A CDN on which half of the time is stalled, from its second step on.
#[test]
fn what_got_worse_and_where() {
    let gateway = Gateway::start();
    let send = |gateway: &Gateway, round: usize, stalls: bool| {
        for (cdn, viewers) in [("a", 40), ("b", 20)] {
            for viewer in 0..viewers {
                let mut events = view();
                if stalls && cdn == "b" {
                    events.push(json!({ "type": "stall" }));
                    (0..20).for_each(|_| events.push(json!({ "type": "heartbeat" })));
                    events.push(json!({ "type": "playing" }));
                }
                (0..40).for_each(|_| events.push(json!({ "type": "heartbeat" })));
                events.push(json!({ "type": "session_end" }));
                let mut batch = batch(&format!("{cdn}-{viewer}-{round}"), &events);
                batch["session"]["attributes"]["cdn"] = json!(cdn);
                assert_eq!(gateway.post(batch.to_string().as_bytes()).status, 200);
            }
        }
    };
    send(&gateway, 0, false);
    // What was counted has to lie in steps that are over: the window is one, the baseline another.
    let covered = || live(&gateway, "1h")["at_s"].as_array().unwrap().len();
    wait_for(|| covered() >= 4);
    send(&gateway, 1, true);
    let path = "/api/v1/tenants/default/worse?window=10s&baseline=1m";
    let found = |worse: &Value| {
        let changes = worse["changes"].as_array().unwrap().clone();
        changes.into_iter().find(|change| change["kpi"] == "rebuffer_ratio").unwrap()
    };
    wait_for(|| found(&gateway.get(path).json())["score"].as_f64() > Some(3.0));
    let worse = gateway.get(path).json();
    conforms("Worse", &worse);
    let change = found(&worse);
    let first = &change["contributors"][0];
    assert_eq!((&first["attribute"], &first["value"]), (&json!("cdn"), &json!("b")), "{worse:#}");
    let contributors =
        gateway.get("/api/v1/tenants/default/contributors?kpi=rebuffer_ratio&window=10s&baseline=1m").json();
    conforms("Contributors", &contributors);
    let shares = contributors["change"]["contributors"].as_array().unwrap().iter();
    let of_cdn = shares.filter(|of| of["attribute"] == "cdn").map(|of| of["share"].as_f64().unwrap());
    assert!((of_cdn.sum::<f64>() - 1.0).abs() < 1e-6);

    let anomalies = gateway.get("/api/v1/tenants/default/anomalies").json();
    conforms("Anomalies", &anomalies);
    assert_eq!(anomalies, json!({ "anomalies": [] }), "there is no past yet");
}

#[test]
fn a_restart_keeps_the_history_and_a_gap_is_no_zero() {
    let folder = folder("history");
    let mut gateway = start(&folder);
    gateway.send("a", &view());
    wait_for(|| newest(&live(&gateway, "1h"), "startup_p50").is_some());
    let before = live(&gateway, "1h");
    gateway.signal("-TERM");
    assert!(gateway.child.wait().unwrap().success());
    // Long enough for a step the gateway does not live through.
    std::thread::sleep(Duration::from_secs(11));

    let gateway = start(&folder);
    let after = live(&gateway, "1h");
    let steps = |live: &Value| -> Vec<f64> {
        live["at_s"].as_array().unwrap().iter().map(|at| at.as_f64().unwrap()).collect()
    };
    assert!(steps(&before).iter().all(|at| steps(&after).contains(at)), "{before} {after}");
    assert!(newest(&after, "startup_p50").is_some() && newest(&live(&gateway, "7d"), "attempts") > Some(0.0));
    wait_for(|| steps(&live(&gateway, "1h")).len() > steps(&before).len() + 1);
    let gaps = steps(&live(&gateway, "1h")).windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    assert!(gaps > 5.0, "steps the gateway was down in are missing");

    // Without warning, what stands in the file stays; the open step alone may go.
    gateway.kill();
    let gateway = start(&folder);
    assert!(steps(&before).iter().all(|at| steps(&live(&gateway, "1h")).contains(at)));
    assert!(newest(&live(&gateway, "7d"), "attempts") > Some(0.0));
    drop(gateway);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_damaged_file_takes_nothing_down() {
    let folder = folder("history-damaged");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("history.db"),
        b"this is no database, and long enough to be read as one".repeat(99),
    )
    .unwrap();
    let gateway = start(&folder);
    gateway.send("a", &view());
    wait_for(|| newest(&live(&gateway, "1h"), "viewers") == Some(1.0));
    assert_eq!(gateway.value("openqoe_history_write_failures_total"), 1.0);
    assert!(gateway.told().contains("remove history.db"));
    drop(gateway);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn values_beyond_the_limit_are_other() {
    let environment = [("OPENQOE_HISTORY_MAX_VALUES", "1")];
    let gateway = Gateway::start_with(&["serve"], &environment);
    gateway.send("a", &view());
    let mut other = batch("b", &view());
    other["session"]["attributes"]["cdn"] = json!("another");
    gateway.post(other.to_string().as_bytes());
    wait_for(|| gateway.value("openqoe_history_values_folded_total") > 0.0);
    wait_for(|| gateway.value("openqoe_history_bytes") > 0.0);
}
