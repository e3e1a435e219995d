//! Objectives over tables whose numbers are known.

use std::sync::Arc;

use openqoe_metrics::{Guard, Limits, SINKS, SharedRow, Snapshot, Table};
use openqoe_slo::{Slo, parse_all};
use openqoe_spec::metrics::view::{Counter, Histogram, KeyedCounter};
use openqoe_spec::{Attribute, Attributes, Failure, Measurement, Recorder, Severity};
use serde_json::{Value, json};

use super::Objectives;
use super::State;
use super::api;

const SECOND: u64 = 1000;

/// Documents of objectives, each given its name and the lines of its `spec`.
pub(super) fn slos(documents: &[(&str, &str)]) -> Vec<Slo> {
    let texts = documents.iter().map(|(name, spec)| {
        let spec = spec.replace('\n', "\n  ");
        let text = format!(
            "apiVersion: openqoe.dev/v1\nkind: PlaybackSLO\nmetadata: {{name: {name}}}\nspec:\n  {spec}\n"
        );
        (*name, text)
    });
    let texts: Vec<_> = texts.collect();
    parse_all(texts.iter().map(|(name, text)| (*name, text.as_str())))
        .unwrap_or_else(|problems| panic!("{}", problems[0]))
}

/// Stalled seconds of watched ones, by CDN.
pub(super) const REBUFFERING: &str = "indicator:
  time_ratio:
    bad: openqoe_playback_stalled_seconds_total
    total: [openqoe_playback_playing_seconds_total, openqoe_playback_stalled_seconds_total]
objective: 0.1
window: 1d
group_by: cdn
alert: {fast_burn: {factor: 2, windows: [1m, 5m], for: 10s}}
profile: custom
min_total: 30";

/// Objectives, and the table they look at.
pub(super) struct Bench {
    pub(super) table: Table,
    pub(super) state: State,
    pub(super) now: u64,
}

impl Bench {
    pub(super) fn new(slos: Vec<Slo>) -> Bench {
        Bench::with(State::new(0, None, 1, Arc::new(SharedRow::process())), slos, 64)
    }

    pub(super) fn with(mut state: State, slos: Vec<Slo>, max_groups: usize) -> Bench {
        let now = state.intake.before;
        state.replace("test".into(), slos, max_groups);
        Bench { table: Table::new(Arc::new(Guard::new(Limits::default()))), state, now }
    }

    pub(super) fn record(
        &mut self,
        tenant: &str,
        labels: &[(Attribute, &str)],
        measurement: Measurement<'_>,
    ) {
        let mut attributes = Attributes::default();
        for (attribute, value) in labels {
            attributes.set(*attribute, value).unwrap();
        }
        let set = self.table.intern(tenant, &attributes);
        self.table.record(set, measurement);
    }

    /// So many seconds of a CDN's viewers, and so many of them stalled.
    pub(super) fn watch(&mut self, cdn: &str, playing: f64, stalled: f64) {
        let labels = [(Attribute::Cdn, cdn)];
        let count = |counter, seconds: f64| Measurement::Count(counter, seconds * 1000.0);
        self.record("t", &labels, count(Counter::PlaybackPlayingSeconds, playing));
        self.record("t", &labels, count(Counter::PlaybackStalledSeconds, stalled));
    }

    pub(super) fn sample(&mut self) {
        let snapshot = self.table.snapshot();
        self.state.sample(self.now, &snapshot);
    }

    /// Samples every five seconds for so long.
    pub(super) fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds / 5 {
            self.now += 5 * SECOND;
            self.sample();
        }
    }

    /// What the API says of a tenant.
    pub(super) fn report(&mut self, tenant: &str) -> Value {
        let state =
            std::mem::replace(&mut self.state, State::new(0, None, 1, Arc::new(SharedRow::process())));
        let objectives = Objectives(state.into());
        let report = api::json(&objectives, tenant);
        self.state = objectives.0.into_inner().unwrap();
        report
    }

    /// The group of an objective that has such labels, in the tenant's report.
    pub(super) fn group(&mut self, slo: usize, labels: Value) -> Value {
        let tenant = labels["tenant"].as_str().unwrap().to_owned();
        let report = self.report(&tenant);
        let groups = report["slos"][slo]["groups"].as_array().unwrap();
        groups.iter().find(|group| group["labels"] == labels).cloned().unwrap_or(Value::Null)
    }
}

fn close(value: &Value, expected: f64) -> bool {
    value.as_f64().is_some_and(|value| (value - expected).abs() < 1e-9)
}

#[test]
fn ratio_burn_and_budget_are_of_what_was_counted_within_the_window() {
    let mut bench = Bench::new(slos(&[("stalls", REBUFFERING)]));
    bench.watch("a", 1000.0, 1000.0);
    bench.sample();
    let group = bench.group(0, json!({"tenant": "t", "cdn": "a"}));
    assert_eq!(
        (&group["error_ratio"], &group["budget_left"]),
        (&Value::Null, &Value::Null),
        "counted before"
    );

    bench.watch("a", 95.0, 5.0);
    bench.watch("b", 100.0, 0.0);
    bench.pass(5);
    bench.watch("a", 100.0, 0.0);
    bench.pass(5);
    let group = bench.group(0, json!({"tenant": "t", "cdn": "a"}));
    assert!(close(&group["error_ratio"], 5.0 / 200.0) && close(&group["budget_left"], 0.75), "{group:#}");
    assert_eq!(
        (&group["bad"], &group["total"], &group["covered_s"]),
        (&json!(5.0), &json!(200.0), &json!(10.0))
    );
    let other = bench.group(0, json!({"tenant": "t", "cdn": "b"}));
    assert!(
        close(&other["error_ratio"], 0.0) && close(&other["budget_left"], 1.0),
        "a row born later began at 0"
    );

    // The bad minute leaves the short window first.
    bench.watch("a", 100.0, 0.0);
    bench.pass(60);
    let group = bench.group(0, json!({"tenant": "t", "cdn": "a"}));
    let burn = group["burn"].as_array().unwrap();
    let rates: Vec<_> = burn.iter().map(|burn| (burn["window_s"].as_f64().unwrap(), &burn["rate"])).collect();
    assert_eq!(rates[0], (60.0, &json!(0.0)));
    assert!(close(rates[1].1, 5.0 / 300.0 / 0.1) && rates[2].0 == 86_400.0, "{rates:?}");
    assert_eq!(burn[0]["query"], "slo:sli_error:ratio_rate1m{slo=\"stalls\",tenant=\"t\",cdn=\"a\"} / 0.1");
    // Nothing to be good or bad: no value, not 0.
    bench.pass(60);
    let group = bench.group(0, json!({"tenant": "t", "cdn": "a"}));
    assert_eq!(group["burn"][0]["rate"], Value::Null);
}

#[test]
fn an_alert_waits_for_both_windows_for_enough_traffic_and_for_its_time() {
    let mut bench = Bench::new(slos(&[("stalls", REBUFFERING)]));
    let state = |bench: &mut Bench| {
        let group = bench.group(0, json!({"tenant": "t", "cdn": "a"}));
        (group["alerts"][0]["state"].as_str().unwrap().to_owned(), group["alerts"][0]["since"].clone())
    };
    bench.watch("a", 1.0, 0.0);
    bench.sample();
    bench.watch("a", 10.0, 10.0);
    bench.pass(5);
    assert_eq!(state(&mut bench).0, "too_little");
    bench.watch("a", 300.0, 20.0);
    bench.pass(5);
    assert_eq!(state(&mut bench).0, "quiet");
    bench.watch("a", 0.0, 100.0);
    bench.pass(5);
    assert_eq!(state(&mut bench), ("pending".into(), json!(15_000)));
    bench.pass(10);
    assert_eq!(state(&mut bench), ("firing".into(), json!(25_000)));
    // The short window forgets it, and the long one does not matter then.
    bench.watch("a", 10.0, 0.0);
    bench.pass(60);
    assert_eq!(state(&mut bench).0, "quiet");
    bench.pass(300);
    assert_eq!(state(&mut bench).0, "too_little");
}

#[test]
fn rows_that_fall_or_go_take_nothing_with_them() {
    let mut bench = Bench::new(slos(&[("stalls", REBUFFERING)]));
    bench.sample();
    bench.watch("a", 100.0, 0.0);
    bench.record("t", &[(Attribute::Cdn, "a"), (Attribute::Country, "DE")], {
        Measurement::Count(Counter::PlaybackPlayingSeconds, 50_000.0)
    });
    bench.pass(5);
    // One row of two is gone, and comes back with less.
    let table = std::mem::replace(&mut bench.table, Table::new(Arc::new(Guard::new(Limits::default()))));
    bench.watch("a", 120.0, 0.0);
    bench.pass(5);
    let total = |bench: &mut Bench| bench.group(0, json!({"tenant": "t", "cdn": "a"}))["total"].clone();
    assert_eq!(total(&mut bench), json!(170.0));
    bench.table = table;
    bench.pass(5);
    // 100 is less than 120, so it has begun anew; what was gone is a row like any other.
    assert_eq!(total(&mut bench), json!(170.0 + 100.0 + 50.0));
}

#[test]
fn every_kind_of_term_is_read() {
    let documents = [
        (
            "slow",
            "indicator: {latency: {metric: openqoe_startup_time_seconds, threshold: 2s}}\ntarget: 0.95\nwindow: 1d",
        ),
        (
            "errors",
            "indicator: {ratio: {bad: 'openqoe_err_player_total{severity=\"fatal\",error_code=\"42\"}', total: openqoe_startup_plays_total}}\nobjective: 0.05\nwindow: 1d",
        ),
        (
            "starts",
            "indicator: {ratio: {good: openqoe_startup_plays_total, total: openqoe_startup_attempts_total}}\nobjective: 0.05\nwindow: 1d",
        ),
        ("failures", "indicator: startup-failure\nobjective: 0.05\nwindow: 1d\nfilter: {cdn: {not: test}}"),
    ];
    let mut bench = Bench::new(slos(&documents));
    bench.sample();
    for startup in [500.0, 2000.0, 2001.0] {
        bench.record("t", &[], Measurement::Observe(Histogram::StartupTimeSeconds, startup, None));
    }
    let fatal = KeyedCounter::ErrPlayer(Severity::Fatal);
    for (code, times) in [("42", 1.0), ("43", 5.0)] {
        bench.record("t", &[], Measurement::CountKeyed(fatal, code, times));
    }
    bench.record("t", &[], Measurement::CountKeyed(KeyedCounter::ErrPlayer(Severity::Warning), "42", 3.0));
    bench.record("t", &[], Measurement::Count(Counter::StartupAttempts, 5.0));
    bench.record("t", &[], Measurement::Count(Counter::StartupPlays, 4.0));
    for cdn in ["live", "test"] {
        let failed = Counter::StartupFailed(Failure::Technical);
        bench.record("t", &[(Attribute::Cdn, cdn)], Measurement::Count(failed, 1.0));
    }
    bench.pass(5);
    let report = bench.report("t");
    let sums = |slo: usize| {
        let group = &report["slos"][slo]["groups"][0];
        (group["bad"].as_f64().unwrap(), group["total"].as_f64().unwrap())
    };
    assert_eq!([sums(0), sums(1), sums(2), sums(3)], [(1.0, 3.0), (1.0, 4.0), (1.0, 5.0), (1.0, 5.0)]);
}

#[test]
fn a_tenant_sees_its_own() {
    let of_a = "indicator: rebuffer-ratio\nobjective: 0.05\nfilter: {tenant: a}";
    let mut bench =
        Bench::new(slos(&[("of-a", of_a), ("of-all", "indicator: rebuffer-ratio\nobjective: 0.05")]));
    bench.sample();
    for tenant in ["a", "b"] {
        bench.record(tenant, &[], Measurement::Count(Counter::PlaybackPlayingSeconds, 1000.0));
    }
    bench.pass(5);
    let names = |report: Value| -> Vec<String> {
        let slos = report["slos"].as_array().unwrap().iter();
        slos.map(|slo| format!("{} {}", slo["name"], slo["groups"][0]["labels"]["tenant"])).collect()
    };
    assert_eq!(names(bench.report("a")), [r#""of-a" "a""#, r#""of-all" "a""#]);
    assert_eq!(names(bench.report("b")), [r#""of-all" "b""#]);
    assert_eq!(names(bench.report("c")), [r#""of-all" null"#]);
}

#[test]
fn groups_beyond_the_limit_are_one() {
    let slos = slos(&[("stalls", REBUFFERING)]);
    let state = State::new(0, None, 1, Arc::new(SharedRow::process()));
    let mut bench = Bench::with(state, slos, 2);
    bench.sample();
    for cdn in ["a", "b", "c", "d"] {
        bench.watch(cdn, 10.0, 0.0);
    }
    bench.pass(5);
    let other = bench.group(0, json!({"tenant": "t", "cdn": "__other__"}));
    assert_eq!((&other["total"], bench.state.intake.folded["t"]), (&json!(20.0), 2));
    // Another tenant has room of its own.
    let playing = Measurement::Count(Counter::PlaybackPlayingSeconds, 1000.0);
    bench.record("u", &[(Attribute::Cdn, "c")], playing);
    bench.pass(5);
    assert_ne!(bench.group(0, json!({"tenant": "u", "cdn": "c"})), Value::Null);

    // What no row is of and has counted nothing for a whole window makes room.
    bench.table = Table::new(Arc::new(Guard::new(Limits::default())));
    bench.watch("c", 10.0, 0.0);
    bench.pass(10);
    bench.now += 2 * 86_400_000;
    bench.pass(5);
    bench.watch("e", 10.0, 0.0);
    bench.pass(5);
    bench.watch("e", 10.0, 0.0);
    bench.pass(5);
    assert_eq!(bench.group(0, json!({"tenant": "t", "cdn": "e"}))["total"], json!(20.0));
}

#[test]
fn silence_is_noticed_where_there_used_to_be_something() {
    let mut bench = Bench::new(slos(&[("stalls", REBUFFERING)]));
    bench.sample();
    bench.watch("a", 100.0, 0.0);
    bench.watch("b", 10.0, 0.0);
    bench.pass(3600);
    let state = |bench: &mut Bench, cdn: &str| {
        bench.group(0, json!({"tenant": "t", "cdn": cdn}))["no_data"]["state"].as_str().unwrap().to_owned()
    };
    bench.pass(10);
    assert_eq!((state(&mut bench, "a"), state(&mut bench, "b")), ("pending".into(), "quiet".into()));
    bench.pass(900);
    assert_eq!((state(&mut bench, "a"), state(&mut bench, "b")), ("firing".into(), "quiet".into()));
    bench.watch("a", 1.0, 0.0);
    bench.pass(5);
    assert_eq!(state(&mut bench, "a"), "quiet");
}

#[test]
fn objectives_are_series() {
    let mut bench = Bench::new(slos(&[("stalls", REBUFFERING)]));
    bench.sample();
    bench.watch("a", 75.0, 25.0);
    bench.pass(15);
    let mut snapshot = Snapshot::default();
    super::exposition::add(&bench.state.tracks, &mut snapshot);
    let text = String::from_utf8(snapshot.encode(&SINKS[0])).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let own = "tenant=\"t\",cdn=\"a\",slo=\"stalls\"";
    let expected = [
        format!("openqoe_slo_objective_ratio{{{own}}} 0.9"),
        format!("openqoe_slo_error_ratio{{{own},window=\"1d\"}} 0.25"),
        format!("openqoe_slo_error_ratio{{{own},window=\"1m\"}} 0.25"),
        format!("openqoe_slo_error_ratio{{{own},window=\"5m\"}} 0.25"),
        format!("openqoe_slo_burn_rate{{{own},window=\"1d\"}} 2.5"),
        format!("openqoe_slo_burn_rate{{{own},window=\"1m\"}} 2.5"),
        format!("openqoe_slo_burn_rate{{{own},window=\"5m\"}} 2.5"),
        format!("openqoe_slo_error_budget_remaining_ratio{{{own}}} -1.5"),
        format!("openqoe_slo_window_covered_ratio{{{own}}} {}", 15.0 / 86_400.0),
        format!("openqoe_slo_alert_active{{{own},alert=\"fast_burn\",severity=\"page\"}} 1"),
        format!("openqoe_slo_alert_active{{{own},alert=\"no_data\",severity=\"ticket\"}} 0"),
    ];
    assert_eq!(lines, expected);
}
