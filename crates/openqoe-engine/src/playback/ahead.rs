//! What stands ahead of the playhead, of reporters who tell what is fetched and not what is shown (CMCD): which bitrate is seen
//! when, and since when a picture stands whose stall is told late.
//!
//! Nothing is measured here. What must have happened is told to the view as events of its own, before the event that gives it away.

use std::collections::VecDeque;

use openqoe_spec::{Event, EventKind};
use serde::{Deserialize, Serialize};

use super::View;
use super::phase::Phase;
use crate::checkpoint::growing;

/// Changes of bitrate ahead of the playhead; of more, the farthest are forgotten.
const MAX_COMING: usize = 8;

/// CMCD rounds lengths of buffers to this, ms (CTA-5004-B §3.3 `bl`).
const ROUNDING: u64 = 100;

/// A player looks how long its buffers are ten times a second (dash.js 5.2), and tells what it saw last: so much too long, in the
/// middle, ms.
const STALE: u64 = 50;

/// A picture is not believed to stand for longer while its player says that it plays, ms.
const MAX_DOUBT: u64 = 10_000;

/// What has so much of its picture and does not start was not asked to, ms.
const FILLED: u64 = 1000;

/// A buffer that is so much longer than it can be has been filled unseen, ms.
const UNSEEN: u64 = 500;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Ahead {
    /// Media played so far, ms.
    #[serde(deserialize_with = "growing")]
    played: u64,
    /// Bitrates to come, each with what will have been played by then.
    coming: VecDeque<(u64, u64)>,
    /// What will have been played when the picture has no media left, as far as that is known.
    runs_out: Option<u64>,
    /// The length of buffer it is known by. Some players repeat one that is old.
    told: u64,
    /// What is fetched is told, so what is only asked for does not count.
    is_fetching: bool,
    /// The stall going on was not told.
    is_presumed: bool,
    /// There is enough to start with.
    is_filled: bool,
    #[serde(default)]
    pieces: Pieces,
}

/// How long a piece of media is: by so much does what is ahead grow from one to the next.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Pieces {
    /// What will have been played when the media from before the last one has been.
    end: Option<u64>,
    /// The last two, ms.
    lengths: [u64; 2],
}

impl Pieces {
    /// One came to media that ends there. Where it ends itself, if pieces are of one length.
    fn come(&mut self, end: u64) -> Option<u64> {
        let length = end.saturating_sub(self.end.replace(end)?);
        self.lengths = [length, self.lengths[0]];
        let [last, before] = self.lengths;
        let are_alike = last > ROUNDING && last.abs_diff(before) <= ROUNDING;
        are_alike.then(|| end.saturating_add(last.max(before)))
    }

    /// Not one after the other.
    fn forget(&mut self) {
        self.end = None;
    }
}

impl Ahead {
    /// Media passed on the screen, ms.
    pub(super) fn play(&mut self, media: f64) {
        self.played = self.played.saturating_add(media as u64);
    }

    /// Media of this bitrate is there, or asked for, when so much will have been played; now one is `shown`.
    fn expect(&mut self, due: u64, bitrate: u64, shown: u64) {
        // A player may replace what it has fetched.
        self.coming.retain(|(later, _)| *later < due);
        let newest = self.coming.back().map_or(shown, |(_, bitrate)| *bitrate);
        if newest != bitrate && self.coming.len() < MAX_COMING {
            self.coming.push_back((due, bitrate));
        }
    }

    /// So much of the picture is ahead of what will have been played by `place`, ms.
    fn note_length(&mut self, place: u64, ahead: u64) {
        let end = place.saturating_add(ahead);
        let known = match self.runs_out {
            Some(known) if ahead <= ROUNDING || ahead == self.told || end <= known.saturating_add(UNSEEN) => {
                known.min(end)
            }
            _ => end,
        };
        (self.runs_out, self.told) = (Some(known), ahead);
    }

    /// This bitrate is seen.
    pub(super) fn show(&mut self, bitrate: u64) {
        if self.coming.front().is_some_and(|(_, coming)| *coming == bitrate) {
            self.coming.pop_front();
        }
    }

    /// Another place of the media: how far ahead of it anything is, is not known.
    pub(super) fn jump(&mut self) {
        self.runs_out = None;
        self.pieces.forget();
        if let Some((_, newest)) = self.coming.pop_back() {
            self.coming.clear();
            self.coming.push_back((self.played, newest));
        }
    }

    /// A stall begins.
    pub(super) fn stand(&mut self) {
        self.runs_out = None;
    }

    /// A stall is over.
    pub(super) fn go_on(&mut self) {
        (self.runs_out, self.is_presumed) = (None, false);
    }
}

impl View {
    /// What must have happened before this event; to be taken in, and asked for again.
    pub(crate) fn implied(&mut self, event: &Event) -> Option<Event> {
        let ahead = self.ahead.as_deref()?;
        let implied = |t, kind| Some(Event { seq: event.seq, t, kind });
        if let Some((due, bitrate)) = ahead.coming.front().copied()
            && !self.is_aside(event)
            && due <= self.place_at(ahead, event.t)
        {
            return implied(self.time_of(ahead, due), EventKind::Rendition { bitrate });
        }
        let fetched = matches!(event.kind, EventKind::Buffered { fetched: true, .. });
        if self.phase == Phase::Stalled && ahead.is_presumed && fetched {
            return implied(event.t, EventKind::Playing);
        }
        let stands = self.stands_since(event.t)?.saturating_sub(STALE).max(self.clock);
        match event.kind {
            EventKind::Stall => implied(stands, EventKind::Stall),
            EventKind::Buffered { ahead_ms: Some(..=ROUNDING), fetched: true, .. } => {
                self.ahead.as_mut()?.is_presumed = true;
                implied(stands, EventKind::Stall)
            }
            _ => None,
        }
    }

    /// What was fetched, or asked for, and how much of the picture is there already.
    pub(super) fn buffered(&mut self, t: u64, length: Option<u64>, bitrate: Option<u64>, fetched: bool) {
        let mut ahead = self.ahead.take().unwrap_or_default();
        ahead.is_fetching |= fetched;
        ahead.is_filled |= length.is_some_and(|length| length >= FILLED);
        if let Some(bitrate) = bitrate.filter(|_| fetched || !ahead.is_fetching) {
            // Where the picture stands there is nothing ahead of it, whatever the player still says of it.
            let stands = matches!(self.phase, Phase::Stalled | Phase::Seeking);
            let length = length.filter(|_| !stands).unwrap_or_default();
            let end = self.place_at(&ahead, t).saturating_add(length);
            // Lengths that are old are too long.
            let due = ahead.runs_out.map_or(end, |known| known.min(end));
            ahead.expect(due, bitrate, self.samples.bitrate());
        }
        if fetched {
            // How much longer it became is not told.
            let end = length.map(|length| self.place_at(&ahead, t).saturating_add(length));
            ahead.runs_out = end.and_then(|end| ahead.pieces.come(end));
        }
        self.ahead = Some(ahead);
        if !fetched {
            self.note_ahead(t, length);
        }
    }

    /// How much of the picture is there, at `t`.
    pub(super) fn note_ahead(&mut self, t: u64, length: Option<u64>) {
        let Some(ahead) = self.ahead.as_deref().filter(|ahead| ahead.is_fetching) else { return };
        let place = self.place_at(ahead, t);
        if let (Phase::Playing, Some(length), Some(ahead)) = (self.phase, length, &mut self.ahead) {
            ahead.note_length(place, length);
        }
    }

    /// Whether the picture may stand at `t`, and since when, although its player says that it plays.
    pub(super) fn stands_since(&self, t: u64) -> Option<u64> {
        let ahead = self.ahead.as_deref().filter(|_| self.phase == Phase::Playing)?;
        let since = self.time_of(ahead, ahead.runs_out?);
        let doubtful = since.saturating_add(ROUNDING)..=since.saturating_add(MAX_DOUBT);
        doubtful.contains(&t).then_some(since)
    }

    /// Whether it could start and does not: its player said that it starts, and preloads (dash.js). When it was asked to is told
    /// when it starts (`msd`).
    pub(super) fn waits_for_viewer(&self) -> bool {
        let is_doubtful = self.phase == Phase::Startup && self.startup.is_doubtful();
        is_doubtful && self.ahead.as_deref().is_some_and(|ahead| ahead.is_filled)
    }

    /// What will have been played at `t`, if nothing changes.
    fn place_at(&self, ahead: &Ahead, t: u64) -> u64 {
        let passes = if self.phase == Phase::Playing { t.saturating_sub(self.clock) } else { 0 };
        ahead.played.saturating_add((passes as f64 * self.samples.pace()) as u64)
    }

    /// When so much will have been played, if nothing changes; now, if it has been.
    fn time_of(&self, ahead: &Ahead, place: u64) -> u64 {
        let rest = place.saturating_sub(ahead.played);
        let passes = if self.phase == Phase::Playing { rest as f64 / self.samples.pace() } else { 0.0 };
        self.clock.saturating_add(passes as u64)
    }
}
