//! What a journal's records say: batches as they were admitted, and the times the engine was told.

use openqoe_spec::{Batch, Protocol, compact};

use super::frame;
use super::{JournalError, Position};

/// One admitted batch, as it goes to its shard.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) tenant: Box<str>,
    pub(crate) protocol: Protocol,
    /// Epoch ms on the gateway's clock.
    pub(crate) received_at: u64,
    pub(crate) batch: Batch,
}

/// One record.
#[derive(Debug, PartialEq)]
pub(crate) enum Record {
    Batch(Entry),
    /// The time the engine was told, epoch ms.
    Tick(u64),
    /// When the gateway took up again after an interruption, epoch ms.
    Resumed(u64),
    /// What was here has been erased.
    Erased,
}

const ERASED: u8 = 0;
const BATCH: u8 = 1;
const TICK: u8 = 2;
const RESUMED: u8 = 3;
/// Bytes of a batch's payload before the names: kind, time of arrival, key.
const PREFIX: usize = 17;

/// The record of a batch, framed. Made on the thread that decoded it, so that the shard only has to write.
pub(crate) fn batch(tenant: &str, protocol: Protocol, received_at: u64, batch: &Batch) -> Vec<u8> {
    // An event takes about 15 bytes, the session about 250.
    let mut out = Vec::with_capacity(384 + 24 * batch.events.len());
    frame::push(&mut out, |out| {
        out.push(BATCH);
        out.extend_from_slice(&received_at.to_le_bytes());
        out.extend_from_slice(&key(tenant, &batch.session_id).to_le_bytes());
        push_name(out, tenant);
        push_name(out, protocol.as_str());
        compact::encode(batch, out);
    });
    out
}

/// Names of tenants and protocols are shorter than 256 bytes.
fn push_name(out: &mut Vec<u8>, name: &str) {
    let length = u8::try_from(name.len()).unwrap_or_default();
    out.push(length);
    out.extend_from_slice(&name.as_bytes()[..length.into()]);
}

fn take_name<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let (length, after) = rest.split_first()?;
    let (name, after) = after.split_at_checked((*length).into())?;
    *rest = after;
    std::str::from_utf8(name).ok()
}

/// Appends the record of a time the engine was told.
pub(crate) fn push_tick(out: &mut Vec<u8>, now: u64) {
    push_time(out, TICK, now);
}

/// Appends the record of a new beginning.
pub(crate) fn push_resumed(out: &mut Vec<u8>, now: u64) {
    push_time(out, RESUMED, now);
}

fn push_time(out: &mut Vec<u8>, kind: u8, now: u64) {
    frame::push(out, |out| {
        out.push(kind);
        out.extend_from_slice(&now.to_le_bytes());
    });
}

/// Makes the payload of a record say nothing any more.
pub(super) fn erase(payload: &mut [u8]) {
    payload.fill(ERASED);
}

/// What an index finds a session by; two sessions may share one. The same in every process and build.
pub(super) fn key(tenant: &str, session_id: &str) -> u64 {
    // FNV-1a, 64 bit: ids are short, and whoever makes them collide only makes reading his own sessions slower.
    let bytes = tenant.bytes().chain([0]).chain(session_id.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What an index needs of a payload: the time of arrival and the key, when it is a batch.
pub(super) fn head(payload: &[u8]) -> Option<(u64, u64)> {
    let (head, _) = payload.split_first_chunk::<PREFIX>()?;
    let number = |from: usize| u64::from_le_bytes(std::array::from_fn(|index| head[from + index]));
    (head[0] == BATCH).then(|| (number(1), number(9)))
}

/// Reads a payload.
///
/// # Errors
/// When it is none of ours; `at` is for the message.
pub(super) fn read(at: Position, payload: &[u8]) -> Result<Record, JournalError> {
    let unreadable = |problem: &str| JournalError::Unreadable { at, problem: problem.to_owned() };
    let (kind, rest) = payload.split_first().ok_or_else(|| unreadable("it is empty"))?;
    let time = || rest.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
    match *kind {
        ERASED => Ok(Record::Erased),
        TICK => time().map(Record::Tick).ok_or_else(|| unreadable("it is too short")),
        RESUMED => time().map(Record::Resumed).ok_or_else(|| unreadable("it is too short")),
        BATCH => {
            let received_at = time().ok_or_else(|| unreadable("it is too short"))?;
            let mut rest = payload.get(PREFIX..).ok_or_else(|| unreadable("it is too short"))?;
            let names = take_name(&mut rest).zip(take_name(&mut rest));
            let (tenant, protocol) = names.ok_or_else(|| unreadable("it names no tenant"))?;
            let protocol = Protocol::parse(protocol)
                .ok_or_else(|| unreadable(&format!("protocol `{protocol}` is not known here")))?;
            let batch = compact::decode(rest).map_err(|error| unreadable(&error.to_string()))?;
            Ok(Record::Batch(Entry { tenant: tenant.into(), protocol, received_at, batch }))
        }
        other => Err(unreadable(&format!("kind {other} is not known here"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_same_in_every_build() {
        assert_eq!(key("default", "s"), 0x633c_f8cc_16cc_75eb);
        assert_ne!(key("a", "bc"), key("ab", "c"));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_payloads_never_panic(payload: Vec<u8>) {
            let _ = (read(0, &payload), head(&payload));
        }
    }
}
