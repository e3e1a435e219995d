//! Views whose figures are known, in bursts.

use serde_json::{Value, json};

use crate::harness::Gateway;

/// What a view lives through.
#[derive(Clone, Copy)]
pub(crate) struct View {
    pub(crate) cdn: &'static str,
    pub(crate) startup_ms: u64,
    pub(crate) playing_ms: u64,
    pub(crate) stalled_ms: u64,
    pub(crate) fails: bool,
}

pub(crate) const GOOD: View =
    View { cdn: "a", startup_ms: 500, playing_ms: 20_000, stalled_ms: 200, fails: false };
/// Starts late and stalls for long.
pub(crate) const BAD: View = View { startup_ms: 4000, stalled_ms: 9000, ..GOOD };
/// Never starts.
pub(crate) const FAILED: View = View { fails: true, ..GOOD };

impl View {
    pub(crate) const fn on(self, cdn: &'static str) -> View {
        View { cdn, ..self }
    }

    fn events(self) -> Vec<(u64, Value)> {
        let mut events = vec![(0, json!({"type": "session_start"})), (0, json!({"type": "play_request"}))];
        if self.fails {
            events.push((700, json!({"type": "error", "code": "E", "fatal": true})));
            events.push((700, json!({"type": "session_end"})));
            return events;
        }
        let (stall, again) =
            (self.startup_ms + self.playing_ms / 2, self.startup_ms + self.playing_ms / 2 + self.stalled_ms);
        events.push((self.startup_ms, json!({"type": "playing"})));
        events.push((stall, json!({"type": "stall"})));
        events.push((again, json!({"type": "playing"})));
        events.push((again + self.playing_ms / 2, json!({"type": "session_end"})));
        events
    }
}

/// Sends whole views, so that no clock of theirs goes on afterwards.
pub(crate) fn send(gateway: &Gateway, name: &str, views: &[View]) {
    for (number, view) in views.iter().enumerate() {
        let events = (0..).zip(view.events()).map(|(seq, (t, mut event)): (u64, _)| {
            (event["seq"], event["t"]) = (json!(seq), json!(t));
            event
        });
        let body = json!({
            "spec_version": openqoe_spec::SPEC_VERSION,
            "sent_at": 1_700_000_100_000_u64,
            "session": {
                "session_id": format!("{name}-{number}"),
                "started_at": 1_700_000_000_000_u64,
                "attributes": {"cdn": view.cdn},
            },
            "events": events.collect::<Vec<_>>(),
        });
        assert_eq!(gateway.post(body.to_string().as_bytes()).status, 200);
    }
}
