//! What one probe came to, for a table, for thresholds and for a scrape.

use crate::playout::Totals;

/// Downloads whose time to first byte is remembered; a probe longer than that is a monitor, whose quantiles are Prometheus' business.
const MAX_SAMPLES: usize = 20_000;

/// The figures of a probe.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// How long it took, ms.
    pub duration_ms: u64,
    /// Where the time of the viewer went.
    pub totals: Totals,
    /// Requests that came to an end, and those of them that failed.
    pub downloads: u64,
    /// Of these, those without a usable body.
    pub failed_downloads: u64,
    /// Bytes of bodies.
    pub bytes: u64,
    /// Bytes of audio and video, and the ms they took: the throughput is their quotient.
    pub media_bytes: u64,
    /// See [`Summary::media_bytes`].
    pub media_ms: u64,
    /// Errors, the fatal one included.
    pub errors: u64,
    /// Why it could not go on.
    pub fatal: Option<String>,
    /// Live latency when it was last measured, ms.
    pub latency_ms: Option<u64>,
    /// What is in the manifest and was not looked at.
    pub notes: Vec<&'static str>,
    ttfb_ms: Vec<u64>,
}

/// One figure by its name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// As thresholds and JSON spell it.
    pub name: &'static str,
    /// In base units; none where there was nothing to measure.
    pub value: Option<f64>,
}

impl Summary {
    /// The same, with where the time went.
    pub(crate) fn with(&self, totals: Totals) -> Summary {
        Summary { totals, ..self.clone() }
    }

    /// Takes in a download.
    pub(crate) fn note_download(&mut self, bytes: u64, ttfb_ms: Option<u64>, is_failed: bool) {
        self.downloads += 1;
        self.failed_downloads += u64::from(is_failed);
        self.bytes += bytes;
        if self.ttfb_ms.len() < MAX_SAMPLES {
            self.ttfb_ms.extend(ttfb_ms);
        }
    }

    /// Whether it played, to the end of its time.
    pub fn is_success(&self) -> bool {
        self.totals.started_at.is_some() && self.fatal.is_none()
    }

    /// The time to first byte that a share of the downloads did not exceed, ms: a sample, not an interpolation.
    pub fn ttfb_ms(&self, share: f64) -> Option<u64> {
        let mut sorted = self.ttfb_ms.clone();
        sorted.sort_unstable();
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied()
    }

    /// All of them.
    pub fn figures(&self) -> [Figure; 17] {
        let totals = &self.totals;
        let seconds = |ms: u64| ms as f64 / 1000.0;
        let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let watched = seconds(totals.playing_ms + totals.stalled_ms);
        let figure = |name, value| Figure { name, value };
        [
            figure("success", Some(f64::from(u8::from(self.is_success())))),
            figure("duration_seconds", Some(seconds(self.duration_ms))),
            figure("startup_seconds", totals.started_at.map(seconds)),
            figure("playing_seconds", Some(seconds(totals.playing_ms))),
            figure("stalled_seconds", Some(seconds(totals.stalled_ms))),
            figure("stalls", Some(totals.stalls as f64)),
            figure("rebuffer_ratio", ratio(seconds(totals.stalled_ms), watched)),
            figure("bitrate", ratio(totals.bit_ms as f64, totals.rated_ms as f64)),
            figure("switches", Some(totals.switches as f64)),
            figure("throughput", ratio(self.media_bytes as f64 * 8.0, seconds(self.media_ms))),
            figure("ttfb_p50_seconds", self.ttfb_ms(0.5).map(seconds)),
            figure("ttfb_p95_seconds", self.ttfb_ms(0.95).map(seconds)),
            figure("downloads", Some(self.downloads as f64)),
            figure("failed_downloads", Some(self.failed_downloads as f64)),
            figure("received_bytes", Some(self.bytes as f64)),
            figure("errors", Some(self.errors as f64)),
            figure("latency_seconds", self.latency_ms.map(seconds)),
        ]
    }

    /// The names of all figures.
    pub fn names() -> [&'static str; 17] {
        Summary::default().figures().map(|figure| figure.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_that_never_played_has_no_ratios() {
        let summary = Summary { duration_ms: 5000, ..Summary::default() };
        let value = |name| summary.figures().into_iter().find(|figure| figure.name == name).unwrap().value;
        assert_eq!((value("rebuffer_ratio"), value("bitrate"), value("startup_seconds")), (None, None, None));
        assert_eq!((value("success"), value("duration_seconds")), (Some(0.0), Some(5.0)));
    }

    #[test]
    fn quantiles_are_samples() {
        let mut summary = Summary::default();
        (1..=20).for_each(|ms| summary.note_download(1, Some(ms), false));
        assert_eq!((summary.ttfb_ms(0.5), summary.ttfb_ms(0.95)), (Some(10), Some(19)));
    }
}
