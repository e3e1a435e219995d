//! Starting from what there is: the newest checkpoint that is whole, and the journal to go on from it.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use openqoe_engine::Engine;
use openqoe_metrics::{Guard, Table};

use crate::config::{Config, Durability};
use crate::journal::checkpoint::Checkpoint;
use crate::journal::keeper::Kept;
use crate::journal::{Admissions, JournalError, SegmentJournal};
use crate::shard::Origin;

/// What the gateway starts with.
pub(crate) struct Recovered {
    pub(crate) guard: Arc<Guard>,
    pub(crate) shards: Vec<Origin>,
    /// The checkpoint it stems from; `None` when nothing is kept on disk.
    pub(crate) kept: Option<Kept>,
    /// Where the guard's admissions are written down.
    pub(crate) admissions: Option<Arc<Admissions>>,
}

/// Opens the data directory and restores the shards; with none, everything starts empty and stays in memory.
///
/// # Errors
/// When the directory or a journal cannot be opened.
pub(crate) fn recover(config: &Config) -> anyhow::Result<Recovered> {
    if config.data_dir.as_os_str().is_empty() {
        tracing::info!("no data_dir: what is acknowledged is kept in memory only");
        return empty(config, None);
    }
    let folder = &config.data_dir;
    let about = || format!("data directory {}", folder.display());
    std::fs::create_dir_all(folder).with_context(about)?;
    lock(folder).with_context(about)?;
    let mut recovered = match restore(config, folder)? {
        Some(recovered) => recovered,
        None => Recovered { kept: Some(Kept::default()), ..empty(config, journals(folder, JOURNALS))? },
    };
    for (number, shard) in recovered.shards.iter_mut().enumerate() {
        let journal =
            open_journal(folder, JOURNALS, number, config.journal.durability).with_context(about)?;
        shard.journal = Some(Box::new(journal));
    }
    let checkpoint = recovered.kept.as_ref().map_or(0, |kept| kept.number);
    let folder = folder.join(JOURNALS);
    for news in Admissions::after(&folder, checkpoint).with_context(about)? {
        // The guard may then decide otherwise than it did, which costs a series its name at most.
        if let Err(error) = recovered.guard.readmit_news(&news) {
            tracing::error!(%error, "what the cardinality guard had admitted cannot be read");
        }
    }
    // Damaged checkpoints keep their numbers, or they would count as newer than those to come.
    let newest = Checkpoint::newest(&config.data_dir)?.max(checkpoint);
    let admissions = Admissions::open(&folder, newest, config.journal.durability).with_context(about)?;
    recovered.admissions = Some(Arc::new(admissions));
    recovered.kept.iter_mut().for_each(|kept| kept.number = newest);
    tracing::info!(folder = %config.data_dir.display(), checkpoint, "journal opened");
    Ok(recovered)
}

/// Where the shards of a core have their journals, in the data directory.
pub(crate) const JOURNALS: &str = "journal";
/// Where those of an edge have theirs.
pub(crate) const EDGE_JOURNALS: &str = "edge";

/// Opens the journal of one shard.
///
/// # Errors
/// When a file of it cannot be read or written.
pub(crate) fn open_journal(
    folder: &Path,
    journals: &str,
    number: usize,
    durability: Durability,
) -> Result<SegmentJournal, JournalError> {
    SegmentJournal::open(&folder.join(journals).join(number.to_string()), durability)
}

/// Keeps other processes out for as long as this one lives.
///
/// # Errors
/// When another process has the folder.
pub(crate) fn lock(folder: &Path) -> Result<(), JournalError> {
    let path = folder.join("lock");
    let failed = |source| JournalError::File { path: path.display().to_string(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            // The lock goes with the process.
            std::mem::forget(file);
            Ok(())
        }
        Err(TryLockError::WouldBlock) => Err(JournalError::Locked),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// How many shards left a journal here: sessions are spread over them by number, and that number stays what it was.
pub(crate) fn journals(folder: &Path, journals: &str) -> Option<usize> {
    let entries = std::fs::read_dir(folder.join(journals)).ok()?;
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    Some(folders.count()).filter(|count| *count > 0)
}

fn empty(config: &Config, shards: Option<usize>) -> anyhow::Result<Recovered> {
    let count = shards.unwrap_or_else(|| config.shard_count());
    let guard = Arc::new(Guard::new(config.cardinality()?));
    let shards = (0..count)
        .map(|_| Origin {
            engine: Engine::new(config.engine(count)),
            table: Table::new(guard.clone()),
            journal: None,
            position: 0,
        })
        .collect();
    Ok(Recovered { guard, shards, kept: None, admissions: None })
}

/// The newest checkpoint that can be used.
fn restore(config: &Config, folder: &Path) -> anyhow::Result<Option<Recovered>> {
    for path in Checkpoint::files(folder)? {
        let restored = Checkpoint::read(&path)
            .map_err(anyhow::Error::from)
            .and_then(|checkpoint| from_checkpoint(config, &checkpoint));
        match restored {
            Ok(restored) => return Ok(Some(restored)),
            Err(error) => tracing::error!("checkpoint {} cannot be used: {error:#}", path.display()),
        }
    }
    Ok(None)
}

fn from_checkpoint(config: &Config, checkpoint: &Checkpoint) -> anyhow::Result<Recovered> {
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
            Ok(Origin {
                engine: Engine::restore(config.engine(count), &state.engine)?,
                table: Table::restore(guard.clone(), &state.table)?,
                journal: None,
                position: state.position,
            })
        })
        .collect::<anyhow::Result<_>>()?;
    let positions = checkpoint.shards.iter().map(|shard| shard.position).collect();
    let kept = Some(Kept { number: checkpoint.number, positions });
    Ok(Recovered { guard, shards, kept, admissions: None })
}
