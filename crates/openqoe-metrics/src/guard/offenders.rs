//! The most frequent values of a stream, in bounded memory: Space-Saving (Metwally, Agrawal, El Abbadi: "Efficient
//! computation of frequent and top-k elements in data streams", 2005). A value that finds no free counter takes over the
//! smallest one, and what stood on it is its possible error. Whatever makes up more than one in [`COUNTERS`] is among them.

use serde::Serialize;

/// How many values are watched.
pub(crate) const COUNTERS: usize = 64;
/// Bytes kept of a value: enough to recognise it.
pub(crate) const VALUE_BYTES: usize = 64;

/// A value folded often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offender {
    /// Its beginning, at most 64 bytes.
    pub value: String,
    /// How often it was folded, at most.
    pub count: u64,
    /// By how much that may be too high.
    pub error: u64,
}

/// Counters for the most frequent values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offenders {
    /// Side by side, for every value looks through all of them.
    hashes: Vec<u64>,
    counters: Vec<Counter>,
    /// The smallest count, which only grows, and where to look on for a counter that has it: whoever comes with a new value
    /// each time would else have all counters compared each time.
    least: u64,
    next: usize,
}

#[derive(Clone, Debug)]
struct Counter {
    value: String,
    count: u64,
    error: u64,
}

impl Offenders {
    /// Counts a value, known by its hash.
    pub(crate) fn count(&mut self, hash: u64, value: &str) {
        if let Some(at) = self.find(hash) {
            self.counters[at].count += 1;
        } else if self.hashes.len() < COUNTERS {
            self.hashes.push(hash);
            let mut kept = String::with_capacity(VALUE_BYTES);
            kept.push_str(cut(value));
            self.counters.push(Counter { value: kept, count: 1, error: 0 });
        } else {
            let at = self.smallest();
            self.hashes[at] = hash;
            let counter = &mut self.counters[at];
            (counter.error, counter.count) = (counter.count, counter.count + 1);
            counter.value.clear();
            counter.value.push_str(cut(value));
        }
    }

    fn find(&self, hash: u64) -> Option<usize> {
        const STRIDE: usize = 8;
        // Without an early end within the stride, so that it is compared at once.
        let is_in = |hashes: &[u64]| hashes.iter().fold(false, |found, known| found | (*known == hash));
        let stride = self.hashes.chunks(STRIDE).position(is_in)?;
        let within = self.hashes[stride * STRIDE..].iter().position(|known| *known == hash)?;
        Some(stride * STRIDE + within)
    }

    fn smallest(&mut self) -> usize {
        let rest = &self.counters[self.next..];
        if let Some(further) = rest.iter().position(|counter| counter.count == self.least) {
            self.next += further;
            return self.next;
        }
        let smallest = self.counters.iter().enumerate().min_by_key(|(_, counter)| counter.count);
        (self.next, self.least) = smallest.map_or((0, 0), |(at, counter)| (at, counter.count));
        self.next
    }

    /// The most frequent ones, most frequent first.
    pub(crate) fn top(&self, most: usize) -> Vec<Offender> {
        let of = |Counter { value, count, error }: &Counter| Offender {
            value: value.clone(),
            count: *count,
            error: *error,
        };
        let mut top: Vec<_> = self.counters.iter().map(of).collect();
        top.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        top.truncate(most);
        top
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let text: usize = self.counters.iter().map(|counter| counter.value.capacity()).sum();
        8 * self.hashes.capacity() + size_of::<Counter>() * self.counters.capacity() + text
    }
}

fn cut(value: &str) -> &str {
    let end = (0..=VALUE_BYTES).rev().find(|end| value.is_char_boundary(*end));
    if value.len() <= VALUE_BYTES { value } else { &value[..end.unwrap_or_default()] }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::hash::{DefaultHasher, Hash, Hasher};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn counted(values: &[String]) -> Offenders {
        let mut offenders = Offenders::default();
        for value in values {
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            offenders.count(hasher.finish(), value);
        }
        offenders
    }

    proptest! {
        /// The guarantees of the paper: no count too low, none too high by more than its error, no frequent value missed.
        #[test]
        fn counts_are_bounds(values in vec((0..300_u32, 0..2_u8), 1..3_000)) {
            // Half of the stream is of a few values.
            let values: Vec<_> =
                values.into_iter().map(|(v, few)| if few == 0 { v % 5 } else { v }.to_string()).collect();
            let mut exact = BTreeMap::<&str, u64>::new();
            values.iter().for_each(|value| *exact.entry(value).or_default() += 1);
            let top = counted(&values).top(COUNTERS);
            for Offender { value, count, error } in &top {
                let truth = exact[value.as_str()];
                prop_assert!(count - error <= truth && truth <= *count, "{value}: {truth}, {count} - {error}");
            }
            for (value, truth) in exact {
                let missed = top.iter().all(|offender| offender.value != value);
                prop_assert!(!missed || truth <= (values.len() / COUNTERS) as u64, "{value}: {truth}");
            }
            prop_assert!(top.is_sorted_by(|a, b| a.count >= b.count));
        }
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let long = "ä".repeat(40) + "z";
        assert_eq!(counted(&[format!("x{long}")]).top(1)[0].value, format!("x{}", "ä".repeat(31)));
    }
}
