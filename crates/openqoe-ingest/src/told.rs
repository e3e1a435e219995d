//! Protocols whose events are JSON objects without numbers, each with its own session and time: read one by one, gathered into
//! batches, put in order later by the engine.

use openqoe_spec::{Attribute, Attributes, Batch, BatchRejection, Event, EventKind, LatencyClock, Rejected};
use serde_json::Value as Json;

use crate::protocol::{Decoded, Refused, Rejection};

/// Events in one body.
pub(crate) const MAX_EVENTS: usize = 1000;
/// The last millisecond a JavaScript `Date` can hold (ECMA-262 §21.4.1.1).
const MAX_TIME: f64 = 8.64e15;
/// Nothing a player tells of takes longer than an hour, ms.
const MAX_MS: f64 = 3_600_000.0;
/// What a code or a name may have (`events.yaml`).
const MAX_TEXT: usize = 64;

/// What one event tells.
pub(crate) struct Told {
    pub(crate) session: Box<str>,
    /// Epoch ms on the player's clock.
    pub(crate) at: u64,
    pub(crate) attributes: Vec<(Attribute, String)>,
    pub(crate) meant: Vec<Meant>,
}

/// An event of ours that one of theirs means.
pub(crate) struct Meant {
    /// Epoch ms on the player's clock.
    pub(crate) at: u64,
    /// Its place among events of the same millisecond, below [`openqoe_spec::PARTS`].
    pub(crate) place: u64,
    pub(crate) kind: EventKind,
}

/// Why an event is refused.
pub(crate) type Fault = (Rejected, String);

/// A body as JSON.
pub(crate) fn parse(body: &[u8], guide: &'static str) -> Result<Json, Refused> {
    let text = std::str::from_utf8(body).map_err(|error| Refused {
        reason: BatchRejection::InvalidUtf8,
        message: format!("not UTF-8 at byte {}", error.valid_up_to()),
        hint: "send JSON in UTF-8 (RFC 8259 §8.1)",
    })?;
    serde_json::from_str(text).map_err(|error| Refused {
        reason: BatchRejection::MalformedJson,
        message: error.to_string(),
        hint: guide,
    })
}

/// Events to batches, one for each session.
///
/// # Errors
/// When there are too many of them.
pub(crate) fn gather(
    events: &[Json],
    read: impl Fn(&Json) -> Result<Told, Fault>,
) -> Result<Decoded, Refused> {
    if events.len() > MAX_EVENTS {
        return Err(Refused {
            reason: BatchRejection::TooManyEvents,
            message: format!("more than {MAX_EVENTS} events"),
            hint: "send them in several requests",
        });
    }
    let mut decoded = Decoded::default();
    for (index, event) in events.iter().enumerate() {
        match read(event) {
            Ok(told) => take(&mut decoded.batches, told),
            Err((reason, message)) => {
                decoded.rejections.push(Rejection { index, seq: None, reason, message });
            }
        }
    }
    for batch in &mut decoded.batches {
        for event in &mut batch.events {
            event.t = event.t.saturating_sub(batch.started_at);
        }
    }
    Ok(decoded)
}

/// Adds what one event tells. Until all are in, times are epoch ms.
fn take(batches: &mut Vec<Batch>, told: Told) {
    let Told { session, at, attributes, meant } = told;
    let place = batches.iter().position(|batch| batch.session_id == session).unwrap_or_else(|| {
        let (attributes, events) = (Attributes::default(), Vec::new());
        batches.push(Batch { session_id: session, started_at: u64::MAX, sent_at: 0, attributes, events });
        batches.len() - 1
    });
    let batch = &mut batches[place];
    batch.sent_at = batch.sent_at.max(at);
    for (attribute, value) in attributes {
        // A value the attribute refuses is one attribute less, not one event less.
        let _ = batch.attributes.set(attribute, &value);
    }
    for Meant { at, place, kind } in meant {
        batch.started_at = batch.started_at.min(at);
        batch.events.push(Event { seq: place, t: at, kind });
    }
}

/// Somebody is still there, whatever else is known.
pub(crate) fn still_here() -> EventKind {
    heartbeat(None, None)
}

pub(crate) fn heartbeat(buffer_ms: Option<u64>, frames_dropped: Option<u64>) -> EventKind {
    let latency_clock = LatencyClock::Player;
    EventKind::Heartbeat { buffer_ms, latency_ms: None, latency_clock, frames_decoded: None, frames_dropped }
}

/// A time, epoch ms.
pub(crate) fn time(event: &Json, name: &str) -> Result<u64, Fault> {
    match event.get(name).and_then(Json::as_f64) {
        Some(ms) if (0.0..=MAX_TIME).contains(&ms) => Ok(ms.round() as u64),
        Some(_) => Err((Rejected::InvalidField, format!("`{name}` is no time in epoch milliseconds"))),
        None => Err((Rejected::MissingField, format!("`{name}` is missing: epoch milliseconds, a number"))),
    }
}

/// A length of time that makes sense, ms.
pub(crate) fn length(data: &Json, name: &str) -> Option<u64> {
    number(data, name).filter(|ms| (0.0..=MAX_MS).contains(ms)).map(|ms| ms.round() as u64)
}

pub(crate) fn number(data: &Json, name: &str) -> Option<f64> {
    data.get(name).and_then(Json::as_f64).filter(|number| number.is_finite())
}

/// A text that says something.
pub(crate) fn text<'a>(data: &'a Json, name: &str) -> Option<&'a str> {
    data.get(name).and_then(Json::as_str).filter(|text| !text.trim().is_empty())
}

/// A code or a name, text or number, as much of it as is kept.
pub(crate) fn code(data: &Json, name: &str) -> Option<Box<str>> {
    let whole = match data.get(name)? {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    let clean: String = whole.chars().filter(|letter| !letter.is_control()).collect();
    let end = (0..=MAX_TEXT.min(clean.len())).rev().find(|end| clean.is_char_boundary(*end))?;
    (end > 0).then(|| clean[..end].into())
}

/// Whether a text can be a session's id: 1 to `most` bytes, nothing invisible.
pub(crate) fn is_id(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// A value an attribute of few values has, in whatever case; others are left to what the User-Agent tells.
pub(crate) fn fitting(attribute: Attribute, value: &str) -> Option<(Attribute, String)> {
    let value = value.trim().to_ascii_lowercase();
    let mut attributes = Attributes::default();
    attributes.set(attribute, &value).ok()?;
    (attributes.get(attribute) == value).then_some((attribute, value))
}

/// As much of a sender's words as is worth repeating.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::PROTOCOLS;

    fn protocol(path: &str) -> usize {
        PROTOCOLS.iter().position(|protocol| protocol.path == path).unwrap()
    }

    /// The protocols of this kind, and what stands around their events.
    fn bodies(events: &[Json]) -> [(usize, Json); 2] {
        [(protocol("/epas"), json!(events)), (protocol("/v2/events"), json!({ "events": events }))]
    }

    fn value() -> impl Strategy<Value = Json> {
        prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Json::from),
            (-10.0..1e16f64).prop_map(Json::from),
            (0..100_000u64).prop_map(|ms| json!(1_700_000_000_000 + ms)),
            "[a-z_]{0,12}".prop_map(Json::from),
            Just(
                json!({ "bitrate": 3000, "seek_latency": 20, "media_type": "video", "name": "dashjs", "id": "x" })
            ),
        ]
    }

    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("event"),
            Just("sessionId"),
            Just("timestamp"),
            Just("playhead"),
            Just("duration"),
            Just("payload"),
            Just("event_type"),
            Just("event_time"),
            Just("view_id"),
            Just("session_id"),
            Just("data"),
            Just("player"),
            Just("video"),
            Just("device"),
        ]
        .prop_map(str::to_owned)
    }

    /// An event that is nearly good.
    fn event() -> impl Strategy<Value = Json> {
        let kinds = prop_oneof![
            Just("init"),
            Just("loading"),
            Just("playing"),
            Just("seek"),
            Just("qualitychange"),
            Just("bitrate_changed"),
            Just("stopped"),
            Just("fragmentloaded"),
            Just("error"),
            Just("heartbeat"),
        ];
        (kinds, 0..1000u64, proptest::collection::hash_map(name(), value(), 0..4)).prop_map(
            |(kind, ms, more)| {
                let at = 1_700_000_000_000 + ms;
                let mut event = json!({ "event": kind, "event_type": kind, "sessionId": "s", "view_id": "v",
                "timestamp": at, "event_time": at });
                event.as_object_mut().unwrap().extend(more);
                event
            },
        )
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body: Vec<u8>) {
            for protocol in PROTOCOLS {
                let _ = protocol.read(&body);
            }
        }

        #[test]
        fn each_event_is_taken_or_refused(events in proptest::collection::vec(event(), 1..20)) {
            for (protocol, body) in bodies(&events) {
                let decoded = PROTOCOLS[protocol].read(body.to_string().as_bytes()).unwrap();
                let seeks = events.iter().filter(|event| event["event_type"] == "seek").count();
                let received = decoded.received();
                prop_assert!((events.len()..=events.len() + seeks).contains(&received));
                for batch in &decoded.batches {
                    prop_assert!(batch.started_at <= batch.sent_at);
                    let length = batch.sent_at - batch.started_at;
                    prop_assert!(batch.events.iter().all(|event| event.t <= length));
                    prop_assert!(batch.events.iter().all(|event| event.seq < openqoe_spec::PARTS));
                }
            }
        }

        /// A body sent again gives the same events: so the engine knows them.
        #[test]
        fn what_an_event_means_does_not_depend_on_its_company(events in proptest::collection::vec(event(), 1..6)) {
            for (protocol, body) in bodies(&events) {
                let whole = PROTOCOLS[protocol].read(body.to_string().as_bytes()).unwrap();
                let alone: usize = bodies_alone(protocol, &events);
                prop_assert_eq!(whole.accepted(), alone);
            }
        }
    }

    fn bodies_alone(protocol: usize, events: &[Json]) -> usize {
        let one = |event: &Json| {
            let all = bodies(std::slice::from_ref(event));
            let (_, body) = all.iter().find(|(known, _)| *known == protocol).unwrap();
            PROTOCOLS[protocol].read(body.to_string().as_bytes()).unwrap().accepted()
        };
        events.iter().map(one).sum()
    }
}
