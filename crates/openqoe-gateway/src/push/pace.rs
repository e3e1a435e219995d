//! When a push of all series is due: from the end of the replay on, every interval, and once more at the end.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior};

use crate::gateway::Gateway;

/// How often to look whether the journal has been replayed.
const REPLAYING: Duration = Duration::from_millis(20);

/// The pace of one push loop.
#[derive(Debug)]
pub(crate) struct Pace {
    tick: Interval,
    stop: watch::Receiver<bool>,
}

impl Pace {
    /// Waits for the end of the replay, as half-replayed counters would seem to go back; `None` when `stop` changes before.
    pub(crate) async fn begin(
        gateway: &Gateway,
        interval: Duration,
        mut stop: watch::Receiver<bool>,
    ) -> Option<Pace> {
        while !gateway.has_replayed() {
            tokio::select! {
                () = tokio::time::sleep(REPLAYING) => {}
                _ = stop.changed() => return None,
            }
        }
        let mut tick = tokio::time::interval(interval);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Some(Pace { tick, stop })
    }

    /// Waits for the next push; whether it is the last, so that the receiver has everything that was counted.
    pub(crate) async fn is_last(&mut self) -> bool {
        tokio::select! {
            _ = self.tick.tick() => false,
            _ = self.stop.changed() => true,
        }
    }
}
