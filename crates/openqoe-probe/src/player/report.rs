//! What the player says of itself, in the events of `spec/registry/events.yaml`.

use openqoe_spec::{DownloadKind, Event, EventKind, Failure as Category, LatencyClock, SessionEnd, Trigger};

use super::Player;
use super::exchange::{Answer, Failure, Problem, Target};
use crate::playout::Transition;

impl Player {
    fn emit(&mut self, t: u64, kind: EventKind) {
        self.events.push(Event { seq: self.seq, t, kind });
        self.seq += 1;
    }

    pub(super) fn begin(&mut self) {
        self.emit(0, EventKind::SessionStart);
        self.emit(0, EventKind::PlayRequest { trigger: Trigger::Autoplay });
    }

    /// Lets the screen go on up to a moment.
    pub(super) fn play(&mut self, until: u64) {
        let mut seen = Vec::new();
        self.playout.advance(until, |at, transition| seen.push((at, transition)));
        for (at, transition) in seen {
            match transition {
                Transition::Playing => self.emit(at, EventKind::Playing),
                Transition::Stalled => self.emit(at, EventKind::Stall),
                Transition::Rendition(bitrate) => self.emit(at, EventKind::Rendition { bitrate }),
                Transition::Ended => {
                    self.emit(at, EventKind::Ended);
                    self.stop(at);
                }
            }
        }
    }

    pub(super) fn heartbeat(&mut self) {
        let t = self.next_heartbeat;
        let is_live = self.is_live() == Some(true);
        let latency_ms = self.playout.latency_ms(self.wall(t)).filter(|_| is_live);
        self.summary.latency_ms = latency_ms.or(self.summary.latency_ms);
        let clock = if self.is_dated { LatencyClock::ProgramDateTime } else { LatencyClock::Player };
        let kind = EventKind::Heartbeat {
            buffer_ms: Some(self.playout.buffered_ms()),
            latency_ms,
            latency_clock: clock,
            frames_decoded: None,
            frames_dropped: None,
        };
        self.emit(t, kind);
        self.next_heartbeat += self.options.heartbeat_ms.max(1);
    }

    pub(super) fn note_download(&mut self, now: u64, target: &Target, result: &Result<Answer, Failure>) {
        let (bytes, ttfb_ms, duration_ms) = match result {
            Ok(answer) => (answer.bytes, Some(answer.ttfb_ms), answer.duration_ms),
            Err(failure) => (failure.bytes, failure.ttfb_ms, failure.duration_ms),
        };
        let failed = result.is_err();
        self.summary.note_download(bytes, ttfb_ms, failed);
        let kind = match target {
            Target::Manifest | Target::Playlist { .. } => DownloadKind::Manifest,
            Target::Clock | Target::Key { .. } => DownloadKind::Other,
            Target::Index { .. } | Target::Init { .. } => DownloadKind::Init,
            Target::Segment { track, .. } => self.tracks[*track].kind,
        };
        let duration_ms = Some(duration_ms);
        self.emit(now, EventKind::Download { kind, bytes, ttfb_ms, duration_ms, failed, weight: 1 });
    }

    /// An error that is not the end.
    pub(super) fn warn(&mut self, what: &str, problem: &Problem, now: u64) {
        self.error(what, problem, false, now);
    }

    /// The end, for it cannot go on.
    pub(super) fn give_up(&mut self, what: &str, problem: &Problem, now: u64) {
        self.summary.fatal = Some(format!("{what}: {}", problem.describe()));
        self.error(what, problem, true, now);
        self.stop(now);
    }

    fn error(&mut self, what: &str, problem: &Problem, fatal: bool, now: u64) {
        self.summary.errors += 1;
        let code = format!("{what}_{}", problem.code()).into();
        self.emit(now, EventKind::Error { code, fatal, category: Category::Technical });
    }

    /// The session is over.
    pub(super) fn stop(&mut self, at: u64) {
        if !self.is_over {
            self.is_over = true;
            self.summary.duration_ms = at;
            self.summary.latency_ms = self.summary.latency_ms.or(self.latency_at(at));
            self.emit(at, EventKind::SessionEnd { reason: SessionEnd::Stopped });
        }
    }

    fn latency_at(&self, at: u64) -> Option<u64> {
        self.playout.latency_ms(self.wall(at)).filter(|_| self.is_live() == Some(true))
    }
}
