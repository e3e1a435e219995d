//! Simulated viewers: they make a gateway worth looking at before anyone has installed an SDK. They report over HTTP to
//! the public endpoint, marked `content_type="simulated"`, and the gateway cannot tell them from real ones otherwise.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::f64::consts::TAU;
use std::time::Duration;

use axum::http::Uri;
use tokio::sync::watch;
use tokio::time::sleep_until;
use tracing::{error, info};

use super::chance::Chance;
use super::courier::{Courier, Parcel, WallClock};
use super::schedule::{FAULTY_CDN, Schedule};
use super::viewer_model::{View, view};
use super::viewer_wire::{Flush, batch_tail, flushes};

/// Time in which the seats fill at first.
const FILL_MS: u64 = 40_000;
/// The demo's day, and the share of seats that is empty in the dead of its night.
const DAY_MS: f64 = 1_200_000.0;
const NIGHT: f64 = 0.3;
/// How long somebody waits who finds it is night.
const DOZE_MS: u64 = 10_000;

/// How many viewers, and which.
#[derive(Clone, Debug)]
pub(crate) struct ViewerOptions {
    /// Views going on at the same time, at most.
    pub(crate) viewers: usize,
    /// The same seed gives the same views at the same times.
    pub(crate) seed: u64,
}

/// Plays the viewers in real time until `stopping` turns true, reporting to `ingest_url` (`http:` only).
pub(crate) async fn run(ingest_url: String, options: ViewerOptions, mut stopping: watch::Receiver<bool>) {
    let Ok(url) = ingest_url.parse::<Uri>() else {
        error!(ingest_url, "simulated viewers need a valid URL to report to");
        return;
    };
    let clock = WallClock::start();
    let courier = Courier::start(&url, clock);
    info!(viewers = options.viewers, seed = options.seed, %url, "simulated viewers arrive");
    let mut house = House::open(&options);
    let mut change = 0;
    loop {
        let now = clock.elapsed_ms();
        for (seat, due, tail) in house.reports(now, clock.epoch_ms) {
            courier.send(seat, Parcel { tail, due: clock.began + Duration::from_millis(due) });
        }
        if now >= change {
            announce(&house.schedule, change);
            change = house.schedule.next_change(now);
        }
        let next = house.next_due().map_or(change, |due| due.min(change));
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = sleep_until(clock.began + Duration::from_millis(next)) => {}
        }
    }
}

fn announce(schedule: &Schedule, at_ms: u64) {
    if schedule.degraded(at_ms) {
        let seconds = schedule.lasts_ms / 1000;
        info!(cdn = FAULTY_CDN, seconds, "scheduled fault begins: slow starts, stalls and failures");
    } else if at_ms > schedule.first_ms {
        info!(cdn = FAULTY_CDN, "scheduled fault ends");
    }
}

/// A seat holds one view after another.
#[derive(Default)]
struct Seat {
    views: u64,
    view: Option<View>,
    /// What is still to be sent, the next one last.
    flushes: Vec<Flush>,
}

/// All seats and, in order of time, what is next in each.
pub(super) struct House {
    seed: u64,
    schedule: Schedule,
    chance: Chance,
    seats: Vec<Seat>,
    due: BinaryHeap<Reverse<(u64, usize)>>,
}

impl House {
    fn open(options: &ViewerOptions) -> Self {
        Self::open_with(options, Schedule::default())
    }

    /// A house whose CDN fails at other times than the demo's.
    pub(super) fn open_with(options: &ViewerOptions, schedule: Schedule) -> Self {
        let count = options.viewers as u64;
        Self {
            seed: options.seed,
            schedule,
            chance: Chance::new(&[options.seed]),
            seats: (0..count).map(|_| Seat::default()).collect(),
            due: (0..count).map(|seat| Reverse((seat * FILL_MS / count, seat as usize))).collect(),
        }
    }

    fn next_due(&self) -> Option<u64> {
        self.due.peek().map(|Reverse((due, _))| *due)
    }

    /// What is to be sent up to `now`: seat, the time it was due, and the batch's tail.
    pub(super) fn reports(&mut self, now: u64, epoch_ms: u64) -> Vec<(usize, u64, String)> {
        let mut reports = Vec::new();
        while self.next_due().is_some_and(|due| due <= now) {
            let Some(Reverse((due, seat))) = self.due.pop() else { break };
            if let Some(tail) = self.report(seat, epoch_ms) {
                reports.push((seat, due, tail));
            } else if seat as f64 + 0.5 <= self.seats.len() as f64 * awake(due) {
                self.seats[seat].sit_down(self.seed, seat, due, &self.schedule);
            }
            let next = self.seats[seat].next_due().unwrap_or_else(|| due + self.empty_ms());
            self.due.push(Reverse((next, seat)));
        }
        reports
    }

    fn report(&mut self, seat: usize, epoch_ms: u64) -> Option<String> {
        let seat = &mut self.seats[seat];
        let flush = seat.flushes.pop()?;
        Some(batch_tail(seat.view.as_ref()?, epoch_ms, flush.events))
    }

    /// How long a seat stays empty.
    fn empty_ms(&mut self) -> u64 {
        self.chance.whole(DOZE_MS / 10, DOZE_MS)
    }
}

impl Seat {
    fn sit_down(&mut self, seed: u64, seat: usize, now: u64, schedule: &Schedule) {
        let view = view(seed, seat as u64, self.views, now, schedule);
        self.views += 1;
        self.flushes = flushes(&view.moments);
        self.flushes.reverse();
        self.view = Some(view);
    }

    fn next_due(&self) -> Option<u64> {
        Some(self.view.as_ref()?.starts_at + self.flushes.last()?.t)
    }
}

/// The share of seats taken at this time of the demo's day: all of them at its beginning.
fn awake(at_ms: u64) -> f64 {
    1.0 - NIGHT * (1.0 - (TAU * at_ms as f64 / DAY_MS).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::Value;

    use super::*;

    const MINUTES: u64 = 12;

    fn play(seed: u64) -> Vec<(u64, String)> {
        let mut house = House::open(&ViewerOptions { viewers: 40, seed });
        let mut sent = Vec::new();
        while let Some(now) = house.next_due().filter(|due| *due < MINUTES * 60_000) {
            for (_, due, tail) in house.reports(now, 0) {
                sent.push((due, format!("{{{tail}")));
            }
        }
        sent
    }

    #[test]
    fn batches_come_in_time_and_without_gaps() {
        let sent = play(3);
        let mut next: HashMap<String, u64> = HashMap::new();
        let mut last = 0;
        for (due, batch) in &sent {
            let batch: Value = serde_json::from_str(batch).unwrap();
            assert!(*due >= last, "time goes on");
            last = *due;
            let next = next.entry(batch["session"]["session_id"].to_string()).or_default();
            let started = batch["session"]["started_at"].as_u64().unwrap();
            for event in batch["events"].as_array().unwrap() {
                assert_eq!(event["seq"].as_u64().unwrap(), *next);
                assert!(started + event["t"].as_u64().unwrap() <= *due, "nothing is sent before it happens");
                *next += 1;
            }
        }
        let sessions = next.len();
        assert!(
            (60..400).contains(&sessions),
            "40 seats, views of about four minutes, 12 minutes: {sessions}"
        );
    }

    #[test]
    fn a_seed_is_a_demo() {
        assert!(play(5) == play(5));
        assert!(play(5) != play(6));
    }

    #[test]
    fn nights_are_quieter() {
        assert_eq!(awake(0), 1.0);
        assert!((awake(DAY_MS as u64 / 2) - 0.7).abs() < 1e-9);
        assert_eq!(awake(DAY_MS as u64), 1.0);
    }
}
