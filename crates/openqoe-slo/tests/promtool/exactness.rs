//! Windows that are sums of recorded increases, beside `increase()` of the counters over the same window: equal while the ratio is
//! steady, off by what docs/guide/slos.md says after a step. Thirty hours with a fault of one hour.

use std::fmt::Write;

use openqoe_slo::{compile, templates};

use crate::{Folder, promtool, promtool_is_missing};

/// Minute of the fault's begin and end, of the end of all, and the part of the time that is spent stalled within it and without.
const FAULT: (u64, u64, u64) = (1560, 1620, 1800);
const STALLED: (f64, f64) = (0.4, 0.01);
const PER_MINUTE: f64 = 1000.0;

/// When it is compared, the window, and by how much of the step the ratios may differ.
const COMPARED: [(u64, &str, f64); 12] = [
    (1550, "6h", 1e-6),
    (1550, "1d", 1e-6),
    (1563, "5m", 1e-9),
    (1563, "1h", 1e-9),
    (1565, "6h", 0.0075),
    (1590, "6h", 0.0075),
    (1620, "6h", 0.0075),
    (1590, "1d", 0.0025),
    (1625, "1d", 0.0025),
    (1700, "2h", 1e-9),
    (1790, "6h", 5e-4),
    (1790, "1d", 5e-4),
];

/// A counter that grows by `rate` a minute, and by `fault` a minute while there is one.
fn values(rate: f64, fault: f64) -> String {
    let (begin, end, last) = FAULT;
    let (at_begin, length) = (rate * begin as f64, end - begin);
    let at_end = at_begin + fault * length as f64;
    format!("0+{rate}x{} {at_begin}+{fault}x{} {at_end}+{rate}x{}", begin - 1, length - 1, last - end)
}

#[test]
fn sums_of_recorded_increases_are_what_they_are_said_to_be() {
    if promtool_is_missing("exactness of long windows") {
        return;
    }
    let mut slo = templates().iter().find(|slo| slo.name == "rebuffer-ratio").unwrap().clone();
    // What is not compared need not be computed.
    slo.alerts.retain(|alert| alert.name != "slow_ticket");
    slo.no_data = None;
    let folder = Folder::new("exactness");
    std::fs::write(folder.0.join("rules.yaml"), compile(&[slo], &Default::default()).to_yaml("")).unwrap();
    let stalled = "openqoe_playback_stalled_seconds_total{tenant=\"a\"}";
    let playing = "openqoe_playback_playing_seconds_total{tenant=\"a\"}";
    let (bad, good) = STALLED;
    let mut text = String::from(
        "rule_files: [rules.yaml]\nevaluation_interval: 30s\ntests:\n- interval: 1m\n  input_series:\n",
    );
    for (name, values) in [
        (stalled, values(PER_MINUTE * good, PER_MINUTE * bad)),
        (playing, values(PER_MINUTE * (1.0 - good), PER_MINUTE * (1.0 - bad))),
    ] {
        writeln!(text, "  - {{series: '{name}', values: '{values}'}}").unwrap();
    }
    text.push_str("  promql_expr_test:\n");
    for (at, window, part) in COMPARED {
        let of = |name: &str| format!("sum by (tenant) (increase({name}[{window}]))");
        let exact = format!("{0} / ({0} + {1})", of(stalled), of(playing));
        let expr = format!(
            "abs(sum by (tenant) (slo:sli_error:ratio_rate{window}) - {exact}) < bool {}",
            part * (bad - good)
        );
        writeln!(text, "  - expr: '{expr}'\n    eval_time: {at}m\n    exp_samples: [{{labels: '{{tenant=\"a\"}}', value: 1}}]").unwrap();
        let total = format!(
            "abs(sum by (tenant) (slo:sli_total:increase{window}) / ({} + {}) - 1) < bool 0.01",
            of(stalled),
            of(playing)
        );
        writeln!(text, "  - expr: '{total}'\n    eval_time: {at}m\n    exp_samples: [{{labels: '{{tenant=\"a\"}}', value: 1}}]").unwrap();
    }
    std::fs::write(folder.0.join("test.yaml"), &text).unwrap();
    promtool(&["test", "rules", "test.yaml"], &folder.0).unwrap_or_else(|said| panic!("{said}\n{text}"));
}
