//! Label text, ready for the exposition: `tenant="a",country="DE"`. Written and escaped once, when a label set is interned,
//! and parsed back by the few that need the pairs.
//!
//! Escapes: backslash, double quote and line feed, in the text format 0.0.4 ("Comments, help text, and type information" of
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>) and in OpenMetrics 1.0.0 (ABNF `escaped-string`) alike.

use std::borrow::Cow;

/// `name="value"`, escaped, as the exposition and a query have it.
pub fn label(name: &str, value: &str) -> String {
    let mut text = String::new();
    push_label(&mut text, name, value);
    text
}

/// Appends `name="value"`, after a comma when the text holds labels already.
pub(crate) fn push_label(text: &mut String, name: &str, value: &str) {
    if !text.is_empty() {
        text.push(',');
    }
    text.push_str(name);
    text.push_str("=\"");
    text.push_str(&escape(value));
    text.push('"');
}

/// The value as it stands between the quotes.
pub(crate) fn escape(value: &str) -> Cow<'_, str> {
    if !value.contains(['\\', '"', '\n']) {
        return Cow::Borrowed(value);
    }
    let mut escaped = String::with_capacity(value.len() + 8);
    for character in value.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// The value that was escaped. A backslash before any other character stands for that character.
pub(crate) fn unescape(escaped: &str) -> Cow<'_, str> {
    if !escaped.contains('\\') {
        return Cow::Borrowed(escaped);
    }
    let mut value = String::with_capacity(escaped.len());
    let mut characters = escaped.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|next| if next == 'n' { '\n' } else { next })),
            other => value.push(other),
        }
    }
    Cow::Owned(value)
}

/// The pairs of a label text, in order, values unescaped.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once("=\"")?;
        let end = closing_quote(after)?;
        rest = after.get(end + 1..).unwrap_or_default().trim_start_matches(',');
        Some((name, unescape(&after[..end])))
    })
}

/// Where the first quote without a backslash before it is.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(position),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_back_as_they_went_in() {
        let mut text = String::new();
        for (name, value) in [("a", "x=\"y\",z"), ("b", "back\\slash\nline"), ("c", ""), ("d", "\\n")] {
            push_label(&mut text, name, value);
        }
        assert_eq!(text, r#"a="x=\"y\",z",b="back\\slash\nline",c="",d="\\n""#);
        let read: Vec<_> = pairs(&text).map(|(name, value)| (name, value.into_owned())).collect();
        let expected = [("a", "x=\"y\",z"), ("b", "back\\slash\nline"), ("c", ""), ("d", "\\n")];
        assert_eq!(read, expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(pairs("").count(), 0);
    }
}
