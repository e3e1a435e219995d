//! What the origin did, request by request: the truth from outside the player, against which a player's report is judged.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::time::Instant;

const MAX_RECORDS: usize = 1000;
const MAX_PATH_CHARS: usize = 64;
/// What nginx logs when the client left before there was an answer.
const CLIENT_LEFT: u16 = 499;

/// One request, written when it is over.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Record {
    /// When it arrived, epoch ms.
    at: u64,
    /// The path below `/demo/media/{scope}/`.
    path: Box<str>,
    /// The status answered, 499 when the client left before.
    status: u16,
    /// Body bytes handed to the connection.
    bytes: u64,
    /// Arrival to first byte, absent when there was none.
    first_byte_ms: Option<u64>,
    /// Arrival to last byte, or to the client's leaving.
    duration_ms: u64,
}

/// The last requests of a scope, in the order in which they ended.
#[derive(Default)]
pub(crate) struct RequestLog {
    records: Mutex<VecDeque<Record>>,
}

impl RequestLog {
    /// A copy, oldest first.
    pub(crate) fn records(&self) -> Vec<Record> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn push(&self, record: Record) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() == MAX_RECORDS {
            records.pop_front();
        }
        records.push_back(record);
    }
}

/// A request in progress. It is logged when it is dropped, which happens however the request ends.
pub(crate) struct Visit {
    log: Arc<RequestLog>,
    began: Instant,
    record: Record,
}

impl Visit {
    /// A request that arrives now.
    pub(crate) fn begin(log: Arc<RequestLog>, path: &str) -> Self {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis);
        let path = path.chars().take(MAX_PATH_CHARS).collect::<String>().into_boxed_str();
        let record = Record { at, path, status: CLIENT_LEFT, bytes: 0, first_byte_ms: None, duration_ms: 0 };
        Self { log, began: Instant::now(), record }
    }

    /// The answer begins.
    pub(crate) fn answer(&mut self, status: u16) {
        self.record.status = status;
    }

    /// `count` more bytes of the body leave.
    pub(crate) fn deliver(&mut self, count: usize) {
        self.record.bytes += count as u64;
        let elapsed = millis(self.began.elapsed());
        self.record.first_byte_ms.get_or_insert(elapsed);
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.record.duration_ms = millis(self.began.elapsed());
        self.log.push(self.record.clone());
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_log_is_bounded_and_keeps_the_newest() {
        let log = Arc::new(RequestLog::default());
        for number in 0..MAX_RECORDS + 5 {
            Visit::begin(log.clone(), &number.to_string());
        }
        let records = log.records();
        assert_eq!(records.len(), MAX_RECORDS);
        assert_eq!((&*records[0].path, records[0].status), ("5", CLIENT_LEFT));
    }
}
