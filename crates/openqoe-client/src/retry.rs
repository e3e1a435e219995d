//! When to try again after a failure: exponentially later with jitter, so that a recovering gateway is not met by all
//! players at once, and never before the time the gateway itself asked for (RFC 9110 section 10.2.3, Retry-After).

use std::time::{Duration, UNIX_EPOCH};

const FIRST_MS: u64 = 1_000;
const LONGEST_MS: u64 = 30_000;
/// A gateway that asks for more is misconfigured, and its viewers' events would grow old.
const LONGEST_ASKED_MS: u64 = 3_600_000;

/// Milliseconds until the next attempt after `failures` in a row, 1 or more.
pub(crate) fn retry_delay(failures: u32, fraction: f64, retry_after: Option<&str>, wall_ms: u64) -> u64 {
    let doubled = FIRST_MS << (failures.max(1) - 1).min(5);
    let jittered = doubled.min(LONGEST_MS) as f64 * (0.5 + fraction / 2.0);
    let asked = retry_after.and_then(|header| asked_for(header.trim(), wall_ms)).unwrap_or(0);
    (jittered.round() as u64).max(asked.min(LONGEST_ASKED_MS))
}

fn asked_for(header: &str, wall_ms: u64) -> Option<u64> {
    if header.starts_with(|first: char| first.is_ascii_digit()) {
        return header.parse::<f64>().ok().map(|seconds| (seconds * 1_000.0) as u64);
    }
    let date = httpdate::parse_http_date(header).ok()?;
    let now = UNIX_EPOCH.checked_add(Duration::from_millis(wall_ms))?;
    let wait = date.duration_since(now).unwrap_or_default();
    u64::try_from(wait.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_763_688_000_000;

    #[test]
    fn waits_grow_to_half_a_minute_and_are_spread() {
        let waits: Vec<_> = (1..9).map(|failures| retry_delay(failures, 0.0, None, NOW)).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
        assert_eq!(retry_delay(1, 0.5, None, NOW), 750);
        assert_eq!(retry_delay(u32::MAX, 0.999_999, None, NOW), 30_000);
    }

    #[test]
    fn what_is_asked_for_holds_within_reason() {
        for (header, wait) in [
            ("45", 45_000),
            (" 1.5 ", 1_500),
            ("0", 500),
            ("999999", 3_600_000),
            ("9e300", 3_600_000),
            ("Fri, 21 Nov 2025 01:21:00 GMT", 60_000),
            ("Fri, 21 Nov 2025 01:00:00 GMT", 500),
            ("Wed, 21 Nov 2125 01:00:00 GMT", 3_600_000),
            ("soon", 500),
            ("-5", 500),
            ("", 500),
            ("NaN", 500),
        ] {
            assert_eq!(retry_delay(1, 0.0, Some(header), NOW), wait, "{header}");
        }
    }
}
