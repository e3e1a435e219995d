//! A table to bytes and back.
//!
//! Rows go by their label text. On the way back it is written anew in the attributes of this build: labels that are none
//! any more go, and rows that differed in them add up.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use openqoe_spec::{Guarded, LabelSetId, Scope};
use serde::{Deserialize, Serialize};

use super::dictionary::Dictionary;
use super::{LARGEST, RestoreError, Tag, open, seal};
use crate::cells::Cells;
use crate::expiry::keys;
use crate::guard::{Guard, Tally};
use crate::label_set::{beyond_text, borrowed, experiment_text, parse, view_text};
use crate::layout::layout;
use crate::table::{LabelSet, Row, Rows, Table};

pub(crate) const TAG: Tag = *b"OQtb";
/// A row takes at most so many times the memory of its bytes; more is damage, or meant to do some.
const MOST: usize = 16;
/// Rows and shards add up, and so must their counts.
const MOST_OBSERVED: u64 = 1 << 56;

/// As it is written and read.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedTable<'a> {
    #[serde(borrow)]
    pub(crate) views: SavedRows<'a>,
    #[serde(borrow)]
    pub(crate) experiments: SavedRows<'a>,
    /// By id: positions of the view row and the experiment row; `None` is free.
    pub(crate) sets: Vec<Option<(usize, Option<usize>)>>,
    #[serde(borrow)]
    pub(crate) tallies: Vec<SavedTally<'a>>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SavedRows<'a> {
    #[serde(borrow)]
    pub(crate) dictionary: Dictionary<'a>,
    #[serde(borrow)]
    pub(crate) rows: Vec<SavedRow<'a>>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SavedRow<'a> {
    #[serde(borrow)]
    pub(crate) labels: Cow<'a, str>,
    /// Whether it is the row of everything beyond the limit of label sets.
    pub(crate) beyond: bool,
    pub(crate) cells: Cow<'a, Cells>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SavedTally<'a> {
    #[serde(borrow)]
    pub(crate) tenant: Cow<'a, str>,
    pub(crate) folded: BTreeMap<Box<str>, u64>,
    pub(crate) refused: u64,
}

impl Table {
    /// Everything the table holds, for [`Table::restore`].
    pub fn save(&self) -> Vec<u8> {
        let tallies = self.tallies.iter().map(|(tenant, tally)| SavedTally {
            tenant: (&**tenant).into(),
            folded: Guarded::ALL.iter().map(|guarded| guarded.as_str().into()).zip(tally.folded).collect(),
            refused: tally.refused,
        });
        let (views, view_at) = SavedRows::of(&self.views);
        let (experiments, experiment_at) = SavedRows::of(&self.experiments);
        let set = |set: &LabelSet| {
            let experiment = set.experiment.map(|row| experiment_at[row]);
            // One whose row is gone is free.
            experiment.is_none_or(|row| row.is_some()).then_some((view_at[set.view]?, experiment.flatten()))
        };
        let sets = self.sets.iter().map(|place| place.as_ref().and_then(set)).collect();
        let saved = SavedTable { views, experiments, sets, tallies: tallies.collect() };
        seal(TAG, &saved)
    }

    /// A table as it was when [`Table::save`] wrote it, handing out and accepting the same label sets. What it holds counts
    /// in the guard from then on, whatever the guard's limits: label sets, guarded values, and what had been folded. So
    /// every table is to be restored into a guard once; the guard may be new, or restored from [`Guard::save`].
    ///
    /// Where the vocabulary has changed since, metrics that are no more are dropped, new ones start at 0, and a histogram
    /// whose bounds have changed starts anew as a whole.
    ///
    /// # Errors
    /// When the bytes are no checkpoint, were written by another version of it, are damaged, or contradict themselves. The
    /// guard is unchanged then.
    pub fn restore(guard: Arc<Guard>, bytes: &[u8]) -> Result<Table, RestoreError> {
        let SavedTable { views, experiments, sets, tallies } = open(TAG, bytes)?;
        let views = views.read(Scope::View, bytes.len())?;
        let experiments = experiments.read(Scope::Experiment, bytes.len())?;
        let known = |(view, experiment): &(usize, Option<usize>)| {
            *view < views.len() && experiment.is_none_or(|experiment| experiment < experiments.len())
        };
        if !sets.iter().flatten().all(known) {
            return Err(RestoreError::Unsound("a label set without its row"));
        }
        let tallies = tallies.iter().map(SavedTally::read).collect::<Result<Vec<_>, _>>()?;
        let mut table = Table::new(guard);
        let views = table.adopt_views(views);
        let experiments = table.adopt_experiments(experiments);
        for set in sets {
            table.adopt_set(
                set.map(|(view, experiment)| (views[view], experiment.map(|row| experiments[row]))),
            );
        }
        table.collect_free();
        for (tenant, tally) in tallies {
            table.guard.recount(&tenant, &tally);
            table.note_folded(&tenant, &tally);
        }
        Ok(table)
    }

    fn adopt_set(&mut self, set: Option<(usize, Option<usize>)>) {
        let id = LabelSetId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        self.sets.push(set.map(|(view, experiment)| {
            let tenant = parse(&self.views.rows[view].labels.text).unwrap_or_default().0.as_ref().into();
            // Two sets that have become one keep their ids; the first is handed out.
            self.ids.entry((view, experiment)).or_insert(id);
            LabelSet { tenant, view, experiment }
        }));
    }

    /// The positions of the rows, which the guard takes in with what they hold.
    fn adopt_views(&mut self, rows: Vec<SoundRow>) -> Vec<usize> {
        let (places, rows) = added_up(rows);
        for SoundRow { labels, cells } in rows {
            let tenant = parse(&labels).unwrap_or_default().0;
            let limited = *labels != *beyond_text(&tenant);
            for (guarded, key) in keys(&cells) {
                self.guard.readmit_key(&tenant, guarded, &key);
            }
            let labels = self.guard.readmit(&tenant, &labels, limited);
            self.views.push(Row::new(labels, cells));
        }
        places
    }

    fn adopt_experiments(&mut self, rows: Vec<SoundRow>) -> Vec<usize> {
        let (places, rows) = added_up(rows);
        for SoundRow { labels, cells } in rows {
            let tenant = parse(&labels).unwrap_or_default().0;
            let labels = self.guard.readmit(&tenant, &labels, false);
            self.experiments.push(Row::new(labels, cells));
        }
        places
    }
}

/// The rows with those of equal labels added up, and where each has gone.
fn added_up(rows: Vec<SoundRow>) -> (Vec<usize>, Vec<SoundRow>) {
    let (mut index, mut sums) = (HashMap::new(), Vec::<SoundRow>::new());
    let mut place = |row: SoundRow| {
        let at = *index.entry(row.labels.clone()).or_insert(sums.len());
        match sums.get_mut(at) {
            Some(sum) => sum.cells.merge(row.cells),
            None => sums.push(row),
        }
        at
    };
    let places = rows.into_iter().map(&mut place).collect();
    (places, sums)
}

/// A row as it is now.
struct SoundRow {
    labels: Arc<str>,
    cells: Cells,
}

impl<'a> SavedRows<'a> {
    /// The rows that are not gone, and where each is among them.
    fn of(rows: &'a Rows) -> (SavedRows<'a>, Vec<Option<usize>>) {
        let (mut saved, mut places) =
            (Vec::with_capacity(rows.rows.len()), Vec::with_capacity(rows.rows.len()));
        for Row { labels, cells, .. } in &rows.rows {
            let is_there = !labels.is_gone();
            places.push(is_there.then_some(saved.len()));
            if is_there {
                let beyond =
                    parse(&labels.text).is_some_and(|(tenant, _)| *labels.text == *beyond_text(&tenant));
                saved.push(SavedRow { labels: (&*labels.text).into(), beyond, cells: Cow::Borrowed(cells) });
            }
        }
        (SavedRows { dictionary: Dictionary::of(rows.scope), rows: saved }, places)
    }

    fn read(self, scope: Scope, length: usize) -> Result<Vec<SoundRow>, RestoreError> {
        if self.rows.len().saturating_mul(cells_size(scope)) > length.saturating_mul(MOST) {
            return Err(RestoreError::Unsound("more rows than its bytes can hold"));
        }
        let translation = self.dictionary.translation(scope);
        let mut observed = 0_u64;
        let mut rows = Vec::with_capacity(self.rows.len());
        for row in self.rows {
            let labels = row.labels(scope).ok_or(RestoreError::Unsound("a row without its labels"))?;
            let cells = translation.cells(row.cells.into_owned())?;
            let counts = cells.histograms.iter().flatten().map(|histogram| histogram.count());
            observed = counts.fold(observed, u64::saturating_add);
            rows.push(SoundRow { labels: labels.into(), cells });
        }
        let plausible = observed < MOST_OBSERVED;
        plausible.then_some(rows).ok_or(RestoreError::Unsound("more observations than there can be"))
    }
}

impl SavedRow<'_> {
    /// Its label text in the attributes of this build.
    fn labels(&self, scope: Scope) -> Option<String> {
        let (tenant, values) = parse(&self.labels)?;
        match scope {
            Scope::Experiment => experiment_text(&tenant, &borrowed(&values)),
            _ if self.beyond => Some(beyond_text(&tenant)),
            _ => Some(view_text(&tenant, &borrowed(&values))),
        }
    }
}

impl SavedTally<'_> {
    fn read(&self) -> Result<(Box<str>, Tally), RestoreError> {
        let mut tally = Tally { refused: self.refused, ..Tally::default() };
        for (name, folded) in &self.folded {
            if let Some(guarded) = Guarded::parse(name) {
                tally.folded[guarded.index()] = *folded;
            }
        }
        let small = tally.refused < LARGEST && tally.folded.iter().all(|folded| *folded < LARGEST);
        small.then(|| ((&*self.tenant).into(), tally)).ok_or(RestoreError::Unsound("a count that cannot be"))
    }
}

/// The memory of one row's values, those of its histograms aside.
fn cells_size(scope: Scope) -> usize {
    let def = layout(scope);
    let (number, option, pointer, map) = (8, 16, 8, 24);
    def.counters.len() * number
        + def.gauges.len() * option
        + def.histograms.len() * pointer
        + def.keyed.len() * map
}
