//! Order, bounds, restarts and a disk that does not do its part.

use openqoe_metrics::{SINKS, Snapshot};
use proptest::prelude::*;

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
    assert_eq!(queue.persist(), 3);
    std::fs::rename(&away, &folder).unwrap();
    assert_eq!((queue.persist(), open(Some(folder.clone()), 1 << 20).pending()), (0, (2, 6)));
    queue.push(request(NOW + 2, 10), NOW);
    assert_eq!(drain(&mut queue, NOW), [NOW, NOW + 1, NOW + 2]);
}

#[test]
fn memory_is_bounded_and_files_do_not_pay_for_it() {
    let folder = folder("memory");
    let mut queue = open(Some(folder.clone()), u64::MAX);
    queue.push(request(NOW, 10), NOW);
    let away = folder.with_extension("away");
    let _ = std::fs::remove_dir_all(&away);
    std::fs::rename(&folder, &away).unwrap();
    for at in NOW + 1..NOW + 6 {
        queue.push(request(at, 15 << 20), NOW);
    }
    assert!(queue.totals.memory <= MAX_MEMORY);
    std::fs::rename(&away, &folder).unwrap();
    assert_eq!(drain(&mut queue, NOW), [NOW, NOW + 2, NOW + 3, NOW + 4, NOW + 5]);
}

#[test]
fn a_file_that_cannot_be_read_just_now_waits() {
    let folder = folder("unreadable");
    let mut queue = open(Some(folder.clone()), 1 << 20);
    queue.push(request(NOW, 10), NOW);
    let file = queue.path(0);
    let away = file.with_extension("away");
    std::fs::rename(&file, &away).unwrap();
    // Reading a folder is an error that says nothing about the file.
    std::fs::create_dir(&file).unwrap();
    assert_eq!(queue.first(NOW), None);
    std::fs::remove_dir(&file).unwrap();
    std::fs::rename(&away, &file).unwrap();
    assert_eq!(drain(&mut queue, NOW), [NOW]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens, what comes out is what went in less what was dropped from the front, in order, and the bounds hold.
    #[test]
    fn a_queue_is_a_queue(steps in proptest::collection::vec((0..4_u8, 1..60_usize), 1..60), on_disk: bool) {
        const MAX: u64 = 200;
        let folder = on_disk.then(|| folder("any"));
        let mut queue = open(folder.clone(), MAX);
        let (mut at, mut taken, mut under_way) = (NOW, Vec::new(), None);
        for (step, bytes) in steps {
            match step {
                0 | 1 => {
                    queue.push(request(at, bytes), at);
                    at += 1;
                }
                2 => under_way = queue.first(at),
                _ if bytes < 10 && on_disk => {
                    under_way = None;
                    queue = open(folder.clone(), MAX);
                }
                _ => if let Some((number, request)) = under_way.take() {
                    queue.remove(number);
                    taken.push(request.about.at);
                },
            }
            let spared = under_way.as_ref().map_or(0, |(_, request)| request.body.len() as u64);
            prop_assert!(queue.totals.bytes <= MAX + spared);
            let sum = |of: fn(&Waiting) -> u64| queue.waiting.iter().map(of).sum::<u64>();
            prop_assert_eq!(queue.totals.bytes, sum(|waiting| waiting.bytes));
            prop_assert_eq!(queue.totals.samples, sum(|waiting| waiting.about.samples));
        }
        taken.extend(drain(&mut queue, at));
        prop_assert!(taken.is_sorted_by(|a, b| a < b), "{:?}", taken);
        // The newest is dropped by nothing.
        prop_assert!(at == NOW || taken.last() == Some(&(at - 1)));
        prop_assert_eq!((queue.pending(), queue.totals.memory), ((0, 0), 0));
    }
}
