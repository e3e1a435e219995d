//! The gateway against its ceilings: the same load on each, in turns, for the machine is never quite the same twice.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use openqoe_spec::metrics::tenant::Counter;
use openqoe_spec::metrics::{METRICS, TENANT};
use openqoe_spec::{Outcome, Protocol};

use crate::figures::{Samples, quantile};
use crate::load::{Audience, Limits};
use crate::payload::{Bodies, EVENTS, LABEL_SETS};
use crate::report::Report;
use crate::server::{Server, cpu_us};
use crate::{Options, epoch_ms};

/// Connections of the load.
pub(crate) const CONNECTIONS: u32 = 32;
/// Sessions that send in turns.
pub(crate) const SESSIONS: u32 = 9_600;
/// Requests on each connection in one round, whatever the time.
const MOST: usize = 200_000;

/// One server under test.
struct Contender {
    name: &'static str,
    server: Server,
    audience: Audience,
    rps: Samples,
    cpu: Samples,
    p50: Samples,
    p99: Samples,
    good: usize,
    errors: usize,
}

impl Contender {
    fn new(name: &'static str, server: Server) -> Contender {
        let audience = Audience::new(Bodies::new(epoch_ms(), LABEL_SETS), 0, SESSIONS, CONNECTIONS);
        let [rps, cpu, p50, p99] = std::array::from_fn(|_| Samples::default());
        Contender { name, server, audience, rps, cpu, p50, p99, good: 0, errors: 0 }
    }

    /// One turn; returns requests a second and the load's own CPU time for each.
    fn turn(&mut self, time: Duration, counts: bool) -> Result<(f64, f64)> {
        let (own, before) = (cpu_us("/proc/self/stat")?, self.server.cpu_us()?);
        let mut outcome = self.audience.load(&self.server.public, Limits { time, requests: MOST })?;
        let (own, cpu) = (cpu_us("/proc/self/stat")? - own, self.server.cpu_us()? - before);
        self.good += outcome.good;
        let requests = outcome.latencies.len() as f64;
        let rps = outcome.good as f64 / outcome.seconds;
        if counts {
            self.errors += outcome.errors;
            self.rps.push(rps);
            self.cpu.push(cpu / requests);
            self.p50.push(f64::from(quantile(&mut outcome.latencies, 0.5)) / 1000.0);
            self.p99.push(f64::from(quantile(&mut outcome.latencies, 0.99)) / 1000.0);
        }
        Ok((rps, own / requests))
    }
}

/// Runs the rounds.
///
/// # Errors
/// When a server fails, or the gateway did not count what it acknowledged.
pub(crate) fn measure(gateway: &Path, options: &Options, report: &mut Report) -> Result<()> {
    let (rounds, time) = if options.quick { (3, 1000) } else { (9, 3000) };
    let time = Duration::from_millis(time);
    let mut contenders = [
        Contender::new("read_ceiling", Server::ceiling("read")?),
        Contender::new("decode_ceiling", Server::ceiling("decode")?),
        Contender::new("gateway", Server::gateway(gateway, &options.serve)?),
    ];
    for contender in &mut contenders {
        contender.turn(time / 2, false)?;
    }
    let (mut to_read, mut to_decode, mut load) = <(Samples, Samples, Samples)>::default();
    for round in 0..rounds {
        let mut rates = [0.0; 3];
        for (contender, rate) in contenders.iter_mut().zip(&mut rates) {
            let own;
            (*rate, own) = contender.turn(time, true)?;
            load.push(own);
        }
        eprintln!(
            "round {}/{rounds}: {:.0} / {:.0} / {:.0} requests/s",
            round + 1,
            rates[0],
            rates[1],
            rates[2]
        );
        to_read.push(rates[2] / rates[0]);
        to_decode.push(rates[2] / rates[1]);
    }
    settled(&contenders[2])?;
    power(gateway, options, report, time)?;
    let ceiling_errors = contenders[0].errors + contenders[1].errors;
    ensure!(ceiling_errors == 0, "a ceiling refused {ceiling_errors} bodies");
    for contender in &contenders {
        report.add(&format!("{}_rps", contender.name), contender.rps.clone());
    }
    let [_, _, gateway] = &contenders;
    report.add("gateway_events_per_s", gateway.rps.scaled(EVENTS as f64));
    report.add("gateway_to_read_ceiling", to_read);
    report.add("gateway_to_decode_ceiling", to_decode);
    report.add("p50_ms", gateway.p50.clone());
    report.add("p99_ms", gateway.p99.clone());
    report.set("errors", gateway.errors as f64);
    for contender in &contenders {
        report.add(&format!("{}_cpu_us", contender.name), contender.cpu.clone());
    }
    report.add("load_cpu_us", load);
    Ok(())
}

/// The gateway once more, with an fsync before each acknowledgement.
fn power(gateway: &Path, options: &Options, report: &mut Report, time: Duration) -> Result<()> {
    let environment = [("OPENQOE_JOURNAL_DURABILITY", "power")];
    let server = Server::gateway_with(gateway, &options.serve, &environment)?;
    let mut contender = Contender::new("power", server);
    contender.turn(time / 2, false)?;
    for _ in 0..3 {
        contender.turn(time, true)?;
    }
    settled(&contender)?;
    report.add("power_rps", contender.rps);
    report.add("power_p99_ms", contender.p99);
    Ok(())
}

/// Every event of every acknowledged body must have been counted, none twice: a benchmark of duplicates would look good.
fn settled(gateway: &Contender) -> Result<()> {
    let slot = Counter::IngestEventOutcomes(Protocol::Native, Outcome::Counted).slot();
    let slot = &TENANT.counters[slot];
    let labels = slot.labels;
    let name = METRICS[slot.metric].name;
    let prefix = format!("{name}{{tenant=\"default\",{labels}}}");
    let (counted, expected) = (gateway.server.value(&prefix)?, (gateway.good * EVENTS) as f64);
    ensure!(counted == expected, "{counted} events were counted, {expected} acknowledged ({prefix})");
    Ok(())
}
