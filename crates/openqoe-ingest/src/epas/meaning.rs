//! What an event of EPAS means in our vocabulary (specification, "Events"). No state is kept between events: what does not fit
//! the state of its session is dropped by the engine.

use openqoe_spec::{EventKind, Failure, SessionEnd, Trigger};
use serde_json::Value as Json;

use crate::told;

/// The names of the specification, in the order in which events of the same millisecond happened. `resume` stands
/// in its list of types and has no schema.
pub(super) const NAMES: [&str; 16] = [
    "init",
    "metadata",
    "loading",
    "loaded",
    "bitrate_changed",
    "warning",
    "paused",
    "seeking",
    "buffering",
    "buffered",
    "seeked",
    "playing",
    "resume",
    "heartbeat",
    "error",
    "stopped",
];

/// Bitrates above this are bit/s, whatever the specification says: 200 Mbit/s is no rendition, and the Apple SDK sends bit/s.
const MOST_KBPS: f64 = 200_000.0;
/// 1 Gbit/s (`events.yaml`).
const MOST_BPS: f64 = 1e9;
/// From here on a stop without a reason is the end: the Apple SDK gives none.
const NEAR_THE_END: f64 = 0.98;

/// The unit of `bitrate`.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    /// As the specification says, unless that cannot be.
    Guessed,
    Kbps,
    Bps,
}

impl Unit {
    /// From `?bitrate=` of the URL.
    pub(super) fn parse(text: Option<&str>) -> Unit {
        match text {
            Some("kbps") => Unit::Kbps,
            Some("bps") => Unit::Bps,
            _ => Unit::Guessed,
        }
    }

    fn bits(self, bitrate: f64) -> f64 {
        match self {
            Unit::Bps => bitrate,
            Unit::Guessed if bitrate > MOST_KBPS => bitrate,
            Unit::Kbps | Unit::Guessed => bitrate * 1000.0,
        }
    }
}

/// What an event means, and its place among those of the same millisecond. `None` for a name nobody knows.
pub(super) fn of(name: &str, event: &Json, unit: Unit) -> Option<(u64, EventKind)> {
    let payload = event.get("payload").unwrap_or(&Json::Null);
    let kind = match name {
        "init" => EventKind::SessionStart,
        // EPAS knows no wish to watch: loading begins where it is expected.
        "loading" => EventKind::PlayRequest { trigger: Trigger::User },
        "playing" | "resume" => EventKind::Playing,
        "paused" => EventKind::Pause,
        "buffering" => EventKind::Stall,
        "seeking" => EventKind::SeekStart,
        // No `playing` follows these where playback was not paused; where it was, it stays so.
        "buffered" | "seeked" => EventKind::Ready,
        "bitrate_changed" => rendition(payload, unit),
        "error" => error(payload, true),
        "warning" => error(payload, false),
        "stopped" => stopped(event, payload),
        // `report` is the Apple SDK's own.
        "metadata" | "loaded" | "heartbeat" | "report" => told::still_here(),
        _ => return None,
    };
    let place = NAMES.iter().position(|known| *known == name).unwrap_or(1);
    Some((place as u64, kind))
}

/// The whole, or what video and sound have together. Without any the player only says that it is there.
fn rendition(payload: &Json, unit: Unit) -> EventKind {
    let positive = |name| told::number(payload, name).filter(|bitrate| *bitrate > 0.0);
    let parts = match (positive("videoBitrate"), positive("audioBitrate")) {
        (None, None) => None,
        (video, audio) => Some(video.unwrap_or_default() + audio.unwrap_or_default()),
    };
    let bits = positive("bitrate").or(parts).map(|bitrate| unit.bits(bitrate));
    match bits.filter(|bits| (1.0..=MOST_BPS).contains(bits)) {
        Some(bits) => EventKind::Rendition { bitrate: bits.round() as u64 },
        None => told::still_here(),
    }
}

fn error(payload: &Json, fatal: bool) -> EventKind {
    let code = told::code(payload, "code").or_else(|| told::code(payload, "category"));
    EventKind::Error { code: code.unwrap_or_else(|| "unknown".into()), fatal, category: Failure::Technical }
}

/// `ended` may be followed by a replay. An `error` has been told of before, by itself, so that only the session ends here.
fn stopped(event: &Json, payload: &Json) -> EventKind {
    let ended = match told::text(payload, "reason") {
        // "ended" on the web, "Playback ended" on Android.
        Some(reason) => reason.to_ascii_lowercase().ends_with("ended"),
        None => is_near_the_end(event),
    };
    if ended { EventKind::Ended } else { EventKind::SessionEnd { reason: SessionEnd::Stopped } }
}

/// Whether the playhead is where the content ends: both are in one unit, seconds or milliseconds.
fn is_near_the_end(event: &Json) -> bool {
    let known = |name| told::number(event, name).filter(|number| *number > 0.0);
    known("playhead").zip(known("duration")).is_some_and(|(at, whole)| at / whole >= NEAR_THE_END)
}
