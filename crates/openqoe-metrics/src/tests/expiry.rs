//! Rows come and go; what stays never goes back, budgets hold all the time, and in the end all room is free again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use openqoe_spec::metrics::view::Counter;
use openqoe_spec::{Attribute, Attributes, LabelSetId, Measurement, Recorder, Scope};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::names::slots;
use super::properties::{limits, session};
use crate::cells::{Cells, Change};
use crate::expiry::{Released, keys};
use crate::label_set::RowLabels;
use crate::slo::{Groups, group, groups};
use crate::table::Row;
use crate::{Guard, Limits, Snapshot, Table};

const IDLE: u64 = 100;

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// A session begins.
    Open(Index),
    /// It says something.
    Write(Index, Index, u32, String),
    /// It is forgotten.
    Close(Index),
    /// A table lets go of what is idle, so much later.
    Expire(usize, u64),
    /// The guard hears of it, in any order.
    Release(Index),
    /// The process ends and comes back.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let any = any::<Index>;
    prop_oneof![
        3 => any().prop_map(Step::Open),
        6 => (any(), any(), 0..10_000_u32, "[a-d]|\\PC{0,3}").prop_map(|(a, b, c, d)| Step::Write(a, b, c, d)),
        3 => any().prop_map(Step::Close),
        4 => (0..2_usize, 0..2 * IDLE).prop_map(|(table, later)| Step::Expire(table, later)),
        3 => any().prop_map(Step::Release),
        1 => Just(Step::Restart),
    ]
}

/// A session going on: its table, its label set, and what that was when it was handed out.
type Session = (usize, LabelSetId, Vec<Arc<str>>);

struct World {
    limits: Limits,
    guard: Arc<Guard>,
    tables: Vec<Table>,
    open: Vec<Session>,
    pending: Vec<Released>,
    now: u64,
    seen: Snapshot,
    groups: Groups,
}

impl World {
    fn new(limits: Limits) -> World {
        let guard = Arc::new(Guard::new(limits.clone()));
        let tables = vec![Table::new(guard.clone()), Table::new(guard.clone())];
        let (open, pending) = (Vec::new(), Vec::new());
        World {
            limits,
            guard,
            tables,
            open,
            pending,
            now: 0,
            seen: Snapshot::default(),
            groups: Groups::new(),
        }
    }

    fn take(&mut self, step: &Step, sessions: &[(String, Attributes)]) {
        match step {
            Step::Open(at) => {
                let (tenant, attributes) = &sessions[at.index(sessions.len())];
                let table = at.index(sessions.len() * 2) % 2;
                let set = self.tables[table].intern(tenant, attributes);
                self.open.push((table, set, self.names(table, set)));
            }
            Step::Write(..) | Step::Close(_) if self.open.is_empty() => {}
            Step::Write(at, slot, value, key) => {
                let (table, set, _) = self.open[at.index(self.open.len())];
                let slots = slots(Scope::View);
                let slot = slots[slot.index(slots.len())];
                let change = match slot.change(f64::from(*value)) {
                    Change::Move(_) => Change::Move(0.0),
                    change => change,
                };
                slot.record(&mut self.tables[table], set, change, key);
            }
            Step::Close(at) => drop(self.open.swap_remove(at.index(self.open.len()))),
            Step::Expire(table, later) => self.expire(*table, *later),
            Step::Release(_) if self.pending.is_empty() => {}
            Step::Release(at) => self.guard.release(self.pending.swap_remove(at.index(self.pending.len()))),
            Step::Restart => self.restart(),
        }
    }

    fn expire(&mut self, table: usize, later: u64) {
        self.now += later;
        let open = self.open.iter().filter(|(of, ..)| *of == table);
        let released = self.tables[table].expire(self.now, IDLE, open.map(|(_, set, _)| *set));
        self.pending.push(released);
    }

    fn restart(&mut self) {
        let saved: Vec<_> = self.tables.iter().map(Table::save).collect();
        self.guard = Arc::new(Guard::restore(self.limits.clone(), &self.guard.save()).unwrap());
        self.tables = saved.iter().map(|bytes| Table::restore(self.guard.clone(), bytes).unwrap()).collect();
        self.pending.clear();
        // The window begins anew.
        self.groups.clear();
    }

    fn snapshot(&self) -> Snapshot {
        self.tables.iter().fold(Snapshot::default(), |mut merged, table| {
            merged.merge(table.snapshot());
            merged
        })
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        let all = self.tables.iter().flat_map(|table| table.views.rows.iter().chain(&table.experiments.rows));
        all.filter(|row| !row.labels.is_gone())
    }

    /// The names of the rows a label set leads to, those that are gone aside.
    fn names(&self, table: usize, set: LabelSetId) -> Vec<Arc<str>> {
        let Table { sets, views, experiments, .. } = &self.tables[table];
        let Some(Some(set)) = sets.get(set.0 as usize) else { return Vec::new() };
        let rows = [Some(&views.rows[set.view]), set.experiment.map(|row| &experiments.rows[row])];
        let there = rows.into_iter().flatten().filter(|row| !row.labels.is_gone());
        there.map(|row| row.labels.text.clone()).collect()
    }

    fn check(&mut self) {
        for (table, set, names) in &self.open {
            assert_eq!(self.names(*table, *set), *names, "{set:?} of a session going on");
        }
        let snapshot = self.snapshot();
        for scope in [Scope::View, Scope::Experiment] {
            for (labels, before) in self.seen.rows(scope) {
                // A series that has ended is none that went back.
                let now = snapshot.rows(scope).get(labels);
                assert!(now.is_none_or(|now| has_grown(before, now)), "{labels}: {before:?} back to {now:?}");
            }
        }
        let totals = groups(&snapshot);
        for row in self.tables.iter().flat_map(|table| &table.views.rows).filter(|row| !row.labels.is_gone())
        {
            let group = group(&row.labels.text);
            if let Some(before) = self.groups.get(group.as_str()) {
                let now = totals.get(group.as_str());
                assert!(
                    now.is_some_and(|now| now.covers(before)),
                    "{group}: from {before:?} back to {now:?}"
                );
            }
        }
        self.check_budgets();
        (self.seen, self.groups) = (snapshot, totals);
    }

    fn check_budgets(&self) {
        let mut values = BTreeMap::<(Box<str>, usize), BTreeSet<String>>::new();
        let mut label_sets = BTreeMap::<Box<str>, BTreeSet<&str>>::new();
        for row in self.rows() {
            let RowLabels { text, limited, .. } = &*row.labels;
            let (tenant, guarded) = row.labels.guarded();
            let keys = keys(&row.cells).map(|(guarded, key)| (guarded, key.into()));
            for (guarded, value) in guarded.into_iter().chain(keys) {
                assert!(self.guard.has(&tenant, guarded, &value), "{value} is in a row and has no room");
                values.entry((tenant.clone(), guarded.index())).or_default().insert(value);
            }
            if *limited {
                label_sets.entry(tenant).or_default().insert(text);
            }
        }
        for ((tenant, guarded), values) in values {
            assert!(values.len() <= self.limits.budgets[guarded], "{tenant} {guarded} {values:?}");
        }
        assert!(label_sets.values().all(|sets| sets.len() <= self.limits.max_label_sets));
        for report in self.guard.reports() {
            assert!(report.label_sets.used <= report.label_sets.limit);
            assert!(report.attributes.iter().all(|attribute| attribute.admitted <= attribute.budget));
        }
    }

    /// Everybody leaves, and time passes.
    fn empty(&mut self) {
        self.open.clear();
        for _ in 0..4 {
            (0..2).for_each(|table| self.expire(table, 2 * IDLE));
            self.pending.drain(..).for_each(|released| self.guard.release(released));
            self.check();
        }
    }
}

/// Whether no counter of a row is less than it was.
fn has_grown(before: &Cells, now: &Cells) -> bool {
    let counters = before.counters.iter().zip(&now.counters).all(|(before, now)| before <= now);
    let histograms = before.histograms.iter().zip(&now.histograms).all(|pair| match pair {
        (Some(before), Some(now)) => before.count() <= now.count() && before.sum() <= now.sum(),
        (before, _) => before.is_none(),
    });
    let keyed =
        before.keyed.iter().zip(&now.keyed).all(|(before, now)| {
            before.iter().all(|(key, count)| now.get(key).is_some_and(|now| count <= now))
        });
    counters && histograms && keyed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(96)
    ))]

    #[test]
    fn rows_come_and_go_and_nothing_goes_back(
        sessions in vec(session(), 1..6), steps in vec(step(), 1..120), budget in 0..5_usize, sets in 0..6_usize,
    ) {
        let mut world = World::new(limits(budget, sets));
        for step in &steps {
            world.take(step, &sessions);
            world.check();
        }
        world.empty();
        for report in world.guard.reports() {
            prop_assert_eq!(report.label_sets.used, 0);
            prop_assert!(report.attributes.iter().all(|attribute| attribute.admitted == 0), "{:?}", report);
        }
        for table in &mut world.tables {
            prop_assert!(table.sets.iter().all(Option::is_none) && table.ids.is_empty());
            prop_assert!(table.views.rows.is_empty() && table.experiments.rows.is_empty());
            prop_assert!(table.views.index.is_empty() && table.expired.len() <= 4, "{:?}", table.expired);
            let (tenant, attributes) = &sessions[0];
            prop_assert_eq!(table.intern(tenant, attributes), LabelSetId(0));
        }
    }
}

/// Shards come and go as they please; what they count together is there to the last.
#[test]
fn shards_that_race_lose_nothing() {
    const SESSIONS: u64 = 10_000;
    let guard = Arc::new(Guard::new(limits(2, 3)));
    let shard = |number: u64| {
        let mut table = Table::new(guard.clone());
        for session in 0..SESSIONS {
            let mut attributes = Attributes::default();
            attributes.set(Attribute::AssetId, &((session / 7 + number) % 5).to_string()).unwrap();
            let set = table.intern("t", &attributes);
            table.record(set, Measurement::Count(Counter::StartupPlays, 1.0));
            if session % 3 == 0 {
                guard.release(table.expire(session, 6, std::iter::once(set)));
                let report = guard.report("t").unwrap();
                assert!(report.label_sets.used <= 3 && report.attributes[0].admitted <= 2, "{report:?}");
            }
        }
        table
    };
    let mut tables: Vec<_> = std::thread::scope(|scope| {
        let shards = [0, 2].map(|number| scope.spawn(move || shard(number)));
        shards.into_iter().map(|shard| shard.join().unwrap()).collect()
    });
    for table in [0, 1, 0, 1] {
        guard.release(tables[table].expire(2 * SESSIONS, 0, std::iter::empty()));
    }
    assert_eq!((guard.label_sets("t"), guard.report("t").unwrap().attributes[0].admitted), (0, 0));
    assert!(guard.releases() > 10, "{}", guard.releases());

    let mut one = Table::new(Arc::new(Guard::new(Limits::default())));
    let set = one.intern("t", &Attributes::default());
    one.record(set, Measurement::Count(Counter::StartupPlays, 2.0 * SESSIONS as f64));
    let mut both = tables[0].snapshot();
    both.merge(tables[1].snapshot());
    let (expected, counted) = (groups(&one.snapshot()), groups(&both));
    let (expected, counted) = (&expected["tenant=\"t\""], &counted["tenant=\"t\""]);
    assert!(expected.covers(counted) && counted.covers(expected), "{counted:?}");
}
