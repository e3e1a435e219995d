//! Which format a scraper gets: content negotiation by RFC 9110, clauses 12.4.2 (weights) and 12.5.1 (`Accept`).

use crate::sinks::{SINKS, Sink};

/// One media range of an `Accept` header.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    weight: f64,
}

/// The sink that fits an `Accept` header best: highest weight, then named most precisely, then first in [`SINKS`].
/// Scraping never fails for its header: when nothing fits, or there is none, it is the text format 0.0.4.
pub fn negotiate(accept: Option<&str>) -> &'static Sink {
    let ranges: Vec<_> = accept.unwrap_or_default().split(',').filter_map(parse).collect();
    let mut best = (&SINKS[0], (0.0, 0));
    for sink in &SINKS {
        let rank = rank(sink, &ranges);
        if rank.0 > 0.0 && rank > best.1 {
            best = (sink, rank);
        }
    }
    best.0
}

/// Weight and precision of the most precise range that matches the sink; weight 0 when there is none.
fn rank(sink: &Sink, ranges: &[Range<'_>]) -> (f64, usize) {
    let matching = ranges.iter().filter_map(|range| Some((precision(sink, range)?, range.weight)));
    matching
        .max_by_key(|(precision, _)| *precision)
        .map_or((0.0, 0), |(precision, weight)| (weight, precision))
}

/// How precisely a range names the sink, `None` when it means something else. Parameters the sink knows nothing of
/// (`charset`, Prometheus 3's `escaping`) do not matter: names and values are UTF-8 that needs no escaping.
fn precision(sink: &Sink, range: &Range<'_>) -> Option<usize> {
    let (kind, subtype) = sink.media_type;
    match (range.kind, range.subtype) {
        ("*", "*") => return Some(0),
        (a, "*") if a.eq_ignore_ascii_case(kind) => return Some(1),
        (a, b) if a.eq_ignore_ascii_case(kind) && b.eq_ignore_ascii_case(subtype) => {}
        _ => return None,
    }
    let mut precision = 2;
    for (name, value) in &range.parameters {
        match sink.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) if known == value => precision += 1,
            Some(_) => return None,
            None => {}
        }
    }
    Some(precision)
}

fn parse(range: &str) -> Option<Range<'_>> {
    let mut parts = range.split(';').map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let mut range = Range { kind, subtype, parameters: Vec::new(), weight: 1.0 };
    for part in parts {
        let Some((name, value)) = part.split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        if name.eq_ignore_ascii_case("q") {
            range.weight = value.parse().ok().filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(0.0);
        } else {
            range.parameters.push((name, value));
        }
    }
    Some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOBUF: &str =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    /// `acceptHeader` of scrape/scrape.go since 2.49: weights fall by a tenth, from one tenth for each protocol it knows.
    fn accept(protocols: &[&str], known: usize) -> String {
        let mut ranges: Vec<_> = protocols
            .iter()
            .enumerate()
            .map(|(position, protocol)| format!("{protocol};q=0.{}", known + 1 - position))
            .collect();
        ranges.push(format!("*/*;q=0.{}", known + 1 - protocols.len()));
        ranges.join(",")
    }

    #[test]
    fn prometheus_gets_what_it_likes_best() {
        // scrape/scrape.go of 2.42: without and with --enable-feature=native-histograms.
        let v2_42 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                     text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let v2_42_native = format!(
            "{PROTOBUF},application/openmetrics-text;version=1.0.0;q=0.8,\
             application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        );
        // config.DefaultScrapeProtocols, and DefaultProtoFirstScrapeProtocols for native histograms.
        let (om_1, om_0) =
            ("application/openmetrics-text;version=1.0.0", "application/openmetrics-text;version=0.0.1");
        let (text_1, text_0) = ("text/plain;version=1.0.0;escaping=allow-utf-8", "text/plain;version=0.0.4");
        let om_1_utf8 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8";
        let v2_53 = [om_1, om_0, text_0];
        let v3_0 = v2_53.map(|protocol| format!("{protocol};escaping=allow-utf-8"));
        let v3_4 = [om_1_utf8, om_0, text_1, text_0];
        for (header, name) in [
            (v2_42.to_owned(), "openmetrics"),
            (v2_42_native, "protobuf"),
            (accept(&v2_53, 4), "openmetrics"),
            (accept(&[PROTOBUF, om_1, om_0, text_0], 4), "protobuf"),
            (accept(&v3_0.each_ref().map(String::as_str), 4), "openmetrics"),
            (accept(&v3_4, 5), "openmetrics"),
            (accept(&[PROTOBUF, om_1_utf8, om_0, text_1, text_0], 5), "protobuf"),
            (accept(&[text_1, text_0], 5), "text"),
        ] {
            assert_eq!(negotiate(Some(&header)).name, name, "{header}");
        }
    }

    #[test]
    fn everyone_else_gets_something_to_read() {
        for (accept, name) in [
            ("", "text"),
            ("*/*", "text"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", "text"),
            ("application/json", "text"),
            ("text/plain;version=0.0.4;charset=utf-8", "text"),
            ("text/*;q=0.1, application/*;q=0.9", "openmetrics"),
            ("application/openmetrics-text", "openmetrics"),
            ("APPLICATION/OpenMetrics-Text; Version=\"1.0.0\"", "openmetrics"),
            ("application/openmetrics-text;version=0.0.1", "text"),
            ("application/openmetrics-text;q=0, */*", "text"),
            ("text/plain;q=0, application/openmetrics-text;q=0, */*;q=0.1", "protobuf"),
            ("*/*;q=0.5, application/openmetrics-text;q=0.5", "openmetrics"),
            ("application/vnd.google.protobuf;encoding=text", "text"),
            ("application/openmetrics-text;q=nonsense", "text"),
            (";;,,=/=;q", "text"),
        ] {
            assert_eq!(negotiate(Some(accept)).name, name, "{accept}");
        }
        assert_eq!(negotiate(None).name, "text");
    }
}
