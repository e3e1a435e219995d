//! The keys file: TOML, replaced as a whole, so that a reader sees the old one or the new one. It holds hashes, which are no
//! secrets: who reads it can use none of the keys.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::KeysError;
use crate::access::key::{self, KeyHash};
use crate::config::Key;

const HEAD: &str = "# Written by `openqoe keys`; a running gateway reads it on SIGHUP. A lost key cannot be read back from here.\n\n";

/// One key, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub(super) struct Stored {
    pub(super) tenant: String,
    #[serde(flatten)]
    pub(super) key: Key,
    /// RFC 3339.
    pub(super) created: String,
}

/// All of them, in order of their making.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct KeysFile {
    #[serde(default)]
    pub(super) keys: Vec<Stored>,
}

impl KeysFile {
    /// Reads the file; without one there are no keys.
    pub(super) fn read(path: &Path) -> Result<KeysFile, KeysError> {
        let name = || path.display().to_string();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(KeysFile::default()),
            Err(source) => return Err(KeysError::File { path: name(), source }),
        };
        let file: KeysFile =
            toml::from_str(&text).map_err(|source| KeysError::Syntax { path: name(), source })?;
        let broken =
            |stored: &&Stored| !key::is_id(&stored.key.id) || KeyHash::parse(&stored.key.sha256).is_none();
        match file.keys.iter().find(broken) {
            Some(Stored { key, .. }) => Err(KeysError::Invalid {
                path: name(),
                problem: format!("key {:?} has no good id or hash", key.id),
            }),
            None => Ok(file),
        }
    }

    /// Changes the file while nobody else does.
    pub(super) fn change<T>(
        path: &Path,
        change: impl FnOnce(&mut KeysFile) -> Result<T, KeysError>,
    ) -> Result<T, KeysError> {
        let failed = |source| KeysError::File { path: path.display().to_string(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let lock = File::options().create(true).truncate(false).write(true).open(path.with_extension("lock"));
        let lock = lock.and_then(|file| file.lock().map(|()| file)).map_err(failed)?;
        let mut file = KeysFile::read(path)?;
        let changed = change(&mut file)?;
        let text = HEAD.to_owned() + &toml::to_string(&file)?;
        replace(path, text.as_bytes()).map_err(failed)?;
        drop(lock);
        Ok(changed)
    }
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    if let Ok(before) = fs::metadata(path) {
        // Made by root for a gateway that is not: who could read the file can read it still.
        file.set_permissions(before.permissions())?;
        let owner = std::os::unix::fs::MetadataExt::uid(&before);
        let group = std::os::unix::fs::MetadataExt::gid(&before);
        // Only root may give files away; others write their own anyway.
        let _ = std::os::unix::fs::fchown(&file, Some(owner), Some(group));
    }
    file.sync_all()?;
    fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::key::Kind;

    fn path(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("openqoe-keys-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder.join("keys.toml")
    }

    fn stored() -> Stored {
        let key::NewKey { id, hash, .. } = key::generate(Kind::Server).unwrap();
        let key = Key { id, kind: Kind::Server, sha256: hash.hex(), note: "a \"note\"".into() };
        Stored { tenant: "a".into(), key, created: "2026-11-21T09:00:00Z".into() }
    }

    #[test]
    fn what_was_added_is_there_and_nothing_else_is_lost() {
        let path = path("added");
        assert_eq!(KeysFile::read(&path).unwrap(), KeysFile::default());
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    KeysFile::change(&path, |file| {
                        file.keys.push(stored());
                        Ok(())
                    })
                    .unwrap()
                });
            }
        });
        assert_eq!(KeysFile::read(&path).unwrap().keys.len(), 8);
    }

    #[test]
    fn a_broken_file_is_not_written_over() {
        let path = path("broken");
        KeysFile::change(&path, |_| Ok(())).unwrap();
        for text in [
            "[[keys]]\nid = 1",
            "[[key]]",
            "[[keys]]\ntenant = \"a\"\nid = \"x\"\nkind = \"read\"\nsha256 = \"\"\ncreated = \"\"",
        ] {
            fs::write(&path, text).unwrap();
            assert!(KeysFile::change(&path, |_| Ok(())).is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
