//! Labels and annotations an objective puts on its rules.

use std::collections::BTreeMap;

use super::node::Node;
use crate::problem::Problem;

/// What the compiler and Prometheus say themselves.
const RESERVED: [&str; 7] = ["alertname", "slo", "tenant", "severity", "burn", "short", "long"];

/// Whether Prometheus takes a text as the name of a label.
pub(crate) fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    text.bytes().next().is_some_and(letter) && text.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
}

/// Reads labels; of those the compiler sets, only `allowed` ones may be among them.
pub(crate) fn read(node: &Node<'_>, allowed: &[&str]) -> Result<BTreeMap<String, String>, Problem> {
    let mut labels = BTreeMap::new();
    for entry in node.entries("a mapping of labels")? {
        let name = entry.name();
        if !is_name(name) || name.starts_with("__") {
            return Err(entry.invalid(format_args!("`{name}` cannot be the name of a label")));
        }
        if RESERVED.contains(&name) && !allowed.contains(&name) {
            return Err(entry.invalid(format_args!("`{name}` is set by the compiler")));
        }
        labels.insert(name.to_owned(), entry.scalar("text")?);
    }
    Ok(labels)
}

/// Reads annotations.
pub(crate) fn annotations(node: &Node<'_>) -> Result<BTreeMap<String, String>, Problem> {
    let entries = node.entries("a mapping of annotations")?;
    entries.iter().map(|entry| Ok((entry.name().to_owned(), entry.scalar("text")?))).collect()
}
