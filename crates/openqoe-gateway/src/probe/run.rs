//! One probe, from its first request to its last event.

use std::sync::Arc;
use std::time::Duration;

use openqoe_probe::{Options, Player, Step, Summary};
use openqoe_spec::Attributes;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::client::Client;
use super::delivery::Delivery;
use super::reporter::{Reporter, session_id};
use crate::clock::now_ms;

/// What to probe.
pub(super) struct Probe {
    pub(super) url: String,
    pub(super) options: Options,
    pub(super) attributes: Attributes,
}

/// What came of it.
pub(super) struct Result {
    pub(super) session_id: String,
    pub(super) is_live: Option<bool>,
    pub(super) summary: Summary,
}

/// Plays it until it is over or `stop` changes.
///
/// # Errors
/// When the system has no random numbers for a session's id.
pub(super) async fn run(
    probe: Probe,
    client: &Client,
    delivery: Arc<Delivery>,
    mut stop: watch::Receiver<bool>,
) -> std::result::Result<Result, getrandom::Error> {
    let session_id = session_id()?;
    let (began, started_at) = (Instant::now(), now_ms());
    let now = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let at = |ms: u64| began + Duration::from_millis(ms);
    let mut player = Player::new(&probe.url, probe.options, started_at);
    let mut reporter = Reporter::new(&session_id, started_at, probe.attributes, delivery);
    while !player.is_over() {
        match player.step(now()) {
            Step::Done => break,
            Step::Wait(until) => tokio::select! {
                () = sleep_until(at(until)) => {}
                _ = stop.changed() => player.end(now()),
            },
            Step::Fetch(request) => {
                let fetch = client.fetch(&request);
                tokio::pin!(fetch);
                while !player.is_over() {
                    tokio::select! {
                        result = &mut fetch => {
                            player.answer(now(), result);
                            break;
                        }
                        () = sleep_until(at(player.wake_at())) => player.advance(now()),
                        _ = stop.changed() => player.end(now()),
                    }
                    reporter.take(&mut player, now());
                }
            }
        }
        reporter.take(&mut player, now());
    }
    reporter.take(&mut player, now());
    Ok(Result { session_id, is_live: player.is_live(), summary: player.summary() })
}
