//! A journal or a checkpoint that is not as it was left: the start says what is lost, everything else is counted, and what
//! reporters send again is counted once.

use std::fs;
use std::path::{Path, PathBuf};

use crate::durability::{EVENTS, body};
use crate::harness::{Gateway, folder};

const BATCHES: u64 = 10;
const LOST: &str = "a part of the journal is lost";

fn start(folder: &Path, checkpoints: &str) -> Gateway {
    let environment = [
        ("OPENQOE_DATA_DIR", folder.to_str().unwrap()),
        ("OPENQOE_JOURNAL_CHECKPOINT_INTERVAL", checkpoints),
        ("OPENQOE_SHARDS", "1"),
    ];
    Gateway::start_with(&["serve"], &environment)
}

fn send_all(gateway: &Gateway) {
    for batch in 0..BATCHES {
        assert_eq!(gateway.post(body(&format!("s{batch}"), 0).as_bytes()).status, 200);
    }
}

fn counted(gateway: &Gateway) -> u64 {
    gateway.value("openqoe_net_download_bytes_total") as u64 / EVENTS
}

fn replay_errors(gateway: &Gateway) -> f64 {
    gateway.value("openqoe_journal_errors_total{operation=\"replay\"}")
}

/// The segment of a gateway that took everything in and was killed.
fn left_behind(folder: &Path) -> PathBuf {
    let gateway = start(folder, "1h");
    send_all(&gateway);
    gateway.kill();
    files(&folder.join("journal/0"), "segment").pop().unwrap()
}

fn files(folder: &Path, part: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.file_name().unwrap().to_str().unwrap().contains(part)).collect();
    paths.sort();
    paths
}

/// What happens to a segment, and how many batches it costs.
type Case = (&'static str, fn(&mut Vec<u8>), u64);

#[test]
fn a_damaged_journal_costs_what_is_damaged() {
    let cases: [Case; 5] = [
        ("cut", |bytes| bytes.truncate(bytes.len() - 5), 1),
        ("flipped-at-the-end", |bytes| *bytes.last_mut().unwrap() ^= 0x55, 1),
        ("noise-behind-the-end", |bytes| bytes.extend_from_slice(&[0xa5; 100]), 0),
        ("flipped-in-the-middle", |bytes| bytes[500] ^= 0x55, 1),
        ("zeroed-in-the-middle", |bytes| bytes[300..320].fill(0), 1),
    ];
    for (name, damage, lost) in cases {
        let folder = folder(&format!("damage-{name}"));
        let segment = left_behind(&folder);
        let mut bytes = fs::read(&segment).unwrap();
        damage(&mut bytes);
        fs::write(&segment, bytes).unwrap();
        let gateway = start(&folder, "1h");
        assert_eq!(counted(&gateway), BATCHES - lost, "{name}");
        assert_eq!(replay_errors(&gateway), 1.0, "{name}");
        let log = gateway.told_of(LOST);
        assert!(log.contains(segment.to_str().unwrap()), "{name}: {log}");
        // Its senders go on, or send it again.
        send_all(&gateway);
        assert_eq!(counted(&gateway), BATCHES, "{name}");
        gateway.kill();
        let gateway = start(&folder, "1h");
        assert_eq!(counted(&gateway), BATCHES, "{name}");
    }
}

#[test]
fn a_missing_segment_is_told_and_the_checkpoint_counts() {
    let folder = folder("damage-missing");
    let gateway = start(&folder, "20ms");
    send_all(&gateway);
    while files(&folder, "checkpoint-").is_empty() {
        std::thread::yield_now();
    }
    let made = || gateway.value("openqoe_journal_checkpoint_duration_seconds_count");
    let enough = made() + 2.0;
    while made() < enough {
        gateway.post(body("another", 0).as_bytes());
    }
    gateway.kill();
    let segments = files(&folder.join("journal/0"), "segment");
    segments.iter().for_each(|segment| fs::remove_file(segment).unwrap());
    let gateway = start(&folder, "1h");
    assert_eq!(counted(&gateway), BATCHES + 1);
    assert_eq!(replay_errors(&gateway), 1.0);
    let log = gateway.told_of(LOST);
    assert!(log.contains("are not there"), "{log}");
    assert_eq!(gateway.post(body("one more", 0).as_bytes()).status, 200);
    gateway.kill();
    let gateway = start(&folder, "1h");
    assert_eq!(counted(&gateway), BATCHES + 2);
    assert_eq!(replay_errors(&gateway), 0.0);
}

/// Damaged checkpoints are passed over, and must not push out those that are made afterwards.
#[test]
fn truncated_checkpoints_are_told_and_replaced() {
    let folder = folder("damage-checkpoints");
    let gateway = start(&folder, "20ms");
    let made = |gateway: &Gateway| gateway.value("openqoe_journal_checkpoint_duration_seconds_count");
    let mut number = 0;
    while made(&gateway) < 3.0 {
        gateway.post(body(&format!("c{number}"), 0).as_bytes());
        number += 1;
    }
    let before = counted(&gateway);
    gateway.kill();
    for checkpoint in files(&folder, "checkpoint-") {
        let bytes = fs::read(&checkpoint).unwrap();
        fs::write(&checkpoint, &bytes[..bytes.len() / 2]).unwrap();
    }
    let gateway = start(&folder, "20ms");
    assert_eq!(counted(&gateway), before);
    let log = gateway.told_of("cannot be used: ");
    assert_eq!(log.matches("cannot be used: ").count(), 2, "{log}");
    while made(&gateway) < 1.0 {
        std::thread::yield_now();
    }
    gateway.kill();
    let gateway = start(&folder, "1h");
    assert_eq!(
        gateway.value("openqoe_journal_replayed_batches_total"),
        0.0,
        "the checkpoint just made counts"
    );
    assert_eq!(counted(&gateway), before);
}
