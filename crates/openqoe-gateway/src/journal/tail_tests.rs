//! Whatever is appended, damaged and asked for: each whole batch comes once, in order.

use openqoe_spec::{Attributes, Batch, Event, EventKind, Protocol};

use super::*;
use crate::config::Durability;
use crate::journal::{Journal, SegmentJournal};

fn batch(seq: u64, events: u64) -> Vec<u8> {
    let events = (0..events).map(|t| Event { seq, t, kind: EventKind::Playing }).collect();
    let attributes = Attributes::default();
    let batch = Batch { session_id: "s".into(), started_at: 1, sent_at: 2, attributes, events };
    record::batch("t", Protocol::Native, 1000, &batch)
}

fn filled(name: &str, sizes: &[u64]) -> (PathBuf, Vec<Position>) {
    let folder = std::env::temp_dir().join(format!("openqoe-tail-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let mut journal = SegmentJournal::with_segments(&folder, Durability::Process, 1000).unwrap();
    let places = (0..).zip(sizes).map(|(seq, size)| journal.append(&batch(seq, *size)).unwrap());
    (folder, places.collect())
}

/// The numbers of the batches between two positions, and how often damage was met.
fn follow(folder: &Path, mut from: Position, to: Position, most: usize) -> (Vec<u64>, usize) {
    let (tail, mut seen, mut damage) = (Tail::new(folder), Vec::new(), 0);
    while from < to {
        let group = tail.read(from, to, most).unwrap();
        assert!(group.next > from, "no progress at {from}");
        let mut start = 0;
        for (entry, end, place) in &group.entries {
            assert!(*place <= group.next);
            assert!(frame::payload(&group.frames[start..*end]).is_some());
            start = *end;
            seen.push(entry.batch.events[0].seq);
        }
        damage += group.damaged.len();
        from = group.next;
    }
    (seen, damage)
}

#[test]
fn damage_costs_what_is_damaged() {
    let (folder, places) = filled("damage", &[5; 40]);
    let path = files(&folder).unwrap()[1].1.clone();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[HEAD + 30] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    for most in [1, 100, 10_000] {
        let (seen, damage) = follow(&folder, 0, places[39], most);
        assert_eq!((seen.len(), damage), (39, 1), "{most}");
    }
}

#[test]
fn what_lies_behind_the_end_is_not_read() {
    let (folder, places) = filled("end", &[5; 10]);
    assert_eq!(follow(&folder, places[3], places[6], 100).0, [4, 5, 6]);
}

#[test]
fn positions_that_were_passed_over_or_pruned_are_no_obstacle() {
    let (folder, places) = filled("gap", &[5; 40]);
    let mut journal = SegmentJournal::open(&folder, Durability::Process).unwrap();
    let end = places[39] + 777;
    journal.replay(end, &mut |_, _| {}, &mut |_| {}).unwrap();
    let end = journal.append(&batch(40, 5)).unwrap();
    assert_eq!(follow(&folder, places[38], end, 100).0, [39, 40]);
    journal.prune(places[20], u64::MAX, u64::MAX).unwrap();
    let (seen, _) = follow(&folder, 0, end, 100);
    assert!(seen[0] > 0 && seen.ends_with(&[39, 40]), "{seen:?}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]
    #[test]
    fn every_batch_comes_once(
        sizes in proptest::collection::vec(1_u64..300, 1..30),
        from in 0_usize..30,
        most in 1_usize..3000,
    ) {
        let (folder, places) = filled("property", &sizes);
        let skipped = from.min(sizes.len());
        let start = if skipped == 0 { 0 } else { places[skipped - 1] };
        let (seen, damage) = follow(&folder, start, places[sizes.len() - 1], most);
        proptest::prop_assert_eq!(seen, (skipped as u64..sizes.len() as u64).collect::<Vec<_>>());
        proptest::prop_assert_eq!(damage, 0);
    }
}
