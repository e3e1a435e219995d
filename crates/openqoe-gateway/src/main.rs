//! `openqoe`: one process between media players and the Prometheus world.

mod archive;
mod assets;
mod body;
mod cardinality;
mod cli;
mod clock;
mod config;
mod demo;
mod demo_page;
mod edge;
mod gateway;
mod internal;
mod journal;
mod listener;
mod pressure;
mod privacy;
mod process;
mod public;
mod recovery;
mod relay;
mod remote_write;
mod serve;
mod sessions;
mod shard;
mod tenant;
mod tls;
mod user_agent;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command, Common};
use crate::config::{Config, LogFormat};
use crate::edge::Role;

/// Batches are made on one thread and freed on another, which glibc's allocator takes a third of a request's time for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    let (common, told) = match command {
        Command::Serve(serve) => (&serve.common, serve.variables()),
        Command::Demo(cli::Demo { common, .. }) | Command::CheckConfig(common) => (common, Vec::new()),
        Command::Privacy(command) => return command.run(),
    };
    let config = load(common, told)?;
    match command {
        Command::Privacy(command) => command.run(),
        Command::CheckConfig(_) => {
            print!("{}", toml::to_string(&config)?);
            Ok(())
        }
        Command::Serve(_) => {
            start_log(&config)?;
            block_on(serve::run(config, None))
        }
        Command::Demo(_) if config.role == Role::Edge => anyhow::bail!("a demo is a core: leave out `role`"),
        Command::Demo(demo) => {
            start_log(&config)?;
            // A demo leaves nothing behind, unless it is told where, and its viewers speak plain HTTP.
            let data_dir = config.data_dir.clone();
            let told = data_dir != Config::default().data_dir;
            block_on(serve::run(
                Config {
                    data_dir: if told { data_dir } else { "".into() },
                    tls: tls::Config::default(),
                    ..config
                },
                Some(demo),
            ))
        }
    }
}

fn load(common: &Common, told: Vec<(String, String)>) -> anyhow::Result<Config> {
    let mut config = Config::load(common.config.as_deref(), std::env::vars().chain(told))?;
    config.listen = common.listen.unwrap_or(config.listen);
    config.internal_listen = common.internal_listen.unwrap_or(config.internal_listen);
    config.check()?;
    Ok(config)
}

fn block_on(task: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(task)
}

fn start_log(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|error| anyhow::anyhow!("`log` = {:?} is no log filter: {error}", config.log))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
