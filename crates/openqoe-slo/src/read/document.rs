//! The documents of a file, and which kind each is.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use super::node::{Node, Source};
use super::{open_slo, playback_slo};
use crate::model::Slo;
use crate::problem::{Problem, Reason};

/// As much of a file as is read. An objective needs a kilobyte.
pub const MAX_BYTES: usize = 262_144;

/// Reads the objectives of a YAML text with one or several documents. `file` is what problems call it.
///
/// # Errors
/// Everything that is wrong, the first thing of each document.
pub fn parse(file: &str, text: &str) -> Result<Vec<Slo>, Vec<Problem>> {
    if text.len() > MAX_BYTES {
        let reason = Box::new(Reason::TooLarge(MAX_BYTES));
        return Err(vec![Problem { file: file.into(), line: None, field: String::new(), reason }]);
    }
    let (mut slos, mut problems) = (Vec::new(), Vec::new());
    for (offset, text) in documents(text) {
        match document(Source { file, text: &text, offset }) {
            Ok(read) => slos.extend(read),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(slos) } else { Err(problems) }
}

/// Reads the objectives of several files, given as names and texts, which will be compiled together.
///
/// # Errors
/// Everything that is wrong with any of them, and names that two of them have.
pub fn parse_all<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Vec<Slo>, Vec<Problem>> {
    let (mut slos, mut problems): (Vec<Slo>, Vec<Problem>) = (Vec::new(), Vec::new());
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    for (file, text) in files {
        match parse(file, text) {
            Ok(read) => {
                for slo in &read {
                    if let Some(other) = owners.insert(slo.name.clone(), file.into()) {
                        let reason = Box::new(Reason::Invalid(format!(
                            "`{}` is also the name of an objective in {other}",
                            slo.name
                        )));
                        problems.push(Problem {
                            file: file.into(),
                            line: None,
                            field: "metadata.name".into(),
                            reason,
                        });
                    }
                }
                slos.extend(read);
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(slos) } else { Err(problems) }
}

/// The documents with the number of lines before each. What holds nothing but comments is none.
fn documents(text: &str) -> Vec<(usize, String)> {
    let mut documents = vec![(0, String::new())];
    for (position, line) in text.lines().enumerate() {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            documents.push((position + 1, String::new()));
        } else if let Some((_, document)) = documents.last_mut() {
            document.push_str(line);
            document.push('\n');
        }
    }
    let says_something = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    documents.retain(|(_, document)| document.lines().any(says_something));
    documents
}

fn document(source: Source<'_>) -> Result<Vec<Slo>, Problem> {
    let value: Value = serde_yaml_ng::from_str(source.text).map_err(|error| {
        let line = error.location().map(|location| location.line() + source.offset);
        // The place is said by us, counted from the start of the file.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        Problem { line, ..source.problem(&[], Reason::Yaml(message)) }
    })?;
    let said = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let root = Node::root(source, &value);
    match (said("apiVersion"), said("kind")) {
        ("openqoe.dev/v1", "PlaybackSLO") => Ok(vec![playback_slo::read(root)?]),
        ("openslo/v1", "SLO") => open_slo::read(root),
        (version, kind) => {
            let found = match (version, kind) {
                ("", "") => "neither".into(),
                _ => format!("`apiVersion: {version}` with `kind: {kind}`"),
            };
            Err(source.problem(&["kind".to_owned()], Reason::Kind(found)))
        }
    }
}
