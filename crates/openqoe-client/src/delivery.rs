//! Carries queued events to the gateway: one request at a time, every event kept until it is acknowledged, and repeated as it
//! was. The gateway recognises repeats by (session, `seq`), so repeating is always safe and losing never is.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::answer::{Verdict, read, verdict};
use crate::host::{Answer, Command, Now, Random, Record, Request};
use crate::queue::{Entry, Queue};
use crate::retry::retry_delay;
use crate::session::Session;
use crate::store::{self, MAX_STORED, Unfit};
use crate::wire::encode_batch;

/// Characters of the events of one request.
const LARGE: usize = 100_000;
/// The same in the background and where the app goes.
const SMALL: usize = 15_000;
/// Bytes of all beacons of one leave-taking, as browsers have it.
const BEACON_BYTES: usize = 65_536;
const TIMEOUT_MS: u64 = 30_000;
/// A gateway that has heard nothing of a session for longer may have forgotten what it was told.
const REMEMBERED_MS: u64 = 60_000;

/// Events that were lost, by why. `Client::dropped` is their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The queue or the store was full.
    pub full: u64,
    /// Kept for longer than anybody cares.
    pub expired: u64,
    /// What came back from the store was no record of this client's, or its second one.
    pub damaged: u64,
    /// Larger than any event is, or not to be said in JSON.
    pub unspeakable: u64,
}

#[derive(Debug)]
struct InFlight {
    id: u64,
    entries: BTreeSet<u64>,
    session: Arc<Session>,
    attributes: Arc<str>,
    deadline: u64,
}

/// What the gateway was last told of a session and acknowledged.
#[derive(Debug)]
struct Told {
    session: Arc<Session>,
    attributes: Arc<str>,
    at: Now,
}

/// What the client has to know of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Settled {
    /// To nobody who still asks.
    Ignored,
    /// The batch is off the queue; the gateway asks for this weight, or for nothing.
    Done(Option<f64>),
    Failed,
    Gone,
}

#[derive(Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) commands: Vec<Command>,
    pub(crate) counts: Counts,
    queue: Queue,
    in_flight: Option<InFlight>,
    told: Option<Told>,
    failures: u32,
    retry_at: Option<u64>,
    entries: u64,
    requests: u64,
}

impl Delivery {
    pub(crate) fn warn(&mut self, message: impl Into<String>) {
        self.commands.push(Command::Warn { message: message.into() });
    }

    /// When something is due by itself, monotonic.
    pub(crate) fn due(&self) -> Option<u64> {
        let deadline = self.in_flight.as_ref().map(|request| request.deadline);
        let retry = self.retry_at.filter(|_| !self.queue.is_empty());
        deadline.into_iter().chain(retry).min()
    }

    /// Queues an event; while requests fail, it is kept by the host, too.
    pub(crate) fn push(&mut self, mut entry: Entry) {
        self.entries += 1;
        entry.id = self.entries;
        if let Some(gone) = self.queue.push(entry) {
            self.lose(&[gone]);
        }
        if self.failures > 0 {
            self.store();
        }
    }

    fn lose(&mut self, gone: &[Entry]) {
        if self.counts.full == 0 && !gone.is_empty() {
            self.warn("the queue is full; events are being dropped");
        }
        self.counts.full += gone.len() as u64;
        self.forget(gone);
    }

    fn forget(&mut self, gone: &[Entry]) {
        let stored = gone.iter().filter(|entry| entry.stored);
        let keys: Vec<_> = stored.map(|entry| store::key_of(&entry.session, entry.seq)).collect();
        if !keys.is_empty() {
            self.commands.push(Command::Forget { keys });
        }
    }

    /// Has the host keep whatever waits and is not kept yet.
    pub(crate) fn store(&mut self) {
        let mut records = Vec::new();
        for entry in self.queue.iter_mut().filter(|entry| !entry.stored) {
            entry.stored = true;
            records.extend(store::keep(entry));
        }
        if !records.is_empty() {
            self.commands.push(Command::Store { records });
        }
        let over = self.queue.stored().saturating_sub(MAX_STORED);
        let gone: Vec<_> = (0..over).filter_map(|_| self.queue.remove_oldest_stored()).collect();
        self.lose(&gone);
    }

    /// What learning completed: waiting events of that set get it, too.
    pub(crate) fn complete(&mut self, set: u64, attributes: &Arc<str>) {
        for entry in self.queue.iter_mut().filter(|entry| entry.set == set && !entry.restored) {
            entry.attributes = Arc::clone(attributes);
        }
    }

    /// Takes in what a run before left, and says whether that was anything to send. `set` numbers sets no session of this
    /// run has.
    pub(crate) fn restore(&mut self, records: &[Record], now: Now, mut set: impl FnMut() -> u64) -> bool {
        let mut found = Vec::new();
        let mut unfit = Vec::new();
        for record in records {
            match store::revive(record, now) {
                Ok(entry) => found.push(entry),
                Err(why) => {
                    unfit.push(record.key.clone());
                    match why {
                        Unfit::Damaged => self.counts.damaged += 1,
                        Unfit::Expired => self.counts.expired += 1,
                    }
                }
            }
        }
        if !unfit.is_empty() {
            self.commands.push(Command::Forget { keys: unfit });
        }
        found.sort_by(|one, other| (&one.session, one.seq).cmp(&(&other.session, other.seq)));
        let waiting: BTreeSet<_> =
            self.queue.iter().map(|entry| (entry.session.clone(), entry.seq)).collect();
        let all = found.len();
        found.dedup_by(|one, other| (&one.session, one.seq) == (&other.session, other.seq));
        found.retain(|entry| !waiting.contains(&(entry.session.clone(), entry.seq)));
        self.counts.damaged += (all - found.len()) as u64;
        let over = found.len().saturating_sub(MAX_STORED);
        let gone: Vec<_> = found.drain(..over).collect();
        self.lose(&gone);
        self.number(&mut found, &mut set);
        let any = !found.is_empty();
        self.queue.restore(found);
        any
    }

    fn number(&mut self, found: &mut [Entry], set: &mut impl FnMut() -> u64) {
        let mut before: Option<&Entry> = None;
        for entry in found {
            entry.set =
                before.filter(|before| store::alike(before, entry)).map_or_else(&mut *set, |same| same.set);
            self.entries += 1;
            entry.id = self.entries;
            before = Some(entry);
        }
    }

    /// Sends what waits, unless a request is under way or a retry is due later. What goes in the background may be the last
    /// that goes, so it goes in small pieces.
    pub(crate) fn flush(&mut self, now: Now, hidden: bool) {
        let free = self.in_flight.is_none() && self.retry_at.is_none();
        let batch = if free { self.queue.batch(0, if hidden { SMALL } else { LARGE }) } else { Vec::new() };
        let Some(first) = batch.first() else { return };
        let known = self.told.as_ref().is_some_and(|told| {
            told.session == first.session
                && told.attributes == first.attributes
                && now.since(told.at) <= REMEMBERED_MS
        });
        let attributes = if known { None } else { Some(&*first.attributes) };
        let texts = batch.iter().map(|entry| &*entry.text);
        let body = encode_batch(&first.session, attributes, texts, now.wall_ms);
        self.requests += 1;
        self.in_flight = Some(InFlight {
            id: self.requests,
            entries: batch.iter().map(|entry| entry.id).collect(),
            session: Arc::clone(&first.session),
            attributes: Arc::clone(&first.attributes),
            deadline: now.monotonic_ms.saturating_add(TIMEOUT_MS),
        });
        self.commands.push(Command::Send(Request { id: self.requests, body }));
    }

    /// What is due by now: a request that takes too long has failed, and a delay ends.
    pub(crate) fn tick(&mut self, now: Now, hidden: bool, random: &dyn Random) {
        if self.in_flight.as_ref().is_some_and(|request| request.deadline <= now.monotonic_ms) {
            self.fail(now, None, random);
        }
        if self.retry_at.is_some_and(|at| at <= now.monotonic_ms) {
            self.retry_at = None;
            self.flush(now, hidden);
        }
    }

    pub(crate) fn answer(
        &mut self,
        now: Now,
        hidden: bool,
        (id, answer): (u64, &Answer),
        random: &dyn Random,
    ) -> Settled {
        let Some(request) = self.in_flight.take_if(|request| request.id == id) else {
            return Settled::Ignored;
        };
        let verdict = verdict(answer.status);
        if verdict == Verdict::Failed {
            self.fail(now, answer.retry_after.as_deref(), random);
            return Settled::Failed;
        }
        let (hint, told) = read(answer, verdict);
        for message in told {
            self.warn(message);
        }
        if verdict == Verdict::Gone {
            return Settled::Gone;
        }
        self.failures = 0;
        let gone = self.queue.remove(&request.entries);
        self.forget(&gone);
        if verdict == Verdict::Acknowledged {
            self.told = Some(Told { session: request.session, attributes: request.attributes, at: now });
        }
        self.flush(now, hidden);
        Settled::Done(hint)
    }

    fn fail(&mut self, now: Now, retry_after: Option<&str>, random: &dyn Random) {
        self.in_flight = None;
        self.failures = self.failures.saturating_add(1);
        let delay = retry_delay(self.failures, random.fraction(), retry_after, now.wall_ms);
        self.retry_at = Some(now.monotonic_ms.saturating_add(delay));
        self.store();
    }

    /// Hands over whatever waits, as far as the budget goes, and says whether it went that far.
    pub(crate) fn beacon(&mut self, now: Now) -> bool {
        let (mut at, mut left) = (0, BEACON_BYTES);
        loop {
            let batch = self.queue.batch(at, SMALL);
            let Some(first) = batch.first() else { return true };
            let texts = batch.iter().map(|entry| &*entry.text);
            let body = encode_batch(&first.session, Some(&first.attributes), texts, now.wall_ms);
            let Some(rest) = left.checked_sub(body.len()) else { return false };
            (left, at) = (rest, at + batch.len());
            self.requests += 1;
            self.commands.push(Command::Beacon(Request { id: self.requests, body }));
        }
    }

    /// Whether the last request failed.
    pub(crate) fn failing(&self) -> bool {
        self.failures > 0
    }

    /// Everything is as if nothing had ever been recorded.
    pub(crate) fn discard(&mut self) {
        self.queue.clear();
        self.commands.push(Command::ForgetAll);
        (self.in_flight, self.told, self.retry_at, self.failures) = (None, None, None, 0);
    }
}
