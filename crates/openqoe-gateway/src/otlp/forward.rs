//! Traces and logs of others on their way through: into the same outboxes' queue, and by the same senders, as those of ended
//! sessions, so that one receiver hears one voice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openqoe_spec::OtlpSignal;
use tokio::sync::watch;
use tokio::time::Instant;

use super::outbox::Outbox;

/// How often it is looked whether something has waited long enough.
const TICK: Duration = Duration::from_millis(200);

/// What became of a request to be passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// It is on its way.
    Forwarded,
    /// There is nowhere to send it to.
    NotConfigured,
    /// Too much waits already.
    NoRoom,
}

/// The outboxes of what is passed on; none of a signal that goes nowhere.
#[derive(Default)]
pub(crate) struct Forward(Mutex<Vec<(OtlpSignal, Outbox)>>);

impl Forward {
    pub(super) fn new(outboxes: Vec<(OtlpSignal, Outbox)>) -> Forward {
        Forward(Mutex::new(outboxes))
    }

    /// Passes on an encoded request of so many spans or log records.
    pub(crate) fn pass(&self, signal: OtlpSignal, message: &[u8], items: usize) -> Passed {
        let mut outboxes = self.outboxes();
        match outboxes.iter_mut().find(|(of, _)| *of == signal) {
            None => Passed::NotConfigured,
            Some((_, outbox)) if !outbox.has_room() => Passed::NoRoom,
            Some((_, outbox)) => {
                outbox.pass(message, items);
                Passed::Forwarded
            }
        }
    }

    /// Sends on what has waited long enough, until `stop` changes; then everything, and takes no more.
    pub(super) async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                _ = stop.changed() => break,
            }
            let now = Instant::now();
            let mut outboxes = self.outboxes();
            let due = outboxes.iter_mut().filter(|(_, outbox)| outbox.due().is_some_and(|due| due <= now));
            due.for_each(|(_, outbox)| outbox.flush());
        }
        self.outboxes().drain(..).for_each(|(_, mut outbox)| outbox.flush());
    }

    fn outboxes(&self) -> MutexGuard<'_, Vec<(OtlpSignal, Outbox)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
