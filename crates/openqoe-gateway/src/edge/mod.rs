//! An edge: a gateway near the players that decodes, admits and keeps batches, answers for them, and forwards them to a core
//! until the core answers for them. Nothing is counted here but what passes through.
//!
//! Each shard is a thread that makes batches durable in a journal of its own ([`lane`]), and a task that follows that journal
//! ([`forwarder`]). How far the core has taken it stands in a file beside it ([`cursor`]).

mod config;
mod cursor;
mod forwarder;
mod lane;
mod upstream;

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use openqoe_metrics::{ProcessScope, SharedRow, Snapshot};
use openqoe_spec::metrics::process::Gauge;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use config::{Config, Role};

use crate::clock::now_ms;
use crate::journal::{Position, SegmentJournal, Tail};
use crate::recovery::{self, EDGE_JOURNALS};
use crate::shard::Shard;
use crate::tenant::Tenants;
use cursor::Cursor;
use forwarder::Forwarder;
use lane::Lane;
use upstream::Upstream;

/// How long the end may take to forward what waits.
const DRAIN: Duration = Duration::from_secs(5);

/// The way to the core.
pub(crate) struct Edge {
    lanes: Vec<Arc<Progress>>,
    /// Bytes one lane may keep that the core has not taken.
    room: u64,
    process: Arc<SharedRow<ProcessScope>>,
    ending: watch::Sender<bool>,
    forwarders: Mutex<Vec<JoinHandle<()>>>,
}

/// How far one lane is.
struct Progress {
    /// Where its journal ends.
    end: watch::Sender<Position>,
    /// Up to where the core has taken it.
    forwarded: AtomicU64,
    /// When the oldest batch arrived that the core has not taken, epoch ms; 0 when none waits.
    oldest: AtomicU64,
}

impl Progress {
    fn backlog(&self) -> u64 {
        self.end.borrow().saturating_sub(self.forwarded.load(Ordering::Acquire))
    }
}

/// What all lanes share.
#[derive(Clone)]
struct Shared {
    config: Config,
    tenants: Arc<Tenants>,
    process: Arc<SharedRow<ProcessScope>>,
    upstream: Arc<Upstream>,
    /// Lanes that still read what was left.
    replaying: Arc<AtomicUsize>,
}

impl Edge {
    /// Opens the data directory and starts to keep and to forward; `replaying` tells how many lanes still read what was left.
    ///
    /// # Errors
    /// When the directory, a journal or a certificate cannot be used.
    pub(crate) fn start(
        config: &crate::config::Config,
        tenants: &Arc<Tenants>,
        process: &Arc<SharedRow<ProcessScope>>,
        replaying: &Arc<AtomicUsize>,
    ) -> anyhow::Result<(Edge, Vec<Shard>)> {
        let folder = config.data_dir.join(EDGE_JOURNALS);
        let about = || format!("data directory {}", config.data_dir.display());
        std::fs::create_dir_all(&folder).with_context(about)?;
        recovery::lock(&config.data_dir).with_context(about)?;
        let count =
            recovery::journals(&config.data_dir, EDGE_JOURNALS).unwrap_or_else(|| config.shard_count());
        replaying.store(count, Ordering::Release);
        let shared = Shared {
            config: config.edge.clone(),
            tenants: tenants.clone(),
            process: process.clone(),
            upstream: Arc::new(Upstream::new(&config.edge, count, process.clone())?),
            replaying: replaying.clone(),
        };
        let (ending, ends) = watch::channel(false);
        let (mut lanes, mut shards) = (Vec::new(), Vec::new());
        let mut forwarders = vec![tokio::spawn(shared.upstream.clone().watch(ends.clone()))];
        for number in 0..count {
            let folder = folder.join(number.to_string());
            let (progress, shard, forwarder) = open(number, &folder, config, &shared).with_context(about)?;
            forwarders.push(tokio::spawn(forwarder.run(ends.clone())));
            lanes.push(progress);
            shards.push(shard);
        }
        tracing::info!(
            upstream = config.edge.upstream,
            pop = config.edge.pop,
            "an edge: batches are forwarded"
        );
        let room = config.journal.max_bytes / count.max(1) as u64;
        let forwarders = Mutex::new(forwarders);
        Ok((Edge { lanes, room, process: process.clone(), ending, forwarders }, shards))
    }

    /// Whether a lane may keep more.
    pub(crate) fn has_room(&self, lane: usize) -> bool {
        self.lanes.get(lane).is_some_and(|progress| progress.backlog() < self.room)
    }

    /// Sets what is known at the time of a scrape. Of views an edge has nothing to say.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let backlog: u64 = self.lanes.iter().map(|progress| progress.backlog()).sum();
        let oldest = self.lanes.iter().map(|progress| progress.oldest.load(Ordering::Acquire));
        let oldest = oldest.filter(|time| *time > 0).min();
        let age = oldest.map_or(0, |time| now_ms().saturating_sub(time));
        self.process.set(Gauge::EdgeBacklogBytes, backlog as f64);
        self.process.set(Gauge::EdgeBacklogAgeSeconds, age as f64);
        Snapshot::default()
    }

    /// Forwards what waits, for a while; the rest is forwarded after the next start.
    pub(crate) async fn finish(&self) {
        self.ending.send_replace(true);
        let forwarders = std::mem::take(&mut *self.forwarders.lock().unwrap_or_else(PoisonError::into_inner));
        let ended = async {
            for forwarder in forwarders {
                let _ = forwarder.await;
            }
        };
        let in_time = tokio::time::timeout(DRAIN, ended).await.is_ok();
        let bytes: u64 = self.lanes.iter().map(|progress| progress.backlog()).sum();
        if !in_time || bytes > 0 {
            tracing::warn!(
                bytes,
                "the core has not taken everything: the rest is forwarded after the next start"
            );
        }
    }
}

/// Opens the journal of one lane and starts the thread that writes it.
fn open(
    number: usize,
    folder: &Path,
    config: &crate::config::Config,
    shared: &Shared,
) -> anyhow::Result<(Arc<Progress>, Shard, Forwarder)> {
    let durability = config.journal.durability;
    let journal = SegmentJournal::open(folder, durability)?;
    let cursor = Cursor::new(folder, durability);
    let position = cursor.read();
    let progress = Arc::new(Progress {
        end: watch::Sender::new(position),
        forwarded: AtomicU64::new(position),
        oldest: AtomicU64::new(0),
    });
    let lane = Lane::new(journal, progress.clone(), shared.clone());
    let shard = lane.start(number, config.limits.queue)?;
    let forwarder =
        Forwarder::new(Tail::new(folder), shard.queue.clone(), cursor, progress.clone(), shared.clone());
    Ok((progress, shard, forwarder))
}
