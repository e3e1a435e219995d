//! A disk that is full, or may not be written: senders are told to retry, the ledger stays exact, ingest goes on by itself,
//! and what was acknowledged is there after a restart.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::durability::{EVENTS, body};
use crate::harness::{Answer, Gateway, folder, skipped};

/// A file system of the test's own, in memory.
struct Disk(PathBuf);

impl Disk {
    fn mount(name: &str) -> Option<Disk> {
        let place = folder(name);
        fs::create_dir_all(&place).unwrap();
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(&place).output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Disk(place));
        }
        skipped(name, "to mount a file system takes root");
        None
    }

    /// Takes all the room there is but for so many bytes.
    fn fill(&self, but: usize) {
        let filler = self.0.join("filler");
        let _ = fs::write(&filler, vec![0; 8 << 20]);
        let length = usize::try_from(filler.metadata().unwrap().len()).unwrap();
        fs::File::options().write(true).open(filler).unwrap().set_len((length - but) as u64).unwrap();
    }

    fn make_room(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn start(data: &Path, checkpoints: &str) -> Gateway {
    let environment = [
        ("OPENQOE_DATA_DIR", data.to_str().unwrap()),
        ("OPENQOE_JOURNAL_CHECKPOINT_INTERVAL", checkpoints),
        ("OPENQOE_SHARDS", "1"),
    ];
    Gateway::start_with(&["serve"], &environment)
}

/// A sender that knows what became of its events.
#[derive(Default)]
struct Sender {
    batch: u64,
    acknowledged: u64,
    refused: u64,
}

impl Sender {
    /// Sends the next batch, or once more the one that was refused.
    fn send(&mut self, gateway: &Gateway) -> Answer {
        let answer = gateway.post(body(&format!("s{}", self.batch), 0).as_bytes());
        match answer.status {
            200 => {
                self.batch += 1;
                self.acknowledged += EVENTS;
            }
            503 => {
                self.refused += EVENTS;
                assert!(answer.head.contains("retry-after: "), "{}", answer.head);
            }
            other => panic!("{other}: {}", answer.text()),
        }
        answer
    }

    fn send_until(&mut self, gateway: &Gateway, status: u16) {
        while self.send(gateway).status != status {}
    }
}

fn counted(gateway: &Gateway) -> f64 {
    gateway.value("openqoe_net_download_bytes_total")
}

const APPEND_ERRORS: &str = "openqoe_journal_errors_total{operation=\"append\"}";
const FULL: &str = "the journal cannot take what comes";

#[test]
fn a_full_disk_is_told_and_outlived() {
    let Some(disk) = Disk::mount("disk-full") else { return };
    let data = disk.0.join("data");
    let gateway = start(&data, "1h");
    disk.fill(100 << 10);
    let mut sender = Sender::default();
    sender.send_until(&gateway, 503);
    for _ in 0..20 {
        assert_eq!(sender.send(&gateway).json()["error"], "journal");
    }
    // What time has changed finds no room either, whenever somebody looks.
    assert!(gateway.value(APPEND_ERRORS) >= 21.0);
    assert_eq!(counted(&gateway), sender.acknowledged as f64);
    let outcome = |outcome: &str| {
        gateway.value(&format!("openqoe_ingest_event_outcomes_total{{tenant=\"default\",protocol=\"native\",outcome=\"{outcome}\""))
    };
    assert_eq!((outcome("counted"), outcome("shed")), (sender.acknowledged as f64, sender.refused as f64));
    let received = gateway.value("openqoe_ingest_events_received_total");
    assert_eq!(received, (sender.acknowledged + sender.refused) as f64);
    // What refused it was no lack of the process.
    assert_eq!(gateway.get("/-/healthy").status, 200);

    disk.make_room();
    sender.send_until(&gateway, 200);
    (0..20).for_each(|_| assert_eq!(sender.send(&gateway).status, 200));
    assert_eq!(counted(&gateway), sender.acknowledged as f64);
    let log = gateway.told_of("takes batches again");
    assert_eq!(log.matches(FULL).count(), 1, "{log}");
    assert!(log.contains("No space left on device"), "{log}");

    // Once more, and the process dies while there is no room.
    disk.fill(0);
    sender.send_until(&gateway, 503);
    gateway.kill();
    let gateway = start(&data, "1h");
    assert_eq!(counted(&gateway), sender.acknowledged as f64);
    sender.send_until(&gateway, 503);
    disk.make_room();
    sender.send_until(&gateway, 200);
    gateway.kill();
    assert_eq!(counted(&start(&data, "1h")), sender.acknowledged as f64);
}

#[test]
fn a_checkpoint_that_finds_no_room_is_told_and_made_later() {
    let Some(disk) = Disk::mount("disk-checkpoint") else { return };
    let data = disk.0.join("data");
    let gateway = start(&data, "50ms");
    let failed = "openqoe_journal_errors_total{operation=\"checkpoint\"}";
    disk.fill(0);
    let mut sender = Sender::default();
    while gateway.value(failed) < 2.0 {
        sender.send(&gateway);
    }
    gateway.told_of("no checkpoint; the journal is kept until there is one");
    disk.make_room();
    sender.send_until(&gateway, 200);
    let made = || gateway.value("openqoe_journal_checkpoint_duration_seconds_count");
    let before = made();
    while made() == before {
        sender.send(&gateway);
    }
    gateway.kill();
    assert_eq!(counted(&start(&data, "1h")), sender.acknowledged as f64);
}

fn refused_start(data: &Path) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_openqoe"))
        .args(["serve", "--listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"])
        .env("OPENQOE_DATA_DIR", data)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, error)
}

#[test]
fn a_read_only_data_directory_is_named_at_the_start() {
    let Some(disk) = Disk::mount("disk-read-only") else { return };
    let data = disk.0.join("data");
    let mut sender = Sender::default();
    let gateway = start(&data, "1h");
    sender.send(&gateway);
    gateway.kill();
    let remount = |way: &str| {
        let options = format!("remount,{way}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&disk.0).status().unwrap().success());
    };
    remount("ro");
    for place in [data.clone(), disk.0.join("new")] {
        let (output, error) = refused_start(&place);
        assert!(!output.status.success());
        for part in ["data directory", place.to_str().unwrap(), "Read-only file system"] {
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
    }
    remount("rw");
    assert_eq!(counted(&start(&data, "1h")), sender.acknowledged as f64);
}

/// Makes files immutable, as a file system is that the kernel has taken for broken.
struct Immutable(Vec<PathBuf>);

impl Immutable {
    fn of(place: &Path) -> Option<Immutable> {
        let find = Command::new("find").arg(place).output().unwrap();
        let paths: Vec<PathBuf> = String::from_utf8_lossy(&find.stdout).lines().map(PathBuf::from).collect();
        let immutable = Immutable(paths);
        immutable.set("+i").then_some(immutable)
    }

    fn set(&self, change: &str) -> bool {
        let output = Command::new("chattr").arg(change).args(&self.0).output();
        output.is_ok_and(|output| output.status.success())
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        self.set("-i");
    }
}

#[test]
fn a_disk_that_turns_read_only_is_told_and_outlived() {
    let data = folder("disk-turns-read-only");
    let gateway = start(&data, "1h");
    let mut sender = Sender::default();
    sender.send_until(&gateway, 200);
    let Some(immutable) = Immutable::of(&data) else {
        return skipped("a disk that turns read-only", "needs chattr +i: root, and ext4 or the like");
    };
    (0..5).for_each(|_| assert_eq!(sender.send(&gateway).status, 503));
    assert!(gateway.value(APPEND_ERRORS) >= 5.0);
    assert_eq!(gateway.told_of(FULL).matches(FULL).count(), 1);
    drop(immutable);
    (0..5).for_each(|_| assert_eq!(sender.send(&gateway).status, 200));
    gateway.kill();
    assert_eq!(counted(&start(&data, "1h")), sender.acknowledged as f64);
}
