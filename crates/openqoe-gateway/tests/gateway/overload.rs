//! More than the gateway can take: it says so before it does any work, asks reporters for less, and the ledger stays exact.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::json;

use crate::harness::{Gateway, batch};

#[test]
fn overload_is_told_early_and_counted() {
    // A queue of so few batches is full as soon as senders meet.
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_LIMITS_QUEUE", "4"), ("OPENQOE_SHARDS", "1")]);
    let (hinted, refused, stop) = (AtomicBool::new(false), AtomicBool::new(false), AtomicBool::new(false));
    let accepted = AtomicU64::new(0);
    let events: Vec<_> =
        (0..500).map(|_| json!({ "type": "download", "kind": "video", "bytes": 1 })).collect();
    std::thread::scope(|scope| {
        for sender in 0..16 {
            let (gateway, events, accepted) = (&gateway, &events, &accepted);
            let (hinted, refused, stop) = (&hinted, &refused, &stop);
            scope.spawn(move || {
                for session in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let body = batch(&format!("{sender}-{session}"), events).to_string();
                    let answer = gateway.post(body.as_bytes());
                    match answer.status {
                        200 => {
                            accepted.fetch_add(500, Ordering::Relaxed);
                            let weight = &answer.json()["hints"]["download_weight"];
                            hinted.fetch_or(
                                [4, 8, 16].contains(&weight.as_u64().unwrap_or(0)),
                                Ordering::Relaxed,
                            );
                        }
                        503 => {
                            assert!(answer.head.contains("retry-after: "), "{}", answer.head);
                            refused.fetch_or(answer.json()["error"] == "overloaded", Ordering::Relaxed);
                        }
                        other => panic!("{other}: {}", answer.text()),
                    }
                    let seen = hinted.load(Ordering::Relaxed) && refused.load(Ordering::Relaxed);
                    stop.fetch_or(seen, Ordering::Relaxed);
                }
            });
        }
    });
    let counted = gateway.value("openqoe_net_download_bytes_total");
    assert_eq!(counted, accepted.load(Ordering::Relaxed) as f64);
    let outcomes = gateway.value("openqoe_ingest_event_outcomes_total");
    assert_eq!(gateway.value("openqoe_ingest_events_received_total"), outcomes);
    assert!(gateway.value("openqoe_ingest_batches_rejected_total{tenant=\"default\",protocol=\"native\",reason=\"overloaded\"}") > 0.0);
}
