//! When a push of all series is due: from the end of the replay on, every interval, and once more at the end.

use std::sync::Arc;
use std::time::Duration;

use openqoe_metrics::Snapshot;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::clock::now_ms;
use crate::gateway::Gateway;

/// How often to look whether the journal has been replayed.
const REPLAYING: Duration = Duration::from_millis(20);

/// What becomes of a snapshot that is to be pushed. It may take its time: it is not called where others wait.
pub(crate) trait Push {
    /// A push is due; what is said now is in its snapshot.
    fn announce(&mut self) {}

    /// Encodes a snapshot of this time, epoch ms, and passes it on to whatever sends it.
    fn push(&mut self, snapshot: &Snapshot, at: u64);
}

/// Pushes every interval until `stop` changes, and then once more, so that the receiver has everything that was counted.
pub(crate) async fn push_every(
    interval: Duration,
    gateway: Arc<Gateway>,
    mut push: impl Push,
    mut stop: watch::Receiver<bool>,
) {
    // Half-replayed counters would seem to go back.
    while !gateway.has_replayed() {
        tokio::select! {
            () = tokio::time::sleep(REPLAYING) => {}
            _ = stop.changed() => return,
        }
    }
    let mut tick = tokio::time::interval(interval);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut is_last = false;
    while !is_last {
        is_last = tokio::select! {
            _ = tick.tick() => false,
            _ = stop.changed() => true,
        };
        push.announce();
        let snapshot = gateway.snapshot().await;
        tokio::task::block_in_place(|| push.push(&snapshot, now_ms()));
    }
}
