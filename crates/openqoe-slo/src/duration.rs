//! Durations as Prometheus writes them: `5m`, `30d`, `1h30m` (<https://prometheus.io/docs/prometheus/latest/querying/basics/#time-durations>).

use std::time::Duration;

const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// Reads a duration of whole seconds. Units come once each, the largest first, as Prometheus wants them.
pub fn parse(text: &str) -> Option<Duration> {
    let (mut rest, mut seconds, mut units) = (text, 0u64, UNITS.as_slice());
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let position = units.iter().position(|(name, _)| *name == unit)?;
        seconds = seconds.checked_add(number.checked_mul(units[position].1)?)?;
        units = &units[position + 1..];
        rest = &rest[digits + 1..];
    }
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

/// Writes a duration in the largest unit that divides it, days at most, and in several where only that is readable: `30d`,
/// `6h`, `90m`, `4h40m`.
pub fn spell(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let whole = UNITS[1..].iter().find(|(_, unit)| seconds.is_multiple_of(*unit) && seconds > 0);
    match whole {
        Some((name, unit)) if seconds / unit < 100 => format!("{}{name}", seconds / unit),
        _ => {
            let (mut rest, mut text) = (seconds, String::new());
            for (name, unit) in &UNITS[1..] {
                if rest >= *unit {
                    text.push_str(&format!("{}{name}", rest / unit));
                    rest %= unit;
                }
            }
            if text.is_empty() { "0s".into() } else { text }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn examples() {
        for (text, seconds, spelled) in [
            ("5m", 300, "5m"),
            ("30d", 2_592_000, "30d"),
            ("4w", 2_419_200, "28d"),
            ("1h30m", 5400, "90m"),
            ("72h", 259_200, "3d"),
            ("280m", 16_800, "4h40m"),
            ("15s", 15, "15s"),
        ] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
            assert_eq!(spell(Duration::from_secs(seconds)), spelled);
        }
        for text in
            ["", "5", "m", "5x", "1m1h", "1h1h", "0s", "1.5h", "-1h", "99999999999999999999d", "500ms"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_spelled_reads_back(seconds in 1u64..100_000_000) {
            let duration = Duration::from_secs(seconds);
            prop_assert_eq!(parse(&spell(duration)), Some(duration));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,12}") {
            let _ = parse(&text);
        }
    }
}
