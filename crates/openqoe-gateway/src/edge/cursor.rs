//! The position up to which the core has taken a shard's journal, in a file that is either whole or not there. An older one
//! costs duplicates, which the core recognises; it never costs an event.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::config::Durability;
use crate::journal::Position;

/// Where the file is, and what it has to survive.
#[derive(Debug)]
pub(super) struct Cursor {
    path: PathBuf,
    durability: Durability,
}

impl Cursor {
    /// The cursor of a shard's folder.
    pub(super) fn new(folder: &Path, durability: Durability) -> Cursor {
        Cursor { path: folder.join("cursor"), durability }
    }

    /// What was written last; 0 when there is nothing, or nothing that can be read.
    pub(super) fn read(&self) -> Position {
        match fs::read_to_string(&self.path) {
            Ok(text) => text.strip_suffix('\n').and_then(|text| text.parse().ok()).unwrap_or_else(|| {
                tracing::error!("{} is damaged: everything kept is forwarded again", self.path.display());
                0
            }),
            Err(_) => 0,
        }
    }

    /// Writes a position.
    ///
    /// # Errors
    /// When the file cannot be written; the one before stays.
    pub(super) fn write(&self, position: Position) -> std::io::Result<()> {
        let temporary = self.path.with_extension("tmp");
        let mut file = File::create(&temporary)?;
        file.write_all(format!("{position}\n").as_bytes())?;
        if self.durability == Durability::Power {
            file.sync_data()?;
        }
        fs::rename(&temporary, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_cursor_begins_again() {
        let folder = std::env::temp_dir().join(format!("openqoe-cursor-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let cursor = Cursor::new(&folder, Durability::Power);
        let _ = fs::remove_file(folder.join("cursor"));
        assert_eq!(cursor.read(), 0);
        cursor.write(77).unwrap();
        assert_eq!(cursor.read(), 77);
        fs::write(folder.join("cursor"), "7").unwrap();
        assert_eq!(cursor.read(), 0);
    }
}
