//! Labels of one tenant's foreign series: how many values each label has, and which are too many.

use std::collections::HashMap;

use crate::OVERFLOW;
use crate::labels::push_label;

/// Labels a tenant may use in all.
const MAX_LABELS: usize = 256;

/// How many series hold each value of each label.
#[derive(Debug, Default)]
pub(super) struct Values(HashMap<Box<str>, HashMap<Box<str>, usize>>);

impl Values {
    /// Puts [`OVERFLOW`] in place of values there is no room for; whether there were any.
    pub(super) fn bound(&self, labels: &mut [(String, String)], max_values: usize) -> bool {
        let mut overflows = false;
        for (name, value) in labels {
            let has_room = match self.0.get(name.as_str()) {
                Some(values) => values.contains_key(value.as_str()) || values.len() < max_values,
                None => self.0.len() < MAX_LABELS,
            };
            if !has_room {
                OVERFLOW.clone_into(value);
                overflows = true;
            }
        }
        overflows
    }

    /// One more series has these.
    pub(super) fn hold(&mut self, labels: &[(String, String)]) {
        for (name, value) in labels.iter().filter(|(_, value)| value != OVERFLOW) {
            let values = self.0.entry(name.as_str().into()).or_default();
            *values.entry(value.as_str().into()).or_default() += 1;
        }
    }

    /// One series less does.
    pub(super) fn release(&mut self, labels: &[(String, String)]) {
        for (name, value) in labels.iter().filter(|(_, value)| value != OVERFLOW) {
            let Some(values) = self.0.get_mut(name.as_str()) else { continue };
            if let Some(count) = values.get_mut(value.as_str()) {
                *count -= 1;
                if *count == 0 {
                    values.remove(value.as_str());
                }
            }
            if values.is_empty() {
                self.0.remove(name.as_str());
            }
        }
    }
}

/// The labels as the exposition has them.
pub(super) fn text(tenant: &str, labels: &[(String, String)]) -> String {
    let mut text = String::new();
    push_label(&mut text, "tenant", tenant);
    labels.iter().for_each(|(name, value)| push_label(&mut text, name, value));
    text
}
