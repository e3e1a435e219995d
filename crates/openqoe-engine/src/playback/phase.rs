//! What a viewer lives through at one moment, and where the time of that moment goes.

use openqoe_spec::Phase as Exposed;
use openqoe_spec::Recorder;
use openqoe_spec::metrics::view::{Counter, Gauge, Histogram};
use serde::{Deserialize, Serialize};

use super::samples::Samples;
use super::{Emit, View};

/// Time a view must have played to be qualified.
const QUALIFIED: u64 = 30_000;

/// The phases of a view. A moment belongs to exactly one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Nobody asked for playback yet.
    #[default]
    Idle,
    /// Asked for, no frame yet, in the background (Media3 JOINING_BACKGROUND).
    Background,
    /// Asked for, no frame yet.
    Startup,
    /// Content is moving.
    Playing,
    /// Rebuffering.
    Stalled,
    /// Between a seek and the next frame.
    Seeking,
    /// By the viewer or the app.
    Paused,
    /// An ad is on the screen.
    Ad,
    /// In an ad break with nothing moving.
    AdWait,
    /// Ended, failed or silent.
    Over,
}

impl Phase {
    /// The phase as the gauge of active sessions knows it.
    fn exposed(self) -> Option<Exposed> {
        match self {
            Phase::Idle | Phase::Over => None,
            Phase::Background | Phase::Startup => Some(Exposed::Startup),
            Phase::Playing => Some(Exposed::Playing),
            Phase::Stalled => Some(Exposed::Stalled),
            Phase::Seeking => Some(Exposed::Seeking),
            Phase::Paused => Some(Exposed::Paused),
            Phase::Ad | Phase::AdWait => Some(Exposed::Ad),
        }
    }

    /// CTA-2066 watchedTime: from a play request to the next pause, end or failure.
    fn is_watched(self) -> bool {
        !matches!(self, Phase::Idle | Phase::Background | Phase::Paused | Phase::Over)
    }

    pub(super) fn enter<R: Recorder>(self, samples: &Samples, out: &mut Emit<'_, R>) {
        self.count(1.0, samples, out);
    }

    pub(super) fn leave<R: Recorder>(self, samples: &Samples, out: &mut Emit<'_, R>) {
        self.count(-1.0, samples, out);
    }

    fn count<R: Recorder>(self, sign: f64, samples: &Samples, out: &mut Emit<'_, R>) {
        if samples.is_past() {
            return;
        }
        if let Some(phase) = self.exposed() {
            out.shift(Gauge::PlaybackActiveSessions(phase), sign);
        }
        if self == Phase::Playing && samples.bitrate() > 0 {
            out.shift(Gauge::AbrBitrateBitsCurrent, sign * samples.bitrate() as f64);
        }
    }
}

impl View {
    /// The phase that follows from the facts.
    fn resolve(&self) -> Phase {
        if self.ending.is_over() {
            return Phase::Over;
        }
        if !self.startup.attempted() {
            return Phase::Idle;
        }
        if self.seek.is_some_and(|seek| !seek.is_replay) && !self.ads.in_break() {
            return Phase::Seeking;
        }
        if self.paused {
            return Phase::Paused;
        }
        if self.ads.in_break() && (self.ads.is_playing() || self.startup.started()) {
            return if self.ads.is_playing() { Phase::Ad } else { Phase::AdWait };
        }
        match (self.startup.content_shown(), self.hidden, self.stalled) {
            (false, true, _) => Phase::Background,
            (false, false, _) => Phase::Startup,
            (true, _, true) => Phase::Stalled,
            (true, _, false) => Phase::Playing,
        }
    }

    /// Moves to the phase the facts ask for and says what that means.
    pub(super) fn settle<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        let next = self.resolve();
        if next == self.phase {
            return;
        }
        if self.phase == Phase::Stalled {
            out.settle(Histogram::PlaybackBufferTimeSeconds, self.stall);
            if let Some(ahead) = &mut self.ahead {
                ahead.go_on();
            }
        }
        if next == Phase::Stalled {
            self.stall = 0;
            if let Some(ahead) = &mut self.ahead {
                ahead.stand();
            }
        }
        self.phase.leave(&self.samples, out);
        self.phase = next;
        self.phase.enter(&self.samples, out);
    }

    /// Lets `step` milliseconds pass in the present phase.
    pub(super) fn spend<R: Recorder>(&mut self, step: u64, out: &mut Emit<'_, R>) {
        let counter = match self.phase {
            Phase::Idle | Phase::Background | Phase::Over => None,
            Phase::Startup => Some(Counter::StartupWaitSeconds),
            Phase::Playing => Some(Counter::PlaybackPlayingSeconds),
            Phase::Stalled => Some(Counter::PlaybackStalledSeconds),
            Phase::Seeking => Some(Counter::PlaybackSeekingSeconds),
            Phase::Paused => Some(Counter::PlaybackPausedSeconds),
            Phase::Ad => Some(Counter::AdPlayingSeconds),
            Phase::AdWait => Some(Counter::AdWaitSeconds),
        };
        if let Some(counter) = counter {
            out.add(counter, step as f64);
        }
        if self.phase.is_watched() {
            self.watched += step;
            out.grow(Histogram::EngWatchTimeSeconds, step);
        }
        match self.phase {
            Phase::Startup => self.startup.waited(step),
            Phase::Stalled => {
                self.stall += step;
                out.grow(Histogram::PlaybackBufferTimeSeconds, step);
            }
            Phase::Playing => self.play(step, out),
            _ => {}
        }
    }

    fn play<R: Recorder>(&mut self, step: u64, out: &mut Emit<'_, R>) {
        if self.playing < QUALIFIED && self.playing + step >= QUALIFIED {
            out.one(Counter::EngViewQualified);
        }
        self.playing += step;
        self.samples.played(step, out);
        if let Some(ahead) = &mut self.ahead {
            ahead.play(step as f64 * self.samples.pace());
        }
    }
}
