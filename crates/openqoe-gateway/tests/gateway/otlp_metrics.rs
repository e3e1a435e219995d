//! The gateway's own series over OTLP, towards a receiver that behaves in every way there is: what is pushed is what a scrape says,
//! and what is not taken is counted.

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use serde_json::{Value as Json, json};

use crate::harness::{Gateway, folder, view};
use crate::otlp_wire::{Stored, metrics, store};
use crate::receiver::{Answer, Receiver, eventually, free_address};

const PATH: &str = "/v1/metrics";

/// A gateway that pushes often.
fn pushing(endpoint: &str, more: &[(&str, &str)]) -> Gateway {
    let fixed = [
        ("OPENQOE_OTLP_METRICS", "true"),
        ("OPENQOE_OTLP_METRICS_ENDPOINT", endpoint),
        ("OPENQOE_OTLP_METRICS_INTERVAL", "200ms"),
    ];
    Gateway::start_with(&["serve"], &[&fixed, more].concat())
}

fn taken() -> Answer {
    (200, String::new(), "")
}

/// A view that has ended, so that none of its clocks goes on.
pub(crate) fn ended() -> Vec<Json> {
    let mut events = view();
    events.push(json!({ "type": "session_end", "reason": "stopped" }));
    events
}

/// The requests, in order.
fn pushes(receiver: &Receiver) -> Vec<Vec<u8>> {
    let received = receiver.received().into_iter().filter(|received| received.path == PATH);
    received.map(|received| received.message).collect()
}

/// The latest request: a gateway with little to say says it in one.
fn latest(receiver: &Receiver) -> Option<Stored> {
    Some(store([&**pushes(receiver).last()?]))
}

fn value(stored: &Stored, name: &str) -> Option<f64> {
    let named: Vec<f64> =
        stored.samples.iter().filter(|((metric, _), _)| metric == name).map(|(_, value)| *value).collect();
    (!named.is_empty()).then(|| named.iter().sum())
}

/// Series about the tenant in a text exposition, indicators over a moving window aside.
fn scraped(gateway: &Gateway) -> BTreeMap<(String, BTreeMap<String, String>), f64> {
    let text = gateway.metrics();
    let lines = text.lines().filter(|line| line.contains("tenant=\"default\"") && is_steady(line));
    let series = lines.map(|line| {
        let (name, rest) = line.split_once('{').unwrap();
        let (labels, value) = rest.split_once("} ").unwrap();
        let labels = format!("{labels},");
        let labels = labels.split_terminator("\",").filter_map(|label| label.split_once("=\""));
        let labels = labels.filter(|(_, value)| !value.is_empty()).map(|(name, value)| match name {
            "le" => (name.to_owned(), value.parse::<f64>().unwrap().to_string()),
            _ => (name.to_owned(), value.to_owned()),
        });
        ((name.to_owned(), labels.collect()), value.parse().unwrap())
    });
    series.collect()
}

fn is_steady(name: &str) -> bool {
    !name.starts_with("openqoe_slo")
}

/// The pushed series about the tenant.
fn told(stored: &Stored) -> BTreeMap<(String, BTreeMap<String, String>), f64> {
    let about =
        |labels: &BTreeMap<String, String>| labels.get("tenant").is_some_and(|name| name == "default");
    let all = stored.samples.iter().filter(|((name, labels), _)| about(labels) && is_steady(name));
    all.map(|(key, value)| (key.clone(), *value)).collect()
}

#[test]
fn what_is_pushed_is_what_a_scrape_says() {
    let receiver = Receiver::start(|_, _| taken());
    let gateway = pushing(&receiver.base(), &[("OPENQOE_OTLP_RESOURCE", "service.instance.id=gw-1")]);
    gateway.send("a", &ended());
    gateway.send("b", &ended());
    let pushed = eventually("the same series", || {
        let (pushed, scraped) = (told(&latest(&receiver)?), scraped(&gateway));
        (pushed == scraped && scraped.keys().any(|(name, _)| name == "openqoe_startup_plays_total"))
            .then_some(pushed)
    });
    assert!(pushed.len() > 100, "{}", pushed.len());
    eventually("the same families", || {
        let text = gateway.metrics();
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
        let scraped: BTreeSet<String> = types.map(str::to_owned).collect();
        let pushed = metrics(pushes(&receiver).last()?).into_iter().map(|metric| metric.name).collect();
        (scraped == pushed).then_some(())
    });
    for received in receiver.received() {
        assert_eq!(received.path, PATH);
        assert_eq!(received.header("content-type"), "application/x-protobuf");
        let text = String::from_utf8_lossy(&received.message).into_owned();
        assert!(text.contains("service.instance.id") && text.contains("service.name"), "{text}");
    }
    let sent = gateway.value("openqoe_otlp_sent_total{signal=\"metrics\"}");
    assert!(sent > 100.0, "points, of several pushes: {sent}");
    assert_eq!(gateway.value("openqoe_otlp_dropped_total{signal=\"metrics\""), 0.0);
}

#[test]
fn exponential_histograms_hold_the_same_values() {
    let receiver = Receiver::start(|_, _| taken());
    let gateway = pushing(&receiver.base(), &[("OPENQOE_OTLP_METRICS_HISTOGRAMS", "exponential")]);
    gateway.send("a", &ended());
    let (key, (count, sum, (scale, zero, buckets))) = eventually("a startup", || {
        let natives = latest(&receiver)?.natives;
        natives.into_iter().find(|((name, _), _)| name == "openqoe_startup_time_seconds")
    });
    assert_eq!(key.1["tenant"], "default");
    // One second is the upper bound of Prometheus's bucket 0, whatever the schema.
    assert_eq!((count, sum, scale, zero, buckets), (1, Some(1.0), 3, 0, [(0, 1)].into()));
    let exemplars = pushes(&receiver).into_iter().flat_map(|push| metrics(&push)).filter_map(|metric| {
        match metric.data {
            Some(Data::ExponentialHistogram(all)) if metric.name == key.0 => Some(all.data_points),
            _ => None,
        }
    });
    let exemplars: Vec<_> = exemplars.flatten().flat_map(|point| point.exemplars).collect();
    assert_eq!(exemplars.len(), 1, "an exemplar is sent once: {exemplars:?}");
}

#[test]
fn metrics_go_where_they_are_sent_and_nothing_else_does() {
    let (traces, series) = (Receiver::start(|_, _| taken()), Receiver::start(|_, _| taken()));
    let folder = folder("otlp-apart");
    let more = [("OPENQOE_OTLP_ENDPOINT", &*traces.base()), ("OPENQOE_DATA_DIR", folder.to_str().unwrap())];
    let gateway = pushing(&series.base(), &more);
    gateway.send("a", &ended());
    eventually("a trace", || traces.received().iter().any(|each| each.path == "/v1/logs").then_some(()));
    series.wait(2);
    assert!(series.received().iter().all(|each| each.path == PATH));
    assert!(traces.received().iter().all(|each| each.path != PATH));
    drop(gateway);
    // Without `metrics` there is no push, and the log says that the endpoint is idle.
    let gateway = pushing(&series.base(), &[("OPENQOE_OTLP_METRICS", "false")]);
    gateway.told_of("nothing is sent to `metrics_endpoint`");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_end_pushes_a_last_time_and_a_restart_goes_on_from_there() {
    let receiver = Receiver::start(|_, _| taken());
    let folder = folder("otlp-metrics");
    let data = [("OPENQOE_DATA_DIR", folder.to_str().unwrap())];
    let plays = |push: &[u8]| value(&store([push]), "openqoe_startup_plays_total");
    let mut gateway = pushing(&receiver.base(), &[data[0], ("OPENQOE_OTLP_METRICS_INTERVAL", "1h")]);
    receiver.wait(1);
    gateway.send("a", &ended());
    gateway.signal("-TERM");
    assert!(gateway.child.wait().unwrap().success());
    let before: Vec<Option<f64>> = pushes(&receiver).iter().map(|push| plays(push)).collect();
    assert_eq!(before, [None, Some(1.0)]);

    let gateway = pushing(&receiver.base(), &data);
    gateway.send("b", &ended());
    eventually("the second view", || (plays(pushes(&receiver).last()?) == Some(2.0)).then_some(()));
    // What is half replayed is not pushed: it would look as if the counter had gone back.
    let after: Vec<f64> = pushes(&receiver)[2..].iter().map(|push| plays(push).unwrap()).collect();
    assert!(after.is_sorted() && after.iter().all(|plays| *plays >= 1.0), "{after:?}");
    drop(gateway);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_outage_is_one_line_and_loses_no_sum() {
    let address = free_address();
    let gateway = pushing(&format!("http://{address}"), &[]);
    gateway.send("a", &ended());
    gateway.told_of("the receiver takes nothing");
    let pending = || gateway.value("openqoe_otlp_pending_bytes{signal=\"metrics\"}");
    eventually("pushes to wait", || (pending() > 0.0).then_some(()));
    let receiver = Receiver::listen(&address, |_, _| taken());
    eventually("the view", || {
        (value(&latest(&receiver)?, "openqoe_startup_plays_total")? == 1.0).then_some(())
    });
    let told = gateway.told_of("the receiver is back");
    assert_eq!(told.matches("the receiver takes nothing").count(), 1, "{told}");
    assert_eq!(gateway.value("openqoe_otlp_dropped_total{signal=\"metrics\""), 0.0);
}

#[test]
fn what_is_refused_or_finds_no_room_is_counted_by_points() {
    let dropped = |gateway: &Gateway, reason: &str| {
        gateway.value(&format!("openqoe_otlp_dropped_total{{signal=\"metrics\",reason=\"{reason}\"}}"))
    };
    // A partial success: three points are rejected, "old".
    let partial = Receiver::start(|before, _| match before {
        0 => (200, String::new(), "\x0a\x07\x08\x03\x12\x03old"),
        _ => (404, String::new(), "no metrics here\nmore"),
    });
    let gateway = pushing(&partial.base(), &[]);
    eventually("a refusal", || (dropped(&gateway, "refused") > 100.0).then_some(()));
    let requests = |outcome: &str| {
        gateway.value(&format!("openqoe_otlp_requests_total{{signal=\"metrics\",outcome=\"{outcome}\"}}"))
    };
    assert_eq!(requests("partial"), 1.0);
    assert!(requests("refused") >= 1.0);
    assert!(gateway.value("openqoe_otlp_sent_total{signal=\"metrics\"}") > 0.0);
    let log = gateway.told_of("the receiver refused some of it");
    assert_eq!(log.matches("the receiver refused").count(), 1, "{log}");

    let nowhere = format!("http://{}", free_address());
    let full = pushing(&nowhere, &[("OPENQOE_OTLP_QUEUE_MAX_BYTES", "1")]);
    eventually("no room", || (dropped(&full, "queue_full") > 100.0).then_some(()));
    let old = pushing(&nowhere, &[("OPENQOE_OTLP_QUEUE_MAX_AGE", "300ms")]);
    eventually("too old", || (dropped(&old, "too_old") > 100.0).then_some(()));
}
