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
    /// It began at the end of the media, and nobody was told to play: unless the viewer stays paused, it is a player's own way
    /// back to the beginning.
    #[serde(default)]
    pub(super) is_replay: bool,
}

impl View {
    pub(super) fn seek_start<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        let is_replay = self.ending.is_over();
        if let Some(ahead) = &mut self.ahead {
            ahead.jump();
        }
        self.ending.replay();
        if !self.startup.content_shown() {
            self.startup.interrupt(Cause::Seek, out);
            return;
        }
        self.stalled = false;
        let Seek { started, is_replay, .. } =
            self.seek.unwrap_or(Seek { started: self.clock, landed: false, is_replay });
        self.seek = Some(Seek { started, landed: false, is_replay });
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
        if let Some(seek) = self.seek.take().filter(|seek| !seek.is_replay || self.paused) {
            out.observe(Histogram::PlaybackSeekLatencySeconds, self.clock.saturating_sub(seek.started));
        }
    }
}
