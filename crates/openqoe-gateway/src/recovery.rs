//! Starting from what there is: the newest checkpoint that is whole, and the journal to go on from it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use openqoe_engine::Engine;
use openqoe_metrics::{Guard, Table};

use crate::config::Config;
use crate::journal::checkpoint::Checkpoint;
use crate::journal::writer::Durable;
use crate::journal::{Position, SqliteJournal};

/// What the gateway starts with.
pub(crate) struct Recovered {
    pub(crate) guard: Arc<Guard>,
    pub(crate) shards: Vec<(Engine, Table)>,
    pub(crate) durable: Option<Durable>,
}

/// Opens the data directory and restores the shards; with none, everything starts empty and stays in memory.
///
/// # Errors
/// When the directory or the journal cannot be opened.
pub(crate) fn recover(config: &Config) -> anyhow::Result<Recovered> {
    if config.data_dir.as_os_str().is_empty() {
        tracing::info!("no data_dir: what is acknowledged is kept in memory only");
        return empty(config);
    }
    let folder = &config.data_dir;
    let about = || format!("data directory {}", folder.display());
    std::fs::create_dir_all(folder).with_context(about)?;
    let journal =
        SqliteJournal::open(&folder.join("journal.db"), config.journal.durability).with_context(about)?;
    let (recovered, restored) = match restore(config, folder)? {
        Some((recovered, position)) => (recovered, position),
        None => (empty(config)?, 0),
    };
    tracing::info!(folder = %folder.display(), checkpoint = restored, "journal opened");
    let durable = Durable {
        journal: Box::new(journal),
        folder: folder.clone(),
        config: config.journal.clone(),
        restored,
    };
    Ok(Recovered { durable: Some(durable), ..recovered })
}

fn empty(config: &Config) -> anyhow::Result<Recovered> {
    let count = config.shard_count();
    let guard = Arc::new(Guard::new(config.cardinality()?));
    let shards = (0..count).map(|_| (Engine::new(config.engine(count)), Table::new(guard.clone()))).collect();
    Ok(Recovered { guard, shards, durable: None })
}

/// The newest checkpoint that can be used.
fn restore(config: &Config, folder: &Path) -> anyhow::Result<Option<(Recovered, Position)>> {
    for path in Checkpoint::files(folder)? {
        let restored = Checkpoint::read(&path).map_err(anyhow::Error::from).and_then(|checkpoint| {
            let position = checkpoint.position;
            Ok((from_checkpoint(config, checkpoint)?, position))
        });
        match restored {
            Ok(restored) => return Ok(Some(restored)),
            Err(error) => tracing::error!("checkpoint {} cannot be used: {error:#}", path.display()),
        }
    }
    Ok(None)
}

fn from_checkpoint(config: &Config, checkpoint: Checkpoint) -> anyhow::Result<Recovered> {
    // Sessions are spread over shards by number: that number stays what it was.
    let count = checkpoint.shards.len();
    if count != config.shard_count() {
        tracing::warn!(
            kept = count,
            configured = config.shard_count(),
            "the data directory has another number of shards"
        );
    }
    let guard = Arc::new(Guard::restore(config.cardinality()?, &checkpoint.guard)?);
    let shards = checkpoint
        .shards
        .iter()
        .map(|state| {
            let engine = Engine::restore(config.engine(count), &state.engine)?;
            Ok((engine, Table::restore(guard.clone(), &state.table)?))
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Recovered { guard, shards, durable: None })
}
