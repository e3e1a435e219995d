//! `openqoe ingest logs`: lines of a CDN's log from a file, standard input or a file that grows, to the gateway that counts them.
//! Nothing is held but the chunk under way and what the reader is ahead of it.

mod chunk;
mod delivery;
mod dry_run;
mod lines;
mod position;
mod progress;
mod source;

use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::{Args, Subcommand};

use self::chunk::Chunk;
use self::delivery::Delivery;
use self::position::Position;
use self::progress::Progress;
use self::source::Told;

const EXAMPLES: &str = "\
Examples:
  CloudFront, standard logs (their #Fields say what their columns are):
    zcat E2EXAMPLE.2026-11-21-*.gz | openqoe ingest logs --format cloudfront -
  CloudFront, real-time logs, with the fields of the log configuration:
    openqoe ingest logs --format cloudfront --fields timestamp,sc-status,sc-bytes,time-taken,cs-uri-query,... records.tsv
  Akamai DataStream 2, JSON:
    openqoe ingest logs --format akamai ak-*.gz
  Fastly:
    openqoe ingest logs --format fastly --to https://qoe.example.com --key-file /etc/openqoe/key fastly.log
  nginx, as it is written, over rotations and restarts:
    openqoe ingest logs --format nginx --cdn own-edge --follow --state /var/lib/openqoe/nginx.json /var/log/nginx/media.log
  Anything else:
    openqoe ingest logs --format custom --fields time,url,status,bytes,ttfb,duration,- --separator tab access.log
  What lines mean, without sending them:
    head -100 access.log | openqoe ingest logs --format nginx --dry-run -

What to switch on at which CDN: docs/guide/cdn-logs.md";

/// Lines read ahead of what is sent.
const AHEAD: usize = 256;
/// A chunk that is not full is sent after this long.
const PATIENCE: Duration = Duration::from_secs(1);

/// `openqoe ingest`
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Send the lines of a CDN's log, of whose requests CMCD tells the session
    Logs(Logs),
}

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Logs {
    /// Files, plain or gzip, in the order of their times; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Whose log it is
    #[arg(long, value_parser = ["cloudfront", "akamai", "fastly", "nginx", "custom"])]
    format: String,
    /// The columns of a line, in order; `-` for what is read past
    #[arg(long, value_name = "NAMES")]
    fields: Option<String>,
    /// What stands between columns: one character, or tab, space, comma
    #[arg(long, value_name = "CHARACTER")]
    separator: Option<String>,
    /// What the CDN is called where the log does not say it
    #[arg(long, value_name = "NAME")]
    cdn: Option<String>,
    /// Go on with what is appended to the file, over rotations
    #[arg(long, conflicts_with = "dry_run")]
    follow: bool,
    /// Keep there how far the file was sent, and go on from it
    #[arg(long, value_name = "FILE", requires = "follow")]
    state: Option<PathBuf>,
    /// The gateway
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    to: String,
    /// An ingest key of the tenant; the variable OPENQOE_KEY is the same, and not seen by other users
    #[arg(long, conflicts_with = "key_file")]
    key: Option<String>,
    /// The file that holds the key
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Certificates to trust instead of the system's, PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Print the events lines mean as JSON, and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl Command {
    /// Reads and sends until there is nothing more.
    ///
    /// # Errors
    /// When a file cannot be read, the gateway will not take it, or nothing of it was of a session.
    pub(crate) fn run(&self) -> Result<()> {
        let Command::Logs(logs) = self;
        ensure!(!logs.follow || logs.files.len() == 1, "--follow takes one file");
        ensure!(
            !logs.follow || logs.files[0].as_os_str() != "-",
            "--follow takes a file, not standard input"
        );
        if logs.dry_run { logs.print() } else { logs.send() }
    }
}

impl Logs {
    /// What the gateway is told about every chunk.
    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("format", &self.format);
        let said = [("fields", &self.fields), ("separator", &self.separator), ("cdn", &self.cdn)];
        for (name, value) in said {
            query.extend_pairs(value.iter().map(|value| (name, value)));
        }
        query.finish().replace('+', "%20")
    }

    fn print(&self) -> Result<()> {
        self.each_chunk(&mut |chunk, _| dry_run::print(&self.query(), chunk))
    }

    fn send(&self) -> Result<()> {
        let mut delivery = Delivery::new(self)?;
        let mut progress = Progress::start();
        let outcome = self.each_chunk(&mut |chunk, position| {
            let tally = delivery.send(chunk, &mut progress)?;
            progress.add(tally);
            self.state.iter().try_for_each(|state| position.save(state))
        });
        progress.finish();
        outcome?;
        if progress.is_in_vain() {
            bail!("none of these lines is of a session; try --dry-run, and see docs/guide/cdn-logs.md");
        }
        Ok(())
    }

    /// Reads ahead on a thread of its own, so that a chunk is not held back until its next line comes.
    fn each_chunk(&self, each: &mut dyn FnMut(&Chunk, &Position) -> Result<()>) -> Result<()> {
        let (sender, told) = sync_channel(AHEAD);
        let (files, follow, state) = (self.files.clone(), self.follow, self.state.clone());
        std::thread::Builder::new().name("reader".into()).spawn(move || {
            let outcome = if follow {
                source::follow(&files[0], state.as_deref(), &sender)
            } else {
                source::read(&files, &sender)
            };
            // Nobody listens any more when sending has failed.
            let _ = outcome.map_err(|error| sender.send(Told::Failed(error)));
        })?;
        let (mut chunk, mut position) = (Chunk::default(), Position::default());
        loop {
            match told.recv_timeout(PATIENCE) {
                Ok(Told::Line(line, at)) => {
                    if !chunk.has_room(&line) {
                        each(&chunk, &position)?;
                        chunk.clear();
                    }
                    chunk.push(&line);
                    position = at;
                }
                Ok(Told::Failed(error)) => return Err(error),
                Err(end) => {
                    if !chunk.is_empty() {
                        each(&chunk, &position)?;
                        chunk.clear();
                    }
                    if end == RecvTimeoutError::Disconnected {
                        return Ok(());
                    }
                }
            }
        }
    }
}
