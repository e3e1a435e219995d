//! `spec/vectors/playback` and the folders of the other protocols: requests through decoder, engine and series table, compared
//! with the series they must give.
//! Together the cases drive every registered view, experiment and SLO metric: a name nothing drives fails here.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use openqoe_engine::{Arrival, Config, Engine, Ledger, Source};
use openqoe_ingest::{PROTOCOLS, Payload, ProtocolDef};
use openqoe_metrics::{Guard, Limits, SINKS, SloWindow, Snapshot, Table};
use openqoe_spec::{Attribute, METRICS, Outcome, SPEC_VERSION, Scope};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Where the clock stands when a case begins, epoch ms.
const BASE: u64 = 1_700_000_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    case: String,
    #[serde(default)]
    pins: Vec<String>,
    /// The clauses of a standard the case is about.
    #[serde(default)]
    clauses: Vec<String>,
    /// Session attributes to keep in the expected series.
    #[serde(default)]
    labels: Vec<String>,
    items: Vec<Map<String, Value>>,
}

#[derive(Default)]
struct Outcomes(BTreeMap<String, u64>);

impl Outcomes {
    fn note(&mut self, outcome: Outcome, reason: &str) {
        *self.0.entry(format!("{} {reason}", outcome.as_str()).trim().to_owned()).or_default() += 1;
    }
}

impl Ledger for Outcomes {
    fn outcome(&mut self, _: &str, _: Source, outcome: Outcome) {
        let reason = match outcome {
            Outcome::Rejected(reason) => reason.as_str(),
            Outcome::Shed(reason) => reason.as_str(),
            Outcome::Counted | Outcome::Duplicate | Outcome::Joined | Outcome::Forwarded => "",
        };
        self.note(outcome, reason);
    }
}

/// One case being run.
struct Run {
    engine: Engine,
    table: Table,
    outcomes: Outcomes,
    slo: SloWindow,
    session: String,
    attributes: Value,
    next: BTreeMap<String, u64>,
    now: u64,
    received: u64,
}

impl Run {
    fn new() -> Run {
        let mut slo = SloWindow::new();
        slo.observe(BASE - 1000, &Snapshot::default());
        Run {
            engine: Engine::new(Config::default()),
            table: Table::new(Arc::new(Guard::new(Limits::default()))),
            outcomes: Outcomes::default(),
            slo,
            session: "s".into(),
            attributes: json!({}),
            next: BTreeMap::new(),
            now: BASE,
            received: 0,
        }
    }

    fn item(&mut self, mut item: Map<String, Value>) {
        if let Some(session) = item.get("session").and_then(Value::as_str) {
            self.session = session.to_owned();
            self.now = BASE;
        } else if let Some(attributes) = item.get("attributes") {
            self.attributes = attributes.clone();
        } else if let Some(tick) = item.get("tick").and_then(Value::as_u64) {
            self.now = self.now.max(BASE + tick);
            self.engine.expire(self.now, &mut self.table, &mut self.outcomes);
        } else if let Some(protocol) = item.get("protocol").and_then(Value::as_str) {
            let protocol = PROTOCOLS.iter().find(|known| known.id.as_str() == protocol).unwrap();
            let arrives = item.get("arrives").and_then(Value::as_u64).unwrap_or_default();
            self.now = self.now.max(BASE + arrives);
            self.request(protocol, &item);
        } else if let Some(resume) = item.get("resume").and_then(Value::as_u64) {
            self.now = self.now.max(BASE + resume);
            self.engine.resume(self.now);
        } else {
            let t = item["t"].as_u64().unwrap();
            let arrives = item.remove("arrives").and_then(|value| value.as_u64()).unwrap_or(t);
            self.now = self.now.max(BASE + arrives);
            self.event(item);
        }
    }

    fn event(&mut self, mut event: Map<String, Value>) {
        let next = self.next.entry(self.session.clone()).or_default();
        let seq = event.entry("seq").or_insert(json!(*next)).as_u64().unwrap();
        *next = seq + 1;
        let body = json!({
            "spec_version": SPEC_VERSION,
            "sent_at": self.now,
            "session": { "session_id": self.session, "started_at": BASE, "attributes": self.attributes },
            "events": [event],
        });
        self.take(&PROTOCOLS[0], &Payload::of(body.to_string().as_bytes()));
    }

    /// A request of any protocol: `body` (text, or JSON), `query`, `headers`.
    fn request(&mut self, protocol: &ProtocolDef, item: &Map<String, Value>) {
        let body = match item.get("body") {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(json) => json.to_string(),
        };
        let query = dated(item.get("query").and_then(Value::as_str).unwrap_or_default());
        let headers: BTreeMap<String, String> = item
            .get("headers")
            .and_then(Value::as_object)
            .map(|all| all.iter().map(|(name, text)| (name.clone(), dated(text.as_str().unwrap()))).collect())
            .unwrap_or_default();
        let header = |name: &str| headers.get(name).map(String::as_str);
        self.take(protocol, &Payload { body: dated(&body).as_bytes(), query: &query, header: &header });
    }

    fn take(&mut self, protocol: &ProtocolDef, payload: &Payload<'_>) {
        let decoded = match (protocol.decode)(payload) {
            Ok(decoded) => decoded,
            Err(refused) => {
                *self.outcomes.0.entry(format!("refused {}", refused.reason.as_str())).or_default() += 1;
                self.received += 1;
                return;
            }
        };
        self.received += decoded.received() as u64;
        for rejection in &decoded.rejections {
            self.outcomes.note(Outcome::Rejected(rejection.reason), rejection.reason.as_str());
        }
        for batch in decoded.batches {
            let (source, received_at) = (Source::of(protocol.id), self.now);
            let arrival = Arrival { tenant: "default", source, received_at, place: 0, batch };
            self.engine.apply(arrival, &mut self.table, &mut self.outcomes);
        }
    }

    fn snapshot(&mut self) -> Snapshot {
        let mut snapshot = self.table.snapshot();
        self.slo.observe(self.now + 10_000, &snapshot);
        self.slo.snapshot_into(self.now + 10_000, &mut snapshot);
        snapshot
    }
}

/// Times: `@1000` is a second after the case began, epoch ms.
fn dated(text: &str) -> String {
    let mut parts = text.split('@');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        match part[..digits].parse::<u64>() {
            Ok(ms) => out += &(BASE + ms).to_string(),
            Err(_) => out.push('@'),
        }
        out += &part[digits..];
    }
    out
}

fn expose(snapshot: &Snapshot) -> String {
    let mut text = Vec::new();
    (SINKS[0].encode)(snapshot, &mut text);
    String::from_utf8(text).unwrap()
}

/// The lines of an exposition that say something: no zeros, no buckets, no labels that only repeat the session.
fn essence(text: &str, keep: &[String]) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.contains("_bucket{"));
    lines.filter(|line| !line.ends_with(" 0")).map(|line| strip(line, keep)).collect()
}

fn strip(line: &str, keep: &[String]) -> String {
    let (name, rest) = line.split_once('{').unwrap();
    let (labels, value) = rest.rsplit_once("} ").unwrap();
    let own = |label: &&str| {
        let label = label.split('=').next().unwrap();
        let experiment = name.starts_with("openqoe_exp_") && label.starts_with("experiment");
        let session = label == "tenant" || Attribute::parse(label).is_some();
        experiment || !session || keep.iter().any(|kept| kept == label)
    };
    let labels: Vec<&str> =
        labels.split_inclusive("\",").map(|label| label.trim_end_matches(',')).filter(own).collect();
    if labels.is_empty() {
        format!("{name} {value}")
    } else {
        format!("{name}{{{}}} {value}", labels.join(","))
    }
}

fn run(case: &Case) -> (Snapshot, String) {
    let mut run = Run::new();
    for item in &case.items {
        run.item(item.clone());
    }
    let snapshot = run.snapshot();
    let mut report = format!("== {}\n", case.case);
    for (name, list) in [("pins", &case.pins), ("clauses", &case.clauses)] {
        if !list.is_empty() {
            let _ = writeln!(report, "   {name} {}", list.join(", "));
        }
    }
    let waiting = run.engine.stats().waiting as u64;
    let given: u64 = run.outcomes.0.values().sum();
    assert_eq!(run.received, given + waiting, "{}: every event has one outcome", case.case);
    let outcomes: Vec<String> =
        run.outcomes.0.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let _ = writeln!(report, "   events: {}", outcomes.join(", "));
    for line in essence(&expose(&snapshot), &case.labels) {
        let _ = writeln!(report, "{line}");
    }
    (snapshot, report)
}

const FOLDERS: [&str; 6] = ["playback", "cmcd", "cdn-log", "epas", "prototype", "media3"];

fn files() -> Vec<(PathBuf, Vec<Case>)> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors");
    let mut paths: Vec<PathBuf> = FOLDERS
        .iter()
        .flat_map(|folder| std::fs::read_dir(vectors.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let cases =
                serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path, cases)
        })
        .collect()
}

#[test]
fn events_give_the_expected_series() {
    let mut different = Vec::new();
    for (path, cases) in files() {
        let report: String = cases.iter().map(|case| run(case).1 + "\n").collect();
        let expected = path.with_extension("expected.txt");
        if std::env::var_os("OPENQOE_BLESS").is_some() {
            std::fs::write(&expected, &report).unwrap();
        }
        let known = std::fs::read_to_string(&expected).unwrap_or_default();
        if known != report {
            let line = known.lines().zip(report.lines()).find(|(a, b)| a != b);
            different.push(format!("{}: expected/got {line:?}", expected.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn every_registered_metric_is_driven() {
    let mut alive = BTreeSet::new();
    for (_, cases) in files() {
        for case in &cases {
            let text = expose(&run(case).0);
            alive.extend(
                essence(&text, &[]).into_iter().map(|line| line.split([' ', '{']).next().unwrap().to_owned()),
            );
        }
    }
    let is_alive = |name: &str| alive.contains(name) || alive.contains(&format!("{name}_count"));
    let here = [Scope::View, Scope::Experiment, Scope::Slo];
    let dead: Vec<&str> = METRICS
        .iter()
        .filter(|metric| here.contains(&metric.scope))
        .map(|metric| metric.name)
        .filter(|name| !is_alive(name))
        .collect();
    assert!(dead.is_empty(), "no vector drives {dead:?}");
}

#[test]
fn every_row_of_the_decision_table_and_every_bug_of_the_peers_is_pinned() {
    let pins: BTreeSet<String> =
        files().into_iter().flat_map(|(_, cases)| cases).flat_map(|case| case.pins).collect();
    let rows = [
        "startup",
        "rebuffer",
        "denominators",
        "ratio of sums",
        "view end",
        "EBVS",
        "background",
        "rate",
        "ads",
        "live latency",
    ];
    let bugs = (1..=11).map(|bug| format!("B{bug}"));
    for needed in rows.into_iter().map(str::to_owned).chain(bugs) {
        assert!(pins.contains(&needed), "no case pins {needed}");
    }
}
