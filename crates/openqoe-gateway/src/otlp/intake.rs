//! The way in: a shard says that a session has ended, and whether it gets a trace is decided here. That costs the shard a copy
//! of the row at most; reading back and sending are others' work, and nothing of it makes the shard wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::metrics::process::{Counter, Gauge};
use openqoe_spec::{OtlpDecision as Decision, OtlpLoss, OtlpSignal, TraceId};
use tokio::sync::mpsc;

use super::badness::Badness;
use super::config::Config;
use crate::archive::Row;
use crate::clock::now_ns;
use crate::quota::Bucket;

/// For how long a tenant without traces saves up room for them.
const BURST: Duration = Duration::from_secs(2);

/// A session to be exported.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) row: Row,
    pub(super) badness: Option<Badness>,
    /// The share of sessions like it that get a trace; `None` when this one gets none.
    pub(super) share: Option<f64>,
}

/// What every shard has of it. Without an exporter nothing comes of what is offered.
#[derive(Clone, Default)]
pub(crate) struct Intake(Option<Arc<Sampling>>);

struct Sampling {
    config: Config,
    process: Arc<SharedRow<ProcessScope>>,
    queue: mpsc::Sender<Chosen>,
    /// What each tenant may have of bad and of ordinary sessions. Asked only about sessions that would be kept.
    rates: Mutex<HashMap<Box<str>, [Bucket; 2]>>,
}

impl Intake {
    /// An intake whose choices go into a queue.
    pub(super) fn new(
        config: Config,
        process: Arc<SharedRow<ProcessScope>>,
        queue: mpsc::Sender<Chosen>,
    ) -> Intake {
        Intake(Some(Arc::new(Sampling { config, process, queue, rates: Mutex::default() })))
    }

    /// A session has ended. Never waits.
    pub(crate) fn offer(&self, row: &Row) {
        let Some(sampling) = &self.0 else { return };
        let badness = Badness::of(&row.summary, &sampling.config);
        let share =
            if sampling.config.sends(OtlpSignal::Traces) { sampling.share(row, badness) } else { None };
        if share.is_none() && !sampling.config.sends(OtlpSignal::Logs) {
            return;
        }
        if sampling.queue.try_send(Chosen { row: row.clone(), badness, share }).is_err() {
            sampling.process.count(Counter::OtlpSessionsLost(OtlpLoss::QueueFull), 1.0);
        }
        let pending = sampling.queue.max_capacity() - sampling.queue.capacity();
        sampling.process.set(Gauge::OtlpPendingSessions, pending as f64);
    }
}

impl Sampling {
    /// The share of the lot a session is in, when it is drawn: bad ones always are, while there is room.
    fn share(&self, row: &Row, badness: Option<Badness>) -> Option<f64> {
        let is_drawn = TraceId::of(&row.session_id).is_within(self.config.sample);
        let (decision, share) = match badness {
            Some(_) if self.has_room(&row.tenant, 0) => (Decision::Bad, Some(1.0)),
            _ if is_drawn && self.has_room(&row.tenant, 1) => (Decision::Ordinary, Some(self.config.sample)),
            Some(_) => (Decision::OverLimit, None),
            None if is_drawn => (Decision::OverLimit, None),
            None => (Decision::LeftOut, None),
        };
        self.process.count(Counter::OtlpSessions(decision), 1.0);
        share
    }

    fn has_room(&self, tenant: &str, lot: usize) -> bool {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        if !rates.contains_key(tenant) {
            let buckets = [Bucket::default(), Bucket::default()];
            buckets.iter().for_each(|bucket| bucket.set(self.config.max_per_second, BURST));
            rates.insert(tenant.into(), buckets);
        }
        rates.get(tenant).is_some_and(|buckets| buckets[lot].take(1, now_ns()).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use openqoe_engine::Summary;
    use openqoe_spec::{Attributes, Protocol, ViewEnd};

    use super::*;

    fn row(tenant: &str, session: &str, end: ViewEnd) -> Row {
        let summary = Summary { end: Some(end), playing: 1000, ..Summary::default() };
        let (protocol, attributes) = (Protocol::Native, Attributes::default());
        let (tenant, session_id) = (tenant.into(), session.into());
        Row { tenant, session_id, protocol, began_at: 0, heard_at: 1000, attributes, summary }
    }

    fn intake(change: fn(&mut Config)) -> (Intake, mpsc::Receiver<Chosen>) {
        let (sender, queue) = mpsc::channel(1000);
        let endpoint = "http://x".to_owned();
        let mut config = Config { endpoint, sample: 0.0, max_per_second: 5, ..Config::default() };
        change(&mut config);
        (Intake::new(config, Arc::new(SharedRow::process()), sender), queue)
    }

    fn shares(queue: &mut mpsc::Receiver<Chosen>) -> Vec<Option<f64>> {
        std::iter::from_fn(|| queue.try_recv().ok()).map(|chosen| chosen.share).collect()
    }

    #[test]
    fn bad_sessions_are_kept_up_to_a_rate_of_each_tenant() {
        let (intake, mut queue) = intake(|config| config.logs = false);
        for number in 0..100 {
            intake.offer(&row("noisy", &number.to_string(), ViewEnd::Error));
            intake.offer(&row("ordinary", &number.to_string(), ViewEnd::Stopped));
        }
        intake.offer(&row("other", "s", ViewEnd::Error));
        let kept = shares(&mut queue);
        assert!((11..20).contains(&kept.len()), "{}", kept.len());
        assert!(kept.iter().all(|share| *share == Some(1.0)));
    }

    #[test]
    fn ordinary_sessions_are_drawn_by_their_ids_and_logs_are_of_all() {
        let (intake, mut queue) = intake(|config| (config.sample, config.max_per_second) = (0.25, 1000));
        (0..800).for_each(|number| intake.offer(&row("t", &number.to_string(), ViewEnd::Stopped)));
        let kept = shares(&mut queue);
        let drawn = kept.iter().filter(|share| **share == Some(0.25)).count();
        assert!(kept.len() == 800 && (150..250).contains(&drawn), "{drawn} of {}", kept.len());
    }

    #[test]
    fn a_full_queue_loses_and_never_waits() {
        let (sender, mut queue) = mpsc::channel(2);
        let process = Arc::new(SharedRow::process());
        let intake =
            Intake::new(Config { endpoint: "http://x".into(), ..Config::default() }, process, sender);
        (0..5).for_each(|number| intake.offer(&row("t", &number.to_string(), ViewEnd::Error)));
        assert_eq!(shares(&mut queue).len(), 2);
        Intake::default().offer(&row("t", "s", ViewEnd::Error));
    }
}
