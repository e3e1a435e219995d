//! CMCD (CTA-5004-B): what players report by themselves, `POST /cmcd` in event mode (§5), one record a line, or one record by
//! GET in the URL or in headers. Version 1 is read too, and the JSON some players send.
//!
//! A record is one thing a player says; what it means in our vocabulary may be several events or none ([`meaning`]).

mod json;
mod meaning;
mod record;
mod value;

use openqoe_spec::{Attribute, Attributes, Batch, BatchRejection, Event, Rejected, part_of};
use percent_encoding::percent_decode_str;

pub(crate) use self::meaning::{kind, state_goes_on};
pub(crate) use self::record::{MAX_TIME, Record, kind_of};
use crate::protocol::{Decoded, Payload, Refused, Rejection};

/// Records in one body.
const MAX_RECORDS: usize = 1000;
/// The highest version that is understood.
pub(crate) const VERSION: u64 = 2;
/// The headers of request mode (§4.2), which some players send to an event URL.
const HEADERS: [&str; 4] = ["cmcd-request", "cmcd-object", "cmcd-status", "cmcd-session"];

const GUIDE: &str = "see docs/guide/cmcd.md";

pub(crate) fn decode(payload: &Payload<'_>) -> Result<Decoded, Refused> {
    let lines: Vec<&str> = HEADERS.iter().filter_map(|name| (payload.header)(name)).collect();
    // Headers and query are never merged (§4): where there is a header, the query says nothing.
    if !lines.is_empty() {
        return Ok(read([Record::parse(&lines.join(","))]));
    }
    if let Some(query) = payload.parameter("CMCD").filter(|_| payload.body.is_empty()) {
        let text = percent_decode_str(query).decode_utf8().map_err(|_| not_utf8(0))?;
        return Ok(read([Record::parse(&text)]));
    }
    let text = std::str::from_utf8(payload.body).map_err(|error| not_utf8(error.valid_up_to()))?;
    if text.trim_start().starts_with(['[', '{']) {
        return Ok(read(json::records(text)?));
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    if lines.clone().nth(MAX_RECORDS).is_some() {
        return Err(too_many());
    }
    Ok(read(lines.map(Record::parse)))
}

fn not_utf8(at: usize) -> Refused {
    Refused {
        reason: BatchRejection::InvalidUtf8,
        message: format!("not UTF-8 at byte {at}"),
        hint: "CMCD is UTF-8 (CTA-5004-B §5)",
    }
}

fn too_many() -> Refused {
    Refused {
        reason: BatchRejection::TooManyEvents,
        message: format!("more than {MAX_RECORDS} records"),
        hint: "send them in several requests",
    }
}

/// A record, or why there is none.
pub(crate) type Parsed = Result<Record, (Option<u64>, Rejected, String)>;

/// Records to batches, one for each session, each in the order of the body.
fn read(records: impl IntoIterator<Item = Parsed>) -> Decoded {
    let mut decoded = Decoded::default();
    for (index, parsed) in records.into_iter().enumerate() {
        let taken = parsed.and_then(|record| {
            let said = Said::of(&record).map_err(|(reason, message)| (record.sn, reason, message))?;
            take(&mut decoded.batches, &said, &record);
            Ok(())
        });
        if let Err((seq, reason, message)) = taken {
            decoded.rejections.push(Rejection { index, seq, reason, message });
        }
    }
    decoded.batches.iter_mut().for_each(settle);
    decoded
}

/// What no record goes without.
struct Said<'a> {
    sid: &'a str,
    /// Epoch ms on the player's clock.
    ts: u64,
}

impl Said<'_> {
    fn of(record: &Record) -> Result<Said<'_>, (Rejected, String)> {
        if let Some(version) = record.v.filter(|version| *version > VERSION) {
            return Err((Rejected::InvalidField, format!("v={version} is not spoken here, {VERSION} is")));
        }
        let missing = |key: &str| (Rejected::MissingField, format!("`{key}` is missing; {GUIDE}"));
        let sid = record.sid.as_deref().ok_or_else(|| missing("sid"))?;
        let ts = record.ts.ok_or_else(|| missing("ts"))?;
        Ok(Said { sid, ts })
    }
}

/// Adds what a record means. Until [`settle`], times are epoch ms on the player's clock.
fn take(batches: &mut Vec<Batch>, said: &Said<'_>, record: &Record) {
    let place = batches.iter().position(|batch| *batch.session_id == *said.sid).unwrap_or_else(|| {
        let attributes = Attributes::default();
        let (session_id, events) = (said.sid.into(), Vec::new());
        batches.push(Batch { session_id, started_at: u64::MAX, sent_at: 0, attributes, events });
        batches.len() - 1
    });
    let batch = &mut batches[place];
    batch.sent_at = batch.sent_at.max(said.ts);
    for (attribute, value) in attributes(record) {
        // A value the attribute refuses is one attribute less: keys are judged one by one (§3).
        let _ = batch.attributes.set(attribute, value);
    }
    let meant = meaning::of(record);
    for (part, (after, kind)) in (0..).zip(meant) {
        let seq = record.sn.map_or(part, |sn| part_of(sn, part));
        let t = said.ts.saturating_add_signed(after);
        batch.started_at = batch.started_at.min(t);
        batch.events.push(Event { seq, t, kind });
    }
}

fn attributes(record: &Record) -> impl Iterator<Item = (Attribute, &str)> {
    let said = [
        (Attribute::AssetId, record.cid.as_deref()),
        (Attribute::Cdn, record.cdn.as_deref()),
        (Attribute::IsLive, record.is_live()),
    ];
    said.into_iter().filter_map(|(attribute, value)| Some((attribute, value?)))
}

/// Times from now on count from the batch's first record. A download that took long may end after the newest record.
fn settle(batch: &mut Batch) {
    for event in &mut batch.events {
        event.t = event.t.saturating_sub(batch.started_at);
    }
}
