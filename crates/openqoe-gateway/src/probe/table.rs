//! What a probe came to, for people and for programs.

use openqoe_probe::Figure;
use serde_json::{Value, json};

use super::run::Result;

/// A block of lines, the figures below each other.
pub(super) fn text(url: &str, result: &Result) -> String {
    let kind = match result.is_live {
        Some(true) => " (live)",
        Some(false) => " (on demand)",
        None => "",
    };
    let mut lines = vec![format!("{url}{kind}")];
    lines.extend(
        result.summary.figures().iter().map(|figure| format!("  {:<18}{}", figure.name, spell(figure))),
    );
    lines.extend(result.summary.fatal.iter().map(|why| format!("  failed: {why}")));
    lines.extend(result.summary.notes.iter().map(|note| format!("  note: {note}")));
    lines.join("\n") + "\n"
}

fn spell(figure: &Figure) -> String {
    let Some(value) = figure.value else { return "-".into() };
    match figure.name {
        "success" => if value > 0.0 { "yes" } else { "no" }.into(),
        "bitrate" | "throughput" => format!("{:.3} Mbit/s", value / 1e6),
        "rebuffer_ratio" => format!("{:.2} %", value * 100.0),
        name if name.ends_with("_seconds") => format!("{value:.3} s"),
        name if name.ends_with("_bytes") => format!("{:.3} MB", value / 1e6),
        _ => format!("{value}"),
    }
}

/// One line of JSON, in base units.
pub(super) fn json(url: &str, result: &Result, crossed: &[String]) -> Value {
    let mut value = json!({
        "url": url,
        "session_id": result.session_id,
        "is_live": result.is_live,
        "fatal": result.summary.fatal,
        "notes": result.summary.notes,
        "crossed": crossed,
    });
    for figure in result.summary.figures() {
        value[figure.name] = figure.value.into();
    }
    value
}
