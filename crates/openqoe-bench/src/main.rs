//! `cargo xtask bench`: what the gateway takes, beside what the machine would allow. The real binary, real HTTP, on loopback;
//! everything is measured in turns, because machines are noisy, and said with its spread.

mod ceiling;
mod engine;
mod explore;
mod figures;
mod http;
mod load;
mod machine;
mod memory;
mod payload;
mod protocols;
mod replay;
mod report;
mod server;
mod tenants;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail, ensure};

use crate::report::Report;

/// The ceilings have the gateway's allocator: what differs is what the gateway does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HELP: &str = "\
Usage: cargo xtask bench [OPTIONS]

  --quick              fewer and shorter rounds
  --only PART          http, protocols, tenants, replay, explore, memory or engine
  --json FILE          write the figures
  --write-docs         write docs/benchmarks.md
  --serve-args ARGS    more arguments for `openqoe serve`; its environment is passed on";

/// What to measure and where to say it.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) quick: bool,
    only: Option<String>,
    json: Option<PathBuf>,
    write_docs: bool,
    /// More arguments for the gateway.
    pub(crate) serve: Vec<String>,
    ceiling: Option<String>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options> {
        let mut options = Options::default();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| anyhow::anyhow!("{argument} needs a value"));
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--only" => options.only = Some(value()?),
                "--json" => options.json = Some(value()?.into()),
                "--write-docs" => options.write_docs = true,
                "--serve-args" => options.serve = value()?.split_whitespace().map(str::to_owned).collect(),
                "--help" | "-h" => {
                    println!("{HELP}");
                    std::process::exit(0);
                }
                "--ceiling" => options.ceiling = Some(value()?),
                _ => bail!("{argument} is not known\n\n{HELP}"),
            }
        }
        ensure!(!options.write_docs || options.only.is_none(), "the page needs every part");
        Ok(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }
}

fn main() -> ExitCode {
    let result =
        Options::parse(std::env::args().skip(1)).and_then(|options| match options.ceiling.as_deref() {
            Some(kind) => ceiling::serve(kind == "decode"),
            None => run(&options),
        });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let gateway = std::env::current_exe()?.with_file_name("openqoe");
    ensure!(gateway.is_file(), "{} is not there: `cargo xtask bench` builds it", gateway.display());
    let mut report = Report::new(options);
    if options.wants("http") {
        http::measure(&gateway, options, &mut report)?;
    }
    if options.wants("protocols") {
        eprintln!("protocols");
        protocols::measure(&gateway, options, &mut report)?;
    }
    if options.wants("tenants") {
        eprintln!("tenants");
        tenants::measure(&gateway, options, &mut report)?;
    }
    if options.wants("replay") {
        eprintln!("replay");
        replay::measure(&gateway, options, &mut report)?;
    }
    if options.wants("explore") {
        eprintln!("sessions");
        explore::measure(&gateway, options, &mut report)?;
    }
    if options.wants("memory") {
        eprintln!("memory and scrapes");
        memory::measure(&gateway, options, &mut report)?;
    }
    if options.wants("engine") {
        eprintln!("engine and table");
        engine::measure(options, &mut report)?;
    }
    print!("{}", report.table());
    if let Some(file) = &options.json {
        std::fs::write(file, report.json()?)?;
    }
    if options.write_docs {
        std::fs::write("docs/benchmarks.md", report.page())?;
    }
    Ok(())
}

/// The present moment, epoch ms.
pub(crate) fn epoch_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}
