//! A table to bytes and back.
//!
//! Rows go by their label text. On the way back it is written anew in the attributes of this build: labels that are none
//! any more go, and rows that differed in them add up.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use openqoe_spec::metrics::METRICS;
use openqoe_spec::{ATTRIBUTES, Attribute, Guarded, LabelSetId, Scope};
use serde::{Deserialize, Serialize};

use super::dictionary::Dictionary;
use super::{LARGEST, RestoreError, Tag, open, seal};
use crate::cells::Cells;
use crate::guard::{Guard, Resolved, Tally, Values, beyond_text, experiment_text, view_text};
use crate::labels::{pairs, unescape};
use crate::layout::layout;
use crate::table::{LabelSet, Rows, Table};

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
    /// By id: positions of the view row and the experiment row.
    pub(crate) sets: Vec<(usize, Option<usize>)>,
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
        let saved = SavedTable {
            views: SavedRows::of(&self.views),
            experiments: SavedRows::of(&self.experiments),
            sets: self.sets.iter().map(|set| (set.view, set.experiment)).collect(),
            tallies: tallies.collect(),
        };
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
        if !sets.iter().all(known) {
            return Err(RestoreError::Unsound("a label set without its row"));
        }
        let tallies = tallies.iter().map(SavedTally::read).collect::<Result<Vec<_>, _>>()?;
        let mut table = Table::new(guard);
        let views = views.into_iter().map(|row| table.adopt_view(row)).collect::<Vec<_>>();
        let experiments = experiments.into_iter().map(|row| table.adopt_experiment(row)).collect::<Vec<_>>();
        for (view, experiment) in sets {
            let (view, tenant) = views[view].clone();
            table.adopt_set(LabelSet { tenant, view, experiment: experiment.map(|row| experiments[row]) });
        }
        for (tenant, tally) in tallies {
            table.guard.recount(&tenant, &tally);
            table.note_folded(&tenant, &tally);
        }
        Ok(table)
    }

    fn adopt_set(&mut self, set: LabelSet) {
        let view = self.views.rows[set.view].0.clone();
        let experiment = set.experiment.map(|row| self.experiments.rows[row].0.clone());
        let id = LabelSetId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
        // Two sets that have become one keep their ids; the first is handed out.
        self.ids.entry(Resolved { view, experiment }).or_insert(id);
        self.sets.push(set);
    }

    /// The row's position and tenant.
    fn adopt_view(&mut self, Row { labels, cells }: Row) -> (usize, Arc<str>) {
        let (tenant, values) = parse(&labels).unwrap_or_default();
        let labels = self.guard.readmit(&tenant, &borrowed(&values), &labels);
        for (counts, slot) in cells.keyed.iter().zip(layout(Scope::View).keyed) {
            let Some(guarded) = METRICS[slot.metric].key else { continue };
            counts.keys().for_each(|key| self.guard.readmit_key(&tenant, guarded, &unescape(key)));
        }
        (self.views.adopt(&labels, cells), tenant.as_ref().into())
    }

    fn adopt_experiment(&mut self, Row { labels, cells }: Row) -> usize {
        let (tenant, values) = parse(&labels).unwrap_or_default();
        self.guard.readmit_values(&tenant, &borrowed(&values));
        self.experiments.adopt(&labels, cells)
    }
}

impl Rows {
    fn adopt(&mut self, labels: &Arc<str>, cells: Cells) -> usize {
        let row = self.row(labels);
        self.rows[row].1.merge(cells);
        row
    }
}

/// A row as it is now.
struct Row {
    labels: Arc<str>,
    cells: Cells,
}

impl<'a> SavedRows<'a> {
    fn of(rows: &'a Rows) -> SavedRows<'a> {
        let row = |(labels, cells): &'a (Arc<str>, Cells)| SavedRow {
            labels: (&**labels).into(),
            beyond: parse(labels).is_some_and(|(tenant, _)| **labels == *beyond_text(&tenant)),
            cells: Cow::Borrowed(cells),
        };
        SavedRows { dictionary: Dictionary::of(rows.scope), rows: rows.rows.iter().map(row).collect() }
    }

    fn read(self, scope: Scope, length: usize) -> Result<Vec<Row>, RestoreError> {
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
            rows.push(Row { labels: labels.into(), cells });
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
            Scope::Experiment => experiment_text(&tenant, &borrowed(&values)).map(|text| text.to_string()),
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

/// The tenant and the values of all attributes in a row's label text.
pub(super) fn parse(labels: &str) -> Option<(Cow<'_, str>, OwnedValues<'_>)> {
    let mut pairs = pairs(labels);
    let (_, tenant) = pairs.next().filter(|(name, _)| *name == "tenant")?;
    let mut values = OwnedValues::default();
    for (name, value) in pairs {
        if let Some(attribute) = Attribute::parse(name) {
            values[attribute.index()] = value;
        }
    }
    Some((tenant, values))
}

/// The values of all attributes in order, `""` for those that are absent.
type OwnedValues<'a> = [Cow<'a, str>; ATTRIBUTES.len()];

pub(super) fn borrowed<'a>(values: &'a OwnedValues<'_>) -> Values<'a> {
    values.each_ref().map(|value| &**value)
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
