//! A probe's figures as series: nothing else is in the answer of `/probe`.

use openqoe_metrics::Snapshot;
use openqoe_probe::Summary;
use openqoe_spec::metrics::probe::Gauge;

/// The series of one probe.
pub(super) fn snapshot(summary: &Summary) -> Snapshot {
    let figures = summary.figures();
    let gauges = figures.iter().filter_map(|figure| {
        let (gauge, scale) = gauge(figure.name)?;
        Some((gauge, figure.value? * scale))
    });
    let mut snapshot = Snapshot::default();
    snapshot.add_probe(&gauges.collect::<Vec<_>>());
    snapshot
}

/// The gauge of a figure, and how many of its recorded units are one of the figure's. The rebuffering ratio has none: it is two of them.
fn gauge(figure: &str) -> Option<(Gauge, f64)> {
    const SECONDS: f64 = 1000.0;
    Some(match figure {
        "success" => (Gauge::ProbeSuccess, 1.0),
        "duration_seconds" => (Gauge::ProbeDurationSeconds, SECONDS),
        "startup_seconds" => (Gauge::ProbeStartupSeconds, SECONDS),
        "playing_seconds" => (Gauge::ProbePlayingSeconds, SECONDS),
        "stalled_seconds" => (Gauge::ProbeStalledSeconds, SECONDS),
        "stalls" => (Gauge::ProbeStalls, 1.0),
        "bitrate" => (Gauge::ProbeBitrateBps, 1.0),
        "switches" => (Gauge::ProbeSwitches, 1.0),
        "throughput" => (Gauge::ProbeThroughputBps, 1.0),
        "ttfb_p50_seconds" => (Gauge::ProbeTtfbP50Seconds, SECONDS),
        "ttfb_p95_seconds" => (Gauge::ProbeTtfbP95Seconds, SECONDS),
        "downloads" => (Gauge::ProbeDownloads, 1.0),
        "failed_downloads" => (Gauge::ProbeFailedDownloads, 1.0),
        "received_bytes" => (Gauge::ProbeReceivedBytes, 1.0),
        "errors" => (Gauge::ProbeErrors, 1.0),
        "latency_seconds" => (Gauge::ProbeLatencySeconds, SECONDS),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use openqoe_metrics::SINKS;

    use super::*;

    #[test]
    fn every_figure_but_the_ratio_is_a_series() {
        let missing: Vec<_> = Summary::names().into_iter().filter(|name| gauge(name).is_none()).collect();
        assert_eq!(missing, ["rebuffer_ratio"]);
    }

    #[test]
    fn what_was_not_measured_is_not_there() {
        let text = String::from_utf8(snapshot(&Summary::default()).encode(&SINKS[0])).unwrap();
        assert!(text.contains("\nprobe_success 0\n"), "{text}");
        assert!(!text.contains("startup"), "{text}");
    }
}
