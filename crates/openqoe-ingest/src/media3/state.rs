//! `PlaybackStats.PLAYBACK_STATE_*`: what Media3 knows a playback to be in.

use serde::Deserialize;

/// A state; its number is that of the constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub(super) enum State {
    NotStarted = 0,
    JoiningBackground = 1,
    JoiningForeground = 2,
    Playing = 3,
    Paused = 4,
    Seeking = 5,
    Buffering = 6,
    PausedBuffering = 7,
    Suppressed = 9,
    SuppressedBuffering = 10,
    Ended = 11,
    Stopped = 12,
    Failed = 13,
    InterruptedByAd = 14,
    Abandoned = 15,
}

const ALL: [State; 15] = [
    State::NotStarted,
    State::JoiningBackground,
    State::JoiningForeground,
    State::Playing,
    State::Paused,
    State::Seeking,
    State::Buffering,
    State::PausedBuffering,
    State::Suppressed,
    State::SuppressedBuffering,
    State::Ended,
    State::Stopped,
    State::Failed,
    State::InterruptedByAd,
    State::Abandoned,
];

impl TryFrom<i64> for State {
    type Error = String;

    fn try_from(number: i64) -> Result<State, String> {
        let known = ALL.into_iter().find(|state| *state as i64 == number);
        known.ok_or_else(|| format!("{number} is none of Media3's states, 0 to 15 without 8"))
    }
}

impl State {
    /// Whether nothing is played in it, nor will be if only its like follow.
    pub(super) fn is_last(self) -> bool {
        matches!(self, State::Ended | State::Stopped | State::Abandoned)
    }
}
