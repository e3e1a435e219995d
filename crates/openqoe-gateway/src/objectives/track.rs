//! One objective and its groups: who belongs where, and what was counted when.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use openqoe_metrics::{label_pairs, label_text};
use openqoe_slo::Slo;
use openqoe_spec::Scope;

use super::evaluate::{Alert, Figures};
use super::history::{History, LEVELS, News, Sums};
use super::store::Order;
use super::terms::{Reader, Recipe, definition};

/// The value of every label but `tenant` where a group found no room of its own.
pub(super) const OTHER: &str = "__other__";
/// Ms beyond which a sample is late: the process stood still, and what went on meanwhile nobody knows.
const LATE: u64 = 30_000;

/// What samples of all tracks share.
pub(super) struct Intake {
    /// When the sample before was taken, epoch ms.
    pub(super) before: u64,
    /// Groups of an objective, for each tenant.
    pub(super) max_groups: usize,
    /// Label sets without a group of their own, by tenant.
    pub(super) folded: BTreeMap<Box<str>, u64>,
    /// What is to be kept.
    pub(super) orders: Vec<Order>,
    /// The number of the next series.
    pub(super) next: u64,
}

/// An objective.
pub(super) struct Track {
    pub(super) slo: Slo,
    pub(super) definition: String,
    recipe: Recipe,
    /// `None` is room for another.
    groups: Vec<Option<Group>>,
    by_labels: HashMap<Arc<str>, usize>,
    /// The seconds it was evaluated, as `total`.
    pub(super) lived: Kept,
}

/// A history and the number it is kept by.
pub(super) struct Kept {
    pub(super) series: u64,
    pub(super) history: History,
}

/// A group of an objective.
pub(super) struct Group {
    pub(super) labels: Arc<str>,
    /// In the order of `group_by`; absent ones are empty.
    pub(super) values: Vec<String>,
    pub(super) kept: Kept,
    pub(super) alerts: Vec<Alert>,
    pub(super) silence: Alert,
    pub(super) figures: Figures,
    /// What this sample has brought so far.
    grown: Sums,
    /// Rows that belong to it.
    rows: usize,
}

impl Intake {
    /// Gives a history its number and has it kept from its first point on.
    pub(super) fn keep(&mut self, slo: &Slo, labels: &str) -> Kept {
        let kept = Kept { series: self.next, history: History::new(self.before) };
        self.next += 1;
        self.orders.push(Order::Series {
            series: kept.series,
            name: slo.name.clone(),
            definition: definition(slo),
            labels: labels.into(),
        });
        let origin = kept.history.now();
        self.orders
            .extend((0..LEVELS.len()).map(|level| Order::Point(kept.series, News { level, point: origin })));
        kept
    }
}

impl Kept {
    pub(super) fn add(&mut self, now: u64, grown: Sums, orders: &mut Vec<Order>) {
        let series = self.series;
        self.history.add(now, grown, |news| orders.push(Order::Point(series, news)));
    }

    pub(super) fn resume(&mut self, stopped: u64, now: u64, orders: &mut Vec<Order>) {
        let series = self.series;
        self.history.resume(stopped, now, |news| orders.push(Order::Point(series, news)));
    }
}

impl Track {
    /// One that begins, with what was kept of it, if anything.
    pub(super) fn new(slo: Slo, recipe: Recipe, lived: Kept, groups: Vec<Group>) -> Track {
        let by_labels = groups.iter().enumerate().map(|(at, group)| (group.labels.clone(), at)).collect();
        let groups = groups.into_iter().map(Some).collect();
        Track { definition: definition(&slo), slo, recipe, groups, by_labels, lived }
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().flatten()
    }

    /// Goes on as another objective that counts the same.
    pub(super) fn become_like(&mut self, slo: Slo, recipe: Recipe) {
        for group in self.groups.iter_mut().flatten() {
            (group.rows, group.alerts) = (0, Alert::all(&slo, std::mem::take(&mut group.alerts)));
        }
        (self.slo, self.recipe) = (slo, recipe);
    }

    /// Goes on after a stop, at the time it stopped.
    pub(super) fn resume(&mut self, now: u64, orders: &mut Vec<Order>) {
        let stopped = self.lived.history.at().min(now);
        self.lived.resume(stopped, now, orders);
        self.groups.iter_mut().flatten().for_each(|group| group.kept.resume(stopped, now, orders));
    }

    /// The group of a row, by its labels; `None` when the objective does not look at it.
    pub(super) fn place(
        &mut self,
        scope: Scope,
        readers: &[Reader],
        pairs: &[(&str, Cow<'_, str>)],
        intake: &mut Intake,
    ) -> Option<usize> {
        let value = |label: &str| {
            pairs.iter().find(|(name, _)| *name == label).map_or("", |(_, value)| value.as_ref())
        };
        if !self.recipe.reads(scope, readers) || !self.slo.accepts(value) {
            return None;
        }
        let values: Vec<&str> = self.slo.group_by.iter().map(|label| value(label)).collect();
        let group = self.find(&values, intake);
        self.groups[group].iter_mut().for_each(|group| group.rows += 1);
        Some(group)
    }

    fn find(&mut self, values: &[&str], intake: &mut Intake) -> usize {
        let labels = self.labels(values);
        if let Some(known) = self.by_labels.get(&labels) {
            return *known;
        }
        let tenant = *values.first().unwrap_or(&"");
        let is_of = |group: &&Group| group.tenant() == tenant;
        if self.groups().filter(is_of).count() < intake.max_groups.max(1) || self.forget_one(tenant, intake) {
            return self.begin(values, labels, intake);
        }
        *intake.folded.entry(tenant.into()).or_default() += 1;
        let others = values.iter().skip(1).map(|_| OTHER);
        let values: Vec<&str> = std::iter::once(tenant).chain(others).collect();
        let labels = self.labels(&values);
        self.by_labels.get(&labels).copied().unwrap_or_else(|| self.begin(&values, labels, intake))
    }

    fn begin(&mut self, values: &[&str], labels: Arc<str>, intake: &mut Intake) -> usize {
        let group =
            Group::new(&self.slo, labels.clone(), values, intake.keep(&self.slo, &labels), Vec::new());
        let free = self.groups.iter().position(Option::is_none);
        let at = free.unwrap_or_else(|| {
            self.groups.push(None);
            self.groups.len() - 1
        });
        self.groups[at] = Some(group);
        self.by_labels.insert(labels, at);
        at
    }

    /// Forgets a group of the same tenant that no row is of and that has counted nothing within the objective's window.
    fn forget_one(&mut self, tenant: &str, intake: &mut Intake) -> bool {
        let window = ms(self.slo.window);
        let rests = |group: &Group| {
            group.tenant() == tenant && group.rows == 0 && group.kept.history.over(window) == Sums::default()
        };
        let place = self.groups.iter_mut().find(|place| place.as_ref().is_some_and(rests));
        let Some(group) = place.and_then(Option::take) else { return false };
        self.by_labels.remove(&group.labels);
        intake.orders.push(Order::Forget(group.kept.series));
        true
    }

    fn labels(&self, values: &[&str]) -> Arc<str> {
        label_text(self.slo.group_by.iter().copied().zip(values.iter().copied()))
    }

    /// Adds to a group what the readers' terms have grown by in one of its rows.
    pub(super) fn count(&mut self, group: usize, grown: &[f64]) {
        let Some(Some(group)) = self.groups.get_mut(group) else { return };
        let sums = self.recipe.sums(grown);
        group.grown.bad += sums.bad;
        group.grown.total += sums.total;
    }

    /// A row of the group is gone.
    pub(super) fn leave(&mut self, group: usize) {
        if let Some(Some(group)) = self.groups.get_mut(group) {
            group.rows = group.rows.saturating_sub(1);
        }
    }

    /// Ends a sample: what the rows have brought is history, and everything is worked out anew.
    pub(super) fn settle(&mut self, now: u64, orders: &mut Vec<Order>) {
        let elapsed = now.saturating_sub(self.lived.history.at()).min(LATE);
        self.lived.add(now, Sums { bad: 0.0, total: elapsed as f64 / 1000.0 }, orders);
        for group in self.groups.iter_mut().flatten() {
            let grown = std::mem::take(&mut group.grown);
            group.kept.add(now, grown, orders);
            group.evaluate(&self.slo, &self.lived.history, now, orders);
        }
    }
}

impl Group {
    pub(super) fn new(slo: &Slo, labels: Arc<str>, values: &[&str], kept: Kept, alerts: Vec<Alert>) -> Group {
        Group {
            labels,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            kept,
            silence: Alert::silence(&alerts),
            alerts: Alert::all(slo, alerts),
            figures: Figures::default(),
            grown: Sums::default(),
            rows: 0,
        }
    }

    /// One that was kept under its label text.
    pub(super) fn restored(slo: &Slo, labels: Arc<str>, kept: Kept, alerts: Vec<Alert>) -> Group {
        let pairs: Vec<_> = label_pairs(&labels).collect();
        let value =
            |label: &&str| pairs.iter().find(|(name, _)| name == label).map(|(_, value)| value.as_ref());
        let values: Vec<&str> = slo.group_by.iter().map(|label| value(label).unwrap_or_default()).collect();
        Group::new(slo, labels.clone(), &values, kept, alerts)
    }

    /// The tenant it is about: the first of its labels.
    pub(super) fn tenant(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    fn evaluate(&mut self, slo: &Slo, lived: &History, now: u64, orders: &mut Vec<Order>) {
        self.figures = Figures::of(slo, &self.kept.history, lived);
        for (alert, def) in self.alerts.iter_mut().zip(&slo.alerts) {
            if alert.judge(def, &self.kept.history, now) {
                orders.push(Order::Alert(self.kept.series, alert.clone()));
            }
        }
        if let Some(no_data) = slo.no_data
            && self.silence.listen(no_data, &self.kept.history, now)
        {
            orders.push(Order::Alert(self.kept.series, self.silence.clone()));
        }
    }
}

/// A duration in ms.
pub(super) fn ms(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
