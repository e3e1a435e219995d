//! What the process knows about itself, by the names of the Prometheus client conventions.

use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::metrics::process::{Counter, Gauge};

use crate::clock::now_ms;

/// Clock ticks a second in /proc (USER_HZ, fixed at 100 on every Linux ABI).
const TICK_MS: f64 = 10.0;
/// Bytes in a page on the platforms we are built for.
const PAGE: f64 = 4096.0;

/// Sets what never changes.
pub(crate) fn describe(row: &SharedRow<ProcessScope>) {
    row.set(Gauge::BuildInfo, 1.0);
    row.set(Gauge::GatewayConnections, 0.0);
    row.set(Gauge::GatewayConfigLastReloadSuccessful, 1.0);
    row.set(Gauge::ProcessStartTimeSeconds, now_ms() as f64);
}

/// Reads CPU time and memory where the system tells them (Linux).
pub(crate) fn sample(row: &SharedRow<ProcessScope>) {
    if let Some(ms) = cpu_ms() {
        row.raise(Counter::ProcessCpuSeconds, ms);
    }
    if let Some(bytes) = resident_bytes() {
        row.set(Gauge::ProcessResidentMemoryBytes, bytes);
    }
}

fn cpu_ms() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // proc(5): fields 14 and 15; the name before them may hold spaces, so count from its closing bracket.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) * TICK_MS)
}

fn resident_bytes() -> Option<f64> {
    let pages: f64 =
        std::fs::read_to_string("/proc/self/statm").ok()?.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * PAGE)
}
