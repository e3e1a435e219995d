//! The order of exemplars from one snapshot to the next.
//!
//! Prometheus keeps those of a series by time. The last it took may come again; any other that is not later is dropped with a
//! warning, at every scrape (`validateExemplar` in its tsdb/exemplar.go). Which exemplar a bucket prefers does not go by time
//! alone, and what comes late or from another shard may be preferred to what has been shown already.

use std::sync::Arc;

use crate::cells::Cells;
use crate::histogram::Kept;
use crate::layout::SCOPES;
use crate::snapshot::Snapshot;

/// The exemplars that were shown last, of the rows of one snapshot.
#[derive(Debug, Default)]
pub struct ExemplarOrder {
    scopes: [Vec<Shown>; SCOPES.len()],
}

/// Those of one row.
#[derive(Debug)]
struct Shown {
    labels: Arc<str>,
    /// By histogram slot, at most one a bucket.
    histograms: Vec<(usize, Vec<Kept>)>,
}

impl ExemplarOrder {
    /// Leaves an exemplar in the snapshot only where it is later than the one its bucket has shown; else that one is there
    /// again. To be called with every snapshot that is exposed. Rows that are gone are forgotten.
    pub fn keep(&mut self, snapshot: &mut Snapshot) {
        for (shown, rows) in self.scopes.iter_mut().zip(snapshot.all_rows_mut()) {
            // Both are in the order of the labels.
            let mut before = std::mem::take(shown).into_iter().peekable();
            for (labels, cells) in rows {
                while before.next_if(|row| row.labels < *labels).is_some() {}
                let row = before.next_if(|row| row.labels == *labels);
                let mut row = row.unwrap_or_else(|| Shown { labels: labels.clone(), histograms: Vec::new() });
                row.keep(cells);
                if !row.histograms.is_empty() {
                    shown.push(row);
                }
            }
        }
    }
}

impl Shown {
    fn keep(&mut self, cells: &mut Cells) {
        for (slot, histogram) in cells.histograms.iter_mut().enumerate() {
            let Some(histogram) = histogram.as_mut().filter(|histogram| histogram.exemplars().len() > 0)
            else {
                continue;
            };
            let at = self.histograms.iter().position(|(known, _)| *known == slot).unwrap_or_else(|| {
                self.histograms.push((slot, Vec::new()));
                self.histograms.len() - 1
            });
            histogram.keep_order(&mut self.histograms[at].1);
        }
    }
}
