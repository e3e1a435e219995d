//! `openqoe bench`: whatever it speaks, the gateway counts what it accepted; what is refused comes again; what cannot work is said.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use openqoe_ingest::PROTOCOLS;
use serde_json::Value;

use crate::harness::Gateway;
use crate::receiver::Receiver;

fn bench(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openqoe"));
    command.arg("bench").args(arguments).env_remove("OPENQOE_KEY").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn every_event_of_every_protocol_is_counted() {
    let gateway = Gateway::start();
    let [public, internal] = [&gateway.public, &gateway.internal].map(|address| format!("http://{address}"));
    let load = ["--protocol", "all", "--rate", "1200", "--duration", "2s", "--sessions", "4"];
    let ran = bench(&[&load[..], &["--internal", &internal, "--json", &public]].concat());
    let said: Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{}", text(&ran.stderr)));
    assert!(ran.status.success(), "{said:#}\n{}", text(&ran.stderr));

    let mut spoken = BTreeSet::new();
    for told in said["protocols"].as_array().unwrap() {
        let name = told["protocol"].as_str().unwrap();
        assert_eq!(told["exact"], true, "{told:#}");
        assert_eq!((&told["accepted"], &told["unanswered"]), (&told["requests"], &0.into()), "{told:#}");
        // More than the first body of each session.
        assert!(told["requests"].as_u64().unwrap() > 4, "{told:#}");
        let series = match name {
            "otlp" => "openqoe_otlp_receiver_points_total{".to_owned(),
            _ => format!(
                "openqoe_ingest_event_outcomes_total{{tenant=\"default\",protocol=\"{name}\",outcome=\"counted\""
            ),
        };
        assert_eq!(gateway.value(&series), told["events"].as_f64().unwrap(), "{name}");
        spoken.insert(name);
    }
    let known = PROTOCOLS.iter().map(|protocol| protocol.id.as_str()).chain(["otlp"]);
    assert_eq!(spoken, known.collect());
    assert!(gateway.metrics().contains("asset_id=\"bench-"));
}

#[test]
fn a_second_load_is_of_other_sessions() {
    let gateway = Gateway::start();
    let [public, internal] = [&gateway.public, &gateway.internal].map(|address| format!("http://{address}"));
    for _ in 0..2 {
        let ran = bench(&["--duration", "300ms", "--internal", &internal, &public]);
        let said = text(&ran.stdout);
        assert!(ran.status.success() && said.contains(": exact"), "{said}{}", text(&ran.stderr));
    }
    assert_eq!(
        gateway.value(
            "openqoe_ingest_event_outcomes_total{tenant=\"default\",protocol=\"native\",outcome=\"duplicate\""
        ),
        0.0
    );
}

#[test]
fn a_refused_body_comes_again_as_it_was() {
    let receiver = Receiver::start(|before, _| match before {
        0 => (429, String::new(), "slower"),
        _ => (200, String::new(), ""),
    });
    let base = receiver.base();
    let arguments = ["--sessions", "1", "--rate", "65", "--duration", "500ms", "--key", "secret", &base];
    let ran = bench(&arguments);
    let said = text(&ran.stdout);
    assert!(ran.status.success() && said.contains("native: 1 refused with 429: slower"), "{said}");
    let sent = receiver.received();
    assert_eq!(sent[0].message, sent[1].message);
    assert_ne!(sent[1].message, sent[2].message);
    assert!(sent.iter().all(|sent| sent.header("authorization") == "Bearer secret"));
}

#[test]
fn what_cannot_work_ends_with_a_word() {
    let away = bench(&["http://127.0.0.1:1"]);
    assert!(!away.status.success());
    assert!(text(&away.stderr).contains("the gateway does not answer: "), "{}", text(&away.stderr));
    let gateway = Gateway::start();
    let public = format!("http://{}", gateway.public);
    let lost = format!("{public}/nowhere");
    let cases: [(&[&str], &str); 5] = [
        (&["--protocol", "cmdc", &public], "possible values: native, cmcd"),
        (&["127.0.0.1:8080"], "it looks like `http://"),
        (&["--rate", "0", &public], "--rate"),
        (&["--duration", "300ms", &lost], "accepted nothing by native"),
        (&["--internal", "http://127.0.0.1:1", &public], "http://127.0.0.1:1/metrics"),
    ];
    for (arguments, answer) in cases {
        let failed = bench(arguments);
        let said = text(&failed.stderr);
        assert!(!failed.status.success() && said.contains(answer), "{arguments:?}: {said}");
    }
}

#[test]
fn what_would_be_sent_can_be_read() {
    let printed = bench(&["--protocol", "epas,cdn_log", "--print"]);
    let said = text(&printed.stdout);
    assert!(printed.status.success());
    assert_eq!(said.matches("POST /epas\ncontent-type: application/json\n").count(), 2);
    assert!(said.contains("POST /cmcd/logs?format=nginx") && said.contains("\"event\":\"heartbeat\""));
    let help = text(&bench(&["--help"]).stdout);
    assert!(help.contains("openqoe bench --protocol all --rate 6000 --internal http://127.0.0.1:8889"));
}
