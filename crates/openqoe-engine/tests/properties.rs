//! What must hold for any session: duplicates and bounded reordering change nothing, every event has one outcome, counters
//! never go back, gauges return to zero, and the time of all phases is the time of the session.

mod any_event;

use std::collections::BTreeMap;

use openqoe_engine::{Arrival, Config, Engine, Ledger, Source};
use openqoe_spec::metrics::view::Counter;
use openqoe_spec::{
    Attribute, Attributes, Batch, Event, EventKind, LabelSetId, Labels, Measurement, Outcome, Recorder,
    SessionEnd,
};
use proptest::prelude::*;

use any_event::kind;

const BASE: u64 = 1_700_000_000_000;

/// Adds up what the engine says.
#[derive(Default, PartialEq, Debug)]
struct Totals {
    counters: BTreeMap<String, f64>,
    gauges: BTreeMap<String, f64>,
    histograms: BTreeMap<String, (f64, u64)>,
}

impl Labels for Totals {
    fn intern(&mut self, _: &str, _: &Attributes) -> LabelSetId {
        LabelSetId(0)
    }
}

impl Recorder for Totals {
    fn record(&mut self, _: LabelSetId, measurement: Measurement<'_>) {
        match measurement {
            Measurement::Count(counter, by) => {
                assert!(by >= 0.0, "{counter:?} went back");
                *self.counters.entry(format!("{counter:?}")).or_default() += by;
            }
            Measurement::CountKeyed(counter, key, by) => {
                assert!(by > 0.0, "{counter:?} went back, or nowhere");
                *self.counters.entry(format!("{counter:?} {key}")).or_default() += by;
            }
            Measurement::Move(gauge, by) => *self.gauges.entry(format!("{gauge:?}")).or_default() += by,
            Measurement::Observe(histogram, value, _) => self.histogram(&format!("{histogram:?}"), value, 1),
            Measurement::ObserveMany(histogram, value, times) => {
                self.histogram(&format!("{histogram:?}"), value * times as f64, times);
            }
            Measurement::Advance(histogram, by) => self.histogram(&format!("{histogram:?}"), by, 0),
            Measurement::Settle(histogram, _, _) => self.histogram(&format!("{histogram:?}"), 0.0, 1),
        }
    }
}

impl Totals {
    fn histogram(&mut self, name: &str, sum: f64, count: u64) {
        assert!(sum >= 0.0, "{name} went back");
        let entry = self.histograms.entry(name.to_owned()).or_default();
        entry.0 += sum;
        entry.1 += count;
    }

    fn counter(&self, counter: Counter) -> f64 {
        self.counters.get(&format!("{counter:?}")).copied().unwrap_or_default()
    }

    fn without_zeros(mut self) -> Totals {
        self.gauges.retain(|_, value| *value != 0.0);
        self
    }
}

#[derive(Default, PartialEq, Debug)]
struct Outcomes {
    counted: usize,
    others: usize,
}

impl Ledger for Outcomes {
    fn outcome(&mut self, _: &str, _: Source, outcome: Outcome) {
        match outcome {
            Outcome::Counted => self.counted += 1,
            _ => self.others += 1,
        }
    }
}

/// A whole session: any events, steps a clock may take, a proper end.
fn session() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec((kind(), 0..30_000u64), 1..60).prop_map(|steps| {
        let end = (EventKind::SessionEnd { reason: SessionEnd::Stopped }, 100);
        let mut events = vec![Event { seq: 0, t: 0, kind: EventKind::SessionStart }];
        for (kind, step) in steps.into_iter().chain([end]) {
            let (seq, t) = (events.len() as u64, events[events.len() - 1].t + step);
            events.push(Event { seq, t, kind });
        }
        events
    })
}

/// Feeds events one by one in the given order, all at the same moment of arrival.
fn feed<'a>(events: impl IntoIterator<Item = &'a Event>) -> (Totals, Outcomes, Engine) {
    let mut engine = Engine::new(Config::default());
    let (mut totals, mut outcomes) = (Totals::default(), Outcomes::default());
    for event in events {
        let batch = Batch {
            session_id: "s".into(),
            started_at: BASE,
            sent_at: BASE + 1_000_000,
            attributes: Attributes::default(),
            events: vec![event.clone()],
        };
        let arrival =
            Arrival { tenant: "t", source: Source(0), received_at: BASE + 1_000_000, place: 0, batch };
        engine.apply(arrival, &mut totals, &mut outcomes);
    }
    (totals.without_zeros(), outcomes, engine)
}

/// Adds up what the engine says, label set by label set.
#[derive(Default)]
struct BySet {
    sets: Vec<Attributes>,
    totals: BTreeMap<LabelSetId, Totals>,
}

impl Labels for BySet {
    fn intern(&mut self, _: &str, attributes: &Attributes) -> LabelSetId {
        let place = self.sets.iter().position(|set| set == attributes);
        let place = place.unwrap_or_else(|| {
            self.sets.push(attributes.clone());
            self.sets.len() - 1
        });
        LabelSetId(place as u32)
    }
}

impl Recorder for BySet {
    fn record(&mut self, set: LabelSetId, measurement: Measurement<'_>) {
        self.totals.entry(set).or_default().record(set, measurement);
    }
}

/// Feeds events one by one, each with the country that is told with it, if any; what comes of each country.
fn feed_told(events: &[Event], told: &[Option<&str>]) -> BTreeMap<String, Totals> {
    let mut engine = Engine::new(Config::default());
    let (mut by_set, mut outcomes) = (BySet::default(), Outcomes::default());
    for event in events {
        let mut attributes = Attributes::default();
        if let Some(country) = told[event.seq as usize] {
            attributes.set(Attribute::Country, country).expect("a country");
        }
        let (session_id, started_at, sent_at) = ("s".into(), BASE, BASE + 1_000_000);
        let batch = Batch { session_id, started_at, sent_at, attributes, events: vec![event.clone()] };
        let arrival = Arrival { tenant: "t", source: Source(0), received_at: sent_at, place: 0, batch };
        engine.apply(arrival, &mut by_set, &mut outcomes);
    }
    let named = by_set.totals.into_iter().map(|(LabelSetId(set), totals)| {
        let country = by_set.sets[set as usize].get(Attribute::Country).to_owned();
        (country, totals.without_zeros())
    });
    named.filter(|(_, totals)| *totals != Totals::default()).collect()
}

/// Moves each event by at most `reach` places.
fn shuffled(events: &[Event], keys: &[u8]) -> Vec<Event> {
    let mut keyed: Vec<(u64, Event)> =
        events.iter().zip(keys).map(|(event, key)| (event.seq + u64::from(*key), event.clone())).collect();
    keyed.sort_by_key(|(key, event)| (*key, std::cmp::Reverse(event.seq)));
    keyed.into_iter().map(|(_, event)| event).collect()
}

proptest! {
    #[test]
    fn duplicates_and_reordering_change_nothing(
        events in session(), keys in proptest::collection::vec(0..50u8, 64), again in proptest::collection::vec(any::<bool>(), 64)
    ) {
        let (plain, outcomes, _) = feed(&events);
        let shuffled = shuffled(&events, &keys);
        let repeated: Vec<&Event> = shuffled.iter().zip(&again).filter(|(_, again)| **again).map(|(event, _)| event).collect();
        let (other, more, _) = feed(shuffled.iter().chain(repeated.iter().copied()));
        prop_assert_eq!(plain, other);
        prop_assert_eq!(outcomes.counted, more.counted);
        prop_assert_eq!(more.counted + more.others, events.len() + repeated.len());
    }

    /// What is left out is what the event before had, in whatever order they come.
    #[test]
    fn attributes_left_out_are_those_before(
        events in session(), keys in proptest::collection::vec(0..50u8, 64),
        told in proptest::collection::vec(proptest::sample::select(vec![None, None, Some("DE"), Some("FR")]), 64)
    ) {
        let known: Vec<_> = told.iter().scan(None, |last, told| { *last = told.or(*last); Some(*last) }).collect();
        let plain = feed_told(&events, &known);
        prop_assert_eq!(&plain, &feed_told(&events, &told));
        prop_assert_eq!(&plain, &feed_told(&shuffled(&events, &keys), &told));
    }

    #[test]
    fn phases_add_up_to_the_session(events in session()) {
        let (totals, _, _) = feed(&events);
        let watched = totals.histograms.get("EngWatchTimeSeconds").map_or(0.0, |(sum, _)| *sum);
        let phases: f64 = [
            Counter::StartupWaitSeconds, Counter::PlaybackPlayingSeconds, Counter::PlaybackStalledSeconds,
            Counter::PlaybackSeekingSeconds, Counter::AdPlayingSeconds, Counter::AdWaitSeconds,
        ].into_iter().map(|counter| totals.counter(counter)).sum();
        prop_assert_eq!(watched, phases);
        let length = events[events.len() - 1].t as f64;
        prop_assert!(phases + totals.counter(Counter::PlaybackPausedSeconds) <= length);
        let stalls = totals.histograms.get("PlaybackBufferTimeSeconds").copied().unwrap_or_default();
        prop_assert_eq!(stalls.0, totals.counter(Counter::PlaybackStalledSeconds));
        prop_assert_eq!(stalls.1 as f64, totals.counter(Counter::PlaybackRebuffers));
    }

    #[test]
    fn a_closed_session_leaves_no_gauge_behind_and_has_one_end(events in session()) {
        let (totals, _, engine) = feed(&events);
        prop_assert_eq!(totals.gauges.len(), 0, "{:?}", totals.gauges);
        let attempts = totals.counter(Counter::StartupAttempts);
        let ends: f64 = totals.counters.iter().filter(|(name, _)| name.starts_with("PlaybackViewsEnded")).map(|(_, count)| count).sum();
        prop_assert_eq!(attempts, ends);
        prop_assert!(attempts <= 1.0);
        prop_assert_eq!(engine.stats().open, 0);
        prop_assert_eq!(engine.stats().waiting, 0);
    }

    #[test]
    fn a_session_that_falls_silent_is_forgotten(events in session(), cut in 1..60usize, missing in 0..60usize) {
        let mut heard = events[..cut.min(events.len() - 1)].to_vec();
        if missing < heard.len() {
            heard.remove(missing);
        }
        let (mut totals, mut outcomes, mut engine) = feed(&heard);
        for hours in 1..=6 {
            engine.expire(BASE + 1_000_000 + hours * 3_600_000, &mut totals, &mut outcomes);
        }
        prop_assert_eq!(engine.stats(), openqoe_engine::Stats::default());
        prop_assert_eq!(outcomes.counted + outcomes.others, heard.len());
        let totals = totals.without_zeros();
        prop_assert_eq!(totals.gauges.len(), 0, "{:?}", totals.gauges);
    }
}

#[test]
fn sessions_are_bounded_and_ended_ones_make_room() {
    let config = Config { max_sessions: 3, ..Config::default() };
    let mut engine = Engine::new(config);
    let (mut totals, mut outcomes) = (Totals::default(), Outcomes::default());
    let mut start = |engine: &mut Engine, id: &str, end: bool| {
        let mut events = vec![Event { seq: 0, t: 0, kind: EventKind::SessionStart }];
        if end {
            events.push(Event { seq: 1, t: 1, kind: EventKind::SessionEnd { reason: SessionEnd::Stopped } });
        }
        let count = events.len();
        let batch = Batch {
            session_id: id.into(),
            started_at: BASE,
            sent_at: BASE,
            attributes: Attributes::default(),
            events,
        };
        let before = outcomes.others;
        engine.apply(
            Arrival { tenant: "t", source: Source(0), received_at: BASE, place: 0, batch },
            &mut totals,
            &mut outcomes,
        );
        outcomes.others - before == count
    };
    assert!(!start(&mut engine, "a", true));
    assert!(!start(&mut engine, "b", false));
    assert!(!start(&mut engine, "c", false));
    // The ended one makes room, the running ones do not.
    assert!(!start(&mut engine, "d", false));
    assert!(start(&mut engine, "e", false));
    assert_eq!((engine.stats().open, engine.stats().parked), (3, 0));
}
