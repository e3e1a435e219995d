//! What a request means in our vocabulary (CTA-5004-B §3.3, keys; CTA-5006, CMSD). It is a download for certain, and what its player
//! said of itself when it asked. What the key says without a time is counted as a `custom` event and never as time: a stall of which only
//! its having been is known (`bs`) adds no second of rebuffering.

use openqoe_spec::{Event, EventKind, Failure, LatencyClock};

use super::line::{Line, Span};
use crate::cmcd::{Record, kind, state_goes_on};
use crate::cmsd;

/// How often a session's buffer is told, ms: as often as a heartbeat tells it.
const HEARTBEAT: u64 = 10_000;
/// Longest length an event may have, ms.
const LONGEST: u64 = 3_600_000;

/// Places of events in their record: what a player is in, what it plays, its figures. Events of one place differ in what they say.
const STATE: u64 = 0;
const ERROR: u64 = 4;
const RATE: u64 = 5;
const FIGURES: u64 = 6;
const CUSTOM: u64 = 7;
/// Eight places for downloads, so that equal ones of one second are told apart by their numbers.
const DOWNLOAD: u64 = 8;

/// What was said before in the same body.
#[derive(Debug, Default)]
pub(super) struct Meaning {
    heartbeat: Option<u64>,
    dropped: Option<u64>,
    rate: Option<f64>,
}

impl Meaning {
    /// Adds the events of one line, at epoch ms.
    pub(super) fn add(&mut self, line: &Line<'_>, record: &Record, span: Span, events: &mut Vec<Event>) {
        let mut say = |seq, t, kind| events.push(Event { seq, t, kind });
        let mut state = STATE;
        let mut now = |kind| {
            say(state, span.start, kind);
            state += 1;
        };
        match record.sta.as_deref().unwrap_or_default() {
            // Startup is told of by `msd`: requests are too far apart to time it.
            "s" => {}
            "e" => now(EventKind::Ended),
            state => state_goes_on(state, &mut now),
        }
        if let Some(code) = &record.ec {
            let fatal = record.sta.as_deref() == Some("f");
            say(
                ERROR,
                span.start,
                EventKind::Error { code: code.clone(), fatal, category: Failure::Technical },
            );
        }
        if let Some(rate) = self.rate(record) {
            say(RATE, span.start, EventKind::Rate { rate });
        }
        // `pb` is on the screen; `br` is only what is asked for.
        if let Some(kbps) = record.pb.filter(|kbps| *kbps > 0) {
            say(FIGURES, span.start, EventKind::Rendition { bitrate: kbps * 1000 });
        }
        if let Some(heartbeat) = self.heartbeat(record, span.start) {
            say(FIGURES, span.start, heartbeat);
        }
        for (name, value) in figures(line, record) {
            say(CUSTOM, span.start, EventKind::Custom { name: name.into(), value });
        }
        say(DOWNLOAD + record.sn.unwrap_or_default() % 8, span.end, download(line, record));
    }

    /// The rate, where it is another than before. It is left out while it is 1 (§3.3 `pr`).
    fn rate(&mut self, record: &Record) -> Option<f64> {
        let rate = record.pr.unwrap_or(1.0);
        let before = self.rate.unwrap_or(1.0);
        if rate == before || !(0.0..=16.0).contains(&rate) {
            return None;
        }
        self.rate = Some(rate);
        Some(rate)
    }

    fn heartbeat(&mut self, record: &Record, at: u64) -> Option<EventKind> {
        // Buffer and latency are those of playing; frames are a count, of which the last one must not be missed.
        let is_playing = record.sta.as_deref().is_none_or(|state| state == "p");
        let is_due = self.heartbeat.is_none_or(|last| at.abs_diff(last) >= HEARTBEAT);
        let is_sample = is_playing && is_due && record.bl.or(record.ltc).is_some();
        let is_dropping = record.dfa.is_some() && record.dfa != self.dropped;
        if !is_sample && !is_dropping {
            return None;
        }
        if is_sample {
            self.heartbeat = Some(at);
        }
        self.dropped = record.dfa.or(self.dropped);
        Some(EventKind::Heartbeat {
            buffer_ms: record.bl.filter(|ms| is_sample && *ms <= LONGEST),
            latency_ms: record.ltc.filter(|_| is_sample),
            latency_clock: LatencyClock::Player,
            frames_decoded: None,
            frames_dropped: record.dfa,
        })
    }
}

/// What is known without a moment to put it at, and what the CDN said of the connection.
fn figures(line: &Line<'_>, record: &Record) -> Vec<(&'static str, Option<f64>)> {
    let seconds = |ms: u64| ms as f64 / 1000.0;
    let mut said = Vec::new();
    if record.bs {
        said.push(("cmcd_bs", None));
    }
    let hops = line.cmsd_dynamic.as_deref().map(cmsd::dynamic).unwrap_or_default();
    let values = [
        ("cmcd_bsd_seconds", record.bsd.map(seconds)),
        ("cmcd_msd_seconds", record.msd.map(seconds)),
        ("cmsd_rtt_seconds", hops.rtt.map(seconds)),
        ("cmsd_etp_bits_per_second", hops.etp.map(|kbps| kbps as f64 * 1000.0)),
    ];
    said.extend(values.into_iter().filter(|(_, value)| value.is_some()));
    said
}

fn download(line: &Line<'_>, record: &Record) -> EventKind {
    let declared = line.cmsd_static.as_deref().and_then(cmsd::object_type);
    let kind = kind(record.ot.as_deref().or(declared.as_deref()), line.named);
    // 000 is what CDNs write where the player went away before there was an answer.
    let failed = line.status.is_some_and(|status| status == 0 || status >= 400);
    let bytes = line.bytes.unwrap_or_default().min(1 << 40);
    let limit = |ms: Option<u64>| ms.filter(|ms| *ms <= LONGEST);
    let (ttfb_ms, duration_ms) = (limit(line.ttfb_ms), limit(line.duration_ms));
    EventKind::Download { kind, bytes, ttfb_ms, duration_ms, failed, weight: 1 }
}
