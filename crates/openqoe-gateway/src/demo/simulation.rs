//! The demo's viewers on a clock of their own, straight into an engine: hours pass in seconds. For tests and measurements.

use std::sync::Arc;

use openqoe_engine::{Arrival, Ended, Engine, Ledger, Source};
use openqoe_metrics::{Guard, Limits, Snapshot, Table};
use openqoe_spec::Outcome;

use super::schedule::Schedule;
use super::viewer_wire::batch;
use super::viewers::{House, ViewerOptions};

/// An audience and the gateway it reports to, without sockets.
pub(crate) struct Simulation {
    house: House,
    engine: Engine,
    table: Table,
}

struct NoLedger;

impl Ledger for NoLedger {
    fn outcome(&mut self, _: &str, _: Source, _: Outcome) {}
    fn ended(&mut self, _: &Ended<'_>) {}
}

impl Simulation {
    /// Viewers whose CDN fails for so long, from one time on and then again and again (ms).
    pub(crate) fn new(seed: u64, viewers: usize, first_ms: u64, lasts_ms: u64, every_ms: u64) -> Simulation {
        let schedule = Schedule { first_ms, lasts_ms, every_ms };
        Simulation {
            house: House::open_with(&ViewerOptions { viewers, seed }, schedule),
            engine: Engine::new(openqoe_engine::Config::default()),
            table: Table::new(Arc::new(Guard::new(Limits::default()))),
        }
    }

    /// Lets time pass up to a moment (ms since the beginning, which is also the epoch) and says what has been counted.
    pub(crate) fn advance(&mut self, to_ms: u64) -> Snapshot {
        for (_, due, tail) in self.house.reports(to_ms, 0) {
            let decoded = openqoe_ingest::PROTOCOLS[0].read(batch(&tail, due).as_bytes());
            for batch in decoded.unwrap().batches {
                let arrival = Arrival { tenant: "t", source: Source(0), received_at: due, place: 0, batch };
                self.engine.apply(arrival, &mut self.table, &mut NoLedger);
            }
        }
        self.engine.expire(to_ms, &mut self.table, &mut NoLedger);
        self.table.snapshot()
    }
}
