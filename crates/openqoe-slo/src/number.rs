//! Decimal numbers people wrote, kept clean through arithmetic: 1 - 0.98 is 0.02, not 0.020000000000000018.

/// The number with the same twelve decimals, and none of the noise behind them. Nobody promises more.
pub fn clean(number: f64) -> f64 {
    format!("{number:.12}").parse().unwrap_or(number)
}

/// The number as it stands in a rule: the shortest text that reads back as the same value, never with an exponent.
pub(crate) fn spell(number: f64) -> String {
    clean(number).to_string()
}

/// A fraction as a percentage: `2 %`, `0.1 %`.
pub(crate) fn percent(fraction: f64) -> String {
    format!("{} %", spell(fraction * 100.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn noise_is_gone() {
        for (number, text) in [
            (1.0 - 0.98, "0.02"),
            (1.0 - 0.999, "0.001"),
            (1.0 - 0.9995, "0.0005"),
            (14.4 * 0.02, "0.288"),
            (14.0 * 0.001, "0.014"),
            (6.0 * 0.05, "0.3"),
            (1e-7, "0.0000001"),
            (30.0, "30"),
        ] {
            assert_eq!(spell(number), text);
        }
        assert_eq!(percent(0.07), "7 %");
    }

    proptest! {
        #[test]
        fn what_has_six_decimals_comes_out_as_it_went_in(parts in 1u32..1_000_000) {
            let target = f64::from(parts) / 1e6;
            let budget = clean(1.0 - target);
            prop_assert_eq!(budget, f64::from(1_000_000 - parts) / 1e6);
            prop_assert_eq!(clean(1.0 - budget), target);
        }
    }
}
