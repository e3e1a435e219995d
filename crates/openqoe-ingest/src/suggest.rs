//! "Did you mean": the closest of a few known names.

/// The known name that `name` is most likely a slip of, if any is close enough.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let similar = |candidate: &&str| strsim::jaro_winkler(&name.to_lowercase(), candidate);
    let scored = known.into_iter().map(|candidate| (similar(&candidate), candidate));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 > 0.8).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["asset_id", "is_live", "experiment_id"];
        assert_eq!(closest("assetId", known), Some("asset_id"));
        assert_eq!(closest("isLive", known), Some("is_live"));
        assert_eq!(closest("zzz", known), None);
    }
}
