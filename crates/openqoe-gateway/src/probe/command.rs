//! `openqoe probe`: play URLs without a screen, and say what a viewer would have lived through.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use clap::Args;
use futures_util::future::join_all;
use openqoe_probe::{Options, Thresholds};
use openqoe_spec::Attributes;
use tokio::sync::watch;

use super::client::{Client, Greeting};
use super::config::attributes;
use super::delivery::{self, Delivery, Door};
use super::run::{self, Probe as Played};
use super::table;
use super::targets::Targets;
use super::threshold::Threshold;
use crate::push::{BasicAuth, Endpoint, Pairs, Settings, url_problem};

const EXAMPLES: &str = "\
Examples:
  openqoe probe https://cdn.example.com/main.m3u8
  openqoe probe --duration 60s --fail-if 'rebuffer_ratio>0.01' --fail-if 'startup_seconds>2' https://cdn.example.com/main.mpd
  openqoe probe --report http://127.0.0.1:8080 --key oqi_... --attribute cdn=edge-a --every 5m https://cdn.example.com/live.m3u8
  openqoe probe --json https://cdn.example.com/main.m3u8 | jq .startup_seconds

Exits with 0 when everything played and no threshold was crossed, with 1 when not, with 2 when it could not be tried.
Figures for --fail-if, as in --json: success, duration_seconds, startup_seconds, playing_seconds, stalled_seconds, stalls,
rebuffer_ratio, bitrate, switches, throughput, ttfb_p50_seconds, ttfb_p95_seconds, downloads, failed_downloads,
received_bytes, errors, latency_seconds. The whole: docs/guide/probe.md";

const MAX_URLS: usize = 32;
/// How long to wait at the end until a gateway has taken what was said.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Options of the command line.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Probe {
    /// HLS playlists and DASH manifests, all played at the same time
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// How long to watch
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration)]
    duration: Duration,
    /// Again and again, until interrupted
    #[arg(long, value_name = "INTERVAL", value_parser = humantime::parse_duration)]
    every: Option<Duration>,
    /// Bit/s to begin with; 0 is the lowest rendition
    #[arg(long, value_name = "BITS", default_value_t = 0)]
    start_bitrate: u64,
    /// Media it takes to begin
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = humantime::parse_duration)]
    start_buffer: Duration,
    /// Media it takes to go on after a stall
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = humantime::parse_duration)]
    resume_buffer: Duration,
    /// Media to hold
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = humantime::parse_duration)]
    max_buffer: Duration,
    /// For one request and its answer
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// Certificates to trust instead of the system's, PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// A gateway to report to, as a player does
    #[arg(long, value_name = "URL")]
    report: Option<String>,
    /// The key it knows us by; without one, what is in OPENQOE_PROBE_KEY, which no list of processes shows
    #[arg(long, value_name = "KEY", requires = "report")]
    key: Option<String>,
    /// What the sessions have for attributes, such as cdn=edge-a
    #[arg(long = "attribute", value_name = "NAME=VALUE")]
    attributes: Vec<String>,
    /// Exit with 1 when a figure crosses this, such as rebuffer_ratio>0.01
    #[arg(long, value_name = "FIGURE>NUMBER")]
    fail_if: Vec<Threshold>,
    /// A line of JSON for each probe
    #[arg(long)]
    json: bool,
}

impl Probe {
    /// Does what was asked for.
    pub(crate) fn run(&self) -> ExitCode {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let result = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(self.play()));
        match result {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(1),
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::from(2)
            }
        }
    }

    /// Whether everything went well.
    async fn play(&self) -> anyhow::Result<bool> {
        self.check()?;
        let pairs = self.attributes.iter().map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let attributes = attributes(pairs).map_err(|problem| anyhow::anyhow!("--attribute: {problem}"))?;
        let greeting = Greeting::new(self.ca_file.as_deref().unwrap_or("".as_ref()))?;
        let (delivery, delivered) = Delivery::start(self.door()?);
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.send_replace(true);
            }
            // It stays, so that nobody takes its absence for an interrupt.
            std::future::pending::<()>().await;
        });
        let mut went_well = true;
        loop {
            let began = tokio::time::Instant::now();
            went_well &= self.round(&greeting, &attributes, &delivery, &stopping).await?;
            let Some(every) = self.every.filter(|_| !*stopping.borrow()) else { break };
            let mut stopping = stopping.clone();
            tokio::select! {
                () = tokio::time::sleep_until(began + every) => {}
                _ = stopping.changed() => break,
            }
        }
        drop(delivery);
        if let Some((events, why)) = delivery::finish(delivered, LAST_WORDS).await {
            eprintln!("warning: the gateway did not take {events} events or more: {why}");
        }
        Ok(went_well)
    }

    /// Every URL once.
    async fn round(
        &self,
        greeting: &Greeting,
        attributes: &Attributes,
        delivery: &Arc<Delivery>,
        stopping: &watch::Receiver<bool>,
    ) -> anyhow::Result<bool> {
        let probes = self.urls.iter().map(async |url| {
            let client = Client::new(greeting, self.timeout, Targets::Anywhere);
            let played = Played { url: url.clone(), options: self.options(), attributes: attributes.clone() };
            run::run(played, &client, delivery.clone(), stopping.clone()).await
        });
        let mut went_well = true;
        for (url, result) in self.urls.iter().zip(join_all(probes).await) {
            let result = result?;
            let crossed: Vec<String> =
                self.fail_if.iter().filter_map(|limit| limit.crossed(&result.summary)).collect();
            went_well &= result.summary.is_success() && crossed.is_empty();
            if self.json {
                println!("{}", table::json(url, &result, &crossed));
            } else {
                print!("{}", table::text(url, &result));
                crossed.iter().for_each(|crossed| println!("  crossed: {crossed}"));
            }
        }
        Ok(went_well)
    }

    fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.urls.len() <= MAX_URLS, "more than {MAX_URLS} URLs");
        for url in &self.urls {
            if let Some(problem) = url_problem(url, "https://cdn.example.com/main.m3u8") {
                anyhow::bail!("{url} {problem}");
            }
        }
        let is_short = self.every.is_some_and(|every| every < Duration::from_secs(1));
        anyhow::ensure!(!is_short, "--every must be at least 1s");
        anyhow::ensure!(self.duration >= Duration::from_secs(1), "--duration must be at least 1s");
        anyhow::ensure!(!self.timeout.is_zero(), "--timeout must be longer than 0s");
        Ok(())
    }

    fn options(&self) -> Options {
        let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 4);
        Options {
            duration_ms: ms(self.duration),
            start_bitrate: self.start_bitrate,
            thresholds: Thresholds { start_ms: ms(self.start_buffer), resume_ms: ms(self.resume_buffer) },
            // What it takes to begin has to find room.
            max_buffer_ms: ms(self.max_buffer.max(self.start_buffer).max(self.resume_buffer)),
            ..Options::default()
        }
    }

    fn door(&self) -> anyhow::Result<Door> {
        let Some(base) = &self.report else { return Ok(Door::Nowhere) };
        if let Some(problem) = url_problem(base, "http://127.0.0.1:8080") {
            anyhow::bail!("--report {problem}");
        }
        let url: Uri = format!("{}/v1/ingest", base.trim_end_matches('/')).parse()?;
        let key = self.key.clone().or_else(|| std::env::var("OPENQOE_PROBE_KEY").ok());
        let key = key.map(|key| ("x-openqoe-key".to_owned(), key));
        let settings = Settings {
            section: "--report",
            timeout: self.timeout,
            ca_file: self.ca_file.clone().unwrap_or_default(),
            headers: Pairs::from_iter(key),
            header_files: Pairs::default(),
            bearer_token_file: PathBuf::new(),
            basic_auth: BasicAuth::default(),
        };
        Ok(Door::Http(Box::new(Endpoint::new(url, settings)?)))
    }
}
