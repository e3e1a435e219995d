//! `cargo xtask bench`: builds what is shipped, and what measures it, and lets the one measure the other.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::steps::{command, command_with};

/// Builds both in release and runs the benchmark with these arguments.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<()> {
    // Together, and not by `cargo run`, which would build dependencies once more with the features one of them asks for.
    command(root, "cargo build --release --quiet --package openqoe-gateway --package openqoe-bench")?;
    let program = target(root)?.join("release/openqoe-bench");
    let program = program.to_str().context("the path of the target directory is no text")?;
    command_with(root, &[&[program], arguments].concat(), &[])
}

/// Where cargo builds, for this environment and configuration.
fn target(root: &Path) -> Result<PathBuf> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .context("cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    Ok(metadata["target_directory"].as_str().context("cargo metadata names no target directory")?.into())
}
