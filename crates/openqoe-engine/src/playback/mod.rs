//! One view: the state machine between a player's events and what its viewer lived through.
//!
//! The semantics are those of CTA-2066 as Media3's PlaybackStats reads it, settled where the two are silent by the decision
//! table of OQEP-0001. Events only set facts (paused, seeking, stalled ...); the phase follows from the facts, and time goes
//! to the phase it passed in.

mod ads;
mod ahead;
mod emit;
mod ending;
mod phase;
mod samples;
mod seek;
mod startup;

use openqoe_spec::metrics::view::Counter;
use openqoe_spec::{Cause, Event, EventKind, LabelSetId, Recorder, Trigger, ViewEnd};
use serde::{Deserialize, Serialize};

pub(crate) use emit::Emit;
pub use phase::Phase;

use crate::checkpoint::growing;
use crate::config::Config;

/// Time that passed in one phase. All are ms of the session's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// What the viewer lived through.
    pub phase: Phase,
    /// From when.
    pub from: u64,
    /// Until when.
    pub to: u64,
    /// How much of it was counted: a step is bounded, for timers stop while a device sleeps.
    pub counted: u64,
}

/// What is known about a view.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct View {
    /// `t` of the newest event taken in.
    clock: u64,
    /// `t` of the event being taken in: a frame may be told of after something newer than it.
    at: u64,
    phase: Phase,
    startup: startup::Startup,
    seek: Option<seek::Seek>,
    ads: ads::Ads,
    samples: samples::Samples,
    ending: ending::Ending,
    paused: bool,
    stalled: bool,
    hidden: bool,
    /// Length of the rebuffering going on.
    #[serde(deserialize_with = "growing")]
    stall: u64,
    #[serde(deserialize_with = "growing")]
    playing: u64,
    #[serde(deserialize_with = "growing")]
    watched: u64,
    /// Of reporters who tell what is fetched.
    #[serde(default)]
    ahead: Option<Box<ahead::Ahead>>,
}

impl View {
    /// Takes the next event of the session. Says what passed until then.
    pub(crate) fn apply<R: Recorder>(
        &mut self,
        event: &Event,
        config: &Config,
        out: &mut Emit<'_, R>,
    ) -> Passage {
        // What comes after a silence was only late: its time passed as it says.
        self.ending.wake();
        self.settle(out);
        let mut passage = Passage { phase: self.phase, from: self.clock, counted: 0, to: self.clock };
        if !self.is_aside(event) {
            passage.counted = self.advance(event.t, config, out);
            passage.to = self.clock;
        }
        self.at = event.t;
        self.note(&event.kind, out);
        self.settle(out);
        if self.clock > passage.to {
            passage = Passage { phase: Phase::Idle, from: passage.to, counted: 0, to: self.clock };
        }
        passage
    }

    /// What the viewer lives through right now.
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// The beginning of the session was lost on the way: its startup cannot be measured.
    pub(crate) fn lose_beginning<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        self.startup.lose_beginning(out);
    }

    /// It is told of long after it was: what its viewer lived through counts, but nobody is watching now.
    pub(crate) fn note_past(&mut self) {
        self.samples.note_past();
    }

    pub(crate) fn is_past(&self) -> bool {
        self.samples.is_past()
    }

    /// Nothing was heard for too long.
    pub(crate) fn time_out<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        self.ending.sleep();
        self.end(ViewEnd::Timeout, out);
        self.settle(out);
    }

    /// The session's attributes changed at `t`: time until then belongs to the old label set, what is counted right now
    /// moves to the new one.
    pub(crate) fn relabel<R: Recorder>(
        &mut self,
        t: u64,
        config: &Config,
        out: &mut Emit<'_, R>,
        to: LabelSetId,
    ) -> Passage {
        let (phase, from) = (self.phase, self.clock);
        let counted = self.advance(t, config, out);
        self.phase.leave(&self.samples, out);
        out.set = to;
        self.phase.enter(&self.samples, out);
        Passage { phase, from, counted, to: self.clock }
    }

    /// Whether nothing more is expected: it ended, failed, or fell silent.
    pub(crate) fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// How long it may be silent before its view has ended.
    pub(crate) fn patience(&self, config: &Config) -> u64 {
        match self.phase {
            Phase::Paused => config.silence_paused,
            _ if self.hidden => config.silence_hidden,
            _ => config.silence,
        }
    }

    /// Whether this says nothing of what the viewer lives through, and may be told before what happened before it: such
    /// as the rendition whose first frame is told a moment later.
    fn is_aside(&self, event: &Event) -> bool {
        match event.kind {
            EventKind::Download { .. }
            | EventKind::Custom { .. }
            | EventKind::Buffered { .. }
            | EventKind::Error { fatal: false, .. } => true,
            EventKind::Rendition { .. } => self.phase != Phase::Playing,
            // Whether it was played on until then is told by what comes next.
            EventKind::Heartbeat { .. } if self.waits_for_viewer() => true,
            EventKind::PlayRequest { .. } => self.waits_for_viewer(),
            EventKind::Playing | EventKind::Heartbeat { .. } => self.stands_since(event.t).is_some(),
            _ => false,
        }
    }

    /// Lets the time until `t` pass; returns how much of it counts.
    fn advance<R: Recorder>(&mut self, t: u64, config: &Config, out: &mut Emit<'_, R>) -> u64 {
        let passed = t.saturating_sub(self.clock);
        self.clock = self.clock.max(t);
        let most = if self.phase == Phase::Paused { config.silence_paused } else { config.max_step };
        let step = passed.min(most);
        if step > 0 {
            self.spend(step, out);
        }
        step
    }

    fn note<R: Recorder>(&mut self, kind: &EventKind, out: &mut Emit<'_, R>) {
        match kind {
            EventKind::SessionStart => self.startup.begin(self.clock),
            EventKind::PlayRequest { trigger } => self.request(*trigger, out),
            EventKind::Playing => self.frame(out),
            EventKind::Pause => self.pause(out),
            EventKind::Stall => self.wait(out),
            EventKind::SeekStart => self.seek_start(out),
            EventKind::SeekEnd => self.seek_end(out),
            EventKind::Ended => self.finish(out),
            EventKind::Error { code, fatal, category } => self.error(code, *fatal, *category, out),
            EventKind::Rendition { bitrate } => {
                let (started, playing) = (self.startup.started(), self.phase == Phase::Playing);
                if let Some(ahead) = &mut self.ahead {
                    ahead.show(*bitrate);
                }
                self.samples.rendition(*bitrate, started, playing, out);
            }
            EventKind::Rate { rate } => self.samples.rate(*rate),
            EventKind::Visibility { hidden } => self.visibility(*hidden, out),
            EventKind::Heartbeat { buffer_ms, latency_ms, latency_clock, frames_decoded, frames_dropped } => {
                self.note_ahead(self.at, *buffer_ms);
                if self.phase == Phase::Playing {
                    samples::buffer(*buffer_ms, out);
                    samples::latency(*latency_ms, *latency_clock, out);
                }
                self.samples.frames(*frames_decoded, *frames_dropped, out);
            }
            EventKind::Download { kind, bytes, ttfb_ms, duration_ms, failed, weight } => {
                let download = samples::Download {
                    kind: *kind,
                    bytes: *bytes,
                    ttfb_ms: *ttfb_ms,
                    duration_ms: *duration_ms,
                    failed: *failed,
                    weight: (*weight).max(1),
                };
                download.count(out);
            }
            EventKind::AdBreakStart { position } => self.ad_break_start(*position, out),
            EventKind::AdStart => self.ad_start(out),
            EventKind::AdEnd { result } => self.ads.end(*result, self.clock, out),
            EventKind::AdError { .. } => self.ads.fail(self.clock, out),
            EventKind::AdBreakEnd => self.ad_break_end(),
            EventKind::SessionEnd { reason } => self.close(*reason, out),
            EventKind::Custom { name, value } => samples::custom(name, *value, out),
            EventKind::Ready => self.ready(out),
            EventKind::Buffered { ahead_ms, bitrate, fetched } => {
                self.buffered(self.at, *ahead_ms, *bitrate, *fetched);
            }
        }
    }

    fn request<R: Recorder>(&mut self, trigger: Trigger, out: &mut Emit<'_, R>) {
        if let Some(seek) = &mut self.seek {
            seek.is_replay = false;
        }
        if self.waits_for_viewer() {
            // What passed until then was nobody's wait.
            self.clock = self.clock.max(self.at);
            self.startup.ask_again(self.clock);
        }
        match trigger {
            Trigger::Player => self.startup.doubt(),
            Trigger::User | Trigger::Autoplay => self.startup.trust(),
        }
        self.request_at(self.clock, out);
    }

    /// Frames without a request before them: the session's start was the request.
    fn request_unless_reported<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        self.request_at(self.startup.begun(), out);
    }

    fn request_at<R: Recorder>(&mut self, t: u64, out: &mut Emit<'_, R>) {
        self.paused = false;
        self.ending.replay();
        self.startup.request(t, self.hidden, out);
        self.start_if_ready(out);
        if let Some(category) = self.ending.early_failure() {
            self.fail(category, out);
        }
    }

    /// Frames are moving.
    fn frame<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        self.request_unless_reported(out);
        if self.ads.in_break() {
            self.ads.resume();
            return;
        }
        self.stalled = false;
        self.seek_done(out);
        self.startup.content_frame(self.at, self.ads.before_content(), out);
    }

    /// What was waited for is there; whether frames move now depends on what the viewer wants.
    fn ready<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        if self.ads.in_break() {
            return;
        }
        self.stalled = false;
        self.seek_done(out);
        self.startup.note_ready();
        self.start_if_ready(out);
    }

    fn start_if_ready<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        if self.startup.may_start() && !self.paused && !self.ads.in_break() {
            self.startup.content_frame(self.at, self.ads.before_content(), out);
        }
    }

    fn pause<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        if self.ads.in_break() && !self.ads.is_showing() {
            return;
        }
        self.paused = true;
        self.stalled = false;
        self.startup.interrupt(Cause::Pause, out);
        if self.seek.is_some_and(|seek| seek.landed) {
            self.seek_done(out);
        }
    }

    fn wait<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        if self.ads.in_break() {
            self.ads.stall(out);
        } else if self.may_stall() {
            self.stalled = true;
            out.one(Counter::PlaybackRebuffers);
        }
    }

    /// Waiting is rebuffering only where frames were moving and were meant to go on moving.
    fn may_stall(&self) -> bool {
        let moving = self.startup.content_shown() && !self.ending.is_over();
        moving && self.seek.is_none() && !self.paused && !self.stalled
    }

    fn visibility<R: Recorder>(&mut self, hidden: bool, out: &mut Emit<'_, R>) {
        self.hidden = hidden;
        if hidden {
            self.startup.interrupt(Cause::Background, out);
        }
    }
}
