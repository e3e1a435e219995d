//! Changes to a JSON document as bytes say, and a writer that can turn objects round.

use serde_json::{Value, json};

use crate::cursor::Cursor;

/// Changes made to one document.
const MOST: usize = 12;

/// In which order members of objects are written.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Order {
    Forwards,
    /// From the last to the first, with white space wherever it may stand.
    Backwards,
}

/// Changes a document.
pub(crate) fn mutate(document: &mut Value, choices: &mut Cursor<'_>) {
    for _ in 0..MOST {
        if choices.is_empty() {
            return;
        }
        let depth = 1 + choices.below(4);
        change(document, depth, choices);
    }
}

/// Goes down to some place and does something to it.
fn change(place: &mut Value, depth: usize, choices: &mut Cursor<'_>) {
    match place {
        Value::Object(members) if depth > 0 => {
            let name = match choices.below(members.len() + 2) {
                new if new >= members.len() => name(choices),
                old => members.keys().nth(old).cloned().unwrap_or_default(),
            };
            if choices.below(8) == 7 {
                members.remove(&name);
            } else {
                change(members.entry(name).or_insert(Value::Null), depth - 1, choices);
            }
        }
        Value::Array(elements) if depth > 0 && !elements.is_empty() => {
            let at = choices.below(elements.len());
            match choices.below(8) {
                5 => elements.push(elements[at].clone()),
                6 => elements.swap(at, 0),
                7 => drop(elements.remove(at)),
                _ => change(&mut elements[at], depth - 1, choices),
            }
        }
        place => *place = value(choices),
    }
}

/// Names that mean something somewhere, and some that do not.
fn name(choices: &mut Cursor<'_>) -> String {
    const NAMES: [&str; 14] = [
        "seq",
        "t",
        "type",
        "bitrate",
        "code",
        "fatal",
        "rate",
        "bytes",
        "weight",
        "buffer_ms",
        "latency_clock",
        "country",
        "is_live",
        "spec_version",
    ];
    match choices.below(NAMES.len() + 1) {
        0 => String::from_utf8_lossy(choices.take(8)).into_owned(),
        known => NAMES[known - 1].to_owned(),
    }
}

fn value(choices: &mut Cursor<'_>) -> Value {
    match choices.below(12) {
        0 => Value::Null,
        1 => json!(choices.flag()),
        2 => json!(choices.byte()),
        3 => json!(-0.5 * f64::from(choices.byte())),
        4 => json!(1_u64 << choices.below(64)),
        5 => json!(f64::from(choices.byte()) * 1e300),
        6 => json!(1_700_000_000_000.0 + f64::from(choices.byte())),
        7 => json!(String::from_utf8_lossy(choices.take(16))),
        8 => json!("x".repeat(choices.below(300))),
        9 => {
            let names = openqoe_spec::EventKind::NAMES;
            json!(names[choices.below(names.len())])
        }
        10 => json!([[choices.byte()], {}]),
        _ => json!({ "seq": choices.byte(), "t": choices.byte(), "type": "playing" }),
    }
}

/// The document as text.
pub(crate) fn write(document: &Value, order: Order) -> String {
    let mut out = String::new();
    push(document, order, &mut out);
    out
}

fn push(value: &Value, order: Order, out: &mut String) {
    let space = if order == Order::Backwards { "\n\t " } else { "" };
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            if order == Order::Backwards {
                members.reverse();
            }
            out.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                *out += &format!("{space}{}{space}:{space}", Value::String(name.clone()));
                push(value, order, out);
            }
            *out += space;
            out.push('}');
        }
        Value::Array(elements) => {
            out.push('[');
            for (index, value) in elements.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                *out += space;
                push(value, order, out);
            }
            *out += space;
            out.push(']');
        }
        other => *out += &other.to_string(),
    }
}
