//! `spec/vectors/probe`: a manifest and a network go in, a timeline comes out. `OPENQOE_BLESS=1` writes the timelines anew.

use std::fmt::Write;
use std::path::Path;

use openqoe_spec::{Event, EventKind};

use crate::network::{Case, Outcome};

#[test]
fn timelines_are_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/probe");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(files.len() >= 4);
    for path in files {
        let cases: Vec<Case> = serde_yaml_ng::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let found: String = cases.iter().map(|case| spell(case, &case.run())).collect();
        let golden = path.with_extension("expected.txt");
        if std::env::var_os("OPENQOE_BLESS").is_some() {
            std::fs::write(&golden, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(found, expected, "{}", path.display());
    }
}

/// Everything that was asked for and said, by time; then the figures.
fn spell(case: &Case, outcome: &Outcome) -> String {
    let requests = outcome.requests.iter().map(|(t, request)| {
        let range = request.range.map(|range| format!(" bytes {}-{}", range.first, range.last));
        (*t, format!("  GET {}{}", request.url, range.unwrap_or_default()))
    });
    let events = outcome.events.iter().map(|event| (event.t, said(event)));
    let mut lines: Vec<(u64, String)> = events.chain(requests).collect();
    // What is asked for follows from what was said.
    lines.sort_by_key(|(t, _)| *t);
    let mut text = format!("== {}\n", case.name);
    for (t, line) in lines {
        writeln!(text, "{t:>6} {line}").unwrap();
    }
    for figure in outcome.summary.figures() {
        if let Some(value) = figure.value {
            writeln!(text, "{} {value}", figure.name).unwrap();
        }
    }
    outcome.summary.fatal.iter().for_each(|why| writeln!(text, "fatal {why}").unwrap());
    outcome.summary.notes.iter().for_each(|note| writeln!(text, "note {note}").unwrap());
    text + "\n"
}

fn said(event: &Event) -> String {
    let more = match &event.kind {
        EventKind::Rendition { bitrate } => format!(" {bitrate}"),
        EventKind::Error { code, fatal, .. } => format!(" {code}{}", if *fatal { " fatal" } else { "" }),
        EventKind::Heartbeat { buffer_ms, latency_ms, latency_clock, .. } => {
            let latency = latency_ms.map(|ms| format!(" latency {ms} by {}", latency_clock.as_str()));
            format!(" buffer {}{}", buffer_ms.unwrap(), latency.unwrap_or_default())
        }
        EventKind::Download { kind, bytes, ttfb_ms, duration_ms, failed, .. } => {
            let failed = if *failed { " failed" } else { "" };
            let ttfb = ttfb_ms.map(|ms| format!(" ttfb {ms}"));
            format!(
                " {} {bytes} B in {}{}{failed}",
                kind.as_str(),
                duration_ms.unwrap(),
                ttfb.unwrap_or_default()
            )
        }
        _ => String::new(),
    };
    format!("{}{more}", event.kind.name())
}
