//! What is wrong with an objective, and what is said about it: an input and a part of each answer. Whoever wrote it should know the
//! place, the reason and what to write instead.

#![allow(clippy::unwrap_used)]

use openqoe_slo::{Slo, doubts, parse, parse_all};
use proptest::prelude::*;

/// An objective whose `spec` is this, in flow style or as lines.
fn document(name: &str, spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!("apiVersion: openqoe.dev/v1\nkind: PlaybackSLO\nmetadata:\n  name: {name}\nspec:\n{spec}")
}

fn refused(text: &str) -> String {
    let problems = parse("slo.yaml", text).expect_err(text);
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

fn read(text: &str) -> Slo {
    parse("slo.yaml", text).unwrap_or_else(|problems| panic!("{}", problems[0])).remove(0)
}

#[test]
fn keys_and_values() {
    for (spec, answer) in [
        (
            "objective: 0.02\nwindows: 30d",
            "slo.yaml:7: spec.windows: unknown key `windows`; did you mean `window`?",
        ),
        ("window: 30d", "slo.yaml:5: spec.objective: missing"),
        ("objective: 0.02\ntarget: 0.98", "slo.yaml:6: spec.objective: say either `objective`"),
        ("objective: 0.98", "for a target of 98 % good write `target: 0.98`"),
        ("target: 0.02", "for a budget of 2 % write `objective: 0.02`"),
        ("target: 99.9", "for 99.9 % write 0.999"),
        ("objective: 0", "a fraction between 0 and 1, found 0"),
        ("objective: a little", "found `a little`"),
        ("objective: .nan", "found .nan"),
        ("objective: 0.02\nwindow: 30", "expected a duration such as 5m, 1h or 30d, found 30"),
        ("objective: 0.02\nwindow: 12h", "expected a window from 1d to 90d, found `12h`"),
        ("objective: 0.02\nwindow: 91d", "expected a window from 1d to 90d"),
        ("objective: 0.02\nthreshold: 2s", "only latency indicators have a threshold"),
        ("objective: 0.02\nmin_total: -1", "expected 0 or more, found -1"),
        ("objective: 0.02\nlabels: {tenant: a}", "`tenant` is set by the compiler"),
        ("objective: 0.02\nlabels: {a-b: c}", "`a-b` cannot be the name of a label"),
        ("objective: 0.02\nlabels: [a]", "expected a mapping of labels, found a list"),
    ] {
        let said = refused(&document("rebuffer-ratio", spec));
        assert!(said.contains(answer), "{spec}\n{said}");
    }
}

#[test]
fn names() {
    for (name, answer) in [
        (
            "rebufer-ratio",
            "slo.yaml:4: metadata.name: no template is called `rebufer-ratio`; did you mean `rebuffer-ratio`?",
        ),
        ("zzz", "so `spec.indicator` has to say what is measured"),
        ("Rebuffer", "expected lower case letters, digits and dashes"),
        ("[a]", "expected lower case letters"),
    ] {
        let said = refused(&document(name, "objective: 0.02"));
        assert!(said.contains(answer), "{name}\n{said}");
    }
}

#[test]
fn indicators() {
    for (indicator, answer) in [
        ("startup", "no template is called `startup`; did you mean `startup-time`?"),
        ("{}", "exactly one of ratio, time_ratio, latency"),
        ("{ratios: {}}", "did you mean `ratio`?"),
        ("{ratio: {bad: openqoe_ad_failed_total}}", "spec.indicator.ratio.total: missing"),
        ("{ratio: {total: openqoe_ad_failed_total}}", "either `bad` or `good`, beside `total`"),
        (
            "{ratio: {bad: openqoe_add_failed_total, total: []}}",
            "expected a metric or a list of metrics, found an empty list",
        ),
        (
            "{ratio: {bad: openqoe_add_failed_total, total: openqoe_ad_breaks_total}}",
            "did you mean `openqoe_ad_failed_total`?",
        ),
        (
            "{ratio: {bad: openqoe_playback_stalled_seconds_total, total: openqoe_playback_playing_seconds_total}}",
            "write `time_ratio`",
        ),
        (
            "{time_ratio: {bad: openqoe_ad_failed_total, total: openqoe_ad_breaks_total}}",
            "for events write `ratio`",
        ),
        (
            "{ratio: {bad: openqoe_ad_failed_total, total: openqoe_ad_wait_seconds_total}}",
            "count different things",
        ),
        ("{ratio: {bad: openqoe_slo_rebuffer_ratio, total: openqoe_ad_breaks_total}}", "is a gauge"),
        ("{latency: {metric: openqoe_startup_time_seconds, threshold: 2.2s}}", "Take one of 0.1, 0.25, 0.5"),
        (
            "{latency: {metric: openqoe_startup_time_seconds, threshold: soon}}",
            "or a duration such as 2s or 500ms",
        ),
        ("{latency: {metric: openqoe_startup_plays_total, threshold: 2s}}", "is no histogram"),
        (
            "{latency: {metric: openqoe_startup_time_secs, threshold: 2s}}",
            "did you mean `openqoe_startup_time_seconds`?",
        ),
    ] {
        let said = refused(&document("mine", &format!("objective: 0.02\nindicator: {indicator}")));
        assert!(said.contains(answer), "{indicator}\n{said}");
    }
}

#[test]
fn groups_and_filters() {
    for (name, spec, answer) in [
        ("rebuffer-ratio", "group_by: [contry]", "no label is called `contry`; did you mean `country`?"),
        ("rebuffer-ratio", "group_by: session_id", "has no label `session_id`; it has tenant, asset_id"),
        ("rebuffer-ratio", "group_by: [cdn, isp, country, device_type, os_family]", "more than 4 labels"),
        ("rebuffer-ratio", "filter: {failure: technical}", "has no label `failure`; it has tenant"),
        ("rebuffer-ratio", "filter: {cdn: {but: a}}", "spec.filter.cdn.but: unknown key"),
        ("rebuffer-ratio", "filter: {cdn: []}", "a value, a list of values, or {not: ...}"),
        (
            "data-freshness",
            "filter: {cdn: a}",
            "openqoe_ingest_event_delay_seconds has no label `cdn`; it has tenant",
        ),
    ] {
        let said = refused(&document(name, &format!("objective: 0.02\n{spec}")));
        assert!(said.contains(answer), "{spec}\n{said}");
    }
}

#[test]
fn alerts() {
    for (spec, answer) in [
        ("objective: 0.1", "alert `fast_burn` can never fire: 14.4 x 0.1 is 1.44"),
        (
            "objective: 0.1",
            "has to be below 10; 5 fires when half of everything is bad: `alert: {fast_burn: {factor: 5}}`",
        ),
        ("objective: 0.07\nprofile: google", "has to be below 14.28"),
        ("objective: 0.02\nprofile: gogle", "expected google, pyrra or custom, found `gogle`"),
        ("objective: 0.02\nprofile: custom", "say them under `spec.alert`"),
        ("objective: 0.02\nalert: {a: off}", "there is no such alert to switch off"),
        ("objective: 0.02\nalert: {a: {factor: 2}}", "spec.alert.a.windows: missing"),
        (
            "objective: 0.02\nalert:\n  a:\n    factor: 0\n    windows: [5m, 1h]",
            "slo.yaml:9: spec.alert.a.factor",
        ),
        ("objective: 0.02\nalert: {a: {factor: 2, windows: [1h, 5m]}}", "needs the short window first"),
        ("objective: 0.02\nalert: {a: {factor: 2, windows: [1h]}}", "two windows, the short one first"),
        ("objective: 0.02\nalert: {a: {factor: 2, windows: [10s, 5m]}}", "from 30s on"),
        (
            "objective: 0.02\nalert: {a: {factor: 2, windows: [1h, 31d]}}",
            "further back, 31d, than the objective's window of 30d",
        ),
        (
            "objective: 0.02\nalert: {a: {factor: 2, windows: [5m, 1h], severity: critical}}",
            "`labels: {severity: ...}`",
        ),
        (
            "objective: 0.02\nalert: {a b: {factor: 2, windows: [5m, 1h]}}",
            "a name of letters, digits and underscores",
        ),
    ] {
        let said = refused(&document("rebuffer-ratio", spec));
        assert!(said.contains(answer), "{spec}\n{said}");
    }
}

#[test]
fn documents_and_files() {
    for (text, answer) in [
        ("a: [", "slo.yaml:2: "),
        ("- a", "found neither"),
        ("apiVersion: sloth/v1\nkind: X", "slo.yaml:2: kind: expected `apiVersion: openqoe.dev/v1`"),
        ("apiVersion: openqoe.dev/v1\nkind: PlaybackSLO", "metadata: missing"),
        ("a: 1\na: 2", "duplicate"),
    ] {
        let said = refused(text);
        assert!(said.contains(answer), "{text}\n{said}");
    }
    let large = "# x\n".repeat(100_000);
    assert!(refused(&large).contains("larger than 262144 bytes"));
    // Every document of a file says what is wrong with it, at its own lines.
    let two = format!("{}---\n{}", document("a", "window: 30d"), document("b", "window: 30d"));
    assert_eq!(refused(&two).lines().count(), 2);
    assert!(refused(&two).contains("slo.yaml:11: metadata.name"));
    let good = document("rebuffer-ratio", "objective: 0.02");
    let twice = parse_all([("a.yaml", good.as_str()), ("b.yaml", good.as_str())]).unwrap_err();
    assert_eq!(
        twice[0].to_string(),
        "b.yaml: metadata.name: `rebuffer-ratio` is also the name of an objective in a.yaml"
    );
}

#[test]
fn open_slo() {
    let text =
        std::fs::read_to_string(format!("{}/../../slo/examples/openslo.yaml", env!("CARGO_MANIFEST_DIR")))
            .unwrap();
    assert_eq!(
        (read(&text).budget, read(&text).filter[0].promql().as_str()),
        (0.005, r#"content_type="movie""#)
    );
    for (from, to, answer) in [
        (
            "budgetingMethod: Occurrences",
            "budgetingMethod: Timeslices",
            "time slices weigh a quiet night like the final",
        ),
        ("isRolling: true", "isRolling: false", "calendar windows"),
        ("target: 0.995", "target: 0.995\n      op: lte", "spec.objectives.[0].op"),
        ("target: 0.995", "displayNam: a", "did you mean `displayName`?"),
        ("ratioMetric:", "thresholdMetric:", "write a `ratioMetric`"),
        ("counter: true", "counter: false", "write `counter: true`"),
        ("service: vod", "alertPolicies: [{}]", "alert policies are not read"),
        ("service: vod", "indicatorRef: a", "references are not followed"),
        (
            "{content_type=\"movie\", failure",
            "{content_type=\"clip\", failure",
            "have to be those of `total`",
        ),
        (
            "openqoe_startup_plays_total{content_type=\"movie\"} +",
            "openqoe_startup_plays_total +",
            "need the same labels",
        ),
        (
            "sum(rate(openqoe_startup_failed_total",
            "rate(sum(openqoe_startup_failed_total",
            "expected a metric such as",
        ),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let said = refused(&changed);
        assert!(said.contains(answer), "{to}\n{said}");
    }
}

#[test]
fn what_may_be_meant_is_doubted() {
    let doubted = |spec: &str| doubts(&read(&document("rebuffer-ratio", spec))).join("\n");
    assert_eq!(doubted("objective: 0.02"), "");
    for (spec, doubt) in [
        ("objective: 0.05", "fires when more than 72 % is bad"),
        ("objective: 0.02\nalert: off", "has no alerts"),
        ("objective: 0.02\nalert: {a: {factor: 14, windows: [6h, 3d]}}", "140 % of the budget is gone"),
        ("objective: 0.02\ngroup_by: asset_id", "can make 500 groups"),
    ] {
        assert!(doubted(spec).contains(doubt), "{spec}: {}", doubted(spec));
    }
}

#[test]
fn a_profile_is_changed_alert_by_alert() {
    let spec = "objective: 0.02\nprofile: google\nalert:\n  fast_burn: {factor: 10, labels: {severity: critical}}\n  slow_ticket: off\n  mine: {factor: 2, windows: [1h, 12h], severity: ticket, for: 5m}";
    let slo = read(&document("rebuffer-ratio", spec));
    let alerts: Vec<(&str, f64)> =
        slo.alerts.iter().map(|alert| (alert.name.as_str(), alert.threshold)).collect();
    assert_eq!(alerts, [("fast_burn", 0.2), ("slow_burn", 0.12), ("mine", 0.04), ("fast_ticket", 0.06)]);
    assert_eq!(slo.alerts[0].labels["severity"], "critical");
    assert_eq!(slo.alerts[2].hold.as_secs(), 300);
    // Five bad minutes: 60 seconds of stalling at the threshold of 4 %.
    assert_eq!(slo.alerts[2].min_total, 1500.0);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = parse("slo.yaml", &text);
    }

    #[test]
    fn any_value_anywhere_is_read_or_refused(
        key in "(objective|target|window|indicator|threshold|filter|group_by|profile|alert|min_total|no_data|labels|annotations)",
        value in "([a-z0-9.:{}\\[\\], \"'|&*!%@-]{0,40})",
    ) {
        let _ = parse("slo.yaml", &document("startup-time", &format!("objective: 0.02\n{key}: {value}")));
    }

    #[test]
    fn no_alert_that_compiles_is_out_of_reach(parts in 1u32..500_000, factor in 1u32..2000) {
        let (budget, factor) = (f64::from(parts) / 1e6, f64::from(factor) / 10.0);
        let spec = format!("objective: {budget}\nalert: {{a: {{factor: {factor}, windows: [5m, 1h]}}}}");
        match parse("slo.yaml", &document("rebuffer-ratio", &spec)) {
            Ok(slos) => prop_assert!(slos[0].alerts[0].threshold < 1.0),
            Err(problems) => prop_assert!(budget * factor >= 1.0 - 1e-9, "{}", problems[0]),
        }
    }
}
