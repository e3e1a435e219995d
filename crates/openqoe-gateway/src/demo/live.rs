//! The film as a live stream: its segments, over and over, on the wall clock. Segment N of the stream is segment N mod 30 of
//! the film, moved on in time, and there is nothing of it before its last frame would have been captured. All of it follows
//! from the clock, so that nothing has to be kept.

mod fragment;
mod manifest;
#[cfg(test)]
mod tests;

use bytes::Bytes;

use super::media::{self, Asset, Role};

const SEGMENT_SECONDS: u64 = 2;
const FILM_SEGMENTS: u64 = 30;
/// How many segments a manifest speaks of: half a minute.
const WINDOW_SEGMENTS: u64 = 15;
/// How long the stream runs already when the origin starts, so that no window is short and media time is small.
const HEAD_START_MS: u64 = 300_000;

/// How much too early a segment may be asked for: players of DASH ask at the moment they reckon it is there, and none
/// reckons to the millisecond.
const EARLY_MS: u64 = 250;

/// A live stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live {
    /// When its first frame was captured.
    epoch_ms: u64,
}

impl Live {
    /// A stream that has been on air for five minutes.
    pub(crate) fn on_air(now_ms: u64) -> Self {
        Self { epoch_ms: now_ms.saturating_sub(HEAD_START_MS) / 1000 * 1000 }
    }

    /// The file at this path below a scope's media, if it is of the stream and there by now.
    pub(crate) fn find(self, scope: &str, path: &str, now_ms: u64) -> Option<Asset> {
        let text =
            |text: String, content_type| Asset { bytes: text.into(), content_type, role: Role::Manifest };
        let hls = |playlist| text(playlist, "application/vnd.apple.mpegurl");
        match path {
            "live.m3u8" => return manifest::multivariant().map(hls),
            "live.mpd" => return Some(text(manifest::mpd(self, scope)?, "application/dash+xml")),
            "live/clock" => {
                return Some(Asset { role: Role::Clock, ..text(manifest::date(now_ms), "text/plain") });
            }
            _ => {}
        }
        let (track, file) = path.strip_prefix("live/")?.split_once('/')?;
        match file {
            "playlist.m3u8" => manifest::playlist(self, track, now_ms).map(hls),
            "init.mp4" => media::find(&format!("{track}/{file}")),
            _ => self.segment(track, file.strip_suffix(".m4s")?.parse().ok()?, now_ms),
        }
    }

    fn segment(self, track: &str, number: u64, now_ms: u64) -> Option<Asset> {
        if number > self.newest(now_ms + EARLY_MS)? {
            return None;
        }
        let segment = Segment::find(track, number)?;
        let sequence = u32::try_from(number % u64::from(u32::MAX)).ok()? + 1;
        let moved = fragment::retime(&segment.film.bytes, segment.begin, sequence)?;
        Some(Asset { bytes: Bytes::from(moved), ..segment.film })
    }

    /// The newest segment that is there.
    fn newest(self, now_ms: u64) -> Option<u64> {
        (now_ms.saturating_sub(self.epoch_ms) / 1000 / SEGMENT_SECONDS).checked_sub(1)
    }
}

/// A segment of the stream.
struct Segment {
    number: u64,
    /// What it is made of.
    film: Asset,
    /// Units per second.
    timescale: u64,
    /// When it begins, in those units since the stream did.
    begin: u64,
    /// When the next one begins.
    end: u64,
}

impl Segment {
    fn find(track: &str, number: u64) -> Option<Self> {
        let (film, timescale, begin) = placed(track, number)?;
        let (_, _, end) = placed(track, number + 1)?;
        Some(Self { number, film, timescale, begin, end })
    }

    fn begin_seconds(&self) -> f64 {
        self.begin as f64 / self.timescale as f64
    }

    /// From its beginning to that of the next one.
    fn seconds(&self) -> f64 {
        (self.end - self.begin) as f64 / self.timescale as f64
    }
}

/// The segment's file, its timescale, and when it begins. The film counts as exactly a minute in every track: the audio is
/// half an AAC frame shorter, which leaves a gap once a minute that no decoder minds, and nothing that adds up.
fn placed(track: &str, number: u64) -> Option<(Asset, u64, u64)> {
    let film = media::find(&format!("{track}/{:02}.m4s", number % FILM_SEGMENTS + 1))?;
    let timing = fragment::timing(&film.bytes)?;
    let loops = number / FILM_SEGMENTS * FILM_SEGMENTS * SEGMENT_SECONDS * timing.timescale;
    Some((film, timing.timescale, loops + timing.begin))
}
