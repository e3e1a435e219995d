//! Checks of single fields, called by the generated `wire.rs`.

use std::fmt::Display;

use openqoe_spec::{EventKind, Rejected};

use crate::suggest::closest;

/// Numbers above this are not exact in JSON (RFC 8259 §6).
const MAX_SEQUENCE: f64 = 9_007_199_254_740_991.0;

/// What is wrong with an event.
#[derive(Debug)]
pub(super) struct FieldError {
    pub(super) reason: Rejected,
    pub(super) message: String,
}

impl FieldError {
    pub(super) fn missing(name: &str) -> FieldError {
        FieldError { reason: Rejected::MissingField, message: format!("`{name}` is missing") }
    }

    pub(super) fn unknown_type(name: &str) -> FieldError {
        let shown: String = name.chars().take(64).collect();
        let mut message = format!("unknown event type `{shown}`");
        if let Some(known) = closest(&shown, EventKind::NAMES.iter().copied()) {
            message += &format!(", did you mean `{known}`?");
        }
        FieldError { reason: Rejected::UnknownType, message }
    }

    pub(super) fn malformed(path: String, error: &serde_json::Error) -> FieldError {
        let place = if path == "." { String::new() } else { format!("{path}: ") };
        FieldError { reason: Rejected::MalformedEvent, message: format!("{place}{error}") }
    }

    fn invalid(name: &str, rule: impl Display) -> FieldError {
        FieldError { reason: Rejected::InvalidField, message: format!("`{name}` must be {rule}") }
    }
}

pub(super) fn sequence(value: Option<f64>) -> Result<u64, FieldError> {
    match value {
        None => Err(FieldError::missing("seq")),
        Some(seq) if (0.0..=MAX_SEQUENCE).contains(&seq) && seq.fract() == 0.0 => Ok(seq as u64),
        Some(_) => Err(FieldError::invalid("seq", "a whole number from 0")),
    }
}

pub(super) fn number(name: &str, value: Option<f64>, min: f64, max: f64) -> Result<Option<f64>, FieldError> {
    match value {
        Some(number) if !(min..=max).contains(&number) => {
            Err(FieldError::invalid(name, format_args!("a number from {min} to {max}")))
        }
        other => Ok(other),
    }
}

pub(super) fn uint(name: &str, value: Option<f64>, max: u64) -> Result<Option<u64>, FieldError> {
    Ok(number(name, value, 0.0, max as f64)?.map(|number| number.round() as u64))
}

pub(super) fn text(name: &str, value: Option<&str>, max: usize) -> Result<Option<Box<str>>, FieldError> {
    match value {
        Some(text) if text.is_empty() || text.len() > max || text.chars().any(char::is_control) => {
            Err(FieldError::invalid(name, format_args!("1 to {max} bytes without control characters")))
        }
        other => Ok(other.map(Into::into)),
    }
}

pub(super) fn choice<T>(
    name: &str,
    value: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
    names: &[&str],
) -> Result<Option<T>, FieldError> {
    let Some(text) = value else { return Ok(None) };
    match parse(text) {
        Some(choice) => Ok(Some(choice)),
        None => Err(FieldError::invalid(name, format_args!("one of {}", names.join(", ")))),
    }
}
