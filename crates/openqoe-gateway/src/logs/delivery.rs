//! Chunks to the gateway, each until it is taken: what is refused for now is sent again after the time the gateway asks for.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Uri};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::runtime::Runtime;

use super::chunk::Chunk;
use super::progress::Progress;
use super::{Logs, dry_run};
use crate::clock::now_ms;
use crate::push::{Answer, Endpoint, Pairs, Settings, url_problem};

/// How often a chunk of a file is sent; of one that is followed, until it is taken.
const TRIES: u32 = 10;
/// The longest wait between two of them.
const LONGEST: Duration = Duration::from_secs(30);

/// What came of the lines of one chunk.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) lines: usize,
    pub(super) events: usize,
    pub(super) rejected: BTreeMap<&'static str, usize>,
}

/// The way to the gateway.
pub(super) struct Delivery {
    endpoint: Endpoint,
    headers: HeaderMap,
    query: String,
    tries: u32,
    runtime: Runtime,
}

impl Delivery {
    /// Prepares everything but the connection.
    ///
    /// # Errors
    /// When the URL, the key or a file cannot be used.
    pub(super) fn new(logs: &Logs) -> Result<Delivery> {
        let query = logs.query();
        let to = logs.to.trim_end_matches('/');
        if let Some(problem) = url_problem(to, "https://qoe.example.com") {
            bail!("--to {to} {problem}");
        }
        let url: Uri = format!("{to}/cmcd/logs?{query}").parse().with_context(|| format!("--to {to}"))?;
        let settings = Settings {
            section: "openqoe ingest logs",
            timeout: Duration::from_secs(30),
            ca_file: logs.ca.clone().unwrap_or_default(),
            headers: Pairs::default(),
            header_files: Pairs::default(),
            bearer_token_file: logs.key_file.clone().unwrap_or_default(),
            basic_auth: Default::default(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        let said = logs.key.clone().or_else(|| std::env::var("OPENQOE_KEY").ok());
        if let Some(key) = said.filter(|_| logs.key_file.is_none()) {
            let mut key = HeaderValue::try_from(format!("Bearer {key}")).context("--key")?;
            key.set_sensitive(true);
            headers.insert(AUTHORIZATION, key);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let tries = if logs.follow { u32::MAX } else { TRIES };
        Ok(Delivery { endpoint: Endpoint::new(url, settings)?, headers, query, tries, runtime })
    }

    /// Sends a chunk until it is taken.
    ///
    /// # Errors
    /// When it never will be, or was not after so many tries.
    pub(super) fn send(&mut self, chunk: &Chunk, progress: &mut Progress) -> Result<Tally> {
        let tally = dry_run::tally(&self.query, chunk)?;
        let body = packed(chunk)?;
        for tries in 0..self.tries {
            let (why, wait) = match self.post(body.clone()) {
                Ok(answer) if is_taken(&answer) => return Ok(tally),
                Ok(answer) if is_for_now(&answer) => {
                    (format!("{}: {}", answer.status, answer.line()), answer.retry_after())
                }
                Ok(answer) => {
                    return Err(anyhow!(
                        "{} refuses it with {}: {}",
                        self.endpoint.name(),
                        answer.status,
                        answer.line()
                    ));
                }
                Err(error) => (error, None),
            };
            let wait = wait.unwrap_or_else(|| backoff(tries)).min(LONGEST);
            progress.waits(&why, wait);
            std::thread::sleep(wait);
        }
        bail!("{} has not taken it in {TRIES} tries", self.endpoint.name())
    }

    fn post(&self, body: Bytes) -> Result<Answer, String> {
        let mut headers = self.headers.clone();
        // Of every try its own time: the age of lines is counted from it.
        headers.insert("x-sent-at", HeaderValue::from(now_ms()));
        self.runtime.block_on(self.endpoint.post(headers, body))
    }
}

/// Logs say the same in every line: a tenth of them is sent.
fn packed(chunk: &Chunk) -> Result<Bytes> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(chunk.body())?;
    Ok(packer.finish()?.into())
}

/// Whether every line has its outcome: also when all of them were rejected.
fn is_taken(answer: &Answer) -> bool {
    let told: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    answer.status.is_success() || told.is_some_and(|told| told.get("accepted").is_some())
}

fn is_for_now(answer: &Answer) -> bool {
    answer.status.is_server_error() || matches!(answer.status.as_u16(), 408 | 429)
}

/// One second, two, four ..., each between half of it and the whole, so that many do not come back at once.
fn backoff(tries: u32) -> Duration {
    let seconds = f64::from(1_u32 << tries.min(5));
    Duration::from_secs_f64(seconds * (0.5 + fastrand::f64() / 2.0))
}
