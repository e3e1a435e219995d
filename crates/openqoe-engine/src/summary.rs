//! What one view came to, in few bytes, for the row it leaves when it ends.

use openqoe_spec::metrics::view::{Counter, Histogram, KeyedCounter};
use openqoe_spec::{Direction, Failure, Measurement, ViewEnd};
use serde::{Deserialize, Serialize};

/// The figures of one view, by the definitions of the metrics they are named after. Times are milliseconds; what is too
/// large for its field stays at its largest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How it ended; `None` while it goes on.
    pub end: Option<ViewEnd>,
    /// From the first play request to the first frame; `None` when there was none, or no measure of it.
    pub startup: Option<u32>,
    /// Waiting for a first frame.
    pub startup_wait: u32,
    /// Content on the screen.
    pub playing: u32,
    /// Rebuffering.
    pub stalled: u32,
    /// Between a seek and the next frame.
    pub seeking: u32,
    /// Paused.
    pub paused: u32,
    /// Ads on the screen.
    pub ads: u32,
    /// Media time played with a known bitrate.
    pub media: u32,
    /// Media played at the declared bitrate, bytes.
    pub played_bytes: u64,
    /// Body bytes downloaded.
    pub downloaded_bytes: u64,
    /// Video frames handled, dropped ones included.
    pub frames_decoded: u32,
    /// Video frames dropped.
    pub frames_dropped: u32,
    /// Rebufferings.
    pub rebuffers: u16,
    /// Seeks that ended.
    pub seeks: u16,
    /// Rendition switches up.
    pub switches_up: u16,
    /// Rendition switches down.
    pub switches_down: u16,
    /// Errors of the player, whatever came of them.
    pub errors: u16,
    /// Downloads that brought no usable body.
    pub downloads_failed: u16,
    /// Ads that showed a first frame.
    pub ad_impressions: u16,
    /// Left before the first frame.
    pub is_exit_before_start: bool,
    /// The code of the last error.
    pub error_code: Option<Box<str>>,
    /// Playback was asked for.
    #[serde(default)]
    pub is_attempted: bool,
    /// It had a first frame, of ad or content.
    #[serde(default)]
    pub is_started: bool,
    /// What failed it before its first frame.
    #[serde(default)]
    pub startup_failure: Option<Failure>,
    /// What failed it after its first frame.
    #[serde(default)]
    pub playback_failure: Option<Failure>,
    /// Downloads that brought a usable body, of those whose duration is known.
    #[serde(default)]
    pub downloads: u32,
    /// What downloads took, parallel ones each for themselves.
    #[serde(default)]
    pub downloading: u32,
    /// Ads that could not be fetched or played.
    #[serde(default)]
    pub ads_failed: u16,
}

impl Summary {
    /// Takes in what is said of the view.
    pub(crate) fn note(&mut self, measurement: &Measurement<'_>) {
        match measurement {
            Measurement::Count(counter, by) => self.count(*counter, *by),
            Measurement::CountKeyed(KeyedCounter::ErrPlayer(_), code, _) => {
                self.errors = self.errors.saturating_add(1);
                self.error_code = Some((*code).into());
            }
            Measurement::Observe(Histogram::StartupTimeSeconds, ms, _) => self.startup = Some(*ms as u32),
            Measurement::Observe(Histogram::PlaybackSeekLatencySeconds, ..) => {
                add_small(&mut self.seeks, 1.0)
            }
            Measurement::Observe(Histogram::NetSegmentLatencySeconds(_), ..) => add(&mut self.downloads, 1.0),
            Measurement::ObserveMany(Histogram::NetSegmentLatencySeconds(_), _, times) => {
                add(&mut self.downloads, *times as f64);
            }
            _ => {}
        }
    }

    fn count(&mut self, counter: Counter, by: f64) {
        match counter {
            Counter::PlaybackPlayingSeconds => add(&mut self.playing, by),
            Counter::PlaybackStalledSeconds => add(&mut self.stalled, by),
            Counter::PlaybackSeekingSeconds => add(&mut self.seeking, by),
            Counter::PlaybackPausedSeconds => add(&mut self.paused, by),
            Counter::StartupWaitSeconds => add(&mut self.startup_wait, by),
            Counter::AdPlayingSeconds => add(&mut self.ads, by),
            Counter::AbrMediaSeconds => add(&mut self.media, by),
            Counter::PlaybackFramesDecoded => add(&mut self.frames_decoded, by),
            Counter::PlaybackFramesDropped => add(&mut self.frames_dropped, by),
            // A cast from a float stops at the largest value.
            Counter::AbrPlayedBytes => self.played_bytes = self.played_bytes.saturating_add(by as u64),
            Counter::NetDownloadBytes(_) => {
                self.downloaded_bytes = self.downloaded_bytes.saturating_add(by as u64);
            }
            Counter::NetFailed(_) => add_small(&mut self.downloads_failed, by),
            Counter::PlaybackRebuffers => add_small(&mut self.rebuffers, by),
            Counter::AbrSwitch(Direction::Up) => add_small(&mut self.switches_up, by),
            Counter::AbrSwitch(Direction::Down) => add_small(&mut self.switches_down, by),
            Counter::AdImpression(_) => add_small(&mut self.ad_impressions, by),
            Counter::NetDownloadSeconds(_) => add(&mut self.downloading, by),
            Counter::AdFailed => add_small(&mut self.ads_failed, by),
            Counter::StartupAttempts => self.is_attempted = true,
            Counter::StartupPlays => self.is_started = true,
            Counter::StartupFailed(failure) => self.startup_failure = Some(failure),
            Counter::PlaybackFailed(failure) => self.playback_failure = Some(failure),
            Counter::StartupExits => self.is_exit_before_start = true,
            Counter::PlaybackViewsEnded(end) => self.end = Some(end),
            _ => {}
        }
    }
}

fn add(field: &mut u32, by: f64) {
    *field = field.saturating_add(by as u32);
}

fn add_small(field: &mut u16, by: f64) {
    *field = field.saturating_add(by as u16);
}
