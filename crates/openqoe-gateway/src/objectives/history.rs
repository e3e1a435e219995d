//! How much two sums had grown by when: what an increase over any window up to 91 days is read from, in bounded memory.
//!
//! Points hold the sums since the beginning, not what was added, so that a lost point blurs a moment and falsifies nothing. There are
//! several rings of them, the finer the shorter. An increase is the difference of two values; a value between two points lies on
//! the line between them, so an increase is off by at most what was added within one step at the far edge of its window.

use std::collections::VecDeque;

/// Seconds, or events, that were bad and of which they are a part.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    pub(super) bad: f64,
    pub(super) total: f64,
}

/// The sums at a moment, epoch ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub(super) at: u64,
    pub(super) sums: Sums,
}

/// One ring.
pub(super) struct Level {
    /// Time between two points, ms; 0 keeps every sample.
    pub(super) step: u64,
    /// How far it reaches, ms.
    pub(super) span: u64,
}

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Of the windows people use, 5 minutes to 90 days, each has at least sixty steps of its ring. At one sample in five seconds a group
/// that never rests takes 3,000 points, 70 KB.
pub(super) const LEVELS: [Level; 4] = [
    Level { step: 0, span: 30 * MINUTE },
    Level { step: 30 * SECOND, span: 6 * HOUR },
    Level { step: 10 * MINUTE, span: 8 * DAY },
    Level { step: 3 * HOUR, span: 91 * DAY },
];
/// Points of one ring, whatever the clock does.
const MAX_POINTS: usize = 2048;

#[derive(Clone, Debug, Default)]
struct Ring {
    /// Ascending in time; the first is the latest that is older than the span, once there is one.
    points: VecDeque<Point>,
    /// Whether the last one has been moved since it was told of.
    moved: bool,
}

/// A point that is new in a ring, for whoever keeps them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct News {
    pub(super) level: usize,
    pub(super) point: Point,
}

/// The history of one pair of sums.
#[derive(Clone, Debug)]
pub(super) struct History {
    rings: [Ring; LEVELS.len()],
    now: Point,
}

impl History {
    /// One that begins with nothing.
    pub(super) fn new(at: u64) -> History {
        let origin = Point { at, sums: Sums::default() };
        let mut history = History { rings: Default::default(), now: origin };
        history.rings.iter_mut().for_each(|ring| ring.points.push_back(origin));
        history
    }

    /// The newest sample.
    pub(super) fn now(&self) -> Point {
        self.now
    }

    /// One that was kept: points by ring, each ascending. `None` when there is no point.
    pub(super) fn restored(kept: [Vec<Point>; LEVELS.len()]) -> Option<History> {
        let now = kept.iter().filter_map(|points| points.last()).max_by_key(|point| point.at).copied()?;
        let mut rings = kept.map(|points| Ring { points: points.into(), moved: false });
        rings.iter_mut().enumerate().for_each(|(level, ring)| ring.trim(level, now.at));
        Some(History { rings, now })
    }

    /// The time of its newest sample.
    pub(super) fn at(&self) -> u64 {
        self.now.at
    }

    /// Adds what has been counted since the sample before. A clock that goes back stands still.
    pub(super) fn add(&mut self, at: u64, grown: Sums, mut tell: impl FnMut(News)) {
        self.now.at = at.max(self.now.at);
        self.now.sums.bad += grown.bad;
        self.now.sums.total += grown.total;
        for (level, ring) in self.rings.iter_mut().enumerate() {
            ring.add(level, self.now, &mut tell);
        }
    }

    /// Goes on after nobody looked since the sample before: nothing was counted meanwhile.
    pub(super) fn resume(&mut self, stopped: u64, at: u64, mut tell: impl FnMut(News)) {
        self.now.at = self.now.at.max(stopped);
        let (before, after) = (self.now, Point { at: at.max(self.now.at), ..self.now });
        self.now = after;
        for (level, ring) in self.rings.iter_mut().enumerate() {
            for point in [before, after] {
                ring.push(level, point, &mut tell);
            }
            ring.trim(level, after.at);
        }
    }

    /// What was counted in the window that ends with the newest sample, ms. Before the beginning nothing was.
    pub(super) fn over(&self, window: u64) -> Sums {
        self.between(self.now.at.saturating_sub(window), self.now.at)
    }

    /// What was counted between two moments.
    pub(super) fn between(&self, from: u64, to: u64) -> Sums {
        let (before, after) = (self.by(from), self.by(to));
        Sums { bad: after.bad - before.bad, total: after.total - before.total }
    }

    /// The oldest moment anything is known about.
    pub(super) fn since(&self) -> u64 {
        let first = self.rings.iter().filter_map(|ring| ring.points.front()).map(|point| point.at);
        first.min().unwrap_or(self.now.at)
    }

    /// What had been counted by a moment, from the finest ring that reaches so far.
    fn by(&self, at: u64) -> Sums {
        let reaches = |ring: &&Ring| ring.points.front().is_some_and(|point| point.at <= at);
        if let Some(ring) = self.rings.iter().find(reaches) {
            return ring.by(at, self.now);
        }
        let oldest = self.rings.iter().filter_map(|ring| ring.points.front()).min_by_key(|point| point.at);
        oldest.map_or(self.now.sums, |point| point.sums)
    }
}

impl Ring {
    fn add(&mut self, level: usize, now: Point, tell: &mut impl FnMut(News)) {
        let Some(last) = self.points.back().copied() else { return self.push(level, now, tell) };
        if now.at.saturating_sub(last.at) < LEVELS[level].step.max(1) {
            return;
        }
        // While nothing is counted, one point that moves says it all.
        let rests = |before: &Point| before.sums == last.sums && last.sums == now.sums;
        if self.points.iter().nth_back(1).is_some_and(rests) {
            if let Some(last) = self.points.back_mut() {
                (last.at, self.moved) = (now.at, true);
            }
        } else {
            self.push(level, now, tell);
        }
        self.trim(level, now.at);
    }

    fn push(&mut self, level: usize, point: Point, tell: &mut impl FnMut(News)) {
        if std::mem::take(&mut self.moved)
            && let Some(last) = self.points.back()
        {
            tell(News { level, point: *last });
        }
        if self.points.back().is_none_or(|last| last.at < point.at) {
            self.points.push_back(point);
            tell(News { level, point });
        }
    }

    fn trim(&mut self, level: usize, now: u64) {
        let edge = now.saturating_sub(LEVELS[level].span);
        while self.points.get(1).is_some_and(|point| point.at <= edge) || self.points.len() > MAX_POINTS {
            self.points.pop_front();
        }
    }

    fn by(&self, at: u64, now: Point) -> Sums {
        let next = self.points.partition_point(|point| point.at <= at);
        let before = next.checked_sub(1).and_then(|index| self.points.get(index)).copied().unwrap_or(now);
        let after = self.points.get(next).copied().unwrap_or(now);
        let length = after.at.saturating_sub(before.at);
        if length == 0 {
            return before.sums;
        }
        let part = at.saturating_sub(before.at).min(length) as f64 / length as f64;
        let between = |before: f64, after: f64| before + (after - before) * part;
        Sums {
            bad: between(before.sums.bad, after.sums.bad),
            total: between(before.sums.total, after.sums.total),
        }
    }
}
