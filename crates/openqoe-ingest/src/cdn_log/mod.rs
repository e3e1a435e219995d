//! CMCD in request mode (CTA-5004-B §4), as the logs of CDNs keep it: `POST /cmcd/logs?format=…` with lines as they were written.
//!
//! A line is one request of one player. Addresses, URLs and User-Agents are read past: what stays of them is a kind of object and two
//! words about the device. A log holds only the requests one CDN answered, so numbers (`sn`) tell nothing of loss here: times decide.

mod akamai;
mod cloudfront;
mod custom;
mod dictionary;
mod fastly;
mod field;
mod layout;
mod line;
mod meaning;
mod nginx;
mod times;

use std::collections::HashMap;

use openqoe_spec::{Attribute, Attributes, Batch, BatchRejection, Rejected};

use self::layout::{Format, Layout};
use self::line::Line;
use self::meaning::Meaning;
use crate::cmcd::{MAX_TIME, Record, VERSION};
use crate::protocol::{Decoded, Payload, Refused, Rejection};
use crate::{suggest, user_agent};

/// Lines in one body.
const MAX_LINES: usize = 1000;

const GUIDE: &str = "see docs/guide/cdn-logs.md";

static FORMATS: [&Format; 5] =
    [&cloudfront::FORMAT, &akamai::FORMAT, &fastly::FORMAT, &nginx::FORMAT, &custom::FORMAT];

pub(crate) fn decode(payload: &Payload<'_>) -> Result<Decoded, Refused> {
    let name = payload.parameter("format").unwrap_or_default();
    let format = FORMATS.into_iter().find(|format| format.name == name).ok_or_else(|| unknown(name))?;
    let mut layout = Layout::new(format, payload)?;
    let cdn = parameter(payload, "cdn").unwrap_or_else(|| format.cdn.to_owned());
    let mut sessions = Sessions::default();
    let lines = payload.body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let mut index = 0;
    for bytes in lines.filter(|line| !line.is_empty()) {
        if bytes[0] == b'#' {
            layout.comment(bytes);
            continue;
        }
        if index == MAX_LINES {
            return Err(too_many());
        }
        let taken = read(&layout, bytes).and_then(|(line, record)| sessions.take(line, &record, &cdn));
        if let Err((reason, message)) = taken {
            sessions.decoded.rejections.push(Rejection { index, seq: None, reason, message });
        }
        index += 1;
    }
    Ok(sessions.settle(sent(payload)))
}

/// A parameter of the URL, without its percent-encoding.
fn parameter(payload: &Payload<'_>, name: &str) -> Option<String> {
    let text = percent_encoding::percent_decode_str(payload.parameter(name)?).decode_utf8().ok()?;
    Some(text.into_owned()).filter(|text| !text.is_empty())
}

/// When the sender sent the body, epoch ms. Without it, the newest line is taken to be of now: CDNs that push do so at once.
fn sent(payload: &Payload<'_>) -> Option<u64> {
    let said = payload.parameter("sent").or_else(|| (payload.header)("x-sent-at"));
    said?.parse().ok().filter(|ms| *ms <= MAX_TIME)
}

fn unknown(name: &str) -> Refused {
    let near = suggest::closest(name, FORMATS.iter().map(|format| format.name));
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    let guess = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let name: String = name.chars().take(32).collect();
    let message = format!("`format` is `{name}`, not one of {}{guess}", names.join(", "));
    Refused { reason: BatchRejection::UnknownFormat, message, hint: GUIDE }
}

fn too_many() -> Refused {
    let message = format!("more than {MAX_LINES} lines");
    Refused { reason: BatchRejection::TooManyEvents, message, hint: "send them in several requests" }
}

type Problem = (Rejected, String);

fn read<'a>(layout: &Layout, bytes: &'a [u8]) -> Result<(Line<'a>, Record), Problem> {
    let malformed = |message: String| (Rejected::MalformedEvent, message);
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("the line is not UTF-8".into()))?;
    let line = layout.line(text).map_err(malformed)?;
    let nobody = |what: &str| (Rejected::NoSession, format!("{what}; {GUIDE}"));
    let dictionary = dictionary::of(&line).ok_or_else(|| nobody("no CMCD in this line"))?;
    let record = Record::parse(&dictionary).map_err(|(_, reason, message)| (reason, message))?;
    if let Some(version) = record.v.filter(|version| *version > VERSION) {
        return Err((Rejected::InvalidField, format!("v={version} is not spoken here, {VERSION} is")));
    }
    if record.sid.is_none() {
        return Err(nobody("CMCD without `sid` in this line"));
    }
    Ok((line, record))
}

/// The sessions of one body.
#[derive(Default)]
struct Sessions {
    decoded: Decoded,
    places: HashMap<Box<str>, usize>,
    meanings: Vec<Meaning>,
    /// The newest line of all, epoch ms.
    newest: u64,
}

impl Sessions {
    /// Adds what a line means. Until [`Sessions::settle`], times are epoch ms on the CDN's clock.
    fn take(&mut self, line: Line<'_>, record: &Record, cdn: &str) -> Result<(), Problem> {
        let span = line.span().ok_or((Rejected::MissingField, format!("the line has no time; {GUIDE}")))?;
        let sid = record.sid.as_deref().unwrap_or_default();
        let place = *self.places.entry(sid.into()).or_insert_with(|| {
            let (attributes, events) = (Attributes::default(), Vec::new());
            let session_id = sid.into();
            let batch = Batch { session_id, started_at: u64::MAX, sent_at: 0, attributes, events };
            self.decoded.batches.push(batch);
            self.meanings.push(Meaning::default());
            self.meanings.len() - 1
        });
        self.newest = self.newest.max(span.end);
        let batch = &mut self.decoded.batches[place];
        batch.started_at = batch.started_at.min(span.start);
        describe(&mut batch.attributes, &line, record, cdn);
        self.meanings[place].add(&line, record, span, &mut batch.events);
        Ok(())
    }

    fn settle(mut self, sent: Option<u64>) -> Decoded {
        let sent_at = sent.unwrap_or(self.newest);
        for batch in &mut self.decoded.batches {
            batch.sent_at = sent_at;
            batch.events.iter_mut().for_each(|event| event.t -= batch.started_at);
            batch.events.sort_by_key(|event| (event.t, event.seq));
        }
        self.decoded
    }
}

/// What a line says of its session. A value the attribute refuses is one attribute less.
fn describe(attributes: &mut Attributes, line: &Line<'_>, record: &Record, cdn: &str) {
    let cdn = record.cdn.as_deref().or(line.cdn.as_deref()).unwrap_or(cdn);
    let said = [
        (Attribute::AssetId, record.cid.as_deref()),
        (Attribute::Cdn, Some(cdn).filter(|cdn| !cdn.is_empty())),
        (Attribute::EdgePop, line.pop.as_deref()),
        (Attribute::Country, line.country.as_deref()),
        (Attribute::IsLive, record.is_live()),
    ];
    for (attribute, value) in said {
        let _ = value.map(|value| attributes.set(attribute, value));
    }
    if let Some(agent) = &line.agent {
        user_agent::fill(attributes, &dictionary::plain(agent));
    }
}

#[cfg(test)]
mod tests;
