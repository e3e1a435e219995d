//! What is known of the values beyond one budget, in about 12 KiB however many they are.

use std::hash::{BuildHasher, RandomState};

use super::distinct::Distinct;
use super::offenders::{Offender, Offenders};

/// Sketches of the folded values of one guarded thing.
#[derive(Debug, Default)]
pub(crate) struct Overflow {
    /// Keyed by chance: nobody can choose values that mislead the sketches.
    hasher: RandomState,
    distinct: Distinct,
    offenders: Offenders,
}

impl Overflow {
    /// A value was folded.
    pub(crate) fn note(&mut self, value: &str) {
        let hash = self.hasher.hash_one(value);
        self.distinct.insert(hash);
        self.offenders.count(hash, value);
    }

    /// How many different values were, about.
    pub(crate) fn values(&self) -> u64 {
        self.distinct.estimate()
    }

    /// Which ones most often.
    pub(crate) fn top(&self, most: usize) -> Vec<Offender> {
        self.offenders.top(most)
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Overflow>() + 4096 + self.offenders.bytes()
    }
}
