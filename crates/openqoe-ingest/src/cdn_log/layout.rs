//! How the fields of a line stand in it: columns between separators, or the members of a JSON object. Any format may come as both.

use std::borrow::Cow;

use openqoe_spec::BatchRejection;
use serde_json::{Map, Value};

use super::field::Field;
use super::line::Line;
use super::{GUIDE, parameter};
use crate::protocol::{Payload, Refused};
use crate::suggest;

/// Columns of one line.
const MAX_COLUMNS: usize = 200;

/// The log of one CDN.
pub(super) struct Format {
    pub(super) name: &'static str,
    /// What stands for the attribute `cdn` where nobody says it.
    pub(super) cdn: &'static str,
    pub(super) separator: char,
    /// The columns of a line when nobody names them; none where there is no usual order.
    pub(super) columns: &'static str,
    /// Fields by their names in this log.
    pub(super) fields: &'static [(&'static str, Field)],
    /// Whether a name that is not among them is a mistake of the sender; other logs have many more fields than are read.
    pub(super) is_closed: bool,
}

impl Format {
    fn field(&self, name: &str) -> Option<Field> {
        self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, field)| *field)
    }
}

/// The lines of one body.
pub(super) struct Layout {
    format: &'static Format,
    separator: char,
    columns: Vec<Option<Field>>,
}

impl Layout {
    /// What the format says, and what the request says of it: `fields` and `separator`.
    ///
    /// # Errors
    /// When one of them makes no sense.
    pub(super) fn new(format: &'static Format, payload: &Payload<'_>) -> Result<Layout, Refused> {
        let separator = match parameter(payload, "separator").as_deref() {
            None => format.separator,
            Some("tab" | "\\t") => '\t',
            Some("space") => ' ',
            Some("comma") => ',',
            Some(text) if text.chars().count() == 1 => text.chars().next().unwrap_or(' '),
            Some(_) => return Err(refused("`separator` is one character, or tab, space, comma".into())),
        };
        let names = parameter(payload, "fields").unwrap_or_else(|| format.columns.to_owned());
        let mut layout = Layout { format, separator, columns: Vec::new() };
        let names: Vec<&str> = names.split([',', ' ', '\t']).filter(|name| !name.is_empty()).collect();
        if let Some(stranger) = names.iter().find(|name| format.is_closed && !layout.is_known(name)) {
            let known = format.fields.iter().map(|(name, _)| *name);
            let guess = suggest::closest(stranger, known).map(|near| format!("; did you mean `{near}`?"));
            let stranger: String = stranger.chars().take(64).collect();
            return Err(refused(format!(
                "`fields`: no field is called `{stranger}`{}",
                guess.unwrap_or_default()
            )));
        }
        if names.len() > MAX_COLUMNS {
            return Err(refused(format!("`fields`: more than {MAX_COLUMNS}")));
        }
        layout.name(&names);
        Ok(layout)
    }

    fn is_known(&self, name: &str) -> bool {
        name == "-" || self.format.field(name).is_some()
    }

    fn name(&mut self, names: &[&str]) {
        self.columns = names.iter().map(|name| self.format.field(name)).collect();
    }

    /// A comment may name the columns of what follows (W3C Extended Log File Format, `#Fields`).
    pub(super) fn comment(&mut self, bytes: &[u8]) {
        let Some(names) = std::str::from_utf8(bytes).ok().and_then(|text| text.strip_prefix("#Fields:"))
        else {
            return;
        };
        let names: Vec<&str> = names.split_whitespace().take(MAX_COLUMNS).collect();
        self.name(&names);
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Why it is none of this format.
    pub(super) fn line<'a>(&self, text: &'a str) -> Result<Line<'a>, String> {
        let mut line = Line::default();
        if text.starts_with('{') {
            let object: Map<String, Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
            for (name, value) in object {
                if let Some(field) = self.format.field(&name) {
                    line.set(field, text_of(value));
                }
            }
            return Ok(line);
        }
        if self.columns.is_empty() {
            return Err(format!("not JSON, and nobody says what its columns are (`fields=`); {GUIDE}"));
        }
        let mut values = Columns { rest: Some(text), separator: self.separator };
        for (at, field) in self.columns.iter().enumerate() {
            let Some(value) = values.next() else {
                return Err(format!("{at} fields where there should be {}", self.columns.len()));
            };
            if let Some(field) = field {
                line.set(*field, value);
            }
        }
        Ok(line)
    }
}

fn refused(message: String) -> Refused {
    Refused { reason: BatchRejection::UnknownFormat, message, hint: GUIDE }
}

fn text_of(value: Value) -> Cow<'static, str> {
    match value {
        Value::String(text) => text.into(),
        Value::Number(number) => number.to_string().into(),
        Value::Bool(is) => is.to_string().into(),
        Value::Null | Value::Array(_) | Value::Object(_) => "".into(),
    }
}

/// The values of a line. One that begins with a quotation mark goes to the next that nothing escapes.
struct Columns<'a> {
    rest: Option<&'a str>,
    separator: char,
}

impl<'a> Iterator for Columns<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Cow<'a, str>> {
        let rest = self.rest.take()?;
        if let Some((value, rest)) = rest.strip_prefix('"').and_then(|rest| quoted(rest, self.separator)) {
            self.rest = rest;
            return Some(value);
        }
        let mut parts = rest.splitn(2, self.separator);
        let value = parts.next().unwrap_or_default();
        self.rest = parts.next();
        Some(value.trim().into())
    }
}

/// The text up to the closing mark, without its escapes (`\"`, `\x22`, `""`), and what follows the separator behind it.
fn quoted(text: &str, separator: char) -> Option<(Cow<'_, str>, Option<&str>)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                let (_, escaped) = letters.next()?;
                let code = text.get(at + 2..at + 4).and_then(|hex| u8::from_str_radix(hex, 16).ok());
                match (escaped, code.filter(u8::is_ascii)) {
                    ('x', Some(code)) => {
                        value.push(char::from(code));
                        letters.nth(1);
                    }
                    _ => value.push(escaped),
                }
            }
            '"' if text[at + 1..].starts_with('"') => {
                value.push('"');
                letters.next();
            }
            '"' => {
                let rest = &text[at + 1..];
                let behind = rest.strip_prefix(separator);
                return (behind.is_some() || rest.is_empty()).then_some((value.into(), behind));
            }
            _ => value.push(letter),
        }
    }
    None
}
