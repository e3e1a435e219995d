//! Student's t at 0.975.

use super::Z;

/// Exact where the series below is not: one to four degrees of freedom.
const SMALL: [f64; 4] = [12.706_205, 4.302_653, 3.182_446, 2.776_445];

/// The quantile at 0.975 for so many degrees of freedom, to 0.005 (Abramowitz and Stegun 26.7.5).
pub(super) fn t(freedom: u64) -> f64 {
    if let Some(exact) = usize::try_from(freedom).ok().and_then(|freedom| SMALL.get(freedom.checked_sub(1)?))
    {
        return *exact;
    }
    let v = freedom.max(1) as f64;
    let [z3, z5, z7] = [3, 5, 7].map(|power| Z.powi(power));
    let first = (z3 + Z) / 4.0;
    let second = (5.0 * z5 + 16.0 * z3 + 3.0 * Z) / 96.0;
    let third = (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * Z) / 384.0;
    Z + first / v + second / (v * v) + third / (v * v * v)
}

#[cfg(test)]
mod tests {
    use super::t;

    #[test]
    fn it_is_what_tables_say() {
        for (freedom, expected) in
            [(1, 12.706), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (1000, 1.962)]
        {
            assert!((t(freedom) - expected).abs() < 0.005, "{freedom}: {}", t(freedom));
        }
    }
}
