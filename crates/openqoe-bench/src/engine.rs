//! What an event costs behind HTTP: engine and series table in this process, with ten thousand sessions, with a hundred
//! thousand and with a million, in turns.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use openqoe_engine::{Arrival, Config, Engine, Ledger, Source};
use openqoe_ingest::PROTOCOLS;
use openqoe_metrics::{Guard, Limits, Table};
use openqoe_spec::{Batch, EventKind, Outcome};

use crate::figures::Samples;
use crate::payload::{Bodies, EVENTS, LABEL_SETS, STEP_MS};
use crate::report::Report;
use crate::{Options, epoch_ms};

/// Batches made, then taken in, before the next are made: few enough to stay in the cache, as those of the gateway do.
const CHUNK: usize = 128;
/// How often the gateway tells its engines the time, ms.
const TICK_MS: f64 = 250.0;

/// Counts what was counted.
#[derive(Default)]
struct Tally(u64);

impl Ledger for Tally {
    fn outcome(&mut self, _: &str, _: Source, outcome: Outcome) {
        self.0 += u64::from(outcome == Outcome::Counted);
    }
}

/// Batches by label set: the first of a session, and the second, of which the others are shifted copies.
struct Batches {
    opening: Vec<Batch>,
    steady: Vec<Batch>,
}

impl Batches {
    fn new(started: u64) -> Result<Batches> {
        let mut bodies = Bodies::new(started, LABEL_SETS);
        let mut decoded = |step| {
            (0..LABEL_SETS)
                .map(|number| {
                    let mut decoded = PROTOCOLS[0]
                        .read(bodies.body(number, step))
                        .map_err(|refused| anyhow::anyhow!(refused.message))?;
                    decoded.batches.pop().ok_or_else(|| anyhow::anyhow!("no batch"))
                })
                .collect::<Result<Vec<_>>>()
        };
        Ok(Batches { opening: decoded(0)?, steady: decoded(1)? })
    }

    fn make(&self, number: u32, step: u32) -> Batch {
        let label_set = (number % LABEL_SETS) as usize;
        let template = if step == 0 { &self.opening } else { &self.steady };
        let mut batch = template[label_set].clone();
        batch.session_id = format!("{number:08}-6f0b-4a3e-9d55-2f6f0e1b7c11").into();
        let more = u64::from(step.saturating_sub(1));
        batch.sent_at += more * STEP_MS;
        for event in &mut batch.events {
            event.seq += more * EVENTS as u64;
            event.t += more * STEP_MS;
            if let EventKind::Heartbeat { frames_decoded: Some(frames), .. } = &mut event.kind {
                *frames += more * STEP_MS / 40;
            }
        }
        batch
    }
}

/// An engine with its table and its viewers. Each is heard once in [`STEP_MS`], in the same random order every time.
struct World {
    key: &'static str,
    engine: Engine,
    table: Table,
    tally: Tally,
    order: Vec<u32>,
    cursor: usize,
    step: u32,
    now: f64,
    ticked: f64,
    batches: usize,
    samples: Samples,
}

impl World {
    fn new(key: &'static str, sessions: u32, now: u64) -> World {
        let mut order: Vec<u32> = (0..sessions).collect();
        fastrand::Rng::with_seed(u64::from(sessions)).shuffle(&mut order);
        let table = Table::new(Arc::new(Guard::new(Limits::default())));
        let engine = Engine::new(Config { max_sessions: sessions as usize + 1, ..Config::default() });
        let (now, samples) = (now as f64, Samples::default());
        World {
            key,
            engine,
            table,
            tally: Tally(0),
            order,
            cursor: 0,
            step: 0,
            now,
            ticked: now,
            batches: 0,
            samples,
        }
    }

    /// Takes so many batches in; ns for each event.
    fn run(&mut self, maker: &Batches, batches: usize) -> f64 {
        let (mut left, mut spent) = (batches, 0.0);
        while left > 0 {
            let count = left.min(CHUNK).min(self.order.len() - self.cursor);
            let numbers = &self.order[self.cursor..self.cursor + count];
            let chunk: Vec<Batch> = numbers.iter().map(|number| maker.make(*number, self.step)).collect();
            self.now += (STEP_MS * count as u64) as f64 / self.order.len() as f64;
            let started = Instant::now();
            self.take(chunk);
            spent += started.elapsed().as_nanos() as f64;
            left -= count;
            self.batches += count;
            self.cursor += count;
            if self.cursor == self.order.len() {
                (self.cursor, self.step) = (0, self.step + 1);
            }
        }
        spent / (batches * EVENTS) as f64
    }

    fn take(&mut self, chunk: Vec<Batch>) {
        let received_at = self.now as u64;
        for batch in chunk {
            let arrival = Arrival { tenant: "default", source: Source(0), received_at, place: 0, batch };
            self.engine.apply(arrival, &mut self.table, &mut self.tally);
        }
        if self.now - self.ticked >= TICK_MS {
            self.ticked = self.now;
            self.engine.expire(received_at, &mut self.table, &mut self.tally);
        }
    }
}

/// Opens the sessions and runs the rounds.
///
/// # Errors
/// When an event was not counted or a session fell silent: then something else than the usual way was measured.
pub(crate) fn measure(options: &Options, report: &mut Report) -> Result<()> {
    let (rounds, batches) = if options.quick { (3, 10_000) } else { (9, 40_000) };
    let now = epoch_ms();
    let maker = Batches::new(now)?;
    let mut worlds = [
        World::new("ns_per_event_10k", 10_000, now),
        World::new("ns_per_event_100k", 100_000, now),
        World::new("ns_per_event_1m", 1_000_000, now),
    ];
    for world in &mut worlds {
        world.run(&maker, world.order.len());
    }
    let mut decode = Samples::default();
    for _ in 0..rounds {
        decode.push(decode_ns(now, batches / 4));
        for world in &mut worlds {
            world.run(&maker, batches / 4);
            let ns = world.run(&maker, batches);
            world.samples.push(ns);
        }
    }
    report.add("decode_ns_per_event", decode);
    for world in worlds {
        let (open, expected) = (world.engine.stats().open, (world.batches * EVENTS) as u64);
        ensure!(open == world.order.len(), "{open} of {} sessions are open", world.order.len());
        ensure!(world.tally.0 == expected, "{} of {expected} events were counted", world.tally.0);
        report.add(world.key, world.samples);
    }
    Ok(())
}

/// Reading alone, ns for each event.
fn decode_ns(started: u64, count: usize) -> f64 {
    let mut bodies = Bodies::new(started, LABEL_SETS);
    let started = Instant::now();
    for number in 0..count {
        let body = bodies.body(number as u32, 1);
        // The figure is of no use if this fails, and every other part of the benchmark says so.
        let _ = black_box(PROTOCOLS[0].read(black_box(body)));
    }
    started.elapsed().as_nanos() as f64 / (count * EVENTS) as f64
}
