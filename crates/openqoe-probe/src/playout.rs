//! A model of a screen: media goes in, time passes, and it starts, stalls, resumes and ends as a player would. Times are whole milliseconds;
//! each of them is a wait for the start, playing or stalled, and nothing else.

use std::collections::VecDeque;

/// How much media it takes, ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// To begin.
    pub start_ms: u64,
    /// To go on after a stall.
    pub resume_ms: u64,
}

/// A piece of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// How long it lasts.
    pub duration_ms: u64,
    /// Bit/s as its manifest declares them, 0 when it does not.
    pub bitrate: u64,
    /// When its first frame was captured, epoch ms.
    pub captured_at: Option<i64>,
}

/// What can be seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Frames move.
    Playing,
    /// They do not any more, for want of data.
    Stalled,
    /// What is on the screen has another bitrate, bit/s.
    Rendition(u64),
    /// The last frame was shown.
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Starting,
    Playing,
    Stalled,
    Ended,
}

/// Where the time went, ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Before the first frame.
    pub waiting_ms: u64,
    /// Frames moving.
    pub playing_ms: u64,
    /// Waiting for data after the first frame.
    pub stalled_ms: u64,
    /// How often that began.
    pub stalls: u64,
    /// Changes of rendition on the screen.
    pub switches: u64,
    /// Of the time playing, that with a declared bitrate.
    pub rated_ms: u64,
    /// The sum of bitrate x ms over that.
    pub bit_ms: u128,
    /// When the first frame was shown.
    pub started_at: Option<u64>,
}

/// The model. Its clock begins at 0.
#[derive(Clone, Debug)]
pub struct Playout {
    thresholds: Thresholds,
    state: State,
    now: u64,
    media: VecDeque<Piece>,
    /// Ms of the first piece that were shown.
    shown_ms: u64,
    media_ms: u64,
    media_is_complete: bool,
    /// Ms of separate audio, where there is any, and whether it is complete.
    audio: Option<(u64, bool)>,
    bitrate: u64,
    /// When the frame on the screen was captured.
    frame_captured_at: Option<i64>,
    totals: Totals,
}

impl Playout {
    /// An empty one; with separate audio both have to be there.
    pub fn new(thresholds: Thresholds, has_audio: bool) -> Playout {
        Playout {
            thresholds,
            state: State::Starting,
            now: 0,
            media: VecDeque::new(),
            shown_ms: 0,
            media_ms: 0,
            media_is_complete: false,
            audio: has_audio.then_some((0, false)),
            bitrate: 0,
            frame_captured_at: None,
            totals: Totals::default(),
        }
    }

    /// From now on there is separate audio to wait for.
    pub(crate) fn expect_audio(&mut self) {
        self.audio.get_or_insert((0, false));
    }

    /// Takes in media of the main track.
    pub fn push(&mut self, piece: Piece) {
        let piece = Piece { duration_ms: piece.duration_ms.max(1), ..piece };
        self.media_ms += piece.duration_ms;
        self.media.push_back(piece);
    }

    /// Takes in separate audio.
    pub fn push_audio(&mut self, duration_ms: u64) {
        if let Some((audio_ms, _)) = &mut self.audio {
            *audio_ms += duration_ms;
        }
    }

    /// Nothing of the main track is to come.
    pub fn complete(&mut self) {
        self.media_is_complete = true;
    }

    /// No separate audio is to come.
    pub fn complete_audio(&mut self) {
        if let Some((_, is_complete)) = &mut self.audio {
            *is_complete = true;
        }
    }

    /// Lets time pass up to a moment, and tells what could be seen, and when. A buffer that empties at that very moment has not stalled:
    /// what comes in now is in time.
    pub fn advance(&mut self, to: u64, mut seen: impl FnMut(u64, Transition)) {
        loop {
            match self.state {
                State::Ended => self.now = self.now.max(to),
                State::Starting | State::Stalled if self.is_ready() => {
                    self.state = State::Playing;
                    self.totals.started_at.get_or_insert(self.now);
                    seen(self.now, Transition::Playing);
                    self.show(&mut seen);
                    continue;
                }
                State::Playing if self.buffered_ms() > 0 && self.now < to => {
                    self.play(to - self.now);
                    self.show(&mut seen);
                    continue;
                }
                // With nothing ahead a picture without an end is a stall; one with an end is over.
                _ if self.is_over() && self.now < to => {
                    self.state = State::Ended;
                    seen(self.now, Transition::Ended);
                    continue;
                }
                State::Playing if self.now < to => {
                    self.state = State::Stalled;
                    self.totals.stalls += 1;
                    seen(self.now, Transition::Stalled);
                    continue;
                }
                State::Starting => self.totals.waiting_ms += self.wait_until(to),
                State::Stalled => self.totals.stalled_ms += self.wait_until(to),
                State::Playing => {}
            }
            return;
        }
    }

    fn wait_until(&mut self, to: u64) -> u64 {
        let waited = to.saturating_sub(self.now);
        self.now += waited;
        waited
    }

    /// Plays at most so long, and no further than the first piece.
    fn play(&mut self, at_most: u64) {
        let Some(first) = self.media.front().copied() else { return };
        let run = at_most.min(self.buffered_ms()).min(first.duration_ms - self.shown_ms);
        self.now += run;
        self.shown_ms += run;
        self.media_ms -= run;
        if let Some((audio_ms, _)) = &mut self.audio {
            *audio_ms = audio_ms.saturating_sub(run);
        }
        self.totals.playing_ms += run;
        if first.bitrate > 0 {
            self.totals.rated_ms += run;
            self.totals.bit_ms += u128::from(first.bitrate) * u128::from(run);
        }
        self.frame_captured_at = first.captured_at.map(|at| at.saturating_add_unsigned(self.shown_ms));
        if self.shown_ms == first.duration_ms {
            self.media.pop_front();
            self.shown_ms = 0;
        }
    }

    /// Tells a change of what is on the screen.
    fn show(&mut self, seen: &mut impl FnMut(u64, Transition)) {
        let Some(first) = self.media.front().copied() else { return };
        if self.shown_ms == 0 {
            self.frame_captured_at = first.captured_at;
        }
        if first.bitrate == 0 || first.bitrate == self.bitrate {
            return;
        }
        self.totals.switches += u64::from(self.bitrate > 0);
        self.bitrate = first.bitrate;
        seen(self.now, Transition::Rendition(first.bitrate));
    }

    /// What could be played without anything more coming in, ms.
    pub fn buffered_ms(&self) -> u64 {
        match self.audio {
            Some((audio_ms, false)) => self.media_ms.min(audio_ms),
            _ => self.media_ms,
        }
    }

    /// What is there of the main track, ms.
    pub(crate) fn media_ms(&self) -> u64 {
        self.media_ms
    }

    /// What is there of separate audio, ms.
    pub(crate) fn audio_ms(&self) -> u64 {
        self.audio.map_or(0, |(audio_ms, _)| audio_ms)
    }

    fn is_ready(&self) -> bool {
        let needed = match self.state {
            State::Starting => self.thresholds.start_ms,
            _ => self.thresholds.resume_ms,
        };
        let buffered = self.buffered_ms();
        let is_all = self.media_is_complete && buffered == self.media_ms;
        buffered > 0 && (buffered >= needed || is_all)
    }

    fn is_over(&self) -> bool {
        self.media_is_complete && self.media_ms == 0
    }

    /// Whether frames move.
    pub fn is_playing(&self) -> bool {
        self.state == State::Playing
    }

    /// Whether the last frame was shown.
    pub fn has_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// The first moment at which something would be seen without anything more coming in.
    pub fn next_change(&self) -> Option<u64> {
        match self.state {
            State::Playing => {
                let changes =
                    self.media.get(1).is_some_and(|next| next.bitrate > 0 && next.bitrate != self.bitrate);
                let first = self.media.front().map_or(0, |first| first.duration_ms - self.shown_ms);
                let run = if changes { first.min(self.buffered_ms()) } else { self.buffered_ms() };
                Some(self.now + run + 1)
            }
            State::Starting | State::Stalled => self.is_over().then_some(self.now + 1),
            State::Ended => None,
        }
    }

    /// How old the frame on the screen is, ms, by the time it is at the server.
    pub(crate) fn latency_ms(&self, wall_ms: i64) -> Option<u64> {
        self.totals.started_at?;
        u64::try_from(wall_ms.saturating_sub(self.frame_captured_at?)).ok()
    }

    /// Where the time went so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLDS: Thresholds = Thresholds { start_ms: 2000, resume_ms: 3000 };

    fn piece(duration_ms: u64, bitrate: u64) -> Piece {
        Piece { duration_ms, bitrate, captured_at: None }
    }

    fn seen(playout: &mut Playout, to: u64) -> Vec<(u64, Transition)> {
        let mut list = Vec::new();
        playout.advance(to, |at, transition| list.push((at, transition)));
        list
    }

    #[test]
    fn it_starts_stalls_resumes_and_ends() {
        use Transition::{Ended, Playing, Rendition, Stalled};
        let mut playout = Playout::new(THRESHOLDS, false);
        assert_eq!(seen(&mut playout, 500), []);
        playout.push(piece(2000, 100));
        assert_eq!(seen(&mut playout, 500), [(500, Playing), (500, Rendition(100))]);
        assert_eq!(playout.next_change(), Some(2501));
        assert_eq!(seen(&mut playout, 2500), [], "not yet late");
        assert_eq!(seen(&mut playout, 4000), [(2500, Stalled)]);
        playout.push(piece(2000, 100));
        assert_eq!(seen(&mut playout, 4500), [], "too little to resume");
        playout.push(piece(2000, 300));
        assert_eq!(seen(&mut playout, 5000), [(4500, Playing)]);
        assert_eq!(seen(&mut playout, 7000), [(6500, Rendition(300))]);
        playout.complete();
        assert_eq!(seen(&mut playout, 9000), [(8500, Ended)]);
        let totals = playout.totals();
        assert_eq!((totals.waiting_ms, totals.playing_ms, totals.stalled_ms), (500, 6000, 2000));
        assert_eq!((totals.stalls, totals.switches, totals.started_at), (1, 1, Some(500)));
        assert_eq!(totals.bit_ms, 100 * 4000 + 300 * 2000);
    }

    #[test]
    fn separate_audio_is_waited_for() {
        let mut playout = Playout::new(THRESHOLDS, true);
        playout.push(piece(4000, 0));
        assert_eq!(seen(&mut playout, 100), []);
        playout.push_audio(2000);
        assert_eq!(seen(&mut playout, 100), [(100, Transition::Playing)]);
        assert_eq!(seen(&mut playout, 3000), [(2100, Transition::Stalled)]);
        playout.complete_audio();
        assert_eq!(seen(&mut playout, 3001), [], "two seconds are not enough to resume");
        playout.complete();
        assert_eq!(seen(&mut playout, 6000), [(3001, Transition::Playing), (5001, Transition::Ended)]);
    }
}
