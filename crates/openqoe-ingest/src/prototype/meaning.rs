//! What an event of the prototype means in our vocabulary. No state is kept between events: what does not fit the state of its
//! view is dropped by the engine.

use openqoe_spec::{DownloadKind, EventKind, Failure, Trigger};
use serde_json::Value as Json;

use super::player::Player;
use crate::told::{self, Meant};

/// The names its worker took, and `viewstart`, which its SDK sends all the same.
pub(super) const NAMES: [&str; 26] = [
    "bandwidthchange",
    "bufferlevelchange",
    "canplay",
    "canplaythrough",
    "ended",
    "error",
    "fpsdrop",
    "fragmentloaded",
    "heartbeat",
    "manifestload",
    "moveaway",
    "moveback",
    "pause",
    "playbackdetached",
    "playbackratechange",
    "playbackvolumechange",
    "playerready",
    "playing",
    "qualitychange",
    "qualitychangerequested",
    "quartile",
    "seek",
    "stallend",
    "stallstart",
    "viewstart",
    "waitstart",
];

/// A seek of more than a minute is a defect of the sender (some versions measure it from the page's beginning), ms.
const LONGEST_SEEK: u64 = 60_000;
/// 1 Gbit/s (`events.yaml`).
const MOST_BPS: f64 = 1e9;
/// 1 TiB (`events.yaml`).
const MOST_BYTES: f64 = 1_099_511_627_776.0;

/// What an event means, told at `at`. `None` for a name nobody knows.
pub(super) fn of(name: &str, data: &Json, at: u64, player: Player) -> Option<Vec<Meant>> {
    let (place, kind) = match name {
        "manifestload" | "manifestsloadingstart" => (0, EventKind::SessionStart),
        "viewstart" => (1, EventKind::SessionStart),
        "playerready" => (2, EventKind::SessionStart),
        "playing" if player.plays_by_wish() => (3, wish()),
        "playing" => (11, EventKind::Playing),
        "pause" => (4, EventKind::Pause),
        "seek" => return Some(seek(data, at)),
        "stallstart" | "stall_start" | "waitstart" => (6, EventKind::Stall),
        "stallend" | "stall_end" => stall_end(player),
        "canplay" | "canplaythrough" => (8, EventKind::Ready),
        "qualitychange" | "qualitychangecompleted" => (12, rendition(data, player)),
        "fragmentloaded" => (12, download(data, player)),
        "heartbeat" => (13, heartbeat(data)),
        "playbackratechange" => (9, rate(data)),
        "moveaway" => (4, EventKind::Visibility { hidden: true }),
        "moveback" => (5, EventKind::Visibility { hidden: false }),
        "error" => (14, error(data, player)),
        "ended" => (15, EventKind::Ended),
        // Levels of buffer and bandwidth are sent when they are unusual: no sample of what viewers had. Places of their own keep
        // those that mean nothing from being taken for one another.
        "bandwidthchange" => (7, told::still_here()),
        "bufferlevelchange" => (8, told::still_here()),
        "fpsdrop" => (9, told::still_here()),
        "playbackdetached" => (10, told::still_here()),
        "playbackvolumechange" => (11, told::still_here()),
        "qualitychangerequested" => (13, told::still_here()),
        "quartile" => (14, told::still_here()),
        _ => return None,
    };
    Some(vec![Meant { at, place, kind }])
}

fn wish() -> EventKind {
    EventKind::PlayRequest { trigger: Trigger::User }
}

fn stall_end(player: Player) -> (u64, EventKind) {
    match player {
        Player::DashJs => (3, wish()),
        Player::Shaka => (10, EventKind::Ready),
        Player::Element | Player::HlsJs | Player::Other => (10, EventKind::Playing),
    }
}

/// One event at a seek's end tells how long it took. What came between, in the same body, is then part of the seek.
fn seek(data: &Json, at: u64) -> Vec<Meant> {
    let took = told::length(data, "seek_latency").filter(|ms| (1..=LONGEST_SEEK).contains(ms));
    let start = took.map(|ms| Meant { at: at.saturating_sub(ms), place: 5, kind: EventKind::SeekStart });
    start.into_iter().chain([Meant { at, place: 7, kind: EventKind::Ready }]).collect()
}

/// The rendition on the screen: of hls.js and dash.js. The others send an estimate of the bandwidth, or the lowest rendition.
fn rendition(data: &Json, player: Player) -> EventKind {
    let factor = match player {
        Player::HlsJs => 1.0,
        Player::DashJs => 1000.0,
        Player::Element | Player::Shaka | Player::Other => return told::still_here(),
    };
    let is_sound = told::text(data, "media_type").is_some_and(|kind| kind != "video");
    let bits = told::number(data, "bitrate_kb").map(|bitrate| bitrate * factor);
    match bits.filter(|bits| !is_sound && (1.0..=MOST_BPS).contains(bits)) {
        Some(bits) => EventKind::Rendition { bitrate: bits.round() as u64 },
        None => told::still_here(),
    }
}

fn download(data: &Json, player: Player) -> EventKind {
    let kind = match told::text(data, "media_type").unwrap_or_default() {
        "video" | "main" => DownloadKind::Video,
        "audio" => DownloadKind::Audio,
        "text" | "subtitle" => DownloadKind::Text,
        _ => DownloadKind::Other,
    };
    let bytes = told::number(data, "size_bytes").filter(|bytes| (0.0..=MOST_BYTES).contains(bytes));
    let measured = |name| told::length(data, name).filter(|_| player != Player::DashJs);
    EventKind::Download {
        kind,
        bytes: bytes.map_or(0, |bytes| bytes.round() as u64),
        ttfb_ms: measured("ttfb_ms"),
        duration_ms: measured("time_to_load"),
        failed: false,
        weight: 1,
    }
}

fn heartbeat(data: &Json) -> EventKind {
    let buffer = told::length(data, "buffer_len_ms").or_else(|| told::length(data, "buffer_length"));
    let dropped = told::number(data, "dropped_frames").filter(|frames| (0.0..=9e15).contains(frames));
    told::heartbeat(buffer, dropped.map(|frames| frames.round() as u64))
}

fn rate(data: &Json) -> EventKind {
    let rate = told::number(data, "playback_rate").or_else(|| told::number(data, "rate"));
    match rate.filter(|rate| (0.0..=16.0).contains(rate)) {
        Some(rate) => EventKind::Rate { rate },
        None => told::still_here(),
    }
}

/// Whether an error was fatal is known to the adapter and not sent. An error of the media element (1 to 4) is, and a critical one
/// of Shaka; hls.js also tells of everything it recovers from, by a code that says nothing.
fn error(data: &Json, player: Player) -> EventKind {
    let code = told::code(data, "error_code").filter(|code| !matches!(&**code, "-1" | "undefined" | "null"));
    let context = data.get("error_context").unwrap_or(&Json::Null);
    let severity = told::number(context, "severity");
    let fatal = match data.get("fatal").and_then(Json::as_bool) {
        Some(fatal) => fatal,
        None if player == Player::Shaka => severity == Some(2.0),
        None => matches!(code.as_deref(), Some("1" | "2" | "3" | "4")),
    };
    let named = || told::code(context, "error_details").or_else(|| told::code(data, "error_family"));
    let code = code.or_else(named).unwrap_or_else(|| "unknown".into());
    EventKind::Error { code, fatal, category: Failure::Technical }
}
