//! The sessions of one tenant: chunks that are shared with whoever reads them, and where each session is.
//!
//! Readers take the chunks along and need no lock while they count. A chunk that is written to while somebody reads it is
//! copied first, which takes a fraction of a millisecond.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use hashbrown::HashTable;

use super::chunk::{Chunk, Fact, ROWS, flag};
use super::session_key::key;

/// Chunk and row in one number.
type Position = u32;

/// Sessions that end now and those read from disk fill chunks of their own: a chunk is forgotten as one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lane {
    New,
    Old,
}

#[derive(Default)]
pub(super) struct Table {
    /// By the upper part of a position; a place that is free is used again.
    chunks: Vec<Option<Arc<Chunk>>>,
    /// The chunks that are being filled, by lane.
    open: [Option<usize>; 2],
    index: HashTable<Position>,
    hasher: RandomState,
    rows: usize,
}

impl Table {
    /// Sessions in it.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// All there is, to be read.
    pub(super) fn chunks(&self) -> Vec<Arc<Chunk>> {
        self.chunks.iter().flatten().cloned().collect()
    }

    /// Adds a session. One that is there already is replaced, unless what is there was heard later.
    pub(super) fn put(&mut self, fact: &Fact<'_>, lane: Lane) {
        if !self.supersede(fact.session_id, fact.heard_at) {
            return;
        }
        let at = self.open[lane as usize].unwrap_or_else(|| self.begin(lane));
        let Some(chunk) = self.chunks[at].as_mut().map(Arc::make_mut) else { return };
        let row = chunk.push(fact);
        if chunk.is_full() {
            chunk.seal();
            self.open[lane as usize] = None;
        }
        self.rows += 1;
        let (position, hash) = (position(at, row), self.hash(key(fact.session_id).0));
        let Table { chunks, hasher, index, .. } = self;
        index.insert_unique(hash, position, |position| hasher.hash_one(key_at(chunks, *position)));
    }

    /// Lets go of a session that was heard before a time or at it; says whether none heard later is left.
    pub(super) fn supersede(&mut self, session_id: &str, heard_at: u64) -> bool {
        let (key, is_uuid) = key(session_id);
        let hash = self.hash(key);
        let chunks = &self.chunks;
        let same = |position: &Position| {
            let (at, row) = apart(*position);
            let Some(Some(chunk)) = chunks.get(at) else { return false };
            chunk.keys[usize::from(row)] == key && (is_uuid || chunk.name(row) == Some(session_id))
        };
        let Ok(found) = self.index.find_entry(hash, same) else { return true };
        let (at, row) = apart(*found.get());
        let known = chunks[at].as_ref().map_or(0, |chunk| chunk.heard_at[usize::from(row)]);
        if known > heard_at {
            return false;
        }
        found.remove();
        if let Some(chunk) = self.chunks[at].as_mut().map(Arc::make_mut) {
            chunk.flags[usize::from(row)] |= flag::GONE;
            self.rows -= 1;
        }
        true
    }

    /// When a session that has ended was last heard.
    pub(super) fn heard_at(&self, session_id: &str) -> Option<u64> {
        let (key, _) = key(session_id);
        let found = self.index.find(self.hash(key), |position| key_at(&self.chunks, *position) == key)?;
        let (at, row) = apart(*found);
        self.chunks[at].as_ref().map(|chunk| chunk.heard_at[usize::from(row)])
    }

    /// Forgets chunks in which nothing was heard since a time.
    pub(super) fn forget_before(&mut self, before: u64) {
        for at in 0..self.chunks.len() {
            if self.chunks[at].as_ref().is_some_and(|chunk| chunk.newest < before) {
                self.forget(at);
            }
        }
    }

    /// Forgets the chunk of those that were heard longest ago; says whether there was one.
    pub(super) fn forget_oldest(&mut self) -> bool {
        let chunks =
            self.chunks.iter().enumerate().filter_map(|(at, chunk)| Some((chunk.as_ref()?.newest, at)));
        let oldest = chunks.min();
        oldest.inspect(|(_, at)| self.forget(*at)).is_some()
    }

    fn forget(&mut self, at: usize) {
        let Some(chunk) = self.chunks[at].take() else { return };
        self.open.iter_mut().filter(|open| **open == Some(at)).for_each(|open| *open = None);
        for (row, key) in chunk.keys.iter().enumerate() {
            if chunk.flags[row] & flag::GONE != 0 {
                continue;
            }
            let own = position(at, row as u16);
            if let Ok(found) = self.index.find_entry(self.hash(*key), |position| *position == own) {
                found.remove();
                self.rows -= 1;
            }
        }
    }

    fn begin(&mut self, lane: Lane) -> usize {
        let chunk = Some(Arc::new(Chunk::new()));
        let at = match self.chunks.iter().position(Option::is_none) {
            Some(free) => {
                self.chunks[free] = chunk;
                free
            }
            None => {
                self.chunks.push(chunk);
                self.chunks.len() - 1
            }
        };
        self.open[lane as usize] = Some(at);
        at
    }

    fn hash(&self, key: u128) -> u64 {
        self.hasher.hash_one(key)
    }
}

fn position(chunk: usize, row: u16) -> Position {
    // Memory ends long before chunks cannot be numbered any more.
    u32::try_from(chunk * ROWS + usize::from(row)).unwrap_or(u32::MAX)
}

fn apart(position: Position) -> (usize, u16) {
    let (chunk, row) = (position as usize / ROWS, position as usize % ROWS);
    (chunk, row as u16)
}

fn key_at(chunks: &[Option<Arc<Chunk>>], position: Position) -> u128 {
    let (at, row) = apart(position);
    chunks.get(at).and_then(Option::as_ref).map_or(0, |chunk| chunk.keys[usize::from(row)])
}

#[cfg(test)]
mod tests {
    use openqoe_engine::Summary;
    use openqoe_spec::{Attribute, Attributes};

    use super::*;

    fn put(table: &mut Table, id: &str, heard_at: u64, asset: &str) {
        let mut attributes = Attributes::default();
        attributes.set(Attribute::AssetId, asset).unwrap();
        let summary = Summary { playing: 1000, ..Summary::default() };
        table.put(&Fact { session_id: id, heard_at, attributes: &attributes, summary: &summary }, Lane::New);
    }

    fn alive(table: &Table) -> usize {
        let flags = table.chunks();
        flags.iter().flat_map(|chunk| chunk.flags.clone()).filter(|flags| flags & flag::GONE == 0).count()
    }

    #[test]
    fn a_session_stands_there_once_and_the_later_counts() {
        let mut table = Table::default();
        put(&mut table, "a", 10, "x");
        let before = table.chunks();
        put(&mut table, "a", 30, "y");
        put(&mut table, "a", 20, "z");
        put(&mut table, "b", 20, "z");
        assert_eq!((table.rows(), alive(&table), table.heard_at("a")), (2, 2, Some(30)));
        assert_eq!(
            (before[0].len(), before[0].flags[0] & flag::GONE),
            (1, 0),
            "whoever reads has what there was"
        );
        assert!(!table.supersede("a", 29) && table.supersede("a", 30) && table.supersede("stranger", 0));
        assert_eq!((table.rows(), alive(&table), table.heard_at("a")), (1, 1, None));
    }

    #[test]
    fn the_oldest_chunks_go_and_their_places_are_used_again() {
        let mut table = Table::default();
        let many = 3 * ROWS + 10;
        for number in 0..many {
            put(&mut table, &format!("s{number}"), number as u64, "x");
        }
        assert_eq!((table.rows(), table.chunks().len()), (many, 4));
        assert!(table.forget_oldest());
        table.forget_before(2 * ROWS as u64);
        assert_eq!((table.rows(), table.chunks().len()), (ROWS + 10, 2));
        for number in 0..ROWS {
            put(&mut table, &format!("t{number}"), number as u64, "x");
        }
        assert_eq!((table.rows(), alive(&table), table.chunks.len()), (2 * ROWS + 10, 2 * ROWS + 10, 4));
        while table.forget_oldest() {}
        assert_eq!((table.rows(), table.index.len()), (0, 0));
    }

    #[test]
    fn a_session_takes_few_bytes() {
        let mut table = Table::default();
        for number in 0..ROWS {
            let id = format!("{number:08x}-6f0b-4a3e-9d55-2f6f0e1b7c11");
            put(&mut table, &id, number as u64, &format!("asset-{}", number % 1000));
        }
        let per_session = (table.chunks()[0].size() + 8 * table.index.capacity()) / ROWS;
        assert!(per_session < 180, "{per_session}");
    }

    #[test]
    fn values_beyond_the_room_are_told_as_such() {
        let mut table = Table::default();
        for number in 0..ROWS {
            put(&mut table, &number.to_string(), 0, &format!("{number:0120}"));
        }
        let chunk = &table.chunks()[0];
        let (values, codes) = chunk.values(Attribute::AssetId);
        assert_eq!(&*values[usize::from(codes[ROWS - 1])], super::super::chunk::OVERFLOW);
        assert!(values.iter().map(|value| value.len()).sum::<usize>() <= 64 * ROWS + 64);
    }
}
