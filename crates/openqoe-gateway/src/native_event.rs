//! Events in the native wire format (docs/guide/native-ingest.md), for what in this process reports as a player does: the prober and the
//! demo's viewers.

use openqoe_spec::EventKind;
use serde_json::{Value, json};

/// An event of a session, as it stands in a batch.
pub(crate) fn write(seq: u64, t: u64, kind: &EventKind) -> Value {
    let mut event = fields(kind);
    event["seq"] = seq.into();
    event["t"] = t.into();
    event["type"] = kind.name().into();
    event
}

fn fields(kind: &EventKind) -> Value {
    match kind {
        EventKind::SessionStart
        | EventKind::Playing
        | EventKind::Pause
        | EventKind::Stall
        | EventKind::SeekStart
        | EventKind::SeekEnd
        | EventKind::Ready
        | EventKind::Ended
        | EventKind::AdStart
        | EventKind::AdBreakEnd => json!({}),
        EventKind::PlayRequest { trigger } => json!({ "trigger": trigger.as_str() }),
        EventKind::Error { code, fatal, category } => {
            json!({ "code": code, "fatal": fatal, "category": category.as_str() })
        }
        EventKind::Rendition { bitrate } => json!({ "bitrate": bitrate }),
        EventKind::Rate { rate } => json!({ "rate": rate }),
        EventKind::Visibility { hidden } => json!({ "hidden": hidden }),
        EventKind::Heartbeat { .. } => heartbeat(kind),
        EventKind::Download { kind, bytes, ttfb_ms, duration_ms, failed, .. } => json!({
            "kind": kind.as_str(), "bytes": bytes, "ttfb_ms": ttfb_ms, "duration_ms": duration_ms, "failed": failed,
        }),
        EventKind::AdBreakStart { position } => json!({ "position": position.as_str() }),
        EventKind::AdEnd { result } => json!({ "result": result.as_str() }),
        EventKind::AdError { code } => json!({ "code": code }),
        EventKind::SessionEnd { reason } => json!({ "reason": reason.as_str() }),
        EventKind::Buffered { ahead_ms, bitrate, fetched } => {
            json!({ "ahead_ms": ahead_ms, "bitrate": bitrate, "fetched": fetched })
        }
        EventKind::Custom { name, value } => json!({ "name": name, "value": value }),
    }
}

fn heartbeat(kind: &EventKind) -> Value {
    let EventKind::Heartbeat { buffer_ms, latency_ms, latency_clock, frames_decoded, frames_dropped } = kind
    else {
        return json!({});
    };
    let mut fields = json!({
        "buffer_ms": buffer_ms, "frames_decoded": frames_decoded, "frames_dropped": frames_dropped,
    });
    if let Some(latency) = latency_ms {
        fields["latency_ms"] = (*latency).into();
        fields["latency_clock"] = latency_clock.as_str().into();
    }
    fields
}
