//! One record on the wire, and the rules it must keep.

use openqoe_spec::Rejected;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::GUIDE;
use super::state::State;
use crate::closest;
use crate::told::{self, Fault};

/// Session ids are UUIDs; CTA-5004-B `sid` allows 64 characters.
const MAX_SESSION_ID: usize = 64;
/// Entries of one history. A playback that changes state every ten seconds has less in five hours.
const MAX_HISTORY: usize = 2000;
/// Ads of one playback.
const MAX_ADS: usize = 200;
/// A session of more than a week is a defect of the sender, as in the native protocol, ms.
const MAX_LENGTH: u64 = 7 * 24 * 3_600_000;
/// The last millisecond a JavaScript `Date` can hold (ECMA-262 §21.4.1.1).
const MAX_TIME: u64 = 8_640_000_000_000_000;

/// A playback. Keys that are not here are ignored: most of `PlaybackStats` follows from its histories.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a record, an object")]
pub(super) struct Record {
    #[serde(rename = "session_id")]
    pub(super) session_id: String,
    pub(super) anchor: Anchor,
    /// Epoch ms; without it, when the anchor was taken.
    #[serde(rename = "sent_at")]
    sent_at: Option<u64>,
    #[serde(default)]
    pub(super) attributes: Map<String, Json>,
    /// The first argument of the callback: when the playback session began.
    event_time: Option<EventTime>,
    pub(super) playback_state_history: Vec<StateAt>,
    #[serde(default)]
    pub(super) video_format_history: Vec<FormatAt>,
    #[serde(default)]
    pub(super) audio_format_history: Vec<FormatAt>,
    #[serde(default)]
    pub(super) media_time_history: Vec<(u64, i64)>,
    #[serde(default)]
    pub(super) fatal_error_history: Vec<ErrorAt>,
    #[serde(default)]
    pub(super) non_fatal_error_history: Vec<ErrorAt>,
    #[serde(default)]
    pub(super) total_dropped_frames: u64,
    #[serde(default)]
    ad_playback_count: u64,
    /// The `PlaybackStats` of the ads that interrupted it.
    #[serde(default)]
    pub(super) ads: Vec<Advert>,
}

/// What the two clocks of the device said at one moment.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object {realtimeMs, epochMs}")]
pub(super) struct Anchor {
    /// `SystemClock.elapsedRealtime()`, ms since boot.
    realtime_ms: u64,
    /// `System.currentTimeMillis()`.
    epoch_ms: u64,
}

/// `AnalyticsListener.EventTime`, of which one clock is enough.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object {realtimeMs}")]
pub(super) struct EventTime {
    pub(super) realtime_ms: u64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object {eventTime, playbackState}")]
pub(super) struct StateAt {
    pub(super) event_time: EventTime,
    pub(super) playback_state: State,
}

/// `format` is null where there is none of its kind.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object {eventTime, format}")]
pub(super) struct FormatAt {
    pub(super) event_time: EventTime,
    pub(super) format: Option<Format>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Format {
    /// bit/s; -1 where the manifest does not say it.
    #[serde(default = "unset")]
    pub(super) bitrate: i64,
}

fn unset() -> i64 {
    -1
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object {eventTime, exception}")]
pub(super) struct ErrorAt {
    pub(super) event_time: EventTime,
    #[serde(default)]
    pub(super) exception: Json,
}

/// An ad is a playback of its own to Media3.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "the stats of an ad, an object")]
pub(super) struct Advert {
    pub(super) playback_state_history: Vec<StateAt>,
    #[serde(default)]
    pub(super) fatal_error_history: Vec<ErrorAt>,
}

impl Record {
    /// A record that keeps the rules.
    pub(super) fn read(json: Json) -> Result<Record, Fault> {
        let names: Vec<String> = json.as_object().into_iter().flat_map(Map::keys).cloned().collect();
        let record: Record =
            serde_path_to_error::deserialize(json).map_err(|error| malformed(&error, &names))?;
        record.check()?;
        Ok(record)
    }

    /// When the playback session began, by the clock of the boot.
    pub(super) fn start(&self) -> u64 {
        let first = self.playback_state_history.first();
        let first = first.map_or(self.anchor.realtime_ms, |first| first.event_time.realtime_ms);
        self.event_time.map_or(first, |time| time.realtime_ms.min(first))
    }

    /// The same by the other clock.
    pub(super) fn started_at(&self) -> u64 {
        self.anchor.epoch_ms.saturating_sub(self.anchor.realtime_ms - self.start())
    }

    /// How long ago it began when it was sent, ms.
    pub(super) fn age(&self) -> u64 {
        let kept = self.sent_at.map_or(0, |sent| sent.min(MAX_TIME).saturating_sub(self.anchor.epoch_ms));
        self.anchor.realtime_ms - self.start() + kept
    }

    fn check(&self) -> Result<(), Fault> {
        if !told::is_id(&self.session_id, MAX_SESSION_ID) {
            return Err(invalid(format!(
                "`session_id` must be 1 to {MAX_SESSION_ID} bytes, and nothing invisible"
            )));
        }
        if self.ad_playback_count > 0 {
            return Err(invalid("these are an ad's stats: put them into `ads` of the content's record"));
        }
        self.check_sizes()?;
        in_order(&self.playback_state_history)?;
        self.ads.iter().try_for_each(|ad| in_order(&ad.playback_state_history))?;
        let Some(last) = self.playback_state_history.last() else {
            return Err(invalid(
                "`playbackStateHistory` is empty: make the listener with `keepHistory` true",
            ));
        };
        if !matches!(last.playback_state, State::Ended | State::Abandoned) {
            return Err(invalid(
                "`playbackStateHistory` must end with ENDED (11) or ABANDONED (15), as it does in onPlaybackStatsReady",
            ));
        }
        if self.anchor.realtime_ms < last.event_time.realtime_ms || self.anchor.epoch_ms > MAX_TIME {
            return Err(invalid(
                "`anchor` is before the end of the playback: read both clocks in onPlaybackStatsReady, \
                 for elapsedRealtime begins anew with every boot",
            ));
        }
        if last.event_time.realtime_ms - self.start() > MAX_LENGTH {
            return Err(invalid("the playback took more than a week"));
        }
        Ok(())
    }

    fn check_sizes(&self) -> Result<(), Fault> {
        let lengths = [
            self.playback_state_history.len(),
            self.video_format_history.len(),
            self.audio_format_history.len(),
            self.media_time_history.len(),
            self.fatal_error_history.len(),
            self.non_fatal_error_history.len(),
            self.ads.iter().map(|ad| ad.playback_state_history.len()).sum(),
        ];
        if lengths.iter().any(|length| *length > MAX_HISTORY) || self.ads.len() > MAX_ADS {
            let most = format!(
                "a history has more than {MAX_HISTORY} entries, or there are more than {MAX_ADS} ads"
            );
            return Err(invalid(most));
        }
        Ok(())
    }
}

fn in_order(history: &[StateAt]) -> Result<(), Fault> {
    let mut pairs = history.windows(2);
    match pairs.position(|pair| pair[1].event_time.realtime_ms < pair[0].event_time.realtime_ms) {
        Some(place) => {
            let place = place + 1;
            Err(invalid(format!("`playbackStateHistory[{place}]` is earlier than the entry before it")))
        }
        None => Ok(()),
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    (Rejected::InvalidField, message.into())
}

/// What the parser did not like, where, and the name that may have been meant.
fn malformed(error: &serde_path_to_error::Error<serde_json::Error>, names: &[String]) -> Fault {
    let (path, said) = (error.path().to_string(), error.inner().to_string());
    let Some(missing) = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) else {
        let reason = if path == "." { Rejected::MalformedEvent } else { Rejected::InvalidField };
        return (reason, format!("{}: {}; {GUIDE}", told::shown(&path), told::shown(&said)));
    };
    let meant =
        if path == "." { closest(&missing.to_lowercase(), names.iter().map(String::as_str)) } else { None };
    let meant = meant.map(|name| format!("is `{}` meant for it?", told::shown(name)));
    let place = if path == "." { String::new() } else { format!(" in {}", told::shown(&path)) };
    (
        Rejected::MissingField,
        format!("`{missing}` is missing{place}: {}", meant.unwrap_or_else(|| GUIDE.into())),
    )
}
