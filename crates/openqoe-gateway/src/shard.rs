//! A shard: one thread that owns some sessions and their part of the series table. It shares nothing on the hot path; what
//! it is asked comes through one bounded queue, in order, so that a snapshot holds everything queued before it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::thread::JoinHandle;

use openqoe_engine::{Arrival, Engine, Stats};
use openqoe_metrics::{Snapshot, Table};
use openqoe_spec::{Batch, Protocol};
use tokio::sync::{mpsc, oneshot};

use crate::journal::checkpoint::ShardState;
use crate::tenant::{Books, Tenant};

/// What a shard can be told.
pub(crate) enum Command {
    /// Take this batch in.
    Batch { protocol: Protocol, received_at: u64, batch: Batch },
    /// It is now this late (epoch ms).
    Tick(u64),
    /// The gateway was away until now (epoch ms); nobody was silent for that.
    Resume(u64),
    /// The replay is over: what comes now is news.
    Live,
    /// Say what you have.
    Snapshot(oneshot::Sender<(Snapshot, Stats)>),
    /// Say it so that it can be restored.
    Save(oneshot::Sender<ShardState>),
}

/// The way to a shard.
pub(crate) struct Shard {
    pub(crate) queue: mpsc::Sender<Command>,
    pub(crate) thread: JoinHandle<()>,
}

/// The shard of a session among so many. The same in every process: a restored session must find its way back.
pub(crate) fn shard_of(session_id: &str, shards: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    session_id.hash(&mut hasher);
    usize::try_from(hasher.finish() % shards.max(1) as u64).unwrap_or_default()
}

impl Shard {
    /// Starts a shard's thread.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(crate) fn start(
        number: usize,
        queue: usize,
        engine: Engine,
        table: Table,
        tenant: Arc<Tenant>,
    ) -> std::io::Result<Shard> {
        let (sender, receiver) = mpsc::channel(queue);
        let thread = std::thread::Builder::new()
            .name(format!("shard-{number}"))
            .spawn(move || run(receiver, engine, table, &tenant))?;
        Ok(Shard { queue: sender, thread })
    }
}

fn run(mut queue: mpsc::Receiver<Command>, mut engine: Engine, mut table: Table, tenant: &Tenant) {
    let mut books = Books { tenant, open: false };
    while let Some(command) = queue.blocking_recv() {
        match command {
            Command::Batch { protocol, received_at, batch } => {
                let source = tenant.source(protocol);
                let arrival = Arrival { tenant: tenant.name, source, received_at, batch };
                engine.apply(arrival, &mut table, &mut books);
            }
            Command::Resume(now) => engine.resume(now),
            Command::Live => books.open = true,
            Command::Tick(now) => engine.expire(now, &mut table, &mut books),
            Command::Snapshot(answer) => {
                // Whoever asked may have gone away.
                let _ = answer.send((table.snapshot(), engine.stats()));
            }
            Command::Save(answer) => {
                let _ = answer.send(ShardState { engine: engine.save(), table: table.save() });
            }
        }
    }
}
