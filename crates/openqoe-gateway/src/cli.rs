//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{bench, keys, logs, privacy, probe, slo_command};

const EXAMPLES: &str = "\
Examples:
  openqoe demo                          gateway, console, demo page, 150 simulated viewers, Prometheus and Alertmanager
  openqoe serve                         gateway on 127.0.0.1:8080, /metrics on 127.0.0.1:8889
  openqoe serve --config openqoe.toml
  openqoe serve --role edge --upstream https://core:8443 --pop fra1
  openqoe check-config --config openqoe.toml
  openqoe keys new --config openqoe.toml --tenant acme --kind ingest
  openqoe slo compile slo/ -o rules.yaml
  openqoe probe https://cdn.example.com/main.m3u8
  openqoe bench --protocol cmcd --rate 1000 --duration 30s http://127.0.0.1:8080
  openqoe ingest logs --format nginx /var/log/nginx/media.log
  OPENQOE_LISTEN=127.0.0.1:9000 openqoe serve

Every key of the configuration has its variable: limits.max_body is OPENQOE_LIMITS_MAX_BODY.";

/// Video quality of experience for Prometheus.
#[derive(Parser)]
#[command(version = version(), after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

fn version() -> String {
    format!("{} (spec {})", env!("CARGO_PKG_VERSION"), openqoe_spec::SPEC_VERSION)
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the gateway
    Serve(Serve),
    /// Run the gateway with a demo page, a fault-injecting origin and simulated viewers
    Demo(Demo),
    /// Check a configuration and print it with its defaults filled in
    CheckConfig(Common),
    /// Make, list, revoke and check the keys of tenants
    Keys(keys::command::Keys),
    /// Send what others have recorded, such as the logs of a CDN
    #[command(subcommand)]
    Ingest(logs::Command),
    /// Erase what is kept of a viewer, or find it for support
    #[command(subcommand)]
    Privacy(privacy::command::Command),
    /// Compile service level objectives to Prometheus rules, or check them
    #[command(subcommand)]
    Slo(slo_command::Command),
    /// Play HLS and DASH without a screen, and say what a viewer would have lived through
    Probe(probe::command::Probe),
    /// Load a gateway with made-up viewers, by any protocol, and hold its ledger against what it accepted
    Bench(bench::Bench),
}

#[derive(Args, Clone)]
pub(crate) struct Common {
    /// TOML file; without one the defaults hold
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Public listener [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Internal listener, for /metrics [default: 127.0.0.1:8889]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) internal_listen: Option<SocketAddr>,
}

#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Count here, or forward to a core [default: core]
    #[arg(long, value_parser = ["core", "edge"])]
    role: Option<String>,
    /// The core an edge forwards to
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// Where this edge is, such as fra1
    #[arg(long, value_name = "NAME")]
    pop: Option<String>,
}

impl Serve {
    /// What was said, as the variables that say the same.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let said = [("ROLE", &self.role), ("EDGE_UPSTREAM", &self.upstream), ("EDGE_POP", &self.pop)];
        let said =
            said.into_iter().filter_map(|(key, value)| Some((format!("OPENQOE_{key}"), value.clone()?)));
        said.collect()
    }
}

#[derive(Args)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Simulated viewers at the same time
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u16).range(1..=2000))]
    pub(crate) viewers: u16,
    /// No simulated viewers
    #[arg(long)]
    pub(crate) no_viewers: bool,
    /// No Prometheus and Alertmanager beside it
    #[arg(long)]
    pub(crate) no_monitoring: bool,
    /// Seed of the simulation: the same seed gives the same viewers
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}
