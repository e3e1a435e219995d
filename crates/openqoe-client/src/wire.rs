//! The body of `POST /v1/ingest` (docs/guide/native-ingest.md), as text.

use openqoe_spec::{EventKind, SPEC_VERSION};
use serde_json::{Map, Value};

use crate::session::Session;

/// No event of the vocabulary comes near; more is a defect of the host.
pub(crate) const MAX_EVENT_BYTES: usize = 4_096;
/// Codes of errors and names of custom events, by the vocabulary.
const MAX_TEXT_BYTES: usize = 64;

/// Cuts what the gateway would refuse for its length.
pub(crate) fn cut_text(event: &mut EventKind) {
    if let EventKind::Error { code: text, .. }
    | EventKind::AdError { code: text }
    | EventKind::Custom { name: text, .. } = event
        && text.len() > MAX_TEXT_BYTES
    {
        *text = text[..text.floor_char_boundary(MAX_TEXT_BYTES)].into();
    }
}

/// The event as JSON. `None` for what JSON cannot say, such as a rate that is no number, and for what is out of all size.
pub(crate) fn encode_event(event: &EventKind, seq: u64, t: u64) -> Option<String> {
    let fields = match serde_json::to_value(event).ok()? {
        Value::Object(mut variant) => match variant.remove(event.name())? {
            Value::Object(fields) => shortened(event, fields)?,
            _ => return None,
        },
        _ => Map::new(),
    };
    let mut text = format!("{{\"type\":\"{}\",", event.name());
    for (name, value) in fields {
        text.push_str(&format!("\"{name}\":{value},"));
    }
    text.push_str(&format!("\"seq\":{seq},\"t\":{t}}}"));
    (text.len() <= MAX_EVENT_BYTES).then_some(text)
}

/// What need not be said: every byte is sent by every viewer. A field is left out where the event reads the same without.
fn shortened(event: &EventKind, mut fields: Map<String, Value>) -> Option<Map<String, Value>> {
    let same = |fields: &Map<String, Value>| {
        let variant = Map::from_iter([(event.name().to_owned(), Value::Object(fields.clone()))]);
        serde_json::from_value::<EventKind>(Value::Object(variant)).is_ok_and(|read| read == *event)
    };
    if !same(&fields) {
        return None;
    }
    let names: Vec<String> = fields.keys().cloned().collect();
    for name in names {
        let value = fields.remove(&name)?;
        if !same(&fields) {
            fields.insert(name, value);
        }
    }
    Some(fields)
}

/// A batch of what is JSON already. Without attributes the gateway uses those it was told before.
pub(crate) fn encode_batch<'a>(
    session: &Session,
    attributes: Option<&str>,
    events: impl Iterator<Item = &'a str>,
    sent_at: u64,
) -> String {
    let id = Value::from(session.id.as_str());
    let attributes = attributes.map(|text| format!(",\"attributes\":{text}")).unwrap_or_default();
    let events: Vec<_> = events.collect();
    format!(
        "{{\"spec_version\":\"{SPEC_VERSION}\",\"sent_at\":{sent_at},\"session\":{{\"session_id\":{id},\
         \"started_at\":{}{attributes}}},\"events\":[{}]}}",
        session.started_at,
        events.join(",")
    )
}

#[cfg(test)]
mod tests {
    use openqoe_spec::{DownloadKind, Failure, LatencyClock, Trigger};

    use super::*;

    #[test]
    fn what_goes_without_saying_is_not_said() {
        let download = |bytes, weight| EventKind::Download {
            kind: DownloadKind::Video,
            bytes,
            ttfb_ms: None,
            duration_ms: Some(7),
            failed: false,
            weight,
        };
        let heartbeat = EventKind::Heartbeat {
            buffer_ms: None,
            latency_ms: None,
            latency_clock: LatencyClock::Player,
            frames_decoded: Some(0),
            frames_dropped: None,
        };
        for (event, text) in [
            (EventKind::Playing, r#"{"type":"playing","seq":3,"t":9}"#),
            (EventKind::PlayRequest { trigger: Trigger::User }, r#"{"type":"play_request","seq":3,"t":9}"#),
            (
                EventKind::PlayRequest { trigger: Trigger::Autoplay },
                r#"{"type":"play_request","trigger":"autoplay","seq":3,"t":9}"#,
            ),
            (download(0, 1), r#"{"type":"download","duration_ms":7,"kind":"video","seq":3,"t":9}"#),
            (
                download(5, 8),
                r#"{"type":"download","bytes":5,"duration_ms":7,"kind":"video","weight":8,"seq":3,"t":9}"#,
            ),
            (heartbeat, r#"{"type":"heartbeat","frames_decoded":0,"seq":3,"t":9}"#),
        ] {
            assert_eq!(encode_event(&event, 3, 9).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_json_cannot_say_is_refused() {
        assert_eq!(encode_event(&EventKind::Rate { rate: f64::NAN }, 0, 0), None);
        let code = "x".repeat(MAX_EVENT_BYTES).into();
        let endless = EventKind::Error { code, fatal: true, category: Failure::Technical };
        assert_eq!(encode_event(&endless, 0, 0), None);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let mut event = EventKind::AdError { code: "ü€".repeat(40).into() };
        cut_text(&mut event);
        assert_eq!(event, EventKind::AdError { code: format!("{}ü", "ü€".repeat(12)).into() });
    }
}
