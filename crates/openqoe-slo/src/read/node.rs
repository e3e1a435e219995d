//! A value of a YAML document with the way that led to it, so that what is wrong with it can be said with its place.

use std::fmt::Display;
use std::time::Duration;

use serde_yaml_ng::Value;

use super::locate::locate;
use crate::duration;
use crate::problem::{Problem, Reason, closest};

/// One document of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    /// Lines of the file before the document.
    pub(crate) offset: usize,
}

impl Source<'_> {
    pub(crate) fn problem(&self, path: &[String], reason: Reason) -> Problem {
        let line = locate(self.text, path).map(|line| line + self.offset);
        Problem { file: self.file.into(), line, field: path.join("."), reason: Box::new(reason) }
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    source: Source<'a>,
    path: Vec<String>,
    value: &'a Value,
}

/// The values of a mapping whose keys have been checked.
pub(crate) struct Fields<'a> {
    node: Node<'a>,
}

impl<'a> Node<'a> {
    pub(crate) fn root(source: Source<'a>, value: &'a Value) -> Node<'a> {
        Node { source, path: Vec::new(), value }
    }

    /// What is wrong with this value.
    pub(crate) fn problem(&self, reason: Reason) -> Problem {
        self.source.problem(&self.path, reason)
    }

    pub(crate) fn invalid(&self, message: impl Display) -> Problem {
        self.problem(Reason::Invalid(message.to_string()))
    }

    pub(crate) fn expected(&self, expected: impl Display) -> Problem {
        self.problem(Reason::Expected { expected: expected.to_string(), found: describe(self.value) })
    }

    /// Where it stands, as one word.
    pub(crate) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    fn child(&self, name: String, value: &'a Value) -> Node<'a> {
        let mut path = self.path.clone();
        path.push(name);
        Node { source: self.source, path, value }
    }

    /// The mapping it has to be, with no other keys than these.
    pub(crate) fn fields(self, known: &[&'static str]) -> Result<Fields<'a>, Problem> {
        for entry in self.entries("a mapping")? {
            let key = entry.name();
            if !known.contains(&key) {
                let suggestion = closest(key, known.iter().copied())
                    .and_then(|name| known.iter().copied().find(|known| *known == name));
                let reason = Reason::UnknownKey { key: key.into(), suggestion, known: known.to_vec() };
                return Err(self.source.problem(&entry.path, reason));
            }
        }
        Ok(Fields { node: self })
    }

    /// The values of the mapping it has to be, whatever their keys are, named by them.
    pub(crate) fn entries(&self, expected: &str) -> Result<Vec<Node<'a>>, Problem> {
        let Value::Mapping(mapping) = self.value else { return Err(self.expected(expected)) };
        let entry = |(key, value): (&'a Value, &'a Value)| match scalar(key) {
            Some(key) => Ok(self.child(key, value)),
            None => Err(self.expected("keys that are names")),
        };
        mapping.iter().map(entry).collect()
    }

    /// The items of the list it has to be.
    pub(crate) fn items(&self, expected: &str) -> Result<Vec<Node<'a>>, Problem> {
        let Value::Sequence(items) = self.value else { return Err(self.expected(expected)) };
        Ok(items.iter().enumerate().map(|(at, item)| self.child(format!("[{at}]"), item)).collect())
    }

    /// The items of a list, or itself when it is none.
    pub(crate) fn one_or_more(&self, expected: &str) -> Result<Vec<Node<'a>>, Problem> {
        match self.value {
            Value::Sequence(items) if items.is_empty() => Err(self.expected(expected)),
            Value::Sequence(_) => self.items(expected),
            _ => Ok(vec![self.clone()]),
        }
    }

    pub(crate) fn is_mapping(&self) -> bool {
        self.value.is_mapping()
    }

    /// Whether it says `off`, in one of the ways of YAML.
    pub(crate) fn is_off(&self) -> bool {
        matches!(self.value, Value::Null | Value::Bool(false)) || self.value.as_str() == Some("off")
    }

    pub(crate) fn text(&self, expected: &str) -> Result<&'a str, Problem> {
        self.value.as_str().ok_or_else(|| self.expected(expected))
    }

    /// Text, or a number or a boolean as it would be written.
    pub(crate) fn scalar(&self, expected: &str) -> Result<String, Problem> {
        scalar(self.value).ok_or_else(|| self.expected(expected))
    }

    pub(crate) fn number(&self, expected: &str) -> Result<f64, Problem> {
        let number = self.value.as_f64().filter(|number| number.is_finite());
        number.ok_or_else(|| self.expected(expected))
    }

    pub(crate) fn duration(&self) -> Result<Duration, Problem> {
        let text = self.value.as_str().and_then(duration::parse);
        text.ok_or_else(|| self.expected("a duration such as 5m, 1h or 30d"))
    }
}

impl<'a> Fields<'a> {
    /// The value of a key; a key without a value is not there.
    pub(crate) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.node.value.get(key)?;
        (!value.is_null()).then(|| self.node.child(key.into(), value))
    }

    pub(crate) fn require(&self, key: &str) -> Result<Node<'a>, Problem> {
        self.get(key).ok_or_else(|| {
            let path = [self.node.path.as_slice(), &[key.to_owned()]].concat();
            self.node.source.problem(&path, Reason::Missing)
        })
    }

    /// The mapping itself.
    pub(crate) fn node(&self) -> &Node<'a> {
        &self.node
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Sequence(items) if items.is_empty() => "an empty list".into(),
        Value::Sequence(_) => "a list".into(),
        Value::Mapping(_) => "a mapping".into(),
        Value::Tagged(_) => "a tagged value".into(),
        Value::String(text) => format!("`{}`", text.chars().take(60).collect::<String>()),
        Value::Bool(_) | Value::Number(_) => scalar(value).unwrap_or_default(),
    }
}
