//! `cargo xtask demo`: from a clean clone to moving numbers.

use std::path::Path;

use anyhow::Result;

use crate::steps::{command, command_with};
use crate::tools::npm_install;

/// Installs, builds, and runs the demo with these arguments until it is stopped.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<()> {
    println!("1/3 npm packages");
    npm_install(root)?;
    println!("2/3 SDK and demo page");
    command(root, "npm run build --silent")?;
    println!("3/3 gateway (the first build takes some minutes)");
    let run = ["cargo", "run", "--release", "--quiet", "--package", "openqoe-gateway", "--", "demo"];
    command_with(root, &[&run, arguments].concat(), &[])
}
