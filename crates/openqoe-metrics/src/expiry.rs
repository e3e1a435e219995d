//! Rows nobody writes to any more go, so that their labels make room for others.
//!
//! A series is the sum of the rows of its labels in all tables, so one table's row cannot go alone: the counter would go
//! back. A table that finds a row idle lets go of it and keeps it; when the last table has let go, the row is gone from all
//! of them at once. A session that comes in between takes hold of the row again, with everything it has counted.
//!
//! What gone rows had counted stays in the totals of the trailing window (`slo.rs`), which must not go back either.

use std::sync::Arc;

use openqoe_spec::metrics::METRICS;
use openqoe_spec::{Guarded, LabelSetId, Scope};

use crate::OVERFLOW;
use crate::cells::Cells;
use crate::label_set::RowLabels;
use crate::labels::{pairs, unescape};
use crate::layout::layout;
use crate::slo::{Groups, group};
use crate::table::{Row, Rows, Table};

/// What a table has let go of, for [`crate::Guard::release`]. Until it gets there, it takes room.
#[derive(Debug, Default)]
#[must_use = "what is not released takes room for ever"]
pub struct Released {
    pub(crate) rows: Vec<Arc<RowLabels>>,
    /// Values of keyed counters, by tenant.
    pub(crate) keys: Vec<(Box<str>, Guarded, Box<str>)>,
}

impl Table {
    /// Lets go of the rows that were not written to for `idle_ms` and that no session refers to. `in_use` are the label sets
    /// sessions refer to, waiting events included; every other may be handed out again, as another one.
    ///
    /// A row is seen to have been written to when this is called, so it stays up to one interval longer. The time is epoch
    /// ms, or any other count of ms that does not run backwards.
    pub fn expire(
        &mut self,
        now_ms: u64,
        idle_ms: u64,
        in_use: impl Iterator<Item = LabelSetId>,
    ) -> Released {
        self.drop_gone();
        let mut views = vec![false; self.views.rows.len()];
        let mut experiments = vec![false; self.experiments.rows.len()];
        for set in in_use.filter_map(|id| self.sets.get(id.0 as usize)?.as_ref()) {
            views[set.view] = true;
            set.experiment.into_iter().for_each(|row| experiments[row] = true);
        }
        let mut released = std::mem::take(&mut self.released);
        released.rows.extend(self.views.let_go(now_ms, idle_ms, &views));
        released.rows.extend(self.experiments.let_go(now_ms, idle_ms, &experiments));
        self.forget_groups();
        released
    }

    /// Removes the rows that are gone, and the label sets that led to them.
    fn drop_gone(&mut self) {
        let (views, gone) = self.views.drop_gone();
        gone.into_iter().for_each(|row| self.bury(row));
        let (experiments, _) = self.experiments.drop_gone();
        self.ids.clear();
        for (id, place) in (0..).map(LabelSetId).zip(&mut self.sets) {
            let Some(set) = place else { continue };
            let experiment = set.experiment.map(|row| experiments[row]);
            match (views[set.view], experiment) {
                (Some(view), None | Some(Some(_))) => {
                    (set.view, set.experiment) = (view, experiment.flatten());
                    self.ids.entry((set.view, set.experiment)).or_insert(id);
                }
                _ => *place = None,
            }
        }
        self.collect_free();
    }

    /// The lowest comes first, so that a restored table hands out the same ids.
    pub(crate) fn collect_free(&mut self) {
        let ids = (0..).map(LabelSetId).zip(&self.sets);
        self.free = ids.filter(|(_, set)| set.is_none()).map(|(id, _)| id).collect();
        self.free.reverse();
    }

    /// Takes leave of the row of a view: what it had counted stays in the totals, its keys are let go of.
    pub(crate) fn bury(&mut self, row: Row) {
        count_expired(&mut self.expired, &row);
        let (tenant, _) = row.labels.guarded();
        for (guarded, key) in keys(&row.cells) {
            self.released.keys.push((tenant.clone(), guarded, key));
        }
    }

    /// Totals of a content type no row is of stay for a while, and are forgotten when its room is needed.
    fn forget_groups(&mut self) {
        let guard = &self.guard;
        self.expired.retain(|group, _| {
            let mut pairs = pairs(group);
            let tenant = pairs.next().map(|(_, tenant)| tenant).unwrap_or_default();
            let content_type = pairs.next().map(|(_, content_type)| content_type);
            content_type
                .is_none_or(|value| value == OVERFLOW || guard.has(&tenant, Guarded::ContentType, &value))
        });
    }
}

impl Rows {
    /// Removes the rows that are gone. Returns where each row is now, if anywhere, and those removed.
    fn drop_gone(&mut self) -> (Vec<Option<usize>>, Vec<Row>) {
        let (mut places, mut gone) = (Vec::with_capacity(self.rows.len()), Vec::new());
        for row in std::mem::take(&mut self.rows) {
            if row.labels.is_gone() {
                self.index.remove(&row.labels.text);
                gone.push(row);
                places.push(None);
            } else {
                places.push(Some(self.push(row)));
            }
        }
        (places, gone)
    }

    /// The rows this table lets go of now.
    fn let_go(&mut self, now_ms: u64, idle_ms: u64, in_use: &[bool]) -> Vec<Arc<RowLabels>> {
        let mut released = Vec::new();
        for (row, in_use) in self.rows.iter_mut().zip(in_use) {
            if std::mem::take(&mut row.touched) {
                row.seen_at = now_ms;
            }
            if !in_use && !row.dormant && now_ms.saturating_sub(row.seen_at) >= idle_ms {
                row.dormant = true;
                released.push(row.labels.clone());
            }
        }
        released
    }
}

/// Adds what a row has counted to the totals of its group.
pub(crate) fn count_expired(groups: &mut Groups, row: &Row) {
    groups.entry(group(&row.labels.text).into()).or_default().add(&row.cells);
}

/// The values a row counts under.
pub(crate) fn keys(cells: &Cells) -> impl Iterator<Item = (Guarded, Box<str>)> {
    let slots = cells.keyed.iter().zip(layout(Scope::View).keyed);
    let guarded = slots.filter_map(|(counts, slot)| Some((METRICS[slot.metric].key?, counts)));
    let keys = guarded.flat_map(|(guarded, counts)| counts.keys().map(move |key| (guarded, unescape(key))));
    keys.filter(|(_, key)| key != OVERFLOW).map(|(guarded, key)| (guarded, key.as_ref().into()))
}

#[cfg(test)]
mod tests {
    use openqoe_spec::metrics::slo::Gauge;
    use openqoe_spec::metrics::view::{Counter, KeyedCounter};
    use openqoe_spec::{Attribute, Attributes, Failure, Measurement, Recorder, Severity, Window};

    use super::*;
    use crate::slo::groups;
    use crate::sums::Sums;
    use crate::tests::properties::limits;
    use crate::{Guard, Limits, SloWindow, Snapshot};

    const IDLE: u64 = 100;

    fn attributes(asset: &str) -> Attributes {
        let mut attributes = Attributes::default();
        attributes.set(Attribute::AssetId, asset).unwrap();
        attributes.set(Attribute::ContentType, "movie").unwrap();
        attributes
    }

    fn play(table: &mut Table, set: LabelSetId) {
        table.record(set, Measurement::Count(Counter::StartupPlays, 1.0));
        table.record(set, Measurement::CountKeyed(KeyedCounter::ErrPlayer(Severity::Fatal), "404", 1.0));
    }

    fn plays(tables: &[Table]) -> Vec<f64> {
        let merged = tables.iter().fold(Snapshot::default(), |mut merged, table| {
            merged.merge(table.snapshot());
            merged
        });
        merged.rows(Scope::View).values().map(|cells| cells.counters[Counter::StartupPlays.slot()]).collect()
    }

    /// A counter is the sum of both rows, so neither goes while a session of the other shard may still add to it.
    #[test]
    fn a_row_goes_from_all_tables_at_once() {
        let guard = Arc::new(Guard::new(limits(1, 1)));
        let mut tables = [Table::new(guard.clone()), Table::new(guard.clone())];
        let set = tables.each_mut().map(|table| table.intern("t", &attributes("a")));
        (0..2).for_each(|at| play(&mut tables[at], set[at]));
        let expire = |tables: &mut [Table; 2], table: usize, now, in_use: &[LabelSetId]| {
            guard.release(tables[table].expire(now, IDLE, in_use.iter().copied()));
        };
        for now in [0, IDLE] {
            expire(&mut tables, 0, now, &[]);
            expire(&mut tables, 1, now, &[set[1]]);
        }
        assert_eq!((plays(&tables), guard.releases()), (vec![2.0], 0));

        // The first takes hold of it again, where the count had stood.
        assert_eq!(tables[0].intern("t", &attributes("a")), set[0]);
        expire(&mut tables, 1, 3 * IDLE, &[]);
        assert_eq!((plays(&tables), guard.label_sets("t")), (vec![2.0], 1));

        // Nobody refers to it any more: gone for both, though the second has not been asked since.
        for now in [4, 5] {
            expire(&mut tables, 0, now * IDLE, &[]);
        }
        assert_eq!((plays(&tables), guard.releases(), guard.expired("t")), (vec![], 1, 1));
        assert_eq!(guard.label_sets("t"), 0);

        // The room is free for another, whose counter begins anew, and so does that of the same labels.
        for (asset, table) in [("b", 1), ("a", 0)] {
            let set = tables[table].intern("t", &attributes(asset));
            play(&mut tables[table], set);
        }
        assert_eq!(plays(&tables), [1.0, 1.0]);
        assert_eq!((guard.label_sets("t"), guard.refused("t")), (1, 1));
    }

    /// A table that has not noticed yet that a row is gone must not go on with what it had counted.
    #[test]
    fn labels_that_come_back_at_once_begin_anew() {
        let guard = Arc::new(Guard::new(limits(9, 9)));
        let mut table = Table::new(guard.clone());
        let set = table.intern("t", &attributes("a"));
        play(&mut table, set);
        for now in [0, 1] {
            guard.release(table.expire(now * IDLE, IDLE, std::iter::empty()));
        }
        assert_eq!(guard.label_sets("t"), 0);
        let again = table.intern("t", &attributes("a"));
        play(&mut table, again);
        assert_eq!(plays(std::slice::from_ref(&table)), [1.0]);
        let totals =
            |table: &Table| groups(&table.snapshot()).remove("tenant=\"t\",content_type=\"movie\"").unwrap();
        let mut both = Sums::default();
        (0..2).for_each(|_| both.add(&table.views.rows[0].cells));
        assert!(totals(&table).covers(&both));
        // What the first had counted under is let go of only once more than the second holds on to.
        for now in [2, 3, 4] {
            assert!(guard.has("t", Guarded::ErrorCode, "404"));
            guard.release(table.expire(now * IDLE, IDLE, std::iter::empty()));
        }
        assert!(!guard.has("t", Guarded::ErrorCode, "404") && guard.label_sets("t") == 0);
    }

    #[test]
    fn time_counts_from_the_last_write() {
        let guard = Arc::new(Guard::new(limits(9, 9)));
        let mut table = Table::new(guard.clone());
        let set = table.intern("t", &attributes("a"));
        let goes = |table: &mut Table, now, in_use: Option<LabelSetId>| {
            guard.release(table.expire(now, IDLE, in_use.into_iter()));
            guard.label_sets("t") == 0
        };
        assert!(!goes(&mut table, 0, Some(set)) && !goes(&mut table, 5 * IDLE, Some(set)));
        play(&mut table, set);
        assert!(!goes(&mut table, 6 * IDLE, None) && !goes(&mut table, 7 * IDLE - 1, None));
        assert!(goes(&mut table, 7 * IDLE, None));
    }

    #[test]
    fn error_codes_go_with_the_last_row_that_counts_them() {
        let guard = Arc::new(Guard::new(limits(9, 9)));
        let mut table = Table::new(guard.clone());
        let sets = ["a", "b"].map(|asset| table.intern("t", &attributes(asset)));
        sets.into_iter().for_each(|set| play(&mut table, set));
        let has = || guard.has("t", Guarded::ErrorCode, "404");
        for now in [0, 1, 2] {
            guard.release(table.expire(now * IDLE, IDLE, [sets[0]].into_iter()));
        }
        assert!(has() && guard.label_sets("t") == 1);
        for now in [3, 4] {
            guard.release(table.expire(now * IDLE, IDLE, std::iter::empty()));
        }
        assert!(!has() && guard.label_sets("t") == 0);
    }

    /// The gauges of the trailing window look back five minutes, and further than some rows are there.
    #[test]
    fn the_window_remembers_rows_that_are_gone() {
        let guard = Arc::new(Guard::new(Limits::default()));
        let mut table = Table::new(guard.clone());
        let mut window = SloWindow::new();
        let slot = Gauge::SloPlaybackFailureRatio(Window::N5m).slot();
        let ratio = |window: &SloWindow, now| {
            let mut snapshot = Snapshot::default();
            window.snapshot_into(now, &mut snapshot);
            snapshot.rows(Scope::Slo).values().next().and_then(|cells| cells.gauges[slot])
        };
        let (short, long) = (table.intern("t", &attributes("short")), table.intern("t", &attributes("long")));
        table.record(short, Measurement::Count(Counter::StartupPlays, 2.0));
        table.record(short, Measurement::Count(Counter::PlaybackFailed(Failure::Technical), 1.0));
        for second in 0..400 {
            table.record(long, Measurement::Count(Counter::StartupPlays, 0.01));
            guard.release(table.expire(second * 1000, 10_000, [long].into_iter()));
            window.observe(second * 1000, &table.snapshot());
            let ratio = ratio(&window, second * 1000).unwrap();
            assert!(
                if second < 300 { (0.19..0.5).contains(&ratio) } else { ratio == 0.0 },
                "{second}: {ratio}"
            );
        }
        assert_eq!(table.views.rows.len(), 1);
        // The whole group goes, comes back, and owes nothing to what it was.
        (400..402)
            .for_each(|second| guard.release(table.expire(second * 10_000, 10_000, std::iter::empty())));
        let _ = table.expire(4_020_000, 10_000, std::iter::empty());
        window.observe(4_020_000, &table.snapshot());
        assert_eq!(ratio(&window, 4_020_000), None);
        let again = table.intern("t", &attributes("again"));
        table.record(again, Measurement::Count(Counter::StartupPlays, 4.0));
        table.record(again, Measurement::Count(Counter::PlaybackFailed(Failure::Technical), 1.0));
        window.observe(4_030_000, &table.snapshot());
        assert_eq!(ratio(&window, 4_030_000), Some(0.25));
    }
}
