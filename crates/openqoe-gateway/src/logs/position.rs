//! How far a file has been sent, kept in a file of its own. An older one costs lines that are sent twice and recognised as such.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// A place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Which file it is, whatever it is called by now.
    pub(super) file: u64,
    /// Bytes from its beginning.
    pub(super) offset: u64,
}

impl Position {
    /// What was kept; the beginning where nothing was.
    ///
    /// # Errors
    /// When there is something else.
    pub(super) fn load(path: &Path) -> Result<Position> {
        let about = || format!("--state {}", path.display());
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(about),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Position::default()),
            Err(error) => Err(error).with_context(about),
        }
    }

    /// Keeps it, in the place of the one before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn save(&self, path: &Path) -> Result<()> {
        let about = || format!("--state {}", path.display());
        let beside = path.with_extension("new");
        fs::write(&beside, serde_json::to_vec(self)?).with_context(about)?;
        fs::rename(&beside, path).with_context(about)
    }
}

/// Which file this is.
pub(super) fn identity(metadata: &Metadata) -> u64 {
    metadata.ino()
}
