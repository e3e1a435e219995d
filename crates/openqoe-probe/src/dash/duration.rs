//! `xs:duration` (XML Schema 2 §3.2.6), as far as a presentation uses it: no years and months, whose length depends on the calendar.

/// Ms; none of what is no duration, or a negative one.
pub(super) fn parse(text: &str) -> Option<u64> {
    let rest = text.trim().strip_prefix('P')?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    let total = units(days, &[('D', 86_400.0)])? + units(time, &[('H', 3600.0), ('M', 60.0), ('S', 1.0)])?;
    // A century: longer is a mistake, and could not be added up.
    (rest.len() > 1 && total <= 3.2e9).then_some((total * 1000.0).round() as u64)
}

/// Seconds of `1H2M3.5S`, units in this order.
fn units(mut text: &str, units: &[(char, f64)]) -> Option<f64> {
    let mut total = 0.0;
    for (unit, seconds) in units {
        let Some((number, rest)) = text.split_once(*unit) else { continue };
        let is_number =
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        total += number.parse::<f64>().ok().filter(|_| is_number)? * seconds;
        text = rest;
    }
    text.is_empty().then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_every_unit() {
        for (text, expected) in [
            ("PT0S", Some(0)),
            ("PT2.5S", Some(2500)),
            ("P1DT1H1M1.001S", Some(90_061_001)),
            ("PT10M", Some(600_000)),
            ("P2D", Some(172_800_000)),
            ("P1Y", None),
            ("-PT1S", None),
            ("PT", None),
            ("PT-1S", None),
            ("P", None),
            ("PT1e9S", None),
            ("PT99999999999999S", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
