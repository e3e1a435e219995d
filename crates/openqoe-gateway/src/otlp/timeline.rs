//! What a viewer lived through, moment by moment: the engine itself goes through the events of one session again, and what it
//! says is written down with the time it says it at. So a span is as long as the engine counted it, not as somebody else would.

use openqoe_engine::{Arrival, Engine, Ledger, Source};
use openqoe_spec::metrics::view::{Counter, Gauge, Histogram};
use openqoe_spec::{
    Attributes, Batch, Event, EventKind, LabelSetId, Labels, Measurement, Outcome, Phase, Recorder,
};

use crate::journal::Entry;

/// The story of one session. Times are `t`: milliseconds since its start.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// What it was in, in order, without gaps of the engine's making.
    pub(super) stretches: Vec<Stretch>,
    /// From the wish to watch to the first frame, where it was measured.
    pub(super) startup: Option<(u64, u64)>,
    /// The events that counted, in order.
    pub(super) events: Vec<Event>,
    /// The latest `t` of all.
    pub(super) end: u64,
    /// Whether events are missing between those.
    pub(super) has_gaps: bool,
}

/// Time in one phase.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) phase: Phase,
    pub(super) from: u64,
    pub(super) to: u64,
    /// What the engine counted of it: less than it lasted where a device slept.
    pub(super) counted: u64,
    /// Whether the view ended in it.
    pub(super) is_last: bool,
}

impl Stretch {
    /// Whether an event happened in it.
    pub(super) fn holds(&self, event: &Event) -> bool {
        (self.from..=self.to).contains(&event.t)
    }
}

impl Timeline {
    /// Plays the batches of a session to an engine of these settings. Their order does not matter, and what came twice counts
    /// once; what came too late for the shard is in it, for nobody waits here.
    pub(super) fn of(entries: Vec<Entry>, config: openqoe_engine::Config) -> Timeline {
        let batches = entries.into_iter().map(|entry| (Source::of(entry.protocol), entry.batch));
        let events = openqoe_engine::in_order(batches);
        let mut scribe = Scribe::default();
        // A lost event is given up at once: there is no other to come.
        let mut engine = Engine::new(openqoe_engine::Config { reorder_window: 0, ..config });
        let last = events.iter().map(|event| event.t).max().unwrap_or_default();
        for event in events {
            scribe.hear(&event);
            let batch = Batch {
                session_id: "".into(),
                // So that `t` is the time the engine speaks of.
                started_at: 0,
                sent_at: last,
                attributes: Attributes::default(),
                events: vec![event.clone()],
            };
            let arrival = Arrival { tenant: "", source: Source(0), received_at: last, place: 0, batch };
            let mut verdict = Verdict(None);
            engine.apply(arrival, &mut scribe, &mut verdict);
            if verdict.0.is_none() {
                scribe.timeline.has_gaps = true;
                engine.expire(last, &mut scribe, &mut verdict);
            }
            if verdict.0 == Some(Outcome::Counted) {
                scribe.timeline.end = scribe.timeline.end.max(event.t);
                scribe.timeline.events.push(event);
            }
        }
        scribe.finish()
    }
}

/// The outcome of the event at hand.
struct Verdict(Option<Outcome>);

impl Ledger for Verdict {
    fn outcome(&mut self, _: &str, _: Source, outcome: Outcome) {
        self.0 = Some(outcome);
    }
}

/// Writes down what the engine says.
#[derive(Default)]
struct Scribe {
    timeline: Timeline,
    open: Option<Stretch>,
    /// A stretch that was left at this moment: the same phase may be entered again at once.
    left: Option<Stretch>,
    /// The latest `t` of what advances the engine's clock.
    now: u64,
}

impl Scribe {
    fn hear(&mut self, event: &Event) {
        self.put_down();
        let is_aside = match event.kind {
            EventKind::Download { .. } | EventKind::Custom { .. } | EventKind::Rendition { .. } => true,
            EventKind::Error { fatal, .. } => !fatal,
            _ => false,
        };
        if !is_aside {
            self.now = self.now.max(event.t);
        }
    }

    fn enter(&mut self, phase: Phase) {
        let now = self.now;
        let again = self.left.take_if(|left| left.phase == phase && left.to == now);
        self.put_down();
        self.open = again.or(Some(Stretch { phase, from: now, to: now, counted: 0, is_last: false }));
    }

    fn leave(&mut self) {
        self.put_down();
        self.left = self.open.take().map(|stretch| Stretch { to: self.now, ..stretch });
    }

    /// What was left stays left. When nothing was entered in its place, the view was over.
    fn put_down(&mut self) {
        if let Some(left) = self.left.take() {
            let is_last = self.open.is_none();
            self.timeline.stretches.push(Stretch { is_last, ..left });
        }
    }

    fn finish(mut self) -> Timeline {
        self.put_down();
        let now = self.now;
        let open = self.open.take().map(|stretch| Stretch { to: now, is_last: true, ..stretch });
        self.timeline.stretches.extend(open);
        self.timeline
    }
}

impl Labels for Scribe {
    fn intern(&mut self, _: &str, _: &Attributes) -> LabelSetId {
        LabelSetId(0)
    }
}

impl Recorder for Scribe {
    fn record(&mut self, _: LabelSetId, measurement: Measurement<'_>) {
        match measurement {
            Measurement::Move(Gauge::PlaybackActiveSessions(phase), by) if by > 0.0 => self.enter(phase),
            Measurement::Move(Gauge::PlaybackActiveSessions(_), _) => self.leave(),
            Measurement::Observe(Histogram::StartupTimeSeconds, ms, Some(exemplar)) => {
                self.timeline.startup = Some((exemplar.at.saturating_sub(ms as u64), exemplar.at));
            }
            Measurement::Count(counter, by) if is_time(counter) => {
                if let Some(open) = &mut self.open {
                    open.counted += by as u64;
                }
            }
            _ => {}
        }
    }
}

/// The counters of which each moment of a view goes to one.
fn is_time(counter: Counter) -> bool {
    matches!(
        counter,
        Counter::StartupWaitSeconds
            | Counter::PlaybackPlayingSeconds
            | Counter::PlaybackStalledSeconds
            | Counter::PlaybackSeekingSeconds
            | Counter::PlaybackPausedSeconds
            | Counter::AdPlayingSeconds
            | Counter::AdWaitSeconds
    )
}
