//! What an event costs by each protocol: bodies of like items, in turns, and the CPU time the gateway takes for them. Requests a
//! second would say as much of the load, which has to write each body anew.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use openqoe_load::GENERATORS;

use crate::figures::Samples;
use crate::http::{CONNECTIONS, SESSIONS};
use crate::load::{Audience, Limits};
use crate::payload::{Bodies, LABEL_SETS};
use crate::report::Report;
use crate::server::Server;
use crate::{Options, epoch_ms};

/// Requests on each connection in one round, whatever the time.
const MOST: usize = 200_000;

/// One protocol under test.
struct Contender {
    key: &'static str,
    audience: Audience,
    server: Server,
    cost: Samples,
    to_native: Samples,
}

/// Runs the rounds; each protocol has a gateway of its own.
///
/// # Errors
/// When a gateway fails or refuses a body.
pub(crate) fn measure(gateway: &Path, options: &Options, report: &mut Report) -> Result<()> {
    let (rounds, time) = if options.quick { (3, 700) } else { (9, 2000) };
    let limits = Limits { time: Duration::from_millis(time), requests: MOST };
    let started = epoch_ms();
    let mut contenders = Vec::new();
    for generator in GENERATORS {
        let bodies = Bodies::of(generator, started, LABEL_SETS);
        let audience = Audience::new(bodies, 0, SESSIONS, CONNECTIONS);
        let (cost, to_native) = Default::default();
        let server = Server::gateway(gateway, &options.serve)?;
        contenders.push(Contender { key: generator.protocol.as_str(), audience, server, cost, to_native });
    }
    for round in 0..=rounds {
        let mut native = None;
        for contender in &mut contenders {
            let cost = turn(&mut contender.audience, &contender.server, limits)?;
            // The native protocol is the first of them.
            let base = *native.get_or_insert(cost);
            // The first turn opens the sessions, and does not count.
            if round > 0 {
                contender.cost.push(cost);
                contender.to_native.push(cost / base);
            }
            eprintln!("round {round}/{rounds}: {} {cost:.2} µs an event, native {base:.2}", contender.key);
        }
    }
    for (index, Contender { key, cost, to_native, .. }) in contenders.into_iter().enumerate() {
        report.add(&format!("{key}_cpu_us_per_event"), cost);
        if index > 0 {
            report.add(&format!("{key}_to_native"), to_native);
        }
    }
    Ok(())
}

/// CPU time of the server for one event, µs.
fn turn(audience: &mut Audience, server: &Server, limits: Limits) -> Result<f64> {
    let before = server.cpu_us()?;
    let outcome = audience.load(&server.public, limits)?;
    ensure!(outcome.errors == 0, "{} bodies were refused", outcome.errors);
    Ok((server.cpu_us()? - before) / outcome.items as f64)
}
