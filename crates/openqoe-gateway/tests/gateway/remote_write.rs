//! Remote write towards a receiver that behaves in every way there is: what is sent, in which version, in which order, and
//! what becomes of it.

use std::path::Path;

use crate::harness::{Gateway, folder, view};
use crate::receiver::{Receiver, eventually, free_address, taken, written};

/// A gateway that pushes often.
fn pushing(url: &str, more: &[(&str, &str)]) -> Gateway {
    let fixed = [("OPENQOE_REMOTE_WRITE_INTERVAL", "100ms"), ("OPENQOE_PROM_REMOTE_WRITE_URL", url)];
    Gateway::start_with(&["serve"], &[&fixed, more].concat())
}

fn outcome(gateway: &Gateway, outcome: &str) -> f64 {
    gateway.value(&format!("openqoe_remote_write_requests_total{{outcome=\"{outcome}\"}}"))
}

fn dropped(gateway: &Gateway) -> f64 {
    gateway.value("openqoe_remote_write_samples_dropped_total")
}

fn terminate(mut gateway: Gateway) {
    std::process::Command::new("kill").args(["-TERM", &gateway.child.id().to_string()]).status().unwrap();
    assert!(gateway.child.wait().unwrap().success());
    let log = gateway.log();
    assert!(!log.contains("panicked"), "{log}");
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("remote-write")).unwrap().count()
}

#[test]
fn a_receiver_of_2_0_gets_everything_2_0_has() {
    let receiver = Receiver::start(|_, received| written(received));
    let token = std::env::temp_dir().join(format!("openqoe-token-{}", std::process::id()));
    std::fs::write(&token, "t0ken\n").unwrap();
    let more = [
        ("OPENQOE_REMOTE_WRITE_HISTOGRAMS", "both"),
        ("OPENQOE_REMOTE_WRITE_HEADERS", "X-Scope-OrgID=team-a"),
        ("OPENQOE_REMOTE_WRITE_EXTERNAL_LABELS", "region=eu"),
        ("OPENQOE_REMOTE_WRITE_BEARER_TOKEN_FILE", token.to_str().unwrap()),
    ];
    let gateway = pushing(&receiver.url, &more);
    gateway.send("s", &view());
    let has_view =
        |received: &crate::receiver::Received| received.value("openqoe_startup_plays_total") == Some(1.0);
    let received = eventually("the view", || receiver.received().into_iter().find(has_view));
    for (name, value) in [
        ("content-type", "application/x-protobuf;proto=io.prometheus.write.v2.Request"),
        ("x-prometheus-remote-write-version", "2.0.0"),
        ("x-scope-orgid", "team-a"),
        ("authorization", "Bearer t0ken"),
        ("user-agent", "openqoe/0.1.0"),
    ] {
        assert_eq!(received.header(name), value);
    }
    let push = received.push();
    assert!(push.series.iter().all(|series| series.label("region") == "eu"));
    let plays = push.series.iter().find(|series| series.name() == "openqoe_startup_plays_total").unwrap();
    assert_eq!(plays.metadata.as_ref().map(|about| about.0), Some(1));
    // It was not there at the push before the view, so its count began after that.
    assert!(plays.samples[0].start > 0 && plays.samples[0].start < plays.samples[0].timestamp);
    let native = push.series.iter().find(|series| series.name() == "openqoe_startup_time_seconds").unwrap();
    assert_eq!((native.histograms[0].count, native.histograms[0].sum), (Some(1), 1.0));
    let all = || receiver.received().into_iter().flat_map(|received| received.push().series);
    let exemplar =
        eventually("an exemplar", || all().find_map(|series| Some(series.exemplars.first()?.labels.clone())));
    assert_eq!(exemplar, [("session_id".to_owned(), "s".to_owned())]);
    gateway.told_of("the receiver is sent 2.0");
    assert_eq!((outcome(&gateway, "unsupported"), dropped(&gateway)), (0.0, 0.0));
    let last = gateway.value("openqoe_remote_write_last_success_timestamp_seconds");
    assert!(last > gateway.value("process_start_time_seconds"));
}

#[test]
fn a_receiver_that_turns_2_0_down_gets_1_0() {
    for status in [415, 400, 204] {
        let receiver = Receiver::start(move |_, received| match received.is_2_0() {
            true => (status, String::new(), "no"),
            false => taken(),
        });
        let gateway = pushing(&receiver.url, &[]);
        let received = receiver.wait(4);
        let versions: Vec<bool> = received.iter().map(crate::receiver::Received::is_2_0).collect();
        assert_eq!(versions[..4], [true, false, false, false]);
        assert_eq!(received[1].header("x-prometheus-remote-write-version"), "0.1.0");
        assert_eq!(received[1].header("content-type"), "application/x-protobuf");
        assert_eq!(received[0].push().series.len(), received[1].push().series.len());
        assert_eq!(received[0].at(), received[1].at());
        // Once a minute a receiver of 1.0 is told what the metrics are.
        assert!(!received[1].push().metadata.is_empty() && received[2].push().metadata.is_empty());
        gateway.told_of("the receiver is sent 1.0");
        assert_eq!((outcome(&gateway, "unsupported"), outcome(&gateway, "refused")), (1.0, 0.0));
        assert_eq!(gateway.told().matches("is sent").count(), 1);
    }
}

#[test]
fn requests_are_bounded_and_stay_in_order_through_trouble() {
    let receiver = Receiver::start(|before, received| match before {
        0..4 => (503, "Retry-After: 0\r\n".to_owned(), "later\n"),
        4..6 => (429, String::new(), ""),
        _ => written(received),
    });
    let gateway = pushing(&receiver.url, &[("OPENQOE_REMOTE_WRITE_MAX_SAMPLES", "50")]);
    let received = eventually("some pushes", || {
        let taken = receiver.received().split_off(6.min(receiver.received().len()));
        Some(taken).filter(|taken| taken.len() > 12)
    });
    assert!(received.iter().all(|received| received.push().series.len() <= 50));
    assert!(received.is_sorted_by_key(crate::receiver::Received::at));
    let mut samples: Vec<_> = received
        .iter()
        .flat_map(|received| received.push().series.into_iter().map(|series| (received.at(), series.labels)))
        .collect();
    let all = samples.len();
    samples.sort();
    samples.dedup();
    assert_eq!(samples.len(), all, "a sample came twice");
    assert_eq!(outcome(&gateway, "retried"), 6.0);
    eventually("the end of the outage", || gateway.told().contains("the receiver is back").then_some(()));
    let told = gateway.told();
    assert_eq!(told.matches("takes no samples").count(), 1, "{told}");
    assert!(told.contains("503 Service Unavailable later"), "{told}");
}

#[test]
fn what_the_receiver_refuses_is_counted_and_not_sent_again() {
    let receiver = Receiver::start(|before, _| match before {
        0..3 => (400, String::new(), "out of order sample\nmore"),
        _ => taken(),
    });
    let gateway = pushing(&receiver.url, &[("OPENQOE_REMOTE_WRITE_PROTOCOL", "1.0")]);
    let received = receiver.wait(5);
    assert!(received[..5].is_sorted_by(|a, b| a.at() < b.at()), "a request came twice");
    let failed: usize = received[..3].iter().map(|received| received.push().series.len()).sum();
    assert_eq!(gateway.value("openqoe_remote_write_samples_failed_total"), failed as f64);
    assert_eq!(outcome(&gateway, "refused"), 3.0);
    let told = gateway.told();
    assert_eq!(told.matches("out of order sample").count(), 1, "{told}");
}

#[test]
fn what_waits_survives_the_process_however_it_ends() {
    let (address, folder) = (free_address(), folder("push-restart"));
    let url = format!("http://{address}/api/v1/write");
    let data = [("OPENQOE_DATA_DIR", folder.to_str().unwrap())];
    for (session, ends_well) in [("a", true), ("b", false)] {
        let gateway = pushing(&url, &data);
        gateway.send(session, &view());
        let pending = || gateway.value("openqoe_remote_write_pending_requests");
        let before = pending();
        eventually("pushes to wait", || (pending() >= before + 3.0).then_some(()));
        gateway.told_of("takes no samples");
        assert!(gateway.value("openqoe_remote_write_oldest_pending_age_seconds") > 0.0);
        let least = files(&folder);
        if ends_well {
            terminate(gateway)
        } else {
            gateway.kill()
        }
        assert!(files(&folder) >= least, "of {least} files {} are left", files(&folder));
    }
    let waiting = files(&folder);
    assert!(waiting >= 4, "{waiting} files");
    let gateway = pushing(&url, &data);
    gateway.told_of("takes no samples");
    let receiver = Receiver::listen(&address, |_, received| written(received));
    let received = receiver.wait(waiting + 2);
    assert!(received.is_sorted_by(|a, b| a.at() < b.at()), "out of order, or twice");
    let plays: Vec<f64> =
        received.iter().filter_map(|received| received.value("openqoe_startup_plays_total")).collect();
    assert!(plays.is_sorted() && plays.contains(&1.0) && plays.contains(&2.0), "{plays:?}");
    gateway.told_of("the receiver is back");
    eventually("an empty queue", || {
        (gateway.value("openqoe_remote_write_pending_requests") == 0.0).then_some(())
    });
    assert_eq!(dropped(&gateway), 0.0);
    eventually("no files", || (files(&folder) <= 1).then_some(()));
}

#[test]
fn the_last_thing_a_gateway_does_is_push() {
    let receiver = Receiver::start(|_, received| written(received));
    let once = [("OPENQOE_REMOTE_WRITE_INTERVAL", "1h"), ("OPENQOE_REMOTE_WRITE_MAX_SAMPLES", "100000")];
    let gateway = pushing(&receiver.url, &once);
    receiver.wait(1);
    gateway.send("s", &view());
    terminate(gateway);
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[1].value("openqoe_startup_plays_total"), Some(1.0));
}

#[test]
fn a_full_queue_drops_the_oldest_and_says_so() {
    let url = format!("http://{}/api/v1/write", free_address());
    let gateway = pushing(&url, &[("OPENQOE_REMOTE_WRITE_QUEUE_MAX_BYTES", "20000")]);
    let full = "openqoe_remote_write_samples_dropped_total{reason=\"queue_full\"}";
    eventually("drops", || (gateway.value(full) > 0.0).then_some(()));
    assert!(gateway.value("openqoe_remote_write_pending_bytes") <= 20_000.0);
    gateway.told_of("samples are dropped unsent");
    assert_eq!(gateway.send("s", &view()).status, 200);
}

#[test]
fn without_a_receiver_there_is_no_remote_write() {
    let gateway = Gateway::start();
    assert!(!gateway.metrics().contains("openqoe_remote_write"));
}
