//! What the stats of one ad tell. To Media3 an ad is a playback of its own, while the content is `INTERRUPTED_BY_AD`.

use openqoe_spec::AdResult;

use super::moment::{Ad, Moment, What};
use super::record::Advert;
use super::state::State;

pub(super) fn moments(advert: &Advert) -> impl Iterator<Item = Moment<'_>> {
    let (mut shown, mut over) = (false, false);
    advert.playback_state_history.iter().filter_map(move |entry| {
        let ad = meaning(advert, entry.playback_state, shown).filter(|_| !over)?;
        shown |= matches!(ad, Ad::Starts);
        over = matches!(ad, Ad::Ends(_) | Ad::Fails(_));
        Some(Moment { at: entry.event_time.realtime_ms, what: What::Ad(ad) })
    })
}

/// An ad that was never shown has nothing to end.
fn meaning(advert: &Advert, state: State, shown: bool) -> Option<Ad<'_>> {
    match state {
        State::Playing if shown => Some(Ad::Moves),
        State::Playing => Some(Ad::Starts),
        State::Failed => Some(Ad::Fails(advert.fatal_error_history.last().map(|error| &error.exception))),
        State::Buffering | State::JoiningForeground | State::Seeking if shown => Some(Ad::Waits),
        State::Paused | State::PausedBuffering | State::Suppressed | State::SuppressedBuffering if shown => {
            Some(Ad::Pauses)
        }
        State::Ended if shown => Some(Ad::Ends(AdResult::Completed)),
        State::Stopped | State::Abandoned if shown => Some(Ad::Ends(AdResult::Skipped)),
        _ => None,
    }
}
