//! From the wish to watch to the first frame: CTA-2066 initialStartupTime, null where it cannot be measured, never 0.

use openqoe_spec::metrics::view::{Counter, Histogram};
use openqoe_spec::{Cause, Recorder};
use serde::{Deserialize, Serialize};

use super::Emit;
use crate::checkpoint::growing;

/// Exits within this wait are no attempt worth judging (Mux: EBVS below one second is not applicable).
const SHORT_WAIT: u64 = 1000;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Startup {
    /// `t` of `session_start`: the request of sessions that report none.
    begun: u64,
    requested: Option<u64>,
    /// Set once; the first cause is the one that counts.
    spoilt: Option<Cause>,
    /// A first frame of ad or content.
    started: bool,
    content: bool,
    #[serde(deserialize_with = "growing")]
    wait: u64,
    /// Enough is loaded to begin with.
    #[serde(default)]
    ready: bool,
    /// The player said that it starts, and may only preload.
    #[serde(default)]
    is_doubtful: bool,
}

impl Startup {
    pub(super) fn begin(&mut self, t: u64) {
        self.begun = t;
    }

    pub(super) fn attempted(&self) -> bool {
        self.requested.is_some()
    }

    pub(super) fn started(&self) -> bool {
        self.started
    }

    pub(super) fn content_shown(&self) -> bool {
        self.content
    }

    pub(super) fn waited(&mut self, step: u64) {
        self.wait += step;
    }

    pub(super) fn note_ready(&mut self) {
        self.ready = true;
    }

    /// Whether nothing but the viewer keeps the first frame back.
    pub(super) fn may_start(&self) -> bool {
        self.ready && self.attempted() && !self.content
    }

    /// Playback was asked for. Only the first time counts.
    pub(super) fn request<R: Recorder>(&mut self, t: u64, hidden: bool, out: &mut Emit<'_, R>) {
        if self.attempted() {
            return;
        }
        self.requested = Some(t);
        out.one(Counter::StartupAttempts);
        match self.spoilt {
            Some(cause) => out.one(Counter::StartupInvalidated(cause)),
            None if hidden => self.interrupt(Cause::Background, out),
            None => {}
        }
    }

    /// Whether that playback was asked for is only what the player says, who may preload.
    pub(super) fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }

    /// The request to come is one that the player may have made up.
    pub(super) fn doubt(&mut self) {
        self.is_doubtful |= !self.attempted();
    }

    /// Somebody asked for playback, whatever the player said.
    pub(super) fn trust(&mut self) {
        self.is_doubtful = false;
    }

    /// What was taken for a request was none: this is.
    pub(super) fn ask_again(&mut self, t: u64) {
        self.requested = Some(t);
    }

    /// Something came between the request and the first frame.
    pub(super) fn interrupt<R: Recorder>(&mut self, cause: Cause, out: &mut Emit<'_, R>) {
        if self.attempted() && !self.started && self.spoilt.is_none() {
            self.spoilt = Some(cause);
            out.one(Counter::StartupInvalidated(cause));
        }
    }

    /// The events before now were lost: when the request was cannot be known.
    pub(super) fn lose_beginning<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        if self.attempted() {
            self.interrupt(Cause::Unobserved, out);
        } else {
            self.spoilt = Some(Cause::Unobserved);
        }
    }

    /// A player that recovers from a failed start has no startup time.
    pub(super) fn fail(&mut self) {
        if !self.started {
            self.spoilt = self.spoilt.or(Some(Cause::Unobserved));
        }
    }

    /// Frames of an ad are moving.
    pub(super) fn ad_frame<R: Recorder>(&mut self, t: u64, out: &mut Emit<'_, R>) {
        if !self.started {
            self.started = true;
            out.one(Counter::StartupPlays);
            self.measure(Histogram::StartupTimeSeconds, t, 0, out);
        }
    }

    /// Frames of the content are moving; `ads` is the time that ad breaks have taken so far.
    pub(super) fn content_frame<R: Recorder>(&mut self, t: u64, ads: u64, out: &mut Emit<'_, R>) {
        if !self.content {
            self.ad_frame(t, out);
            self.content = true;
            self.measure(Histogram::StartupContentTimeSeconds, t, ads, out);
        }
    }

    fn measure<R: Recorder>(&self, histogram: Histogram, t: u64, ads: u64, out: &mut Emit<'_, R>) {
        if let (Some(requested), None) = (self.requested, self.spoilt) {
            out.observe(histogram, t.saturating_sub(requested).saturating_sub(ads));
        }
    }

    /// The view ended without a failure; did it ever start?
    pub(super) fn exit<R: Recorder>(&self, out: &mut Emit<'_, R>) {
        if self.attempted() && !self.started {
            let short = self.wait < SHORT_WAIT;
            out.one(if short { Counter::StartupDiscarded } else { Counter::StartupExits });
        }
    }

    /// `t` from which a session without a play request waits.
    pub(super) fn begun(&self) -> u64 {
        self.begun
    }
}
