//! The file the salts are in: readable by the gateway's user alone, either whole or not there, and checked when read.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::PrivacyError;
use super::salts::{Salt, hex};

const VERSION: u32 = 1;
const OWNER_ONLY: u32 = 0o600;

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    /// Of the salts, as one flipped bit would make another salt.
    crc32: u32,
    salts: Vec<StoredSalt>,
}

#[derive(Serialize, Deserialize)]
struct StoredSalt {
    created_at: u64,
    secret: String,
}

/// Reads the salts, oldest first; `None` when there is no file. Others lose the right to read it.
pub(super) fn read(path: &Path) -> Result<Option<Vec<Salt>>, PrivacyError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(PrivacyError::file(path)(error)),
    };
    let mode = fs::metadata(path).map_err(PrivacyError::file(path))?.permissions().mode() & 0o777;
    if mode != OWNER_ONLY {
        tracing::warn!("{} could be read by others (mode {mode:o}); no longer", path.display());
        fs::set_permissions(path, Permissions::from_mode(OWNER_ONLY)).map_err(PrivacyError::file(path))?;
    }
    let damaged = |problem: String| PrivacyError::DamagedSalts { path: path.display().to_string(), problem };
    // The error's own text may quote a secret.
    let place = |error: serde_json::Error| format!("line {}, column {}", error.line(), error.column());
    let stored: Stored = serde_json::from_slice(&text).map_err(|error| damaged(place(error)))?;
    if stored.version != VERSION {
        return Err(damaged(format!("version {} is not known here", stored.version)));
    }
    let salts: Option<Vec<Salt>> = stored
        .salts
        .iter()
        .map(|salt| Some(Salt { created_at: salt.created_at, secret: secret(&salt.secret)? }))
        .collect();
    match salts {
        Some(salts) if checksum(&salts) == stored.crc32 => Ok(Some(salts)),
        _ => Err(damaged("its checksum does not fit".into())),
    }
}

/// Writes the salts beside the file and puts them in its place; what stood there before is overwritten, as far as the file
/// system allows, so that a destroyed salt is not left lying about.
pub(super) fn write(path: &Path, salts: &[Salt]) -> Result<(), PrivacyError> {
    let temporary = path.with_extension("tmp");
    let write = || {
        let _ = fs::remove_file(&temporary);
        let before = OpenOptions::new().write(true).open(path).ok();
        let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(&temporary)?;
        file.write_all(&encode(salts)?)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
        before.map_or(Ok(()), overwrite)
    };
    write().map_err(PrivacyError::file(path))
}

fn encode(salts: &[Salt]) -> std::io::Result<Vec<u8>> {
    let stored = |salt: &Salt| StoredSalt { created_at: salt.created_at, secret: hex(&salt.secret) };
    let salts =
        Stored { version: VERSION, crc32: checksum(salts), salts: salts.iter().map(stored).collect() };
    Ok(serde_json::to_vec_pretty(&salts)?)
}

fn overwrite(mut file: File) -> std::io::Result<()> {
    let length = usize::try_from(file.metadata()?.len()).unwrap_or_default();
    file.write_all(&vec![0; length])?;
    file.sync_all()
}

fn checksum(salts: &[Salt]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for salt in salts {
        hasher.update(&salt.created_at.to_le_bytes());
        hasher.update(&salt.secret);
    }
    hasher.finalize()
}

fn secret(text: &str) -> Option<[u8; 32]> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let byte = |pair: &[u8]| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?);
    text.as_bytes().chunks(2).map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn salts() -> Vec<Salt> {
        vec![Salt { created_at: 1, secret: [0xa7; 32] }, Salt { created_at: 2, secret: [3; 32] }]
    }

    fn file(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("openqoe-salt-file-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder.join("salts")
    }

    #[test]
    fn what_was_written_is_read_by_its_owner_alone() {
        let path = file("mode");
        assert!(read(&path).unwrap().is_none());
        write(&path, &salts()).unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert!(read(&path).unwrap() == Some(salts()));
        assert_eq!(mode(), 0o600);
        assert!(!path.with_extension("tmp").exists());
    }

    #[test]
    fn the_bytes_before_are_overwritten() {
        let path = file("overwritten");
        write(&path, &salts()).unwrap();
        let other = path.with_extension("link");
        fs::hard_link(&path, &other).unwrap();
        write(&path, &salts()[1..]).unwrap();
        assert!(fs::read(&other).unwrap().iter().all(|byte| *byte == 0));
        assert!(read(&path).unwrap() == Some(salts()[1..].to_vec()));
    }

    #[test]
    fn any_damage_is_told() {
        let path = file("damage");
        write(&path, &salts()).unwrap();
        let good = fs::read(&path).unwrap();
        for position in 0..good.len() {
            let mut bad = good.clone();
            bad[position] = if bad[position] == b'5' { b'6' } else { b'5' };
            fs::write(&path, &bad).unwrap();
            let read = read(&path);
            let harmless = good[position].is_ascii_whitespace() && !matches!(read, Ok(None));
            assert!(harmless || matches!(read, Err(PrivacyError::DamagedSalts { .. })), "byte {position}");
            fs::write(&path, &good[..position]).unwrap();
            assert!(super::read(&path).is_err(), "cut at {position}");
        }
    }
}
