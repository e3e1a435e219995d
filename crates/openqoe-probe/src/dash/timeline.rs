//! `SegmentTimeline` (ISO/IEC 23009-1, 5.3.9.6): runs of segments of equal length, walked without being unrolled.

use roxmltree::Node;

use super::is;

/// `S`: segments of one length, one after the other.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// When the first begins, in units of the timescale.
    time: u64,
    length: u64,
    /// How many; none is as many as there is room for.
    count: Option<u64>,
}

/// The runs of a timeline.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline(Vec<Run>);

/// One segment of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// Its place in the timeline, from 0.
    pub(super) index: u64,
    pub(super) time: u64,
    pub(super) length: u64,
}

impl Timeline {
    pub(super) fn read(node: Node<'_, '_>) -> Timeline {
        let mut runs: Vec<Run> = Vec::new();
        let mut time = 0_u64;
        for node in node.children().filter(|node| is(*node, "S")) {
            let number = |name| node.attribute(name).and_then(|text: &str| text.trim().parse::<u64>().ok());
            let Some(length) = number("d").filter(|length| *length > 0) else { continue };
            time = number("t").unwrap_or(time);
            let repeats = node.attribute("r").map_or("0", str::trim);
            let count = if repeats.starts_with('-') {
                None
            } else {
                Some(repeats.parse::<u64>().unwrap_or(0).saturating_add(1))
            };
            runs.push(Run { time, length, count });
            time = time.saturating_add(length.saturating_mul(count.unwrap_or(1)));
        }
        Timeline(runs)
    }

    /// Its segments from a time on; open runs end at the next one or at `end`.
    pub(super) fn from(&self, from: u64, end: u64) -> impl Iterator<Item = Slot> {
        let mut first = 0_u64;
        self.0.iter().enumerate().flat_map(move |(position, run)| {
            let bound = self.0.get(position + 1).map_or(end, |next| next.time);
            let room = bound.saturating_sub(run.time).div_ceil(run.length);
            let count = run.count.unwrap_or(room);
            let skipped = (from.saturating_sub(run.time) / run.length).min(count);
            let begin = first;
            first = first.saturating_add(count);
            (skipped..count).map(move |place| Slot {
                index: begin.saturating_add(place),
                time: run.time.saturating_add(place.saturating_mul(run.length)),
                length: run.length,
            })
        })
    }

    /// Where the last segment ends.
    pub(super) fn end(&self, end: u64) -> u64 {
        let last = self.0.last();
        let told = last.and_then(|run| Some(run.time.saturating_add(run.length.saturating_mul(run.count?))));
        told.unwrap_or(if last.is_some() { end } else { 0 })
    }

    /// The longest segment.
    pub(super) fn longest(&self) -> u64 {
        self.0.iter().map(|run| run.length).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(text: &str) -> Timeline {
        Timeline::read(roxmltree::Document::parse(text).unwrap().root_element())
    }

    #[test]
    fn runs_repeat_and_open_ones_end_somewhere() {
        let timeline =
            timeline(r#"<T><S t="10" d="2" r="2"/><S d="4" r="-1"/><S t="30" d="5"/><S d="0"/></T>"#);
        let slots: Vec<_> = timeline.from(13, 99).map(|slot| (slot.index, slot.time, slot.length)).collect();
        assert_eq!(
            slots,
            [(1, 12, 2), (2, 14, 2), (3, 16, 4), (4, 20, 4), (5, 24, 4), (6, 28, 4), (7, 30, 5)]
        );
        assert_eq!((timeline.end(99), timeline.longest()), (35, 5));
    }

    #[test]
    fn a_timeline_that_would_not_end_is_walked_as_far_as_asked() {
        let timeline = timeline(r#"<T><S t="0" d="1" r="18446744073709551614"/></T>"#);
        let slot = timeline.from(1 << 60, u64::MAX).next().unwrap();
        assert_eq!(slot, Slot { index: 1 << 60, time: 1 << 60, length: 1 });
    }
}
