//! The sessions going on, as columns too: what the shards say of them, asked for at most once a second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openqoe_engine::Summary;
use openqoe_spec::{Attributes, Protocol};
use tokio::sync::{Mutex, oneshot};

use super::Facts;
use super::chunk::{Chunk, Fact, dimensions};
use crate::archive::Row;
use crate::gateway::Gateway;
use crate::shard::Command;

/// How old an answer may be.
const FRESH: Duration = Duration::from_secs(1);

/// What a shard says at once: so little that batches do not wait for it.
pub(crate) struct Slice {
    pub(crate) rows: Vec<Row>,
    /// Where to go on; `None` at the end.
    pub(crate) next: Option<usize>,
}

/// What is not in the columns.
struct Detail {
    began_at: u64,
    protocol: Protocol,
    summary: Summary,
}

/// Live sessions of one tenant.
#[derive(Default)]
pub(crate) struct LiveTenant {
    pub(crate) chunks: Vec<Arc<Chunk>>,
    details: Vec<Vec<Detail>>,
}

impl LiveTenant {
    fn push(&mut self, row: Row) {
        if self.chunks.last().is_none_or(|chunk| chunk.is_full()) {
            self.chunks.push(Arc::new(Chunk::new()));
            self.details.push(Vec::new());
        }
        let (Some(chunk), Some(details)) = (self.chunks.last_mut(), self.details.last_mut()) else { return };
        let Row { session_id, protocol, began_at, heard_at, attributes, summary, .. } = row;
        let (session_id, attributes) = (&session_id, &attributes);
        Arc::make_mut(chunk).push(&Fact { session_id, heard_at, attributes, summary: &summary });
        details.push(Detail { began_at, protocol, summary });
    }

    /// One session, by chunk and row.
    pub(crate) fn row(&self, tenant: &str, chunk: usize, row: u16) -> Option<Row> {
        let at = usize::from(row);
        let detail = self.details.get(chunk)?.get(at)?;
        let chunk = &self.chunks[chunk];
        let mut attributes = Attributes::default();
        for attribute in dimensions() {
            let (values, codes) = chunk.values(attribute);
            // What was folded may be no value of the attribute's type.
            let _ = attributes.set(attribute, &values[usize::from(codes[at])]);
        }
        Some(Row {
            tenant: tenant.into(),
            session_id: chunk.id(row).into(),
            protocol: detail.protocol,
            began_at: detail.began_at,
            heard_at: chunk.heard_at[at],
            attributes,
            summary: detail.summary.clone(),
        })
    }
}

/// Live sessions of all tenants.
pub(crate) type Live = BTreeMap<Box<str>, LiveTenant>;

/// The newest answer of all shards.
#[derive(Default)]
pub(super) struct Newest(Mutex<Option<(Instant, Arc<Live>)>>);

impl Facts {
    /// The sessions going on, as they were a second ago or later. Whoever asks while others do gets the same answer.
    pub(crate) async fn live(&self, gateway: &Gateway) -> Arc<Live> {
        let mut newest = self.newest.0.lock().await;
        if let Some((asked, live)) = &*newest
            && asked.elapsed() < FRESH
        {
            return live.clone();
        }
        let live = Arc::new(self.ask(gateway).await);
        *newest = Some((Instant::now(), live.clone()));
        live
    }

    async fn ask(&self, gateway: &Gateway) -> Live {
        let (mut live, mut sessions) = (Live::new(), 0);
        for shard in &gateway.shards {
            let mut from = Some(0);
            while let Some(place) = from {
                let (answer, slice) = oneshot::channel();
                // A shard that is gone has nothing to say; its absence is what `/-/ready` reports.
                if shard.queue.send(Command::Live { from: place, answer }).await.is_err() {
                    break;
                }
                let Ok(slice) = slice.await else { break };
                from = slice.next;
                sessions += slice.rows.len();
                self.join(&mut live, slice.rows);
                if sessions >= self.most {
                    tracing::warn!(
                        sessions,
                        "more sessions are live than console.max_sessions allows to be looked at"
                    );
                    return live;
                }
            }
        }
        live
    }

    /// Adds what a shard said. A session that has ended and goes on after all is live; one that has ended since is not.
    fn join(&self, live: &mut Live, rows: Vec<Row>) {
        let mut tables = self.tables();
        for row in rows {
            if let Some(table) = tables.get_mut(&row.tenant) {
                match table.heard_at(&row.session_id) {
                    Some(heard_at) if heard_at >= row.heard_at => continue,
                    Some(_) => drop(table.supersede(&row.session_id, row.heard_at)),
                    None => {}
                }
            }
            live.entry(row.tenant.clone()).or_default().push(row);
        }
    }
}
