//! Which columns of a session a term of a KPI is: the one table between the registry's names and what is kept of sessions.

use std::sync::LazyLock;

use openqoe_spec::metrics::VIEW;
use openqoe_spec::metrics::view::{Counter, Histogram};
use openqoe_spec::{
    AdPosition, Direction, DownloadKind, Failure, KPI_HISTOGRAMS, KPI_TERMS, Kpi, KpiKind, TermDef, TermOf,
};

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

/// Time a view must have played to be qualified, ms; see `Counter::EngViewQualified`.
const QUALIFIED: u32 = 30_000;

/// Which term is meant.
#[derive(Clone, Copy)]
enum Of {
    /// All of a counter, whatever its labels.
    All(Counter),
    /// The series of these labels.
    Only(Counter),
    /// How many values a histogram has, whatever its labels.
    Count(Histogram),
}

/// The terms a session has a column for.
const COLUMNS: [(Of, Column); 21] = [
    (Of::All(Counter::StartupAttempts), Column::Flag(flag::ATTEMPTED)),
    (Of::All(Counter::StartupPlays), Column::Flag(flag::STARTED)),
    (Of::All(Counter::StartupFailed(Failure::Technical)), Column::Flag(flag::STARTUP_FAILED)),
    (Of::Only(Counter::StartupFailed(Failure::Technical)), Column::Flag(flag::STARTUP_FAILED_TECHNICALLY)),
    (Of::All(Counter::StartupExits), Column::Flag(flag::EXITED)),
    (Of::Only(Counter::PlaybackFailed(Failure::Technical)), Column::Flag(flag::FAILED_TECHNICALLY)),
    (Of::All(Counter::PlaybackPlayingSeconds), Column::Time(Wide::Playing)),
    (Of::All(Counter::PlaybackStalledSeconds), Column::Time(Wide::Stalled)),
    (Of::All(Counter::PlaybackRebuffers), Column::Narrow(Narrow::Rebuffers)),
    (Of::All(Counter::AbrPlayedBytes), Column::Bytes(Bytes::Played)),
    (Of::All(Counter::AbrMediaSeconds), Column::Time(Wide::Media)),
    (Of::All(Counter::AbrSwitch(Direction::Up)), Column::Narrow(Narrow::Switches)),
    (Of::All(Counter::PlaybackFramesDropped), Column::Wide(Wide::FramesDropped)),
    (Of::All(Counter::PlaybackFramesDecoded), Column::Wide(Wide::FramesDecoded)),
    (Of::All(Counter::NetFailed(DownloadKind::Video)), Column::Narrow(Narrow::DownloadsFailed)),
    (Of::Count(Histogram::NetSegmentLatencySeconds(DownloadKind::Video)), Column::Wide(Wide::Downloads)),
    (Of::All(Counter::NetDownloadBytes(DownloadKind::Video)), Column::Bytes(Bytes::Downloaded)),
    (Of::All(Counter::NetDownloadSeconds(DownloadKind::Video)), Column::Time(Wide::Downloading)),
    (Of::All(Counter::EngViewQualified), Column::Qualified),
    (Of::All(Counter::AdFailed), Column::Narrow(Narrow::AdsFailed)),
    (Of::All(Counter::AdImpression(AdPosition::Pre)), Column::Narrow(Narrow::AdImpressions)),
];

impl Of {
    fn is(self, term: &TermDef) -> bool {
        let counter = |counter: Counter| VIEW.counters[counter.slot()].metric;
        match self {
            Of::All(of) => term.of == TermOf::Counter && term.labels.is_empty() && term.metric == counter(of),
            Of::Only(of) => {
                term.of == TermOf::Counter && !term.labels.is_empty() && term.slots == [of.slot()]
            }
            Of::Count(of) => {
                let metric = VIEW.histograms[of.slot()].metric;
                term.of == TermOf::HistogramCount && term.labels.is_empty() && term.metric == metric
            }
        }
    }
}

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
            // A session has one startup time; of other histograms it has many values, which it does not keep.
            let startup = VIEW.histograms[Histogram::StartupTimeSeconds.slot()].metric;
            (KPI_HISTOGRAMS[*of].metric == startup).then_some(Measure::Quantile { q: *q })
        }
        KpiKind::Rate { of } => columns(&[*of])?.first().map(|of| Measure::Rate { of: *of }),
        KpiKind::Level { .. } => None,
    }
}

fn columns(terms: &[usize]) -> Option<Vec<Column>> {
    let column =
        |term: &usize| COLUMNS.iter().find(|(of, _)| of.is(&KPI_TERMS[*term])).map(|(_, column)| *column);
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
        for (number, (of, _)) in COLUMNS.iter().enumerate() {
            let terms = KPI_TERMS.iter().filter(|term| of.is(term)).count();
            assert_eq!(terms, 1, "column {number}");
        }
        let unknown: Vec<&str> =
            Kpi::ALL.iter().filter(|kpi| !knows(**kpi)).map(|kpi| kpi.as_str()).collect();
        let expected =
            ["viewers", "live_latency_p50", "live_latency_p95", "seek_p95", "segment_p95", "ttfb_p95"];
        assert_eq!(unknown, expected);
    }
}
