//! A batch in few bytes: what the journal keeps and what an edge sends to its core. Everything goes by the tags of the
//! registry, which are never given twice: a later vocabulary reads what an earlier one wrote, and the other way round.
//!
//! Numbers are LEB128; signed ones zigzag. `session_id`, `started_at`, `sent_at - started_at`, attributes as (tag, text)
//! behind their count, events behind their count: number and time as differences to the event before, tag, fields as
//! (`tag << 2 | shape`, value), a zero.

use crate::attribute::Attributes;
use crate::event::{Batch, Event};
use crate::generated::attributes::Attribute;
use crate::generated::events::EventKind;

/// Shapes of a field's value.
const UINT: u64 = 0;
const NUMBER: u64 = 1;
const TEXT: u64 = 2;
/// Tags of fields are below this.
const TAGS: usize = 32;
/// Times and numbers a sender can name are below 2^53; more is damage, and would overflow sums.
const LARGEST: u64 = 1 << 53;

/// Why bytes are no batch.
#[derive(Debug, PartialEq, Eq)]
pub struct NotCompact;

impl std::fmt::Display for NotCompact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a batch in the compact form")
    }
}

impl std::error::Error for NotCompact {}

/// Appends a batch.
pub fn encode(batch: &Batch, out: &mut Vec<u8>) {
    put_text(out, &batch.session_id);
    put_uint(out, batch.started_at);
    put_signed(out, batch.sent_at.wrapping_sub(batch.started_at).cast_signed());
    let present = Attribute::ALL.iter().map(|attribute| (*attribute, batch.attributes.get(*attribute)));
    let present = present.filter(|(_, value)| !value.is_empty());
    put_uint(out, present.clone().count() as u64);
    for (attribute, value) in present {
        put_uint(out, attribute.tag());
        put_text(out, value);
    }
    put_uint(out, batch.events.len() as u64);
    let (mut seq, mut t) = (0, 0);
    for event in &batch.events {
        put_signed(out, event.seq.wrapping_sub(seq).cast_signed());
        put_signed(out, event.t.wrapping_sub(t).cast_signed());
        (seq, t) = (event.seq, event.t);
        event.kind.put(&mut Put(out));
        out.push(0);
    }
}

/// Reads a batch, which is all of the bytes. Events and attributes this version does not know are left out.
///
/// # Errors
/// When the bytes are no batch.
pub fn decode(bytes: &[u8]) -> Result<Batch, NotCompact> {
    let mut rest = bytes;
    let batch = take_batch(&mut rest).ok_or(NotCompact)?;
    if rest.is_empty() { Ok(batch) } else { Err(NotCompact) }
}

fn take_batch(rest: &mut &[u8]) -> Option<Batch> {
    let session_id = take_text(rest)?.into();
    let started_at = take_small(rest)?;
    let sent_at = started_at.wrapping_add_signed(take_signed(rest)?);
    let mut attributes = Attributes::default();
    for _ in 0..take_uint(rest)? {
        let (tag, value) = (take_uint(rest)?, take_text(rest)?);
        // A value its type refuses by now is one attribute less.
        let _ = Attribute::of_tag(tag).map(|attribute| attributes.set(attribute, value));
    }
    let count = take_uint(rest)?;
    // An event takes four bytes at least.
    let mut events = Vec::with_capacity(usize::try_from(count).ok()?.min(rest.len() / 4));
    let (mut seq, mut t) = (0_u64, 0_u64);
    for _ in 0..count {
        seq = seq.wrapping_add_signed(take_signed(rest)?);
        t = t.wrapping_add_signed(take_signed(rest)?);
        let tag = take_uint(rest)?;
        let fields = Fields::take(rest)?;
        if seq >= LARGEST || t >= LARGEST {
            return None;
        }
        events.extend(EventKind::take(tag, &fields).map(|kind| Event { seq, t, kind }));
    }
    (sent_at < LARGEST).then_some(Batch { session_id, started_at, sent_at, attributes, events })
}

/// Tells what events say apart: the same in every process and build.
pub fn fingerprint(kind: &EventKind) -> u64 {
    let mut bytes = Vec::with_capacity(64);
    kind.put(&mut Put(&mut bytes));
    // FNV-1a, 64 bit, folded: what differs in the last bytes only has to differ in the lowest bits too.
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ hash >> 32 ^ hash >> 16
}

/// Writes the tag and the fields of an event.
pub(crate) struct Put<'a>(&'a mut Vec<u8>);

impl Put<'_> {
    pub(crate) fn begin(&mut self, tag: u64) {
        put_uint(self.0, tag);
    }

    pub(crate) fn uint(&mut self, tag: u64, value: u64) {
        put_uint(self.0, tag << 2 | UINT);
        put_uint(self.0, value);
    }

    pub(crate) fn number(&mut self, tag: u64, value: f64) {
        put_uint(self.0, tag << 2 | NUMBER);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn text(&mut self, tag: u64, value: &str) {
        put_uint(self.0, tag << 2 | TEXT);
        put_text(self.0, value);
    }
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Uint(u64),
    Number(f64),
    Text(&'a str),
}

/// The fields of an event, by tag. A value beyond the registry's bounds is none: no decoder made it, and a negative rate would
/// make counters go back.
pub(crate) struct Fields<'a>([Option<Value<'a>>; TAGS]);

impl<'a> Fields<'a> {
    fn take(rest: &mut &'a [u8]) -> Option<Fields<'a>> {
        let mut fields = Fields([None; TAGS]);
        loop {
            let key = take_uint(rest)?;
            if key == 0 {
                return Some(fields);
            }
            let value = match key & 3 {
                UINT => Value::Uint(take_small(rest)?),
                NUMBER => Value::Number(f64::from_le_bytes(take_bytes(rest, 8)?.try_into().ok()?)),
                TEXT => Value::Text(take_text(rest)?),
                _ => return None,
            };
            if let Some(field) = usize::try_from(key >> 2).ok().and_then(|tag| fields.0.get_mut(tag)) {
                *field = Some(value);
            }
        }
    }

    pub(crate) fn uint(&self, tag: usize, max: u64) -> Option<u64> {
        if let Some(Value::Uint(value)) = self.0[tag] {
            Some(value).filter(|value| *value <= max)
        } else {
            None
        }
    }

    pub(crate) fn flag(&self, tag: usize) -> Option<bool> {
        self.uint(tag, u64::MAX).map(|value| value != 0)
    }

    pub(crate) fn number(&self, tag: usize, min: f64, max: f64) -> Option<f64> {
        let Some(Value::Number(value)) = self.0[tag] else { return None };
        (min..=max).contains(&value).then_some(value)
    }

    pub(crate) fn text(&self, tag: usize, max: usize) -> Option<Box<str>> {
        let Some(Value::Text(value)) = self.0[tag] else { return None };
        let is_sound = !value.is_empty() && value.len() <= max && !value.chars().any(char::is_control);
        is_sound.then(|| value.into())
    }

    pub(crate) fn choice<T: Copy>(&self, tag: usize, all: &[T]) -> Option<T> {
        all.get(usize::try_from(self.uint(tag, u64::MAX)?).ok()?).copied()
    }
}

fn put_uint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_uint(out, (value << 1 ^ value >> 63).cast_unsigned());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_uint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn take_uint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take_small(rest: &mut &[u8]) -> Option<u64> {
    take_uint(rest).filter(|value| *value < LARGEST)
}

fn take_signed(rest: &mut &[u8]) -> Option<i64> {
    let value = take_uint(rest)?;
    Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
}

fn take_bytes<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let length = usize::try_from(take_uint(rest)?).ok()?;
    std::str::from_utf8(take_bytes(rest, length)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind of event with every field, as JSON by names.
    const EVERYTHING: &str = include_str!("../../../spec/vectors/journal/everything.json");
    /// The same, but for events and attributes that came later, as it was written when the format was made. Such bytes stand
    /// in journals: they must be read for ever.
    const WRITTEN: &str = include_str!("../../../spec/vectors/journal/everything.hex");

    fn everything() -> Batch {
        serde_json::from_str(EVERYTHING).unwrap()
    }

    #[test]
    fn what_was_written_once_is_read_for_ever() {
        let digits: String = WRITTEN.split_whitespace().collect();
        let bytes: Vec<u8> = (0..digits.len() / 2)
            .map(|index| u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).unwrap())
            .collect();
        let (read, today) = (decode(&bytes).unwrap(), everything());
        assert_eq!(
            read.events,
            today.events[..read.events.len()],
            "new events go to the end of everything.json"
        );
        let changed = Attribute::ALL.iter().find(|attribute| {
            let value = read.attributes.get(**attribute);
            !value.is_empty() && value != today.attributes.get(**attribute)
        });
        assert_eq!((read.events.len(), changed), (36, None));
    }

    #[test]
    fn every_event_comes_back() {
        let mut bytes = Vec::new();
        encode(&everything(), &mut bytes);
        assert_eq!(decode(&bytes).unwrap(), everything());
        let names: std::collections::BTreeSet<_> =
            everything().events.iter().map(|event| event.kind.name()).collect();
        assert_eq!(names, EventKind::NAMES.iter().copied().collect(), "an event lacks in everything.json");
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length]), Err(NotCompact));
        }
    }

    #[test]
    fn strangers_are_left_out() {
        let mut bytes = Vec::new();
        let batch = Batch { events: vec![], ..everything() };
        encode(&batch, &mut bytes);
        assert_eq!(bytes.pop(), Some(0));
        // Two events: one of an unknown tag with fields of all shapes, then `playing` with a field it has not.
        bytes.extend([2, 2, 0, 31, 4, 9, 5, 0, 0, 0, 0, 0, 0, 0, 0, 126, 1, b'x', 0, 2, 0, 3, 4, 1, 0]);
        let read = decode(&bytes).unwrap();
        assert_eq!(read.events, [Event { seq: 2, t: 0, kind: EventKind::Playing }]);
    }

    #[test]
    fn values_beyond_their_bounds_are_none() {
        let beat = EventKind::Heartbeat {
            buffer_ms: Some(3_600_001),
            latency_ms: Some(1),
            latency_clock: crate::LatencyClock::Player,
            frames_decoded: None,
            frames_dropped: None,
        };
        let error = |code: &str| EventKind::AdError { code: code.into() };
        let rates = [f64::NAN, -1.0, f64::INFINITY, 17.0].map(|rate| EventKind::Rate { rate });
        let errors = [error(""), error(&"x".repeat(65)), error("a\nb")];
        let kinds = rates.into_iter().chain(errors).chain([EventKind::Rendition { bitrate: 1 << 40 }, beat]);
        let events = kinds.zip(0..).map(|(kind, seq)| Event { seq, t: 0, kind }).collect();
        let mut bytes = Vec::new();
        encode(&Batch { events, ..everything() }, &mut bytes);
        let read = decode(&bytes).unwrap().events;
        assert_eq!(read.len(), 1);
        assert!(matches!(read[0].kind, EventKind::Heartbeat { buffer_ms: None, latency_ms: Some(1), .. }));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }

        #[test]
        fn numbers_in_any_order_come_back(events in proptest::collection::vec((0..LARGEST, 0..LARGEST), 0..20)) {
            let events = events.into_iter().map(|(seq, t)| Event { seq, t, kind: EventKind::Stall }).collect();
            let batch = Batch { events, ..everything() };
            let mut bytes = Vec::new();
            encode(&batch, &mut bytes);
            proptest::prop_assert_eq!(decode(&bytes).unwrap(), batch);
        }
    }
}
