//! The playback rate, which `PlaybackStats` does not name: how much faster the media went by than the clock (`mediaTimeHistory`).

use super::moment::{Moment, What};
use super::record::StateAt;
use super::state::State;

/// Positions are whole milliseconds, and told a moment late: less than this says little, ms.
const LEAST: u64 = 1000;
/// Players offer steps of a twentieth, or greater ones.
const STEPS: f64 = 20.0;
/// As `events.yaml` has it.
const MOST: f64 = 16.0;

pub(super) fn changes<'a>(
    media_times: &[(u64, i64)],
    history: &[StateAt],
) -> impl Iterator<Item = Moment<'a>> {
    let mut rate = 1.0;
    media_times.windows(2).filter_map(move |pair| {
        let ((from, _), (to, _)) = (pair[0], pair[1]);
        let new = is_playing(history, from, to).then(|| between(pair[0], pair[1])).flatten()?;
        let is_new = new != rate;
        rate = new;
        is_new.then_some(Moment { at: from, what: What::Rate(new) })
    })
}

fn between((from, media_from): (u64, i64), (to, media_to): (u64, i64)) -> Option<f64> {
    let passed = to.checked_sub(from).filter(|passed| *passed >= LEAST)?;
    let media = media_to.checked_sub(media_from)?;
    let rate = (media as f64 / passed as f64 * STEPS).round() / STEPS;
    (rate > 0.0 && rate <= MOST).then_some(rate)
}

/// Whether frames were moving all the time.
fn is_playing(history: &[StateAt], from: u64, to: u64) -> bool {
    let begun = history.partition_point(|entry| entry.event_time.realtime_ms <= from);
    let goes_on = history.get(begun).is_none_or(|next| next.event_time.realtime_ms >= to);
    begun > 0 && history[begun - 1].playback_state == State::Playing && goes_on
}
