//! A shard: one thread that owns some sessions and their part of the series table. It shares nothing on the hot path; what
//! it is asked comes through one bounded queue, in order, so that a snapshot holds everything queued before it.

use std::sync::Arc;
use std::thread::JoinHandle;

use openqoe_engine::{Arrival, Engine, Stats};
use openqoe_metrics::{Guard, Snapshot, Table};
use openqoe_spec::{Batch, Protocol};
use tokio::sync::{mpsc, oneshot};

use crate::tenant::{Books, Tenant};

/// What a shard can be told.
pub(crate) enum Command {
    /// Take this batch in.
    Batch { protocol: Protocol, received_at: u64, batch: Batch },
    /// It is now this late (epoch ms).
    Tick(u64),
    /// Say what you have.
    Snapshot(oneshot::Sender<(Snapshot, Stats)>),
}

/// The way to a shard.
pub(crate) struct Shard {
    pub(crate) queue: mpsc::Sender<Command>,
    pub(crate) thread: JoinHandle<()>,
}

impl Shard {
    /// Starts a shard's thread.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(crate) fn start(
        number: usize,
        queue: usize,
        config: openqoe_engine::Config,
        guard: Arc<Guard>,
        tenant: Arc<Tenant>,
    ) -> std::io::Result<Shard> {
        let (sender, receiver) = mpsc::channel(queue);
        let thread = std::thread::Builder::new()
            .name(format!("shard-{number}"))
            .spawn(move || run(receiver, Engine::new(config), Table::new(guard), &tenant))?;
        Ok(Shard { queue: sender, thread })
    }
}

fn run(mut queue: mpsc::Receiver<Command>, mut engine: Engine, mut table: Table, tenant: &Tenant) {
    let mut books = Books(tenant);
    while let Some(command) = queue.blocking_recv() {
        match command {
            Command::Batch { protocol, received_at, batch } => {
                let source = tenant.source(protocol);
                let arrival = Arrival { tenant: tenant.name, source, received_at, batch };
                engine.apply(arrival, &mut table, &mut books);
            }
            Command::Tick(now) => engine.expire(now, &mut table, &mut books),
            Command::Snapshot(answer) => {
                // Whoever asked may have gone away.
                let _ = answer.send((table.snapshot(), engine.stats()));
            }
        }
    }
}
