//! What holds for any measurements of any sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use openqoe_spec::{Attribute, Attributes, Exemplar, Guarded, Scope};
use proptest::collection::vec;
use proptest::prelude::*;

use super::exposition::{read_protobuf, read_text, samples};
use super::names::slots;
use crate::cells::Change;
use crate::{Guard, Limits, OVERFLOW, SINKS, Snapshot, Table};

const TEXT: usize = 0;
const OPENMETRICS: usize = 1;
const PROTOBUF: usize = 2;

/// A session: its tenant and attributes, each out of a few values.
pub(super) fn session() -> impl Strategy<Value = (String, Attributes)> {
    ("[ab]", vec((0..Attribute::ALL.len(), "[a-e]{1,2}|\\PC{0,6}"), 0..6)).prop_map(|(tenant, values)| {
        let mut attributes = Attributes::default();
        for (attribute, value) in values {
            // A value the type refuses is one attribute less.
            let _ = attributes.set(Attribute::ALL[attribute], &value);
        }
        (tenant, attributes)
    })
}

/// A record: session, slot, value, key and the way a histogram hears of it.
pub(super) type Record = (usize, usize, u32, String, u8);

pub(super) fn records(sessions: usize) -> impl Strategy<Value = Vec<Record>> {
    let slot = 0..slots(Scope::View).len();
    vec((0..sessions, slot, 0..200_000_u32, "[a-d]|\\PC{0,4}", 0..3_u8), 0..120)
}

pub(crate) fn limits(budget: usize, max_label_sets: usize) -> Limits {
    Limits { budgets: [budget; Guarded::ALL.len()], max_label_sets }
}

/// Plays the records of each session into the table of its shard.
pub(super) fn play(
    sessions: &[(String, Attributes)],
    records: &[Record],
    shards: usize,
    limits: Limits,
) -> Snapshot {
    let guard = Arc::new(Guard::new(limits));
    let mut tables: Vec<_> = (0..shards).map(|_| Table::new(guard.clone())).collect();
    let sets: Vec<_> = sessions
        .iter()
        .enumerate()
        .map(|(session, (tenant, attributes))| tables[session % shards].intern(tenant, attributes))
        .collect();
    let slots = slots(Scope::View);
    for (session, slot, value, key, way) in records {
        let (slot, value) = (slots[*slot], f64::from(*value));
        let session_id = session.to_string();
        let exemplar =
            Some(Exemplar { session_id: &session_id, at: u64::from(*way), is_traced: way % 2 == 0 });
        let change = match (slot.change(value), way) {
            (Change::Observe(..), 0) => Change::Advance(value),
            (Change::Observe(..), 1) => Change::Settle(value, exemplar),
            (Change::Observe(..), _) => Change::Observe(value, exemplar),
            (change, _) => change,
        };
        slot.record(&mut tables[session % shards], sets[*session], change, key);
    }
    // Backwards, for the order of merging must not matter.
    tables.iter().rev().fold(Snapshot::default(), |mut merged, table| {
        merged.merge(table.snapshot());
        merged
    })
}

fn text(snapshot: &Snapshot, sink: usize) -> String {
    String::from_utf8(snapshot.encode(&SINKS[sink])).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn shards_add_up_to_one_table(
        sessions in vec(session(), 1..12),
        records in records(1),
        spread in vec(0..12_usize, 200),
        budget in 0..6_usize,
        sets in 0..8_usize,
    ) {
        let records: Vec<Record> = records
            .into_iter()
            .zip(spread)
            .map(|((_, slot, value, key, way), session)| (session % sessions.len(), slot, value, key, way))
            .collect();
        let one = play(&sessions, &records, 1, limits(budget, sets));
        let three = play(&sessions, &records, 3, limits(budget, sets));
        prop_assert_eq!(text(&one, OPENMETRICS), text(&three, OPENMETRICS));
        prop_assert_eq!(one.encode(&SINKS[PROTOBUF]), three.encode(&SINKS[PROTOBUF]));
    }

    #[test]
    fn all_formats_say_the_same(sessions in vec(session(), 4), records in records(4)) {
        let snapshot = play(&sessions, &records, 2, Limits::default());
        let protobuf = samples(&read_protobuf(&snapshot.encode(&SINKS[PROTOBUF])));
        prop_assert_eq!(&read_text(&text(&snapshot, TEXT)), &protobuf);
        let openmetrics = text(&snapshot, OPENMETRICS);
        prop_assert!(openmetrics.ends_with("# EOF\n"));
        prop_assert_eq!(read_text(&openmetrics).len(), protobuf.len());
    }

    #[test]
    fn classic_and_native_buckets_hold_the_same_values(records in records(1)) {
        let snapshot = play(&[("t".to_owned(), Attributes::default())], &records, 1, Limits::default());
        let families = read_protobuf(&snapshot.encode(&SINKS[PROTOBUF]));
        for histogram in families.iter().flat_map(|family| &family.metric).filter_map(|m| m.histogram.as_ref()) {
            let counts: Vec<_> = histogram.bucket.iter().filter_map(|bucket| bucket.cumulative_count).collect();
            prop_assert!(counts.is_sorted());
            prop_assert_eq!(counts.last().copied(), histogram.sample_count);
            let deltas = histogram.positive_delta.iter();
            let native = deltas.scan(0, |count, delta| { *count += delta; Some(*count) }).collect::<Vec<i64>>();
            prop_assert!(native.iter().all(|count| *count > 0));
            let total = native.iter().sum::<i64>() as u64 + histogram.zero_count.unwrap_or_default();
            prop_assert_eq!(Some(total), histogram.sample_count);
            let spanned: u32 = histogram.positive_span.iter().filter_map(|span| span.length).sum();
            prop_assert_eq!(spanned as usize, native.len());
        }
        let expected = expected_sums(&records);
        for (name, sum) in sums(&read_text(&text(&snapshot, TEXT))) {
            prop_assert!((sum - expected[&name]).abs() < 1e-6, "{name}: {sum} is not {}", expected[&name]);
        }
    }

    #[test]
    fn budgets_hold_for_any_attributes(
        sessions in vec(session(), 1..60),
        records in records(1),
        spread in vec(0..60_usize, 200),
        budget in 0..4_usize,
        sets in 0..10_usize,
    ) {
        let records: Vec<Record> = records
            .into_iter()
            .zip(spread)
            .map(|((_, slot, value, key, way), session)| (session % sessions.len(), slot, value, key, way))
            .collect();
        let snapshot = play(&sessions, &records, 2, limits(budget, sets));
        let mut values: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for (_, labels) in read_text(&text(&snapshot, TEXT)).into_keys() {
            for (name, value) in labels.iter().filter(|(_, value)| *value != OVERFLOW) {
                values.entry((labels["tenant"].clone(), name.clone())).or_default().insert(value.clone());
            }
        }
        for ((tenant, name), values) in values {
            prop_assert!(!["session_id", "viewer_id_hash"].contains(&name.as_str()));
            let bounded = Guarded::parse(&name).is_none() || values.len() <= budget;
            prop_assert!(bounded, "{} values of {} of {}", values.len(), name, tenant);
        }
        for tenant in ["tenant=\"a\"", "tenant=\"b\""] {
            let rows = snapshot.rows(Scope::View).keys().filter(|labels| labels.starts_with(tenant)).count();
            prop_assert!(rows <= sets + 1);
        }
    }

    #[test]
    fn any_label_value_comes_back(tenant in "(?s).{0,12}", key in "(?s).{0,12}|[\\\\\"\n]{0,6}") {
        let mut table = Table::new(Arc::new(Guard::new(Limits::default())));
        let set = table.intern(&tenant, &Attributes::default());
        let keyed = slots(Scope::View).into_iter().find(|slot| slot.def.key.is_some()).unwrap();
        keyed.record(&mut table, set, Change::Count(1.0), &key);
        keyed.record(&mut table, set, Change::Count(1.0), &key);
        let snapshot = table.snapshot();
        for samples in [
            read_text(&text(&snapshot, TEXT)),
            samples(&read_protobuf(&snapshot.encode(&SINKS[PROTOBUF]))),
        ] {
            let ((_, labels), value) = samples.into_iter().next().unwrap();
            prop_assert_eq!((&labels["tenant"], &labels["error_code"], value), (&tenant, &key, 2.0));
        }
    }
}

fn sums(samples: &super::exposition::Samples) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for ((name, _), value) in samples.iter().filter(|((name, _), _)| name.ends_with("_sum")) {
        *sums.entry(name.clone()).or_default() += value;
    }
    sums
}

/// What the sums of the histograms must be: everything advanced or observed.
fn expected_sums(records: &[Record]) -> BTreeMap<String, f64> {
    let (slots, mut sums) = (slots(Scope::View), BTreeMap::<String, f64>::new());
    for (_, slot, value, _, way) in records {
        let def = slots[*slot].def;
        let added = if *way == 1 { 0.0 } else { f64::from(*value) };
        *sums.entry(format!("{}_sum", def.name)).or_default() += added / def.unit.divisor();
    }
    sums
}
