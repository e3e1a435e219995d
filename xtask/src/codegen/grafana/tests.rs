//! What a query becomes, and what is refused.

use std::collections::BTreeMap;
use std::path::Path;

use super::filter::Names;
use super::query::Asked;
use super::spec::Dashboard;
use super::style::ref_id;
use crate::registry::Registry;

fn registry() -> Registry {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Registry::load(root).unwrap()
}

fn dashboard(only: &str) -> Dashboard {
    let text = format!(
        "{{uid: u, title: t, help: h, range: 1h, refresh: 1m, step: 1m, filters: [instance, target, tenant, cdn, slo], only: '{only}', rows: []}}"
    );
    serde_yaml_ng::from_str(&text).unwrap()
}

fn filtered(only: &str, expr: &str) -> anyhow::Result<String> {
    let registry = registry();
    let recorded = [("slo:objective:ratio", false), ("slo:sli_total:increase5m", true)];
    let recorded = BTreeMap::from(recorded.map(|(name, is_derived)| (name.to_owned(), is_derived)));
    let names = Names { registry: &registry, recorded };
    names.filtered(&dashboard(only), expr).map(|filtered| filtered.text)
}

#[test]
fn every_metric_gets_the_filters_its_series_carry() {
    for (expr, expected) in [
        (
            "sum by (cdn, le) (rate(openqoe_startup_time_seconds_bucket[$__range]))",
            "sum by (cdn, le) (rate(openqoe_startup_time_seconds_bucket{instance=~\"$instance\",tenant=~\"$tenant\",cdn=~\"$cdn\"}[$__range]))",
        ),
        (
            "openqoe_startup_failed_total{failure=\"technical\"}",
            "openqoe_startup_failed_total{instance=~\"$instance\",tenant=~\"$tenant\",cdn=~\"$cdn\",failure=\"technical\"}",
        ),
        (
            "openqoe_metrics_label_sets",
            "openqoe_metrics_label_sets{instance=~\"$instance\",tenant=~\"$tenant\"}",
        ),
        (
            "time() - process_start_time_seconds",
            "time() - process_start_time_seconds{instance=~\"$instance\"}",
        ),
        (
            "openqoe_slo_rebuffer_ratio > bool 0.5",
            "openqoe_slo_rebuffer_ratio{instance=~\"$instance\",tenant=~\"$tenant\"} > bool 0.5",
        ),
        (
            "probe_success and on (job, instance) openqoe_probe_running",
            "probe_success{instance=~\"$target\"} and on (job, instance) openqoe_probe_running{instance=~\"$instance\"}",
        ),
        ("slo:objective:ratio", "slo:objective:ratio{slo=~\"$slo\"}"),
        ("slo:sli_total:increase5m", "slo:sli_total:increase5m{tenant=~\"$tenant\",slo=~\"$slo\"}"),
        ("vector(1) and on () (1e3 == 5m)", "vector(1) and on () (1e3 == 5m)"),
    ] {
        assert_eq!(filtered("", expr).unwrap(), expected);
    }
}

#[test]
fn what_always_holds_is_for_views_only() {
    let live = "is_live=\"true\"";
    let views = filtered(live, "openqoe_playback_active_sessions{phase=\"playing\"}").unwrap();
    assert!(views.ends_with(",is_live=\"true\",phase=\"playing\"}"), "{views}");
    assert!(!filtered(live, "openqoe_engine_sessions").unwrap().contains("is_live"));
}

#[test]
fn names_that_are_not_registered_are_refused() {
    for expr in [
        "sum (openqoe_startup_attempts)",
        "openqoe_startup_time_seconds",
        "openqoe_startup_attempts_total_bucket",
        "slo:unknown:ratio",
        "up",
        "openqoe_startup_attempts_total{cdn=\"a\"",
    ] {
        assert!(filtered("", expr).is_err(), "{expr}");
    }
}

#[test]
fn indicators_are_the_queries_of_the_console() {
    let registry = registry();
    let by = ["cdn".to_owned()];
    let asked = |id: &str, mirrors| {
        let kpi = registry.kpis.iter().find(|kpi| kpi.id == id).unwrap();
        Asked { kpi, by: &by, range: "5m", mirrors }
    };
    assert_eq!(
        asked("playback_failure_ratio", false).promql(&registry).unwrap(),
        "sum by (cdn) (rate(openqoe_playback_failed_total{failure=\"technical\"}[5m])) / sum by (cdn) (rate(openqoe_startup_plays_total[5m]))"
    );
    assert_eq!(
        asked("startup_p95", true).promql(&registry).unwrap(),
        "histogram_quantile(0.95, sum by (le, cdn) (rate(openqoe_exp_variant_startup_time_seconds_bucket[5m])))"
    );
    let mixed = asked("playback_failure_ratio", true).promql(&registry).unwrap();
    assert!(!mixed.contains("exp_variant"), "plays have no mirror: {mixed}");
    assert_eq!(
        asked("startup_p95", false).worst(&registry, 3).unwrap(),
        "topk(3, (histogram_quantile(0.95, sum by (le, cdn) (rate(openqoe_startup_time_seconds_bucket[5m])))) \
         and (sum by (cdn) (increase(openqoe_startup_time_seconds_count[5m])) >= 25))"
    );
    assert!(asked("bitrate", false).worst(&registry, 3).unwrap().starts_with("bottomk(3, (8 * sum"));
}

#[test]
fn letters_of_queries() {
    assert_eq!([0, 25, 26, 52].map(ref_id), ["A", "Z", "AA", "BA"]);
}
