//! What sessions weigh in a running gateway, and what a scrape of many series takes.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use openqoe_spec::SessionState;
use openqoe_spec::metrics::tenant::Gauge;
use openqoe_spec::metrics::{METRICS, TENANT};

use crate::figures::Samples;
use crate::http::CONNECTIONS;
use crate::load::{Audience, Limits};
use crate::payload::{Bodies, LABEL_SETS};
use crate::report::Report;
use crate::server::Server;
use crate::{Options, epoch_ms};

/// Sessions that are opened, a multiple of the connections.
const SESSIONS: u32 = 100_000;
/// Sessions that touch every row before memory is read the first time.
const WARM: u32 = 3_200;
/// Series a large installation has in one gateway.
const SERIES: f64 = 100_000.0;
/// Longer than the gateway needs to empty its queues, shorter than a session's patience.
const CALM: Duration = Duration::from_secs(1);

const FORMATS: [(&str, &str); 3] = [
    ("scrape_100k_ms", "text/plain;version=0.0.4"),
    ("scrape_100k_openmetrics_ms", "application/openmetrics-text;version=1.0.0"),
    (
        "scrape_100k_protobuf_ms",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    ),
];

/// Opens sessions, then series, and measures.
///
/// # Errors
/// When the gateway fails or refuses a session.
pub(crate) fn measure(gateway: &Path, options: &Options, report: &mut Report) -> Result<()> {
    let server = Server::gateway(gateway, &options.serve)?;
    open(&server, LABEL_SETS, 0, WARM)?;
    let rows = series(&server)?;
    open(&server, LABEL_SETS, WARM, SESSIONS)?;
    std::thread::sleep(CALM);
    let after = server.memory("VmRSS")?;
    let active = active(&server)?;
    ensure!(active >= f64::from(SESSIONS), "only {active} sessions are active");
    // All of it: an allocator that keeps pages ahead makes differences look better than they are.
    report.set("rss_per_session_bytes", after / active);
    report.set("rss_100k_sessions_bytes", after);

    let label_sets = (f64::from(LABEL_SETS) * SERIES / rows as f64) as u32;
    open(&server, label_sets, WARM + SESSIONS, label_sets.next_multiple_of(CONNECTIONS))?;
    report.set("scrape_series", series(&server)? as f64);
    scrape(&server, if options.quick { 3 } else { 9 }, report)?;
    report.set("peak_rss_bytes", server.memory("VmHWM")?);
    Ok(())
}

/// Sends the first body of so many sessions.
fn open(server: &Server, label_sets: u32, first: u32, sessions: u32) -> Result<()> {
    let mut audience = Audience::new(Bodies::new(epoch_ms(), label_sets), first, sessions, CONNECTIONS);
    let limits = Limits { time: Duration::from_secs(60), requests: (sessions / CONNECTIONS) as usize };
    let outcome = audience.load(&server.public, limits)?;
    ensure!(outcome.good == sessions as usize, "{} of {sessions} sessions were opened", outcome.good);
    Ok(())
}

fn scrape(server: &Server, rounds: usize, report: &mut Report) -> Result<()> {
    let mut samples = FORMATS.map(|_| Samples::default());
    let mut bytes = FORMATS.map(|_| 0);
    for _ in 0..rounds {
        for ((samples, bytes), (_, accept)) in samples.iter_mut().zip(&mut bytes).zip(FORMATS) {
            let (took, body) = server.scrape(accept)?;
            samples.push(took);
            *bytes = body.len();
        }
    }
    for ((samples, bytes), (key, _)) in samples.into_iter().zip(bytes).zip(FORMATS) {
        report.add(key, samples);
        report.set(&key.replace("_ms", "_bytes"), bytes as f64);
    }
    Ok(())
}

/// Lines of the text exposition that are samples.
fn series(server: &Server) -> Result<usize> {
    let (_, body) = server.scrape("text/plain")?;
    Ok(body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && line[0] != b'#').count())
}

fn active(server: &Server) -> Result<f64> {
    let slot = &TENANT.gauges[Gauge::EngineSessions(SessionState::Open).slot()];
    let name = METRICS[slot.metric].name;
    server.value(&format!("{name}{{tenant=\"default\",{}}}", slot.labels))
}
