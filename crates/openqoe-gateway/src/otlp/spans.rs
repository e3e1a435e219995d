//! A session as a trace: events in, spans out, and nothing else goes in. The root is the session; below it stand its startup,
//! stalls, seeks, pauses and ad breaks as the engine counted them, and its downloads as the player reported them.

use std::cmp::Reverse;

use openqoe_spec::{DownloadKind, Event, EventKind, Phase, TraceId};

use super::attributes::{attribute, figures, identity};
use super::badness::Badness;
use super::intake::Chosen;
use super::message::{KeyValue, Span, SpanEvent, SpanKind, Status, StatusCode};
use super::timeline::{Stretch, Timeline};

/// Events of one span, as the SDKs of OpenTelemetry limit them.
const MAX_EVENTS: usize = 128;
/// `flags` of span and log record: sampled (W3C Trace Context), and known not to be remote.
const SAMPLED: u32 = 0x101;

/// What bounds a trace, and what is in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) max_spans: usize,
    pub(super) with_viewer: bool,
}

/// The spans of a session, the root first, and how many there was no room for.
#[derive(Debug, Default)]
pub(super) struct Trace {
    pub(super) spans: Vec<Span>,
    pub(super) cut: usize,
}

/// Which spans go first when there is no room for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Startup,
    Trouble,
    Failed,
    /// The longer ones first.
    Rest(Reverse<u64>),
}

/// Builds the trace of a session from its story. `is_cut` says that the journal had more of it than was read.
pub(super) fn trace(chosen: &Chosen, timeline: &Timeline, is_cut: bool, limits: Limits) -> Trace {
    let clock = Clock::of(chosen);
    let id = TraceId::of(&chosen.row.session_id);
    let mut ranked: Vec<(Rank, Span)> = Vec::new();
    let startup = startup(timeline);
    for (number, stretch) in (0..).zip(startup.iter().chain(phases(timeline))) {
        let span =
            child(id, Of::Phase(number), phase_name(stretch.phase), (&clock, stretch.from, stretch.to));
        ranked.push((rank(stretch), phase_span(span, stretch, chosen, timeline, &clock)));
    }
    let downloads = timeline.events.iter().filter_map(|event| download_span(id, event, &clock));
    ranked.extend(downloads);
    ranked.sort_by_key(|(rank, _)| *rank);
    let room = limits.max_spans.saturating_sub(1);
    let cut = ranked.len().saturating_sub(room);
    ranked.truncate(room);
    let mut root = root(id, chosen, timeline, &clock, limits);
    if cut > 0 {
        root.attributes.push(attribute("openqoe.cut_spans", cut as u64));
    }
    if timeline.has_gaps || is_cut {
        root.attributes.push(attribute("openqoe.incomplete", true));
    }
    let mut children: Vec<Span> = ranked.into_iter().map(|(_, span)| span).collect();
    children.sort_by_key(|span| (span.start_time_unix_nano, Reverse(span.end_time_unix_nano)));
    Trace { spans: std::iter::once(root).chain(children).collect(), cut }
}

/// From `t` to the clock of the gateway, which corrects the reporter's as the engine does: by the session's first batch.
pub(super) struct Clock {
    began_at: u64,
    heard_at: u64,
}

impl Clock {
    pub(super) fn of(chosen: &Chosen) -> Clock {
        Clock { began_at: chosen.row.began_at, heard_at: chosen.row.heard_at.max(chosen.row.began_at) }
    }

    /// Epoch ns. Nothing happens after it was heard of.
    pub(super) fn at(&self, t: u64) -> u64 {
        self.began_at.saturating_add(t).min(self.heard_at).saturating_mul(1_000_000)
    }
}

/// What a span is of: what makes its id its own.
enum Of {
    Phase(u64),
    Event(u64),
}

fn child(id: TraceId, of: Of, name: String, (clock, from, to): (&Clock, u64, u64)) -> Span {
    // Of the numbers of events half are more than there can be.
    let of = match of {
        Of::Phase(number) => u64::MAX - number,
        Of::Event(seq) => seq,
    };
    Span {
        span_id: id.span(of).to_vec(),
        parent_span_id: id.root_span().to_vec(),
        name,
        start_time_unix_nano: clock.at(from),
        end_time_unix_nano: clock.at(to.max(from)),
        ..span(id)
    }
}

fn span(id: TraceId) -> Span {
    Span {
        trace_id: id.to_bytes().to_vec(),
        kind: SpanKind::Internal.into(),
        flags: SAMPLED,
        ..Span::default()
    }
}

fn root(id: TraceId, chosen: &Chosen, timeline: &Timeline, clock: &Clock, limits: Limits) -> Span {
    let mut attributes = identity(chosen, limits.with_viewer);
    attributes.extend(figures(chosen));
    if let Some(share) = chosen.share {
        attributes.push(attribute("openqoe.sampled_share", share));
    }
    let in_ad = |event: &Event| {
        let breaks = timeline.stretches.iter().filter(|stretch| stretch.phase == Phase::Ad);
        breaks.into_iter().any(|stretch| stretch.holds(event))
    };
    let (events, dropped_events_count) = bounded(timeline.events.iter().filter_map(|event| {
        let (name, attributes) = happened(event).or_else(|| ad(event).filter(|_| !in_ad(event)))?;
        let is_error = matches!(event.kind, EventKind::Error { .. });
        Some((is_error, span_event(clock, event, name, attributes)))
    }));
    let begin = timeline.events.first().map_or(0, |event| event.t);
    Span {
        span_id: id.root_span().to_vec(),
        name: "session".to_owned(),
        start_time_unix_nano: clock.at(begin),
        end_time_unix_nano: clock.at(timeline.end.max(begin)),
        attributes,
        events,
        dropped_events_count,
        status: (chosen.badness == Some(Badness::Failed)).then(|| failure(chosen)),
        ..span(id)
    }
}

fn span_event(clock: &Clock, event: &Event, name: &str, attributes: Vec<KeyValue>) -> SpanEvent {
    SpanEvent { time_unix_nano: clock.at(event.t), name: name.to_owned(), attributes }
}

/// As many events as a span may have, errors before others, in their order; and how many there are more.
fn bounded(events: impl Iterator<Item = (bool, SpanEvent)>) -> (Vec<SpanEvent>, u32) {
    let mut events: Vec<(usize, (bool, SpanEvent))> = events.enumerate().collect();
    events.sort_by_key(|(number, (is_error, _))| (!is_error, *number));
    let dropped = events.len().saturating_sub(MAX_EVENTS);
    events.truncate(MAX_EVENTS);
    events.sort_by_key(|(number, _)| *number);
    let events = events.into_iter().map(|(_, (_, event))| event).collect();
    (events, u32::try_from(dropped).unwrap_or(u32::MAX))
}

fn failure(chosen: &Chosen) -> Status {
    error(chosen.row.summary.error_code.as_deref().unwrap_or_default())
}

fn error(message: &str) -> Status {
    Status { message: message.to_owned(), code: StatusCode::Error.into() }
}

/// The startup: as it was measured, or else the first wait for a frame. It is no other stretch then.
fn startup(timeline: &Timeline) -> Option<Stretch> {
    let waits = timeline.stretches.iter().find(|stretch| stretch.phase == Phase::Startup);
    let (phase, is_last) = (Phase::Startup, waits.is_some_and(|stretch| stretch.is_last));
    let counted = |from: u64, to: u64| waits.map_or(to - from, |stretch| stretch.counted);
    match (timeline.startup, waits) {
        (Some((from, to)), _) => {
            Some(Stretch { phase, from, to, counted: counted(from, to), is_last: false })
        }
        (None, Some(wait)) => {
            Some(Stretch { phase, from: wait.from, to: wait.to, counted: wait.counted, is_last })
        }
        (None, None) => None,
    }
}

/// What else is a span: everything but playing, which is what the others leave out.
fn phases(timeline: &Timeline) -> impl Iterator<Item = &Stretch> {
    let first = timeline.stretches.iter().position(|stretch| stretch.phase == Phase::Startup);
    let stretches = timeline.stretches.iter().enumerate();
    let others =
        stretches.filter(move |(number, stretch)| stretch.phase != Phase::Playing && Some(*number) != first);
    others.map(|(_, stretch)| stretch)
}

fn phase_name(phase: Phase) -> String {
    let name = match phase {
        Phase::Startup => "startup",
        Phase::Playing => "playing",
        Phase::Stalled => "stall",
        Phase::Seeking => "seek",
        Phase::Paused => "pause",
        Phase::Ad => "ad_break",
    };
    name.to_owned()
}

fn rank(stretch: &Stretch) -> Rank {
    match stretch.phase {
        Phase::Startup => Rank::Startup,
        Phase::Stalled | Phase::Seeking | Phase::Ad => Rank::Trouble,
        Phase::Playing | Phase::Paused => Rank::Rest(Reverse(stretch.to - stretch.from)),
    }
}

fn phase_span(span: Span, stretch: &Stretch, chosen: &Chosen, timeline: &Timeline, clock: &Clock) -> Span {
    let mut attributes = Vec::new();
    if stretch.counted < stretch.to.saturating_sub(stretch.from) {
        attributes.push(attribute("openqoe.counted_ms", stretch.counted));
    }
    let has_failed = stretch.is_last && chosen.badness == Some(Badness::Failed);
    let within = timeline.events.iter().filter(|event| stretch.phase == Phase::Ad && stretch.holds(event));
    let ads = within.filter_map(|event| {
        let (name, attributes) = ad(event)?;
        let is_error = matches!(event.kind, EventKind::AdError { .. });
        Some((is_error, span_event(clock, event, name, attributes)))
    });
    let (events, dropped_events_count) = bounded(ads);
    Span { attributes, events, dropped_events_count, status: has_failed.then(|| failure(chosen)), ..span }
}

fn download_span(id: TraceId, event: &Event, clock: &Clock) -> Option<(Rank, Span)> {
    let EventKind::Download { kind, bytes, ttfb_ms, duration_ms, failed, weight } = event.kind else {
        return None;
    };
    let lasted = duration_ms.unwrap_or_default();
    let from = event.t.saturating_sub(lasted);
    let mut attributes = vec![attribute("http.response.body.size", bytes)];
    attributes.extend(ttfb_ms.map(|ms| attribute("openqoe.ttfb_ms", ms)));
    if weight > 1 {
        // It stands for so many like it that were not reported.
        attributes.push(attribute("openqoe.weight", weight));
    }
    let first_byte = ttfb_ms.filter(|ms| *ms <= lasted).map(|ms| SpanEvent {
        time_unix_nano: clock.at(from + ms),
        name: "first_byte".to_owned(),
        attributes: Vec::new(),
    });
    let span = Span {
        kind: SpanKind::Client.into(),
        attributes,
        events: first_byte.into_iter().collect(),
        status: failed.then(|| error("no usable body came")),
        ..child(id, Of::Event(event.seq), download_name(kind), (clock, from, event.t))
    };
    Some((if failed { Rank::Failed } else { Rank::Rest(Reverse(lasted)) }, span))
}

fn download_name(kind: DownloadKind) -> String {
    match kind {
        DownloadKind::Video | DownloadKind::Audio | DownloadKind::Text => {
            format!("fetch {} segment", kind.as_str())
        }
        DownloadKind::Init => "fetch init segment".to_owned(),
        DownloadKind::Manifest => "fetch manifest".to_owned(),
        DownloadKind::Other => "fetch other".to_owned(),
    }
}

/// What happened at one moment of the session, and is no span.
fn happened(event: &Event) -> Option<(&'static str, Vec<KeyValue>)> {
    Some(match &event.kind {
        EventKind::Error { code, fatal, category } => {
            // The name and the attribute tools look for ("Exceptions on spans").
            let attributes = vec![
                attribute("exception.type", &**code),
                attribute("openqoe.fatal", *fatal),
                attribute("openqoe.category", category.as_str()),
            ];
            ("exception", attributes)
        }
        EventKind::Rendition { bitrate } => ("rendition", vec![attribute("openqoe.bitrate", *bitrate)]),
        EventKind::Rate { rate } => ("rate", vec![attribute("openqoe.rate", *rate)]),
        EventKind::Visibility { hidden } => ("visibility", vec![attribute("openqoe.hidden", *hidden)]),
        EventKind::Custom { name, value } => {
            let value = value.map(|value| attribute("openqoe.value", value));
            ("custom", std::iter::once(attribute("openqoe.event", &**name)).chain(value).collect())
        }
        _ => return None,
    })
}

/// What happened in an ad break.
fn ad(event: &Event) -> Option<(&'static str, Vec<KeyValue>)> {
    Some(match &event.kind {
        EventKind::AdBreakStart { position } => {
            ("ad_break_start", vec![attribute("openqoe.position", position.as_str())])
        }
        EventKind::AdStart => ("ad_start", Vec::new()),
        EventKind::AdEnd { result } => ("ad_end", vec![attribute("openqoe.result", result.as_str())]),
        EventKind::AdError { code } => ("ad_error", vec![attribute("exception.type", &**code)]),
        _ => return None,
    })
}

#[cfg(test)]
#[path = "spans_tests.rs"]
mod tests;
