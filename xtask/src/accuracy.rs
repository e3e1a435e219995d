//! `cargo xtask accuracy` and `cargo xtask cost`: build the gateway with its web parts and let the harnesses of `e2e` compare
//! what it reports with what the screen showed, and measure what the SDK costs a page.

use std::path::Path;

use anyhow::{Result, anyhow};

use crate::steps::{command, command_with};
use crate::tools::{CHROMIUM, npm_install};

/// Builds what is needed and runs the harness, a script of `e2e`, with these arguments.
pub(crate) fn run(root: &Path, harness: &str, arguments: &[&str]) -> Result<()> {
    if !arguments.contains(&"--help") {
        CHROMIUM.require().map_err(|remedy| anyhow!(remedy))?;
        npm_install(root)?;
        command(root, "npm run build --silent")?;
        command(root, "cargo build --quiet -p openqoe-gateway")?;
    }
    measure(root, harness, arguments)
}

/// Runs the harness against the gateway as it was built last.
pub(crate) fn measure(root: &Path, harness: &str, arguments: &[&str]) -> Result<()> {
    command_with(root, &[&["npm", "run", harness, "--silent", "-w", "e2e", "--"], arguments].concat(), &[])
}
