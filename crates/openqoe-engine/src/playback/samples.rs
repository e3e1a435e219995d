//! What the player and its plugins report in passing: renditions, frames, buffer, latency, downloads, figures of their own.

use openqoe_spec::metrics::view::{Counter, Gauge, Histogram, KeyedCounter};
use openqoe_spec::{Direction, DownloadKind, LatencyClock, Recorder};
use serde::{Deserialize, Serialize};

use super::Emit;

/// Viewers further behind the live edge are watching a recording (Mux Live Latency).
const LIVE_EDGE: u64 = 300_000;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Samples {
    /// bit/s on the screen, 0 when unknown.
    bitrate: u64,
    rate: f64,
    decoded: u64,
    dropped: u64,
    /// It was over before it was heard of: nobody is watching now.
    #[serde(default)]
    is_past: bool,
}

impl Default for Samples {
    fn default() -> Self {
        Samples { bitrate: 0, rate: 1.0, decoded: 0, dropped: 0, is_past: false }
    }
}

impl Samples {
    pub(super) fn is_past(&self) -> bool {
        self.is_past
    }

    pub(super) fn note_past(&mut self) {
        self.is_past = true;
    }

    pub(super) fn bitrate(&self) -> u64 {
        self.bitrate
    }

    pub(super) fn rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// Seconds of media in a second of playing.
    pub(super) fn pace(&self) -> f64 {
        self.rate
    }

    /// CTA-2066 bitsPlayed and mediaTime: what passes on the screen counts by media time.
    pub(super) fn played<R: Recorder>(&self, step: u64, out: &mut Emit<'_, R>) {
        if self.bitrate > 0 {
            let media = step as f64 * self.rate;
            out.add(Counter::AbrMediaSeconds, media);
            out.add(Counter::AbrPlayedBytes, self.bitrate as f64 * media / 8000.0);
        }
    }

    /// The rendition on the screen, of a view that has `started`, and is `playing` or not.
    pub(super) fn rendition<R: Recorder>(
        &mut self,
        bitrate: u64,
        started: bool,
        playing: bool,
        out: &mut Emit<'_, R>,
    ) {
        if playing && !self.is_past && bitrate != self.bitrate {
            out.shift(Gauge::AbrBitrateBitsCurrent, bitrate as f64 - self.bitrate as f64);
        }
        if started && self.bitrate > 0 && bitrate != self.bitrate {
            let direction = if bitrate > self.bitrate { Direction::Up } else { Direction::Down };
            out.one(Counter::AbrSwitch(direction));
        }
        self.bitrate = bitrate;
    }

    /// Cumulative counts to differences. A count that falls belongs to a new source, which began at 0.
    pub(super) fn frames<R: Recorder>(
        &mut self,
        decoded: Option<u64>,
        dropped: Option<u64>,
        out: &mut Emit<'_, R>,
    ) {
        let pairs = [
            (decoded, &mut self.decoded, Counter::PlaybackFramesDecoded),
            (dropped, &mut self.dropped, Counter::PlaybackFramesDropped),
        ];
        for (count, last, counter) in pairs {
            let Some(count) = count else { continue };
            let more = count.checked_sub(*last).unwrap_or(count);
            *last = count;
            if more > 0 {
                out.add(counter, more as f64);
            }
        }
    }
}

pub(super) fn buffer<R: Recorder>(buffer_ms: Option<u64>, out: &mut Emit<'_, R>) {
    if let Some(ms) = buffer_ms {
        out.observe(Histogram::PlaybackBufferLengthSeconds, ms);
    }
}

pub(super) fn latency<R: Recorder>(latency_ms: Option<u64>, clock: LatencyClock, out: &mut Emit<'_, R>) {
    if let Some(ms) = latency_ms.filter(|ms| *ms <= LIVE_EDGE) {
        out.observe(Histogram::PlaybackLiveLatencySeconds(clock), ms);
    }
}

/// What only its sender knows the meaning of.
pub(super) fn custom<R: Recorder>(name: &str, value: Option<f64>, out: &mut Emit<'_, R>) {
    out.keyed(KeyedCounter::CustomEvents, name, 1.0);
    if let Some(value) = value.filter(|value| *value > 0.0) {
        out.keyed(KeyedCounter::CustomValue, name, value);
    }
}

/// One download, or so many like it.
pub(super) struct Download {
    pub(super) kind: DownloadKind,
    pub(super) bytes: u64,
    pub(super) ttfb_ms: Option<u64>,
    pub(super) duration_ms: Option<u64>,
    pub(super) failed: bool,
    /// At least 1.
    pub(super) weight: u64,
}

impl Download {
    pub(super) fn count<R: Recorder>(&self, out: &mut Emit<'_, R>) {
        let Download { kind, bytes, ttfb_ms, duration_ms, failed, weight } = *self;
        let times = weight as f64;
        out.add(Counter::NetDownloadBytes(kind), bytes as f64 * times);
        if let Some(ms) = duration_ms {
            out.add(Counter::NetDownloadSeconds(kind), ms as f64 * times);
        }
        if weight > 1 {
            out.add(Counter::NetSampled(kind), times - 1.0);
        }
        if failed {
            out.add(Counter::NetFailed(kind), times);
            return;
        }
        if let Some(ms) = duration_ms {
            out.observe_many(Histogram::NetSegmentLatencySeconds(kind), ms, weight);
        }
        if let Some(ms) = ttfb_ms {
            out.observe_many(Histogram::NetTtfbSeconds(kind), ms, weight);
        }
    }
}
