//! The figures of a view as columns: what each is called, what it is made of, and how it is read back.

use openqoe_engine::Summary;
use openqoe_spec::{Failure, ViewEnd};
use rusqlite::types::Value;

/// One column.
pub(super) struct Figure {
    pub(super) name: &'static str,
    /// Its type in SQL.
    pub(super) kind: &'static str,
    pub(super) get: fn(&Summary) -> Value,
    /// Takes what a row has; what follows from other figures is left alone.
    pub(super) set: fn(&mut Summary, &Value),
}

macro_rules! number {
    ($name:literal, $field:ident) => {
        Figure {
            name: $name,
            kind: "INTEGER",
            get: |summary| integer(summary.$field.into()),
            set: |summary, value| summary.$field = whole(value).try_into().unwrap_or_default(),
        }
    };
}

macro_rules! flag {
    ($name:literal, $field:ident) => {
        Figure {
            name: $name,
            kind: "INTEGER",
            get: |summary| integer(summary.$field.into()),
            set: |summary, value| summary.$field = whole(value) > 0,
        }
    };
}

macro_rules! word {
    ($name:literal, $field:ident, $kind:ty) => {
        Figure {
            name: $name,
            kind: "TEXT",
            get: |summary| text(summary.$field.map_or("", <$kind>::as_str)),
            set: |summary, value| summary.$field = read_text(value).and_then(<$kind>::parse),
        }
    };
}

/// All of them, in the order of the columns.
pub(super) static FIGURES: [Figure; 31] = [
    word!("view_end", end, ViewEnd),
    Figure {
        name: "startup_ms",
        kind: "INTEGER",
        get: |summary| summary.startup.map_or(Value::Null, |ms| integer(ms.into())),
        set: |summary, value| {
            summary.startup = (*value != Value::Null).then(|| whole(value).try_into().unwrap_or(u32::MAX));
        },
    },
    number!("startup_wait_ms", startup_wait),
    number!("playing_ms", playing),
    number!("stalled_ms", stalled),
    number!("seeking_ms", seeking),
    number!("paused_ms", paused),
    number!("ad_ms", ads),
    number!("media_ms", media),
    Figure {
        name: "rebuffer_ratio",
        kind: "REAL",
        get: |summary| {
            let watched = u64::from(summary.playing) + u64::from(summary.stalled);
            if watched == 0 { Value::Null } else { Value::Real(f64::from(summary.stalled) / watched as f64) }
        },
        set: |_, _| {},
    },
    Figure {
        name: "mean_bitrate",
        kind: "INTEGER",
        get: |summary| mean_bitrate(summary).map_or(Value::Null, integer),
        set: |_, _| {},
    },
    number!("played_bytes", played_bytes),
    number!("downloaded_bytes", downloaded_bytes),
    number!("frames_decoded", frames_decoded),
    number!("frames_dropped", frames_dropped),
    number!("rebuffers", rebuffers),
    number!("seeks", seeks),
    number!("switches_up", switches_up),
    number!("switches_down", switches_down),
    number!("errors", errors),
    number!("downloads_failed", downloads_failed),
    number!("ad_impressions", ad_impressions),
    flag!("exit_before_start", is_exit_before_start),
    Figure {
        name: "error_code",
        kind: "TEXT",
        get: |summary| text(summary.error_code.as_deref().unwrap_or_default()),
        set: |summary, value| summary.error_code = read_text(value).map(Into::into),
    },
    flag!("attempted", is_attempted),
    flag!("started", is_started),
    word!("startup_failure", startup_failure, Failure),
    word!("playback_failure", playback_failure, Failure),
    number!("downloads", downloads),
    number!("downloading_ms", downloading),
    number!("ads_failed", ads_failed),
];

/// Declared bit/s of what was played, over its media time; `None` where no bitrate is known.
pub(crate) fn mean_bitrate(summary: &Summary) -> Option<u64> {
    let media = u64::from(summary.media);
    (media > 0).then(|| summary.played_bytes.saturating_mul(8000) / media)
}

/// A row from before there were columns for what is known from others: what those say.
pub(super) fn infer(summary: &mut Summary) {
    summary.is_attempted = summary.end.is_some();
    summary.is_started = summary.startup.is_some() || summary.playing > 0 || summary.ads > 0;
    if summary.end == Some(ViewEnd::Error) {
        let failure = Some(Failure::Technical);
        (summary.startup_failure, summary.playback_failure) =
            if summary.is_started { (None, failure) } else { (failure, None) };
    }
}

pub(super) fn integer(value: u64) -> Value {
    Value::Integer(value.min(i64::MAX.cast_unsigned()).cast_signed())
}

/// Empty is absent.
pub(super) fn text(value: &str) -> Value {
    if value.is_empty() { Value::Null } else { Value::Text(value.to_owned()) }
}

pub(super) fn whole(value: &Value) -> u64 {
    match value {
        Value::Integer(value) => u64::try_from(*value).unwrap_or_default(),
        _ => 0,
    }
}

pub(super) fn read_text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The figures by name; what has no value is absent.
pub(crate) fn named(summary: &Summary) -> serde_json::Map<String, serde_json::Value> {
    let figures = FIGURES.iter().filter_map(|figure| {
        let value = match (figure.get)(summary) {
            Value::Integer(value) => value.into(),
            Value::Real(value) => value.into(),
            Value::Text(value) => value.into(),
            Value::Null | Value::Blob(_) => return None,
        };
        Some((figure.name.to_owned(), value))
    });
    figures.collect()
}
