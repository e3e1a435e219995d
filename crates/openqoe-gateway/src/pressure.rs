//! What the gateway asks of reporters while its queues fill: first to send fewer samples, then to come back later.

use serde::Serialize;

/// Fuller queues take no more bodies: those that are being read will fill the rest.
pub(crate) const SHED_FROM: f64 = 0.95;
/// From how full a queue on one download should stand for how many.
const WEIGHTS: [(f64, u64); 3] = [(0.75, 16), (0.5, 8), (0.25, 4)];

/// What an answer asks the reporter for. Absent means everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Hints {
    /// Send one of so many downloads of steady playback, with this as its `weight`.
    download_weight: u64,
}

/// What to ask for when queues are so full (0 to 1).
pub(crate) fn hints(fill: f64) -> Option<Hints> {
    let (_, download_weight) = WEIGHTS.into_iter().find(|(from, _)| fill >= *from)?;
    Some(Hints { download_weight })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fuller_the_fewer() {
        let weights =
            [0.0, 0.24, 0.25, 0.6, 0.9, 1.0].map(|fill| hints(fill).map(|hints| hints.download_weight));
        assert_eq!(weights, [None, None, Some(4), Some(8), Some(16), Some(16)]);
    }
}
