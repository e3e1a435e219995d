//! Seeks: from the first `seek_start` to the next frame, or to the new position being decodable while paused.

use openqoe_spec::metrics::view::Histogram;
use openqoe_spec::{Cause, Recorder};
use serde::{Deserialize, Serialize};

use super::{Emit, View};

/// A seek going on. Further ones before its end belong to it: a viewer who drags the slider seeks once.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Seek {
    started: u64,
    /// The new position is decodable.
    pub(super) landed: bool,
}

impl View {
    pub(super) fn seek_start<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        self.ending.replay();
        if !self.startup.content_shown() {
            self.startup.interrupt(Cause::Seek, out);
            return;
        }
        self.stalled = false;
        let started = self.seek.map_or(self.clock, |seek| seek.started);
        self.seek = Some(Seek { started, landed: false });
    }

    pub(super) fn seek_end<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        if let Some(seek) = &mut self.seek {
            seek.landed = true;
        }
        if self.paused {
            self.seek_done(out);
        }
    }

    pub(super) fn seek_done<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        if let Some(seek) = self.seek.take() {
            out.observe(Histogram::PlaybackSeekLatencySeconds, self.clock.saturating_sub(seek.started));
        }
    }
}
