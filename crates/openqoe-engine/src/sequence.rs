//! Puts the events of one session back into order and tells duplicates from news, in bounded memory.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use openqoe_spec::{Event, Numbering, PARTS, compact};
use serde::{Deserialize, Serialize};

use crate::checkpoint::{LARGEST, growing};

/// How many given-up gaps are remembered; an event of an older one counts as a duplicate when it shows up after all.
const MAX_GAPS: usize = 8;

/// How many events without numbers are remembered; an older one that comes again counts as late.
const MAX_TAKEN: usize = 64;

/// What to do with an event, judged by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is the next one.
    Next,
    /// One sent before it is still missing.
    Early,
    /// It has been seen.
    Duplicate,
    /// It belongs to a gap that was given up, or to a time that is over.
    Late,
    /// Nothing tells where it belongs.
    Anywhere,
}

/// What tells events apart and puts them in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Order {
    /// Numbers without gaps.
    #[default]
    Dense,
    /// Numbers of records, each of several events.
    Records,
    /// Times; of the same time, what the events say.
    Times,
}

/// What was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GivenUp {
    /// Whether the session's very beginning is lost.
    pub(crate) beginning: bool,
    /// Events, or records.
    pub(crate) missing: u64,
}

/// The order of one session. `T` is what waits.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sequence<T> {
    /// The key of the next event; by times, that of the newest one taken.
    #[serde(deserialize_with = "growing")]
    next: u64,
    order: Order,
    /// What most sessions never have.
    disorder: Option<Box<Disorder<T>>>,
}

/// What has to be remembered where events do not come one after the other.
#[derive(Debug, Serialize, Deserialize)]
struct Disorder<T> {
    gaps: Vec<Range<u64>>,
    waiting: BTreeMap<u64, T>,
    /// The newest keys taken, by times.
    taken: VecDeque<u64>,
}

impl<T> Default for Sequence<T> {
    fn default() -> Self {
        Sequence { next: 0, order: Order::Dense, disorder: None }
    }
}

impl<T> Default for Disorder<T> {
    fn default() -> Self {
        Disorder { gaps: Vec::new(), waiting: BTreeMap::new(), taken: VecDeque::new() }
    }
}

impl<T> Disorder<T> {
    fn is_over(&self) -> bool {
        self.gaps.is_empty() && self.waiting.is_empty() && self.taken.is_empty()
    }
}

impl<T> Sequence<T> {
    /// Settles how events are told apart, before the first of them.
    pub(crate) fn begin(&mut self, numbering: Numbering, first: Option<&Event>) {
        self.order = match (numbering, first) {
            (Numbering::Dense, _) => Order::Dense,
            (Numbering::Records, Some(event)) if event.seq < PARTS => Order::Times,
            (Numbering::Records, _) => Order::Records,
        };
    }

    /// What an event is told apart by.
    pub(crate) fn key(&self, event: &Event) -> u64 {
        match self.order {
            Order::Times => key_by_time(event),
            Order::Dense | Order::Records => event.seq,
        }
    }

    pub(crate) fn place(&self, key: u64) -> Place {
        match self.order {
            Order::Records if key < PARTS => Place::Anywhere,
            Order::Times if key <= self.next && !self.has_taken(key) => Place::Late,
            Order::Dense | Order::Records if key == self.due(key) => Place::Next,
            _ if key > self.next => {
                if self.disorder.as_ref().is_some_and(|disorder| disorder.waiting.contains_key(&key)) {
                    Place::Duplicate
                } else {
                    Place::Early
                }
            }
            _ if self.has_given_up(key) => Place::Late,
            _ => Place::Duplicate,
        }
    }

    fn has_taken(&self, key: u64) -> bool {
        self.disorder.as_ref().is_some_and(|disorder| disorder.taken.contains(&key))
    }

    fn has_given_up(&self, key: u64) -> bool {
        self.disorder.as_ref().is_some_and(|disorder| disorder.gaps.iter().any(|gap| gap.contains(&key)))
    }

    /// What a key would have to be for its event to be the next. A record follows when the one before it is whole or not: its
    /// events come together.
    fn due(&self, key: u64) -> u64 {
        match self.order {
            Order::Records if key.is_multiple_of(PARTS) => self.next.next_multiple_of(PARTS).max(PARTS),
            _ => self.next,
        }
    }

    /// The event with this key has been taken.
    pub(crate) fn step(&mut self, key: u64) {
        if self.order == Order::Times {
            self.next = self.next.max(key);
            let taken = &mut self.disorder.get_or_insert_default().taken;
            if taken.len() == MAX_TAKEN {
                taken.pop_front();
            }
            taken.push_back(key);
        } else {
            self.next = key + 1;
        }
    }

    /// Whether no event has been taken yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.next == 0
    }

    /// Whether events are in order of their times, each of which waits a while for others.
    pub(crate) fn is_by_times(&self) -> bool {
        self.order == Order::Times
    }

    pub(crate) fn wait(&mut self, key: u64, event: T) {
        self.disorder.get_or_insert_default().waiting.insert(key, event);
    }

    pub(crate) fn waiting(&self) -> usize {
        self.disorder.as_ref().map_or(0, |disorder| disorder.waiting.len())
    }

    /// The oldest event that waits.
    pub(crate) fn first_waiting(&self) -> Option<&T> {
        self.disorder.as_ref()?.waiting.first_key_value().map(|(_, event)| event)
    }

    /// Everything that waits, in order.
    pub(crate) fn all_waiting(&self) -> impl Iterator<Item = &T> {
        self.disorder.iter().flat_map(|disorder| disorder.waiting.values())
    }

    /// The event that waited for its turn, now that it has come.
    pub(crate) fn take_next(&mut self) -> Option<T> {
        let disorder = self.disorder.as_ref().filter(|_| self.order != Order::Times)?;
        let (&key, _) = disorder.waiting.first_key_value()?;
        if key == self.due(key) { self.take_first() } else { None }
    }

    /// The oldest event that waits, whose turn it is from now on.
    pub(crate) fn take_first(&mut self) -> Option<T> {
        let disorder = self.disorder.as_mut()?;
        let (key, event) = disorder.waiting.pop_first()?;
        if disorder.is_over() {
            self.disorder = None;
        }
        self.step(key);
        Some(event)
    }

    /// Whether this can have come about: what a checkpoint holds is not taken on trust.
    pub(crate) fn is_sound(&self) -> bool {
        let Some(Disorder { gaps, waiting, taken }) = self.disorder.as_deref() else { return true };
        let is_ahead = waiting.keys().all(|key| (self.next + 1..LARGEST).contains(key));
        let is_behind = gaps.iter().all(|gap| gap.start < gap.end && gap.end <= self.next);
        let was_taken = taken.len() <= MAX_TAKEN && taken.iter().all(|key| *key <= self.next);
        is_ahead && is_behind && was_taken && gaps.len() <= MAX_GAPS
    }

    /// Gives up what is missing before the first event that waits.
    pub(crate) fn give_up(&mut self) -> Option<GivenUp> {
        let disorder = self.disorder.as_mut()?;
        let (&first, _) = disorder.waiting.first_key_value()?;
        if disorder.gaps.len() == MAX_GAPS {
            disorder.gaps.remove(0);
        }
        disorder.gaps.push(self.next..first);
        let missing = match self.order {
            // A sender that counts from 1 has lost nothing.
            Order::Records if self.next == 0 => (first / PARTS).saturating_sub(2),
            Order::Records => (first - self.next) / PARTS,
            Order::Dense | Order::Times => first - self.next,
        };
        let beginning = self.next == 0 && missing > 0;
        self.next = first;
        Some(GivenUp { beginning, missing })
    }

    /// Forgets what waits, because the session is over. Returns how many that were.
    pub(crate) fn clear(&mut self) -> Vec<T> {
        let waiting = self.disorder.as_mut().map(|disorder| std::mem::take(&mut disorder.waiting));
        waiting.unwrap_or_default().into_values().collect()
    }
}

/// Time (epoch ms), place in its record, and sixteen bits of what it says, from 1.
pub(crate) fn key_by_time(event: &Event) -> u64 {
    const LATEST: u64 = (1 << 42) - 1;
    let said = compact::fingerprint(&event.kind) & 0xffff;
    (event.t.min(LATEST) << 20 | (event.seq % PARTS) << 16 | said) + 1
}

#[cfg(test)]
mod tests {
    use openqoe_spec::{EventKind, part_of};

    use super::*;

    #[test]
    fn a_given_up_gap_makes_its_events_late_and_the_others_duplicates() {
        let mut sequence = Sequence::default();
        assert_eq!(sequence.place(0), Place::Next);
        sequence.step(0);
        assert_eq!(sequence.place(0), Place::Duplicate);
        assert_eq!(sequence.place(3), Place::Early);
        sequence.wait(3, "three");
        assert_eq!(sequence.place(3), Place::Duplicate);
        assert_eq!(sequence.give_up(), Some(GivenUp { beginning: false, missing: 2 }));
        assert_eq!(sequence.take_next(), Some("three"));
        assert_eq!(sequence.place(1), Place::Late);
        assert_eq!(sequence.place(2), Place::Late);
        assert_eq!(sequence.place(3), Place::Duplicate);
        assert_eq!(sequence.place(4), Place::Next);
    }

    #[test]
    fn losing_the_beginning_is_told() {
        let mut sequence = Sequence::default();
        sequence.wait(5, ());
        assert!(sequence.give_up().unwrap().beginning);
    }

    #[test]
    fn gaps_are_bounded() {
        let mut sequence = Sequence::default();
        for seq in (1..100).step_by(2) {
            sequence.wait(seq, ());
            sequence.give_up();
            sequence.take_next();
        }
        assert_eq!(sequence.disorder.as_ref().unwrap().gaps.len(), MAX_GAPS);
        assert_eq!(sequence.place(0), Place::Duplicate);
        assert_eq!(sequence.place(98), Place::Late);
    }

    fn records(first: u64) -> Sequence<u64> {
        let mut sequence = Sequence::default();
        sequence.begin(Numbering::Records, Some(&Event { seq: first, t: 0, kind: EventKind::Playing }));
        sequence
    }

    #[test]
    fn a_record_may_mean_few_events_or_many() {
        let mut sequence = records(part_of(0, 0));
        for key in [part_of(0, 0), part_of(0, 1), part_of(1, 0), part_of(2, 0), part_of(2, 1)] {
            assert_eq!(sequence.place(key), Place::Next);
            sequence.step(key);
            assert_eq!(sequence.place(key), Place::Duplicate);
        }
        assert_eq!(sequence.place(part_of(5, 0)), Place::Early);
        sequence.wait(part_of(5, 0), 5);
        assert_eq!(sequence.place(part_of(5, 1)), Place::Early);
        assert_eq!(sequence.give_up(), Some(GivenUp { beginning: false, missing: 2 }));
        assert_eq!(sequence.take_next(), Some(5));
        assert_eq!(sequence.place(part_of(4, 0)), Place::Late);
        assert_eq!(sequence.place(part_of(5, 1)), Place::Next);
        assert_eq!(sequence.place(3), Place::Anywhere);
    }

    #[test]
    fn a_sender_may_count_from_one() {
        let mut sequence = records(part_of(1, 0));
        assert_eq!(sequence.place(part_of(1, 0)), Place::Early);
        sequence.wait(part_of(1, 0), 1);
        assert_eq!(sequence.give_up(), Some(GivenUp { beginning: false, missing: 0 }));
    }

    #[test]
    fn without_numbers_times_decide() {
        let mut sequence = records(0);
        let at = |t, kind| Event { seq: 0, t, kind };
        let [late, early] = [at(20, EventKind::Pause), at(10, EventKind::Playing)];
        for event in [&late, &early] {
            let key = sequence.key(event);
            assert_eq!(sequence.place(key), Place::Early);
            sequence.wait(key, event.t);
            assert_eq!(sequence.place(key), Place::Duplicate);
        }
        assert_eq!(sequence.take_next(), None);
        assert_eq!((sequence.take_first(), sequence.take_first()), (Some(10), Some(20)));
        assert_eq!(sequence.place(sequence.key(&early)), Place::Duplicate);
        assert_eq!(sequence.place(sequence.key(&at(10, EventKind::Stall))), Place::Late);
        assert_ne!(sequence.key(&late), sequence.key(&at(20, EventKind::Stall)));
    }
}
