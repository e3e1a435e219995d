//! The goldens of `spec/vectors/exposition`: `NAME.in.json` says what was measured, `NAME.txt` and `NAME.om` what a scraper
//! reads of it. `OPENQOE_BLESS=1 cargo test -p openqoe-metrics` writes them anew; look at the difference before you commit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use openqoe_spec::metrics::METRICS;
use openqoe_spec::{Attribute, Attributes, Exemplar, Guarded, LabelSetId, Scope};
use serde::Deserialize;

use super::names::{Slot, slot, slots};
use crate::cells::{Cells, Change};
use crate::{Guard, Limits, SINKS, SloWindow, Snapshot, Table, label_text};

/// What was measured.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    /// What the vector shows.
    #[allow(dead_code)]
    about: String,
    /// Budgets by guarded label, and `max_label_sets`.
    #[serde(default)]
    limits: BTreeMap<String, usize>,
    #[serde(default)]
    sessions: Vec<Session>,
    /// Rows of the scopes objective, tenant, process and probe.
    #[serde(default)]
    rows: Vec<Row>,
    /// When the window of the indicators saw the snapshot, epoch ms.
    slo: Option<u64>,
    /// Whether every slot of every scope gets a value too.
    #[serde(default)]
    every_slot: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    #[serde(default)]
    shard: usize,
    tenant: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    tenant: Option<String>,
    /// The labels of a row about an objective.
    objective: Option<Vec<(String, String)>>,
    /// Whether it is about a probe.
    #[serde(default)]
    probe: bool,
    records: Vec<Record>,
}

/// One measurement: a metric, its closed labels without quotes, and one of the rest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    metric: String,
    #[serde(default)]
    labels: String,
    count: Option<f64>,
    r#move: Option<f64>,
    observe: Option<f64>,
    advance: Option<f64>,
    settle: Option<f64>,
    /// The value of the guarded label; the count is one.
    key: Option<String>,
    /// Session and time.
    exemplar: Option<(String, u64)>,
}

impl Record {
    fn change(&self) -> Change<'_> {
        let exemplar =
            self.exemplar.as_ref().map(|(session_id, at)| Exemplar { session_id, at: *at, is_traced: false });
        let count = self.count.or(self.key.is_some().then_some(1.0)).map(Change::Count);
        let change = count.or(self.r#move.map(Change::Move)).or(self.advance.map(Change::Advance));
        let change = change.or(self.observe.map(|value| Change::Observe(value, exemplar)));
        change.or(self.settle.map(|value| Change::Settle(value, exemplar))).unwrap()
    }

    fn key(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/exposition")
}

fn inputs() -> BTreeMap<String, Input> {
    let files = std::fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path());
    let named = files.filter_map(|path| {
        let name = path.file_name()?.to_str()?.strip_suffix(".in.json")?.to_owned();
        Some((name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()))
    });
    named.collect()
}

/// What was measured, by the vector's name.
pub(super) fn snapshots() -> BTreeMap<String, Snapshot> {
    inputs().into_iter().map(|(name, input)| (name, measure(&input))).collect()
}

fn measure(input: &Input) -> Snapshot {
    let mut limits = Limits::default();
    for (name, limit) in &input.limits {
        match Guarded::parse(name) {
            Some(guarded) => limits.budgets[guarded.index()] = *limit,
            None => limits.max_label_sets = *limit,
        }
    }
    let guard = Arc::new(Guard::new(limits));
    let shards = input.sessions.iter().map(|session| session.shard + 1).max().unwrap_or(1);
    let mut tables: Vec<_> = (0..shards).map(|_| Table::new(guard.clone())).collect();
    for session in &input.sessions {
        let table = &mut tables[session.shard];
        let set = table.intern(&session.tenant, &attributes(&session.attributes));
        for record in &session.records {
            slot(&record.metric, &record.labels).record(table, set, record.change(), record.key());
        }
        if input.every_slot {
            touch_all(|slot, change| slot.record(table, set, change, "404"), Scope::View, set);
        }
    }
    let mut snapshot = Snapshot::default();
    tables.iter().for_each(|table| snapshot.merge(table.snapshot()));
    if let Some(at) = input.slo {
        let mut window = SloWindow::new();
        window.observe(at, &snapshot);
        window.snapshot_into(at, &mut snapshot);
    }
    for row in &input.rows {
        add_row(&mut snapshot, row, input.every_slot);
    }
    snapshot
}

fn attributes(values: &BTreeMap<String, String>) -> Attributes {
    let mut attributes = Attributes::default();
    for (name, value) in values {
        attributes.set(Attribute::parse(name).unwrap(), value).unwrap();
    }
    attributes
}

fn add_row(snapshot: &mut Snapshot, row: &Row, every_slot: bool) {
    let tenant = row.tenant.iter().map(|tenant| ("tenant", tenant.as_str()));
    let objective = row.objective.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str()));
    let labels = label_text(tenant.chain(objective));
    let scope = match row {
        Row { objective: Some(_), .. } => Scope::Objective,
        Row { probe: true, .. } => Scope::Probe,
        Row { tenant: Some(_), .. } => Scope::Tenant,
        _ => Scope::Process,
    };
    let mut cells = Cells::new(scope);
    for record in &row.records {
        slot(&record.metric, &record.labels).apply(&mut cells, record.change(), record.key());
    }
    if every_slot {
        touch_all(|slot, change| slot.apply(&mut cells, change, "404"), scope, LabelSetId(0));
    }
    snapshot.add(scope, labels, cells);
}

/// Gives every slot a value of its own.
fn touch_all(mut apply: impl FnMut(Slot, Change<'_>), scope: Scope, set: LabelSetId) {
    for (position, slot) in slots(scope).into_iter().enumerate() {
        let value = (position + 1) as f64 * 100.0 + f64::from(set.0);
        let exemplar = Some(Exemplar {
            session_id: "5f1c3b0e",
            at: 1_700_000_000_000 + position as u64,
            is_traced: false,
        });
        let change = match slot.change(value) {
            Change::Observe(value, _) => Change::Observe(value, exemplar),
            other => other,
        };
        apply(slot, change);
    }
}

/// The exposition, with the version of the build taken out: a release should not touch goldens.
fn encode(snapshot: &Snapshot, sink: usize) -> String {
    let text = String::from_utf8(snapshot.encode(&SINKS[sink])).unwrap();
    text.replace(concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\""), "{version=\"0.0.0\"")
}

#[test]
fn expositions_are_as_in_the_vectors() {
    for (name, input) in inputs() {
        let snapshot = measure(&input);
        for (sink, extension) in [(0, "txt"), (1, "om")] {
            let path = directory().join(format!("{name}.{extension}"));
            let actual = encode(&snapshot, sink);
            if std::env::var_os("OPENQOE_BLESS").is_some() {
                std::fs::write(&path, &actual).unwrap();
            }
            let expected = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(actual == expected, "{} differs; it would be:\n{actual}", path.display());
        }
    }
}

/// Invariant 2 of the architecture, as far as this crate can answer for it: no registered metric without an exposition.
#[test]
fn the_vectors_expose_every_metric() {
    let mut exposed = BTreeSet::new();
    for input in inputs().into_values() {
        let text = encode(&measure(&input), 0);
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
        exposed.extend(types.map(str::to_owned));
    }
    assert_eq!(exposed, METRICS.iter().map(|def| def.name.to_owned()).collect());
}
