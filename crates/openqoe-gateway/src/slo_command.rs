//! `openqoe slo`: files with objectives in, Prometheus rules out. What is wrong is said in full before anything is written.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Subcommand};
use openqoe_slo::{
    MAX_BYTES, Options, RuleFile, Slo, compile, compile::RUNBOOKS, doubts, duration, parse_all,
};

const EXAMPLES: &str = "\
Examples:
  openqoe slo check slo/
  openqoe slo compile slo/ -o rules.yaml && promtool check rules rules.yaml
  openqoe slo compile slo/rebuffer-ratio.yaml
  openqoe slo compile slo/ -o rules.yaml --runbooks https://wiki.example.com/openqoe

An objective that measures what a template does needs little:

  apiVersion: openqoe.dev/v1
  kind: PlaybackSLO
  metadata: {name: rebuffer-ratio}
  spec: {objective: 0.02, window: 30d}

Templates: startup-time, startup-failure, exit-before-start, rebuffer-ratio, playback-failure, live-latency,
ad-failure, data-freshness. The whole format: docs/guide/slos.md";

/// As many files as are read. Each objective is some forty rules.
const MAX_FILES: usize = 1000;
/// What Prometheus keeps when it is told nothing.
const DEFAULT_RETENTION: Duration = Duration::from_secs(15 * 86_400);

/// `openqoe slo`
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Compile objectives to recording rules and burn-rate alerts for Prometheus
    #[command(after_help = EXAMPLES)]
    Compile {
        #[command(flatten)]
        input: Input,
        /// Where to write the rules, `-` for standard output
        #[arg(short, long, value_name = "FILE", default_value = "-")]
        output: PathBuf,
        /// The folder alerts point to, with error-budget-burn.md and slo-no-data.md
        #[arg(long, value_name = "URL", default_value = RUNBOOKS)]
        runbooks: String,
    },
    /// Say what is wrong with objectives, and what they come to
    #[command(after_help = EXAMPLES)]
    Check {
        #[command(flatten)]
        input: Input,
    },
}

#[derive(Args)]
pub(crate) struct Input {
    /// Folders with .yaml and .yml files, or files
    #[arg(required = true, value_name = "DIR")]
    paths: Vec<PathBuf>,
}

impl Command {
    /// Does what was asked for.
    ///
    /// # Errors
    /// When an objective is not good, or a file cannot be read or written.
    pub(crate) fn run(&self) -> Result<()> {
        match self {
            Command::Check { input } => {
                let slos = input.read()?;
                summarise(&slos, &compile(&slos, &Options::default()));
            }
            Command::Compile { input, output, runbooks } => {
                let slos = input.read()?;
                let rules = compile(&slos, &Options { runbooks: runbooks.trim_end_matches('/').into() });
                let head = format!(
                    "`openqoe slo compile {}`, version {}. Do not edit: change the objectives.",
                    input.names(),
                    env!("CARGO_PKG_VERSION")
                );
                write(output, &rules.to_yaml(&head))?;
                summarise(&slos, &rules);
            }
        }
        Ok(())
    }
}

impl Input {
    fn names(&self) -> String {
        self.paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
    }

    /// The objectives of all files. Problems go to standard error, one a line.
    fn read(&self) -> Result<Vec<Slo>> {
        let mut files = Vec::new();
        for path in self.files()? {
            let size = fs::metadata(&path).with_context(|| path.display().to_string())?.len();
            ensure!(size <= MAX_BYTES as u64, "{}: larger than {MAX_BYTES} bytes", path.display());
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            files.push((path.display().to_string(), text));
        }
        let slos = parse_all(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let slos = slos.or_else(|problems| {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            let wrong: BTreeSet<&str> = problems.iter().map(|problem| problem.file.as_str()).collect();
            bail!(
                "{} in {}; nothing was compiled",
                count(problems.len(), "problem"),
                count(wrong.len(), "file")
            )
        })?;
        ensure!(!slos.is_empty(), "{}: no objectives there", self.names());
        Ok(slos)
    }

    fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for path in &self.paths {
            if !path.is_dir() {
                files.push(path.clone());
                continue;
            }
            let entries = fs::read_dir(path).with_context(|| path.display().to_string())?;
            for entry in entries.take(10 * MAX_FILES) {
                let file = entry?.path();
                let named =
                    file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
                if named && file.is_file() {
                    files.push(file);
                }
            }
        }
        files.sort();
        files.dedup();
        ensure!(!files.is_empty(), "{}: no .yaml or .yml file there", self.names());
        ensure!(files.len() <= MAX_FILES, "{} files, and {MAX_FILES} are read at most", files.len());
        Ok(files)
    }
}

/// What was compiled, and what should be looked at twice. On standard error, for rules may be on standard output.
fn summarise(slos: &[Slo], rules: &RuleFile) {
    slos.iter().flat_map(doubts).for_each(|doubt| eprintln!("warning: {doubt}"));
    for slo in slos {
        let alerts: Vec<String> =
            slo.alerts.iter().map(|alert| format!("{} > {}", alert.name, percent(alert.threshold))).collect();
        let window = duration::spell(slo.window);
        eprintln!("{:<24} {:>7} bad over {window:<4} {}", slo.name, percent(slo.budget), alerts.join(", "));
    }
    let (objectives, rules_text) = (count(slos.len(), "objective"), count(rules.rules(), "rule"));
    eprintln!("{objectives}, {rules_text}, of which {}", count(rules.alerts(), "alert"));
    let longest = slos.iter().map(|slo| slo.window).max().unwrap_or_default();
    if longest > DEFAULT_RETENTION {
        let longest = duration::spell(longest);
        eprintln!(
            "note: rules look back {longest}; Prometheus keeps 15d unless --storage.tsdb.retention.time says more"
        );
    }
}

fn percent(fraction: f64) -> String {
    format!("{} %", openqoe_slo::clean(fraction * 100.0))
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A reader of the file sees all of the text before, or all of it now.
fn write(path: &Path, text: &str) -> Result<()> {
    if path == Path::new("-") {
        std::io::stdout().write_all(text.as_bytes()).context("standard output")?;
        return Ok(());
    }
    let mut name = path.file_name().with_context(|| format!("{} is no file", path.display()))?.to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        anyhow::Error::new(error).context(path.display().to_string())
    })
}
