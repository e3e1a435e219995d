//! The engine: any events at any times. Duplicates and bounded reordering change nothing, every event has one outcome, and
//! a session that falls silent leaves nothing behind.

use openqoe_engine::{Arrival, Config, Engine, Source, Stats};
use openqoe_spec::{Attributes, Batch, Event, compact};

use crate::cursor::Cursor;
use crate::scribe::{Books, Scribe};

const NOW: u64 = 1_700_000_000_000;
const YEAR: u64 = 365 * 86_400_000;
/// Events of one run: as many as the engine lets wait.
const MOST: usize = 200;
/// Bytes that say what happens to the events, before the events themselves in the compact form.
const PLAN: usize = 64;

/// Reads a plan and a batch.
pub(crate) fn order(data: &[u8]) {
    let (plan, events) = data.split_at(PLAN.min(data.len()));
    let Ok(mut batch) = compact::decode(events) else { return };
    batch.events.truncate(MOST);
    any_order_is_the_same(&batch, plan);
    any_times_are_taken(&batch, plan);
}

fn any_order_is_the_same(batch: &Batch, plan: &[u8]) {
    let events: Vec<Event> =
        batch.events.iter().zip(0..).map(|(event, seq)| Event { seq, ..event.clone() }).collect();
    let mut shuffled: Vec<&Event> = events.iter().collect();
    let mut choices = Cursor(plan);
    for at in 0..shuffled.len() {
        let reach = (shuffled.len() - at).min(1 + choices.below(100));
        shuffled.swap(at, at + choices.below(reach));
        if choices.flag() {
            shuffled.push(shuffled[at]);
        }
    }
    let repeated = shuffled.len() - events.len();
    let (plain, books, stats) = feed(batch, &mut events.iter());
    let (other, more, others) = feed(batch, &mut shuffled.into_iter());
    assert_eq!(plain, other);
    assert_eq!((books.counted, books.others + repeated), (more.counted, more.others));
    assert_eq!((stats, stats.waiting), (others, 0));
}

/// One by one, all at the same time.
fn feed(batch: &Batch, events: &mut dyn Iterator<Item = &Event>) -> (Scribe, Books, Stats) {
    let mut engine = Engine::new(Config::default());
    let (mut scribe, mut books) = (Scribe::default(), Books::default());
    for event in events {
        let batch = Batch { events: vec![event.clone()], attributes: Attributes::default(), ..batch.clone() };
        let arrival = Arrival { tenant: "t", source: Source(0), received_at: NOW, place: 0, batch };
        engine.apply(arrival, &mut scribe, &mut books);
    }
    let stats = engine.stats();
    (scribe.settled(), books, stats)
}

/// As numbered by the sender, in batches, while time passes as it likes and there is little room.
fn any_times_are_taken(batch: &Batch, plan: &[u8]) {
    let config = Config { reorder_events: 3, max_sessions: 2, ..Config::default() };
    let mut engine = Engine::new(config);
    let (mut scribe, mut books) = (Scribe::default(), Books::default());
    let mut choices = Cursor(plan);
    let mut now = NOW;
    let mut sent = 0;
    for events in batch.events.chunks(1 + choices.below(5)) {
        // Steps from milliseconds to weeks, and clocks that are put back.
        let step = 1_u64 << choices.below(30);
        now = if choices.below(4) == 3 { now - step.min(now - NOW) } else { now + step };
        let session_id = ["a", "b", "c"][choices.below(3)].into();
        let batch = Batch { session_id, events: events.to_vec(), ..batch.clone() };
        sent += events.len();
        engine.apply(
            Arrival { tenant: "t", source: Source(0), received_at: now, place: 0, batch },
            &mut scribe,
            &mut books,
        );
        if choices.flag() {
            engine.expire(now, &mut scribe, &mut books);
        }
        assert_eq!(books.counted + books.others + engine.stats().waiting, sent);
    }
    // A view, a gap and what is kept of both end one after the other.
    for years in 1..=6 {
        engine.expire(now + years * YEAR, &mut scribe, &mut books);
    }
    assert_eq!(engine.stats(), Stats::default());
    assert_eq!(books.counted + books.others, sent);
    assert_eq!(scribe.settled().gauges.len(), 0);
}
