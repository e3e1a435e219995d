//! A guard to bytes and back: what is within the budgets. What was folded beyond them is in the tables, each of which knows
//! its own part: so a shard that goes back to its checkpoint and plays on counts nothing twice.
//!
//! Between checkpoints the journal keeps the news: what was admitted since. Which of two values found the last room depends
//! on which shard was faster; a replay that knows the news does not have to race again.

use super::{RestoreError, Tag, open, seal};
use crate::guard::{Admitted, Guard, Limits};
use crate::label_set::{borrowed, parse, view_text};

const TAG: Tag = *b"OQgd";
const NEWS: Tag = *b"OQnw";

impl Guard {
    /// What is within the budgets of every tenant, for [`Guard::restore`].
    ///
    /// To be taken after the tables of all shards were saved. What was admitted in between does no harm: it is admitted
    /// again when the journal is replayed.
    pub fn save(&self) -> Vec<u8> {
        seal(TAG, &self.admitted())
    }

    /// A guard with the budgets as full as they were when [`Guard::save`] wrote them, and nothing folded yet: the tables
    /// bring that along in [`crate::Table::restore`]. Values stay admitted where the limits are lower now.
    ///
    /// # Errors
    /// When the bytes are no checkpoint, were written by another version of it, are damaged, or contradict themselves.
    pub fn restore(limits: Limits, bytes: &[u8]) -> Result<Guard, RestoreError> {
        let guard = Guard::new(limits);
        guard.readmit_all(open(TAG, bytes)?)?;
        Ok(guard)
    }

    /// What was admitted since this was last asked, for [`Guard::readmit_news`]; `None`, at the price of one load, when
    /// nothing was. What has gone again meanwhile is not told of.
    pub fn news(&self) -> Option<Vec<u8>> {
        self.take_news().map(|news| seal(NEWS, &news))
    }

    /// Takes in what [`Guard::news`] of another process told, whatever the limits: from then on the same is within them.
    ///
    /// # Errors
    /// When the bytes are no news, were written by another version, are damaged, or contradict themselves. Nothing is taken
    /// in then.
    pub fn readmit_news(&self, bytes: &[u8]) -> Result<(), RestoreError> {
        self.readmit_all(open(NEWS, bytes)?)
    }

    fn readmit_all(&self, all: Vec<Admitted>) -> Result<(), RestoreError> {
        let all: Vec<_> = all.into_iter().map(of_this_build).collect::<Result<_, _>>()?;
        all.iter().for_each(|admitted| self.readmit_unheld(admitted));
        Ok(())
    }
}

/// Label text is written anew in the attributes of this build.
fn of_this_build(mut admitted: Admitted) -> Result<Admitted, RestoreError> {
    let text = |labels: &std::sync::Arc<str>| {
        let (tenant, values) = parse(labels).ok_or(RestoreError::Unsound("a label set of no one"))?;
        if tenant != admitted.tenant.as_ref() {
            return Err(RestoreError::Unsound("a label set of another tenant"));
        }
        Ok(view_text(&tenant, &borrowed(&values)).into())
    };
    admitted.label_sets = admitted.label_sets.iter().map(text).collect::<Result<_, _>>()?;
    Ok(admitted)
}
