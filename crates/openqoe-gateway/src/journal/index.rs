//! Where the batches of a session lie in a sealed segment: a file of its own beside it, sorted by key, searched in place.
//!
//! `"OQOEIX01" | newest time of arrival u64 | (key u64, offset u32)*`, numbers in little endian. It is made from the segment,
//! so it carries no checksum: a wrong entry leads to a record of another session, or to none, and both are seen there.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

const MAGIC: &[u8; 8] = b"OQOEIX01";
const HEAD: u64 = 16;
const ENTRY: u64 = 12;

/// The index of the segment being written.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Keys and offsets, in order of arrival.
    pub(super) entries: Vec<(u64, u32)>,
    /// Epoch ms; 0 when there is no batch.
    pub(super) newest: u64,
    /// Epoch ms; `None` when there is no batch.
    pub(super) oldest: Option<u64>,
}

impl Index {
    pub(super) fn note(&mut self, received_at: u64, key: u64, offset: usize) {
        self.oldest = Some(self.oldest.map_or(received_at, |oldest| oldest.min(received_at)));
        self.newest = self.newest.max(received_at);
        self.entries.push((key, u32::try_from(offset).unwrap_or(u32::MAX)));
    }

    /// Offsets of the batches with this key, in order.
    pub(super) fn find(&self, key: u64) -> Vec<u32> {
        self.entries.iter().filter(|(known, _)| *known == key).map(|(_, offset)| *offset).collect()
    }

    /// Writes it beside the segment it is of.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let mut sorted = self.entries.clone();
        sorted.sort_unstable();
        let mut bytes = Vec::with_capacity(16 + 12 * sorted.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.newest.to_le_bytes());
        for (key, offset) in sorted {
            bytes.extend_from_slice(&key.to_le_bytes());
            bytes.extend_from_slice(&offset.to_le_bytes());
        }
        let temporary = path.with_extension("tmp");
        fs::write(&temporary, &bytes)?;
        fs::rename(&temporary, path)
    }
}

/// An index in a file.
pub(super) struct Sealed {
    file: File,
    entries: u64,
    pub(super) newest: u64,
}

impl Sealed {
    /// Opens it; `None` when there is none or it is no index, so that it is to be made again.
    pub(super) fn open(path: &Path) -> Option<Sealed> {
        let file = File::open(path).ok()?;
        let length = file.metadata().ok()?.len();
        let mut head = [0; HEAD as usize];
        file.read_exact_at(&mut head, 0).ok()?;
        let (magic, newest) = head.split_first_chunk::<8>()?;
        let newest = u64::from_le_bytes(newest.try_into().ok()?);
        let whole = magic == MAGIC && (length - HEAD).is_multiple_of(ENTRY);
        whole.then_some(Sealed { file, entries: (length - HEAD) / ENTRY, newest })
    }

    /// Offsets of the batches with this key, in order.
    pub(super) fn find(&self, key: u64) -> io::Result<Vec<u32>> {
        let (mut low, mut high) = (0, self.entries);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry(middle)?.0 < key { low = middle + 1 } else { high = middle }
        }
        let mut found = Vec::new();
        while low < self.entries {
            let (known, offset) = self.entry(low)?;
            if known != key {
                break;
            }
            found.push(offset);
            low += 1;
        }
        Ok(found)
    }

    fn entry(&self, number: u64) -> io::Result<(u64, u32)> {
        let mut bytes = [0; ENTRY as usize];
        self.file.read_exact_at(&mut bytes, HEAD + number * ENTRY)?;
        let key = u64::from_le_bytes(std::array::from_fn(|index| bytes[index]));
        Ok((key, u32::from_le_bytes(std::array::from_fn(|index| bytes[8 + index]))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_index_finds_what_the_open_one_does() {
        let path = std::env::temp_dir().join(format!("openqoe-index-{}", std::process::id()));
        let mut index = Index::default();
        for number in 0..1000_u64 {
            index.note(number, (number * 7919) % 97, number as usize * 10);
        }
        index.write(&path).unwrap();
        let sealed = Sealed::open(&path).unwrap();
        assert_eq!(sealed.newest, 999);
        for key in [0, 1, 50, 96, 97, u64::MAX] {
            assert_eq!(sealed.find(key).unwrap(), index.find(key), "{key}");
        }
        fs::write(&path, b"OQOEIX01").unwrap();
        assert!(Sealed::open(&path).is_none());
    }
}
