//! The name of a metric: from OpenTelemetry's to that of Prometheus.
//!
//! As "OTLP Metric points to Prometheus" of the OpenTelemetry specification and Prometheus's own OTLP endpoint have it: what is
//! no letter or digit becomes `_`, the unit and `_total` come behind, unless they are there. One thing is added: bits a second
//! are spelled `bps`, as players spell them, so that a name that ends in it gets no second unit.

use openqoe_spec::MetricKind;

/// The longest name there is room for.
const MAX_BYTES: usize = 200;

/// Units of UCUM by what Prometheus calls them.
const UNITS: [(&str, &str); 26] = [
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("1", ""),
    ("%", "percent"),
];

/// What follows `per`.
const RATES: [(&str, &str); 7] = [
    ("s", "second"),
    ("m", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

/// A name of Prometheus and the unit it ends in, if it does.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Translated {
    pub(super) name: String,
    pub(super) unit: String,
}

/// Translates a name; `None` when nothing is left of it, or too much.
pub(super) fn translate(name: &str, unit: &str, kind: MetricKind) -> Option<Translated> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == ':';
    let mut tokens: Vec<&str> =
        name.split(|character: char| !is_part(character)).filter(|token| !token.is_empty()).collect();
    let is_ratio = kind == MetricKind::Gauge && unit == "1";
    let unit = if is_ratio { "ratio".to_owned() } else { spelled(unit) };
    if kind == MetricKind::Counter {
        tokens.retain(|token| *token != "total");
    }
    if is_ratio {
        tokens.retain(|token| *token != "ratio");
    }
    if tokens.is_empty() {
        return None;
    }
    let mut translated = tokens.join("_");
    let has_it = unit.split('_').all(|part| tokens.contains(&part));
    if !unit.is_empty() && !has_it {
        translated = format!("{translated}_{unit}");
    }
    let ends_in_unit = !unit.is_empty() && translated.ends_with(&format!("_{unit}"));
    if kind == MetricKind::Counter {
        translated += "_total";
    }
    if translated.starts_with(|first: char| first.is_ascii_digit()) {
        translated.insert(0, '_');
    }
    let unit = if ends_in_unit { unit } else { String::new() };
    (translated.len() <= MAX_BYTES).then_some(Translated { name: translated, unit })
}

/// A unit as a name ends in it; annotations in braces are none.
fn spelled(unit: &str) -> String {
    if unit.contains('{') || unit.len() > 32 {
        return String::new();
    }
    if unit == "bit/s" {
        return "bps".into();
    }
    let (main, per) = unit.split_once('/').unwrap_or((unit, ""));
    let look = |table: &[(&str, &str)], text: &str| {
        let found = table.iter().find(|(symbol, _)| *symbol == text);
        found.map_or_else(|| cleaned(text), |(_, spelled)| (*spelled).to_owned())
    };
    let (main, per) = (look(&UNITS, main.trim()), look(&RATES, per.trim()));
    match (main.is_empty(), per.is_empty()) {
        (_, true) => main,
        (true, false) => format!("per_{per}"),
        (false, false) => format!("{main}_per_{per}"),
    }
}

fn cleaned(unit: &str) -> String {
    let parts = unit.split(|character: char| !character.is_ascii_alphanumeric());
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, unit: &str, kind: MetricKind) -> String {
        translate(name, unit, kind).map(|translated| translated.name).unwrap_or_default()
    }

    /// Whatever an SDK's user put into the name, the seed's name comes out.
    #[test]
    fn suffixes_are_there_once() {
        use MetricKind::{Counter, Histogram};
        for (kind, unit, expected, spellings) in [
            (
                Histogram,
                "s",
                "moq_client_buffer_length_seconds",
                ["moq_client_buffer_length_seconds", "moq.client.buffer.length"],
            ),
            (Histogram, "bit/s", "moq_client_bitrate_bps", ["moq_client_bitrate_bps", "moq.client.bitrate"]),
            (Histogram, "bps", "moq_client_bitrate_bps", ["moq_client_bitrate_bps", "moq_client_bitrate"]),
            (
                Counter,
                "1",
                "moq_client_connections_total",
                ["moq_client_connections_total", "moq.client.connections"],
            ),
            (
                Counter,
                "{event}",
                "moq_client_rebuffer_count_total",
                ["moq_client_rebuffer_count_total", "moq.client.rebuffer_count"],
            ),
            (
                Counter,
                "By",
                "moq_relay_bytes_sent_total",
                ["moq_relay_bytes_sent_total", "moq.relay.bytes.sent"],
            ),
        ] {
            for spelling in spellings {
                assert_eq!(named(spelling, unit, kind), expected, "{spelling}");
            }
            assert_eq!(named(expected, "", kind), expected);
        }
    }

    #[test]
    fn units_are_spelled_as_prometheus_does() {
        use MetricKind::{Counter, Gauge, Histogram};
        for (name, unit, kind, expected) in [
            ("http.server.request.duration", "s", Histogram, "http_server_request_duration_seconds"),
            ("system.network.io", "By", Counter, "system_network_io_bytes_total"),
            ("system.filesystem.usage", "By", Gauge, "system_filesystem_usage_bytes"),
            ("cpu.utilization", "1", Gauge, "cpu_utilization_ratio"),
            ("speed", "m/s", Gauge, "speed_meters_per_second"),
            ("requests", "{request}", Counter, "requests_total"),
            ("2.things", "", Gauge, "_2_things"),
            ("__a--b__", "", Gauge, "a_b"),
            ("größe", "", Gauge, "gr_e"),
            ("---", "s", Gauge, ""),
            ("total", "", Counter, ""),
        ] {
            assert_eq!(named(name, unit, kind), expected);
        }
        assert_eq!(named(&"x".repeat(201), "", Gauge), "");
    }

    #[test]
    fn the_unit_is_told_where_the_name_ends_in_it() {
        let unit = |name, unit| translate(name, unit, MetricKind::Counter).unwrap().unit;
        assert_eq!(
            (unit("time", "s"), unit("bytes.sent", "By"), unit("n", "1")),
            ("seconds".into(), String::new(), String::new())
        );
    }
}
