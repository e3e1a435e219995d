//! A player as Media3's `PlaybackStatsListener` sees it, doing anything that may come to a viewer's mind: the seconds that come out
//! are those of `PlaybackStats.getPlaybackStateDurationMs`, to the millisecond.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use openqoe_engine::{Arrival, Config, Engine, Ledger, Source};
use openqoe_ingest::{PROTOCOLS, Payload};
use openqoe_metrics::{Guard, Limits, SINKS, Table};
use openqoe_spec::{Outcome, Protocol};
use proptest::prelude::*;
use serde_json::json;

const JOINING_BACKGROUND: usize = 1;
const JOINING: usize = 2;
const PLAYING: usize = 3;
const PAUSED: usize = 4;
const SEEKING: usize = 5;
const BUFFERING: usize = 6;
const PAUSED_BUFFERING: usize = 7;
const SUPPRESSED: usize = 9;
const SUPPRESSED_BUFFERING: usize = 10;
const ENDED: usize = 11;
const STOPPED: usize = 12;
const FAILED: usize = 13;
const AD: usize = 14;
const ABANDONED: usize = 15;

/// What happens to a player.
#[derive(Clone, Copy, Debug)]
enum Act {
    Foreground,
    Load,
    Ready,
    Starve,
    WantPlay(bool),
    Suppress(bool),
    Seek,
    End,
    Stop,
    Fail,
    AdBreak,
    AdOver,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Player {
    #[default]
    Idle,
    Buffering,
    Ready,
    Ended,
}

/// The player and what its listener remembers, by the documentation of `PlaybackStats`.
#[derive(Default)]
struct Listener {
    player: Player,
    wants: bool,
    suppressed: bool,
    seeking: bool,
    failed: bool,
    foreground: bool,
    loaded: bool,
    in_ad: bool,
    state: usize,
}

impl Listener {
    fn act(&mut self, act: Act) {
        match act {
            Act::Foreground => self.foreground = true,
            Act::Load => (self.loaded, self.player, self.failed) = (true, Player::Buffering, false),
            Act::Ready if self.player == Player::Buffering => self.player = Player::Ready,
            Act::Starve if self.player == Player::Ready => self.player = Player::Buffering,
            Act::WantPlay(wants) => self.wants = wants,
            Act::Suppress(suppressed) => self.suppressed = suppressed,
            Act::Seek if self.player != Player::Idle => {
                (self.player, self.seeking, self.in_ad) = (Player::Buffering, true, false);
            }
            Act::End if self.player == Player::Ready => self.player = Player::Ended,
            Act::Stop => self.player = Player::Idle,
            Act::Fail if self.loaded => (self.player, self.failed) = (Player::Idle, true),
            Act::AdBreak if self.player != Player::Idle => (self.in_ad, self.seeking) = (true, false),
            Act::AdOver => self.in_ad = false,
            _ => {}
        }
        self.seeking &= self.player == Player::Buffering;
        self.in_ad &= !matches!(self.player, Player::Idle | Player::Ended);
        self.state = self.resolve();
    }

    fn resolve(&self) -> usize {
        let by_wish = |paused, suppressed, wanted| match (self.wants, self.suppressed) {
            (false, _) => paused,
            (true, true) => suppressed,
            (true, false) => wanted,
        };
        match self.player {
            _ if self.seeking && self.foreground => SEEKING,
            _ if self.failed => FAILED,
            _ if !self.foreground => JOINING_BACKGROUND * usize::from(self.loaded),
            _ if self.in_ad => AD,
            Player::Ended => ENDED,
            Player::Buffering if matches!(self.state, 0 | JOINING_BACKGROUND | JOINING | AD) => JOINING,
            Player::Buffering => by_wish(PAUSED_BUFFERING, SUPPRESSED_BUFFERING, BUFFERING),
            Player::Ready => by_wish(PAUSED, SUPPRESSED, PLAYING),
            Player::Idle if self.state != 0 => STOPPED,
            Player::Idle => self.state,
        }
    }
}

/// The history of a playback: when each state began, ms.
fn history(acts: &[(u64, Act)]) -> Vec<(u64, usize)> {
    let (mut listener, mut now, mut history) = (Listener::default(), 0, Vec::new());
    for (passed, act) in acts {
        now += passed;
        let before = listener.state;
        listener.act(*act);
        if listener.state != before {
            history.push((now, listener.state));
        }
    }
    let last = if listener.state == ENDED { ENDED } else { ABANDONED };
    history.push((now + 1000, last));
    history
}

#[derive(Debug, Default, PartialEq)]
struct Spent {
    startup: u64,
    playing: u64,
    paused: u64,
    stalled: u64,
    seeking: u64,
    ads: u64,
    rebuffers: u64,
}

/// `getPlaybackStateDurationMs`, of the states before the first one that was ready and of those after it, as the guide says what they
/// mean here.
fn expected(history: &[(u64, usize)]) -> Spent {
    let after =
        history.iter().rev().take_while(|(_, state)| [ENDED, STOPPED, ABANDONED].contains(state)).count();
    let history = &history[..=history.len() - after];
    let (mut spent, mut shown, mut rests) = (Spent::default(), false, false);
    let mut before = 0;
    for pair in history.windows(2) {
        let ((from, state), (to, _)) = (pair[0], pair[1]);
        let passed = to - from;
        shown |= [PLAYING, PAUSED, SUPPRESSED].contains(&state);
        rests = match state {
            SEEKING => rests,
            _ => [PAUSED, PAUSED_BUFFERING, SUPPRESSED, SUPPRESSED_BUFFERING, STOPPED].contains(&state),
        };
        match state {
            0 | JOINING_BACKGROUND | ENDED | FAILED => {}
            PLAYING => spent.playing += passed,
            SEEKING if shown => spent.seeking += passed,
            AD if shown => spent.ads += passed,
            _ if rests => spent.paused += passed,
            _ if shown => {
                spent.stalled += passed;
                spent.rebuffers += u64::from(![JOINING, BUFFERING].contains(&before));
            }
            _ => spent.startup += passed,
        }
        before = state;
    }
    spent
}

struct Books;

impl Ledger for Books {
    fn outcome(&mut self, _: &str, _: Source, outcome: Outcome) {
        assert_eq!(outcome, Outcome::Counted);
    }
}

/// What the engine makes of the record of a playback.
fn counted(history: &[(u64, usize)]) -> Spent {
    let boot = 50_000;
    let states: Vec<_> = history
        .iter()
        .map(|(at, state)| json!({ "eventTime": { "realtimeMs": boot + at }, "playbackState": state }))
        .collect();
    let end = boot + history.last().unwrap().0;
    let record = json!({ "session_id": "s", "anchor": { "realtimeMs": end, "epochMs": 1_700_000_000_000_u64 },
        "eventTime": { "realtimeMs": boot }, "playbackStateHistory": states });
    let protocol = PROTOCOLS.iter().find(|protocol| protocol.id == Protocol::Media3).unwrap();
    let mut decoded = (protocol.decode)(&Payload::of(record.to_string().as_bytes())).unwrap();
    assert_eq!(decoded.rejections, []);
    let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
    let batch = decoded.batches.pop().unwrap();
    let (source, received_at) = (Source::of(Protocol::Media3), batch.sent_at);
    let arrival = Arrival { tenant: "default", source, received_at, place: 0, batch };
    Engine::new(Config::default()).apply(arrival, &mut table, &mut Books);
    let mut text = Vec::new();
    (SINKS[0].encode)(&table.snapshot(), &mut text);
    let text = String::from_utf8(text).unwrap();
    let of = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("openqoe_{name}{{")));
        line.map_or(0.0, |line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
    };
    let ms = |name: &str| (of(name) * 1000.0).round() as u64;
    Spent {
        startup: ms("startup_wait_seconds_total"),
        playing: ms("playback_playing_seconds_total"),
        paused: ms("playback_paused_seconds_total"),
        stalled: ms("playback_stalled_seconds_total"),
        seeking: ms("playback_seeking_seconds_total"),
        ads: ms("ad_wait_seconds_total"),
        rebuffers: of("playback_rebuffers_total") as u64,
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Load),
        6 => Just(Act::Ready),
        4 => Just(Act::Starve),
        4 => any::<bool>().prop_map(Act::WantPlay),
        2 => any::<bool>().prop_map(Act::Suppress),
        3 => Just(Act::Seek),
        1 => Just(Act::End),
        1 => Just(Act::Stop),
        1 => Just(Act::Fail),
        1 => Just(Act::AdBreak),
        1 => Just(Act::AdOver),
        1 => Just(Act::Foreground),
    ]
}

/// Now and then something takes hours.
fn passes() -> impl Strategy<Value = u64> {
    prop_oneof![1 => Just(0_u64), 8 => 1..20_000_u64, 1 => 80_000..20_000_000_u64]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn seconds_are_those_media3_counts(
        background in any::<bool>(),
        wants in any::<bool>(),
        rest in proptest::collection::vec((passes(), act()), 0..40),
    ) {
        let first = if background { [Act::Load, Act::Foreground] } else { [Act::Foreground, Act::Load] };
        let mut acts = vec![(0, Act::WantPlay(wants)), (10, first[0]), (500, first[1])];
        acts.extend(rest);
        let history = history(&acts);
        prop_assert_eq!(counted(&history), expected(&history), "{:?}", history);
    }
}
