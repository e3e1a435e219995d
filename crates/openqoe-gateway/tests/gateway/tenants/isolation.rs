//! A tenant that does everything wrong costs another nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::Setup;
use crate::harness::{Gateway, batch, request};

const BATCHES: usize = 400;
const EVENTS: usize = 10;

fn send(gateway: &Gateway, key: &str, session: &str, asset: &str) -> u16 {
    let events = vec![json!({ "type": "download", "kind": "video", "bytes": 1 }); EVENTS];
    let mut body = batch(session, &events);
    body["session"]["attributes"]["asset_id"] = json!(asset);
    let bearer = format!("Bearer {key}");
    request(&gateway.public, "POST", "/v1/ingest", &[("authorization", &bearer)], body.to_string().as_bytes())
        .status
}

/// The p99 of a steady load; every batch must be taken.
fn steady(gateway: &Gateway, key: &str, name: &str) -> Duration {
    let mut times: Vec<Duration> = (0..BATCHES)
        .map(|number| {
            let started = Instant::now();
            assert_eq!(send(gateway, key, &format!("{name}-{number}"), "steady"), 200);
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[BATCHES * 99 / 100]
}

#[test]
fn a_tenant_beyond_all_its_limits_does_not_touch_another() {
    const RATE: f64 = 200.0;
    let config = format!(
        "[tenants.a.quota]\nevents_per_second = {RATE}\nlabel_sets = 20\nactive_sessions = 100\n[tenants.b]\n"
    );
    let setup = Setup::new("isolation", &config);
    let (a, b) = (setup.key("a", "server"), setup.key("b", "server"));
    let gateway = setup.start();
    let alone = steady(&gateway, &b, "alone");

    let (stop, began) = (AtomicBool::new(false), Instant::now());
    let (raging, offered) = std::thread::scope(|scope| {
        let ragers: Vec<_> = (0..4)
            .map(|rager| {
                let (gateway, a, stop) = (&gateway, &a, &stop);
                scope.spawn(move || {
                    let mut sent = 0;
                    while !stop.load(Ordering::Relaxed) {
                        let new = format!("{rager}-{sent}");
                        let status = send(gateway, a, &new, &new);
                        assert!(matches!(status, 200 | 429), "{status}");
                        sent += 1;
                    }
                    sent
                })
            })
            .collect();
        let mut raging = steady(&gateway, &b, "raging");
        // Long enough that the burst is spent.
        while began.elapsed() < Duration::from_secs(4) {
            raging = raging.max(steady(&gateway, &b, &format!("raging-{}", began.elapsed().as_nanos())));
        }
        stop.store(true, Ordering::Relaxed);
        let batches: usize = ragers.into_iter().map(|rager| rager.join().unwrap()).sum();
        (raging, (batches * EVENTS) as f64)
    });
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "p99 of the steady tenant: alone {alone:?}, beside {:.0} events/s of a quota of {RATE}: {raging:?}",
        offered / seconds
    );

    let outcome = |tenant: &str, outcome: &str| {
        gateway.value(&format!("openqoe_ingest_event_outcomes_total{{tenant=\"{tenant}\",protocol=\"native\",outcome=\"{outcome}\""))
    };
    let received =
        |tenant: &str| gateway.value(&format!("openqoe_ingest_events_received_total{{tenant=\"{tenant}\""));
    assert_eq!(received("b"), outcome("b", "counted"), "everything of the other tenant is counted");
    assert_eq!(gateway.value("openqoe_net_download_bytes_total{tenant=\"b\""), received("b"));
    assert_eq!((outcome("b", "shed"), outcome("b", "rejected")), (0.0, 0.0));
    assert_eq!(gateway.value("openqoe_metrics_label_sets{tenant=\"b\"}"), 1.0);

    assert!(offered >= 3.0 * RATE * seconds, "only {offered} events in {seconds} s");
    assert_eq!(received("a"), offered);
    assert_eq!(received("a"), outcome("a", "counted") + outcome("a", "shed"));
    assert!(outcome("a", "counted") <= RATE * (seconds + 2.0));
    assert!(gateway.value("openqoe_metrics_label_sets{tenant=\"a\"}") <= 20.0);
    assert!(gateway.value("openqoe_engine_sessions{tenant=\"a\",state=\"open\"}") <= 100.0);
    assert!(raging < Duration::from_secs(1), "{raging:?}");
}
