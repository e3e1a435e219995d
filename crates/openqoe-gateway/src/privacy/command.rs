//! `openqoe privacy`: what an operator does when a viewer asks.

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::erase::{Erased, erase_viewer};
use super::{Salts, salts_path};
use crate::archive::Store;
use crate::config::{Config, Durability};
use crate::recovery;

const ERASE_EXAMPLES: &str = "\
The gateway must not be running: its journal is this command's alone for the moment. The viewer's sessions go from the
journal, byte for byte; sums over many viewers stay, for they hold nobody.

Examples:
  openqoe privacy erase --viewer user-4711
  openqoe privacy erase --viewer user-4711 --data-dir /var/lib/openqoe
  openqoe privacy erase --viewer - < id.txt      keeps the id out of the shell's history";

const HASH_EXAMPLES: &str = "\
Examples:
  openqoe privacy hash --viewer user-4711
  openqoe privacy hash --viewer user-4711 --all --config /etc/openqoe.toml";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Erase every session of a viewer from the journal
    #[command(after_help = ERASE_EXAMPLES)]
    Erase(Viewer),
    /// Print the hash under which a viewer's sessions are kept
    #[command(after_help = HASH_EXAMPLES)]
    Hash {
        #[command(flatten)]
        viewer: Viewer,
        /// The hashes of every period there is a salt of, the current one last
        #[arg(long)]
        all: bool,
    },
}

/// Who, and where to look.
#[derive(Args)]
pub(crate) struct Viewer {
    /// The id as the player sends it in `viewer_id_hash`; `-` reads it from standard input
    #[arg(long, value_name = "ID")]
    viewer: String,
    /// The tenant the viewer belongs to
    #[arg(long, value_name = "NAME", default_value = "default")]
    tenant: String,
    /// The data directory, instead of the configuration's
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data_dir: Option<PathBuf>,
    /// The gateway's configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Command {
    /// Does what is asked and prints the result.
    ///
    /// # Errors
    /// When nothing is kept there, or it cannot be read or is in use.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        match self {
            Command::Erase(viewer) => viewer.erase(),
            Command::Hash { viewer, all } => viewer.hash(*all),
        }
    }
}

impl Viewer {
    fn erase(&self) -> anyhow::Result<()> {
        let data_dir = self.data_dir()?;
        let about = || format!("data directory {}", data_dir.display());
        let salts = self.salts(&data_dir).with_context(about)?;
        let viewer = self.id()?;
        recovery::lock(&data_dir).with_context(|| format!("{}: stop the gateway first", about()))?;
        let mut erased = Erased::default();
        // One journal for each shard; a session never leaves its own.
        for journals in [recovery::JOURNALS, recovery::EDGE_JOURNALS] {
            for number in 0..recovery::journals(&data_dir, journals).unwrap_or_default() {
                let mut journal = recovery::open_journal(&data_dir, journals, number, Durability::Power)
                    .with_context(about)?;
                erased += erase_viewer(&mut journal, &salts, &self.tenant, &viewer)?;
            }
        }
        let hashes = salts.hashes(&self.tenant, &viewer);
        let sessions: Vec<&str> = erased.sessions.iter().map(|session| &**session).collect();
        let rows = Store::open(&data_dir, Durability::Power)?.erase(&self.tenant, &hashes, &sessions)?;
        let Erased { sessions, batches } = erased;
        println!("erased {} sessions, {batches} batches, {rows} rows of ended sessions", sessions.len());
        Ok(())
    }

    fn hash(&self, all: bool) -> anyhow::Result<()> {
        let hashes = self.salts(&self.data_dir()?)?.hashes(&self.tenant, &self.id()?);
        let skipped = if all { 0 } else { hashes.len().saturating_sub(1) };
        hashes.iter().skip(skipped).for_each(|hash| println!("{hash}"));
        Ok(())
    }

    fn data_dir(&self) -> anyhow::Result<PathBuf> {
        match &self.data_dir {
            Some(data_dir) => Ok(data_dir.clone()),
            None => Ok(Config::load(self.config.as_deref(), std::env::vars())?.data_dir),
        }
    }

    fn salts(&self, data_dir: &std::path::Path) -> anyhow::Result<Salts> {
        let Some(path) = salts_path(data_dir) else { bail!("no data_dir: nothing is kept") };
        Ok(Salts::read(&path)?)
    }

    fn id(&self) -> anyhow::Result<String> {
        let mut id = self.viewer.clone();
        if id == "-" {
            id.clear();
            std::io::stdin().read_to_string(&mut id).context("standard input")?;
        }
        if id.trim().is_empty() {
            bail!("the viewer's id is empty");
        }
        Ok(id)
    }
}
