//! Which columns of a session a term of a KPI is: the one table between the registry's names and what is kept of sessions.

use std::sync::LazyLock;

use openqoe_spec::{KPI_HISTOGRAMS, KPI_TERMS, Kpi, KpiKind, METRICS};

use super::chunk::{Bytes, Chunk, Narrow, Wide, flag};

/// What a term is of one session.
#[derive(Clone, Copy)]
pub(super) enum Column {
    /// 1 where all of these bits are set.
    Flag(u8),
    /// Milliseconds, for a term in seconds.
    Time(Wide),
    Wide(Wide),
    Narrow(Narrow),
    Bytes(Bytes),
    /// 1 where it played as long as a qualified view does.
    Qualified,
}

/// Time a view must have played to be qualified, ms; see `openqoe_eng_view_qualified_total`.
const QUALIFIED: u32 = 30_000;

/// Name and labels of each term a session has a column for.
const COLUMNS: [(&str, &str, Column); 21] = [
    ("openqoe_startup_attempts_total", "", Column::Flag(flag::ATTEMPTED)),
    ("openqoe_startup_plays_total", "", Column::Flag(flag::STARTED)),
    ("openqoe_startup_failed_total", "", Column::Flag(flag::STARTUP_FAILED)),
    ("openqoe_startup_failed_total", "failure=\"technical\"", Column::Flag(flag::STARTUP_FAILED_TECHNICALLY)),
    ("openqoe_startup_exits_total", "", Column::Flag(flag::EXITED)),
    ("openqoe_playback_failed_total", "failure=\"technical\"", Column::Flag(flag::FAILED_TECHNICALLY)),
    ("openqoe_playback_playing_seconds_total", "", Column::Time(Wide::Playing)),
    ("openqoe_playback_stalled_seconds_total", "", Column::Time(Wide::Stalled)),
    ("openqoe_playback_rebuffers_total", "", Column::Narrow(Narrow::Rebuffers)),
    ("openqoe_abr_played_bytes_total", "", Column::Bytes(Bytes::Played)),
    ("openqoe_abr_media_seconds_total", "", Column::Time(Wide::Media)),
    ("openqoe_abr_switch_total", "", Column::Narrow(Narrow::Switches)),
    ("openqoe_playback_frames_dropped_total", "", Column::Wide(Wide::FramesDropped)),
    ("openqoe_playback_frames_decoded_total", "", Column::Wide(Wide::FramesDecoded)),
    ("openqoe_net_failed_total", "", Column::Narrow(Narrow::DownloadsFailed)),
    ("openqoe_net_segment_latency_seconds_count", "", Column::Wide(Wide::Downloads)),
    ("openqoe_net_download_bytes_total", "", Column::Bytes(Bytes::Downloaded)),
    ("openqoe_net_download_seconds_total", "", Column::Time(Wide::Downloading)),
    ("openqoe_eng_view_qualified_total", "", Column::Qualified),
    ("openqoe_ad_failed_total", "", Column::Narrow(Narrow::AdsFailed)),
    ("openqoe_ad_impression_total", "", Column::Narrow(Narrow::AdImpressions)),
];

/// The histogram a session has one value of.
const STARTUP: &str = "openqoe_startup_time_seconds";

/// How a KPI comes about from sessions.
#[derive(Clone)]
pub(super) enum Measure {
    /// `scale` x the sum of some columns / the sum of others. A proportion is one of sessions themselves: each counts 0 or 1.
    Ratio { part: Vec<Column>, whole: Vec<Column>, scale: f64, is_proportion: bool },
    /// A quantile of the startup times.
    Quantile { q: f64 },
    /// A column by the second of the time looked at.
    Rate { of: Column },
}

/// By KPI; `None` where sessions do not keep what it is made of.
static MEASURES: LazyLock<Vec<Option<Measure>>> =
    LazyLock::new(|| Kpi::ALL.iter().map(|kpi| measure_of(*kpi)).collect());

/// Whether Explore can say a KPI of sessions.
pub(crate) fn knows(kpi: Kpi) -> bool {
    measure(kpi).is_some()
}

pub(super) fn measure(kpi: Kpi) -> Option<&'static Measure> {
    MEASURES[kpi as usize].as_ref()
}

fn measure_of(kpi: Kpi) -> Option<Measure> {
    match &kpi.def().kind {
        KpiKind::Ratio { part, whole, scale } => {
            let (part, whole) = (columns(part)?, columns(whole)?);
            let is_yes_or_no = |column: &Column| matches!(column, Column::Flag(_) | Column::Qualified);
            let is_proportion = part.iter().chain(&whole).all(is_yes_or_no);
            Some(Measure::Ratio { part, whole, scale: *scale, is_proportion })
        }
        KpiKind::Quantile { q, of } => {
            (METRICS[KPI_HISTOGRAMS[*of].metric].name == STARTUP).then_some(Measure::Quantile { q: *q })
        }
        KpiKind::Rate { of } => columns(&[*of])?.first().map(|of| Measure::Rate { of: *of }),
        KpiKind::Level { .. } => None,
    }
}

fn columns(terms: &[usize]) -> Option<Vec<Column>> {
    let column = |term: &usize| {
        let def = &KPI_TERMS[*term];
        COLUMNS
            .iter()
            .find(|(name, labels, _)| (*name, *labels) == (def.name, def.labels))
            .map(|found| found.2)
    };
    terms.iter().map(column).collect()
}

impl Column {
    /// Adds each session's value to `out`, in the unit of the term.
    pub(super) fn add(self, chunk: &Chunk, rows: &[u16], out: &mut [f64]) {
        match self {
            Column::Flag(bits) => fill(rows, out, |at| f64::from(u8::from(chunk.flags[at] & bits == bits))),
            Column::Time(column) => {
                let values = chunk.wide(column);
                fill(rows, out, |at| f64::from(values[at]) / 1000.0);
            }
            Column::Wide(column) => {
                let values = chunk.wide(column);
                fill(rows, out, |at| f64::from(values[at]));
            }
            Column::Narrow(column) => {
                let values = chunk.narrow(column);
                fill(rows, out, |at| f64::from(values[at]));
            }
            Column::Bytes(column) => {
                let values = chunk.bytes(column);
                fill(rows, out, |at| values[at] as f64);
            }
            Column::Qualified => {
                let values = chunk.wide(Wide::Playing);
                fill(rows, out, |at| f64::from(u8::from(values[at] >= QUALIFIED)));
            }
        }
    }
}

fn fill(rows: &[u16], out: &mut [f64], value: impl Fn(usize) -> f64) {
    for (out, row) in out.iter_mut().zip(rows) {
        *out += value(usize::from(*row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_of_a_term_and_what_sessions_do_not_keep_is_told() {
        for (name, labels, _) in &COLUMNS {
            assert!(
                KPI_TERMS.iter().any(|term| (term.name, term.labels) == (*name, *labels)),
                "{name}{labels}"
            );
        }
        let unknown: Vec<&str> =
            Kpi::ALL.iter().filter(|kpi| !knows(**kpi)).map(|kpi| kpi.as_str()).collect();
        let expected =
            ["viewers", "live_latency_p50", "live_latency_p95", "seek_p95", "segment_p95", "ttfb_p95"];
        assert_eq!(unknown, expected);
    }
}
