//! The options of `openqoe bench`, and what is done with them.

use std::io::Write;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use clap::builder::PossibleValuesParser;
use openqoe_load::{GENERATORS, Generator, Turn};
use tokio::sync::watch;

use super::door::Door;
use super::ledger::{Books, Ledger};
use super::progress;
use super::sender::Plan;
use super::session::{LABEL_SETS, Session, TURN};
use super::summary;
use super::tally::Shared;
use crate::clock::now_ms;

const EXAMPLES: &str = "\
Examples:
  openqoe bench                                          1000 events a second by the native protocol, to http://127.0.0.1:8080
  openqoe bench --protocol cmcd --rate 1000 --duration 30s http://127.0.0.1:8080
  openqoe bench --protocol all --rate 6000 --internal http://127.0.0.1:8889
  openqoe bench --protocol cdn_log,otlp --rate 20000 --connections 64 --key-file /etc/openqoe/key https://qoe.example.com
  openqoe bench --protocol epas --print                  what is sent, and nothing is

The rate counts what a protocol calls one: an event, a record of CMCD, a line of a log, a point of OTLP. Viewers have assets called bench-0,
bench-1 and so on, and `content_type` bench where the protocol can say it. Load what you may: a gateway counts these viewers as any other.
What the figures mean: docs/guide/load.md";

/// `openqoe bench`
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Bench {
    /// The gateway
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(super) url: String,
    /// What to speak: one or several, with commas between, or all
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "native", value_parser = names())]
    protocol: Vec<String>,
    /// Events, records, lines or points a second, of all protocols together
    #[arg(long, value_name = "NUMBER", default_value = "1000")]
    rate: NonZeroU32,
    /// How long
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration)]
    duration: Duration,
    /// Sessions that take turns, of each protocol [default: as many as send every ten seconds]
    #[arg(long, value_name = "NUMBER")]
    sessions: Option<NonZeroU32>,
    /// Requests under way at the same time, of all protocols together
    #[arg(long, value_name = "NUMBER", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// For one request and its answer
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    pub(super) timeout: Duration,
    /// An ingest key of the tenant; the variable OPENQOE_KEY is the same, and not seen by other users
    #[arg(long, conflicts_with = "key_file")]
    pub(super) key: Option<String>,
    /// The file that holds the key
    #[arg(long, value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
    /// Certificates to trust instead of the system's, PEM
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Option<PathBuf>,
    /// The internal listener: holds its ledger against what was accepted, and fails where they differ
    #[arg(long, value_name = "URL")]
    pub(super) internal: Option<String>,
    /// The file that holds a token or read key for it
    #[arg(long, value_name = "FILE", requires = "internal")]
    pub(super) internal_key_file: Option<PathBuf>,
    /// Print the summary as a line of JSON
    #[arg(long)]
    json: bool,
    /// Print the first two bodies of a session of each protocol, and send nothing
    #[arg(long)]
    print: bool,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(GENERATORS.iter().map(|generator| generator.protocol.as_str()).chain(["all"]))
}

impl Bench {
    /// Sends, and says what came of it.
    ///
    /// # Errors
    /// When an option is wrong, the gateway does not answer, took nothing, or counted other than it accepted.
    pub(crate) fn run(&self) -> Result<()> {
        ensure!(self.duration >= Duration::from_millis(100), "--duration must be at least 100ms");
        ensure!(!self.timeout.is_zero(), "--timeout must be longer than 0s");
        if self.print {
            return self.print();
        }
        tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(self.send())
    }

    fn generators(&self) -> Vec<&'static Generator> {
        let is_asked = |name: &str| self.protocol.iter().any(|asked| asked == name || asked == "all");
        GENERATORS.iter().filter(|generator| is_asked(generator.protocol.as_str())).collect()
    }

    fn print(&self) -> Result<()> {
        let mut out = std::io::stdout().lock();
        let mut session = Session::new(0);
        for generator in self.generators() {
            for _ in 0..2 {
                let turn = session.turn(0, now_ms(), TURN);
                let mut body = Vec::new();
                (generator.write)(&mut body, &turn);
                writeln!(out, "POST {}\ncontent-type: {}\n", generator.path, generator.media_type)?;
                out.write_all(&body)?;
                writeln!(out, "\n")?;
                session.is_taken();
            }
            session = Session::new(0);
        }
        Ok(())
    }

    async fn send(&self) -> Result<()> {
        let generators = self.generators();
        let run = fastrand::u64(..) << 4;
        let mut plans = Vec::new();
        for (index, generator) in generators.iter().enumerate() {
            plans.push(self.plan(generator, run | index as u64, generators.len())?);
        }
        let ledger = self.internal.as_ref().map(|url| Ledger::new(url, self)).transpose()?;
        let before = match &ledger {
            Some(ledger) => ledger.read().await?,
            None => Books::default(),
        };
        let tallies: Vec<_> = plans.iter().map(|plan| plan.tally.clone()).collect();
        let (stop, stopping) = watch::channel(false);
        let started = Instant::now();
        let mut workers = Vec::new();
        for plan in &plans {
            workers.extend(plan.start(started, self.duration, &stopping)?);
        }
        let watching = progress::watch(&tallies, started, self.duration, stop);
        let (outcome, _) = tokio::join!(watching, futures_util::future::join_all(workers));
        outcome?;
        let seconds = started.elapsed().as_secs_f64();
        let totals: Vec<_> = tallies.iter().map(|tally| tally.copy()).collect();
        let compared = match &ledger {
            Some(ledger) => Some(ledger.settle(&before, &totals).await?),
            None => None,
        };
        let said = summary::of(&totals, seconds, compared.as_deref());
        print!("{}", if self.json { said.json() } else { said.text() });
        said.check()
    }

    /// What is to be sent by one of so many protocols.
    fn plan(&self, generator: &'static Generator, run: u64, protocols: usize) -> Result<Plan> {
        let rate = f64::from(self.rate.get()) / protocols as f64;
        let began = now_ms();
        let steady =
            Turn { run, session: 0, step: 1, began, from: began, to: began + 1000, label_sets: LABEL_SETS };
        let items = (generator.write)(&mut Vec::new(), &steady) as f64;
        let usual = (rate * TURN / items).ceil().max(1.0) as u32;
        let sessions = self.sessions.map_or(usual, NonZeroU32::get);
        let connections = (usize::from(self.connections) / protocols).clamp(1, sessions as usize);
        let door = Arc::new(Door::new(generator, self)?);
        let tally = Arc::new(Shared::of(generator.protocol));
        Ok(Plan { generator, run, rate, items, sessions, connections, door, tally })
    }
}
