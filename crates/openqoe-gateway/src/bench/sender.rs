//! Sends what is due, by one protocol: each connection has its share of the rate and of the sessions, whose bodies follow each other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use openqoe_load::Generator;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::door::{Door, Way};
use super::session::{Session, TURN};
use super::tally::{Met, Shared};
use crate::clock::now_ms;

/// After a request that found nobody.
const BREATH: Duration = Duration::from_millis(100);

/// What is sent by one protocol.
pub(super) struct Plan {
    pub(super) generator: &'static Generator,
    pub(super) run: u64,
    /// Things a second.
    pub(super) rate: f64,
    /// Items of a usual body.
    pub(super) items: f64,
    pub(super) sessions: u32,
    pub(super) connections: usize,
    pub(super) door: Arc<Door>,
    pub(super) tally: Arc<Shared>,
}

/// One connection's part of it.
struct Sender {
    generator: &'static Generator,
    run: u64,
    rate: f64,
    items: f64,
    sessions: Vec<Session>,
    door: Arc<Door>,
    way: Way,
    tally: Arc<Shared>,
    /// When what comes next is to be sent, s after the beginning.
    due: f64,
}

impl Plan {
    /// Starts a task for each connection.
    ///
    /// # Errors
    /// When a file of the settings cannot be used any more.
    pub(super) fn start(
        &self,
        started: Instant,
        duration: Duration,
        stopping: &watch::Receiver<bool>,
    ) -> Result<Vec<JoinHandle<()>>> {
        let rate = self.rate / self.connections as f64;
        let task = |connection: usize| {
            let numbers = (connection as u32..self.sessions).step_by(self.connections);
            let sender = Sender {
                generator: self.generator,
                run: self.run,
                rate,
                items: self.items,
                sessions: numbers.map(Session::new).collect(),
                door: self.door.clone(),
                way: self.door.open()?,
                tally: self.tally.clone(),
                // One after the other, not all at once.
                due: connection as f64 / self.connections as f64 / rate,
            };
            Ok(tokio::spawn(sender.run(started, duration.as_secs_f64(), stopping.clone())))
        };
        (0..self.connections).map(task).collect()
    }
}

impl Sender {
    async fn run(mut self, started: Instant, seconds: f64, mut stopping: watch::Receiver<bool>) {
        // What a session has to tell of before its first turn.
        let turn = (self.sessions.len() as f64 * self.items / self.rate).min(TURN);
        for cursor in (0..self.sessions.len()).cycle() {
            let due = started + Duration::from_secs_f64(self.due);
            tokio::select! {
                () = tokio::time::sleep_until(due.into()) => {}
                _ = stopping.changed() => return,
            }
            if self.due >= seconds || started.elapsed().as_secs_f64() >= seconds {
                break;
            }
            let items = self.send(cursor, turn, due).await;
            self.due += items as f64 / self.rate;
        }
        self.tally.note_unsent(((seconds - self.due) * self.rate).max(0.0));
    }

    /// Sends the body whose turn it is, and returns how many items are in it.
    async fn send(&mut self, cursor: usize, seconds: f64, due: Instant) -> usize {
        let session = &mut self.sessions[cursor];
        let turn = session.turn(self.run, now_ms(), seconds);
        let mut body = Vec::with_capacity(8192);
        let items = (self.generator.write)(&mut body, &turn);
        let events = self.door.events(&body, items);
        let answer = self.way.post(body.into()).await;
        let met = match &answer {
            Ok(answer) if answer.status.is_success() => {
                session.is_taken();
                Met::Taken
            }
            Ok(answer) => Met::Refused(answer.status.as_u16(), answer.line()),
            Err(why) => Met::Nothing(why.clone()),
        };
        let is_away = matches!(met, Met::Nothing(_));
        self.tally.note(items as u64, events, due.elapsed(), met);
        if is_away {
            tokio::time::sleep(BREATH).await;
        }
        items
    }
}
