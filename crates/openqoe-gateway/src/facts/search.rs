//! Finding sessions: those that are meant, in an order, page by page. A page ends with a key, and the next begins after it, so
//! that sessions which come in between shift nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::chunk::{Chunk, NO_TIME, Narrow, Wide};
use super::filter::Filter;
use super::session_key::{Prefix, prefix};

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Newest,
    Badness,
    Startup,
    Rebuffering,
    Errors,
}

impl Sort {
    /// By their names in the API.
    pub(crate) const ALL: [(&'static str, Sort); 5] = [
        ("newest", Sort::Newest),
        ("badness", Sort::Badness),
        ("startup", Sort::Startup),
        ("rebuffering", Sort::Rebuffering),
        ("errors", Sort::Errors),
    ];

    /// What a session is ordered by, most first.
    fn key(self, chunk: &Chunk, at: usize) -> u64 {
        match self {
            Sort::Newest => chunk.heard_at[at],
            Sort::Badness => chunk.badness[at].into(),
            // None is less than the shortest.
            Sort::Startup => match chunk.wide(Wide::Startup)[at] {
                NO_TIME => 0,
                ms => u64::from(ms) + 1,
            },
            Sort::Rebuffering => chunk.wide(Wide::Stalled)[at].into(),
            Sort::Errors => chunk.narrow(Narrow::Errors)[at].into(),
        }
    }
}

/// Where a page ends: the sort key, the time it was heard, the bytes of its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cursor(u64, u64, u128);

impl Cursor {
    pub(crate) fn text(self) -> String {
        format!("{:x}.{:x}.{:x}", self.0, self.1, self.2)
    }

    pub(crate) fn parse(text: &str) -> Option<Cursor> {
        let mut parts = text.split('.');
        let mut number = || u64::from_str_radix(parts.next()?, 16).ok();
        let (key, heard_at) = (number()?, number()?);
        let id = u128::from_str_radix(parts.next()?, 16).ok()?;
        parts.next().is_none().then_some(Cursor(key, heard_at, id))
    }
}

/// What is looked for.
pub(crate) struct Search {
    pub(crate) filter: Filter,
    /// The beginning of an id.
    pub(crate) id: String,
    pub(crate) sort: Sort,
    pub(crate) limit: usize,
    pub(crate) after: Option<Cursor>,
}

/// A session that was found: in which chunk and row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    pub(crate) cursor: Cursor,
    pub(crate) chunk: usize,
    pub(crate) row: u16,
}

/// One page.
pub(crate) struct Found {
    /// In order.
    pub(crate) hits: Vec<Hit>,
    /// All that match, on whatever page.
    pub(crate) matched: usize,
    pub(crate) next: Option<Cursor>,
}

impl Search {
    pub(crate) fn find(&self, chunks: &[Arc<Chunk>]) -> Found {
        let uuid = prefix(&self.id);
        let (mut rows, mut matched) = (Vec::new(), 0);
        // The worst of those kept is on top: the first to make room.
        let mut kept: BinaryHeap<Reverse<Hit>> = BinaryHeap::with_capacity(self.limit + 2);
        for (number, chunk) in chunks.iter().enumerate() {
            self.filter.select(chunk, &mut rows);
            if !self.id.is_empty() {
                rows.retain(|row| self.has_id(chunk, *row, uuid));
            }
            matched += rows.len();
            for row in &rows {
                let at = usize::from(*row);
                let cursor = Cursor(self.sort.key(chunk, at), chunk.heard_at[at], chunk.keys[at]);
                if self.after.is_some_and(|after| cursor >= after) {
                    continue;
                }
                // One more than the page, to know whether there is a next.
                if kept.len() <= self.limit || kept.peek().is_some_and(|least| cursor > least.0.cursor) {
                    kept.push(Reverse(Hit { cursor, chunk: number, row: *row }));
                    if kept.len() > self.limit + 1 {
                        kept.pop();
                    }
                }
            }
        }
        let mut hits: Vec<Hit> = kept.into_iter().map(|hit| hit.0).collect();
        hits.sort_unstable_by_key(|hit| Reverse(hit.cursor));
        let is_more = hits.len() > self.limit;
        hits.truncate(self.limit);
        let next = hits.last().filter(|_| is_more).map(|hit| hit.cursor);
        Found { hits, matched, next }
    }

    fn has_id(&self, chunk: &Chunk, row: u16, uuid: Option<Prefix>) -> bool {
        match chunk.name(row) {
            Some(name) => name.starts_with(&self.id),
            None => uuid.is_some_and(|uuid| uuid.covers(chunk.keys[usize::from(row)])),
        }
    }
}
