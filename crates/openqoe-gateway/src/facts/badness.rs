//! How bad a view was: one number from 0 (flawless) to 100 (it failed), and why. A pure function of the figures.
//!
//! Each reason has a strength from 0 to 1. They add up as chances do: 100 x (1 - product of (1 - strength)), so that two
//! middling reasons make a worse view than one, and none makes more than 100. docs/guide/explore.md has the table.

use openqoe_engine::Summary;
use openqoe_spec::Failure;

use crate::archive::mean_bitrate;

/// Below this strength a reason is not worth naming.
const NAMED: f64 = 0.02;
/// Frames and media time (ms) below which their shares say nothing.
const ENOUGH_FRAMES: u32 = 250;
const ENOUGH_MEDIA: u32 = 10_000;

/// How bad it was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Badness {
    /// 0 to 100, in tenths.
    pub(crate) score: f64,
    /// Worst first.
    pub(crate) reasons: Vec<&'static str>,
}

pub(crate) fn badness(summary: &Summary) -> Badness {
    let mut reasons = strengths(summary);
    let product: f64 = reasons.iter().map(|(_, strength)| 1.0 - strength).product();
    reasons.retain(|(_, strength)| *strength >= NAMED);
    reasons.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let score = (1000.0 * (1.0 - product)).round() / 10.0;
    Badness { score, reasons: reasons.into_iter().map(|(reason, _)| reason).collect() }
}

fn strengths(summary: &Summary) -> Vec<(&'static str, f64)> {
    let failed = [summary.startup_failure, summary.playback_failure].contains(&Some(Failure::Technical));
    let watched = f64::from(summary.playing) + f64::from(summary.stalled);
    let stalled = if watched > 0.0 { f64::from(summary.stalled) / watched } else { 0.0 };
    let dropped = f64::from(summary.frames_dropped) / f64::from(summary.frames_decoded.max(1));
    let dropped = if summary.frames_decoded >= ENOUGH_FRAMES { dropped } else { 0.0 };
    let bitrate = mean_bitrate(summary).filter(|_| summary.media >= ENOUGH_MEDIA);
    let startup = summary.startup.unwrap_or(if summary.is_started { 0 } else { summary.startup_wait });
    vec![
        ("failed", if failed { 1.0 } else { 0.0 }),
        ("exit_before_start", if summary.is_exit_before_start { 0.6 } else { 0.0 }),
        ("rebuffering", 0.8 * between(stalled, 0.0, 0.1)),
        ("slow_start", 0.5 * between(f64::from(startup), 2000.0, 10_000.0)),
        ("errors", 0.3 * between(f64::from(summary.errors), 0.0, 5.0)),
        ("dropped_frames", 0.4 * between(dropped, 0.01, 0.2)),
        ("low_bitrate", 0.2 * bitrate.map_or(0.0, |bitrate| between(-(bitrate as f64), -1e6, -2e5))),
    ]
}

/// Where a value is on the way from one end to the other, 0 to 1.
fn between(value: f64, from: f64, to: f64) -> f64 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        let good = Summary { is_started: true, startup: Some(800), playing: 60_000, ..Summary::default() };
        let cases = [
            (Summary::default(), 0.0, vec![]),
            (good.clone(), 0.0, vec![]),
            (Summary { playback_failure: Some(Failure::Technical), ..good.clone() }, 100.0, vec!["failed"]),
            (Summary { startup_failure: Some(Failure::Business), ..Summary::default() }, 0.0, vec![]),
            (Summary { stalled: 3158, ..good.clone() }, 40.0, vec!["rebuffering"]),
            (Summary { stalled: 60_000, ..good.clone() }, 80.0, vec!["rebuffering"]),
            (
                Summary { stalled: 60_000, startup: Some(10_000), ..good.clone() },
                90.0,
                vec!["rebuffering", "slow_start"],
            ),
            (Summary { errors: 1, ..good.clone() }, 6.0, vec!["errors"]),
            (Summary { frames_decoded: 100, frames_dropped: 90, ..good.clone() }, 0.0, vec![]),
            (
                Summary { frames_decoded: 1000, frames_dropped: 500, ..good.clone() },
                40.0,
                vec!["dropped_frames"],
            ),
            (Summary { media: 60_000, played_bytes: 1_500_000, ..good }, 20.0, vec!["low_bitrate"]),
            (
                Summary { is_exit_before_start: true, startup_wait: 6000, ..Summary::default() },
                70.0,
                vec!["exit_before_start", "slow_start"],
            ),
        ];
        for (summary, score, reasons) in cases {
            assert_eq!(badness(&summary), Badness { score, reasons }, "{summary:?}");
        }
    }

    #[test]
    fn worse_figures_never_make_a_better_view() {
        let mut last = 0.0;
        for step in 0..200 {
            let summary =
                Summary { playing: 100_000, stalled: 100 * step, errors: step as u16, ..Summary::default() };
            let score = badness(&summary).score;
            assert!((last..=100.0).contains(&score), "{step}: {last} -> {score}");
            last = score;
        }
    }
}
