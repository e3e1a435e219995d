//! Ad breaks. Their waits are the ads', not the content's: an ad that stalls is no rebuffering of the content.

use openqoe_spec::metrics::view::{Counter, Histogram};
use openqoe_spec::{AdPosition, AdResult, Recorder};
use serde::{Deserialize, Serialize};

use super::{Emit, View};
use crate::checkpoint::growing;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Ads {
    position: Option<AdPosition>,
    showing: bool,
    stalled: bool,
    /// Since when the next ad has been on its way.
    since: u64,
    entered: u64,
    /// Time in breaks so far, to be taken out of the content's startup.
    #[serde(deserialize_with = "growing")]
    spent: u64,
}

impl Ads {
    pub(super) fn in_break(&self) -> bool {
        self.position.is_some()
    }

    pub(super) fn is_showing(&self) -> bool {
        self.showing
    }

    pub(super) fn is_playing(&self) -> bool {
        self.showing && !self.stalled
    }

    pub(super) fn before_content(&self) -> u64 {
        self.spent
    }

    pub(super) fn resume(&mut self) {
        self.stalled = false;
    }

    pub(super) fn stall<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        if self.is_playing() {
            self.stalled = true;
            out.one(Counter::AdRebuffers);
        }
    }

    pub(super) fn end<R: Recorder>(&mut self, result: AdResult, t: u64, out: &mut Emit<'_, R>) {
        out.one(Counter::AdEnded(result));
        self.between(t);
    }

    pub(super) fn fail<R: Recorder>(&mut self, t: u64, out: &mut Emit<'_, R>) {
        out.one(Counter::AdFailed);
        self.between(t);
    }

    fn between(&mut self, t: u64) {
        self.showing = false;
        self.stalled = false;
        self.since = t;
    }

    fn enter<R: Recorder>(&mut self, position: AdPosition, t: u64, out: &mut Emit<'_, R>) {
        out.one(Counter::AdBreaks(position));
        self.position = Some(position);
        self.entered = t;
        self.between(t);
    }

    fn leave(&mut self, t: u64) {
        if self.position.take().is_some() {
            self.spent += t.saturating_sub(self.entered);
            self.between(t);
        }
    }
}

impl View {
    pub(super) fn ad_break_start<R: Recorder>(&mut self, position: AdPosition, out: &mut Emit<'_, R>) {
        // The app pauses the content to show the ad; that pause is not the viewer's.
        self.paused = false;
        self.stalled = false;
        self.ads.leave(self.clock);
        self.ads.enter(position, self.clock, out);
    }

    pub(super) fn ad_start<R: Recorder>(&mut self, out: &mut Emit<'_, R>) {
        self.request_unless_reported(out);
        if !self.ads.in_break() {
            // An ad outside any break opens one: where it stands in the content tells which.
            let position = if self.startup.content_shown() { AdPosition::Mid } else { AdPosition::Pre };
            self.ad_break_start(position, out);
        }
        let position = self.ads.position.unwrap_or(AdPosition::Pre);
        out.one(Counter::AdImpression(position));
        out.observe(Histogram::AdStartupTimeSeconds, self.clock.saturating_sub(self.ads.since));
        self.ads.showing = true;
        self.ads.stalled = false;
        self.startup.ad_frame(self.clock, out);
    }

    pub(super) fn ad_break_end(&mut self) {
        self.ads.leave(self.clock);
    }
}
