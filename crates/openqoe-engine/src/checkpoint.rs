//! What an engine leaves to its successor: all sessions as MessagePack behind a tag and a version.
//!
//! Structs are arrays of their fields, so a change of any field is a new [`VERSION`]. Fields added at the end with a default
//! are read from versions before them, back to [`OLDEST`]; any other version is refused: the caller replays its journal instead. The vocabulary may change freely: enumerations and waiting events go by their names.

use openqoe_spec::Event;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::sessions::{Session, Sessions};

/// What an engine's checkpoint begins with.
const TAG: [u8; 4] = *b"OQen";
/// Raised whenever [`Session`] or a struct within it changes.
const VERSION: u32 = 7;
/// The oldest version whose structs only lack fields that have a default.
const OLDEST: u32 = 7;
/// What grows by addition is less than this in a checkpoint, so that no sum overflows in a lifetime.
pub(crate) const LARGEST: u64 = u64::MAX / 4;

/// Why an engine cannot be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// These bytes are something else.
    #[error("not a checkpoint of an engine")]
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

/// As it is written.
#[derive(Serialize)]
struct Saved<'a> {
    sessions: Vec<&'a Session>,
    ended: Vec<usize>,
}

/// As it is read. In boxes, for there they stay.
#[derive(Deserialize)]
struct Restored {
    #[expect(clippy::vec_box)]
    sessions: Vec<Box<Session>>,
    ended: Vec<usize>,
}

pub(crate) fn save(sessions: &Sessions) -> Vec<u8> {
    let (sessions, ended) = sessions.in_order();
    let mut out = Vec::with_capacity(64 + 192 * sessions.len());
    out.extend(TAG);
    out.extend(VERSION.to_le_bytes());
    // Never an error: a vector takes everything. Were it one, the restore would find a damaged checkpoint.
    let _ = rmp_serde::encode::write(&mut out, &Saved { sessions, ended });
    out
}

pub(crate) fn restore(bytes: &[u8]) -> Result<Sessions, RestoreError> {
    let (tag, rest) = bytes.split_first_chunk::<4>().ok_or(RestoreError::Foreign)?;
    let (version, body) = rest.split_first_chunk::<4>().ok_or(RestoreError::Foreign)?;
    if *tag != TAG {
        return Err(RestoreError::Foreign);
    }
    let found = u32::from_le_bytes(*version);
    if !(OLDEST..=VERSION).contains(&found) {
        return Err(RestoreError::Version { found });
    }
    let Restored { sessions, ended } = rmp_serde::from_slice(body)?;
    if !sessions.iter().all(|session| is_sound(session)) {
        return Err(RestoreError::Unsound("a session that cannot be"));
    }
    Sessions::from_order(sessions, &ended).ok_or(RestoreError::Unsound("a session twice, or none"))
}

fn is_sound(session: &Session) -> bool {
    let key = session.key.as_bytes();
    key.get(session.tenant_len) == Some(&b'/') && session.sequence.is_sound()
}

/// Reads a number that goes on growing.
pub(crate) fn growing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    let large = || serde::de::Error::custom("a number too large to go on growing");
    (number < LARGEST).then_some(number).ok_or_else(large)
}

/// An event with the names of its fields, as bytes within the bytes.
pub(crate) mod named {
    use super::{Deserializer, Event, Serializer};
    use serde::de::Visitor;
    use serde::ser::Error as _;

    pub(crate) fn serialize<S: Serializer>(event: &Event, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&rmp_serde::to_vec_named(event).map_err(S::Error::custom)?)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Event, D::Error> {
        deserializer.deserialize_bytes(Bytes)
    }

    struct Bytes;

    impl Visitor<'_> for Bytes {
        type Value = Event;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an event as bytes")
        }

        fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Event, E> {
            rmp_serde::from_slice(bytes).map_err(E::custom)
        }
    }
}
