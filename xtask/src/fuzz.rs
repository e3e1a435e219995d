//! `cargo xtask fuzz`: looks for bytes that break a promise of `openqoe_fuzz::TARGETS`, one target after the other.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::steps::{Steps, command_with, target};

const HELP: &str = "\
Usage: cargo xtask fuzz [TARGET] [--seconds N]

  TARGET       one of fuzz/fuzz_targets (default: every one)
  --seconds N  for each of them (default: 60)
";
/// No body is larger than what a sender can make the gateway hold; most readers see less.
const LONGEST: &str = "-max_len=16384";

/// Runs the targets the arguments name.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<()> {
    let (mut names, mut seconds) = (Vec::new(), 60_u64);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match *word {
            "--seconds" => seconds = words.next().context("--seconds needs a number")?.parse()?,
            name if !name.starts_with('-') => names.push(name.to_owned()),
            _ => bail!("{HELP}"),
        }
    }
    let known = targets(root)?;
    for name in &names {
        ensure!(known.contains(name), "no target {name:?}; there are {}", known.join(", "));
    }
    let chosen = if names.is_empty() { known } else { names };
    let mut steps = Steps::new(root);
    if !answers(&["cargo", "fuzz", "--version"]) {
        steps.skip("fuzz", "cargo install cargo-fuzz --locked");
        return steps.finish(false);
    }
    for name in &chosen {
        steps.check(name, |root| fuzz(root, name, seconds));
    }
    steps.finish(false)
}

/// The programs there are.
fn targets(root: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(root.join("fuzz/fuzz_targets"))?;
    let names = entries.flatten().filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

/// Sanitizers need a nightly toolchain; without one, what panics is found all the same.
fn fuzz(root: &Path, name: &str, seconds: u64) -> Result<()> {
    // What is found goes here; the committed corpus is only read.
    let found = target(root)?.join("fuzz-corpus").join(name);
    std::fs::create_dir_all(&found)?;
    let found = found.to_str().context("the path of the target directory is no text")?;
    let (committed, time) = (format!("fuzz/corpus/{name}"), format!("-max_total_time={seconds}"));
    let limits = [&time, "-rss_limit_mb=2048", "-timeout=20", LONGEST, "-print_final_stats=1"];
    let folders = [name, found, &committed, "--"];
    if answers(&["cargo", "+nightly", "--version"]) {
        let words = [&["cargo", "+nightly", "fuzz", "run"], &folders[..], &limits[..]].concat();
        command_with(root, &words, &[])
    } else {
        println!("no nightly toolchain: without a sanitizer");
        let words = [&["cargo", "fuzz", "run", "--sanitizer", "none"], &folders[..], &limits[..]].concat();
        command_with(root, &words, &[("RUSTC_BOOTSTRAP", "1".as_ref())])
    }
}

fn answers(words: &[&str]) -> bool {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
