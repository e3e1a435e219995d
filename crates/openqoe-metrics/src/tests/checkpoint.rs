//! A checkpoint changes nothing: tables restored from it go on as if they had never stopped, also in another vocabulary as
//! far as that goes. And no bytes, however damaged, do worse than be refused.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use openqoe_spec::metrics::view::{Counter, Gauge, Histogram, KeyedCounter};
use openqoe_spec::{
    Attribute, Attributes, Exemplar, Guarded, LabelSetId, Measurement, Phase, Recorder, Scope, Severity,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::names::slots;
use super::properties::{Record, limits, records, session};
use crate::cells::{Cells, Change};
use crate::checkpoint::dictionary::{Dictionary, Name};
use crate::checkpoint::table::{SavedRow, SavedTable, TAG};
use crate::checkpoint::{open, seal};
use crate::{Guard, Limits, RestoreError, SINKS, Snapshot, Table};

/// Some shards and what they have said about label sets.
struct Shards {
    guard: Arc<Guard>,
    tables: Vec<Table>,
    sets: HashMap<usize, LabelSetId>,
    ids: Vec<LabelSetId>,
}

impl Shards {
    fn new(shards: usize, limits: Limits) -> Shards {
        let guard = Arc::new(Guard::new(limits));
        let tables = (0..shards).map(|_| Table::new(guard.clone())).collect();
        Shards { guard, tables, sets: HashMap::new(), ids: Vec::new() }
    }

    fn play(&mut self, sessions: &[(String, Attributes)], records: &[Record]) {
        let slots = slots(Scope::View);
        for (session, slot, value, key, way) in records {
            let shards = self.tables.len();
            let (table, (tenant, attributes)) = (&mut self.tables[session % shards], &sessions[*session]);
            if *way == 0 || !self.sets.contains_key(session) {
                let id = table.intern(tenant, attributes);
                self.sets.insert(*session, id);
                self.ids.push(id);
            }
            let session_id = session.to_string();
            let exemplar =
                Some(Exemplar { session_id: &session_id, at: u64::from(*value), is_traced: false });
            let (slot, value) = (slots[*slot], f64::from(*value) / 7.0);
            let change = match slot.change(value) {
                Change::Observe(..) if *way == 0 => Change::Advance(value),
                Change::Observe(..) => Change::Observe(value, exemplar),
                Change::Move(_) if *way == 1 => Change::Move(-value),
                change => change,
            };
            slot.record(table, self.sets[session], change, key);
        }
    }

    /// Through bytes, into another guard.
    fn restart(&mut self, limits: Limits) {
        let saved: Vec<_> = self.tables.iter().map(Table::save).collect();
        self.guard = Arc::new(Guard::restore(limits, &self.guard.save()).unwrap());
        self.tables = saved.iter().map(|bytes| Table::restore(self.guard.clone(), bytes).unwrap()).collect();
        let again: Vec<_> = self.tables.iter().map(Table::save).collect();
        assert_eq!(saved, again);
    }

    fn expositions(&self) -> Vec<Vec<u8>> {
        let mut merged = Snapshot::default();
        self.tables.iter().for_each(|table| merged.merge(table.snapshot()));
        let one = self.tables.iter().map(Table::snapshot);
        let all = one.chain([merged]).collect::<Vec<_>>();
        all.iter().flat_map(|snapshot| SINKS.iter().map(|sink| snapshot.encode(sink))).collect()
    }

    fn budgets(&self) -> Vec<(usize, u64, Vec<u64>)> {
        let guard = &self.guard;
        let of = |tenant| (guard.label_sets(tenant), guard.refused(tenant), guard.folded(tenant).to_vec());
        ["a", "b"].map(of).to_vec()
    }
}

fn spread(records: Vec<Record>, spread: &[Index], sessions: usize) -> Vec<Record> {
    let pairs = records.into_iter().zip(spread);
    pairs.map(|((_, slot, value, key, way), at)| (at.index(sessions), slot, value, key, way)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48)
    ))]

    #[test]
    fn restored_tables_go_on_as_if_nothing_had_happened(
        sessions in vec(session(), 1..16), records in records(1), at in vec(any::<Index>(), 120),
        cut in any::<Index>(), shards in 1..4_usize, budget in 0..5_usize, sets in 0..8_usize,
    ) {
        let records = spread(records, &at, sessions.len());
        let cut = cut.index(records.len() + 1);
        let (mut plain, mut stopped) =
            (Shards::new(shards, limits(budget, sets)), Shards::new(shards, limits(budget, sets)));
        plain.play(&sessions, &records);
        stopped.play(&sessions, &records[..cut]);
        let (expositions, budgets) = (stopped.expositions(), stopped.budgets());
        stopped.restart(limits(budget, sets));
        prop_assert_eq!(expositions, stopped.expositions());
        prop_assert_eq!(budgets, stopped.budgets());
        stopped.play(&sessions, &records[cut..]);
        prop_assert_eq!(plain.expositions(), stopped.expositions());
        prop_assert_eq!(plain.budgets(), stopped.budgets());
        prop_assert_eq!(plain.ids, stopped.ids);
    }

    #[test]
    fn what_is_cut_off_is_refused(sessions in vec(session(), 3), records in records(3), cut in any::<Index>()) {
        let mut shards = Shards::new(1, Limits::default());
        shards.play(&sessions, &records);
        let guard = Arc::new(Guard::new(Limits::default()));
        let (table, budgets) = (shards.tables[0].save(), shards.guard.save());
        prop_assert!(Table::restore(guard.clone(), &table[..cut.index(table.len())]).is_err());
        prop_assert!(Guard::restore(Limits::default(), &budgets[..cut.index(budgets.len())]).is_err());
        prop_assert_eq!((guard.label_sets("a"), guard.label_sets("b")), (0, 0));
    }

    /// Damage may go unnoticed (the journal has checksums), but then it is a state like any other.
    #[test]
    fn damage_breaks_nothing(
        sessions in vec(session(), 3), records in records(3), damage in vec((any::<Index>(), any::<u8>()), 1..4),
        late in any::<bool>(),
    ) {
        let mut shards = Shards::new(1, Limits::default());
        shards.play(&sessions, &records);
        let (mut table, mut budgets) = (shards.tables[0].save(), shards.guard.save());
        for (at, byte) in damage {
            // The dictionaries are most of a small table: aim behind them, too.
            let after = if late { table.len() / 2 } else { 8 };
            let place = after + at.index(table.len() - after);
            table[place] = byte;
            let place = 8 + at.index(budgets.len() - 8);
            budgets[place] = byte;
        }
        let guard = Guard::restore(Limits::default(), &budgets).unwrap_or_else(|_| Guard::new(Limits::default()));
        shards.guard = Arc::new(guard);
        if let Ok(table) = Table::restore(shards.guard.clone(), &table) {
            shards.tables = vec![table];
            shards.play(&sessions, &records);
            shards.expositions();
        }
    }

    #[test]
    fn any_bytes_are_refused_or_harmless(bytes in vec(any::<u8>(), 0..200)) {
        let guard = Arc::new(Guard::new(Limits::default()));
        prop_assert!(Table::restore(guard.clone(), &bytes).is_err());
        prop_assert!(Guard::restore(Limits::default(), &bytes).is_err());
        for saved in [Table::new(guard.clone()).save(), guard.save()] {
            let tagged = [&saved[..8], &bytes].concat();
            let _ = (Table::restore(guard.clone(), &tagged), Guard::restore(Limits::default(), &tagged));
        }
    }
}

fn attributes(values: &[(Attribute, &str)]) -> Attributes {
    let mut attributes = Attributes::default();
    values.iter().for_each(|(attribute, value)| attributes.set(*attribute, value).unwrap());
    attributes
}

/// A table with a value of every kind in the row of one session.
fn one_of_each() -> Table {
    let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
    let set = table.intern("t", &attributes(&[(Attribute::AssetId, "a"), (Attribute::Country, "DE")]));
    table.record(set, Measurement::Count(Counter::StartupAttempts, 2.0));
    table.record(set, Measurement::Count(Counter::StartupPlays, 1.0));
    table.record(set, Measurement::Move(Gauge::PlaybackActiveSessions(Phase::Paused), 3.0));
    table.record(set, Measurement::Observe(Histogram::StartupTimeSeconds, 700.0, None));
    table.record(set, Measurement::Observe(Histogram::PlaybackSeekLatencySeconds, 70.0, None));
    table.record(set, Measurement::CountKeyed(KeyedCounter::ErrPlayer(Severity::Fatal), "404", 1.0));
    table
}

/// What an older or a newer version would have written in another way.
type Rewrite = fn(&mut SavedTable<'_>);

/// The table as an older or a newer version would have written it.
fn rewritten(table: &Table, rewrite: impl FnOnce(&mut SavedTable<'_>)) -> Vec<u8> {
    let bytes = table.save();
    let mut saved = open(TAG, &bytes).unwrap();
    rewrite(&mut saved);
    seal(TAG, &saved)
}

fn restore(bytes: &[u8]) -> Result<Table, RestoreError> {
    Table::restore(Arc::new(Guard::new(Limits::default())), bytes)
}

#[test]
fn metrics_come_and_go() {
    let (attempts, plays) = (Counter::StartupAttempts.slot(), Counter::StartupPlays.slot());
    let bytes = rewritten(&one_of_each(), |saved| {
        let Dictionary { counters, gauges, .. } = &mut saved.views.dictionary;
        // One that is no more stands where another stood, and the two left have changed places.
        counters[attempts].metric = "gone".into();
        gauges.reverse();
        let cells = saved.views.rows[0].cells.to_mut();
        cells.gauges.reverse();
        // One is new since.
        let stranger = Name { metric: "stranger".into(), ..counters[0].clone() };
        counters.push(stranger);
        counters.remove(0);
        cells.counters = cells.counters[1..].iter().copied().chain([5.0]).collect();
    });
    let mut table = restore(&bytes).unwrap();
    let same = table.intern("t", &attributes(&[(Attribute::AssetId, "a"), (Attribute::Country, "DE")]));
    assert_eq!(same, LabelSetId(0));
    let cells = &table.views.rows[0].cells;
    assert_eq!((cells.counters[attempts], cells.counters[plays]), (0.0, 1.0));
    assert_eq!(cells.counters.iter().sum::<f64>(), 1.0);
    assert_eq!(cells.gauges[Gauge::PlaybackActiveSessions(Phase::Paused).slot()], Some(3.0));
    assert_eq!(cells.gauges.iter().flatten().count(), 1);
}

#[test]
fn a_histogram_with_other_bounds_starts_anew_as_a_whole() {
    let (startup, seek) =
        (Histogram::StartupTimeSeconds.slot(), Histogram::PlaybackSeekLatencySeconds.slot());
    let bytes =
        rewritten(&one_of_each(), |saved| saved.views.dictionary.histograms[startup].bounds[0] /= 2.0);
    let table = restore(&bytes).unwrap();
    let histograms = &table.views.rows[0].cells.histograms;
    assert!(histograms[startup].is_none());
    assert_eq!(histograms[seek].as_ref().map(|histogram| histogram.count()), Some(1));
}

/// Otherwise a scrape would hold two series of the same labels.
#[test]
fn label_text_follows_the_attributes_of_this_build() {
    let mut table = one_of_each();
    table.intern("t", &attributes(&[(Attribute::AssetId, "b"), (Attribute::Country, "DE")]));
    let bytes = rewritten(&table, |saved| {
        saved.views.rows[0].labels = "tenant=\"t\",country=\"DE\",planet=\"earth\",asset_id=\"a\"".into();
        saved.views.rows[1].labels = "tenant=\"t\",asset_id=\"a\",session_id=\"x\",country=\"DE\"".into();
    });
    let mut restored = restore(&bytes).unwrap();
    assert_eq!(restored.views.rows.len(), 1);
    assert_eq!(&*restored.views.rows[0].labels.text, "tenant=\"t\",asset_id=\"a\",country=\"DE\"");
    assert_eq!(restored.guard.label_sets("t"), 1);
    restored.record(LabelSetId(1), Measurement::Count(Counter::StartupAttempts, 1.0));
    assert_eq!(restored.views.rows[0].cells.counters[Counter::StartupAttempts.slot()], 3.0);
}

/// A guard that was not saved still learns from the tables what they use.
#[test]
fn tables_fill_a_new_guard() {
    let guard = Arc::new(Guard::new(limits(1, 1)));
    let table = Table::restore(guard.clone(), &one_of_each().save()).unwrap();
    assert_eq!(guard.label_sets("t"), 1);
    let mut other = Table::restore(guard.clone(), &Table::new(guard.clone()).save()).unwrap();
    other.intern("t", &attributes(&[(Attribute::AssetId, "b")]));
    assert_eq!((guard.refused("t"), guard.folded("t")[Guarded::AssetId.index()]), (1, 1));
    assert_eq!(guard.key("t", Guarded::ErrorCode, "404").0, "404");
    assert_eq!(guard.key("t", Guarded::ErrorCode, "500").0, crate::OVERFLOW);
    assert_eq!(table.snapshot().rows(Scope::View).len(), 1);
}

/// An error code may be empty, and takes the room of one.
#[test]
fn an_empty_key_stays_within_the_budget() {
    let mut shards = Shards::new(1, limits(1, 1));
    let set = shards.tables[0].intern("t", &Attributes::default());
    let error = |code| Measurement::CountKeyed(KeyedCounter::ErrPlayer(Severity::Fatal), code, 1.0);
    shards.tables[0].record(set, error(""));
    shards.restart(limits(1, 1));
    shards.tables[0].record(set, error("404"));
    let snapshot = shards.tables[0].snapshot();
    let cells = snapshot.rows(Scope::View).values().next().unwrap();
    let codes: Vec<_> = cells.keyed.iter().flat_map(|counts| counts.keys()).map(|code| &**code).collect();
    assert_eq!(codes, ["", crate::OVERFLOW]);
}

#[test]
fn contradictions_are_told() {
    let cases: [(&str, Rewrite); 6] = [
        ("a label set without its row", |saved| saved.sets.push(Some((7, None)))),
        ("a row without its labels", |saved| saved.views.rows[0].labels = "country=\"DE\"".into()),
        ("a row does not fit the dictionary", |saved| drop(saved.views.dictionary.keyed.pop())),
        ("a value that cannot be", |saved| saved.views.rows[0].cells.to_mut().counters[0] = f64::NAN),
        ("a value that cannot be", |saved| {
            saved.views.rows[0].cells.to_mut().gauges[0] = Some(f64::INFINITY)
        }),
        ("more rows than its bytes can hold", |saved| {
            let cells =
                Cells { counters: [].into(), gauges: [].into(), histograms: [].into(), keyed: [].into() };
            let row = |at| SavedRow {
                labels: format!("tenant=\"{at}\"").into(),
                beyond: false,
                cells: Cow::Owned(cells.clone()),
            };
            saved.views.dictionary =
                Dictionary { counters: vec![], gauges: vec![], histograms: vec![], keyed: vec![] };
            saved.views.rows = (0..50_000).map(row).collect();
        }),
    ];
    for (message, contradict) in cases {
        let error = restore(&rewritten(&one_of_each(), contradict)).err().unwrap();
        assert_eq!(error.to_string(), format!("a checkpoint that contradicts itself: {message}"));
    }
    let mut newer = one_of_each().save();
    newer[4] += 1;
    assert!(matches!(restore(&newer), Err(RestoreError::Version { found: 3 })));
}
