//! What was acknowledged is counted exactly once, whatever happens to the process.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use openqoe_spec::SPEC_VERSION;
use serde_json::json;

use crate::harness::{Gateway, batch, folder, view};

fn start(folder: &std::path::Path, checkpoints: &str) -> Gateway {
    let environment = [
        ("OPENQOE_DATA_DIR", folder.to_str().unwrap()),
        ("OPENQOE_JOURNAL_CHECKPOINT_INTERVAL", checkpoints),
    ];
    Gateway::start_with(&["serve"], &environment)
}

#[test]
fn a_killed_gateway_comes_back_as_it_was() {
    let folder = folder("killed");
    let gateway = start(&folder, "1h");
    gateway.send("a", &view());
    gateway.send("b", &view());
    let series = |gateway: &Gateway| -> Vec<String> {
        let text = gateway.metrics();
        let lines = text.lines().filter(|line| !line.starts_with("process_") && !line.starts_with('#'));
        let ours = lines.filter(|line| {
            !["_ingest_", "_gateway_", "_journal_", "_slo_"].iter().any(|own| line.contains(own))
        });
        ours.map(str::to_owned).collect()
    };
    let before = series(&gateway);
    gateway.kill();
    let gateway = start(&folder, "1h");
    assert_eq!(series(&gateway), before);
    assert_eq!(gateway.value("openqoe_journal_replayed_batches_total"), 2.0);
    // The sender did not hear of it and sends again.
    gateway.send("b", &view());
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 2.0);
    assert_eq!(gateway.value("openqoe_playback_active_sessions"), 2.0);
}

/// A gateway of several shards with room for three titles, and no checkpoint but the one its end leaves.
fn budgeted(folder: &std::path::Path) -> Gateway {
    let environment = [
        ("OPENQOE_DATA_DIR", folder.to_str().unwrap()),
        ("OPENQOE_SHARDS", "4"),
        ("OPENQOE_LIMITS_BUDGETS_ASSET_ID", "3"),
        ("OPENQOE_JOURNAL_CHECKPOINT_INTERVAL", "1h"),
    ];
    Gateway::start_with(&["serve"], &environment)
}

fn plays(gateway: &Gateway) -> Vec<String> {
    let text = gateway.metrics();
    text.lines().filter(|line| line.starts_with("openqoe_startup_plays_total")).map(str::to_owned).collect()
}

/// Sends views of forty titles; returns what is counted of them.
fn spend(gateway: &Gateway) -> Vec<String> {
    for number in 0..40 {
        let mut batch = batch(&format!("s{number}"), &view());
        batch["session"]["attributes"]["asset_id"] = json!(format!("asset-{number}"));
        gateway.post(batch.to_string().as_bytes());
    }
    let plays = plays(gateway);
    assert_eq!(plays.len(), 4, "{plays:?}");
    plays
}

/// Shards replay side by side; who had got the last room of a budget must not depend on which is faster.
#[test]
fn a_budget_is_spent_on_the_same_values_again() {
    let folder = folder("budget");
    let gateway = budgeted(&folder);
    let before = spend(&gateway);
    gateway.kill();
    for _ in 0..3 {
        let gateway = budgeted(&folder);
        assert_eq!(plays(&gateway), before);
        gateway.kill();
    }
}

/// With no checkpoint to begin with, the whole journal is replayed, and all that was admitted meanwhile counts.
#[test]
fn a_budget_outlives_a_damaged_checkpoint() {
    let folder = folder("budget-damaged");
    let mut gateway = budgeted(&folder);
    let before = spend(&gateway);
    std::process::Command::new("kill").args(["-TERM", &gateway.child.id().to_string()]).status().unwrap();
    assert!(gateway.child.wait().unwrap().success());
    for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.file_name().unwrap().to_str().unwrap().starts_with("checkpoint-") {
            std::fs::write(file, b"damaged").unwrap();
        }
    }
    for _ in 0..3 {
        let gateway = budgeted(&folder);
        assert_eq!(plays(&gateway), before);
        gateway.kill();
    }
}

#[test]
fn a_drained_gateway_replays_nothing() {
    let folder = folder("drained");
    let mut gateway = start(&folder, "1h");
    gateway.send("a", &view());
    std::process::Command::new("kill").args(["-TERM", &gateway.child.id().to_string()]).status().unwrap();
    assert!(gateway.child.wait().unwrap().success());
    let gateway = start(&folder, "1h");
    assert_eq!(gateway.value("openqoe_journal_replayed_batches_total"), 0.0);
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 1.0);
}

#[test]
fn a_damaged_checkpoint_is_passed_over() {
    let folder = folder("damaged");
    let gateway = start(&folder, "1ms");
    gateway.send("a", &view());
    while gateway.value("openqoe_journal_checkpoint_duration_seconds_count") < 1.0 {
        std::thread::yield_now();
    }
    gateway.kill();
    for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.file_name().unwrap().to_str().unwrap().starts_with("checkpoint-") {
            std::fs::write(file, b"OQOECP01 but not whole").unwrap();
        }
    }
    let gateway = start(&folder, "1h");
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 1.0);
    assert_eq!(gateway.value("openqoe_journal_replayed_batches_total"), 1.0);
}

#[test]
fn two_gateways_do_not_share_a_journal() {
    let folder = folder("shared");
    let _first = start(&folder, "1h");
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_openqoe"))
        .args(["serve", "--listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"])
        .env("OPENQOE_DATA_DIR", &folder)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && error.contains("data directory"), "{error}");
}

/// Senders that retry until they are acknowledged, as the SDK does.
pub(crate) struct Load {
    pub(crate) address: Mutex<String>,
    stop: AtomicBool,
    acknowledged: AtomicU64,
}

/// Events of one batch.
pub(crate) const EVENTS: u64 = 10;

impl Load {
    /// Starts senders; [`Load::end`] ends them.
    pub(crate) fn start(address: &str, senders: usize) -> (Arc<Load>, Vec<JoinHandle<()>>) {
        let load = Arc::new(Load {
            address: Mutex::new(address.to_owned()),
            stop: AtomicBool::new(false),
            acknowledged: AtomicU64::new(0),
        });
        let run = |sender| {
            let load = load.clone();
            std::thread::spawn(move || load.run(sender))
        };
        let threads = (0..senders).map(run).collect();
        (load, threads)
    }

    /// Waits until so many more events have been acknowledged.
    pub(crate) fn wait_for(&self, events: u64) {
        let target = self.acknowledged.load(Ordering::Relaxed) + events;
        while self.acknowledged.load(Ordering::Relaxed) < target {
            std::thread::yield_now();
        }
    }

    /// Ends the senders; returns how many events were acknowledged.
    pub(crate) fn end(&self, senders: Vec<JoinHandle<()>>) -> f64 {
        self.stop.store(true, Ordering::Relaxed);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        self.acknowledged.load(Ordering::Relaxed) as f64
    }

    fn run(&self, sender: usize) {
        for session in 0.. {
            for batch in 0..20 {
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
                let body = body(&format!("{sender}-{session}"), batch);
                while !self.post(&body) {
                    std::thread::yield_now();
                }
                self.acknowledged.fetch_add(EVENTS, Ordering::Relaxed);
            }
        }
    }

    /// Whether the batch was acknowledged.
    fn post(&self, body: &str) -> bool {
        let address = self.address.lock().unwrap().clone();
        let Ok(mut stream) = TcpStream::connect(&address) else { return false };
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let head = "POST /v1/ingest HTTP/1.1\r\nhost: x\r\nconnection: close";
        let request = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let mut answer = String::new();
        stream.write_all(request.as_bytes()).is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 200")
    }
}

/// Each event counts one byte, so that events can be counted to the last one.
pub(crate) fn body(session: &str, batch: u64) -> String {
    let events: Vec<_> = (batch * EVENTS..(batch + 1) * EVENTS)
        .map(|seq| json!({ "seq": seq, "t": seq, "type": "download", "kind": "video", "bytes": 1 }))
        .collect();
    json!({
        "spec_version": SPEC_VERSION, "sent_at": 1, "session": { "session_id": session, "started_at": 1 }, "events": events,
    })
    .to_string()
}

#[test]
fn killed_under_load_again_and_again() {
    let rounds: u64 = std::env::var("OPENQOE_KILL_ROUNDS").map_or(4, |rounds| rounds.parse().unwrap());
    let folder = folder("load");
    let counted = |gateway: &Gateway| gateway.value("openqoe_net_download_bytes_total");
    let mut gateway = start(&folder, "200ms");
    let (load, senders) = Load::start(&gateway.public, 4);
    for _ in 0..rounds {
        load.wait_for(3000);
        let acknowledged = load.acknowledged.load(Ordering::Relaxed) as f64;
        let seen = counted(&gateway);
        assert!(seen >= acknowledged, "{acknowledged} events were acknowledged, {seen} are counted");
        gateway.kill();
        gateway = start(&folder, "200ms");
        let back = counted(&gateway);
        assert!(back >= seen, "a counter went back from {seen} to {back}");
        *load.address.lock().unwrap() = gateway.public.clone();
    }
    let acknowledged = load.end(senders);
    assert_eq!(counted(&gateway), acknowledged, "events counted and acknowledged after {rounds} kills");
    println!("{rounds} kills, {acknowledged} events, each counted once");
}
