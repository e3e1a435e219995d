//! Numbers as text, the shortest that reads back as the same value.

/// A sample value: whole numbers without a fraction, `+Inf`, `-Inf` and `NaN` as both text formats spell them.
pub(crate) fn push_number(out: &mut Vec<u8>, value: f64) {
    // Up to 2^53 every whole number is exact, so the integer says the same in fewer bytes.
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        // The cast is exact by the condition above.
        out.extend_from_slice(itoa::Buffer::new().format(value as i64).as_bytes());
    } else {
        push_float(out, value);
    }
}

/// A number that always looks like a float: `1.0`. OpenMetrics 1.0.0, "Considerations: Canonical Numbers", asks for it in
/// the `le` label.
pub(crate) fn push_float(out: &mut Vec<u8>, value: f64) {
    let text: &[u8] = match value {
        _ if value.is_nan() => b"NaN",
        f64::INFINITY => b"+Inf",
        f64::NEG_INFINITY => b"-Inf",
        _ => return out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes()),
    };
    out.extend_from_slice(text);
}

/// A count.
pub(crate) fn push_count(out: &mut Vec<u8>, count: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(count).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortest_and_canonical() {
        for (value, number, float) in [
            (0.0, "0", "0.0"),
            (1.0, "1", "1.0"),
            (-3.0, "-3", "-3.0"),
            (0.1, "0.1", "0.1"),
            (12.345, "12.345", "12.345"),
            (1e300, "1e+300", "1e+300"),
            (f64::INFINITY, "+Inf", "+Inf"),
            (f64::NEG_INFINITY, "-Inf", "-Inf"),
            (f64::NAN, "NaN", "NaN"),
        ] {
            let (mut short, mut canonical) = (Vec::new(), Vec::new());
            push_number(&mut short, value);
            push_float(&mut canonical, value);
            assert_eq!((short.as_slice(), canonical.as_slice()), (number.as_bytes(), float.as_bytes()));
        }
    }
}
