//! `cargo xtask bench`: builds what is shipped, and what measures it, and lets the one measure the other.

use std::path::Path;

use anyhow::{Context, Result};

use crate::steps::{command, command_with, target};

/// Builds both in release and runs the benchmark with these arguments.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<()> {
    // Together, and not by `cargo run`, which would build dependencies once more with the features one of them asks for.
    command(root, "cargo build --release --quiet --package openqoe-gateway --package openqoe-bench")?;
    let program = target(root)?.join("release/openqoe-bench");
    let program = program.to_str().context("the path of the target directory is no text")?;
    command_with(root, &[&[program], arguments].concat(), &[])
}
