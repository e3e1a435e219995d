//! Checkpoints: the state of all shards, each at a position of its journal, in a file that is either whole or not there.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{JournalError, Position, failed};

const MAGIC: &[u8; 8] = b"OQOECP02";
/// Checkpoints kept: should the newest turn out damaged, the one before it is there.
const KEPT: usize = 2;

/// The state of the gateway. The bytes are the affair of those who made them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    /// Checkpoints are numbered from 1.
    pub(crate) number: u64,
    pub(crate) guard: Vec<u8>,
    pub(crate) shards: Vec<ShardState>,
}

/// What one shard holds, which is everything its journal has up to a position.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ShardState {
    pub(crate) position: Position,
    pub(crate) engine: Vec<u8>,
    pub(crate) table: Vec<u8>,
}

impl Checkpoint {
    /// Writes the checkpoint and removes those it makes superfluous.
    ///
    /// # Errors
    /// When the file cannot be written; the checkpoints there are stay as they are.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), JournalError> {
        let path = folder.join(format!("checkpoint-{:020}", self.number));
        let temporary = path.with_extension("tmp");
        if let Err(source) = self.write_to(&temporary).and_then(|()| fs::rename(&temporary, &path)) {
            // What was written of it takes the room that lacked.
            let _ = fs::remove_file(&temporary);
            return Err(failed(&path, source));
        }
        for old in Checkpoint::files(folder)?.iter().skip(KEPT) {
            fs::remove_file(old).map_err(|source| failed(old, source))?;
        }
        Ok(())
    }

    fn write_to(&self, path: &Path) -> std::io::Result<()> {
        let body = self.encode();
        let mut file = File::create(path)?;
        file.write_all(MAGIC)?;
        file.write_all(&crc32fast::hash(&body).to_le_bytes())?;
        file.write_all(&body)?;
        file.sync_all()
    }

    fn encode(&self) -> Vec<u8> {
        let mut body = self.number.to_le_bytes().to_vec();
        push(&mut body, &self.guard);
        for ShardState { position, engine, table } in &self.shards {
            body.extend_from_slice(&position.to_le_bytes());
            push(&mut body, engine);
            push(&mut body, table);
        }
        body
    }

    /// The checkpoints of a folder, newest first.
    pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, JournalError> {
        let mut files: Vec<PathBuf> = fs::read_dir(folder)
            .map_err(|source| failed(folder, source))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_none())
            .filter(|path| {
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("checkpoint-"))
            })
            .collect();
        files.sort();
        files.reverse();
        Ok(files)
    }

    /// The number of the newest checkpoint of a folder, usable or not; 0 when there is none.
    pub(crate) fn newest(folder: &Path) -> Result<u64, JournalError> {
        let files = Checkpoint::files(folder)?;
        let number = |path: &PathBuf| path.file_name()?.to_str()?.strip_prefix("checkpoint-")?.parse().ok();
        Ok(files.iter().find_map(number).unwrap_or_default())
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// When the file cannot be read or is not whole.
    pub(crate) fn read(path: &Path) -> Result<Checkpoint, JournalError> {
        let bytes = fs::read(path).map_err(|source| failed(path, source))?;
        decode(&bytes).ok_or_else(|| failed(path, std::io::Error::other("the checkpoint is damaged")))
    }
}

fn push(body: &mut Vec<u8>, part: &[u8]) {
    body.extend_from_slice(&(part.len() as u64).to_le_bytes());
    body.extend_from_slice(part);
}

fn decode(bytes: &[u8]) -> Option<Checkpoint> {
    let (crc, body) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let mut rest = body;
    let number = take_number(&mut rest)?;
    let guard = take_part(&mut rest)?;
    let mut shards = Vec::new();
    while !rest.is_empty() {
        let position = take_number(&mut rest)?;
        let (engine, table) = (take_part(&mut rest)?, take_part(&mut rest)?);
        shards.push(ShardState { position, engine, table });
    }
    Some(Checkpoint { number, guard, shards })
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let (number, after) = rest.split_first_chunk::<8>()?;
    *rest = after;
    Some(u64::from_le_bytes(*number))
}

fn take_part(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let length = usize::try_from(take_number(rest)?).ok()?;
    let (part, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(part.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(number: u64) -> Checkpoint {
        let shard = |byte: u8| ShardState { position: 7, engine: vec![byte; 10], table: vec![byte; 3] };
        Checkpoint { number, guard: vec![9], shards: vec![shard(1), shard(2)] }
    }

    #[test]
    fn the_newest_two_are_kept_and_damage_is_seen() {
        let folder = std::env::temp_dir().join(format!("openqoe-checkpoint-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for number in [5, 80, 7000] {
            checkpoint(number).write(&folder).unwrap();
        }
        let files = Checkpoint::files(&folder).unwrap();
        let numbers: Vec<u64> = files.iter().map(|path| Checkpoint::read(path).unwrap().number).collect();
        assert_eq!(numbers, [7000, 80]);
        assert_eq!(Checkpoint::read(&files[0]).unwrap(), checkpoint(7000));
        let mut bytes = fs::read(&files[0]).unwrap();
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length]), None);
        }
        bytes[20] ^= 1;
        assert_eq!(decode(&bytes), None);
    }
}
