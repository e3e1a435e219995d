//! What is known about a session, as attributes of its root span and of its log records. Names are ours (`openqoe.` and the name
//! in the registry) unless OpenTelemetry's semantic conventions have one.

use openqoe_engine::Summary;
use openqoe_spec::{Attribute, ViewEnd};

use super::badness::Badness;
use super::intake::Chosen;
use super::message::{AnyValue, KeyValue, Value};

/// An attribute.
pub(super) fn attribute(key: &str, value: impl Into<Value>) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any(value)) }
}

/// A value of some type.
pub(super) fn any(value: impl Into<Value>) -> AnyValue {
    AnyValue { value: Some(value.into()) }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Double(value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Value {
        Value::Int(value.min(i64::MAX.cast_unsigned()).cast_signed())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Value {
        Value::Int(value.into())
    }
}

/// Who watched what, where and how: the attributes the reporter gave. `with_viewer` is whether the viewer's hash is among them.
pub(super) fn identity(chosen: &Chosen, with_viewer: bool) -> Vec<KeyValue> {
    let row = &chosen.row;
    let mut attributes = vec![attribute("session.id", &*row.session_id)];
    for known in Attribute::ALL.iter().filter(|known| **known != Attribute::SessionId) {
        let value = row.attributes.get(*known);
        if value.is_empty() || *known == Attribute::ViewerIdHash && !with_viewer {
            continue;
        }
        let key = format!("openqoe.{}", known.as_str());
        attributes.push(match known {
            Attribute::IsLive => attribute(&key, value == "true"),
            _ => attribute(&key, value),
        });
    }
    attributes.push(attribute("openqoe.protocol", row.protocol.as_str()));
    attributes
}

/// What it came to, by the names of the session's row in the archive.
pub(super) fn figures(chosen: &Chosen) -> Vec<KeyValue> {
    let summary = &chosen.row.summary;
    let mut attributes = vec![attribute("openqoe.view_end", summary.end.map_or("", ViewEnd::as_str))];
    attributes.extend(chosen.badness.map(|badness| attribute("openqoe.badness", Badness::as_str(badness))));
    attributes.extend(summary.startup.map(|ms| attribute("openqoe.startup_ms", ms)));
    attributes.extend(numbers(summary).map(|(key, value)| attribute(key, value)));
    let watched = u64::from(summary.playing) + u64::from(summary.stalled);
    if watched > 0 {
        let ratio = f64::from(summary.stalled) / watched as f64;
        attributes.push(attribute("openqoe.rebuffer_ratio", ratio));
    }
    if summary.media > 0 {
        let bitrate = summary.played_bytes.saturating_mul(8000) / u64::from(summary.media);
        attributes.push(attribute("openqoe.mean_bitrate", bitrate));
    }
    attributes.push(attribute("openqoe.exit_before_start", summary.is_exit_before_start));
    attributes.extend(summary.error_code.as_deref().map(|code| attribute("openqoe.error_code", code)));
    attributes
}

fn numbers(summary: &Summary) -> impl Iterator<Item = (&'static str, u64)> {
    let times = [
        ("openqoe.startup_wait_ms", summary.startup_wait),
        ("openqoe.playing_ms", summary.playing),
        ("openqoe.stalled_ms", summary.stalled),
        ("openqoe.seeking_ms", summary.seeking),
        ("openqoe.paused_ms", summary.paused),
        ("openqoe.ad_ms", summary.ads),
        ("openqoe.frames_decoded", summary.frames_decoded),
        ("openqoe.frames_dropped", summary.frames_dropped),
    ];
    let counts = [
        ("openqoe.rebuffers", summary.rebuffers),
        ("openqoe.seeks", summary.seeks),
        ("openqoe.switches_up", summary.switches_up),
        ("openqoe.switches_down", summary.switches_down),
        ("openqoe.errors", summary.errors),
        ("openqoe.downloads_failed", summary.downloads_failed),
        ("openqoe.ad_impressions", summary.ad_impressions),
    ];
    let bytes = [
        ("openqoe.played_bytes", summary.played_bytes),
        ("openqoe.downloaded_bytes", summary.downloaded_bytes),
    ];
    let times = times.into_iter().map(|(key, value)| (key, u64::from(value)));
    times.chain(counts.into_iter().map(|(key, value)| (key, u64::from(value)))).chain(bytes)
}
