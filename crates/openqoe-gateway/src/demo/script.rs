//! The script of one view: a clock that only goes forward and the events written on it. What a player reports by itself
//! while time passes - heartbeats, downloads, frame counts - is written here; what viewers do is in `viewer_model`.

use openqoe_spec::{DownloadKind, EventKind, LatencyClock};

use super::chance::Chance;

const HEARTBEAT_MS: u64 = 10_000;
/// Three segments a report: the demo's load is to stay modest.
const DOWNLOAD_MS: u64 = 6_000;
const FRAMES_PER_MS: f64 = 0.025;
/// How fast a player catches up with the live edge.
const CATCH_UP: f64 = 0.03;
/// Time in which the buffer fills by two thirds of what is missing.
const REFILL_MS: f64 = 4_000.0;

/// An event at its time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moment {
    /// Ms since the session began.
    pub(crate) t: u64,
    /// What happened.
    pub(crate) kind: EventKind,
}

/// What passes while the clock advances.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Passing {
    /// Content moves.
    Content,
    /// Content is waited for.
    Waiting,
    /// An ad is shown, or waited for.
    Break,
    /// Nothing, by the viewer's wish.
    Paused,
}

/// How the network behaves at the moment.
#[derive(Clone, Copy)]
pub(crate) struct Network {
    /// Median time to first byte.
    pub(crate) ttfb_ms: f64,
    /// Bit/s of one download.
    pub(crate) throughput: f64,
    /// Share of downloads that fail.
    pub(crate) failing: f64,
}

/// Live latency: what it is and what the player aims at.
#[derive(Clone, Copy)]
pub(crate) struct Latency {
    /// Ms behind the camera.
    pub(crate) now_ms: f64,
    /// What the player aims at.
    pub(crate) target_ms: f64,
    /// How it is known.
    pub(crate) clock: LatencyClock,
}

/// The script as far as it is written.
pub(crate) struct Script {
    /// Where every choice of the view comes from.
    pub(crate) chance: Chance,
    /// The network, as the viewer finds it now.
    pub(crate) network: Network,
    /// Set when the content is live.
    pub(crate) latency: Option<Latency>,
    /// Playback rate.
    pub(crate) rate: f64,
    buffer_target_ms: f64,
    dropped_share: f64,
    now: u64,
    moments: Vec<Moment>,
    bitrate: u64,
    buffer_ms: f64,
    decoded: f64,
    dropped: f64,
    next_heartbeat: u64,
    next_download: u64,
}

impl Script {
    /// An empty script.
    pub(crate) fn new(chance: Chance, network: Network, buffer_target_ms: f64, dropped_share: f64) -> Self {
        Self {
            chance,
            network,
            latency: None,
            rate: 1.0,
            buffer_target_ms,
            dropped_share,
            now: 0,
            moments: Vec::new(),
            bitrate: 0,
            buffer_ms: 0.0,
            decoded: 0.0,
            dropped: 0.0,
            next_heartbeat: HEARTBEAT_MS,
            next_download: DOWNLOAD_MS,
        }
    }

    /// Ms since the session began.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// Writes an event at this moment.
    pub(crate) fn emit(&mut self, kind: EventKind) {
        match kind {
            EventKind::Rendition { bitrate } => self.bitrate = bitrate,
            EventKind::Stall | EventKind::SeekStart => self.buffer_ms = 0.0,
            _ => {}
        }
        self.moments.push(Moment { t: self.now, kind });
    }

    /// Lets `ms` go by, rounded.
    pub(crate) fn pass(&mut self, ms: f64, passing: Passing) {
        let end = self.now + ms.max(0.0).round() as u64;
        loop {
            let due = self.next_heartbeat.min(self.next_download);
            self.flow(due.min(end) - self.now, passing);
            if due > end {
                return;
            }
            if due == self.next_heartbeat {
                self.next_heartbeat += HEARTBEAT_MS;
                self.heartbeat();
            } else {
                self.next_download += DOWNLOAD_MS;
                self.download(passing);
            }
        }
    }

    /// The finished script.
    pub(crate) fn close(self) -> Vec<Moment> {
        self.moments
    }

    fn flow(&mut self, ms: u64, passing: Passing) {
        self.now += ms;
        let ms = ms as f64;
        if passing == Passing::Content {
            let frames = ms * FRAMES_PER_MS * self.rate;
            self.decoded += frames;
            self.dropped += frames * self.dropped_share * self.chance.uniform(0.0, 2.0);
        }
        if matches!(passing, Passing::Content | Passing::Paused) {
            let missing = self.buffer_target_ms - self.buffer_ms;
            self.buffer_ms += missing * (1.0 - (-ms / REFILL_MS).exp());
        }
        if let Some(latency) = &mut self.latency {
            latency.now_ms = match passing {
                Passing::Content => (latency.now_ms - ms * CATCH_UP).max(latency.target_ms),
                _ => latency.now_ms + ms,
            };
        }
    }

    fn heartbeat(&mut self) {
        let jitter = self.chance.uniform(0.8, 1.2);
        let kind = EventKind::Heartbeat {
            buffer_ms: Some((self.buffer_ms * jitter).round() as u64),
            latency_ms: self.latency.map(|latency| latency.now_ms.round() as u64),
            latency_clock: self.latency.map_or(LatencyClock::Player, |latency| latency.clock),
            frames_decoded: Some(self.decoded as u64),
            frames_dropped: Some(self.dropped as u64),
        };
        self.emit(kind);
    }

    fn download(&mut self, passing: Passing) {
        if self.bitrate == 0 || !matches!(passing, Passing::Content | Passing::Waiting) {
            return;
        }
        let ttfb = self.chance.log_normal(self.network.ttfb_ms, 0.4);
        let failed = self.chance.happens(self.network.failing);
        let bytes = if failed { 0 } else { self.bitrate * DOWNLOAD_MS / 8000 };
        let throughput = self.chance.log_normal(self.network.throughput, 0.25);
        let duration = ttfb + bytes as f64 * 8000.0 / throughput;
        self.emit(EventKind::Download {
            weight: 1,
            kind: DownloadKind::Video,
            bytes,
            ttfb_ms: Some(ttfb.round() as u64),
            duration_ms: Some(duration.round() as u64),
            failed,
        });
    }
}
