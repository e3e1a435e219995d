//! What was measured: as a table to read, as JSON to keep, as a page of the documentation.

use std::fmt::Write;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::Options;
use crate::figures::Samples;
use crate::http::{CONNECTIONS, SESSIONS};
use crate::machine::Machine;
use crate::payload::{Bodies, EVENTS, LABEL_SETS};

/// What the keys mean, in the order in which they are shown.
const MEANINGS: [(&str, &str); 61] = [
    ("read_ceiling_rps", "requests/s of bare hyper that reads the body and answers 204"),
    ("decode_ceiling_rps", "the same, which also decodes it"),
    ("gateway_rps", "requests/s of the gateway"),
    ("gateway_events_per_s", "events/s of the gateway"),
    ("gateway_to_read_ceiling", "gateway / read ceiling, round by round"),
    ("gateway_to_decode_ceiling", "gateway / decode ceiling, round by round"),
    ("p50_ms", "latency of the gateway, median, ms"),
    ("p99_ms", "latency of the gateway, 99th percentile, ms"),
    ("power_rps", "requests/s of the gateway with `durability = power`"),
    ("power_p99_ms", "its latency, 99th percentile, ms"),
    ("errors", "answers of the gateway that were not 2xx"),
    ("read_ceiling_cpu_us", "CPU time of the read ceiling, µs a request"),
    ("decode_ceiling_cpu_us", "CPU time of the decode ceiling, µs a request"),
    ("gateway_cpu_us", "CPU time of the gateway, µs a request"),
    ("load_cpu_us", "CPU time of the load, µs a request"),
    (
        "native_cpu_us_per_event",
        "CPU time of the gateway for an event by the native protocol, 13 in a request, µs",
    ),
    ("cmcd_cpu_us_per_event", "the same by CMCD, 13 records in a request, µs"),
    ("cmcd_to_native", "CMCD / native, round by round"),
    ("cdn_log_cpu_us_per_event", "a line of a CDN's log, 13 in a request, µs"),
    ("cdn_log_to_native", "logs of CDNs / native, round by round"),
    ("epas_cpu_us_per_event", "by EPAS, one in a request as its SDKs send them, µs"),
    ("epas_to_native", "EPAS / native, round by round"),
    ("prototype_cpu_us_per_event", "by `/v2/events`, 13 in a request, µs"),
    ("prototype_to_native", "`/v2/events` / native, round by round"),
    ("media3_cpu_us_per_event", "a finished playback by `/media3`, one in a request, µs"),
    ("media3_to_native", "the same / an event of the native protocol, round by round"),
    ("otlp_cpu_us_per_event", "a point by OTLP/HTTP, 13 in a request, µs"),
    ("otlp_to_native", "OTLP / native, round by round"),
    ("tenant_alone_p99_ms", "latency of a steady tenant alone, 99th percentile, ms"),
    ("tenant_beside_p99_ms", "the same beside one that sends ten times its quota, ms"),
    ("tenant_errors", "answers to the steady tenant that were not 2xx"),
    ("raging_refused_percent", "requests of the other that were refused, %"),
    ("journal_bytes_per_event", "journal, bytes an event"),
    ("session_read_ms", "reading one session back, ms"),
    ("replay_seconds", "start after `kill -9` until ready, s"),
    ("replay_events_per_s", "events a second of that start"),
    ("facts_load_seconds", "reading a million ended sessions into memory after a start, s"),
    ("facts_bytes_per_session", "memory of the gateway for each of them, bytes"),
    ("explore_ratio_ms", "Explore over them: rebuffering ratio by CDN, ms"),
    ("explore_filtered_ms", "bitrate by country with two filters, ms"),
    ("explore_many_values_ms", "startup failures by asset (2,000), ms"),
    ("explore_quantile_ms", "startup p95 by CDN, ms"),
    ("compare_ms", "every KPI of two cohorts, half of them each, ms"),
    ("search_ms", "the hundred worst of them, ms"),
    ("session_open_ms", "one of them, ms"),
    ("timeline_ms", "the timeline of a session of 1,300 events, ms"),
    ("live_100k_ms", "a search over 100,000 live sessions, ms"),
    ("decode_ns_per_event", "decoding alone, ns an event"),
    ("ns_per_event_10k", "engine and table, 10,000 sessions, ns an event"),
    ("ns_per_event_100k", "engine and table, 100,000 sessions, ns an event"),
    ("ns_per_event_1m", "engine and table, 1,000,000 sessions, ns an event"),
    ("rss_per_session_bytes", "memory of the gateway / active sessions, bytes"),
    ("rss_100k_sessions_bytes", "memory of the gateway with 100,000 of them, bytes"),
    ("peak_rss_bytes", "peak memory, scrapes included, bytes"),
    ("scrape_series", "series of the scrapes below"),
    ("scrape_100k_ms", "GET /metrics, text, ms"),
    ("scrape_100k_openmetrics_ms", "GET /metrics, OpenMetrics, ms"),
    ("scrape_100k_protobuf_ms", "GET /metrics, protobuf, ms"),
    ("scrape_100k_bytes", "size of the text, bytes"),
    ("scrape_100k_openmetrics_bytes", "size of the OpenMetrics, bytes"),
    ("scrape_100k_protobuf_bytes", "size of the protobuf, bytes"),
];

/// The figures of one run.
pub(crate) struct Report {
    machine: Machine,
    quick: bool,
    serve: String,
    body_bytes: usize,
    figures: Vec<(String, Samples)>,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Report {
        let body_bytes = Bodies::new(1_700_000_000_000, LABEL_SETS).body(0, 1).len();
        let (machine, serve) = (Machine::this(), options.serve.join(" "));
        Report { machine, quick: options.quick, serve, body_bytes, figures: Vec::new() }
    }

    /// A figure of several rounds.
    pub(crate) fn add(&mut self, key: &str, samples: Samples) {
        self.figures.push((key.to_owned(), samples));
    }

    /// A figure there is one of.
    pub(crate) fn set(&mut self, key: &str, value: f64) {
        let mut samples = Samples::default();
        samples.push(value);
        self.add(key, samples);
    }

    fn get(&self, key: &str) -> Option<&Samples> {
        self.figures.iter().find(|(own, _)| own == key).map(|(_, samples)| samples)
    }

    /// Key, meaning and samples of what was measured.
    fn shown(&self) -> impl Iterator<Item = (&'static str, &'static str, &Samples)> {
        MEANINGS.iter().filter_map(|(key, meaning)| Some((*key, *meaning, self.get(key)?)))
    }

    /// Without a date, and without the addresses of a run.
    pub(crate) fn json(&self) -> Result<String> {
        let mut object = Map::new();
        let (mut spread, mut rounds) = (Map::new(), Map::new());
        let machine = &self.machine;
        object.insert(
            "machine".into(),
            json!({ "cores": machine.cores, "cpu": machine.cpu, "memory_bytes": machine.memory_bytes }),
        );
        object.insert("payload".into(), json!({ "bytes": self.body_bytes, "events": EVENTS }));
        object.insert("quick".into(), json!(self.quick));
        object.insert("serve_args".into(), json!(self.serve));
        for (key, _, samples) in self.shown() {
            object.insert(key.into(), json!(samples.median()));
            if samples.len() > 1 {
                spread.insert(key.into(), json!(samples.spread()));
            }
            rounds.insert(key.into(), json!(samples.len()));
        }
        object.insert("spread_percent".into(), Value::Object(spread));
        object.insert("rounds".into(), Value::Object(rounds));
        Ok(serde_json::to_string_pretty(&object)? + "\n")
    }

    pub(crate) fn table(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ =
            writeln!(out, "\n{}; body {} bytes, {EVENTS} events", self.machine.describe(), self.body_bytes);
        let _ = writeln!(out, "{:30} {:>12} {:>26} {:>7}  ", "", "median", "lowest .. highest", "spread");
        for (key, meaning, samples) in self.shown() {
            let (range, spread) = spread(samples);
            let _ =
                writeln!(out, "{key:30} {:>12} {range:>26} {spread:>7}  {meaning}", show(samples.median()));
        }
        out
    }

    /// `docs/benchmarks.md`.
    pub(crate) fn page(&self) -> String {
        let mut out = include_str!("page.md").to_owned();
        let mut rows = String::from("| | median | lowest .. highest | spread |\n|---|---:|---:|---:|\n");
        for (key, meaning, samples) in self.shown() {
            let (range, spread) = spread(samples);
            let _ =
                writeln!(rows, "| {meaning} (`{key}`) | {} | {range} | {spread} |", show(samples.median()));
        }
        let arguments = if self.serve.is_empty() { "none".to_owned() } else { format!("`{}`", self.serve) };
        let values = [
            ("machine", self.machine.describe()),
            ("bytes", self.body_bytes.to_string()),
            ("events", EVENTS.to_string()),
            ("connections", CONNECTIONS.to_string()),
            ("sessions", SESSIONS.to_string()),
            ("label_sets", LABEL_SETS.to_string()),
            ("arguments", arguments),
            ("length", if self.quick { "quick" } else { "full" }.to_owned()),
            ("figures", rows.trim_end().to_owned()),
        ];
        for (name, value) in values {
            out = out.replace(&format!("{{{name}}}"), &value);
        }
        out
    }
}

/// Range and spread, where there is one.
fn spread(samples: &Samples) -> (String, String) {
    let (lowest, highest) = samples.range();
    match samples.len() {
        0 | 1 => Default::default(),
        _ => (format!("{} .. {}", show(lowest), show(highest)), format!("{:.0} %", samples.spread())),
    }
}

/// Four digits or more, thousands apart.
fn show(value: f64) -> String {
    if value < 1.0 {
        return if value == 0.0 { "0".to_owned() } else { format!("{value:.3}") };
    }
    if value < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        let shown = [0.0, 0.8123, 12.345, 999.6, 1_234_567.8].map(show);
        assert_eq!(shown, ["0", "0.812", "12.35", "1,000", "1,234,568"]);
    }

    #[test]
    fn the_page_has_no_holes() {
        let mut report = Report::new(&Options::default());
        report.set("gateway_rps", 1.0);
        let page = report.page();
        assert!(page.contains("(`gateway_rps`) | 1.00 |"), "{page}");
        assert!(!page.contains('{'), "{page}");
        assert!(report.json().unwrap().contains("\"gateway_rps\": 1.0"));
    }
}
