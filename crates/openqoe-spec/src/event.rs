//! An event and the batch it travels in, whatever wire format they came by.

use serde::{Deserialize, Serialize};

use crate::attribute::Attributes;
use crate::generated::events::EventKind;

/// One thing a player did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Position in its session: 0, 1, 2 ... The identity of the event is (session, `seq`).
    pub seq: u64,
    /// Monotonic milliseconds since the session's start.
    pub t: u64,
    /// What happened.
    pub kind: EventKind,
}

/// Events of one session with what is known about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// The session, 1 to 64 bytes.
    pub session_id: Box<str>,
    /// The reporter's wall clock at `t` = 0, epoch ms.
    pub started_at: u64,
    /// The reporter's wall clock when it sent the batch, epoch ms.
    pub sent_at: u64,
    /// What is known about the session. Nothing at all is what a batch has whose sender left it out: what the events before
    /// it had holds on.
    pub attributes: Attributes,
    /// The events, in any order.
    pub events: Vec<Event>,
}

impl Batch {
    /// When `t` = 0 was on the gateway's clock, in epoch ms: the age of the session's start by the reporter's clock, taken
    /// off the time of arrival. A clock that runs backwards makes the session start now.
    pub fn origin(&self, received_at: u64) -> u64 {
        received_at.saturating_sub(self.sent_at.saturating_sub(self.started_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attribute, LatencyClock};

    fn batch() -> Batch {
        let mut attributes = Attributes::default();
        attributes.set(Attribute::Country, "DE").unwrap();
        attributes.set(Attribute::AssetId, "a movie").unwrap();
        attributes.set(Attribute::Cdn, "").unwrap();
        let kinds = [
            EventKind::SessionStart,
            EventKind::Error { code: "E".into(), fatal: true, category: crate::Failure::Business },
            EventKind::Rate { rate: 1.5 },
            EventKind::Heartbeat {
                buffer_ms: Some(1),
                latency_ms: None,
                latency_clock: LatencyClock::ProgramDateTime,
                frames_decoded: Some(1 << 40),
                frames_dropped: None,
            },
        ];
        let event = |(seq, kind)| Event { seq, t: 1000 * seq, kind };
        Batch {
            session_id: "s".into(),
            started_at: 1_700_000_000_000,
            sent_at: 1_700_000_001_000,
            attributes,
            events: (0..).zip(kinds).map(event).collect(),
        }
    }

    #[test]
    fn a_batch_comes_back_by_names() {
        let bytes = rmp_serde::to_vec_named(&batch()).unwrap();
        assert_eq!(rmp_serde::from_slice::<Batch>(&bytes).unwrap(), batch());
        for name in ["asset_id", "program_date_time", "heartbeat", "latency_clock", "session_start"] {
            let found = bytes.windows(name.len()).any(|window| window == name.as_bytes());
            assert!(found, "{name}");
        }
    }

    /// A journal written by a version that knew fewer fields, or more of them, can still be read.
    #[test]
    fn what_has_a_default_may_be_absent_and_strangers_are_ignored() {
        let json = r#"{"session_id":"s","started_at":1,"sent_at":2,"later":[1],
            "attributes":{"country":"DE","colour":"red","is_live":"perhaps"},
            "events":[{"seq":0,"t":0,"kind":{"heartbeat":{"mood":{"x":1}}}},
                      {"seq":1,"t":0,"kind":{"download":{"kind":"video"}}},
                      {"seq":2,"t":0,"kind":{"ad_end":{}}}]}"#;
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let batch: Batch = rmp_serde::from_slice(&rmp_serde::to_vec_named(&value).unwrap()).unwrap();
        assert_eq!(
            (batch.attributes.get(Attribute::Country), batch.attributes.get(Attribute::IsLive)),
            ("DE", "")
        );
        let kinds: Vec<_> = batch.events.into_iter().map(|event| event.kind).collect();
        let latency_clock = LatencyClock::Player;
        assert_eq!(
            kinds[0],
            EventKind::Heartbeat {
                buffer_ms: None,
                latency_ms: None,
                latency_clock,
                frames_decoded: None,
                frames_dropped: None
            }
        );
        assert!(matches!(kinds[1], EventKind::Download { bytes: 0, failed: false, .. }));
        assert_eq!(kinds[2], EventKind::AdEnd { result: crate::AdResult::Completed });
    }
}
