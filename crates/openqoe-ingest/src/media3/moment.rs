//! The histories of a playback, each in order of time, as one.

use openqoe_spec::AdResult;
use serde_json::Value as Json;

use super::record::{FormatAt, Record, StateAt};
use super::state::State;
use super::{ads, rate};

/// 1 Gbit/s (`events.yaml`).
const MOST_BPS: i64 = 1_000_000_000;

/// Something that was at `at`, ms since boot.
#[derive(Debug)]
pub(super) struct Moment<'a> {
    pub(super) at: u64,
    pub(super) what: What<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum What<'a> {
    /// Of the ad on the screen.
    Ad(Ad<'a>),
    /// bit/s of what is on the screen from now on.
    Bitrate(u64),
    Rate(f64),
    /// An exception the player recovered from.
    Warning(&'a Json),
    /// An exception that ended playback.
    Fatal(&'a Json),
    State {
        state: State,
        next: Option<State>,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Ad<'a> {
    /// Its first frame.
    Starts,
    Waits,
    Moves,
    Pauses,
    Ends(AdResult),
    Fails(Option<&'a Json>),
}

impl What<'_> {
    /// The place among what was at the same millisecond. An ad ends before the content goes on and begins after it was
    /// interrupted; an exception is the reason of the state that follows.
    fn place(self) -> u8 {
        match self {
            What::Ad(Ad::Ends(_) | Ad::Fails(_)) => 0,
            What::Bitrate(_) => 1,
            What::Rate(_) => 2,
            What::Warning(_) => 3,
            What::Fatal(_) => 4,
            What::State { .. } => 5,
            What::Ad(_) => 6,
        }
    }
}

/// Everything until the playback was over, in order, and when that was.
pub(super) fn moments(record: &Record) -> (Vec<Moment<'_>>, u64) {
    let history = until_over(&record.playback_state_history);
    let over = history.last().map_or(record.start(), |last| last.event_time.realtime_ms);
    let next = history.iter().skip(1).map(|next| Some(next.playback_state)).chain([None]);
    let states = history.iter().zip(next).map(|(entry, next)| Moment {
        at: entry.event_time.realtime_ms,
        what: What::State { state: entry.playback_state, next },
    });
    let warnings = record.non_fatal_error_history.iter();
    let fatal = record.fatal_error_history.iter();
    let mut all: Vec<Moment<'_>> =
        states
            .chain(bitrates(record))
            .chain(rate::changes(&record.media_time_history, history))
            .chain(warnings.map(|error| Moment {
                at: error.event_time.realtime_ms,
                what: What::Warning(&error.exception),
            }))
            .chain(fatal.map(|error| Moment {
                at: error.event_time.realtime_ms,
                what: What::Fatal(&error.exception),
            }))
            .chain(record.ads.iter().flat_map(ads::moments))
            .filter(|moment| moment.at <= over)
            .collect();
    all.sort_by_key(|moment| (moment.at, moment.what.place()));
    (all, over)
}

/// The history up to the first state after which nothing was played any more.
fn until_over(history: &[StateAt]) -> &[StateAt] {
    let after = history.iter().rev().take_while(|entry| entry.playback_state.is_last()).count();
    &history[..(history.len() - after + 1).min(history.len())]
}

/// Where there is video, its changes, with the sound that went with it: manifests declare them apart or together. Media3 tells of
/// the sound a moment later, so the first one counts from the beginning.
fn bitrates(record: &Record) -> impl Iterator<Item = Moment<'_>> {
    let has_video = record.video_format_history.iter().any(|entry| bitrate(entry) > 0);
    let sound = &record.audio_format_history;
    let main = if has_video { &record.video_format_history } else { sound };
    main.iter().filter_map(move |entry| {
        let at = entry.event_time.realtime_ms;
        let with = sound.iter().take_while(|sound| sound.event_time.realtime_ms <= at).last();
        let beside = if has_video { with.or(sound.first()).map_or(0, bitrate) } else { 0 };
        let own = bitrate(entry);
        let sum = own.saturating_add(beside);
        (own > 0 && sum <= MOST_BPS).then(|| Moment { at, what: What::Bitrate(sum.unsigned_abs()) })
    })
}

fn bitrate(entry: &FormatAt) -> i64 {
    entry.format.map_or(0, |format| format.bitrate.max(0))
}
