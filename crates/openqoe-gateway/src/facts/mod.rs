//! Sessions as data: the figures and attributes of those that have ended, and of those going on, as columns in memory. The
//! archive on disk is the truth; this is what is counted over, in milliseconds rather than seconds.

mod badness;
mod chunk;
mod compare;
mod estimate;
mod explore;
mod filter;
mod live;
mod load;
mod measure;
mod scan;
mod search;
mod session_key;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::archive::Row;
use crate::config::Config;
pub(crate) use badness::badness;
use chunk::Fact;
pub(crate) use compare::{Compare, compare};
pub(crate) use explore::{Explore, Question, explore};
pub(crate) use filter::{Filter, dimension};
pub(crate) use live::{Live, Slice};
pub(crate) use measure::knows;
pub(crate) use scan::{Chunks, counts};
pub(crate) use search::{Cursor, Found, Search, Sort};
use table::{Lane, Table};

/// All sessions in memory.
pub(crate) struct Facts {
    tables: Mutex<BTreeMap<Box<str>, Table>>,
    /// Ended sessions kept, and live ones looked at.
    most: usize,
    /// Sessions last heard before this time (epoch ms) are forgotten.
    horizon: AtomicU64,
    /// Whether what was on disk at the start is here.
    is_loaded: AtomicBool,
    newest: live::Newest,
    /// Turns true when the gateway ends.
    closing: watch::Sender<bool>,
}

impl Facts {
    /// An empty one, bounded by `console.max_sessions`, and no more than the archive keeps.
    pub(crate) fn new(config: &Config) -> Arc<Facts> {
        let rows = usize::try_from(config.sessions.max_rows).unwrap_or(usize::MAX);
        Arc::new(Facts {
            tables: Mutex::default(),
            most: config.console.max_sessions.min(rows),
            horizon: AtomicU64::new(0),
            is_loaded: AtomicBool::new(true),
            newest: live::Newest::default(),
            closing: watch::Sender::new(false),
        })
    }

    /// Adds sessions that have ended. Beyond the limit the oldest go, of the tenant that has most.
    pub(crate) fn put<'a>(&self, rows: impl IntoIterator<Item = &'a Row>) {
        let mut tables = self.tables();
        for row in rows {
            put(&mut tables, row, Lane::New);
        }
        while tables.values().map(Table::rows).sum::<usize>() > self.most {
            let largest = tables.values_mut().max_by_key(|table| table.rows());
            if !largest.is_some_and(Table::forget_oldest) {
                break;
            }
        }
    }

    /// Forgets what was last heard before a time, epoch ms.
    pub(crate) fn forget_before(&self, before: u64) {
        self.horizon.store(before, Ordering::Release);
        let mut tables = self.tables();
        tables.values_mut().for_each(|table| table.forget_before(before));
        tables.retain(|_, table| table.rows() > 0);
    }

    /// The ended sessions of a tenant, to be read.
    pub(crate) fn ended(&self, tenant: &str) -> Chunks {
        self.tables().get(tenant).map(Table::chunks).unwrap_or_default()
    }

    /// The earliest time (epoch ms) of which anything is known.
    pub(crate) fn horizon(&self) -> u64 {
        self.horizon.load(Ordering::Acquire)
    }

    /// Whether what was on disk at the start is here.
    pub(crate) fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Acquire)
    }

    /// Ends what would go on for as long as somebody listens.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    fn tables(&self) -> MutexGuard<'_, BTreeMap<Box<str>, Table>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn put(tables: &mut BTreeMap<Box<str>, Table>, row: &Row, lane: Lane) {
    let Row { session_id, heard_at, attributes, summary, .. } = row;
    let fact = Fact { session_id, heard_at: *heard_at, attributes, summary };
    match tables.get_mut(&row.tenant) {
        Some(table) => table.put(&fact, lane),
        None => tables.entry(row.tenant.clone()).or_default().put(&fact, lane),
    }
}
