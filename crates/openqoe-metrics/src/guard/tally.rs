//! What was folded, counted.

use openqoe_spec::Guarded;

use super::GUARDED;

/// What was folded. The guard counts all of it; each table its own part, for that is what its checkpoint answers for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Values, in the order of [`Guarded::ALL`].
    pub(crate) folded: [u64; GUARDED],
    /// Whole label sets.
    pub(crate) refused: u64,
}

impl Tally {
    /// Adds another.
    pub(crate) fn add(&mut self, more: &Tally) {
        for (mine, more) in self.folded.iter_mut().zip(more.folded) {
            *mine = mine.saturating_add(more);
        }
        self.refused = self.refused.saturating_add(more.refused);
    }

    /// Counts one value.
    pub(crate) fn fold(&mut self, guarded: Guarded) {
        self.folded[guarded.index()] += 1;
    }
}
