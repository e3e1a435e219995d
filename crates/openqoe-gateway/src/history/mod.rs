//! The gateway's own memory of its indicators: what the console shows without a Prometheus, and what anomalies are told by. It is
//! fed with the snapshots that `measure.rs` takes anyway, and is asked below `/api/v1/tenants/{tenant}/`.

mod change;
mod compared;
mod config;
mod file;
mod live;
mod ring;
mod routes;
mod seasonal;
mod stream;
mod values;
mod window;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openqoe_metrics::{ProcessScope, RowMemory, SharedRow, Snapshot, Sums};
use openqoe_spec::metrics::process::{Counter, Gauge};
use tokio::sync::{Semaphore, watch};

use crate::anomaly::{Anomaly, Watch};
use crate::tenant::Tenants;
pub(crate) use config::Config;
use file::{File, HistoryError};
use ring::{COARSE, FINE, Growths, MIDDLE, Ring, Span, Step};
pub(crate) use routes::routes;
use values::Values;

/// What is remembered, for all tenants.
pub(crate) struct History {
    config: Config,
    process: Arc<SharedRow<ProcessScope>>,
    tenants: Arc<Tenants>,
    memory: Mutex<Memory>,
    /// Raised with every sample; `None` is the end.
    sampled: watch::Sender<Option<u64>>,
    streams: Arc<Semaphore>,
}

struct Memory {
    rows: RowMemory,
    values: Values,
    /// When the last sample was taken, epoch ms; `None` before the first.
    sampled_at: Option<u64>,
    fine: Ring,
    middle: Ring,
    coarse: Ring,
    watches: BTreeMap<Box<str>, Watch>,
    file: Option<File>,
    /// Steps up to here stand in the file, epoch ms.
    written_to: u64,
}

/// Steps that have just ended.
struct Closed {
    middle: Option<Arc<Step>>,
    is_coarse: bool,
}

impl Memory {
    fn rings(&mut self) -> [&mut Ring; 3] {
        [&mut self.fine, &mut self.middle, &mut self.coarse]
    }

    fn bytes(&self) -> usize {
        self.fine.bytes + self.middle.bytes + self.coarse.bytes
    }
}

impl History {
    /// The history of a data directory, or an empty one. A file that cannot be read is left alone: the gateway goes on without.
    pub(crate) fn start(
        folder: &Path,
        config: &Config,
        process: Arc<SharedRow<ProcessScope>>,
        tenants: Arc<Tenants>,
        now: u64,
    ) -> Arc<History> {
        let mut memory = Memory {
            rows: RowMemory::default(),
            values: Values::new(config.max_values),
            sampled_at: None,
            fine: Ring::new(FINE),
            middle: Ring::new(MIDDLE),
            coarse: Ring::new(COARSE),
            watches: BTreeMap::new(),
            file: None,
            written_to: 0,
        };
        if !folder.as_os_str().is_empty() {
            match memory.read(folder, now) {
                Ok(()) => {}
                Err(error) => {
                    tracing::error!(%error, "indicators are remembered in memory only; remove history.db to begin anew");
                    process.count(Counter::HistoryWriteFailures, 1.0);
                }
            }
        }
        process.set(Gauge::LiveStreams, 0.0);
        process.set(Gauge::HistoryBytes, memory.bytes() as f64);
        Arc::new(History {
            streams: Arc::new(Semaphore::new(config.max_streams)),
            config: config.clone(),
            process,
            tenants,
            memory: Mutex::new(memory),
            sampled: watch::Sender::new(Some(0)),
        })
    }

    /// Says what the counters began with: nothing of it is news.
    pub(crate) fn begin(&self, now: u64, snapshot: &Snapshot) {
        let mut memory = self.memory();
        memory.rows.observe(snapshot);
        memory.sampled_at = Some(now);
    }

    /// Takes in the state of a moment (epoch ms), from a snapshot of all shards merged. Blocks: it computes, and writes a file.
    pub(crate) fn observe(&self, now: u64, snapshot: &Snapshot) {
        let mut memory = self.memory();
        let Some(before) = memory.sampled_at.replace(now) else {
            memory.rows.observe(snapshot);
            return;
        };
        let mut growths = memory.rows.observe(snapshot);
        let folded = memory.values.fold(now, &mut growths);
        self.process.count(Counter::HistoryValuesFolded, folded as f64);
        memory.note(before.min(now), now, &growths);
        let dropped = memory.make_room(self.config.max_bytes);
        self.process.count(Counter::HistoryStepsDropped, dropped as f64);
        self.process.set(Gauge::HistoryBytes, memory.bytes() as f64);
        let Closed { middle, is_coarse } = memory.close(now);
        if let Some(step) = middle {
            self.watch(&mut memory, &step);
        }
        if is_coarse {
            self.write(&mut memory, now);
            memory.learn_seasons(now);
        }
        drop(memory);
        self.sampled.send_replace(Some(now));
    }

    /// Writes what is not written yet and ends the streams.
    pub(crate) fn finish(&self, now: u64) {
        self.end_streams();
        self.write(&mut self.memory(), now);
    }

    /// Tells everyone who is told of samples that there will be no more.
    pub(crate) fn end_streams(&self) {
        self.sampled.send_replace(None);
    }

    /// Whether somebody wants to know at once.
    pub(crate) fn is_watched(&self) -> bool {
        self.streams.available_permits() < self.config.max_streams
    }

    /// The steps of a span that begin at or after a time (epoch ms), the one that goes on included.
    fn steps(&self, span: Span, from: u64) -> Vec<Arc<Step>> {
        self.memory()
            .rings()
            .into_iter()
            .find(|ring| ring.span == span)
            .map_or_else(Vec::new, |ring| ring.since(from))
    }

    /// A tenant's anomalies: those going on, and those that have ended since a time.
    fn anomalies(&self, tenant: &str, from: u64) -> Vec<Anomaly> {
        self.memory().watches.get(tenant).map_or_else(Vec::new, |watch| watch.anomalies(from))
    }

    fn watch(&self, memory: &mut Memory, step: &Step) {
        for tenant in self.tenants.all() {
            let watch = memory.watches.entry(tenant.name().into()).or_default();
            let begun = watch.step(step.end(), series(step, tenant.name()), false);
            for Anomaly { kpi, attribute, value, .. } in &begun {
                tracing::info!(
                    tenant = tenant.name(),
                    kpi,
                    attribute,
                    value = value.as_deref(),
                    "an anomaly begins"
                );
            }
            watch.expose(&tenant, &begun);
        }
    }

    fn write(&self, memory: &mut Memory, now: u64) {
        if let Err(error) = memory.write(now) {
            tracing::warn!(%error, "steps of history are not written; they will be tried again");
            self.process.count(Counter::HistoryWriteFailures, 1.0);
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn read(&mut self, folder: &Path, now: u64) -> Result<(), HistoryError> {
        let file = File::open(folder)?;
        for span in [FINE, MIDDLE, COARSE] {
            for step in file.read(span, now)? {
                self.adopt(span, step);
            }
        }
        self.learn();
        self.learn_seasons(now);
        if file.is_foreign() {
            file.clear()?;
        } else {
            // What begins later is not whole yet.
            self.written_to = COARSE.begin(now);
        }
        self.file = Some(file);
        Ok(())
    }

    fn adopt(&mut self, span: Span, step: Step) {
        for (tenant, slice) in &step.tenants {
            for (attribute, value, _) in &slice.values {
                self.values.remember(tenant, attribute, value, step.at);
            }
        }
        if let Some(ring) = self.rings().into_iter().find(|ring| ring.span == span) {
            ring.push(Arc::new(step));
        }
    }

    fn note(&mut self, before: u64, now: u64, growths: &Growths) {
        for ring in self.rings() {
            ring.forget_after(now);
            ring.note(before, now, growths);
        }
    }

    /// Closes what is over.
    fn close(&mut self, now: u64) -> Closed {
        let [_, middle, coarse] = self.rings().map(|ring| ring.close_if_over(now));
        Closed { middle, is_coarse: coarse.is_some() }
    }

    /// What the watches would know had they been there.
    fn learn(&mut self) {
        for step in self.middle.since(0) {
            for tenant in step.tenants.keys() {
                let watch = self.watches.entry(tenant.clone()).or_default();
                watch.step(step.end(), series(&step, tenant), true);
            }
        }
    }

    /// Lets go of the oldest steps, of the ring that takes most, until the rest fits; says how many.
    fn make_room(&mut self, most: usize) -> usize {
        let mut dropped = 0;
        while self.bytes() > most {
            let largest = self.rings().into_iter().max_by_key(|ring| ring.bytes);
            if !largest.is_some_and(Ring::drop_oldest) {
                break;
            }
            dropped += 1;
        }
        dropped
    }

    fn write(&mut self, now: u64) -> Result<(), HistoryError> {
        let from = self.written_to;
        let steps = self.rings().map(|ring| (ring.span, ring.since(ring.span.begin(from))));
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write(&steps, now)?;
        // The open steps are written again when they are whole.
        self.written_to = COARSE.begin(now);
        Ok(())
    }
}

/// What a step holds of a tenant, by series.
fn series(step: &Step, tenant: &str) -> Vec<(crate::anomaly::Series, Sums)> {
    let Some(slice) = step.tenants.get(tenant) else { return Vec::new() };
    let values = slice.values.iter().filter(|(_, value, _)| &**value != values::OTHER);
    let values =
        values.map(|(attribute, value, sums)| (Some((*attribute, value.clone())), Sums::unpack(sums)));
    [(None, Sums::unpack(&slice.total))].into_iter().chain(values).collect()
}
