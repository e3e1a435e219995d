//! What one tenant has within its limits, and who holds on to it.
//!
//! A row is held by the tables that write to it, a guarded value by the rows that carry it and by the tables that count under
//! it. What nobody holds any more makes room for others.

use std::collections::HashMap;
use std::sync::Arc;

use openqoe_spec::{ATTRIBUTES, Attribute, Attributes, Class, Guarded};

use super::overflow::Overflow;
use super::report::{AttributeReport, LabelSetsReport, Report, TOP};
use super::tally::Tally;
use super::{Admitted, GUARDED, Held, Limits, OVERFLOW, Resolved};
use crate::label_set::{RowLabels, Values, beyond_text, experiment_text, guarded, view_text};

#[derive(Debug)]
pub(super) struct Tenant {
    name: Box<str>,
    pub(super) limits: Limits,
    /// How many rows and tables hold each value.
    values: [HashMap<Box<str>, usize>; GUARDED],
    /// The label sets.
    views: HashMap<Arc<str>, Row>,
    /// Rows that count against no limit: of experiments, and of what is beyond the limit of label sets.
    others: HashMap<Arc<str>, Row>,
    /// The name of the latter.
    beyond: Arc<str>,
    pub(super) tally: Tally,
    overflow: [Option<Box<Overflow>>; GUARDED],
    /// Label sets given up.
    pub(super) expired: u64,
    /// Whether something may be held by nobody: it was within the limits before, and its table has not come yet.
    unheld: bool,
    /// Admitted since it was last asked.
    news: Admitted,
}

#[derive(Debug)]
struct Row {
    labels: Arc<RowLabels>,
    /// Tables that hold it.
    tables: usize,
}

impl Tenant {
    pub(super) fn new(name: &str, limits: Limits) -> Tenant {
        Tenant {
            name: name.into(),
            limits,
            values: Default::default(),
            views: HashMap::new(),
            others: HashMap::new(),
            beyond: beyond_text(name).into(),
            tally: Tally::default(),
            overflow: Default::default(),
            expired: 0,
            unheld: false,
            news: Admitted::of(name),
        }
    }

    /// The rows of a session within the limits. `held` says which of them the asking table holds already.
    pub(super) fn resolve(
        &mut self,
        attributes: &Attributes,
        held: impl FnOnce(&Resolved) -> Held,
    ) -> (Resolved, Tally) {
        let mut tally = Tally::default();
        let mut values = [""; ATTRIBUTES.len()];
        for (attribute, resolved) in Attribute::ALL.iter().zip(&mut values) {
            *resolved = match (ATTRIBUTES[attribute.index()].class, attributes.get(*attribute)) {
                (Class::TraceOnly, _) | (_, "") => "",
                (Class::Label, value) => value,
                (Class::Guarded(guarded), value) => self.within(guarded, value, &mut tally),
            };
        }
        let experiment = experiment_text(&self.name, &values).map(|text| self.row(&text, false));
        let resolved = Resolved { view: self.view(&values, &mut tally), experiment };
        let held = held(&resolved);
        if !held.view {
            self.hold(&resolved.view);
        }
        if let Some(labels) = resolved.experiment.as_ref().filter(|_| !held.experiment) {
            self.hold(labels);
        }
        self.tally.add(&tally);
        (resolved, tally)
    }

    /// The value a table may count under, which it holds from then on.
    pub(super) fn key<'a>(&mut self, guarded: Guarded, value: &'a str) -> (&'a str, Tally) {
        let mut tally = Tally::default();
        let within = self.within(guarded, value, &mut tally);
        if within != OVERFLOW {
            self.hold_value(guarded, within);
        }
        self.tally.add(&tally);
        (within, tally)
    }

    /// The value, or [`OVERFLOW`] when the budget is spent on others. It is not admitted before a row carries it.
    fn within<'a>(&mut self, guarded: Guarded, value: &'a str, tally: &mut Tally) -> &'a str {
        let at = guarded.index();
        let values = &self.values[at];
        if value == OVERFLOW || values.contains_key(value) || values.len() < self.limits.budgets[at] {
            return value;
        }
        tally.fold(guarded);
        self.overflow[at].get_or_insert_default().note(value);
        OVERFLOW
    }

    /// The label set, or the one of everything beyond the limit.
    fn view(&mut self, values: &Values<'_>, tally: &mut Tally) -> Arc<RowLabels> {
        let text = view_text(&self.name, values);
        if let Some(row) = self.views.get(text.as_str()) {
            return row.labels.clone();
        }
        if self.views.len() < self.limits.max_label_sets {
            return self.row(&text, true);
        }
        tally.refused += 1;
        guarded(values).for_each(|(guarded, _)| tally.fold(guarded));
        self.row(&self.beyond.clone(), false)
    }

    /// The row of this name, admitted when it is new.
    fn row(&mut self, text: &str, limited: bool) -> Arc<RowLabels> {
        let rows = if limited { &mut self.views } else { &mut self.others };
        if let Some(row) = rows.get(text) {
            return row.labels.clone();
        }
        let labels = Arc::new(RowLabels::new(text, limited));
        rows.insert(labels.text.clone(), Row { labels: labels.clone(), tables: 0 });
        if limited {
            self.news.label_sets.insert(labels.text.clone());
        }
        for (guarded, value) in labels.guarded().1 {
            self.hold_value(guarded, &value);
        }
        labels
    }

    fn rows(&mut self, labels: &RowLabels) -> &mut HashMap<Arc<str>, Row> {
        if labels.limited { &mut self.views } else { &mut self.others }
    }

    /// One table more writes to the row.
    fn hold(&mut self, labels: &RowLabels) {
        if let Some(row) = self.rows(labels).get_mut(&labels.text) {
            row.tables += 1;
        }
    }

    /// A table has let go of the row. Returns whether it was the last.
    pub(super) fn release(&mut self, labels: &Arc<RowLabels>) -> bool {
        let rows = self.rows(labels);
        let Some(row) = rows.get_mut(&labels.text).filter(|row| Arc::ptr_eq(&row.labels, labels)) else {
            return false;
        };
        row.tables = row.tables.saturating_sub(1);
        if row.tables > 0 {
            return false;
        }
        rows.remove(&labels.text);
        self.expired += u64::from(labels.limited);
        self.end(labels);
        true
    }

    fn end(&mut self, labels: &RowLabels) {
        labels.end();
        self.news.label_sets.remove(&labels.text);
        for (guarded, value) in labels.guarded().1 {
            self.release_value(guarded, &value);
        }
    }

    fn hold_value(&mut self, guarded: Guarded, value: &str) {
        let values = &mut self.values[guarded.index()];
        if let Some(holders) = values.get_mut(value) {
            *holders += 1;
            return;
        }
        values.insert(value.into(), 1);
        self.news.values.entry(guarded.as_str().into()).or_default().insert(value.into());
    }

    pub(super) fn release_value(&mut self, guarded: Guarded, value: &str) {
        let values = &mut self.values[guarded.index()];
        let Some(holders) = values.get_mut(value) else { return };
        *holders = holders.saturating_sub(1);
        if *holders == 0 {
            values.remove(value);
            if let Some(news) = self.news.values.get_mut(guarded.as_str()) {
                news.remove(value);
            }
        }
    }

    /// Lets go of what was within the limits before and nobody has come for.
    pub(super) fn release_unheld(&mut self) -> bool {
        if !std::mem::take(&mut self.unheld) {
            return false;
        }
        let rows = self.views.values().chain(self.others.values()).filter(|row| row.tables == 0);
        let unheld: Vec<_> = rows.map(|row| row.labels.clone()).collect();
        for labels in &unheld {
            self.rows(labels).remove(&labels.text);
            self.end(labels);
        }
        self.values.iter_mut().for_each(|values| values.retain(|_, holders| *holders > 0));
        !unheld.is_empty()
    }

    /// Takes in a row that was within the limits before, whatever they are now; the asking table holds it.
    pub(super) fn readmit(&mut self, text: &str, limited: bool) -> Arc<RowLabels> {
        let labels = self.as_known(|tenant| tenant.row(text, limited));
        self.hold(&labels);
        labels
    }

    /// The same for a value a table counts under.
    pub(super) fn readmit_key(&mut self, guarded: Guarded, value: &str) {
        self.as_known(|tenant| tenant.hold_value(guarded, value));
    }

    /// Takes in what was within the limits before; whose it was will be seen.
    pub(super) fn readmit_unheld(&mut self, admitted: &Admitted) {
        self.unheld = true;
        self.as_known(|tenant| {
            for (name, values) in &admitted.values {
                let Some(guarded) = Guarded::parse(name) else { continue };
                for value in values.iter().filter(|value| ***value != *OVERFLOW) {
                    tenant.values[guarded.index()].entry(value.clone()).or_default();
                }
            }
            for text in &admitted.label_sets {
                tenant.row(text, true);
            }
        });
    }

    /// What is admitted meanwhile is no news.
    fn as_known<R>(&mut self, admit: impl FnOnce(&mut Tenant) -> R) -> R {
        let news = self.take_news();
        let result = admit(self);
        self.news = news;
        result
    }

    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// What was admitted since this was last asked.
    pub(super) fn take_news(&mut self) -> Admitted {
        std::mem::replace(&mut self.news, Admitted::of(&self.name))
    }

    /// Everything within the limits.
    pub(super) fn admitted(&self) -> Admitted {
        let values = Guarded::ALL.iter().zip(&self.values).filter(|(_, values)| !values.is_empty());
        Admitted {
            values: values
                .map(|(guarded, values)| (guarded.as_str().into(), values.keys().cloned().collect()))
                .collect(),
            label_sets: self.views.keys().cloned().collect(),
            ..Admitted::of(&self.name)
        }
    }

    pub(super) fn has(&self, guarded: Guarded, value: &str) -> bool {
        self.values[guarded.index()].contains_key(value)
    }

    pub(super) fn label_sets(&self) -> usize {
        self.views.len()
    }

    pub(super) fn overflow_values(&self, guarded: Guarded) -> u64 {
        self.overflow[guarded.index()].as_ref().map_or(0, |overflow| overflow.values())
    }

    pub(super) fn report(&self) -> Report {
        let attribute = |guarded: &Guarded| AttributeReport {
            attribute: guarded.as_str(),
            budget: self.limits.budgets[guarded.index()],
            admitted: self.values[guarded.index()].len(),
            folded: self.tally.folded[guarded.index()],
            overflow_values: self.overflow_values(*guarded),
            top: self.overflow[guarded.index()].as_ref().map_or(Vec::new(), |overflow| overflow.top(TOP)),
        };
        Report {
            tenant: self.name.to_string(),
            label_sets: LabelSetsReport {
                used: self.views.len(),
                limit: self.limits.max_label_sets,
                refused: self.tally.refused,
                expired: self.expired,
            },
            attributes: Guarded::ALL.iter().map(attribute).collect(),
        }
    }

    #[cfg(test)]
    pub(super) fn sketch_bytes(&self) -> usize {
        self.overflow.iter().flatten().map(|overflow| overflow.bytes()).sum()
    }
}
