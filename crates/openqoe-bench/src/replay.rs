//! What a start after `kill -9` takes, what the journal weighs, and what reading one session back from it takes.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use openqoe_spec::DownloadKind;
use openqoe_spec::metrics::view::Counter;
use openqoe_spec::metrics::{METRICS, VIEW};

use crate::figures::Samples;
use crate::http::{CONNECTIONS, SESSIONS};
use crate::load::{Audience, Limits};
use crate::payload::{Bodies, EVENTS, LABEL_SETS};
use crate::report::Report;
use crate::server::Server;
use crate::{Options, epoch_ms};

/// Sessions that are read back.
const READ: u32 = 50;

/// Fills a journal that no checkpoint shortens, and starts with it.
///
/// # Errors
/// When the gateway fails, or comes back with less than it acknowledged.
pub(crate) fn measure(gateway: &Path, options: &Options, report: &mut Report) -> Result<()> {
    let requests = if options.quick { 3_000 } else { 30_000 };
    let environment = [("OPENQOE_JOURNAL_CHECKPOINT_INTERVAL", "1h")];
    let server = Server::gateway_with(gateway, &options.serve, &environment)?;
    let mut audience = Audience::new(Bodies::new(epoch_ms(), LABEL_SETS), 0, SESSIONS, CONNECTIONS);
    let outcome = audience.load(&server.public, Limits { time: Duration::from_secs(60), requests })?;
    ensure!(outcome.errors == 0, "{} bodies were refused", outcome.errors);
    let events = (outcome.good * EVENTS) as f64;
    let bytes: u64 = server.data().map(size).transpose()?.unwrap_or_default();
    report.set("journal_bytes_per_event", bytes as f64 / events);

    let mut reads = Samples::default();
    for number in 0..READ {
        let session = format!("{:08}-6f0b-4a3e-9d55-2f6f0e1b7c11", number * SESSIONS / READ);
        let path = format!("/api/v1/tenants/default/sessions/{session}/events");
        reads.push(server.get(&path, "application/json")?.0);
    }
    report.add("session_read_ms", reads);

    let before = server.value(downloaded())?;
    let started = Instant::now();
    let server = server.again(gateway, &options.serve)?;
    let took = started.elapsed().as_secs_f64();
    let after = server.value(downloaded())?;
    ensure!((before - after).abs() < 1.0, "{before} bytes were counted before the start, {after} after it");
    report.set("replay_seconds", took);
    report.set("replay_events_per_s", events / took);
    Ok(())
}

/// A counter that nearly every batch moves.
fn downloaded() -> &'static str {
    METRICS[VIEW.counters[Counter::NetDownloadBytes(DownloadKind::Video).slot()].metric].name
}

/// Bytes of a folder's files.
fn size(folder: &Path) -> Result<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        total += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(total)
}
