//! `cargo xtask accuracy`: builds the gateway with its web parts and lets the harness of `e2e/src/accuracy` compare what it
//! reports with what the screen showed.

use std::path::Path;

use anyhow::{Result, anyhow};

use crate::steps::{command, command_with};
use crate::tools::{CHROMIUM, npm_install};

/// Builds what is needed and runs the harness with these arguments.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<()> {
    if !arguments.contains(&"--help") {
        CHROMIUM.require().map_err(|remedy| anyhow!(remedy))?;
        npm_install(root)?;
        command(root, "npm run build --silent")?;
        command(root, "cargo build --quiet -p openqoe-gateway")?;
    }
    measure(root, arguments)
}

/// Runs the harness against the gateway as it was built last.
pub(crate) fn measure(root: &Path, arguments: &[&str]) -> Result<()> {
    command_with(root, &[&["npm", "run", "accuracy", "--silent", "-w", "e2e", "--"], arguments].concat(), &[])
}
