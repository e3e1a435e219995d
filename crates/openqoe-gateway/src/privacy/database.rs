//! A database of addresses (MMDB), given by the operator, read into memory and read again when its file changes.

use std::fs;
use std::io::Read;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use maxminddb::{PathElement, Reader};

use super::PrivacyError;

/// Bytes of a database: the largest on offer, of cities, are half of it.
const MAX_BYTES: u64 = 512 << 20;

/// Where a record may hold the country, in the layouts on offer.
pub(super) const COUNTRY: &[&[PathElement<'_>]] =
    &[&[PathElement::Key("country"), PathElement::Key("iso_code")], &[PathElement::Key("country_code")]];

/// Where a record may hold the network's operator.
pub(super) const OPERATOR: &[&[PathElement<'_>]] = &[
    &[PathElement::Key("isp")],
    &[PathElement::Key("autonomous_system_organization")],
    &[PathElement::Key("as_name")],
];

/// What tells one state of a file from another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fingerprint {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

/// A database in use.
pub(super) struct Database {
    path: PathBuf,
    reader: RwLock<Reader<Vec<u8>>>,
    /// The state of the file that was looked at last, whether it could be used or not; `None` when it was not there.
    seen: Mutex<Option<Fingerprint>>,
}

impl Database {
    /// # Errors
    /// When the file is no database.
    pub(super) fn open(path: &Path) -> Result<Database, PrivacyError> {
        let seen = fingerprint(path);
        let reader = RwLock::new(read(path)?);
        Ok(Database { path: path.to_owned(), reader, seen: Mutex::new(seen) })
    }

    /// Reads the file again if it has changed since it was last looked at; whether it had.
    ///
    /// # Errors
    /// When it cannot be used, once for each change; the database in use stays.
    pub(super) fn reload(&self) -> Result<bool, PrivacyError> {
        let now = fingerprint(&self.path);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == now {
            return Ok(false);
        }
        *seen = now;
        let reader = read(&self.path)?;
        *self.reader.write().unwrap_or_else(PoisonError::into_inner) = reader;
        Ok(true)
    }

    /// The first text found at one of these places in the record of an address. A record that cannot be read has none.
    pub(super) fn text(&self, address: IpAddr, places: &[&[PathElement<'_>]]) -> Option<String> {
        let reader = self.reader.read().unwrap_or_else(PoisonError::into_inner);
        let record = reader.lookup(address).ok()?;
        let mut found = places.iter().filter_map(|place| record.decode_path::<&str>(place).ok().flatten());
        found.next().map(str::to_owned)
    }
}

#[cfg(test)]
#[path = "../../tests/gateway/mmdb.rs"]
pub(super) mod mmdb;

#[cfg(test)]
mod tests;

fn fingerprint(path: &Path) -> Option<Fingerprint> {
    let metadata = fs::metadata(path).ok()?;
    let modified = (metadata.mtime(), metadata.mtime_nsec());
    Some(Fingerprint { inode: metadata.ino(), bytes: metadata.len(), modified })
}

fn read(path: &Path) -> Result<Reader<Vec<u8>>, PrivacyError> {
    let file = fs::File::open(path).map_err(PrivacyError::file(path))?;
    let mut bytes = Vec::new();
    // A file may grow while it is read.
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(PrivacyError::file(path))?;
    let path = path.display().to_string();
    if bytes.len() as u64 > MAX_BYTES {
        return Err(PrivacyError::DatabaseTooLarge { path, limit: MAX_BYTES });
    }
    bytes.shrink_to_fit();
    Reader::from_source(bytes).map_err(|source| PrivacyError::Database { path, source })
}
