//! What the shards hold of one session: they are asked through the queue of their batches.

use tokio::sync::oneshot;

use crate::archive::Row;
use crate::gateway::Gateway;
use crate::journal::Entry;
use crate::shard::{Command, shard_of};

impl Gateway {
    /// The batches of a session that the journal still has, in order of arrival.
    pub(crate) async fn session(&self, tenant: &str, session_id: &str) -> Vec<Entry> {
        let shard = &self.shards[shard_of(session_id, self.shards.len())];
        let (answer, entries) = oneshot::channel();
        let command = Command::Session { tenant: tenant.into(), session_id: session_id.into(), answer };
        // A shard that is gone has nothing to say; its absence is what `/-/ready` reports.
        if shard.queue.send(command).await.is_err() {
            return Vec::new();
        }
        entries.await.unwrap_or_default()
    }

    /// A session the engine remembers, as it stands, and whether it has ended.
    pub(crate) async fn state_of(&self, tenant: &str, session_id: &str) -> Option<(Row, bool)> {
        let shard = &self.shards[shard_of(session_id, self.shards.len())];
        let (answer, state) = oneshot::channel();
        let command = Command::State { tenant: tenant.into(), session_id: session_id.into(), answer };
        shard.queue.send(command).await.ok()?;
        state.await.ok().flatten()
    }
}
