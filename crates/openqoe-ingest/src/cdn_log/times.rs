//! Moments as logs write them, to epoch ms.

use crate::cmcd::MAX_TIME;

/// Numbers from here on are ms, from the other on µs: as seconds they would be of the year 5138 and later.
const MS_FROM: f64 = 1e11;
const US_FROM: f64 = 1e14;

/// Seconds, ms or µs since 1970 by their size, or ISO 8601 (`2026-11-21T19:05:01.250Z`, `…+02:00`).
pub(super) fn moment(text: &str) -> Option<u64> {
    if let Ok(number) = text.parse::<f64>() {
        let ms = match number {
            us if us >= US_FROM => us / 1000.0,
            ms if ms >= MS_FROM => ms,
            seconds => seconds * 1000.0,
        };
        return (ms >= 1.0 && ms <= MAX_TIME as f64).then(|| ms.round() as u64);
    }
    let (day, rest) = text.split_once(['T', ' '])?;
    let zone = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = (rest.get(..zone)?, rest.get(zone..)?);
    let local = day_and_clock(day, clock)?;
    u64::try_from(i64::try_from(local).ok()? - offset(zone)?).ok()
}

/// `2026-11-21` and `19:05:01` or `19:05:01.250`, UTC.
pub(super) fn day_and_clock(day: &str, clock: &str) -> Option<u64> {
    let mut parts = day.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let mut parts = clock.splitn(3, ':');
    let (hour, minute): (u64, u64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let second: f64 = parts.next()?.parse().ok()?;
    if hour > 23 || minute > 59 || !(0.0..61.0).contains(&second) {
        return None;
    }
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute;
    Some(minutes * 60_000 + (second * 1000.0).round() as u64)
}

/// Days since 1970-01-01 of a day of the Gregorian calendar, counted in years that begin with March.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year / 4 - year / 100 + year / 400;
    // 719_468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + leaps + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// Ms ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.chars().next() {
        None | Some('Z') => return Some(0),
        Some('-') => -1,
        Some(_) => 1,
    };
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes): (i64, i64) =
        (digits.get(..2)?.parse().ok()?, digits.get(2..).unwrap_or("0").parse().unwrap_or(0));
    Some(sign * (hours * 60 + minutes) * 60_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_however_they_are_written() {
        for text in [
            "1795287901.25",
            "1795287901250",
            "1795287901250000",
            "2026-11-21T19:05:01.250Z",
            "2026-11-21T21:05:01.25+02:00",
            "2026-11-21T14:05:01.25-0500",
            "2026-11-21 19:05:01.250",
        ] {
            assert_eq!(moment(text), Some(1_795_287_901_250), "{text}");
        }
        assert_eq!(day_and_clock("1970-01-01", "00:00:00"), Some(0));
        assert_eq!(day_and_clock("2024-02-29", "23:59:59"), Some(1_709_251_199_000));
        assert_eq!(day_and_clock("2000-03-01", "00:00:00"), Some(951_868_800_000));
        for text in [
            "",
            "yesterday",
            "-5",
            "0",
            "NaN",
            "inf",
            "2026-13-01T00:00:00Z",
            "2026-11-21T25:00:00Z",
            "1e300",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
