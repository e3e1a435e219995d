//! Order, bounds, restarts and a disk that does not do its part.

use openqoe_metrics::{SINKS, Snapshot};

use super::*;

const NOW: u64 = 1_700_000_000_000;

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("openqoe-queue-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn open(folder: Option<PathBuf>, max_bytes: u64) -> Queue {
    let bounds = Bounds { max_bytes, max_age: Duration::from_secs(10) };
    Queue::open(folder, bounds, Arc::new(SharedRow::process())).unwrap()
}

/// A request of incompressible bytes.
fn request(at: u64, bytes: usize) -> Request {
    let about = About { at, samples: 3, metadata: false };
    Request { about, body: vec![at as u8; bytes] }
}

fn drain(queue: &mut Queue, now: u64) -> Vec<u64> {
    let mut sent = Vec::new();
    while let Some((number, request)) = queue.first(now) {
        sent.push(request.about.at);
        queue.remove(number);
    }
    sent
}

fn value(queue: &Queue, line: &str) -> f64 {
    queue.show(NOW);
    let mut snapshot = Snapshot::default();
    queue.process.snapshot_into(&mut snapshot);
    let text = String::from_utf8(snapshot.encode(&SINKS[0])).unwrap();
    let found = text.lines().find_map(|each| each.strip_prefix(&format!("openqoe_remote_write_{line} ")));
    found.unwrap_or_else(|| panic!("no {line} in {text}")).parse().unwrap()
}

#[test]
fn requests_come_out_as_they_went_in_also_after_a_restart() {
    for folder in [None, Some(folder("order"))] {
        let mut queue = open(folder.clone(), 1 << 20);
        for at in NOW..NOW + 12 {
            queue.push(request(at, 10), NOW);
        }
        assert_eq!((value(&queue, "pending_requests"), value(&queue, "pending_bytes")), (12.0, 120.0));
        let (number, _) = queue.first(NOW).unwrap();
        queue.remove(number);
        let mut expected: Vec<u64> = (NOW + 1..NOW + 12).collect();
        if let Some(folder) = folder {
            std::fs::write(folder.join("00000000000000000099.tmp"), b"half").unwrap();
            drop(queue);
            queue = open(Some(folder.clone()), 1 << 20);
            queue.push(request(NOW + 12, 10), NOW);
            expected.push(NOW + 12);
            assert_eq!(drain(&mut queue, NOW), expected);
            assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        } else {
            assert_eq!(drain(&mut queue, NOW), expected);
        }
    }
}

#[test]
fn the_oldest_give_way_but_not_the_one_under_way() {
    let mut queue = open(Some(folder("full")), 35);
    for at in NOW..NOW + 3 {
        queue.push(request(at, 10), NOW);
    }
    let (number, _) = queue.first(NOW).unwrap();
    queue.push(request(NOW + 3, 10), NOW);
    assert_eq!(value(&queue, "samples_dropped_total{reason=\"queue_full\"}"), 3.0);
    queue.remove(number);
    assert_eq!(drain(&mut queue, NOW), [NOW + 2, NOW + 3]);
}

#[test]
fn the_old_are_dropped() {
    let mut queue = open(None, 1 << 20);
    queue.push(request(NOW - 9000, 10), NOW);
    queue.push(request(NOW, 10), NOW);
    assert_eq!(value(&queue, "oldest_pending_age_seconds"), 9.0);
    assert_eq!(drain(&mut queue, NOW + 2000), [NOW]);
    assert_eq!(value(&queue, "samples_dropped_total{reason=\"too_old\"}"), 3.0);
    assert_eq!(value(&queue, "oldest_pending_age_seconds"), 0.0);
}

#[test]
fn damage_costs_the_request_it_is_in() {
    let folder = folder("damaged");
    let mut queue = open(Some(folder.clone()), 1 << 20);
    for at in NOW..NOW + 3 {
        queue.push(request(at, 10), NOW);
    }
    drop(queue);
    let path = folder.join("00000000000000000001.push");
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    std::fs::write(folder.join("00000000000000000000.push"), b"short").unwrap();
    let mut queue = open(Some(folder), 1 << 20);
    assert_eq!(drain(&mut queue, NOW), [NOW + 2]);
    assert_eq!(value(&queue, "samples_dropped_total{reason=\"damaged\"}"), 3.0);
    assert_eq!(value(&queue, "queue_errors_total"), 2.0);
}

#[test]
fn what_cannot_be_written_waits_in_memory() {
    let folder = folder("unwritable");
    let mut queue = open(Some(folder.clone()), 1 << 20);
    queue.push(request(NOW, 10), NOW);
    let away = folder.with_extension("away");
    let _ = std::fs::remove_dir_all(&away);
    std::fs::rename(&folder, &away).unwrap();
    queue.push(request(NOW + 1, 10), NOW);
    assert_eq!(value(&queue, "queue_errors_total"), 1.0);
    std::fs::rename(&away, &folder).unwrap();
    queue.push(request(NOW + 2, 10), NOW);
    assert_eq!(drain(&mut queue, NOW), [NOW, NOW + 1, NOW + 2]);
}
