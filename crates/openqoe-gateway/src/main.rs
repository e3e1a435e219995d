//! `openqoe`: one process between media players and the Prometheus world.

mod access;
mod anomaly;
mod answer;
mod archive;
mod assets;
mod bench;
mod body;
mod cardinality;
mod cli;
mod clock;
mod config;
mod console;
mod demo;
mod demo_page;
mod edge;
mod facts;
mod filters;
mod gateway;
mod history;
mod internal;
mod journal;
mod keys;
mod listener;
mod log;
mod logs;
mod measure;
mod native_event;
mod objectives;
mod otlp;
mod pressure;
mod privacy;
mod probe;
mod process;
mod public;
mod push;
mod quota;
mod receiver;
mod recovery;
mod refusal;
mod relay;
mod reload;
mod remote_write;
mod request_log;
mod serve;
mod sessions;
mod shard;
mod slo_command;
mod tenant;
mod tls;
mod trace_context;
mod unpack;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command, Common};
use crate::config::Config;
use crate::demo::folder::DemoFolder;
use crate::edge::Role;
use crate::reload::Reload;

/// Batches are made on one thread and freed on another, which glibc's allocator takes a third of a request's time for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // It has exit codes of its own.
    if let Command::Probe(probe) = &cli.command {
        return probe.run();
    }
    match run(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    let (common, told, demo) = match command {
        Command::Serve(serve) => (&serve.common, serve.variables(), None),
        Command::CheckConfig(common) => (common, Vec::new(), None),
        Command::Demo(demo) => (&demo.common, Vec::new(), Some(demo)),
        Command::Privacy(command) => return command.run(),
        Command::Keys(keys) => return keys.run(),
        Command::Ingest(command) => return command.run(),
        Command::Slo(command) => return command.run(),
        Command::Bench(bench) => return bench.run(),
        Command::Probe(_) => return Ok(()),
    };
    let folder = demo.map(|_| DemoFolder::make()).transpose()?;
    let load = {
        let (common, folder) = (common.clone(), folder.as_ref().map(|folder| folder.path().to_owned()));
        move || load(&common, told.clone(), folder.as_deref())
    };
    let config = load()?;
    if let Command::CheckConfig(_) = command {
        objectives::load(&config.slo, config.is_demo)?;
        filters::Loaded::of(&config.filters)?;
        config.doubts.iter().for_each(|doubt| eprintln!("warning: {doubt}"));
        print!("{}", toml::to_string(&config)?);
        return Ok(());
    }
    let reload = Reload { load: Box::new(load), log: log::start(&config)? };
    block_on(serve::run(config, demo, reload))
}

/// The configuration, of a demo where there is a folder for what it keeps.
fn load(common: &Common, told: Vec<(String, String)>, demo: Option<&Path>) -> anyhow::Result<Config> {
    let is_demo = demo.is_some();
    let mut config = Config::load(common.config.as_deref(), std::env::vars().chain(told))?;
    config.listen = common.listen.unwrap_or(config.listen);
    config.internal_listen = common.internal_listen.unwrap_or(config.internal_listen);
    config.is_demo = is_demo;
    if is_demo && config.role == Role::Edge {
        anyhow::bail!("a demo is a core: leave out `role`");
    }
    if is_demo && !config.tenants.is_empty() {
        anyhow::bail!("the demo's viewers have no keys: run it without [tenants]");
    }
    // A demo leaves nothing behind, unless it is told where.
    if let Some(folder) = demo
        && config.data_dir == Config::default().data_dir
    {
        config.data_dir = folder.to_owned();
    }
    keys::join(&mut config)?;
    config.check_listeners()?;
    config.internal_token()?;
    Ok(config)
}

fn block_on(task: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(task)
}
