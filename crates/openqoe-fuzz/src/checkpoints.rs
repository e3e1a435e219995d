//! Checkpoints of engine, table and guard: any bytes are refused, or are a state like any other.

use std::sync::Arc;

use openqoe_engine::{Arrival, Config, Engine, Source};
use openqoe_metrics::{Guard, Limits, SINKS, Table};
use openqoe_spec::{Attributes, Batch, LabelSetId, Measurement, Recorder, metrics};

use crate::scribe::Books;
use crate::seeds;

const NOW: u64 = 1_700_000_000_000;
const DAY: u64 = 86_400_000;

/// An engine restored from any bytes can be saved again and goes on.
pub(crate) fn engine(data: &[u8]) {
    let Ok(mut engine) = Engine::restore(Config::default(), data) else { return };
    let saved = engine.save();
    let again = Engine::restore(Config::default(), &saved).expect("what was restored can be saved");
    assert_eq!(again.stats(), engine.stats());
    let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
    let mut books = Books::default();
    table.intern("t", &Attributes::default());
    let waiting = engine.stats().waiting;
    let everything = seeds::everything();
    let sent = everything.events.len();
    for received_at in [NOW, NOW + DAY] {
        let batch: Batch = everything.clone();
        let arrival = Arrival { tenant: "t", source: Source(0), received_at, place: 0, batch };
        engine.apply(arrival, &mut table, &mut books);
        engine.expire(received_at, &mut table, &mut books);
    }
    engine.resume(NOW + DAY);
    engine.expire(u64::MAX / 2, &mut table, &mut books);
    assert_eq!(books.counted + books.others + engine.stats().waiting, waiting + 2 * sent);
    encode(&table);
}

/// The first byte says which of both, and of whom the guard is.
pub(crate) fn table(data: &[u8]) {
    let Some((first, data)) = data.split_first() else { return };
    let limits = Limits { max_label_sets: usize::from(*first >> 1), ..Limits::default() };
    if first & 1 == 1 {
        let Ok(guard) = Guard::restore(limits.clone(), data) else { return };
        let saved = guard.save();
        let again = Guard::restore(limits, &saved).expect("what was restored can be saved");
        assert_eq!(again.save(), saved);
        return;
    }
    let guard = Arc::new(Guard::new(limits.clone()));
    let Ok(mut table) = Table::restore(guard, data) else { return };
    let saved = table.save();
    let again = Table::restore(Arc::new(Guard::new(limits)), &saved).expect("what was restored can be saved");
    assert_eq!(again.save(), saved);
    encode(&table);
    let set = table.intern("t", &seeds::everything().attributes);
    for set in [LabelSetId(0), set] {
        table.record(set, Measurement::Count(metrics::view::Counter::StartupAttempts, 1.0));
        table.record(set, Measurement::Observe(metrics::view::Histogram::StartupTimeSeconds, 1.0, None));
    }
    encode(&table);
}

fn encode(table: &Table) {
    let snapshot = table.snapshot();
    for sink in &SINKS {
        snapshot.encode(sink);
    }
}
