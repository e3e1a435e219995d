//! What the log says of a request that was not taken, and whose trace it names.

use std::process::Command;

use serde_json::Value;

use crate::harness::{Gateway, batch, view};

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn lines(mut gateway: Gateway) -> Vec<Value> {
    Command::new("kill").args(["-TERM", &gateway.child.id().to_string()]).status().unwrap();
    gateway.child.wait().unwrap();
    gateway.log().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[test]
fn trace_ids_are_fields_of_the_lines_about_a_request() {
    let environment = [("OPENQOE_LOG", "info,openqoe=debug"), ("OPENQOE_LOG_FORMAT", "json")];
    let gateway = Gateway::start_with(&["serve"], &environment);
    gateway.post_with(&[("traceparent", TRACEPARENT)], b"{");
    gateway.post_with(&[("traceparent", "00-nonsense")], b"[");
    let mut some_bad = batch("s", &view());
    some_bad["events"][1]["type"] = "unheard_of".into();
    gateway.post_with(&[("traceparent", TRACEPARENT)], some_bad.to_string().as_bytes());
    gateway.post_with(&[("traceparent", TRACEPARENT)], batch("t", &view()).to_string().as_bytes());

    let lines = lines(gateway);
    let about =
        |message: &str| -> Vec<&Value> { lines.iter().filter(|line| line["message"] == message).collect() };
    let (refused, rejected) = (about("batch refused"), about("events rejected"));
    assert_eq!((refused.len(), rejected.len()), (2, 1), "{lines:#?}");
    assert_eq!(refused[0]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(refused[0]["span_id"], "00f067aa0ba902b7");
    assert_eq!(refused[1].get("trace_id"), None);
    assert_eq!(rejected[0]["trace_id"], refused[0]["trace_id"]);
    assert_eq!((&rejected[0]["rejected"], &rejected[0]["reason"]), (&1.into(), &"unknown_type".into()));
}
