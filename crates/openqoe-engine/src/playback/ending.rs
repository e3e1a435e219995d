//! How views end. A view ends once; a viewer who replays, recovers or comes back after a time-out sets its clocks going
//! again, not its count.

use openqoe_spec::metrics::view::{Counter, Histogram, KeyedCounter};
use openqoe_spec::{Failure, Recorder, SessionEnd, Severity, ViewEnd};
use serde::{Deserialize, Serialize};

use super::{Emit, View};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Ending {
    /// The end has been counted.
    counted: bool,
    /// Played to its end, failed, or closed: nothing moves until playback is asked for again.
    stopped: bool,
    /// Nothing was heard for too long.
    silent: bool,
    /// A fatal error before playback was even asked for.
    failed_early: Option<Failure>,
}

impl Ending {
    pub(super) fn is_over(&self) -> bool {
        self.stopped || self.silent
    }

    pub(super) fn sleep(&mut self) {
        self.silent = true;
    }

    pub(super) fn wake(&mut self) {
        self.silent = false;
    }

    /// Playback goes on after an end: a replay, or a player that recovered.
    pub(super) fn replay(&mut self) {
        self.stopped = false;
    }

    pub(super) fn early_failure(&mut self) -> Option<Failure> {
        self.failed_early.take()
    }
}

impl View {
    pub(super) fn finish<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        self.end(ViewEnd::Finished, out);
        self.stop();
    }

    pub(super) fn close<R: Recorder>(&mut self, reason: SessionEnd, out: &mut Emit<'_, R>) {
        let end = match reason {
            SessionEnd::Stopped => ViewEnd::Stopped,
            SessionEnd::ContentChange => ViewEnd::ContentChange,
            SessionEnd::PageHide => ViewEnd::PageHide,
        };
        self.end(end, out);
        self.stop();
    }

    pub(super) fn error<R: Recorder>(
        &mut self,
        code: &str,
        fatal: bool,
        category: Failure,
        out: &mut Emit<'_, R>,
    ) {
        let severity = if fatal { Severity::Fatal } else { Severity::Warning };
        out.keyed(KeyedCounter::ErrPlayer(severity), code, 1.0);
        if !fatal {
            return;
        }
        if self.startup.attempted() {
            self.fail(category, out);
        } else {
            self.ending.failed_early = Some(category);
        }
    }

    pub(super) fn fail<R: Recorder>(&mut self, category: Failure, out: &mut Emit<'_, R>) {
        if !self.ending.counted {
            let started = self.startup.started();
            let failed = if started { Counter::PlaybackFailed } else { Counter::StartupFailed };
            out.one(failed(category));
            self.end(ViewEnd::Error, out);
            self.startup.fail();
        }
        self.stop();
    }

    fn stop(&mut self) {
        self.ending.stopped = true;
        self.stalled = false;
        self.seek = None;
    }

    /// Counts the end, the first time, of views that were attempted.
    pub(super) fn end<R: Recorder>(&mut self, reason: ViewEnd, out: &mut Emit<'_, R>) {
        if self.ending.counted || !self.startup.attempted() {
            return;
        }
        self.ending.counted = true;
        out.one(Counter::PlaybackViewsEnded(reason));
        out.settle(Histogram::EngWatchTimeSeconds, self.watched);
        if reason != ViewEnd::Error {
            self.startup.exit(out);
        }
    }
}
