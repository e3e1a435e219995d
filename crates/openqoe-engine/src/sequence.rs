//! Puts the events of one session back into order and tells duplicates from news, in bounded memory.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::checkpoint::{LARGEST, growing};

/// How many given-up gaps are remembered; an event of an older one counts as a duplicate when it shows up after all.
const MAX_GAPS: usize = 8;

/// What to do with an event, judged by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is the next one.
    Next,
    /// One sent before it is still missing.
    Early,
    /// It has been seen.
    Duplicate,
    /// It belongs to a gap that was given up.
    Late,
}

/// The order of one session. `T` is what waits.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sequence<T> {
    #[serde(deserialize_with = "growing")]
    next: u64,
    gaps: Vec<Range<u64>>,
    waiting: BTreeMap<u64, T>,
}

impl<T> Default for Sequence<T> {
    fn default() -> Self {
        Sequence { next: 0, gaps: Vec::new(), waiting: BTreeMap::new() }
    }
}

impl<T> Sequence<T> {
    pub(crate) fn place(&self, seq: u64) -> Place {
        if seq == self.next {
            Place::Next
        } else if seq > self.next {
            if self.waiting.contains_key(&seq) { Place::Duplicate } else { Place::Early }
        } else if self.gaps.iter().any(|gap| gap.contains(&seq)) {
            Place::Late
        } else {
            Place::Duplicate
        }
    }

    /// The next event has been taken.
    pub(crate) fn step(&mut self) {
        self.next += 1;
    }

    pub(crate) fn wait(&mut self, seq: u64, event: T) {
        self.waiting.insert(seq, event);
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The oldest event that waits.
    pub(crate) fn first_waiting(&self) -> Option<&T> {
        self.waiting.first_key_value().map(|(_, event)| event)
    }

    /// Everything that waits, in order.
    pub(crate) fn all_waiting(&self) -> impl Iterator<Item = &T> {
        self.waiting.values()
    }

    /// The event that waited for its turn, now that it has come.
    pub(crate) fn take_next(&mut self) -> Option<T> {
        let event = self.waiting.remove(&self.next)?;
        self.step();
        Some(event)
    }

    /// Whether this can have come about: what a checkpoint holds is not taken on trust.
    pub(crate) fn is_sound(&self) -> bool {
        let ahead = self.waiting.keys().all(|seq| (self.next + 1..LARGEST).contains(seq));
        let behind = self.gaps.iter().all(|gap| gap.start < gap.end && gap.end <= self.next);
        ahead && behind && self.gaps.len() <= MAX_GAPS
    }

    /// Gives up what is missing before the first event that waits. Returns whether the session's very beginning is lost.
    pub(crate) fn give_up(&mut self) -> bool {
        let Some((&first, _)) = self.waiting.first_key_value() else { return false };
        let beginning = self.next == 0;
        if self.gaps.len() == MAX_GAPS {
            self.gaps.remove(0);
        }
        self.gaps.push(self.next..first);
        self.next = first;
        beginning
    }

    /// Forgets what waits, because the session is over. Returns how many that were.
    pub(crate) fn clear(&mut self) -> Vec<T> {
        std::mem::take(&mut self.waiting).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_up_gap_makes_its_events_late_and_the_others_duplicates() {
        let mut sequence = Sequence::default();
        assert_eq!(sequence.place(0), Place::Next);
        sequence.step();
        assert_eq!(sequence.place(0), Place::Duplicate);
        assert_eq!(sequence.place(3), Place::Early);
        sequence.wait(3, "three");
        assert_eq!(sequence.place(3), Place::Duplicate);
        assert!(!sequence.give_up());
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
        assert!(sequence.give_up());
    }

    #[test]
    fn gaps_are_bounded() {
        let mut sequence = Sequence::default();
        for seq in (1..100).step_by(2) {
            sequence.wait(seq, ());
            sequence.give_up();
            sequence.take_next();
        }
        assert_eq!(sequence.gaps.len(), MAX_GAPS);
        assert_eq!(sequence.place(0), Place::Duplicate);
        assert_eq!(sequence.place(98), Place::Late);
    }
}
