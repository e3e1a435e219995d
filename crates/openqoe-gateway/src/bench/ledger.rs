//! The books of the gateway, as any Prometheus reads them: what they have grown by is held against what was accepted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use axum::http::Uri;
use axum::http::header::{ACCEPT, AUTHORIZATION};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use openqoe_spec::metrics::tenant::Counter;
use openqoe_spec::metrics::{METRICS, TENANT};
use openqoe_spec::{OtlpPointOutcome, Outcome, Protocol};

use super::command::Bench;
use super::tally::Tally;
use crate::push::url_problem;
use crate::tls;

/// Bytes of a scrape.
const MAX_SCRAPE: usize = 512 << 20;
/// How long events may wait for others: the engine gives up a gap after ten seconds.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it is asked in that time.
const STEP: Duration = Duration::from_millis(250);

/// How much stands there: by protocol, by outcome.
pub(super) type Books = BTreeMap<&'static str, BTreeMap<String, u64>>;

/// One protocol: what was accepted, and what became of it.
pub(super) struct Compared {
    pub(super) protocol: Protocol,
    pub(super) accepted: u64,
    /// What was in requests without an answer.
    pub(super) doubtful: u64,
    pub(super) outcomes: BTreeMap<String, u64>,
}

impl Compared {
    /// How many were counted.
    pub(super) fn counted(&self) -> u64 {
        let is_counted = |outcome: &str| {
            let events = [Outcome::Counted, Outcome::Forwarded].map(|outcome| outcome.as_str());
            let points =
                [OtlpPointOutcome::Folded, OtlpPointOutcome::Resumed].map(|outcome| outcome.as_str());
            if self.protocol == Protocol::Otlp {
                points.contains(&outcome)
            } else {
                events.contains(&outcome)
            }
        };
        self.outcomes.iter().filter(|(outcome, _)| is_counted(outcome)).map(|(_, count)| count).sum()
    }

    /// Whether each was counted, once.
    pub(super) fn is_exact(&self) -> bool {
        (self.accepted..=self.accepted + self.doubtful).contains(&self.counted())
    }
}

/// The way to the internal listener.
pub(super) struct Ledger {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    url: Uri,
    key: Option<String>,
    timeout: Duration,
}

impl Ledger {
    /// Prepares everything but the connection.
    ///
    /// # Errors
    /// When the URL or a file cannot be used.
    pub(super) fn new(base: &str, bench: &Bench) -> Result<Ledger> {
        let base = base.trim_end_matches('/');
        if let Some(problem) = url_problem(base, "http://127.0.0.1:8889") {
            bail!("--internal {base} {problem}");
        }
        let url = format!("{base}/metrics").parse().with_context(|| format!("--internal {base}"))?;
        let key = bench.internal_key_file.as_ref().map(|path| {
            let text = std::fs::read_to_string(path);
            text.map(|text| text.trim().to_owned()).with_context(|| path.display().to_string())
        });
        let config = tls::client(bench.ca.as_deref().unwrap_or("".as_ref()), "".as_ref(), "".as_ref())?;
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Ledger { client, url, key: key.transpose()?, timeout: bench.timeout })
    }

    /// What stands there now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) async fn read(&self) -> Result<Books> {
        let text = tokio::time::timeout(self.timeout, self.scrape()).await;
        let text = text.map_err(|_| anyhow::anyhow!("no answer within {:?}", self.timeout)).flatten();
        Ok(books(&text.with_context(|| self.url.to_string())?))
    }

    async fn scrape(&self) -> Result<String> {
        let mut request = Request::get(&self.url).header(ACCEPT, "text/plain");
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        let response = self.client.request(request.body(Empty::new())?).await?;
        let status = response.status();
        ensure!(status.is_success(), "{status}; `--internal-key-file` names a token or a read key");
        let body = Limited::new(response.into_body(), MAX_SCRAPE).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(String::from_utf8(body.to_bytes().into())?)
    }

    /// What it has grown by, once everything that was accepted has been counted, or after a while.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) async fn settle(&self, before: &Books, totals: &[Tally]) -> Result<Vec<Compared>> {
        let started = Instant::now();
        loop {
            let books = self.read().await?;
            let compared: Vec<_> = totals.iter().map(|tally| compare(before, &books, tally)).collect();
            let is_over = compared.iter().all(|compared| compared.counted() >= compared.accepted);
            if is_over || started.elapsed() > PATIENCE {
                return Ok(compared);
            }
            tokio::time::sleep(STEP).await;
        }
    }
}

fn compare(before: &Books, books: &Books, tally: &Tally) -> Compared {
    let name = tally.protocol.as_str();
    let mut outcomes = books.get(name).cloned().unwrap_or_default();
    for (outcome, count) in &mut outcomes {
        let old = before.get(name).and_then(|outcomes| outcomes.get(outcome)).copied();
        *count = count.saturating_sub(old.unwrap_or_default());
    }
    outcomes.retain(|_, count| *count > 0);
    Compared { protocol: tally.protocol, accepted: tally.events, doubtful: tally.unanswered_events, outcomes }
}

/// The series of the ledgers in a text exposition, summed over tenants and reasons.
fn books(text: &str) -> Books {
    let name = |counter: Counter| METRICS[TENANT.counters[counter.slot()].metric].name;
    let events = name(Counter::IngestEventOutcomes(Protocol::Native, Outcome::Counted));
    let points = name(Counter::OtlpReceiverPointOutcomes(OtlpPointOutcome::Folded));
    let mut books = Books::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = line.rsplit_once(' ') else { continue };
        let Some((name, labels)) = series.split_once('{') else { continue };
        let protocol = match name {
            name if name == events => label(labels, "protocol"),
            name if name == points => Some(Protocol::Otlp.as_str()),
            _ => continue,
        };
        let known = openqoe_load::GENERATORS.iter().map(|generator| generator.protocol.as_str());
        let Some(protocol) = known.into_iter().find(|known| Some(*known) == protocol) else { continue };
        if let (Some(outcome), Ok(value)) = (label(labels, "outcome"), value.parse::<f64>()) {
            *books.entry(protocol).or_default().entry(outcome.to_owned()).or_default() += value as u64;
        }
    }
    books
}

/// The value of a closed label, which needs no escapes.
fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = labels.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledger_is_read_from_an_exposition() {
        let name = |counter: Counter| METRICS[TENANT.counters[counter.slot()].metric].name;
        let events = name(Counter::IngestEventOutcomes(Protocol::Cmcd, Outcome::Counted));
        let points = name(Counter::OtlpReceiverPointOutcomes(OtlpPointOutcome::Folded));
        let text = format!(
            "# HELP x\n{events}{{tenant=\"a\",protocol=\"cmcd\",outcome=\"counted\",reason=\"\"}} 12\n\
             {events}{{tenant=\"b\",protocol=\"cmcd\",outcome=\"counted\",reason=\"\"}} 30\nup 1\n\
             {points}{{tenant=\"a\",outcome=\"folded\"}} 7\n"
        );
        let books = books(&text);
        assert_eq!((books["cmcd"]["counted"], books["otlp"]["folded"]), (42, 7));
    }
}
