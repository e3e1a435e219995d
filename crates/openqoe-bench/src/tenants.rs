//! What one tenant notices of another: the latency and the counts of one that sends steadily, alone and beside one that sends ten
//! times its quota with ever new label values, in turns.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use openqoe_spec::metrics::tenant::Counter;
use openqoe_spec::metrics::{METRICS, TENANT};
use openqoe_spec::{Outcome, Protocol};

use crate::figures::{Samples, quantile};
use crate::payload::{Bodies, EVENTS};
use crate::report::Report;
use crate::server::Server;
use crate::{Options, epoch_ms};

/// Requests a second of the steady tenant, on so many connections.
const STEADY: (u32, usize) = (400, 4);
/// Events a second the raging tenant may send; it sends ten times as many.
const QUOTA: u32 = 1000;
const RAGING: usize = 4;

/// A tenant's sender.
struct Sender<'a> {
    address: &'a str,
    key: &'a str,
    /// Between two requests of one connection.
    pace: Duration,
    /// Every body has a label value nobody has seen before.
    is_raging: bool,
}

/// What the senders of one tenant met.
#[derive(Default)]
struct Met {
    good: AtomicU64,
    refused: AtomicU64,
}

/// Runs the rounds.
///
/// # Errors
/// When the gateway fails, or did not count exactly what it acknowledged.
pub(crate) fn measure(gateway: &Path, options: &Options, report: &mut Report) -> Result<()> {
    let (rounds, time) = if options.quick { (3, 1) } else { (7, 3) };
    let time = Duration::from_secs(time);
    let setup = Setup::new(gateway)?;
    let config = setup.config.to_str().context("the path is no text")?;
    let arguments = [options.serve.clone(), vec!["--config".into(), config.into()]].concat();
    let server = Server::gateway(gateway, &arguments)?;
    let steady = Sender {
        address: &server.public,
        key: &setup.steady,
        pace: Duration::from_secs(1) * STEADY.1 as u32 / STEADY.0,
        is_raging: false,
    };
    let raging = Sender {
        address: &server.public,
        key: &setup.raging,
        pace: Duration::from_secs(1) * (RAGING * EVENTS) as u32 / (10 * QUOTA),
        is_raging: true,
    };
    let (met, other, first) = (Met::default(), Met::default(), AtomicU64::new(0));
    let (mut alone, mut beside) = (Samples::default(), Samples::default());
    for round in 0..=rounds {
        for (rages, samples) in [(false, &mut alone), (true, &mut beside)] {
            let stop = AtomicBool::new(false);
            let mut latencies = std::thread::scope(|scope| -> Result<Vec<u32>> {
                let ragers: Vec<_> = (0..if rages { RAGING } else { 0 })
                    .map(|_| scope.spawn(|| raging.run(time * 4, &stop, &first, &other)))
                    .collect();
                let senders: Vec<_> = (0..STEADY.1)
                    .map(|_| scope.spawn(|| steady.run(time, &AtomicBool::new(false), &first, &met)))
                    .collect();
                let mut latencies = Vec::new();
                for sender in senders {
                    latencies.extend(sender.join().map_err(|_| anyhow::anyhow!("a sender failed"))??);
                }
                stop.store(true, Ordering::Relaxed);
                for rager in ragers {
                    rager.join().map_err(|_| anyhow::anyhow!("a sender failed"))??;
                }
                Ok(latencies)
            })?;
            // The first round warms up.
            if round > 0 {
                samples.push(f64::from(quantile(&mut latencies, 0.99)) / 1000.0);
            }
        }
    }
    settled(&server, &met)?;
    report.add("tenant_alone_p99_ms", alone);
    report.add("tenant_beside_p99_ms", beside);
    report.set("tenant_errors", met.refused.load(Ordering::Relaxed) as f64);
    let (good, refused) = (other.good.load(Ordering::Relaxed), other.refused.load(Ordering::Relaxed));
    report.set("raging_refused_percent", 100.0 * refused as f64 / (good + refused) as f64);
    Ok(())
}

/// A configuration of two tenants, and a key of each.
struct Setup {
    config: PathBuf,
    steady: String,
    raging: String,
}

impl Setup {
    fn new(gateway: &Path) -> Result<Setup> {
        let folder = std::env::temp_dir().join(format!("openqoe-bench-tenants-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let (config, keys) = (folder.join("openqoe.toml"), folder.join("keys.toml"));
        let quota = format!("[tenants.raging.quota]\nevents_per_second = {QUOTA}\n");
        std::fs::write(
            &config,
            format!("keys_file = {keys:?}\n[tenants.steady]\n[tenants.raging]\n{quota}"),
        )?;
        let key = |tenant: &str| -> Result<String> {
            let output = Command::new(gateway)
                .args(["keys", "new", "--tenant", tenant, "--kind", "ingest", "--config"])
                .arg(&config)
                .output()?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Ok(String::from_utf8(output.stdout)?.trim().to_owned())
        };
        let (steady, raging) = (key("steady")?, key("raging")?);
        Ok(Setup { config, steady, raging })
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        let _ = self.config.parent().map(std::fs::remove_dir_all);
    }
}

impl Sender<'_> {
    /// Sends at its pace on one connection, each time the first body of a new session; returns latencies in µs.
    fn run(&self, time: Duration, stop: &AtomicBool, first: &AtomicU64, met: &Met) -> Result<Vec<u32>> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut bodies = Bodies::new(epoch_ms(), 1);
        let (mut latencies, mut buffer) = (Vec::new(), vec![0; 8192]);
        let started = Instant::now();
        let mut due = started;
        while started.elapsed() < time && !stop.load(Ordering::Relaxed) {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            due += self.pace;
            let number = first.fetch_add(1, Ordering::Relaxed);
            let request = self.request(bodies.body(u32::try_from(number)?, 0), number);
            let before = Instant::now();
            stream.write_all(&request)?;
            let good = answer(&mut stream, &mut buffer)?;
            latencies.push(u32::try_from(before.elapsed().as_micros()).unwrap_or(u32::MAX));
            if good { &met.good } else { &met.refused }.fetch_add(1, Ordering::Relaxed);
        }
        Ok(latencies)
    }

    fn request(&self, body: &[u8], number: u64) -> Vec<u8> {
        let mut body = body.to_vec();
        if self.is_raging {
            let title = b"title-";
            if let Some(at) = body.windows(title.len()).position(|window| window == title) {
                let value = format!("{number:04x}").into_bytes();
                body.splice(at + title.len()..at + title.len() + 4, value);
            }
        }
        let head = format!(
            "POST /v1/ingest HTTP/1.1\r\nhost: bench\r\nx-openqoe-key: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            self.key,
            body.len()
        );
        [head.as_bytes(), &body].concat()
    }
}

/// Reads one answer; whether it is a 2xx.
fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<bool> {
    let mut length = 0;
    loop {
        let read = stream.read(&mut buffer[length..])?;
        ensure!(read > 0, "the gateway hung up");
        length += read;
        let text = std::str::from_utf8(&buffer[..length])?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let declared = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let declared: usize = declared.context("no content-length")?.parse()?;
        if body.len() >= declared {
            return Ok(head.starts_with("HTTP/1.1 2"));
        }
    }
}

/// Every event of the steady tenant must have been counted.
fn settled(server: &Server, met: &Met) -> Result<()> {
    let slot = &TENANT.counters[Counter::IngestEventOutcomes(Protocol::Native, Outcome::Counted).slot()];
    let prefix = format!("{}{{tenant=\"steady\",{}}}", METRICS[slot.metric].name, slot.labels);
    let (counted, sent) = (server.value(&prefix)?, (met.good.load(Ordering::Relaxed) * EVENTS as u64) as f64);
    ensure!(counted == sent, "{counted} events of the steady tenant were counted, {sent} acknowledged");
    Ok(())
}
