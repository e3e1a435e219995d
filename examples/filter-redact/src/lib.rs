//! An example of a filter: batches of lab devices are dropped, what follows a slash is cut off asset ids, and live streams are
//! marked as such by their names. [`judge`] is all there is to change for one of your own.

mod abi;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Builds of players that only run in the lab have versions that end so.
const LAB: &str = "-lab";
/// Names of assets that are live begin so.
const LIVE: &str = "live-";

/// What this filter looks at of a batch. There is more: `docs/guide/filters.md`.
#[derive(Deserialize)]
pub struct Batch {
    attributes: BTreeMap<String, String>,
}

/// What becomes of a batch.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// It goes on as it is.
    Keep,
    /// Nothing of it does.
    Drop,
    /// It goes on with other attributes.
    Change(Change),
}

/// Attributes to set, or to remove where there is no value.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Change {
    attributes: BTreeMap<&'static str, Option<String>>,
}

/// Decides about one batch.
pub fn judge(batch: &Batch) -> Verdict {
    let get = |name: &str| batch.attributes.get(name).map_or("", String::as_str);
    if get("player_version").ends_with(LAB) {
        return Verdict::Drop;
    }
    let mut change = Change::default();
    let asset = get("asset_id");
    if let Some((kept, _)) = asset.split_once('/') {
        change.attributes.insert("asset_id", Some(kept.to_owned()));
    }
    if asset.starts_with(LIVE) && get("is_live").is_empty() {
        change.attributes.insert("is_live", Some("true".to_owned()));
    }
    if change.attributes.is_empty() { Verdict::Keep } else { Verdict::Change(change) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(attributes: &[(&str, &str)]) -> Verdict {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        judge(&Batch { attributes: attributes.collect() })
    }

    fn changed<const N: usize>(attributes: [(&'static str, &str); N]) -> Verdict {
        let attributes = attributes.map(|(name, value)| (name, Some(value.to_owned())));
        Verdict::Change(Change { attributes: attributes.into() })
    }

    #[test]
    fn lab_devices_are_dropped() {
        assert_eq!(judged(&[("player_version", "1.7.0-lab"), ("asset_id", "a/b")]), Verdict::Drop);
        assert_eq!(judged(&[("player_version", "1.7.0")]), Verdict::Keep);
        assert_eq!(judged(&[]), Verdict::Keep);
    }

    #[test]
    fn asset_ids_are_cut_and_live_streams_marked() {
        assert_eq!(judged(&[("asset_id", "movie/viewer-7/x")]), changed([("asset_id", "movie")]));
        assert_eq!(judged(&[("asset_id", "live-news")]), changed([("is_live", "true")]));
        assert_eq!(
            judged(&[("asset_id", "live-news/7")]),
            changed([("asset_id", "live-news"), ("is_live", "true")])
        );
        assert_eq!(judged(&[("asset_id", "live-news"), ("is_live", "false")]), Verdict::Keep);
    }
}
