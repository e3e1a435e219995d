//! Writes a timeline down as the engine takes events in.

use openqoe_spec::{Event, EventKind, Outcome, ViewEnd};

use super::marks::{after, seconds};
use super::{Band, Download, Mark, Timeline, marks};
use crate::ledger::{Ended, Ledger, Source, Taken};
use crate::playback::{Passage, Phase};
use crate::summary::Summary;

/// What has been seen so far.
#[derive(Debug, Default)]
pub(super) struct Watch {
    timeline: Timeline,
    has_begun: bool,
    has_taken: bool,
    next_seq: u64,
    phase: Phase,
    /// The mark of the phase going on, whose length is not known yet, and that length.
    open: Option<(usize, u64)>,
    summary: Summary,
}

impl Watch {
    /// A batch has come; the first one says when the session began.
    pub(super) fn begin(&mut self, origin: u64) {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.timeline.began_at = origin;
        }
    }

    pub(super) fn finish(mut self) -> Timeline {
        self.timeline.downloads.sort_by_key(|download| (download.to, download.from));
        self.timeline.marks.sort_by_key(|mark| mark.t);
        for report in self.timeline.reports.values_mut() {
            report.downloads.sort_by_key(|download| (download.to, download.from));
            report.marks.sort_by_key(|mark| mark.t);
        }
        self.timeline.summary = self.summary;
        self.timeline
    }

    fn mark(&mut self, t: u64, kind: &'static str, text: impl Into<String>) {
        self.timeline.marks.push(Mark { t, kind, text: text.into() });
    }

    fn pass(&mut self, passage: &Passage) {
        let Passage { phase, from, to, counted } = *passage;
        let name = band(phase);
        let counts = !matches!(name, "idle" | "ended");
        let until = if counts { (from + counted).min(to) } else { to };
        self.extend(name, from, until);
        if until < to {
            self.extend("idle", until, to);
            self.mark(
                until,
                "gap",
                format!("{} without a report, which count for nothing", seconds(to - until)),
            );
        }
        if let Some((_, length)) = &mut self.open {
            *length += counted;
        }
        self.timeline.length_ms = self.timeline.length_ms.max(to);
    }

    fn extend(&mut self, phase: &'static str, from: u64, to: u64) {
        // The engine forgets those it has not heard for long; when they come back, their time begins anew.
        let from = from.max(self.timeline.bands.last().map_or(0, |last| last.to));
        match self.timeline.bands.last_mut() {
            _ if from >= to => {}
            Some(last) if last.phase == phase => last.to = to,
            _ => self.timeline.bands.push(Band { phase, from, to }),
        }
    }

    /// Marks what begins or ends with a change of phase, at `t`.
    fn turn(&mut self, phase: Phase, t: u64) {
        if phase == self.phase {
            return;
        }
        if let Some((mark, length)) = self.open.take() {
            let mark = &mut self.timeline.marks[mark];
            mark.text = after(mark.kind, length);
        }
        let opened = match phase {
            Phase::Stalled => Some("stall"),
            Phase::Seeking => Some("seek"),
            Phase::Paused => Some("pause"),
            _ => None,
        };
        if let Some(kind) = opened {
            self.open = Some((self.timeline.marks.len(), 0));
            self.mark(t, kind, after(kind, 0));
        }
        self.phase = phase;
    }

    fn note(&mut self, event: &Event) {
        let (t, timeline) = (event.t, &mut self.timeline);
        match &event.kind {
            EventKind::Heartbeat { buffer_ms, latency_ms, .. } => {
                timeline.buffer.extend(buffer_ms.map(|ms| (t, ms)));
                timeline.latency.extend(latency_ms.map(|ms| (t, ms)));
            }
            EventKind::Rendition { bitrate }
                if timeline.bitrate.last().is_none_or(|last| last.1 != *bitrate) =>
            {
                timeline.bitrate.push((t, *bitrate));
            }
            kind => timeline.downloads.extend(download(kind, t)),
        }
        if let Some((kind, text)) = marks::of(&event.kind) {
            self.mark(t, kind, text);
        }
    }
}

impl Ledger for Watch {
    fn outcome(&mut self, _: &str, _: Source, _: Outcome) {}

    fn taken(&mut self, taken: &Taken<'_>) {
        let Taken { event, missing, is_cut, passages, phase, summary, .. } = taken;
        if !std::mem::replace(&mut self.has_taken, true) {
            self.timeline.is_whole = *missing == 0 && !*is_cut;
        }
        // An engine that has forgotten a session misses what was heard before.
        let missing = *missing.min(&event.seq.saturating_sub(self.next_seq));
        self.next_seq = event.seq + 1;
        if missing > 0 {
            self.mark(event.t, "gap", format!("{missing} events before this never came"));
        }
        passages.iter().flatten().for_each(|passage| self.pass(passage));
        self.note(event);
        self.turn(*phase, event.t);
        if summary.is_started && !self.summary.is_started {
            let text = summary.startup.map_or("First frame".into(), |ms| {
                format!("First frame, {} after it was asked for", seconds(ms.into()))
            });
            self.mark(event.t, "first_frame", text);
        }
        self.summary.clone_from(summary);
    }

    fn joined(&mut self, source: Source, event: &Event, at: u64) {
        let t = at.saturating_sub(self.timeline.began_at);
        let report = self.timeline.reports.entry(source.name()).or_default();
        report.downloads.extend(download(&event.kind, t));
        let mark = marks::of(&event.kind).or_else(|| marks::of_state(&event.kind));
        report.marks.extend(mark.map(|(kind, text)| Mark { t, kind, text }));
    }

    fn ended(&mut self, ended: &Ended<'_>) {
        self.summary.clone_from(ended.summary);
        if ended.summary.end == Some(ViewEnd::Timeout) {
            self.mark(self.timeline.length_ms, "end", "Nothing more was heard");
        }
    }
}

/// A download that ended at `t`.
fn download(kind: &EventKind, t: u64) -> Option<Download> {
    let EventKind::Download { kind, bytes, ttfb_ms, duration_ms, failed, weight } = kind else { return None };
    let from = t.saturating_sub(duration_ms.unwrap_or_default());
    let first_byte = ttfb_ms.map(|ms| (from + ms).min(t)).filter(|_| duration_ms.is_some());
    let (kind, bytes, failed, weight) = (kind.as_str(), *bytes, *failed, *weight);
    Some(Download { from, first_byte, to: t, kind, bytes, failed, weight })
}

/// The name of a phase in a timeline.
fn band(phase: Phase) -> &'static str {
    match phase {
        // A start in the background is no wait of a viewer's.
        Phase::Idle | Phase::Background => "idle",
        Phase::Startup => "startup",
        Phase::Playing => "playing",
        Phase::Stalled => "stalled",
        Phase::Seeking => "seeking",
        Phase::Paused => "paused",
        Phase::Ad | Phase::AdWait => "ad",
        Phase::Over => "ended",
    }
}
