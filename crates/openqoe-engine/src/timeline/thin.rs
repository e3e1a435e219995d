//! Keeps a timeline to what can be sent and seen. What is left out is counted, and is what says least.

use super::{Download, Mark, Timeline};

const MAX_POINTS: usize = 2000;
const MAX_DOWNLOADS: usize = 2000;
const MAX_MARKS: usize = 2000;
const MAX_BANDS: usize = 10_000;

pub(super) fn thin(timeline: &mut Timeline) {
    let mut left_out = 0;
    for points in [&mut timeline.buffer, &mut timeline.latency, &mut timeline.bitrate] {
        left_out += extremes(points);
    }
    let reports = timeline.reports.values_mut().map(|report| (&mut report.downloads, &mut report.marks));
    for (downloads, marks) in reports.chain([(&mut timeline.downloads, &mut timeline.marks)]) {
        left_out += first(downloads, MAX_DOWNLOADS, |Download { from, to, failed, .. }| {
            (u64::from(*failed), to - from)
        });
        left_out += first(marks, MAX_MARKS, |mark| (weight(mark), 0));
    }
    left_out += bands(timeline);
    timeline.left_out = left_out;
}

/// Of each stretch of points the lowest and the highest. Returns how many went.
fn extremes(points: &mut Vec<(u64, u64)>) -> u64 {
    let all = points.len();
    if all <= MAX_POINTS {
        return 0;
    }
    let stretch = all.div_ceil(MAX_POINTS / 2);
    let mut kept = Vec::with_capacity(MAX_POINTS);
    for points in points.chunks(stretch) {
        let lowest = points.iter().min_by_key(|point| point.1).copied();
        let highest =
            points.iter().max_by_key(|point| point.1).copied().filter(|point| Some(*point) != lowest);
        let mut pair: Vec<_> = lowest.into_iter().chain(highest).collect();
        pair.sort_unstable();
        kept.append(&mut pair);
    }
    *points = kept;
    (all - points.len()) as u64
}

/// The first so many by weight, in the order they were in. Returns how many went.
fn first<T>(items: &mut Vec<T>, most: usize, weight: impl Fn(&T) -> (u64, u64)) -> u64 {
    let all = items.len();
    if all <= most {
        return 0;
    }
    let mut order: Vec<usize> = (0..all).collect();
    order.sort_by_key(|place| std::cmp::Reverse(weight(&items[*place])));
    let mut keep = vec![false; all];
    order[..most].iter().for_each(|place| keep[*place] = true);
    let mut keep = keep.into_iter();
    items.retain(|_| keep.next().unwrap_or_default());
    (all - most) as u64
}

/// What is looked for first.
fn weight(mark: &Mark) -> u64 {
    match mark.kind {
        "failure" | "end" | "start" | "first_frame" => 4,
        "error" | "gap" => 3,
        "stall" => 2,
        "seek" | "pause" | "ad" => 1,
        _ => 0,
    }
}

/// Bands too short to be seen go to the one before them. Returns how many went.
fn bands(timeline: &mut Timeline) -> u64 {
    let bands = &mut timeline.bands;
    let all = bands.len();
    if all <= MAX_BANDS {
        return 0;
    }
    let mut lengths: Vec<u64> = bands.iter().map(|band| band.to - band.from).collect();
    lengths.sort_unstable();
    let shortest = lengths[all - MAX_BANDS];
    bands.dedup_by(|band, before| {
        let goes = band.phase == before.phase || band.to - band.from <= shortest;
        if goes {
            before.to = band.to;
        }
        goes
    });
    (all - bands.len()) as u64
}
