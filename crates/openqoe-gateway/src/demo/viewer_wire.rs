//! A view in the native wire format, cut into batches the way the web SDK cuts them (docs/guide/native-ingest.md).

use std::ops::Range;

use openqoe_spec::{EventKind, SPEC_VERSION};
use serde_json::{Value, json};

use super::script::Moment;
use super::viewer_model::View;
use crate::native_event;

/// The SDK waits this long after an urgent event, to make one batch of a burst.
const SOON_MS: u64 = 200;

/// Events sent together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Flush {
    /// Ms since the session began.
    pub(crate) t: u64,
    /// Which events, by sequence number.
    pub(crate) events: Range<usize>,
}

/// When the SDK sends what. Events after the last flush are never sent: their viewer has vanished with them.
pub(crate) fn flushes(moments: &[Moment]) -> Vec<Flush> {
    let mut flushes = Vec::new();
    let mut start = 0;
    let mut soon: Option<u64> = None;
    for (index, moment) in moments.iter().enumerate() {
        if let Some(t) = soon.take_if(|t| *t <= moment.t) {
            flushes.push(Flush { t, events: start..index });
            start = index;
        }
        if is_immediate(&moment.kind) {
            flushes.push(Flush { t: moment.t, events: start..index + 1 });
            start = index + 1;
            soon = None;
        } else if is_urgent(&moment.kind) {
            soon.get_or_insert(moment.t + SOON_MS);
        }
    }
    if let Some(t) = soon {
        flushes.push(Flush { t, events: start..moments.len() });
    }
    flushes
}

fn is_immediate(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Heartbeat { .. } | EventKind::SessionEnd { .. } | EventKind::Visibility { hidden: true }
    )
}

fn is_urgent(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::PlayRequest { .. }
            | EventKind::Playing
            | EventKind::Stall
            | EventKind::Error { .. }
            | EventKind::Ended
            | EventKind::Rendition { .. }
    )
}

/// A batch's members from `session` on, as JSON text without the brace that opens it: `sent_at` is known only when it is
/// sent, and differs when it is sent again.
pub(crate) fn batch_tail(view: &View, epoch_ms: u64, events: Range<usize>) -> String {
    let session = json!({
        "session_id": view.session_id,
        "started_at": epoch_ms + view.starts_at,
        "attributes": view.attributes,
    });
    let moments = view.moments.iter().enumerate().take(events.end).skip(events.start);
    let events: Vec<Value> =
        moments.map(|(seq, moment)| native_event::write(seq as u64, moment.t, &moment.kind)).collect();
    format!("\"session\":{session},\"events\":{}}}", Value::from(events))
}

/// The whole batch.
pub(crate) fn batch(tail: &str, sent_at: u64) -> String {
    format!("{{\"spec_version\":\"{SPEC_VERSION}\",\"sent_at\":{sent_at},{tail}")
}

#[cfg(test)]
mod tests {
    use openqoe_spec::Trigger;

    use super::*;
    use crate::demo::schedule::Schedule;
    use crate::demo::viewer_model::view;

    fn at(t: u64, kind: EventKind) -> Moment {
        Moment { t, kind }
    }

    #[test]
    fn bursts_are_one_batch() {
        let moments = [
            at(0, EventKind::SessionStart),
            at(4, EventKind::PlayRequest { trigger: Trigger::User }),
            at(150, EventKind::Playing),
            at(151, EventKind::Rendition { bitrate: 1 }),
            at(900, EventKind::SeekStart),
            at(950, EventKind::Visibility { hidden: true }),
            at(1000, EventKind::Stall),
            at(1100, EventKind::Pause),
        ];
        let expected = [(204, 0..4), (950, 4..6), (1200, 6..8)];
        assert_eq!(flushes(&moments), expected.map(|(t, events)| Flush { t, events }));
    }

    /// What the gateway's own decoder reads is what the model meant.
    #[test]
    fn batches_survive_the_wire() {
        for number in 0..200 {
            let view = view(9, number, 0, 60_000, &Schedule::default());
            // A batch holds a thousand events at most; a flush never comes near it.
            let sent = &view.moments[..view.moments.len().min(1000)];
            let body = batch(&batch_tail(&view, 1_763_688_000_000, 0..sent.len()), 1_763_695_200_000);
            let decoded = openqoe_ingest::PROTOCOLS[0].read(body.as_bytes()).unwrap();
            assert!(decoded.rejections.is_empty() && decoded.warnings.is_empty(), "{decoded:?}");
            let events = &decoded.batches[0].events;
            assert!(events.iter().map(|event| event.seq).eq(0..sent.len() as u64));
            assert!(
                events.iter().map(|event| (event.t, &event.kind)).eq(sent.iter().map(|m| (m.t, &m.kind)))
            );
        }
    }

    #[test]
    fn a_batch_is_what_the_guide_says() {
        let view = view(1, 2, 0, 5_000, &Schedule::default());
        let text = batch(&batch_tail(&view, 1_763_688_000_000, 1..3), 1_763_688_009_000);
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["spec_version"], SPEC_VERSION);
        assert_eq!(json["sent_at"], 1_763_688_009_000_u64);
        assert_eq!(json["session"]["started_at"], 1_763_688_005_000_u64);
        assert_eq!(json["session"]["attributes"]["content_type"], "simulated");
        assert_eq!(json["events"].as_array().unwrap().len(), 2);
        assert_eq!(
            (&json["events"][0]["seq"], &json["events"][0]["type"]),
            (&json!(1), &json!("play_request"))
        );
    }
}
