//! What lines mean, without sending them: read here as the gateway reads them.

use std::io::Write;

use anyhow::{Result, anyhow};
use openqoe_ingest::{Decoded, PROTOCOLS, Payload};
use openqoe_spec::Protocol;
use serde_json::json;

use super::chunk::Chunk;
use super::delivery::Tally;
use crate::clock::now_ms;

fn decode(query: &str, chunk: &Chunk) -> Result<Decoded> {
    let sent = now_ms().to_string();
    let header = |name: &str| (name == "x-sent-at").then_some(sent.as_str());
    let protocol = PROTOCOLS.iter().find(|protocol| protocol.id == Protocol::CdnLog);
    let protocol = protocol.ok_or_else(|| anyhow!("logs of CDNs are not read here"))?;
    let payload = Payload { body: chunk.body(), query, header: &header };
    (protocol.decode)(&payload).map_err(|refused| anyhow!("{}; {}", refused.message, refused.hint))
}

/// What will come of a chunk: the gateway names only some of the lines it rejects.
///
/// # Errors
/// When format, fields or separator make no sense.
pub(super) fn tally(query: &str, chunk: &Chunk) -> Result<Tally> {
    let decoded = decode(query, chunk)?;
    let mut tally = Tally { lines: chunk.lines(), events: decoded.accepted(), ..Tally::default() };
    for rejection in &decoded.rejections {
        *tally.rejected.entry(rejection.reason.as_str()).or_default() += 1;
    }
    Ok(tally)
}

/// Prints the events of a chunk and its rejections, one JSON object a line.
///
/// # Errors
/// As [`tally`], and when nobody reads what is printed.
pub(super) fn print(query: &str, chunk: &Chunk) -> Result<()> {
    let decoded = decode(query, chunk)?;
    let mut out = std::io::stdout().lock();
    for batch in &decoded.batches {
        for event in &batch.events {
            let time = batch.started_at + event.t;
            writeln!(
                out,
                "{}",
                json!({ "session_id": batch.session_id, "time": time, "event": event.kind })
            )?;
        }
    }
    for rejection in &decoded.rejections {
        let (reason, message) = (rejection.reason.as_str(), &rejection.message);
        writeln!(out, "{}", json!({ "line": rejection.index, "rejected": reason, "message": message }))?;
    }
    Ok(())
}
