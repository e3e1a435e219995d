//! Running commands with a name, a clock and a tally, so that a reader of the log sees what ran, what failed and what was
//! skipped.

use std::ffi::OsStr;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// The folder for temporary files of everything that steps run; gone when they have finished.
static SCRATCH: OnceLock<PathBuf> = OnceLock::new();

/// How a step ended.
enum Outcome {
    Passed,
    /// Failed, and passed when it was run again; with the failure.
    Unsteady(String),
    Failed(String),
    Skipped(String),
    Excused(String),
}

/// The steps of one task.
pub(crate) struct Steps<'a> {
    root: &'a Path,
    second_try: bool,
    results: Vec<(String, Outcome, Duration)>,
}

impl<'a> Steps<'a> {
    pub(crate) fn new(root: &'a Path) -> Steps<'a> {
        let scratch = std::env::temp_dir().join(format!("openqoe-steps-{}", std::process::id()));
        if std::fs::create_dir_all(&scratch).is_ok() {
            let _ = SCRATCH.set(scratch);
        }
        Steps { root, second_try: false, results: Vec::new() }
    }

    /// Whether what runs processes in real time is run once more when it fails, and told as unsteady when it passes then.
    pub(crate) fn second_try(mut self, is_allowed: bool) -> Steps<'a> {
        self.second_try = is_allowed;
        self
    }

    pub(crate) fn root(&self) -> &'a Path {
        self.root
    }

    /// Runs a command in the root; the words are split at spaces.
    pub(crate) fn run(&mut self, name: &str, words: &str) {
        self.check(name, |root| command(root, words));
    }

    /// Runs a command that starts processes and browsers, whose time is real; see [`Steps::second_try`].
    pub(crate) fn run_live(&mut self, name: &str, words: &str) {
        self.check_live(name, |root| command(root, words));
    }

    /// Runs a function.
    pub(crate) fn check(&mut self, name: &str, step: impl Fn(&Path) -> Result<()>) {
        self.attempt(name, false, step);
    }

    /// Runs a function that starts processes and browsers, whose time is real; see [`Steps::second_try`].
    pub(crate) fn check_live(&mut self, name: &str, step: impl Fn(&Path) -> Result<()>) {
        self.attempt(name, self.second_try, step);
    }

    fn attempt(&mut self, name: &str, again: bool, step: impl Fn(&Path) -> Result<()>) {
        println!("{}", bold(&format!("── {name}")));
        let started = Instant::now();
        let told = || {
            step(self.root).err().map(|error| {
                eprintln!("{error:#}");
                format!("{error:#}").lines().next().unwrap_or_default().to_owned()
            })
        };
        let outcome = match told() {
            None => Outcome::Passed,
            Some(first) if again => {
                println!("{}", bold(&format!("── {name}: the second try")));
                told().map_or(Outcome::Unsteady(first), Outcome::Failed)
            }
            Some(error) => Outcome::Failed(error),
        };
        self.results.push((name.to_owned(), outcome, started.elapsed()));
    }

    /// Notes that a step was not run, and how it could be.
    pub(crate) fn skip(&mut self, name: &str, remedy: &str) {
        println!("{}", bold(&format!("── {name}: SKIPPED, {remedy}")));
        self.results.push((name.to_owned(), Outcome::Skipped(remedy.to_owned()), Duration::ZERO));
    }

    /// Notes that a step was not run because its program comes in no package of Debian's, so that even a strict run cannot
    /// ask for it.
    pub(crate) fn skip_unpackaged(&mut self, name: &str, remedy: &str) {
        println!("{}", bold(&format!("── {name}: SKIPPED, {remedy}")));
        self.results.push((name.to_owned(), Outcome::Excused(remedy.to_owned()), Duration::ZERO));
    }

    /// Notes that a step was not run because nobody asked for it; a strict run does not either.
    pub(crate) fn skip_unasked(&mut self, name: &str, remedy: &str) {
        self.skip_unpackaged(name, remedy);
    }

    /// Prints the tally. With `strict` a skipped step is a failed one.
    ///
    /// # Errors
    /// When a step failed.
    pub(crate) fn finish(self, strict: bool) -> Result<()> {
        println!();
        if let Some(scratch) = SCRATCH.get() {
            // What is left is litter, not a result.
            let _ = std::fs::remove_dir_all(scratch);
        }
        let (mut passed, mut unsteady, mut failed, mut skipped, mut excused) = (0, 0, 0, 0, 0);
        for (name, outcome, took) in &self.results {
            let (word, detail) = match outcome {
                Outcome::Passed => ("passed", String::new()),
                Outcome::Unsteady(error) => {
                    ("UNSTEADY", format!(": passed at the second try; at the first, {error}"))
                }
                Outcome::Failed(error) => ("FAILED", format!(": {error}")),
                Outcome::Skipped(remedy) | Outcome::Excused(remedy) => ("SKIPPED", format!(": {remedy}")),
            };
            println!("{word:8} {:6.1} s  {name}{detail}", took.as_secs_f64());
            match outcome {
                Outcome::Passed => passed += 1,
                Outcome::Unsteady(_) => unsteady += 1,
                Outcome::Failed(_) => failed += 1,
                Outcome::Skipped(_) => skipped += 1,
                Outcome::Excused(_) => excused += 1,
            }
        }
        let second = if unsteady > 0 { format!("{unsteady} unsteady, ") } else { String::new() };
        println!("{passed} passed, {second}{failed} failed, {} skipped", skipped + excused);
        if failed > 0 {
            bail!("{failed} steps failed");
        }
        if strict && skipped > 0 {
            bail!("{skipped} steps were skipped, and OPENQOE_STRICT=1 does not allow that");
        }
        Ok(())
    }
}

/// Runs a command in `root` and waits for it; the words are split at spaces.
pub(crate) fn command(root: &Path, words: &str) -> Result<()> {
    let words: Vec<&str> = words.split(' ').collect();
    command_with(root, &words, &[])
}

/// Runs a command in `root`, with more variables than it would have, and waits for it.
pub(crate) fn command_with(root: &Path, words: &[&str], variables: &[(&str, &OsStr)]) -> Result<()> {
    let status = Command::new(words[0])
        .args(&words[1..])
        .envs(SCRATCH.get().map(|scratch| ("TMPDIR", scratch)))
        .envs(variables.iter().copied())
        .current_dir(root)
        .stdin(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("`{}` ended with {status}", words.join(" ")),
        Err(error) => bail!("`{}` cannot be run: {error}", words[0]),
    }
}

/// Where cargo builds, for this environment and configuration.
pub(crate) fn target(root: &Path) -> Result<PathBuf> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .context("cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    Ok(metadata["target_directory"].as_str().context("cargo metadata names no target directory")?.into())
}

fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_fails_once_is_unsteady_and_what_fails_twice_has_failed() {
        for (failures, fails) in [(0, false), (1, false), (2, true)] {
            let mut steps = Steps { root: Path::new("."), second_try: true, results: Vec::new() };
            let left = Cell::new(failures);
            steps.check_live("live", |_| {
                left.set(left.get() - 1);
                ensure!(left.get() < 0, "not yet");
                Ok(())
            });
            assert_eq!(matches!(steps.results[0].1, Outcome::Unsteady(_)), failures == 1);
            assert_eq!(matches!(steps.results[0].1, Outcome::Failed(_)), fails, "{failures}");
        }
        let mut steps = Steps { root: Path::new("."), second_try: true, results: Vec::new() };
        steps.check("arithmetic", |_| bail!("no"));
        assert!(matches!(steps.results[0].1, Outcome::Failed(_)), "only what is live gets a second try");
    }
}
