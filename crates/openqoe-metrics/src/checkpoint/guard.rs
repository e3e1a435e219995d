//! A guard to bytes and back: what is within the budgets. What was folded beyond them is in the tables, each of which knows
//! its own part: so a shard that goes back to its checkpoint and plays on counts nothing twice.

use std::sync::Arc;

use openqoe_spec::Guarded;

use super::table::{borrowed, parse};
use super::{RestoreError, Tag, open, seal};
use crate::guard::{Admitted, Guard, Limits, view_text};

const TAG: Tag = *b"OQgd";

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
        let all: Vec<Admitted> = open(TAG, bytes)?;
        let guard = Guard::new(limits);
        for Admitted { tenant, values, label_sets } in all {
            for (name, values) in values {
                let Some(guarded) = Guarded::parse(&name) else { continue };
                values.iter().for_each(|value| guard.readmit_key(&tenant, guarded, value));
            }
            for labels in label_sets {
                let (named, values) = parse(&labels).ok_or(RestoreError::Unsound("a label set of no one"))?;
                if named != tenant.as_ref() {
                    return Err(RestoreError::Unsound("a label set of another tenant"));
                }
                let values = borrowed(&values);
                guard.readmit(&tenant, &values, &Arc::from(view_text(&tenant, &values)));
            }
        }
        Ok(guard)
    }
}
