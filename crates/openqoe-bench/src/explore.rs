//! What the console asks of sessions, over a million ended ones and a hundred thousand live ones: how long each answer takes,
//! over HTTP, and what a session weighs in memory.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use serde_json::Value;

use crate::figures::Samples;
use crate::http::CONNECTIONS;
use crate::load::{Audience, Limits};
use crate::payload::{Bodies, LABEL_SETS};
use crate::report::Report;
use crate::server::Server;
use crate::{Options, epoch_ms};

const ENDED: u32 = 1_000_000;
const LIVE: u32 = 100_000;
/// Longer than the gateway keeps an answer about live sessions.
const STALE: Duration = Duration::from_millis(1100);
const WHERE: &str = "/api/v1/tenants/default";

/// Questions over all ended sessions, by the keys of their figures.
const QUESTIONS: [(&str, &str); 6] = [
    ("explore_ratio_ms", "explore?kpi=rebuffer_ratio&by=cdn"),
    ("explore_filtered_ms", "explore?kpi=bitrate&by=country&filter=cdn:cdn-1&filter=!device_type:tv"),
    ("explore_many_values_ms", "explore?kpi=startup_failure_ratio&by=asset_id"),
    ("explore_quantile_ms", "explore?kpi=startup_p95&by=cdn"),
    ("compare_ms", "compare?a=experiment_variant:a&b=experiment_variant:b"),
    ("search_ms", "sessions?sort=badness&limit=100"),
];

/// Fills a data directory, starts with it, and asks.
///
/// # Errors
/// When the gateway fails, or knows fewer sessions than there are.
pub(crate) fn measure(gateway: &Path, options: &Options, report: &mut Report) -> Result<()> {
    let rounds = if options.quick { 5 } else { 20 };
    let server = Server::gateway(gateway, &options.serve)?;
    let empty = server.memory("VmRSS")?;
    fill(server.data().context("no data directory")?)?;
    let server = server.again(gateway, &options.serve)?;
    let started = Instant::now();
    while ask(&server, "sessions?state=ended&limit=1")?.1["is_complete"] != true {
        std::thread::sleep(Duration::from_millis(50));
    }
    report.set("facts_load_seconds", started.elapsed().as_secs_f64());
    let known = ask(&server, "sessions?state=ended&limit=1")?.1["matched"].as_u64().unwrap_or_default();
    ensure!(known >= u64::from(ENDED) * 98 / 100, "only {known} sessions are known");
    report.set("facts_bytes_per_session", (server.memory("VmRSS")? - empty) / known as f64);
    for (key, question) in QUESTIONS {
        let mut samples = Samples::default();
        for _ in 0..rounds {
            samples.push(ask(&server, question)?.0);
        }
        report.add(key, samples);
    }
    open(&server, rounds, report)?;
    live(&server, rounds, report)
}

/// Opens sessions as the console does: an ended one of the million, and the timeline of one that is in the journal.
fn open(server: &Server, rounds: usize, report: &mut Report) -> Result<()> {
    let sessions = CONNECTIONS;
    let mut audience = Audience::new(Bodies::new(epoch_ms(), LABEL_SETS), 0, sessions, CONNECTIONS);
    let outcome = audience.load(&server.public, Limits { time: Duration::from_secs(60), requests: 100 })?;
    ensure!(outcome.errors == 0, "{} bodies were refused", outcome.errors);
    let (mut rows, mut timelines) = <(Samples, Samples)>::default();
    for round in 0..rounds {
        let number = ENDED as usize / rounds * round + 5;
        rows.push(ask(server, &format!("sessions/{}", id(number)))?.0);
        let session = format!("{:08}-6f0b-4a3e-9d55-2f6f0e1b7c11", round % sessions as usize);
        timelines.push(ask(server, &format!("sessions/{session}/timeline"))?.0);
    }
    report.add("session_open_ms", rows);
    report.add("timeline_ms", timelines);
    Ok(())
}

/// Asks for live sessions while many are, and takes events in meanwhile.
fn live(server: &Server, rounds: usize, report: &mut Report) -> Result<()> {
    let mut audience = Audience::new(Bodies::new(epoch_ms(), LABEL_SETS), 1000, LIVE, CONNECTIONS);
    let requests = (LIVE / CONNECTIONS) as usize;
    let outcome = audience.load(&server.public, Limits { time: Duration::from_secs(60), requests })?;
    ensure!(outcome.errors == 0, "{} sessions were refused", outcome.errors);
    let mut asked = Samples::default();
    for _ in 0..rounds {
        std::thread::sleep(STALE);
        let (took, answer) = ask(server, "sessions?state=live&limit=1")?;
        ensure!(answer["matched"].as_u64() >= Some(u64::from(LIVE)), "{answer}");
        asked.push(took);
    }
    report.add("live_100k_ms", asked);
    Ok(())
}

/// Milliseconds, and the answer.
fn ask(server: &Server, question: &str) -> Result<(f64, Value)> {
    let (took, body) = server.get(&format!("{WHERE}/{question}"), "application/json")?;
    Ok((took, serde_json::from_slice(&body)?))
}

fn id(number: usize) -> String {
    format!("{number:08x}-6f0b-4a3e-9d55-000000000000")
}

/// Writes the rows of sessions that ended within the last fifty minutes, as the gateway would.
fn fill(folder: &Path) -> Result<()> {
    let connection = Connection::open(folder.join("sessions.db"))?;
    let (from, step) = (epoch_ms() - 50 * 60_000, 50.0 * 60_000.0 / f64::from(ENDED));
    connection.execute_batch(&format!(
        "PRAGMA synchronous = OFF;
         INSERT INTO sessions (tenant, session_id, protocol, began_at, heard_at, view_end, startup_ms, startup_wait_ms, playing_ms,
             stalled_ms, seeking_ms, paused_ms, ad_ms, media_ms, played_bytes, downloaded_bytes, frames_decoded, frames_dropped,
             rebuffers, seeks, switches_up, switches_down, errors, downloads_failed, ad_impressions, exit_before_start, attempted,
             started, downloads, downloading_ms, ads_failed, startup_failure, asset_id, content_type, is_live, cdn, edge_pop, isp,
             country, device_type, os_family, player_version, sdk_version, experiment_id, experiment_variant)
         WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {ENDED}),
             random AS (SELECT n, abs(random()) AS r, abs(random()) AS s FROM numbers)
         SELECT 'default', printf('%08x-6f0b-4a3e-9d55-000000000000', n), 'native', {from} + n * {step} - 60000,
             CAST({from} + n * {step} AS INTEGER), 'stopped', 200 + r % 4000, 200 + r % 4000, s % 600000, r % 9000, 0, 0, 0,
             s % 600000, s % 300000000, s % 310000000, s % 15000, r % 40, r % 4, 0, r % 6, s % 6, r % 50 = 0, s % 90 = 0, 0,
             r % 70 = 0, 1, 1, s % 200, s % 40000, 0, CASE r % 100 WHEN 0 THEN 'technical' END, 'asset-' || (s % 2000), 'movie',
             CASE r % 2 WHEN 0 THEN 'true' ELSE 'false' END, 'cdn-' || (r % 4), 'pop-' || (s % 30), 'isp-' || (s % 50),
             substr('DEFRGBUSJPBRINITESPL', 1 + 2 * (s % 10), 2), CASE r % 3 WHEN 0 THEN 'tv' WHEN 1 THEN 'mobile' ELSE 'desktop' END,
             'android', 'player ' || (s % 8), '1.0.' || (s % 5), 'buffer', CASE r % 2 WHEN 0 THEN 'a' ELSE 'b' END
         FROM random;"
    ))?;
    Ok(())
}
