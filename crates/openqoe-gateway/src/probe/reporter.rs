//! What a player says, cut into batches of the native protocol: some seconds of it each, and the attributes of the session with every one.

use std::sync::Arc;

use openqoe_probe::Player;
use openqoe_spec::{Attribute, Attributes, Event};
use serde_json::{Map, Value};

use super::delivery::{Delivery, Parcel};
use crate::native_event;

/// Between batches, ms.
const EVERY: u64 = 5000;
/// How long the first one waits for the manifest to tell whether it is live, ms.
const PATIENCE: u64 = 10_000;
/// Events of a batch; the gateway takes a thousand.
const MAX_EVENTS: usize = 500;

/// Who reports one session.
pub(super) struct Reporter {
    session_id: String,
    started_at: u64,
    attributes: Attributes,
    waiting: Vec<Event>,
    sent_at: u64,
    delivery: Arc<Delivery>,
}

impl Reporter {
    /// A reporter of a session that begins now, by the wall clock (epoch ms). Nobody should take it for a viewer: without a content type
    /// of its own that is `probe`.
    pub(super) fn new(
        session_id: &str,
        started_at: u64,
        mut attributes: Attributes,
        delivery: Arc<Delivery>,
    ) -> Reporter {
        const PLAYER: &str = concat!("openqoe-probe/", env!("CARGO_PKG_VERSION"));
        for (attribute, value) in [(Attribute::ContentType, "probe"), (Attribute::PlayerVersion, PLAYER)] {
            if attributes.get(attribute).is_empty() {
                // Both are shorter than any attribute may be.
                let _ = attributes.set(attribute, value);
            }
        }
        let session_id = session_id.to_owned();
        Reporter { session_id, started_at, attributes, waiting: Vec::new(), sent_at: 0, delivery }
    }

    /// Takes in what the player said since the last time, `now` ms after it began.
    pub(super) fn take(&mut self, player: &mut Player, now: u64) {
        self.waiting.append(&mut player.take_events());
        if let Some(is_live) = player.is_live() {
            let _ = self.attributes.set(Attribute::IsLive, if is_live { "true" } else { "false" });
        }
        let is_known = player.is_live().is_some() || now >= PATIENCE;
        let is_due = now >= self.sent_at + EVERY && is_known || self.waiting.len() >= MAX_EVENTS;
        if is_due || player.is_over() {
            self.send(now);
        }
    }

    fn send(&mut self, now: u64) {
        self.sent_at = now;
        let attributes: Map<String, Value> = openqoe_spec::ATTRIBUTES
            .iter()
            .filter_map(|def| Attribute::parse(def.name))
            .map(|attribute| (attribute, self.attributes.get(attribute)))
            .filter(|(_, value)| !value.is_empty())
            .map(|(attribute, value)| {
                let value =
                    if attribute == Attribute::IsLive { Value::from(value == "true") } else { value.into() };
                (attribute.as_str().to_owned(), value)
            })
            .collect();
        while !self.waiting.is_empty() {
            let events: Vec<Event> = self.waiting.drain(..self.waiting.len().min(MAX_EVENTS)).collect();
            let values: Vec<Value> =
                events.iter().map(|event| native_event::write(event.seq, event.t, &event.kind)).collect();
            let tail = serde_json::json!({
                "session": { "session_id": self.session_id, "started_at": self.started_at, "attributes": attributes },
                "events": values,
            });
            self.delivery.send(Parcel { batch: tail, events: events.len() });
        }
    }
}

/// A session's id: a random UUID (RFC 9562, version 4).
pub(super) fn session_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}
