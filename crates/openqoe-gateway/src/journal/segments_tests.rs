//! The journal's promises, on real files.

use openqoe_spec::{Attribute, Attributes, Batch, Event, EventKind, Protocol};

use super::*;

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("openqoe-journal-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn open(folder: &Path) -> SegmentJournal {
    SegmentJournal::with_segments(folder, Durability::Process, 600).unwrap()
}

fn batch(session: &str, seq: u64) -> Batch {
    let mut attributes = Attributes::default();
    attributes.set(Attribute::Cdn, "edge").unwrap();
    let events = vec![
        Event { seq, t: seq * 10, kind: EventKind::Playing },
        Event { seq: seq + 1, t: seq * 10, kind: EventKind::Rendition { bitrate: 5 } },
    ];
    Batch { session_id: session.into(), started_at: 1, sent_at: 2, attributes, events }
}

fn append(journal: &mut SegmentJournal, session: &str, seq: u64) -> Position {
    let record = record::batch("t", Protocol::Native, 1000 + seq, &batch(session, seq));
    journal.append(&record).unwrap()
}

/// What a replay sees: numbers of the batches, and how often it met damage.
fn replay(journal: &mut SegmentJournal, after: Position) -> (Vec<u64>, usize) {
    let (mut seen, mut damage) = (Vec::new(), 0);
    let mut visit = |_, record| {
        if let Record::Batch(entry) = record {
            seen.push(entry.batch.events[0].seq);
        }
    };
    journal.replay(after, &mut visit, &mut |_| damage += 1).unwrap();
    (seen, damage)
}

fn filled(name: &str) -> (PathBuf, Vec<Position>) {
    let folder = folder(name);
    let mut journal = open(&folder);
    let places = (0..40).map(|seq| append(&mut journal, if seq % 2 == 0 { "even" } else { "odd" }, seq));
    (folder.clone(), places.collect())
}

fn segment(folder: &Path, number: usize) -> PathBuf {
    files(folder).unwrap()[number].1.clone()
}

#[test]
fn batches_come_back_in_order_and_sessions_by_name() {
    let (folder, places) = filled("order");
    assert!(files(&folder).unwrap().len() > 3);
    let mut journal = open(&folder);
    assert_eq!(replay(&mut journal, 0), ((0..40).collect(), 0));
    assert_eq!(replay(&mut journal, places[24]), ((25..40).collect(), 0));
    assert_eq!(append(&mut journal, "even", 40) - places[39], places[38] - places[37]);
    for seq in [0, 17, 39] {
        let start = if seq == 0 { 0 } else { places[seq - 1] };
        assert_eq!(journal.batch(start).unwrap().unwrap().batch.events[0].seq, seq as u64);
    }
    let found = journal.session("t", "even").unwrap();
    let expected: Vec<Batch> = (0..=40).step_by(2).map(|seq| batch("even", seq)).collect();
    assert_eq!(found.into_iter().map(|entry| entry.batch).collect::<Vec<_>>(), expected);
    assert!(journal.session("u", "even").unwrap().is_empty());
}

#[test]
fn a_torn_end_is_cut_off_and_told() {
    let (folder, places) = filled("torn");
    let last = files(&folder).unwrap().pop().unwrap().1;
    let bytes = fs::read(&last).unwrap();
    fs::write(&last, &bytes[..bytes.len() - 1]).unwrap();
    let mut journal = open(&folder);
    assert_eq!(replay(&mut journal, 0), ((0..39).collect(), 1));
    assert_eq!(append(&mut journal, "odd", 39), places[39]);
    assert_eq!(replay(&mut open(&folder), 0), ((0..40).collect(), 0));
}

#[test]
fn damage_in_the_middle_costs_the_damaged_record() {
    let (folder, _) = filled("damage");
    let path = segment(&folder, 1);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(&path, bytes).unwrap();
    let (seen, damage) = replay(&mut open(&folder), 0);
    assert_eq!((seen.len(), damage), (39, 1));
}

#[test]
fn a_missing_segment_is_told() {
    let (folder, places) = filled("missing");
    for number in [2, 0] {
        let path = segment(&folder, number);
        fs::remove_file(path.with_extension("index")).unwrap();
        fs::remove_file(path).unwrap();
    }
    let mut journal = open(&folder);
    let (seen, missing) = replay(&mut journal, 0);
    assert!(seen.len() < 38 && seen.ends_with(&[38, 39]), "{seen:?}");
    assert_eq!(missing, 2);
    // What a checkpoint holds is not missed.
    assert_eq!(replay(&mut journal, places[30]), ((31..40).collect(), 0));
}

#[test]
fn a_lost_index_is_made_again() {
    let (folder, _) = filled("index");
    fs::remove_file(segment(&folder, 0).with_extension("index")).unwrap();
    fs::write(segment(&folder, 1).with_extension("index"), b"noise").unwrap();
    assert_eq!(open(&folder).session("t", "odd").unwrap().len(), 20);
}

#[test]
fn positions_are_not_given_twice() {
    let (folder, places) = filled("positions");
    let mut journal = open(&folder);
    // The checkpoint holds more than the disk kept.
    assert_eq!(replay(&mut journal, places[39] + 5000), (vec![], 1));
    assert!(append(&mut journal, "odd", 41) > places[39] + 5000);
    assert_eq!(replay(&mut open(&folder), places[39] + 5000), (vec![41], 0));
}

#[test]
fn pruning_keeps_what_no_checkpoint_holds() {
    let (folder, places) = filled("prune");
    let mut journal = open(&folder);
    journal.prune(places[20], u64::MAX, u64::MAX).unwrap();
    let (seen, _) = replay(&mut journal, 0);
    assert!(seen[0] > 10 && seen[0] <= 21, "{seen:?}");
    journal.prune(places[39], 1020, u64::MAX).unwrap();
    assert!(replay(&mut journal, 0).0[0] <= 20);
    journal.prune(places[39], 0, 1500).unwrap();
    let kept: u64 = journal.segments().map(|(_, _, length)| length).sum();
    assert!(kept <= 1500);
    assert_eq!(replay(&mut open(&folder), places[38]), (vec![39], 0));
    let strays = fs::read_dir(&folder).unwrap().count();
    assert_eq!(strays, 2 * files(&folder).unwrap().len() - 1);
}

#[test]
fn a_segment_of_old_batches_goes_though_it_is_not_full() {
    let folder = folder("seal");
    let mut journal = SegmentJournal::open(&folder, Durability::Process).unwrap();
    let places = [0, 1].map(|seq| append(&mut journal, "a", seq));
    journal.seal(1000).unwrap();
    journal.prune(places[1], u64::MAX, u64::MAX).unwrap();
    assert_eq!(replay(&mut journal, 0).0, [0, 1]);
    journal.seal(1001).unwrap();
    journal.prune(places[1], 1002, u64::MAX).unwrap();
    assert!(replay(&mut journal, places[1]).0.is_empty());
    assert!(journal.session("t", "a").unwrap().is_empty());
    assert!(append(&mut journal, "a", 2) > places[1]);
    assert_eq!(replay(&mut open(&folder), places[1]), (vec![2], 0));
}

#[test]
fn what_is_erased_leaves_no_byte() {
    let (folder, _) = filled("erase");
    let mut journal = open(&folder);
    assert_eq!(journal.erase(&mut |entry| &*entry.batch.session_id == "odd").unwrap(), 20);
    assert!(journal.session("t", "odd").unwrap().is_empty());
    assert_eq!(journal.session("t", "even").unwrap().len(), 20);
    for (_, path) in files(&folder).unwrap() {
        assert!(!fs::read(path).unwrap().windows(3).any(|window| window == b"odd"));
    }
    assert_eq!(replay(&mut open(&folder), 0), ((0..40).step_by(2).collect(), 0));
}

#[test]
fn a_failed_append_leaves_nothing() {
    let folder = folder("failed");
    let mut journal = SegmentJournal::open(&folder, Durability::Process).unwrap();
    let place = append(&mut journal, "even", 0);
    let path = journal.active.path.clone();
    journal.active.file = File::open(&path).unwrap();
    let record = record::batch("t", Protocol::Native, 1, &batch("x", 1));
    assert!(journal.append(&record).is_err());
    journal.active.file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    assert_eq!(append(&mut journal, "even", 2), 2 * place);
    assert_eq!(replay(&mut open(&folder), 0), (vec![0, 2], 0));
}
