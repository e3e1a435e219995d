//! The events of one session as its reporter meant them, whatever order they came in: for those who tell a session from its
//! journal once it is over.

use openqoe_spec::{Batch, Event, Numbering, PARTS};

use crate::ledger::Source;
use crate::sequence::key_by_time;

/// The events of a session's first reporter in order, each once, numbered without gaps but for what never came.
pub fn in_order(batches: impl IntoIterator<Item = (Source, Batch)>) -> Vec<Event> {
    let mut batches = batches.into_iter().peekable();
    let Some((reporter, _)) = batches.peek() else { return Vec::new() };
    let reporter = *reporter;
    let own = batches.filter(|(source, _)| *source == reporter).map(|(_, batch)| batch);
    match reporter.numbering() {
        Numbering::Dense => {
            let mut events: Vec<Event> = own.flat_map(|batch| batch.events).collect();
            events.sort_by_key(|event| event.seq);
            events.dedup_by_key(|event| event.seq);
            events
        }
        Numbering::Records => {
            let own = own.flat_map(|batch| {
                let base = batch.started_at;
                batch.events.into_iter().map(move |event| Event { t: base + event.t, ..event })
            });
            renumbered(own.collect())
        }
    }
}

fn renumbered(mut events: Vec<Event>) -> Vec<Event> {
    let is_by_times = events.first().is_some_and(|event| event.seq < PARTS);
    let key = |event: &Event| if is_by_times { key_by_time(event) } else { event.seq };
    events.sort_by_key(key);
    events.dedup_by_key(|event| key(event));
    let started_at = events.first().map_or(0, |event| event.t);
    let (mut next, mut newest) = (0, None);
    for event in &mut events {
        event.t = event.t.saturating_sub(started_at);
        let record = event.seq / PARTS;
        // What is missing is one event, however many records it was.
        let is_gap = !is_by_times && newest.is_some_and(|newest| record > newest + 1);
        newest = Some(record);
        event.seq = next + u64::from(is_gap);
        next = event.seq + 1;
    }
    events
}

#[cfg(test)]
mod tests {
    use openqoe_spec::{Attributes, EventKind, Protocol, part_of};

    use super::*;

    fn batch(protocol: Protocol, started_at: u64, events: &[(u64, u64, EventKind)]) -> (Source, Batch) {
        let events = events.iter().map(|(seq, t, kind)| Event { seq: *seq, t: *t, kind: kind.clone() });
        let attributes = Attributes::default();
        let (session_id, events) = ("s".into(), events.collect());
        (Source::of(protocol), Batch { session_id, started_at, sent_at: started_at, attributes, events })
    }

    fn told(batches: impl IntoIterator<Item = (Source, Batch)>) -> Vec<(u64, u64, &'static str)> {
        in_order(batches).iter().map(|event| (event.seq, event.t, event.kind.name())).collect()
    }

    #[test]
    fn batches_of_their_own_time_become_one_story() {
        use EventKind::{Pause, Playing, SessionStart, Stall};
        let batches = [
            batch(Protocol::Cmcd, 1000, &[(part_of(0, 0), 0, SessionStart), (part_of(0, 1), 0, Playing)]),
            batch(Protocol::Native, 900, &[(0, 0, SessionStart)]),
            batch(Protocol::Cmcd, 9000, &[(part_of(3, 0), 0, Stall)]),
            batch(Protocol::Cmcd, 5000, &[(part_of(1, 0), 0, Pause), (part_of(0, 1), 0, Playing)]),
        ];
        let expected = [(0, 0, "session_start"), (1, 0, "playing"), (2, 4000, "pause"), (4, 8000, "stall")];
        assert_eq!(told(batches), expected);

        let batches = [
            batch(Protocol::Epas, 2000, &[(0, 0, Playing)]),
            batch(Protocol::Epas, 3000, &[(0, 0, Stall)]),
            batch(Protocol::Epas, 2500, &[(0, 0, Pause)]),
        ];
        assert_eq!(told(batches), [(0, 0, "playing"), (1, 500, "pause"), (2, 1000, "stall")]);
    }
}
