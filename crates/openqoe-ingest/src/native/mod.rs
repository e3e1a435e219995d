//! The native protocol, `POST /v1/ingest` (docs/guide/native-ingest.md).
//!
//! A good body is parsed once, borrowing. Only a body with something wrong in it is read a second time, event by event, to
//! find out what to refuse and what to tell the sender.

mod attributes;
mod bounded;
mod depth;
mod field;
mod wire;

use std::borrow::Cow;

use openqoe_spec::{Attribute, Attributes, Batch, BatchRejection, Event, SPEC_VERSION};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::attributes::WireAttributes;
use self::bounded::Bounded;
use self::field::FieldError;
use self::wire::WireEvent;
use crate::protocol::{Decoded, Payload, Refused, Rejection};

/// Events in one batch.
const MAX_EVENTS: usize = 1000;
/// A batch needs four levels; the rest is room for fields of later versions.
const MAX_DEPTH: usize = 32;
/// The last millisecond a JavaScript `Date` can hold (ECMA-262 §21.4.1.1).
const MAX_TIME: f64 = 8.64e15;
/// A session of more than a week is a defect of the sender.
const MAX_SESSION: f64 = 7.0 * 24.0 * 3_600_000.0;
/// Session ids are UUIDs; CTA-5004-B `sid` allows 64 characters.
const MAX_SESSION_ID: usize = 64;

const GUIDE: &str = "see docs/guide/native-ingest.md and spec/schema/ingest-v1.schema.json";

#[derive(Deserialize)]
#[serde(expecting = "a batch object")]
struct WireBatch<'a, E> {
    #[serde(borrow)]
    spec_version: Cow<'a, str>,
    sent_at: f64,
    #[serde(borrow)]
    session: WireSession<'a>,
    #[serde(bound(deserialize = "E: Deserialize<'de>"))]
    events: Bounded<E, MAX_EVENTS>,
}

#[derive(Deserialize)]
#[serde(expecting = "a session object")]
struct WireSession<'a> {
    #[serde(borrow)]
    session_id: Cow<'a, str>,
    started_at: f64,
    attributes: Option<WireAttributes>,
}

pub(crate) fn decode(payload: &Payload<'_>) -> Result<Decoded, Refused> {
    let text = std::str::from_utf8(payload.body).map_err(|error| Refused {
        reason: BatchRejection::InvalidUtf8,
        message: format!("not UTF-8 at byte {}", error.valid_up_to()),
        hint: "send JSON in UTF-8 (RFC 8259 §8.1)",
    })?;
    if depth::exceeds(text, MAX_DEPTH) {
        return Err(Refused {
            reason: BatchRejection::MalformedJson,
            message: format!("nested deeper than {MAX_DEPTH} levels"),
            hint: GUIDE,
        });
    }
    match serde_json::from_str::<WireBatch<'_, WireEvent<'_>>>(text) {
        Ok(batch) => read(batch, numbered),
        Err(_) => {
            let batch = serde_json::from_str::<WireBatch<'_, &RawValue>>(text).map_err(malformed)?;
            read(batch, |raw| parse(raw.get()))
        }
    }
}

fn malformed(error: serde_json::Error) -> Refused {
    Refused { reason: BatchRejection::MalformedJson, message: error.to_string(), hint: GUIDE }
}

/// The envelope's own rules, then every event by `check`, which also tells the number of an event it refuses.
fn read<E>(
    wire: WireBatch<'_, E>,
    check: impl Fn(E) -> (Option<u64>, Result<Event, FieldError>),
) -> Result<Decoded, Refused> {
    if wire.events.overflowed {
        return Err(Refused {
            reason: BatchRejection::TooManyEvents,
            message: format!("more than {MAX_EVENTS} events"),
            hint: "send them in several batches",
        });
    }
    let warnings = wire.session.attributes.as_ref().map(WireAttributes::warnings).unwrap_or_default();
    let mut decoded = Decoded { warnings, ..Decoded::default() };
    let mut events = Vec::with_capacity(wire.events.items.len());
    let (session_id, started_at, sent_at) = envelope(&wire.session, wire.sent_at)?;
    let attributes = attributes(wire.session.attributes, &wire.spec_version)?;
    for (index, event) in wire.events.items.into_iter().enumerate() {
        match check(event) {
            (_, Ok(event)) => events.push(event),
            (seq, Err(FieldError { reason, message })) => {
                decoded.rejections.push(Rejection { index, seq, reason, message });
            }
        }
    }
    decoded.batches.push(Batch { session_id, started_at, sent_at, attributes, events });
    Ok(decoded)
}

fn envelope(session: &WireSession<'_>, sent_at: f64) -> Result<(Box<str>, u64, u64), Refused> {
    let id = session.session_id.as_ref();
    if id.is_empty() || id.len() > MAX_SESSION_ID || id.chars().any(char::is_control) {
        return Err(invalid_session(format!("session.session_id must have 1 to {MAX_SESSION_ID} bytes")));
    }
    let time = |name: &str, value: f64| match value {
        0.0..=MAX_TIME => Ok(value as u64),
        _ => Err(invalid_session(format!("{name} must be epoch milliseconds, not {value}"))),
    };
    Ok((id.into(), time("session.started_at", session.started_at)?, time("sent_at", sent_at)?))
}

/// What is known about the session with this batch; nothing when it does not say.
fn attributes(wire: Option<WireAttributes>, spec_version: &str) -> Result<Attributes, Refused> {
    let says = wire.is_some();
    let WireAttributes { mut attributes, invalid, .. } = wire.unwrap_or_default();
    if let Some(message) = invalid {
        return Err(invalid_session(message));
    }
    if let Err(error) = attributes.set(Attribute::SpecVersion, spec_version) {
        return Err(invalid_session(format!("spec_version {error}")));
    }
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    if major(spec_version) != major(SPEC_VERSION) {
        return Err(Refused {
            reason: BatchRejection::UnsupportedSpecVersion,
            message: format!("spec_version {spec_version} is not spoken here, {SPEC_VERSION} is"),
            hint: "use an SDK of the gateway's major version",
        });
    }
    Ok(if says { attributes } else { Attributes::default() })
}

fn invalid_session(message: String) -> Refused {
    Refused { reason: BatchRejection::InvalidSession, message, hint: GUIDE }
}

fn check(wire: WireEvent<'_>) -> Result<Event, FieldError> {
    let seq = field::sequence(wire.seq)?;
    let t = field::number("t", wire.t, 0.0, MAX_SESSION)?.ok_or_else(|| FieldError::missing("t"))?;
    Ok(Event { seq, t: t.round() as u64, kind: wire.into_kind()? })
}

/// The event, and its number even if it is refused.
fn numbered(wire: WireEvent<'_>) -> (Option<u64>, Result<Event, FieldError>) {
    (field::sequence(wire.seq).ok(), check(wire))
}

/// Parses one event by itself, to say where it is wrong.
fn parse(raw: &str) -> (Option<u64>, Result<Event, FieldError>) {
    let mut parser = serde_json::Deserializer::from_str(raw);
    match serde_path_to_error::deserialize::<_, WireEvent<'_>>(&mut parser) {
        Ok(wire) => numbered(wire),
        Err(error) => {
            #[derive(Deserialize)]
            struct Numbered {
                seq: Option<u64>,
            }
            let seq = serde_json::from_str::<Numbered>(raw).ok().and_then(|event| event.seq);
            (seq, Err(FieldError::malformed(error.path().to_string(), error.inner())))
        }
    }
}

#[cfg(test)]
mod tests {
    use openqoe_spec::Rejected;

    use super::*;

    fn decode(body: &[u8]) -> Result<Decoded, Refused> {
        super::decode(&Payload::of(body))
    }

    fn body(events: &str) -> String {
        format!(
            r#"{{"spec_version":"{SPEC_VERSION}","sent_at":1000,"session":{{"session_id":"s","started_at":0,
            "attributes":{{"asset_id":"a","is_live":true,"assetId":"x"}}}},"events":[{events}]}}"#
        )
    }

    fn reasons(decoded: &Decoded) -> Vec<(usize, Option<u64>, Rejected)> {
        decoded
            .rejections
            .iter()
            .map(|rejection| (rejection.index, rejection.seq, rejection.reason))
            .collect()
    }

    #[test]
    fn a_good_batch_is_read_whole() {
        let body =
            body(r#"{"seq":0,"t":0,"type":"session_start"},{"seq":1,"t":4.6,"type":"playing","x":[1]}"#);
        let decoded = decode(body.as_bytes()).unwrap();
        assert_eq!(decoded.rejections, []);
        assert_eq!(decoded.warnings, ["unknown attribute `assetId`, did you mean `asset_id`?"]);
        let batch = &decoded.batches[0];
        assert_eq!(batch.attributes.get(Attribute::AssetId), "a");
        assert_eq!(batch.attributes.get(Attribute::IsLive), "true");
        assert_eq!(batch.events[1].t, 5);
    }

    #[test]
    fn bad_events_are_named_and_the_others_kept() {
        let body = body(
            r#"{"seq":0,"t":0,"type":"session_start"},
            {"seq":1,"t":0,"type":"playng"},
            {"seq":2,"t":0,"type":"rendition"},
            {"seq":3,"t":-1,"type":"playing"},
            {"seq":4,"t":0,"type":"heartbeat","buffer_ms":"long"},
            7,
            {"seq":5.5,"t":0,"type":"playing"},
            {"seq":6,"t":0,"type":"error","code":"","fatal":true},
            {"seq":7,"t":0,"type":"playing"}"#,
        );
        let decoded = decode(body.as_bytes()).unwrap();
        assert_eq!(decoded.accepted(), 2);
        assert_eq!(decoded.received(), 9);
        let expected = [
            (1, Some(1), Rejected::UnknownType),
            (2, Some(2), Rejected::MissingField),
            (3, Some(3), Rejected::InvalidField),
            (4, Some(4), Rejected::MalformedEvent),
            (5, None, Rejected::MalformedEvent),
            (6, None, Rejected::InvalidField),
            (7, Some(6), Rejected::InvalidField),
        ];
        assert_eq!(reasons(&decoded), expected);
        assert_eq!(decoded.rejections[0].message, "unknown event type `playng`, did you mean `playing`?");
        assert!(decoded.rejections[3].message.starts_with("buffer_ms: invalid type: string \"long\""));
    }

    #[test]
    fn hopeless_bodies_are_refused_with_a_reason() {
        let many = vec![r#"{"seq":0,"t":0,"type":"playing"}"#; MAX_EVENTS + 1].join(",");
        let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        let nested = body(&format!(r#"{{"seq":0,"t":0,"type":"playing","x":{deep}}}"#));
        let good = body("");
        for (body, reason) in [
            ("{", BatchRejection::MalformedJson),
            ("[]", BatchRejection::MalformedJson),
            (deep.as_str(), BatchRejection::MalformedJson),
            (nested.as_str(), BatchRejection::MalformedJson),
            (body(&many).as_str(), BatchRejection::TooManyEvents),
            (good.replace("\"s\"", "\"\"").as_str(), BatchRejection::InvalidSession),
            (good.replace("1000", "-1").as_str(), BatchRejection::InvalidSession),
            (good.replace("\"a\"", "[]").as_str(), BatchRejection::InvalidSession),
            (good.replace(SPEC_VERSION, "99.0.0").as_str(), BatchRejection::UnsupportedSpecVersion),
            (good.replace(SPEC_VERSION, "new").as_str(), BatchRejection::InvalidSession),
        ] {
            assert_eq!(
                decode(body.as_bytes()).unwrap_err().reason,
                reason,
                "{}",
                &body[..body.len().min(80)]
            );
        }
        assert_eq!(decode(b"\xff").unwrap_err().reason, BatchRejection::InvalidUtf8);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body: Vec<u8>) {
            let _ = decode(&body);
        }

        #[test]
        fn arbitrary_events_get_one_outcome_each(events in proptest::collection::vec("[a-z0-9{}:,\"]{0,40}", 0..8)) {
            let valid: Vec<String> = events
                .iter()
                .map(|text| if serde_json::from_str::<&RawValue>(text).is_ok() { text.clone() } else { "null".into() })
                .collect();
            let decoded = decode(body(&valid.join(",")).as_bytes()).unwrap();
            proptest::prop_assert_eq!(decoded.received(), valid.len());
        }
    }
}
