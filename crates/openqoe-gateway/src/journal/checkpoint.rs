//! Checkpoints: the state of all shards at one position of the journal, in a file that is either whole or not there.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{JournalError, Position};

const MAGIC: &[u8; 8] = b"OQOECP01";
/// Checkpoints kept: should the newest turn out damaged, the one before it is there.
const KEPT: usize = 2;

/// State at a position. The bytes are the affair of those who made them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) position: Position,
    pub(crate) guard: Vec<u8>,
    pub(crate) shards: Vec<ShardState>,
}

/// What one shard holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ShardState {
    pub(crate) engine: Vec<u8>,
    pub(crate) table: Vec<u8>,
}

impl Checkpoint {
    /// Writes the checkpoint and removes those it makes superfluous.
    ///
    /// # Errors
    /// When the file cannot be written; the checkpoints there are stay as they are.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), JournalError> {
        let path = folder.join(format!("checkpoint-{:020}", self.position));
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
        let mut body = self.position.to_le_bytes().to_vec();
        let states = self.shards.iter().flat_map(|shard| [&shard.engine, &shard.table]);
        for part in std::iter::once(&self.guard).chain(states) {
            body.extend_from_slice(&(part.len() as u64).to_le_bytes());
            body.extend_from_slice(part);
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

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// When the file cannot be read or is not whole.
    pub(crate) fn read(path: &Path) -> Result<Checkpoint, JournalError> {
        let bytes = fs::read(path).map_err(|source| failed(path, source))?;
        decode(&bytes).ok_or_else(|| failed(path, std::io::Error::other("the checkpoint is damaged")))
    }
}

fn decode(bytes: &[u8]) -> Option<Checkpoint> {
    let (crc, body) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let (position, mut rest) = body.split_first_chunk::<8>()?;
    let mut parts = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<8>() {
        let (part, after) = after.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        parts.push(part.to_vec());
        rest = after;
    }
    let mut parts = parts.into_iter();
    let guard = parts.next()?;
    let mut shards = Vec::new();
    while let (Some(engine), Some(table)) = (parts.next(), parts.next()) {
        shards.push(ShardState { engine, table });
    }
    Some(Checkpoint { position: u64::from_le_bytes(*position), guard, shards })
}

fn failed(path: &Path, source: std::io::Error) -> JournalError {
    JournalError::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(position: Position) -> Checkpoint {
        let shard = |number: u8| ShardState { engine: vec![number; 10], table: vec![number; 3] };
        Checkpoint { position, guard: vec![9], shards: vec![shard(1), shard(2)] }
    }

    #[test]
    fn the_newest_two_are_kept_and_damage_is_seen() {
        let folder = std::env::temp_dir().join(format!("openqoe-checkpoint-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for position in [5, 80, 7000] {
            checkpoint(position).write(&folder).unwrap();
        }
        let files = Checkpoint::files(&folder).unwrap();
        let positions: Vec<Position> =
            files.iter().map(|path| Checkpoint::read(path).unwrap().position).collect();
        assert_eq!(positions, [7000, 80]);
        assert_eq!(Checkpoint::read(&files[0]).unwrap(), checkpoint(7000));
        let mut bytes = fs::read(&files[0]).unwrap();
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length]), None);
        }
        bytes[20] ^= 1;
        assert_eq!(decode(&bytes), None);
    }
}
