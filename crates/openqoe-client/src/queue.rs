//! Events wait here until the gateway has acknowledged them. Bounded, because a device may be offline for hours: what tells
//! least about the viewer's experience goes first, and what went is counted.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::session::Session;

/// Events recorded in this run that may wait.
pub(crate) const MAX_WAITING: usize = 2_000;
/// More would make one request slow to accept and to repeat.
const MAX_BATCH: usize = 200;

/// One event that waits.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its name in the queue.
    pub(crate) id: u64,
    pub(crate) session: Arc<Session>,
    pub(crate) seq: u64,
    /// The number of the set it happened under; no two sessions share one.
    pub(crate) set: u64,
    /// That set as JSON.
    pub(crate) attributes: Arc<str>,
    /// The event as JSON.
    pub(crate) text: Arc<str>,
    /// Whether this may go before anything else; never so for one of a run before, which is bounded where it is kept.
    pub(crate) expendable: bool,
    /// Whether the host keeps it.
    pub(crate) stored: bool,
    /// Whether it is of a run before.
    pub(crate) restored: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    entries: VecDeque<Entry>,
    fresh: usize,
}

/// Characters as JavaScript counts them, so that every SDK splits alike: at most three bytes of UTF-8 each.
fn characters(text: &str) -> usize {
    text.encode_utf16().count()
}

impl Queue {
    /// Adds what was recorded. Returns what had to make room.
    pub(crate) fn push(&mut self, entry: Entry) -> Option<Entry> {
        self.entries.push_back(entry);
        self.fresh += 1;
        if self.fresh <= MAX_WAITING {
            return None;
        }
        let oldest = |pick: fn(&Entry) -> bool| self.entries.iter().position(pick);
        let at = oldest(|entry| entry.expendable).or_else(|| oldest(|entry| !entry.restored));
        self.take(at?)
    }

    fn take(&mut self, at: usize) -> Option<Entry> {
        let gone = self.entries.remove(at)?;
        self.fresh -= usize::from(!gone.restored);
        Some(gone)
    }

    /// Puts entries of a run before in front.
    pub(crate) fn restore(&mut self, entries: Vec<Entry>) {
        for entry in entries.into_iter().rev() {
            self.entries.push_front(entry);
        }
    }

    /// Entries from position `from` on that fit one batch: one session, one set of attributes.
    pub(crate) fn batch(&self, from: usize, max_characters: usize) -> Vec<&Entry> {
        let mut found: Vec<&Entry> = Vec::new();
        let mut total = 0;
        for entry in self.entries.iter().skip(from).take(MAX_BATCH) {
            total += characters(&entry.text);
            let other = found.first().is_some_and(|first| first.set != entry.set);
            if other || (total > max_characters && !found.is_empty()) {
                break;
            }
            found.push(entry);
        }
        found
    }

    /// Forgets these. Returns those of them that still waited.
    pub(crate) fn remove(&mut self, ids: &BTreeSet<u64>) -> Vec<Entry> {
        let (gone, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.entries).into_iter().partition(|entry| ids.contains(&entry.id));
        self.entries = kept.into();
        self.fresh -= gone.iter().filter(|entry| !entry.restored).count();
        gone
    }

    /// Removes the oldest that the host keeps.
    pub(crate) fn remove_oldest_stored(&mut self) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.stored)?;
        self.take(at)
    }

    pub(crate) fn stored(&self) -> usize {
        self.entries.iter().filter(|entry| entry.stored).count()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
