//! Which rendition to fetch next: the best the throughput carries with something to spare, moved by what the buffer can bear.

/// The share of the throughput a rendition may take.
const SPARE: f64 = 0.8;
/// Below so much media there is nothing to try a better rendition with, ms.
const TO_GO_UP: u64 = 6_000;
/// With so much media a slow download or two is no reason to go down, ms.
const TO_STAY: u64 = 15_000;

/// The rendition to fetch, given bitrates in ascending order, the one fetched last, bit/s, and ms buffered. `start` is the bitrate to begin
/// with, before anything is known.
pub(crate) fn choose(
    bitrates: &[u64],
    current: Option<usize>,
    throughput: Option<f64>,
    buffered_ms: u64,
    start: u64,
) -> usize {
    let best_within = |limit: f64| bitrates.iter().rposition(|bitrate| *bitrate as f64 <= limit).unwrap_or(0);
    let Some(current) = current else { return best_within(start as f64) };
    let Some(throughput) = throughput else { return current };
    let affordable = best_within(throughput * SPARE);
    if affordable > current && buffered_ms < TO_GO_UP || affordable < current && buffered_ms >= TO_STAY {
        return current;
    }
    affordable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_guards_the_choice() {
        let bitrates = [100, 200, 400];
        let choose = |current, throughput, buffered| choose(&bitrates, current, throughput, buffered, 250);
        assert_eq!(choose(None, None, 0), 1, "the best that is not above the start bitrate");
        assert_eq!(choose(Some(1), None, 0), 1);
        assert_eq!(choose(Some(0), Some(600.0), 5_000), 0, "too little to go up with");
        assert_eq!(choose(Some(0), Some(600.0), 6_000), 2);
        assert_eq!(choose(Some(2), Some(300.0), 14_999), 1);
        assert_eq!(choose(Some(2), Some(300.0), 15_000), 2, "enough to wait and see");
        assert_eq!(choose(Some(2), Some(1.0), 0), 0);
    }
}
