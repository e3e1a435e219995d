//! A checkpoint changes nothing: whatever happened before it and happens after it, an engine restored from it says the same,
//! in the same order, as one that never stopped. And no bytes, however damaged, do worse than be refused.

mod any_event;

use std::collections::{HashMap, HashSet};

use openqoe_engine::{Arrival, Config, Engine, Ledger, RestoreError, Source, Stats};
use openqoe_spec::{
    Attribute, Attributes, Batch, Event, EventKind, LabelSetId, Labels, Measurement, Outcome, Recorder,
    SessionEnd,
};
use proptest::collection::vec;
use proptest::prelude::*;

use any_event::kind;

const BASE: u64 = 1_700_000_000_000;

/// Writes everything down as it is said.
#[derive(Default)]
struct Log {
    lines: Vec<String>,
    sets: HashMap<(String, Attributes), LabelSetId>,
    /// Label sets handed out and written to in the step at hand.
    interned: HashSet<LabelSetId>,
    written: HashSet<LabelSetId>,
}

impl Labels for Log {
    fn intern(&mut self, tenant: &str, attributes: &Attributes) -> LabelSetId {
        let next = LabelSetId(self.sets.len() as u32);
        let set = *self.sets.entry((tenant.to_owned(), attributes.clone())).or_insert(next);
        self.lines.push(format!("intern {set:?}"));
        self.interned.insert(set);
        set
    }
}

impl Recorder for Log {
    fn record(&mut self, set: LabelSetId, measurement: Measurement<'_>) {
        self.lines.push(format!("{set:?} {measurement:?}"));
        self.written.insert(set);
    }
}

#[derive(Default)]
struct Outcomes(Vec<(Source, Outcome)>);

impl Ledger for Outcomes {
    fn outcome(&mut self, _: &str, source: Source, outcome: Outcome) {
        self.0.push((source, outcome));
    }
}

/// What happens to an engine, `after` so many milliseconds.
#[derive(Clone, Debug)]
struct Step {
    after: u64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Batch { session: u8, country: u8, events: Vec<Event> },
    Expire,
}

fn event() -> impl Strategy<Value = Event> {
    let kind = prop_oneof![
        12 => kind(),
        1 => Just(EventKind::SessionStart),
        1 => Just(EventKind::SessionEnd { reason: SessionEnd::PageHide }),
    ];
    (0..24_u64, 0..3000_u64, kind).prop_map(|(seq, t, kind)| Event { seq, t: seq * 3000 + t, kind })
}

fn step() -> impl Strategy<Value = Step> {
    let batch = (0..6_u8, 0..3_u8, vec(event(), 1..8));
    let batch = batch.prop_map(|(session, country, events)| What::Batch { session, country, events });
    let what = prop_oneof![4 => batch, 1 => Just(What::Expire)];
    // Often no time at all, so that timers fall on one moment.
    let after = prop_oneof![2 => Just(0), 2 => Just(10_000), 2 => 0..15_000_u64, 1 => 0..300_000_u64];
    (after, what).prop_map(|(after, what)| Step { after, what })
}

/// Small enough that every limit is met.
fn config() -> Config {
    Config { reorder_events: 3, keep_ended: 60_000, max_sessions: 4, ..Config::default() }
}

struct Run {
    engine: Engine,
    now: u64,
    log: Log,
    outcomes: Outcomes,
}

impl Run {
    fn new() -> Run {
        Run { engine: Engine::new(config()), now: BASE, log: Log::default(), outcomes: Outcomes::default() }
    }

    fn go(&mut self, steps: &[Step]) {
        for Step { after, what } in steps {
            self.now += after;
            let named: HashSet<_> = self.engine.label_sets().collect();
            (self.log.interned, self.log.written) = Default::default();
            match what {
                What::Expire => {
                    self.engine.expire(self.now, &mut self.log, &mut self.outcomes);
                }
                What::Batch { session, country, events } => self.apply(*session, *country, events),
            }
            // The others may have gone.
            let known = &named | &self.log.interned;
            assert!(self.log.written.is_subset(&known), "{:?} are none of {known:?}", self.log.written);
        }
    }

    fn apply(&mut self, session: u8, country: u8, events: &[Event]) {
        let mut attributes = Attributes::default();
        attributes.set(Attribute::Country, ["DE", "FR", ""][usize::from(country)]).expect("a country");
        let session_id = format!("session-{session}").into();
        let (started_at, sent_at) = (self.now - 72_000, self.now);
        let batch = Batch { session_id, started_at, sent_at, attributes, events: events.to_vec() };
        let source = Source(u16::from(country));
        let tenant = ["t", "u"][usize::from(session % 2)];
        let arrival = Arrival { tenant, source, received_at: self.now, place: 0, batch };
        self.engine.apply(arrival, &mut self.log, &mut self.outcomes);
    }

    /// Everyone falls silent.
    fn wait(&mut self) {
        for _ in 0..300 {
            self.now += 60_000;
            self.engine.expire(self.now, &mut self.log, &mut self.outcomes);
        }
    }
}

fn by_tenant(engine: &Engine) -> Vec<(String, Stats)> {
    engine.tenants().map(|(tenant, stats)| (tenant.to_owned(), stats)).collect()
}

fn restored(engine: &Engine) -> Engine {
    Engine::restore(config(), &engine.save()).expect("a checkpoint")
}

proptest! {
    #[test]
    fn a_restored_engine_goes_on_as_if_nothing_had_happened(
        steps in vec(step(), 1..60), cuts in vec(any::<proptest::sample::Index>(), 1..3)
    ) {
        let (mut plain, mut cut) = (Run::new(), Run::new());
        plain.go(&steps);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(steps.len() + 1)).collect();
        cuts.sort_unstable();
        let mut done = 0;
        for at in cuts {
            cut.go(&steps[done..at]);
            let (stats, by_tenant) = (cut.engine.stats(), by_tenant(&cut.engine));
            cut.engine = restored(&cut.engine);
            prop_assert_eq!(cut.engine.stats(), stats);
            prop_assert_eq!(self::by_tenant(&cut.engine), by_tenant, "what is counted as it changes is what is there");
            done = at;
        }
        cut.go(&steps[done..]);
        prop_assert_eq!(plain.engine.stats(), cut.engine.stats());
        plain.wait();
        cut.wait();
        prop_assert_eq!(plain.log.lines, cut.log.lines);
        prop_assert_eq!(plain.outcomes.0, cut.outcomes.0);
        prop_assert_eq!(plain.engine.stats(), Stats::default());
        prop_assert_eq!(cut.engine.stats(), Stats::default());
    }

    #[test]
    fn a_checkpoint_of_a_restored_engine_is_the_same(steps in vec(step(), 1..60)) {
        let mut run = Run::new();
        run.go(&steps);
        let bytes = restored(&run.engine).save();
        prop_assert_eq!(Engine::restore(config(), &bytes).unwrap().save(), bytes);
    }

    #[test]
    fn what_is_cut_off_is_refused(steps in vec(step(), 1..20), cut in any::<proptest::sample::Index>()) {
        let mut run = Run::new();
        run.go(&steps);
        let bytes = run.engine.save();
        prop_assert!(Engine::restore(config(), &bytes[..cut.index(bytes.len())]).is_err());
    }

    /// Damage may go unnoticed (the journal has checksums), but then it is a state like any other.
    #[test]
    fn damage_breaks_nothing(
        steps in vec(step(), 1..30), damage in vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut run = Run::new();
        run.go(&steps);
        let mut bytes = run.engine.save();
        let length = bytes.len() - 8;
        for (at, byte) in damage {
            bytes[8 + at.index(length)] = byte;
        }
        if let Ok(engine) = Engine::restore(config(), &bytes) {
            run.engine = engine;
            run.go(&steps);
            run.wait();
        }
    }

    #[test]
    fn any_bytes_are_refused_or_harmless(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(Engine::restore(config(), &bytes).is_err());
        let mut tagged = Engine::new(config()).save()[..8].to_vec();
        tagged.extend(bytes);
        let _ = Engine::restore(config(), &tagged);
    }
}

#[test]
fn other_versions_and_other_bytes_are_told_apart() {
    let mut bytes = Engine::new(config()).save();
    assert!(Engine::restore(config(), &bytes).is_ok());
    bytes[4] += 1;
    let error = Engine::restore(config(), &bytes).unwrap_err();
    assert_eq!(error.to_string(), "a checkpoint of version 8, where this build reads version 7");
    bytes[0] += 1;
    assert!(matches!(Engine::restore(config(), &bytes), Err(RestoreError::Foreign)));
}

/// A promise of four billion sessions takes no memory before they are there.
#[test]
fn empty_promises_cost_nothing() {
    let header = Engine::new(config()).save()[..8].to_vec();
    for promise in [
        &[0x92, 0xdd, 0xff, 0xff, 0xff, 0xff][..],
        &[0x92, 0xdd, 0xff, 0xff, 0xff, 0xff, 0x99, 0xdb, 0xff, 0xff, 0xff, 0xff],
    ] {
        let bytes = [&header, promise].concat();
        assert!(matches!(Engine::restore(config(), &bytes), Err(RestoreError::Damaged(_))));
    }
}
