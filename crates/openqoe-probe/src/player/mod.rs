//! The player: what to fetch next, what came of it, and what a viewer would have seen meanwhile. It asks for one thing at a time, as over a
//! single connection, so that a download's time is the network's and not that of its neighbours.

mod exchange;
mod plan;
mod report;
mod source;
mod track;

use openqoe_spec::Event;

pub use exchange::{Answer, Failure, Problem, Request};

use crate::dash::{Clock, Mpd};
use crate::playout::{Playout, Thresholds};
use crate::summary::Summary;
use crate::throughput::Throughput;
use exchange::Target;
use track::Track;

/// How to play.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long to watch, ms.
    pub duration_ms: u64,
    /// The bitrate to begin with, bit/s; the lowest rendition where none is that low.
    pub start_bitrate: u64,
    /// How much media it takes to begin and to go on.
    pub thresholds: Thresholds,
    /// How much media to hold, ms.
    pub max_buffer_ms: u64,
    /// Time between heartbeats, ms.
    pub heartbeat_ms: u64,
    /// Attempts at a download before playback has failed.
    pub max_attempts: u32,
    /// The largest manifest to read, bytes.
    pub max_manifest_bytes: u64,
    /// The largest segment to fetch, bytes.
    pub max_segment_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            duration_ms: 30_000,
            start_bitrate: 0,
            thresholds: Thresholds { start_ms: 2000, resume_ms: 2000 },
            max_buffer_ms: 30_000,
            heartbeat_ms: 10_000,
            max_attempts: 4,
            max_manifest_bytes: 4 << 20,
            max_segment_bytes: 64 << 20,
        }
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Fetch this and tell [`Player::answer`]; meanwhile call [`Player::advance`] whenever [`Player::wake_at`] has come.
    Fetch(Request),
    /// Nothing before this time, ms since the start.
    Wait(u64),
    /// It is over.
    Done,
}

/// What the manifest says of the whole.
#[derive(Debug)]
struct Presentation {
    /// In HLS the media playlists tell.
    is_live: Option<bool>,
    mpd: Option<Mpd>,
    /// When it was read, ms since the start.
    read_at: u64,
}

/// One session. All times are ms since its start, unless they say otherwise.
#[derive(Debug)]
pub struct Player {
    options: Options,
    url: String,
    /// The wall clock at the start, epoch ms.
    started_at: i64,
    /// What the server's clock is ahead of ours, ms.
    clock_ahead: i64,
    clock: Option<String>,
    presentation: Option<Presentation>,
    /// The main track, and separate audio where there is any.
    tracks: Vec<Track>,
    /// Where on the timeline the first track began.
    origin_ms: Option<i64>,
    pending: Option<Target>,
    /// Failures since what failed last has come after all.
    attempts: u32,
    failing: Option<(&'static str, usize)>,
    retry_at: u64,
    /// The rendition whose segment did not come.
    failed_rendition: Option<usize>,
    throughput: Throughput,
    playout: Playout,
    summary: Summary,
    events: Vec<Event>,
    seq: u64,
    next_heartbeat: u64,
    is_dated: bool,
    is_over: bool,
}

impl Player {
    /// A player about to play a URL; its start is now, `started_at` by the wall clock (epoch ms).
    pub fn new(url: &str, options: Options, started_at: u64) -> Player {
        let mut player = Player {
            url: url.to_owned(),
            started_at: i64::try_from(started_at).unwrap_or_default(),
            clock_ahead: 0,
            clock: None,
            presentation: None,
            tracks: Vec::new(),
            origin_ms: None,
            pending: None,
            attempts: 0,
            failing: None,
            retry_at: 0,
            failed_rendition: None,
            throughput: Throughput::default(),
            playout: Playout::new(options.thresholds, false),
            summary: Summary::default(),
            events: Vec::new(),
            seq: 0,
            next_heartbeat: options.heartbeat_ms.max(1),
            is_dated: false,
            is_over: false,
            options,
        };
        player.begin();
        player
    }

    /// What to do next. While a fetch is under way that is to wait.
    pub fn step(&mut self, now: u64) -> Step {
        self.advance(now);
        if self.is_over {
            return Step::Done;
        }
        if self.pending.is_some() {
            return Step::Wait(self.wake_at());
        }
        if self.retry_at > now {
            return Step::Wait(self.retry_at.min(self.wake_at()));
        }
        let step = self.plan(now);
        if self.is_over { Step::Done } else { step }
    }

    /// Lets time pass.
    pub fn advance(&mut self, now: u64) {
        let end = self.options.duration_ms;
        let to = now.min(end);
        while !self.is_over {
            let until = to.min(self.next_heartbeat);
            self.play(until);
            if self.is_over || until < self.next_heartbeat {
                break;
            }
            self.heartbeat();
        }
        if now >= end {
            self.stop(end);
        }
    }

    /// Ends it before its time: whoever watches has seen enough.
    pub fn end(&mut self, now: u64) {
        self.advance(now);
        self.stop(now.min(self.options.duration_ms));
    }

    /// When [`Player::advance`] has something to tell, if nothing is fetched until then.
    pub fn wake_at(&self) -> u64 {
        let change = self.playout.next_change().unwrap_or(u64::MAX);
        change.min(self.next_heartbeat).min(self.options.duration_ms)
    }

    /// Whether the session has ended.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether the content is live, once the manifest told.
    pub fn is_live(&self) -> Option<bool> {
        self.presentation.as_ref()?.is_live
    }

    /// The events since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// What it came to so far.
    pub fn summary(&self) -> Summary {
        self.summary.with(self.playout.totals())
    }

    /// The server's time, epoch ms.
    fn wall(&self, now: u64) -> i64 {
        self.started_at.saturating_add_unsigned(now).saturating_add(self.clock_ahead)
    }

    /// Takes over the server's time.
    fn set_clock(&mut self, server: i64, now: u64) {
        self.clock_ahead = server.saturating_sub(self.started_at.saturating_add_unsigned(now));
    }

    fn note_clock(&mut self, clock: Option<Clock>, now: u64) {
        match clock {
            Some(Clock::Told(server)) => self.set_clock(server, now),
            Some(Clock::Ask(url)) => self.clock = Some(url),
            None => {}
        }
    }
}
