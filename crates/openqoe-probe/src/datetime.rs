//! Moments as manifests write them: ISO 8601 with a date and a time (RFC 8216 §4.3.2.6; `xs:dateTime`, XML Schema 2 §3.2.7).

/// Ms since the epoch. Without a zone it is UTC, as ISO/IEC 23009-1 5.3.1.2 asks for MPDs and as HLS players take it.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let mut fields = date.splitn(3, '-');
    let year = number(fields.next()?, 4)?;
    let month = number(fields.next()?, 2).filter(|month| (1..=12).contains(month))?;
    let day = number(fields.next()?, 2).filter(|day| (1..=31).contains(day))?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at_checked(zone_at)?;
    let ms = days(year, month, day) * 86_400_000 + time_ms(time)?;
    Some(ms - zone_minutes(zone)? * 60_000)
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// `hh:mm[:ss[.fff]]`.
fn time_ms(text: &str) -> Option<i64> {
    let mut fields = text.splitn(3, ':');
    let hour = number(fields.next()?, 2).filter(|hour| *hour <= 24)?;
    let minute = number(fields.next()?, 2).filter(|minute| *minute < 60)?;
    let (second, fraction) = match fields.next() {
        Some(seconds) => seconds.split_once('.').unwrap_or((seconds, "0")),
        None => ("00", "0"),
    };
    let second = number(second, 2).filter(|second| *second <= 60)?;
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ms: i64 = format!("{:0<3}", fraction.get(..fraction.len().min(3))?).parse().ok()?;
    Some(((hour * 60 + minute) * 60 + second) * 1000 + ms)
}

/// `Z`, `+01:00`, `+0100`, `+01`, or nothing.
fn zone_minutes(text: &str) -> Option<i64> {
    let Some(sign) = text.chars().next().filter(|first| "+-".contains(*first)) else {
        return matches!(text, "" | "Z" | "z").then_some(0);
    };
    let digits = text.get(1..)?.replace(':', "");
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { number(minutes, 2)? };
    let offset = number(hours, 2)? * 60 + minutes;
    Some(if sign == '-' { -offset } else { offset })
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar: years begin in March, so that a leap day ends one.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_any_zone() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:00.5Z", Some(951_825_600_500)),
            ("2026-11-21T19:25:20.123456+01:00", Some(1_795_285_520_123)),
            ("2026-11-21T18:25:20.123", Some(1_795_285_520_123)),
            ("2026-11-21T13:25:20.123-0500", Some(1_795_285_520_123)),
            ("1969-12-31T23:59:59Z", Some(-1000)),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-21", None),
            ("2026-11-21T18:25:20.Z", None),
            ("yesterday", None),
            ("2026-11-2é", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
