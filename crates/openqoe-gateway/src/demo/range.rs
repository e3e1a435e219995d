//! `Range: bytes=` of a request (RFC 9110 14.1.2), for one range. Whatever else it may hold is ignored, as 14.2 permits.

use std::ops::Range;

/// What of the body was asked for.
#[derive(Debug, PartialEq)]
pub(crate) enum Selection {
    /// All of it: 200.
    Whole,
    /// These bytes: 206.
    Part(Range<usize>),
    /// Bytes that are not there: 416.
    Unsatisfiable,
}

/// Reads the header's value for a body of `length` bytes.
pub(crate) fn select(header: Option<&str>, length: usize) -> Selection {
    let Some((unit, spec)) = header.and_then(|text| text.split_once('=')) else { return Selection::Whole };
    if !unit.eq_ignore_ascii_case("bytes") {
        return Selection::Whole;
    }
    match spec.trim().split_once('-') {
        Some(("", suffix)) => match number(suffix) {
            Some(0) => Selection::Unsatisfiable,
            Some(count) => part(length.saturating_sub(count), length, length),
            None => Selection::Whole,
        },
        Some((first, "")) => match number(first) {
            Some(first) => part(first, length, length),
            None => Selection::Whole,
        },
        Some((first, last)) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => part(first, last.saturating_add(1), length),
            _ => Selection::Whole,
        },
        None => Selection::Whole,
    }
}

fn part(start: usize, end: usize, length: usize) -> Selection {
    if start < length { Selection::Part(start..end.min(length)) } else { Selection::Unsatisfiable }
}

/// Digits only: `parse` alone would take a sign. A number too large to hold is beyond the end in any case.
fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        use Selection::{Part, Unsatisfiable, Whole};
        for (header, expected) in [
            ("bytes=0-", Part(0..100)),
            ("Bytes=0-0", Part(0..1)),
            ("bytes=10-19", Part(10..20)),
            ("bytes=90-200", Part(90..100)),
            ("bytes=-5", Part(95..100)),
            ("bytes=-500", Part(0..100)),
            ("bytes=-0", Unsatisfiable),
            ("bytes=100-", Unsatisfiable),
            ("bytes=99999999999999999999999-", Unsatisfiable),
            ("bytes=0-99999999999999999999999", Part(0..100)),
            ("bytes=9-3", Whole),
            ("bytes=0-1,5-6", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=-", Whole),
            ("bytes=x", Whole),
            ("lines=0-1", Whole),
            ("", Whole),
        ] {
            assert_eq!(select(Some(header), 100), expected, "{header}");
        }
        assert_eq!(select(None, 100), Whole);
        assert_eq!(select(Some("bytes=0-"), 0), Unsatisfiable);
    }
}
