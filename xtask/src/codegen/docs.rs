//! The reference pages. Written for people who will hold the numbers against their own.

use std::fmt::Write;

use super::NOTICE;
use crate::registry::{AttributeType, Field, FieldType, Kpi, KpiKind, Metric, Registry, Scope};

pub(super) fn taxonomy(registry: &Registry) -> String {
    let mut out = format!(
        "<!-- {NOTICE} -->\n# OpenQoE metric taxonomy {}\n\n{} domains, {} metrics. **Bold** names stand in the project's \
         founding document and are kept exactly. Times are seconds; counters count in base units; every histogram is \
         exposed with the classic buckets given here and as a native histogram (schema 3). The sums of \
         `openqoe_eng_watch_time_seconds` and `openqoe_playback_buffer_time_seconds` grow while viewers watch and wait; \
         their counts and buckets follow when the view or the rebuffering ends.\n\n",
        registry.spec_version,
        registry.domains.len(),
        registry.metrics().count()
    );
    out.push_str("| scope | its series carry |\n|---|---|\n");
    for scope in Scope::ALL {
        let _ = writeln!(out, "| {} | {} |", scope.name(), scope.carries());
    }
    out.push_str("\nAn attribute a session does not report is left out of the series' labels.\n");
    for domain in &registry.domains {
        let _ = write!(out, "\n## {}\n\n{}\n", domain.domain, domain.help);
        for metric in &domain.metrics {
            out.push_str(&metric_entry(registry, metric));
        }
    }
    out.push_str(RATIOS);
    out
}

pub(super) fn kpis(registry: &Registry) -> String {
    let mut out = format!(
        "<!-- {NOTICE} -->\n# Key performance indicators\n\nWhat the console, Explore, anomaly detection and the dashboards show, \
         each with the sums it is made of. The console shows beside every number the query of Prometheus that gives the same.\n\n\
         | id | | unit | better | is |\n|---|---|---|---|---|\n"
    );
    for kpi in &registry.kpis {
        let Kpi { id, title, unit, better, help, .. } = kpi;
        let (unit, better) = (unit.name(), better.name());
        let _ = writeln!(out, "| `{id}` | **{title}**: {help} | {unit} | {better} | {} |", made_of(kpi));
    }
    out
}

fn made_of(kpi: &Kpi) -> String {
    let sum = |terms: &[String]| terms.iter().map(|term| format!("`{term}`")).collect::<Vec<_>>().join(" + ");
    let of = kpi.of.as_deref().unwrap_or_default();
    match kpi.kind {
        KpiKind::Ratio if kpi.scale == 1.0 => format!("{} / ({})", sum(&kpi.part), sum(&kpi.whole)),
        KpiKind::Ratio => format!("{} x {} / ({})", kpi.scale, sum(&kpi.part), sum(&kpi.whole)),
        KpiKind::Quantile => format!("the {} quantile of `{of}`", kpi.q.unwrap_or_default()),
        KpiKind::Rate => format!("the rate of `{of}`"),
        KpiKind::Level => format!("the sum of `{of}`"),
    }
}

const RATIOS: &str = "
## The ratios

Everything is a sum, so every ratio is one division in PromQL, over any labels and any window:

| KPI | PromQL (`R` is a range such as `[5m]`) |
|---|---|
| rebuffering ratio (Conviva) | `sum(rate(openqoe_playback_stalled_seconds_totalR)) / (sum(rate(openqoe_playback_playing_seconds_totalR)) + sum(rate(openqoe_playback_stalled_seconds_totalR)))` |
| stalled time % (CTA-2066) | `sum(rate(openqoe_playback_stalled_seconds_totalR)) / sum(rate(openqoe_eng_watch_time_seconds_sumR))` |
| rebufferings per hour | `3600 * sum(rate(openqoe_playback_rebuffers_totalR)) / sum(rate(openqoe_playback_playing_seconds_totalR))` |
| startup p95 | `histogram_quantile(0.95, sum by (le) (rate(openqoe_startup_time_seconds_bucketR)))` |
| startup failure ratio | `sum(rate(openqoe_startup_failed_totalR)) / (sum(rate(openqoe_startup_attempts_totalR)) - sum(rate(openqoe_startup_discarded_totalR)))` |
| exit before video start | `sum(rate(openqoe_startup_exits_totalR)) / (sum(rate(openqoe_startup_attempts_totalR)) - sum(rate(openqoe_startup_discarded_totalR)))` |
| playback failure ratio | `sum(rate(openqoe_playback_failed_totalR)) / sum(rate(openqoe_startup_plays_totalR))` |
| mean bitrate by media time | `8 * sum(rate(openqoe_abr_played_bytes_totalR)) / sum(rate(openqoe_abr_media_seconds_totalR))` |
| throughput of a request | `8 * sum(rate(openqoe_net_download_bytes_totalR)) / sum(rate(openqoe_net_download_seconds_totalR))` |
| dropped frames | `sum(rate(openqoe_playback_frames_dropped_totalR)) / sum(rate(openqoe_playback_frames_decoded_totalR))` |
| concurrent viewers | `sum(openqoe_playback_active_sessions)` |
";

fn metric_entry(registry: &Registry, metric: &Metric) -> String {
    let name = if metric.seed { format!("**{}**", metric.name) } else { metric.name.clone() };
    let mut out = format!("\n### {name}\n\n{}\n\n", metric.help);
    let _ = writeln!(
        out,
        "- {}{}, scope {}",
        metric.kind().name(),
        match metric.unit.name() {
            "" => String::new(),
            unit => format!(" in {unit}"),
        },
        metric.scope.name()
    );
    for name in &metric.labels {
        let _ = writeln!(out, "- label {}", label_text(registry, name));
    }
    for (name, says) in &metric.row_labels {
        let _ = writeln!(out, "- label `{name}`: {says}");
    }
    let _ = writeln!(out, "- is: {}\n- source: {}", metric.formula, metric.source);
    if !metric.buckets.is_empty() {
        let bounds: Vec<String> = metric.buckets.iter().map(f64::to_string).collect();
        let _ = writeln!(out, "- buckets: {}", bounds.join(" "));
    }
    out
}

fn label_text(registry: &Registry, name: &str) -> String {
    match registry.label(name) {
        Some(label) if label.guarded() => {
            format!("`{}`: {} At most {} values.", label.exposed(), label.help, label.budget)
        }
        Some(label) => format!("`{}` ({}): {}", label.exposed(), label.values.join(", "), label.help),
        None => match name {
            "outcome" => "`outcome`, `reason`: see docs/reference/outcomes.md".into(),
            "batch_rejection" => "`reason`: see docs/reference/outcomes.md".into(),
            "guarded" => "`attribute`: the guarded attribute whose budget was spent".into(),
            _ => "`version`, `spec_version`".into(),
        },
    }
}

pub(super) fn attributes(registry: &Registry) -> String {
    let mut out = format!(
        "<!-- {NOTICE} -->\n# Standard labels\n\n`label`: always a metric label, bounded by its type. `guarded`: a metric label \
         within its budget per tenant; values beyond it become `__overflow__` and are counted in \
         `openqoe_metrics_overflow_total`. `trace_only`: never a metric label; exemplars, timelines, traces and logs carry it.\n\n\
         | attribute | class | type | budget | meaning | source |\n|---|---|---|---|---|---|\n"
    );
    for attribute in &registry.attributes {
        let kind = match attribute.kind {
            AttributeType::String => format!("string, {} bytes", attribute.max_bytes),
            AttributeType::Bool => "true, false".into(),
            AttributeType::Enum => attribute.values.join(", "),
            AttributeType::Country => "two letters".into(),
            AttributeType::Semver => "semver".into(),
        };
        let budget = if attribute.budget == 0 { String::new() } else { attribute.budget.to_string() };
        let required = if attribute.required { " Required." } else { "" };
        let _ = writeln!(
            out,
            "| `{}` | {} | {kind} | {budget} | {}{required} | {} |",
            attribute.name,
            attribute.class.name(),
            attribute.help,
            attribute.source
        );
    }
    out
}

pub(super) fn events(registry: &Registry) -> String {
    let mut out = format!(
        "<!-- {NOTICE} -->\n# Native events\n\nEvery event has `seq`, `t` and `type` (see \
         [native ingest](../guide/native-ingest.md)). What an event means for the measurements is decided by the engine, never \
         by the sender.\n"
    );
    for event in &registry.events {
        let _ = write!(out, "\n## `{}`\n\n{}\n\nSource: {}.\n", event.name, event.help, event.source);
        if event.fields.is_empty() {
            continue;
        }
        out.push_str("\n| field | type | | meaning |\n|---|---|---|---|\n");
        for field in &event.fields {
            out.push_str(&field_row(registry, field));
        }
    }
    out
}

fn field_row(registry: &Registry, field: &Field) -> String {
    let max = field.max.unwrap_or_default();
    let kind = match field.kind {
        FieldType::Bool => "bool".into(),
        FieldType::String => format!("string, 1 to {max} bytes"),
        FieldType::Uint => format!("integer, 0 to {max}"),
        FieldType::Number => format!("number, {} to {max}", field.min.unwrap_or_default()),
        FieldType::Enum => {
            let label = field.of.as_deref().and_then(|of| registry.label(of));
            label.map(|label| label.values.join(", ")).unwrap_or_default()
        }
    };
    let presence = match (field.required, field.default_text()) {
        (true, _) => "required".into(),
        (false, Some(default)) => format!("default {default}"),
        (false, None) => "optional".into(),
    };
    format!("| `{}` | {kind} | {presence} | {} |\n", field.name, field.help)
}

pub(super) fn outcomes(registry: &Registry) -> String {
    let mut out = format!(
        "<!-- {NOTICE} -->\n# What becomes of events and batches\n\nEvery event received has exactly one outcome \
         (`openqoe_ingest_event_outcomes_total`):\n\n| outcome | reason | meaning |\n|---|---|---|\n"
    );
    for outcome in &registry.outcomes {
        let _ = writeln!(out, "| `{}` | | {} |", outcome.name, outcome.help);
        for reason in &outcome.reasons {
            let _ = writeln!(out, "| `{}` | `{}` | {} |", outcome.name, reason.name, reason.help);
        }
    }
    out.push_str(
        "\nA body that is no batch is answered with a status and counted in `openqoe_ingest_batches_rejected_total`:\n\n\
         | reason | status | meaning |\n|---|---|---|\n",
    );
    for reason in &registry.batch_rejections {
        let _ = writeln!(out, "| `{}` | {} | {} |", reason.name, reason.status, reason.help);
    }
    out
}
