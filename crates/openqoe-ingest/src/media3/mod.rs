//! Media3 (ExoPlayer) `PlaybackStats`, `POST /media3`: each record is a finished playback as an Android app has it in
//! `PlaybackStatsListener.Callback.onPlaybackStatsReady`. Google knows no wire format for them; ours has the names of the public
//! fields (docs/guide/media3.md). One record, an array of them, or one on each line.

mod ads;
mod attributes;
mod moment;
mod rate;
mod record;
mod state;
mod teller;
#[cfg(test)]
mod tests;

use openqoe_spec::{Batch, BatchRejection, Rejected};
use serde_json::Value as Json;

use self::record::Record;
use crate::protocol::{Decoded, Payload, Refused, Rejection};
use crate::told::{self, Fault};

const GUIDE: &str = "see docs/guide/media3.md";
/// Playbacks in one body: what a device without a network gathers on a journey.
const MAX_RECORDS: usize = 50;
/// Events of one body, signs of life included: few bytes can tell of weeks.
const MAX_EVENTS: usize = 20_000;
/// Warnings told to the sender; more of them add nothing.
const MAX_WARNINGS: usize = 8;

pub(crate) fn decode(payload: &Payload<'_>) -> Result<Decoded, Refused> {
    let records = records(payload.body)?;
    if records.len() > MAX_RECORDS {
        return Err(too_many(format!("more than {MAX_RECORDS} records")));
    }
    let mut decoded = Decoded::default();
    for (index, record) in records.into_iter().enumerate() {
        match record.and_then(|json| read(json, &mut decoded.warnings)) {
            Ok(batch) if decoded.accepted() + batch.events.len() > MAX_EVENTS => {
                return Err(too_many(format!("what the records tell is more than {MAX_EVENTS} events")));
            }
            Ok(batch) => decoded.batches.push(batch),
            Err((reason, message)) => {
                decoded.rejections.push(Rejection { index, seq: None, reason, message });
            }
        }
    }
    decoded.warnings.truncate(MAX_WARNINGS);
    Ok(decoded)
}

fn too_many(message: String) -> Refused {
    Refused { reason: BatchRejection::TooManyEvents, message, hint: "send them in several requests" }
}

/// The records of a body, or what is wrong with one of them.
fn records(body: &[u8]) -> Result<Vec<Result<Json, Fault>>, Refused> {
    match told::parse(body, GUIDE) {
        Ok(Json::Array(records)) => Ok(records.into_iter().map(Ok).collect()),
        Ok(one) => Ok(vec![Ok(one)]),
        Err(refused) => lines(body).ok_or(refused),
    }
}

/// What is no JSON may be JSON line by line, if that is so for at least one record.
fn lines(body: &[u8]) -> Option<Vec<Result<Json, Fault>>> {
    let text = std::str::from_utf8(body).ok()?;
    if text.trim_start().starts_with('[') {
        return None;
    }
    let malformed = |error: serde_json::Error| (Rejected::MalformedEvent, format!("no JSON: {error}"));
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    // One more than there may be is enough to know that there are too many.
    let records: Vec<Result<Json, Fault>> =
        lines.take(MAX_RECORDS + 1).map(|line| serde_json::from_str(line).map_err(malformed)).collect();
    records.iter().flatten().any(Json::is_object).then_some(records)
}

fn read(json: Json, warnings: &mut Vec<String>) -> Result<Batch, Fault> {
    let record = Record::read(json)?;
    let age = record.age();
    let attributes = attributes::read(&record.attributes, warnings);
    let started_at = record.started_at();
    Ok(Batch {
        session_id: record.session_id.as_str().into(),
        started_at,
        sent_at: started_at.saturating_add(age),
        attributes,
        events: teller::tell(&record),
    })
}
