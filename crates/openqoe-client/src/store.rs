//! What the host keeps of an event between runs. Whatever comes back was on somebody's disk: it is checked, and what is not
//! a record is dropped and counted.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::host::{Now, Record};
use crate::queue::Entry;
use crate::session::Session;
use crate::wire::MAX_EVENT_BYTES;

/// Events that may be kept.
pub(crate) const MAX_STORED: usize = 5_000;
/// Older ones tell nobody anything.
const MAX_AGE_MS: u64 = 7 * 24 * 3_600_000;
/// Bytes of one record; a longer one is damaged.
pub const MAX_RECORD_BYTES: usize = 8_192;
const MAX_ATTRIBUTES_BYTES: usize = 3_072;
/// The last millisecond a gateway takes (ECMA-262 section 21.4.1.1).
const MAX_TIME_MS: u64 = 8_640_000_000_000_000;

/// The form of the bytes. Another number is another version's.
const FORM: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    form: u8,
    session_id: String,
    started_at: u64,
    #[serde(borrow)]
    attributes: &'a RawValue,
    #[serde(borrow)]
    event: &'a RawValue,
}

/// What of an event's text must hold for it to be sent again.
#[derive(Deserialize)]
struct Dated {
    seq: u64,
    t: u64,
}

/// Why a record is not an event to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    Damaged,
    Expired,
}

/// Sorts as it is sent: by age of the session, then by number.
pub(crate) fn key_of(session: &Session, seq: u64) -> String {
    format!("{:016}-{}-{seq:010}", session.started_at, session.id)
}

/// `None` where there is nothing to keep that could come back, which is never.
pub(crate) fn keep(entry: &Entry) -> Option<Record> {
    let kept = Kept {
        form: FORM,
        session_id: entry.session.id.clone(),
        started_at: entry.session.started_at,
        attributes: serde_json::from_str(&entry.attributes).ok()?,
        event: serde_json::from_str(&entry.text).ok()?,
    };
    let bytes = serde_json::to_vec(&kept).ok()?;
    Some(Record { key: key_of(&entry.session, entry.seq), bytes })
}

/// The entry a record holds. Its id and set are for the queue to give.
pub(crate) fn revive(record: &Record, now: Now) -> Result<Entry, Unfit> {
    let damaged = |_| Unfit::Damaged;
    if record.bytes.len() > MAX_RECORD_BYTES {
        return Err(Unfit::Damaged);
    }
    let kept: Kept<'_> = serde_json::from_slice(&record.bytes).map_err(damaged)?;
    let (attributes, event) = (kept.attributes.get(), kept.event.get());
    let Dated { seq, t } = serde_json::from_str(event).map_err(damaged)?;
    let session = Session { id: kept.session_id, started_at: kept.started_at };
    let id = session.id.as_bytes();
    let sound = kept.form == FORM
        && matches!(id.len(), 1..=64)
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        && session.started_at <= MAX_TIME_MS
        && attributes.starts_with('{')
        && attributes.len() <= MAX_ATTRIBUTES_BYTES
        && event.starts_with('{')
        && event.len() <= MAX_EVENT_BYTES
        && record.key == key_of(&session, seq);
    if !sound {
        return Err(Unfit::Damaged);
    }
    if session.started_at.saturating_add(t).saturating_add(MAX_AGE_MS) < now.wall_ms {
        return Err(Unfit::Expired);
    }
    Ok(Entry {
        id: 0,
        session: Arc::new(session),
        seq,
        set: 0,
        attributes: attributes.into(),
        text: event.into(),
        expendable: false,
        stored: true,
        restored: true,
    })
}

/// Whether two entries may share a batch.
pub(crate) fn alike(one: &Entry, other: &Entry) -> bool {
    one.session == other.session && one.attributes == other.attributes
}
