//! The journal's readers, from a frame to a folder. No bytes make them stop: what is damaged is passed over and told, and
//! what is whole is found.

// The files of the gateway's journal, which call their sum `super`.
#[path = "../../openqoe-gateway/src/journal/checkpoint.rs"]
#[allow(dead_code, reason = "the gateway uses more of it")]
pub(crate) mod checkpoint;
#[path = "../../openqoe-gateway/src/journal/frame.rs"]
mod frame;
#[path = "../../openqoe-gateway/src/journal/index.rs"]
mod index;
#[path = "../../openqoe-gateway/src/journal/log.rs"]
#[allow(dead_code, reason = "the gateway uses more of it")]
mod log;
#[path = "../../openqoe-gateway/src/journal/record.rs"]
#[allow(dead_code, reason = "the gateway uses more of it")]
pub(crate) mod record;
#[path = "../../openqoe-gateway/src/journal/segments.rs"]
mod segments;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use openqoe_spec::{Batch, Protocol};

use self::checkpoint::Checkpoint;
use self::frame::Stretch;
use self::log::failed;
pub(crate) use self::log::{Journal, JournalError, Position};
use self::record::{Entry, Record};
use self::segments::SegmentJournal;
use crate::config::Durability;
use crate::cursor::Cursor;
use crate::{compact, seeds};

/// The bytes of a file: every byte is of a frame or of damage, and what a frame says is read or refused.
pub(crate) fn frames(data: &[u8]) {
    let mut end = 0;
    for stretch in frame::scan(data, 0) {
        let (from, length) = match stretch {
            Stretch::Damage(from, length) => (from, length),
            Stretch::Frame(from, payload) => {
                payload_says_what_it_says(payload);
                (from, frame::HEAD + payload.len())
            }
        };
        assert!(from == end && length > 0);
        end += length;
    }
    assert_eq!(end, data.len());
    assert!(frame::frames(data).all(|(from, payload)| from + frame::HEAD + payload.len() <= data.len()));
    // Checksums keep such bytes away, or noise would never get as far as a record.
    payload_says_what_it_says(data);
    let mut framed = Vec::new();
    frame::push(&mut framed, |out| out.extend_from_slice(data));
    assert_eq!(frame::scan(&framed, 0).collect::<Vec<_>>(), [Stretch::Frame(0, data)]);
}

fn payload_says_what_it_says(payload: &[u8]) {
    let head = record::head(payload);
    if let Ok(Record::Batch(entry)) = record::read(0, payload) {
        assert_eq!(head.map(|(received_at, _)| received_at), Some(entry.received_at));
        compact::comes_back(&entry.batch);
    }
}

/// A folder of the process, in memory where there is such a place.
fn folder(name: &str) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let thread = format!("{:?}", std::thread::current().id()).replace(['(', ')'], "-");
    let folder = base.join(format!("openqoe-fuzz-{name}-{}-{thread}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The segments of a journal, and an index that may be of another: it opens, and what it says once it says for ever.
pub(crate) fn segments(data: &[u8]) {
    let folder = folder("segments");
    let mut choices = Cursor(data);
    let files = 1 + choices.below(3);
    let after = choices.below(1 << 12) as Position;
    let mut start = 0_u64;
    for _ in 0..files {
        let magic = choices.flag();
        let share = choices.below(1 << 10);
        let mut bytes = if magic { [b"OQOESG01", &start.to_le_bytes()[..]].concat() } else { Vec::new() };
        bytes.extend_from_slice(choices.take(share));
        let path = folder.join(format!("{start:020}.segment"));
        fs::write(&path, &bytes).unwrap();
        if choices.flag() {
            let index = [b"OQOEIX01", choices.take(32)].concat();
            fs::write(path.with_extension("index"), index).unwrap();
        }
        start += bytes.len() as u64;
    }
    // What is left is in the last one.
    let last = fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path());
    let last = last.filter(|path| path.extension().is_some_and(|end| end == "segment")).max().unwrap();
    fs::write(&last, [fs::read(&last).unwrap(), choices.0.to_vec()].concat()).unwrap();
    what_is_said_once_is_said_again(&folder, after);
    fs::remove_dir_all(&folder).unwrap();
}

fn open(folder: &Path) -> SegmentJournal {
    SegmentJournal::open(folder, Durability::Process).expect("damage is no reason not to start")
}

/// Every batch after a position; positions only grow.
fn replay(journal: &mut SegmentJournal, after: Position) -> Vec<Entry> {
    let (mut entries, mut last) = (Vec::new(), 0);
    let mut visit = |place: Range<Position>, record| {
        assert!(place.start >= last && place.end > place.start, "{place:?} after {last}");
        last = place.end;
        if let Record::Batch(entry) = record {
            entries.push(entry);
        }
    };
    journal.replay(after, &mut visit, &mut |_| {}).expect("damage is passed over");
    entries
}

fn what_is_said_once_is_said_again(folder: &Path, after: Position) {
    let mut journal = open(folder);
    let mut entries = replay(&mut journal, 0);
    let later = replay(&mut journal, after);
    assert!(later.len() <= entries.len());
    for entry in &entries {
        journal.session(&entry.tenant, &entry.batch.session_id).expect("files can be read");
    }
    let batch = Batch { session_id: "the last one".into(), ..seeds::everything() };
    let place = journal.append(&record::batch("t", Protocol::Native, 7, &batch)).expect("there is room");
    assert_eq!(journal.session("t", "the last one").expect("files can be read").len(), 1);
    drop(journal);
    let mut journal = open(folder);
    assert_eq!(replay(&mut journal, place), []);
    entries.push(Entry { tenant: "t".into(), protocol: Protocol::Native, received_at: 7, batch });
    assert_eq!(replay(&mut journal, 0), entries);
    assert_eq!(journal.erase(&mut |_| true).expect("files can be written"), entries.len() as u64);
    assert_eq!(replay(&mut journal, 0), []);
    journal.prune(place, u64::MAX, 0).expect("files can be removed");
}

/// A checkpoint's file whose checksum is right: it is read or refused, and what is read can be written.
pub(crate) fn checkpoint_file(data: &[u8]) {
    let folder = folder("checkpoint");
    let path = folder.join("checkpoint-0");
    fs::write(&path, data).unwrap();
    assert!(Checkpoint::read(&path).is_err() || data.starts_with(b"OQOECP"));
    fs::write(&path, [b"OQOECP02", &crc32fast::hash(data).to_le_bytes()[..], data].concat()).unwrap();
    if let Ok(checkpoint) = Checkpoint::read(&path) {
        fs::remove_file(&path).unwrap();
        checkpoint.write(&folder).expect("there is room");
        let files = Checkpoint::files(&folder).unwrap();
        assert_eq!(Checkpoint::read(&files[0]).expect("it was written just now"), checkpoint);
    }
    fs::remove_dir_all(&folder).unwrap();
}
