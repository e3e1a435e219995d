//! One session, moment by moment: its batches go through the engine once more, and what the engine makes of each event is
//! written down. So a timeline shows what was counted, and the lengths of its bands are the times of the [`Summary`].

mod marks;
mod thin;
mod watch;

use std::collections::BTreeMap;

use openqoe_spec::{ATTRIBUTES, Attribute};
use openqoe_spec::{Attributes, Batch, Class, LabelSetId, Labels, Measurement, Recorder};
use serde::Serialize;

use crate::config::Config;
use crate::engine::{Arrival, Engine};
use crate::ledger::Source;
use crate::summary::Summary;
use watch::Watch;

/// Label sets told apart; a session that changes its attributes more often is taken to have gone back to the last.
const MAX_SETS: usize = 64;

/// What a viewer lived through. Times are ms since `began_at`, by the session's own clock.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Timeline {
    /// When `t` was 0, epoch ms on the gateway's clock.
    pub began_at: u64,
    /// `t` of the newest event that moves the clock.
    pub length_ms: u64,
    /// The phases, without gaps from 0 to `length_ms`.
    pub bands: Vec<Band>,
    /// `[t, buffered ms]`.
    pub buffer: Vec<(u64, u64)>,
    /// `[t, live latency in ms]`.
    pub latency: Vec<(u64, u64)>,
    /// `[t, bit/s]` of what is on the screen, at each change.
    pub bitrate: Vec<(u64, u64)>,
    /// In order of their ends.
    pub downloads: Vec<Download>,
    /// What happened, in order.
    pub marks: Vec<Mark>,
    /// What others report of it, by protocol: what the CDN logged beside what the player lived through.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reports: BTreeMap<&'static str, Report>,
    /// Whether its first event is there.
    pub is_whole: bool,
    /// Points, downloads, marks and bands left out, because there are too many to be told apart.
    pub left_out: u64,
    /// What the view came to, by these events alone.
    #[serde(skip)]
    pub summary: Summary,
}

/// Time spent in one phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Band {
    /// `idle` is also what counts for nothing: a start in the background, and time in which nothing was reported.
    pub phase: &'static str,
    /// Its beginning.
    pub from: u64,
    /// Its end.
    pub to: u64,
}

/// One download, or `weight` like it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Download {
    /// When it was asked for; its end where its duration is not known.
    pub from: u64,
    /// When its first byte came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_byte: Option<u64>,
    /// When it ended.
    pub to: u64,
    /// What was asked for.
    pub kind: &'static str,
    /// Body bytes.
    pub bytes: u64,
    /// No usable body came.
    pub failed: bool,
    /// How many it stands for.
    pub weight: u64,
}

/// What another reporter tells. None of it is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In order of their ends.
    pub downloads: Vec<Download>,
    /// What happened, in order.
    pub marks: Vec<Mark>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// When.
    pub t: u64,
    /// `stall`, `seek`, `error` ...
    pub kind: &'static str,
    /// For people.
    pub text: String,
}

/// The timeline of one session from its batches in order of arrival, each with the epoch ms of that and its source. `until` is the time up to
/// which silence counts; without one the session goes on.
pub fn timeline(
    config: &Config,
    batches: impl IntoIterator<Item = (u64, Source, Batch)>,
    until: Option<u64>,
) -> Timeline {
    let mut engine = Engine::new(config.clone());
    let (mut watch, mut deaf) = (Watch::default(), Deaf::default());
    for (received_at, source, batch) in batches {
        engine.expire(received_at, &mut deaf, &mut watch);
        watch.begin(batch.origin(received_at));
        let arrival = Arrival { tenant: "", source, received_at, place: 0, batch };
        engine.apply(arrival, &mut deaf, &mut watch);
    }
    if let Some(until) = until {
        engine.expire(until, &mut deaf, &mut watch);
    }
    let mut timeline = watch.finish();
    thin::thin(&mut timeline);
    timeline
}

/// Knows label sets apart, as the series table does, and hears nothing.
#[derive(Default)]
struct Deaf {
    sets: Vec<Attributes>,
}

impl Labels for Deaf {
    fn intern(&mut self, _: &str, attributes: &Attributes) -> LabelSetId {
        let mut labels = attributes.clone();
        let hidden = Attribute::ALL.iter().zip(&ATTRIBUTES).filter(|(_, def)| def.class == Class::TraceOnly);
        for (attribute, _) in hidden {
            labels.remove(*attribute);
        }
        let place = self.sets.iter().position(|set| *set == labels).unwrap_or_else(|| {
            if self.sets.len() < MAX_SETS {
                self.sets.push(labels);
            }
            self.sets.len() - 1
        });
        LabelSetId(u32::try_from(place).unwrap_or_default())
    }
}

impl Recorder for Deaf {
    fn record(&mut self, _: LabelSetId, _: Measurement<'_>) {}
}
