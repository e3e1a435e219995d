//! The log of a session: a record for its end, by which it is found, and one for each error of its player.

use openqoe_engine::Summary;
use openqoe_spec::{Event, EventKind, TraceId, ViewEnd};

use super::attributes::{any, attribute, figures, identity};
use super::badness::Badness;
use super::intake::Chosen;
use super::message::{KeyValue, LogRecord, Severity};
use super::spans::Clock;

/// Errors of one session that get a record; the record of its end counts them all.
const MAX_ERRORS: usize = 100;
/// `flags`: sampled (W3C Trace Context).
const SAMPLED: u32 = 1;

/// The records of a session, the errors first. `events` are those that counted; `now` is epoch ns.
pub(super) fn records(chosen: &Chosen, events: &[Event], with_viewer: bool, now: u64) -> Vec<LogRecord> {
    let clock = Clock::of(chosen);
    let identity = identity(chosen, with_viewer);
    let errors = events.iter().filter_map(|event| error(event, &identity, &clock)).take(MAX_ERRORS);
    let mut records: Vec<LogRecord> = errors.chain([end(chosen, &identity, events, &clock)]).collect();
    let id = TraceId::of(&chosen.row.session_id);
    for record in &mut records {
        record.observed_time_unix_nano = now;
        if chosen.share.is_some() {
            (record.trace_id, record.span_id) = (id.to_bytes().to_vec(), id.root_span().to_vec());
            record.flags = SAMPLED;
        }
    }
    records
}

fn end(chosen: &Chosen, identity: &[KeyValue], events: &[Event], clock: &Clock) -> LogRecord {
    let severity = Badness::severity(chosen.badness);
    let last = events.iter().map(|event| event.t).max();
    LogRecord {
        // Without its events all that is known is when it was last heard.
        time_unix_nano: last.map_or(chosen.row.heard_at.saturating_mul(1_000_000), |t| clock.at(t)),
        body: Some(any(sentence(&chosen.row.summary, chosen.badness))),
        attributes: identity.iter().cloned().chain(figures(chosen)).collect(),
        event_name: "openqoe.session_end".to_owned(),
        ..record(severity)
    }
}

fn error(event: &Event, identity: &[KeyValue], clock: &Clock) -> Option<LogRecord> {
    let EventKind::Error { code, fatal, category } = &event.kind else { return None };
    let own = [
        attribute("error.type", &**code),
        attribute("openqoe.fatal", *fatal),
        attribute("openqoe.category", category.as_str()),
    ];
    let kind = if *fatal { "fatal player error" } else { "player error" };
    Some(LogRecord {
        time_unix_nano: clock.at(event.t),
        body: Some(any(format!("{kind}: {code}"))),
        attributes: identity.iter().cloned().chain(own).collect(),
        event_name: "openqoe.player_error".to_owned(),
        ..record(if *fatal { Severity::Error } else { Severity::Warn })
    })
}

fn record(severity: Severity) -> LogRecord {
    let severity_text = match severity {
        Severity::Error => "ERROR",
        Severity::Warn => "WARN",
        Severity::Info | Severity::Unspecified => "INFO",
    };
    LogRecord {
        severity_number: severity.into(),
        severity_text: severity_text.to_owned(),
        ..LogRecord::default()
    }
}

/// What a person wants to read of it.
fn sentence(summary: &Summary, badness: Option<Badness>) -> String {
    let seconds = |ms: u32| format!("{:.1} s", f64::from(ms) / 1000.0);
    let end = summary.end.map_or("open", ViewEnd::as_str);
    let mut text = format!("session ended ({end}): {} played", seconds(summary.playing));
    if let Some(startup) = summary.startup {
        text += &format!(", startup {}", seconds(startup));
    }
    if summary.rebuffers > 0 {
        let rebuffers = counted(summary.rebuffers, "rebuffering");
        text += &format!(", {rebuffers} of {}", seconds(summary.stalled));
    }
    if let Some(code) = &summary.error_code {
        text += &format!(", {}, the last {code}", counted(summary.errors, "error"));
    }
    badness.map_or(text.clone(), |badness| format!("{text}; {}", badness.as_str().replace('_', " ")))
}

fn counted(count: u16, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
