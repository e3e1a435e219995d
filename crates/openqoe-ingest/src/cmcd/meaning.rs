//! What a record means in our vocabulary (CTA-5004-B §5.2, events; §3.3 `sta`). No state is kept between records: a repeated
//! state is harmless to the engine, which knows the session.

use openqoe_spec::{
    AdPosition, AdResult, DownloadKind, EventKind, Failure, LatencyClock, SessionEnd, Trigger,
};

use super::record::Record;

/// To what lengths of buffers are rounded, ms (§3.3 `bl`).
const ROUNDING: u64 = 100;

/// Errors of dash.js 5.2 (`Errors.js`) after which it plays on: XLink, time synchronisation, removal from a buffer, subtitles ...
const HARMLESS: [u16; 6] = [12, 16, 18, 21, 29, 33];
/// ... and where a stream that plays has a manifest from before.
const OF_MANIFEST: [u16; 2] = [10, 25];

/// An event, and how long after the record's time it was, ms; or before.
type Meant = (i64, EventKind);

/// The events a record means, in order.
pub(super) fn of(record: &Record) -> Vec<Meant> {
    let mut meant = Vec::with_capacity(2);
    let mut now = |kind| meant.push((0, kind));
    let event = record.e.as_deref().unwrap_or("t");
    let state = record.sta.as_deref().unwrap_or_default();
    if is_first(record, event, state) {
        now(EventKind::SessionStart);
    }
    // `ts` of a response is when it was asked for; what is said beside it is of when it came.
    let later = if event == "rr" { signed(record.ttlb.unwrap_or_default()) } else { 0 };
    if let Some(delay) = record.msd.filter(|_| state == "s" || (event, state) == ("ps", "p")) {
        meant.push((later - signed(delay), EventKind::PlayRequest { trigger: Trigger::User }));
    }
    let mut now = |kind| meant.push((0, kind));
    match event {
        "ps" => state_changed(state, record, &mut now),
        "t" => {
            // dash.js repeats the error of which it does not recover, and plays what it has. Who still starts asked before.
            if record.ec.is_none() && state != "s" {
                state_goes_on(state, &mut now);
            }
            now(heartbeat(record));
        }
        // A player that recovers goes on with its view.
        "e" => now(error(record, is_fatal(record, state))),
        "b" => now(EventKind::Visibility { hidden: record.bg }),
        "pr" => now(EventKind::Rate { rate: record.pr.unwrap_or(1.0).min(16.0) }),
        "abs" => now(EventKind::AdBreakStart { position: AdPosition::Mid }),
        "abe" => now(EventKind::AdBreakEnd),
        "as" => now(EventKind::AdStart),
        "ae" => now(EventKind::AdEnd { result: AdResult::Completed }),
        "sk" => now(EventKind::AdEnd { result: AdResult::Skipped }),
        "ce" => now(EventKind::Custom { name: record.cen.as_deref().unwrap_or("ce").into(), value: None }),
        _ => {}
    }
    if let Some(kbps) = asked(record, event, state) {
        now(buffered(record, Some(kbps), false));
    }
    if let Some(kbps) = shown(record) {
        meant.push((later, EventKind::Rendition { bitrate: kbps * 1000 }));
    }
    if event == "rr" {
        meant.push((later, download(record)));
        meant.extend(fetched(record).map(|kind| (later, kind)));
    }
    if meant.is_empty() {
        // Every number is somebody's, or it would seem lost.
        meant.push((0, still_here(None)));
    }
    meant
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or_default()
}

/// The bitrate on the screen, kbit/s, where the player knows it: dash.js 5.2 says of `pb` what it says of `br`.
fn shown(record: &Record) -> Option<u64> {
    record.pb.filter(|kbps| *kbps > 0 && record.br != Some(*kbps))
}

/// The bitrate that is asked for, kbit/s: what will be seen when nothing else is asked for before.
fn asked(record: &Record, event: &str, state: &str) -> Option<u64> {
    let counts = matches!((event, state), ("bc", "p" | "s" | "d" | "") | ("ps", "p"));
    record.br.filter(|kbps| counts && *kbps > 0)
}

/// What a response says of the media ahead of the playhead.
fn fetched(record: &Record) -> Option<EventKind> {
    let is_picture = match record.ot.as_deref() {
        Some(ot) => matches!(ot, "v" | "av"),
        None => matches!(record.named, Some(DownloadKind::Video) | None),
    };
    if is_picture && !has_failed(record) {
        let kbps = record.br.filter(|kbps| *kbps > 0);
        return Some(buffered(record, kbps, true));
    }
    // The length of both at once may grow by what has come just now.
    let (_, is_its_own) = record.picture?;
    is_its_own.then(|| buffered(record, None, false))
}

fn buffered(record: &Record, kbps: Option<u64>, fetched: bool) -> EventKind {
    // One length for both is that of the shorter: nothing, as long as there is no sound yet.
    let ahead_ms = record.picture.filter(|(ms, is_its_own)| *is_its_own || *ms > ROUNDING).map(|(ms, _)| ms);
    EventKind::Buffered { ahead_ms, bitrate: kbps.map(|kbps| kbps * 1000), fetched }
}

/// Whether this is where the session begins: number 0, or 1 where a player counts from there.
fn is_first(record: &Record, event: &str, state: &str) -> bool {
    let begins = event == "ps" && matches!(state, "s" | "d");
    match record.sn {
        Some(0) => true,
        Some(1) | None => begins,
        Some(_) => false,
    }
}

/// A player changed its state.
fn state_changed(state: &str, record: &Record, now: &mut impl FnMut(EventKind)) {
    match state {
        "e" => now(EventKind::Ended),
        "q" => now(EventKind::SessionEnd { reason: SessionEnd::Stopped }),
        // Without its code the error comes by itself (`e=e`).
        "f" if record.ec.is_some() => now(error(record, true)),
        // dash.js 5.2 says so when it preloads, too. It is who tells lengths of picture and sound apart.
        "s" if record.picture.is_some_and(|(_, is_its_own)| is_its_own) => {
            now(EventKind::PlayRequest { trigger: Trigger::Player });
        }
        _ => state_goes_on(state, now),
    }
    if record.dfa.is_some() {
        now(still_here(record.dfa));
    }
}

fn still_here(frames_dropped: Option<u64>) -> EventKind {
    let latency_clock = LatencyClock::Player;
    EventKind::Heartbeat {
        buffer_ms: None,
        latency_ms: None,
        latency_clock,
        frames_decoded: None,
        frames_dropped,
    }
}

/// A player is in this state, new or not.
pub(crate) fn state_goes_on(state: &str, now: &mut impl FnMut(EventKind)) {
    match state {
        "s" => now(EventKind::PlayRequest { trigger: Trigger::User }),
        "p" => now(EventKind::Playing),
        "k" => now(EventKind::SeekStart),
        // `w` is listed and not defined; dash.js says it where it waits. The engine knows whether the viewer does.
        "r" | "w" => now(EventKind::Stall),
        "a" => {
            // A seek that led here is over.
            now(EventKind::SeekEnd);
            now(EventKind::Pause);
        }
        _ => {}
    }
}

fn heartbeat(record: &Record) -> EventKind {
    EventKind::Heartbeat {
        buffer_ms: record.bl.filter(|ms| *ms <= 3_600_000),
        latency_ms: record.ltc,
        latency_clock: LatencyClock::Player,
        frames_decoded: None,
        frames_dropped: record.dfa,
    }
}

/// Whether an error was the end, as far as the record says so: by the state, or by its number, which dash.js alone gives it.
fn is_fatal(record: &Record, state: &str) -> bool {
    let number = record.ec.as_deref().and_then(|code| code.parse::<u16>().ok());
    let goes_on = |code| HARMLESS.contains(&code) || OF_MANIFEST.contains(&code);
    matches!(state, "f" | "s" | "d") || number.is_some_and(|code| !goes_on(code))
}

fn error(record: &Record, fatal: bool) -> EventKind {
    let code = record.ec.as_deref().unwrap_or("unknown").into();
    EventKind::Error { code, fatal, category: Failure::Technical }
}

/// A response was received.
fn download(record: &Record) -> EventKind {
    // hls.js 1.7 says no object type with a response.
    let kind = kind(record.ot.as_deref(), record.named);
    let failed = has_failed(record);
    let limit = |ms: Option<u64>| ms.filter(|ms| *ms <= 3_600_000);
    // CMCD says nothing of bytes.
    let (ttfb_ms, duration_ms) = (limit(record.ttfb), limit(record.ttlb));
    EventKind::Download { kind, bytes: 0, ttfb_ms, duration_ms, failed, weight: 1 }
}

fn has_failed(record: &Record) -> bool {
    record.rc.is_some_and(|rc| rc == 0 || rc >= 400)
}

/// The kind of an object by its type (§3.3 `ot`), or by its name where nobody says its type.
pub(crate) fn kind(ot: Option<&str>, named: Option<DownloadKind>) -> DownloadKind {
    match ot {
        Some("v" | "av") => DownloadKind::Video,
        Some("a") => DownloadKind::Audio,
        Some("c" | "tt") => DownloadKind::Text,
        Some("i") => DownloadKind::Init,
        Some("m") => DownloadKind::Manifest,
        Some(_) => DownloadKind::Other,
        None => named.unwrap_or(DownloadKind::Other),
    }
}
