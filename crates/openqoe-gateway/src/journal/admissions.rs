//! What the cardinality guard has admitted since a checkpoint. The journals of several shards do not say in which order they
//! asked for the last room of a budget; without this a replay might give it to another, and a series somebody has seen would
//! be gone. Written before anybody sees a series, read before the journals are.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::frame::{self, Stretch};
use super::{JournalError, failed};
use crate::config::Durability;

/// The file of the checkpoint at hand.
pub(crate) struct Admissions {
    folder: PathBuf,
    durability: Durability,
    file: Mutex<File>,
}

impl Admissions {
    /// Goes on with what follows a checkpoint.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn open(
        folder: &Path,
        checkpoint: u64,
        durability: Durability,
    ) -> Result<Admissions, JournalError> {
        let file = Mutex::new(open(folder, checkpoint)?);
        Ok(Admissions { folder: folder.into(), durability, file })
    }

    /// What was admitted after a checkpoint, in order. What is damaged is left out: it costs a series its name at most.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn after(folder: &Path, checkpoint: u64) -> Result<Vec<Vec<u8>>, JournalError> {
        let mut news = Vec::new();
        for (number, path) in files(folder)? {
            if number >= checkpoint {
                let bytes = fs::read(&path).map_err(|source| failed(&path, source))?;
                news.extend(frame::scan(&bytes, 0).filter_map(|stretch| match stretch {
                    Stretch::Frame(_, payload) => Some(payload.to_vec()),
                    Stretch::Damage(..) => None,
                }));
            }
        }
        Ok(news)
    }

    /// Writes news down.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub(crate) fn append(&self, news: &[u8]) -> Result<(), JournalError> {
        let mut record = Vec::new();
        frame::push(&mut record, |out| out.extend_from_slice(news));
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.write_all(&record).and_then(|()| match self.durability {
            Durability::Process => Ok(()),
            Durability::Power => file.sync_data(),
        });
        written.map_err(|source| failed(&self.folder, source))
    }

    /// What comes now follows another checkpoint.
    ///
    /// # Errors
    /// When its file cannot be made; the old one is gone on with.
    pub(crate) fn begin(&self, checkpoint: u64) -> Result<(), JournalError> {
        let next = open(&self.folder, checkpoint)?;
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// Removes what a checkpoint holds.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub(crate) fn prune(&self, checkpoint: u64) -> Result<(), JournalError> {
        for (number, path) in files(&self.folder)? {
            if number < checkpoint {
                fs::remove_file(&path).map_err(|source| failed(&path, source))?;
            }
        }
        Ok(())
    }
}

fn open(folder: &Path, checkpoint: u64) -> Result<File, JournalError> {
    let path = folder.join(format!("{checkpoint:020}.admissions"));
    OpenOptions::new().create(true).append(true).open(&path).map_err(|source| failed(&path, source))
}

fn files(folder: &Path) -> Result<Vec<(u64, PathBuf)>, JournalError> {
    let entries = fs::read_dir(folder).map_err(|source| failed(folder, source))?;
    let mut files: Vec<(u64, PathBuf)> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "admissions"))
        .filter_map(|path| Some((path.file_stem()?.to_str()?.parse().ok()?, path)))
        .collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_is_kept_from_a_checkpoint_on() {
        let folder = std::env::temp_dir().join(format!("openqoe-admissions-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let admissions = Admissions::open(&folder, 1, Durability::Power).unwrap();
        admissions.append(b"one").unwrap();
        admissions.append(b"two").unwrap();
        admissions.begin(2).unwrap();
        admissions.append(b"three").unwrap();
        let after = |checkpoint| Admissions::after(&folder, checkpoint).unwrap();
        assert_eq!(after(1), [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
        assert_eq!(after(2), [b"three".to_vec()]);
        admissions.prune(2).unwrap();
        assert_eq!(after(0), [b"three".to_vec()]);
        // A torn end costs what is torn.
        let (_, path) = files(&folder).unwrap().pop().unwrap();
        admissions.append(b"four").unwrap();
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(after(0), [b"three".to_vec()]);
    }
}
