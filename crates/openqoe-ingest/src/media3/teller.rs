//! What a playback means in our vocabulary. Media3 knows states; the engine is told events, and makes its phases of them: so
//! this keeps the facts the engine has, and tells what takes it from one state's to the next one's.

use openqoe_spec::{AdPosition, Event, EventKind, Failure, SessionEnd, Trigger};
use serde_json::Value as Json;

use super::moment::{Ad, Moment, What, moments};
use super::record::Record;
use super::state::State;
use crate::told;

/// The engine lets no more than this pass in one step (`max_step`), for it cannot know that a device was awake; Media3 can.
const STEP: u64 = 90_000;
/// The same while paused (`silence_paused`).
const PAUSED_STEP: u64 = 3_600_000;
/// As `events.yaml` has it.
const MOST_FRAMES: u64 = (1 << 53) - 1;
/// Exceptions that say that something works as intended (`PlaybackException.getErrorCodeName`).
const BUSINESS: [&str; 4] = [
    "ERROR_CODE_PREMIUM_ACCOUNT_REQUIRED",
    "ERROR_CODE_CONCURRENT_STREAM_LIMIT",
    "ERROR_CODE_PARENTAL_CONTROL_RESTRICTED",
    "ERROR_CODE_NOT_AVAILABLE_IN_REGION",
];

/// The events of a whole session, numbered.
pub(super) fn tell(record: &Record) -> Vec<Event> {
    let (moments, over) = moments(record);
    let mut teller = Teller { start: record.start(), ..Teller::default() };
    teller.push(EventKind::SessionStart);
    for moment in moments {
        teller.pass_to(moment.at);
        teller.note(moment);
    }
    teller.pass_to(over);
    if (1..=MOST_FRAMES).contains(&record.total_dropped_frames) {
        teller.push(told::heartbeat(None, Some(record.total_dropped_frames)));
    }
    teller.push(EventKind::SessionEnd { reason: SessionEnd::Stopped });
    teller.events
}

#[derive(Default)]
struct Teller {
    events: Vec<Event>,
    /// ms since boot when the session began.
    start: u64,
    /// ms since then.
    t: u64,
    /// Playback was asked for.
    asked: bool,
    /// There was a frame of the content.
    shown: bool,
    paused: bool,
    seeking: bool,
    in_break: bool,
    /// It ended or failed.
    over: bool,
    /// An exception has told why.
    failed: bool,
}

impl Teller {
    fn push(&mut self, kind: EventKind) {
        self.events.push(Event { seq: self.events.len() as u64, t: self.t, kind });
    }

    /// Lets time pass, with a sign of life wherever it is longer than the engine would count.
    fn pass_to(&mut self, at: u64) {
        let t = at.saturating_sub(self.start);
        let is_resting = self.paused && !self.seeking && !self.in_break;
        let step = if is_resting { PAUSED_STEP } else { STEP };
        while self.asked && !self.over && t.saturating_sub(self.t) > step {
            self.t += step;
            self.push(told::still_here());
        }
        self.t = self.t.max(t);
    }

    fn note(&mut self, moment: Moment<'_>) {
        match moment.what {
            What::Ad(ad) if self.in_break => self.note_ad(ad),
            What::Ad(_) => {}
            What::Bitrate(bitrate) => self.push(EventKind::Rendition { bitrate }),
            What::Rate(rate) => self.push(EventKind::Rate { rate }),
            What::Warning(exception) => self.push(error(exception, false)),
            What::Fatal(exception) => self.fail(exception),
            What::State { state, next } => self.enter(state, next),
        }
    }

    fn enter(&mut self, state: State, next: Option<State>) {
        if self.in_break && state != State::InterruptedByAd {
            self.in_break = false;
            self.push(EventKind::AdBreakEnd);
        }
        match state {
            State::NotStarted | State::JoiningBackground | State::Abandoned => {}
            State::Playing => self.play(),
            State::JoiningForeground | State::Buffering => self.wait(),
            State::Paused | State::Suppressed => self.rest(true),
            State::PausedBuffering | State::SuppressedBuffering => self.rest(false),
            // One that was over for good is no moment of its own: the session ends there.
            State::Stopped if next.is_some() && self.asked => self.rest(false),
            State::Stopped => {}
            State::Seeking => self.seek(),
            State::Ended => self.finish(),
            State::Failed if !self.failed => self.fail(&Json::Null),
            State::Failed => {}
            State::InterruptedByAd => self.interrupt(next),
        }
    }

    /// Somebody wants to watch, or wants to again.
    fn want(&mut self) {
        if !self.asked || self.paused || self.over {
            self.push(EventKind::PlayRequest { trigger: Trigger::User });
            (self.asked, self.paused, self.over, self.failed) = (true, false, false, false);
        }
    }

    /// What was waited for is there: the frame is on the screen, whether frames move or not.
    fn arrive(&mut self) {
        if self.seeking || !self.shown {
            self.push(EventKind::Ready);
            (self.seeking, self.shown) = (false, true);
        }
    }

    /// The seek is over, and something else begins.
    fn leave_seek(&mut self) {
        if self.shown {
            self.arrive();
        }
        self.seeking = false;
    }

    fn play(&mut self) {
        self.want();
        self.push(EventKind::Playing);
        (self.seeking, self.shown) = (false, true);
    }

    fn wait(&mut self) {
        self.want();
        self.leave_seek();
        self.push(EventKind::Stall);
    }

    /// Paused by the viewer, or silenced by another app; `ready` or not to go on.
    fn rest(&mut self, ready: bool) {
        if !self.asked || self.over || (ready && !self.shown) {
            self.want();
        }
        if ready {
            self.arrive();
        }
        self.leave_seek();
        self.push(EventKind::Pause);
        self.paused = true;
    }

    /// One that begins at the end is somebody's wish too: players that go back by themselves are not of Media3.
    fn seek(&mut self) {
        if !self.asked || self.over {
            self.want();
        }
        self.push(EventKind::SeekStart);
        (self.seeking, self.over, self.failed) = (true, false, false);
    }

    fn finish(&mut self) {
        if self.asked && !self.over {
            self.leave_seek();
            self.push(EventKind::Ended);
            self.over = true;
        }
    }

    fn interrupt(&mut self, next: Option<State>) {
        if self.in_break {
            return;
        }
        self.want();
        self.leave_seek();
        let position = match (self.shown, next) {
            (false, _) => AdPosition::Pre,
            (true, Some(State::Ended)) => AdPosition::Post,
            (true, _) => AdPosition::Mid,
        };
        self.push(EventKind::AdBreakStart { position });
        self.in_break = true;
    }

    fn fail(&mut self, exception: &Json) {
        self.push(error(exception, true));
        (self.failed, self.over, self.seeking) = (true, true, false);
    }

    fn note_ad(&mut self, ad: Ad<'_>) {
        let kind = match ad {
            Ad::Starts => EventKind::AdStart,
            Ad::Waits => EventKind::Stall,
            Ad::Moves => EventKind::Playing,
            Ad::Pauses => EventKind::Pause,
            Ad::Ends(result) => EventKind::AdEnd { result },
            Ad::Fails(exception) => EventKind::AdError { code: code(exception.unwrap_or(&Json::Null)) },
        };
        self.paused = match ad {
            Ad::Starts | Ad::Moves => false,
            Ad::Pauses => true,
            Ad::Waits | Ad::Ends(_) | Ad::Fails(_) => self.paused,
        };
        self.push(kind);
    }
}

fn error(exception: &Json, fatal: bool) -> EventKind {
    let code = code(exception);
    let is_business = told::text(exception, "category") == Some("business") || BUSINESS.contains(&&*code);
    let category = if is_business { Failure::Business } else { Failure::Technical };
    EventKind::Error { code, fatal, category }
}

/// The name of a `PlaybackException`'s code; of others, what they are called.
fn code(exception: &Json) -> Box<str> {
    let named =
        ["errorCodeName", "errorCode", "type"].into_iter().find_map(|name| told::code(exception, name));
    named.unwrap_or_else(|| "unknown".into())
}
