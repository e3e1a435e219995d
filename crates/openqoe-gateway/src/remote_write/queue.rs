//! Requests waiting to be sent, oldest first: files in the data directory, or in memory when there is none. What the bounds
//! do not allow is dropped from the front and counted.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::RemoteWriteDrop as Reason;
use openqoe_spec::metrics::process::{Counter, Gauge};

use super::request::{About, Request};

use crate::push::Seldom;

const EXTENSION: &str = "push";
/// Compressed bytes held in memory, whatever the configuration allows for the disk.
const MAX_MEMORY: u64 = 64 << 20;

/// What bounds the queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) max_bytes: u64,
    pub(super) max_age: Duration,
}

/// The requests that wait.
#[derive(Debug)]
pub(super) struct Queue {
    /// `None` keeps everything in memory.
    folder: Option<PathBuf>,
    bounds: Bounds,
    waiting: VecDeque<Waiting>,
    totals: Totals,
    next: u64,
    /// The request that is being sent; it is not dropped meanwhile.
    under_way: Option<u64>,
    process: Arc<SharedRow<ProcessScope>>,
    drops: Seldom,
    errors: Seldom,
}

/// What waits, added up.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    samples: u64,
    bytes: u64,
    /// Of those bytes, the ones in memory.
    memory: u64,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    about: About,
    bytes: u64,
    /// `None` is in its file.
    memory: Option<Arc<Request>>,
}

impl Queue {
    /// Opens the queue, with what an earlier process left in the folder.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub(super) fn open(
        folder: Option<PathBuf>,
        bounds: Bounds,
        process: Arc<SharedRow<ProcessScope>>,
    ) -> Result<Queue, Error> {
        let (drops, errors) = (Seldom::default(), Seldom::default());
        let (waiting, totals) = (VecDeque::new(), Totals::default());
        let mut queue =
            Queue { folder, bounds, waiting, totals, next: 0, under_way: None, process, drops, errors };
        if let Some(folder) = queue.folder.clone() {
            std::fs::create_dir_all(&folder)?;
            for number in numbers(&folder)? {
                queue.next = number + 1;
                match Request::read_head(&queue.path(number)) {
                    Ok((about, bytes)) => queue.enter(Waiting { number, about, bytes, memory: None }),
                    Err(error) => queue.failed(number, &error),
                }
            }
        }
        Ok(queue)
    }

    /// Puts a request at the end. Where it cannot be written it waits in memory.
    pub(super) fn push(&mut self, request: Request, now: u64) {
        let number = self.next;
        self.next += 1;
        let (about, bytes) = (request.about, request.body.len() as u64);
        let written = self.folder.as_ref().map(|_| request.write(&self.path(number)));
        if let Some(Err(error)) = &written {
            self.count_error(&format!("a push waits in memory, for its file cannot be written: {error}"));
        }
        let memory = (!matches!(written, Some(Ok(())))).then(|| Arc::new(request));
        self.enter(Waiting { number, about, bytes, memory });
        self.keep_bounds(now);
    }

    /// The oldest request, with its number, for [`Queue::remove`].
    pub(super) fn first(&mut self, now: u64) -> Option<(u64, Arc<Request>)> {
        self.under_way = None;
        self.keep_bounds(now);
        loop {
            let first = self.waiting.front()?;
            let number = first.number;
            let read = match &first.memory {
                Some(request) => Ok(request.clone()),
                None => Request::read(&self.path(number)).map(Arc::new),
            };
            match read {
                Ok(request) => {
                    self.under_way = Some(number);
                    return Some((number, request));
                }
                Err(error) if !is_lasting(&error) => {
                    self.count_error(&format!("a file of the queue cannot be read: {error}"));
                    return None;
                }
                Err(error) => {
                    let samples = first.about.samples;
                    self.leave(0);
                    self.count_drop(Reason::Damaged, samples);
                    self.failed(number, &error);
                }
            }
        }
    }

    /// Takes the request out: it was sent, or will never be.
    pub(super) fn remove(&mut self, number: u64) {
        self.under_way = None;
        if let Some(position) = self.waiting.iter().position(|waiting| waiting.number == number) {
            self.take(position);
        }
    }

    /// Gives the request up because its body cannot be used.
    pub(super) fn discard(&mut self, number: u64, samples: u64) {
        self.count_drop(Reason::Damaged, samples);
        self.remove(number);
    }

    /// Writes what waits in memory, at the end of the process; how many samples cannot be kept.
    pub(super) fn persist(&mut self) -> u64 {
        let mut lost = 0;
        for position in 0..self.waiting.len() {
            let waiting = &self.waiting[position];
            let Some(request) = &waiting.memory else { continue };
            let written = self.folder.is_some() && request.write(&self.path(waiting.number)).is_ok();
            lost += if written { 0 } else { waiting.about.samples };
        }
        lost
    }

    /// Requests and samples waiting.
    pub(super) fn pending(&self) -> (usize, u64) {
        (self.waiting.len(), self.totals.samples)
    }

    /// Sets the gauges.
    pub(super) fn show(&self, now: u64) {
        let age = self.waiting.front().map_or(0, |first| now.saturating_sub(first.about.at));
        self.process.set(Gauge::RemoteWritePendingSamples, self.totals.samples as f64);
        self.process.set(Gauge::RemoteWritePendingRequests, self.waiting.len() as f64);
        self.process.set(Gauge::RemoteWritePendingBytes, self.totals.bytes as f64);
        self.process.set(Gauge::RemoteWriteOldestPendingAgeSeconds, age as f64);
    }

    /// Drops the oldest until the bounds hold.
    fn keep_bounds(&mut self, now: u64) {
        while let Some((position, reason)) = self.excess(now) {
            let samples = self.waiting[position].about.samples;
            self.count_drop(reason, samples);
            self.take(position);
        }
    }

    /// The request to be dropped next. What is in files makes no room in memory.
    fn excess(&self, now: u64) -> Option<(usize, Reason)> {
        let max_age = u64::try_from(self.bounds.max_age.as_millis()).unwrap_or(u64::MAX);
        let spared = usize::from(self.under_way.is_some());
        let first = self.waiting.get(spared)?;
        if first.about.at < now.saturating_sub(max_age) {
            Some((spared, Reason::TooOld))
        } else if self.totals.bytes > self.bounds.max_bytes {
            Some((spared, Reason::QueueFull))
        } else if self.totals.memory > MAX_MEMORY {
            let held = |(_, waiting): &(usize, &Waiting)| waiting.memory.is_some();
            let oldest = self.waiting.iter().enumerate().skip(spared).find(held);
            oldest.map(|(position, _)| (position, Reason::QueueFull))
        } else {
            None
        }
    }

    fn enter(&mut self, waiting: Waiting) {
        self.totals.samples = self.totals.samples.wrapping_add(waiting.about.samples);
        self.totals.bytes += waiting.bytes;
        self.totals.memory += if waiting.memory.is_some() { waiting.bytes } else { 0 };
        self.waiting.push_back(waiting);
    }

    fn leave(&mut self, position: usize) -> Option<Waiting> {
        let left = self.waiting.remove(position)?;
        // A damaged head may have said anything, so the sum may have wrapped and unwraps here.
        self.totals.samples = self.totals.samples.wrapping_sub(left.about.samples);
        self.totals.bytes -= left.bytes;
        self.totals.memory -= if left.memory.is_some() { left.bytes } else { 0 };
        Some(left)
    }

    /// Takes a request out, and its file.
    fn take(&mut self, position: usize) {
        let Some(taken) = self.leave(position) else { return };
        if taken.memory.is_none()
            && let Err(error) = std::fs::remove_file(self.path(taken.number))
        {
            self.count_error(&format!("a file of the queue cannot be removed: {error}"));
        }
    }

    /// A file that is no request is put out of the way.
    fn failed(&mut self, number: u64, error: &Error) {
        let path = self.path(number);
        self.count_error(&format!("{} cannot be used: {error}", path.display()));
        let _ = std::fs::remove_file(path);
    }

    fn count_drop(&mut self, reason: Reason, samples: u64) {
        self.process.count(Counter::RemoteWriteSamplesDropped(reason), samples as f64);
        if self.drops.is_due() {
            let reason = reason.as_str();
            tracing::warn!(reason, samples, "remote write: samples are dropped unsent; said once a minute");
        }
    }

    fn count_error(&mut self, what: &str) {
        self.process.count(Counter::RemoteWriteQueueErrors, 1.0);
        if self.errors.is_due() {
            tracing::error!("remote write: {what}; said once a minute");
        }
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.clone().unwrap_or_default().join(format!("{number:020}.{EXTENSION}"))
    }
}

/// Whether a file will be no better the next time; too many open files, say, is another matter.
fn is_lasting(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::NotFound | ErrorKind::UnexpectedEof)
}

/// The numbers of the files there are, ascending. What was not finished is removed.
fn numbers(folder: &Path) -> Result<Vec<u64>, Error> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some(EXTENSION) => {
                numbers.extend(path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok()))
            }
            Some("tmp") => std::fs::remove_file(path)?,
            _ => {}
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
mod tests;
