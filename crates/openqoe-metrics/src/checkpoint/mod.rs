//! What a table and a guard leave to their successors: MessagePack behind a tag and a version.
//!
//! Structs are arrays of their fields, so a change of any of them is a new [`VERSION`], and another version is refused. The
//! vocabulary may change freely: a checkpoint holds a dictionary of its slots, and finds each again by its name.

pub(crate) mod dictionary;
mod guard;
pub(crate) mod table;

use serde::{Deserialize, Serialize, Serializer};

/// Raised whenever a struct within a checkpoint changes.
const VERSION: u32 = 2;
/// Counts are less than this in a checkpoint, so that no sum overflows in a lifetime.
pub(crate) const LARGEST: u64 = 1 << 53;

/// Why a table or a guard cannot be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// These bytes are something else.
    #[error("not a checkpoint of this kind")]
    Foreign,
    /// Another version wrote them.
    #[error("a checkpoint of version {found}, where this build reads version {VERSION}")]
    Version {
        /// The version that did.
        found: u32,
    },
    /// They are cut off or damaged.
    #[error("a damaged checkpoint: {0}")]
    Damaged(#[from] rmp_serde::decode::Error),
    /// They can be read, but say what cannot be.
    #[error("a checkpoint that contradicts itself: {0}")]
    Unsound(&'static str),
}

/// What a checkpoint begins with.
type Tag = [u8; 4];

pub(crate) fn seal(tag: Tag, saved: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(tag);
    out.extend(VERSION.to_le_bytes());
    // Never an error: a vector takes everything. Were it one, the restore would find a damaged checkpoint.
    let _ = rmp_serde::encode::write(&mut out, saved);
    out
}

pub(crate) fn open<'a, T: Deserialize<'a>>(tag: Tag, bytes: &'a [u8]) -> Result<T, RestoreError> {
    let (found, rest) = bytes.split_first_chunk::<4>().ok_or(RestoreError::Foreign)?;
    let (version, body) = rest.split_first_chunk::<4>().ok_or(RestoreError::Foreign)?;
    if *found != tag {
        return Err(RestoreError::Foreign);
    }
    let found = u32::from_le_bytes(*version);
    if found != VERSION {
        return Err(RestoreError::Version { found });
    }
    Ok(rmp_serde::from_slice(body)?)
}

/// A number in as few bytes as hold it: most are whole, and most of those are 0.
pub(crate) fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Number(*value).serialize(serializer)
}

/// The numbers of a row.
pub(crate) fn numbers<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().copied().map(Number))
}

/// The numbers of a row that may be missing.
pub(crate) fn numbers_if_any<S: Serializer>(
    values: &[Option<f64>],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(|value| value.map(Number)))
}

struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = self.0 as i64;
        // By bits, for -0.0 is another number.
        if whole.unsigned_abs() < LARGEST && (whole as f64).to_bits() == self.0.to_bits() {
            serializer.serialize_i64(whole)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}
