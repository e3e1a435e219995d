//! The streams of one tenant: what each said last, so that what it says next adds only what is new.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use openqoe_spec::ForeignPoint;

use super::series::Amount;

/// Delta points that are recognised should they come again; twice as many at most.
const MAX_RECENT: usize = 1 << 16;

/// What is known of a stream.
#[derive(Debug)]
pub(super) struct Stream {
    /// Position of its series.
    pub(super) series: usize,
    /// The sender's time of its last point, epoch ns.
    pub(super) at: u64,
    /// Our time of it, epoch ms.
    pub(super) heard: u64,
    pub(super) last: Amount,
}

/// All streams of a tenant.
#[derive(Debug)]
pub(super) struct Streams {
    pub(super) by_id: HashMap<u128, Stream>,
    /// A stream that began before this time, epoch ms, may be one that was followed before.
    pub(super) horizon: u64,
    pub(super) forgotten: u64,
    recent: [HashSet<u64>; 2],
}

impl Streams {
    /// None, and none known of before.
    pub(super) fn new(began: u64) -> Streams {
        Streams { by_id: HashMap::new(), horizon: began, forgotten: 0, recent: Default::default() }
    }

    /// Whether what a stream tells first was counted since we follow streams: it began, by the age it says it has, after whatever
    /// is not remembered any more.
    pub(super) fn is_whole(&self, point: &ForeignPoint, now: u64) -> bool {
        let age = (point.at - point.start.min(point.at)) / 1_000_000;
        point.start > 0 && now.saturating_sub(age) >= self.horizon
    }

    /// Makes room for one more: of those not heard of for longest, a tenth is forgotten.
    pub(super) fn make_room(&mut self, max: usize) {
        if self.by_id.len() < max {
            return;
        }
        let mut heard: Vec<u64> = self.by_id.values().map(|stream| stream.heard).collect();
        let share = (max / 10).min(heard.len() - 1);
        let (_, cutoff, _) = heard.select_nth_unstable(share);
        let (cutoff, mut room) = (*cutoff, share + 1);
        let before = self.by_id.len();
        self.by_id.retain(|_, stream| {
            let goes = room > 0 && stream.heard <= cutoff;
            room -= usize::from(goes);
            !goes
        });
        self.forgotten += (before - self.by_id.len()) as u64;
        self.horizon = self.horizon.max(cutoff);
    }

    /// Forgets those not heard of since a time, and those whose series is gone.
    pub(super) fn expire(&mut self, since: u64, is_gone: impl Fn(usize) -> bool) {
        let before = self.by_id.len();
        self.by_id.retain(|_, stream| stream.heard >= since && !is_gone(stream.series));
        if self.by_id.len() < before {
            self.horizon = self.horizon.max(since);
        }
    }

    /// Whether a delta point has not come before. Its stream and its interval tell, and what it says, for there may be several
    /// senders that say of themselves the same.
    pub(super) fn is_new(&mut self, point: &ForeignPoint, amount: &Amount) -> bool {
        let mut hasher = DefaultHasher::new();
        (point.stream, point.start, point.at).hash(&mut hasher);
        match amount {
            Amount::Number(value) => value.to_bits().hash(&mut hasher),
            Amount::Buckets(buckets) => (&buckets.counts, buckets.sum.to_bits()).hash(&mut hasher),
            Amount::Sparse(sparse) => (&sparse.positive, sparse.sum.to_bits()).hash(&mut hasher),
        }
        let key = hasher.finish();
        if self.recent.iter().any(|recent| recent.contains(&key)) {
            return false;
        }
        if self.recent[0].len() >= MAX_RECENT {
            self.recent.swap(0, 1);
            self.recent[0].clear();
        }
        self.recent[0].insert(key);
        true
    }
}
