//! What must hold whatever bytes come in: one function for each reader of foreign bytes, which panics when a promise is
//! broken. `cargo xtask fuzz` looks for such bytes; `tests/corpus.rs` tries those that were found worth keeping.
//!
//! The gateway is a program, not a library: the files of it that read bytes are compiled into this crate as they are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the finding")]

mod checkpoints;
mod compact;
mod cursor;
mod engine;
mod gateway;
mod ingest;
mod journal;
mod manifests;
mod mutation;
mod otlp;
mod scribe;
mod seeds;

/// What the gateway's files find under this name at home.
mod config {
    /// As in the gateway, where the configuration has it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Durability {
        Process,
        #[allow(dead_code, reason = "an fsync for each append finds nothing more")]
        Power,
    }
}

/// A reader of bytes and what is asked of it.
pub struct Target {
    /// The name of its folder in `fuzz/corpus` and of its program in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// Panics when a promise is broken.
    pub run: fn(&[u8]),
    /// Good input to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub static TARGETS: &[Target] = &[
    Target { name: "ingest", run: ingest::bodies, seeds: seeds::bodies },
    Target { name: "ingest_mutated", run: ingest::mutated, seeds: seeds::recipes },
    Target { name: "compact", run: compact::batches, seeds: seeds::compact },
    Target { name: "journal_frames", run: journal::frames, seeds: seeds::frames },
    Target { name: "journal_segments", run: journal::segments, seeds: seeds::segments },
    Target { name: "checkpoint_file", run: journal::checkpoint_file, seeds: seeds::checkpoint_files },
    Target { name: "checkpoint_engine", run: checkpoints::engine, seeds: seeds::engine_checkpoints },
    Target { name: "checkpoint_table", run: checkpoints::table, seeds: seeds::table_checkpoints },
    Target { name: "otlp_metrics", run: otlp::metrics, seeds: otlp::seeds },
    Target { name: "engine", run: engine::order, seeds: seeds::plans },
    Target { name: "user_agent", run: gateway::user_agent, seeds: seeds::user_agents },
    Target { name: "manifests", run: manifests::play, seeds: manifests::seeds },
    Target { name: "gzip", run: gateway::gzip, seeds: seeds::packed },
];

/// Runs the target of a name.
///
/// # Panics
/// When a promise is broken, or there is no such target.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of TARGETS");
    (target.run)(data);
}
