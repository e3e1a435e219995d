//! A host for tests: clocks that can sleep, a gateway that answers as told, a store in memory. What is sent is decoded by the
//! gateway's own decoder.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};

use openqoe_client::{
    Answer, AttributeValue, Client, Command, Consent, Now, Options, Random, Record, Request, Sample,
};
use openqoe_spec::{EventKind, SessionEnd};

pub(crate) const WALL: u64 = 1_763_688_000_000;
/// Monotonic clocks begin anywhere.
const BOOT: u64 = 7_000;

/// One draw after the other is the same; ids differ.
pub(crate) struct Chance(pub(crate) f64, pub(crate) AtomicU64);

impl Random for Chance {
    fn fraction(&self) -> f64 {
        self.0
    }
    fn bits(&self) -> u64 {
        let mut hash =
            self.1.fetch_add(1, Ordering::Relaxed).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash ^ (hash >> 27)
    }
}

/// What the gateway will say.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// `None` for never.
    pub(crate) answer: Option<Answer>,
    pub(crate) after: u64,
}

/// One body that left.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: u64,
    pub(crate) beacon: bool,
    pub(crate) body: serde_json::Value,
}

struct Pending {
    at: u64,
    id: u64,
    answer: Answer,
    /// Position in `sent`.
    sent: usize,
}

pub(crate) struct Host {
    pub(crate) client: Client,
    options: Options,
    fraction: f64,
    /// Of the course of events.
    pub(crate) at: u64,
    frozen: u64,
    slept: i64,
    /// Timers run again at this moment, after a freeze.
    thaws: u64,
    runs: u64,
    pub(crate) replies: VecDeque<Reply>,
    pending: Option<Pending>,
    timeout: Option<u64>,
    pub(crate) store: BTreeMap<String, Vec<u8>>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) warnings: Vec<String>,
    /// Positions in `sent` and the status they were answered with, as far as anybody heard it.
    pub(crate) outcomes: Vec<(usize, u16)>,
}

impl Host {
    pub(crate) fn new(options: Options, fraction: f64) -> Self {
        let client = Client::new(options.clone(), Box::new(Chance(fraction, AtomicU64::new(0)))).unwrap();
        let mut host = Self {
            client,
            options,
            fraction,
            at: 0,
            frozen: 0,
            slept: 0,
            thaws: 0,
            runs: 0,
            replies: VecDeque::new(),
            pending: None,
            timeout: None,
            store: BTreeMap::new(),
            sent: Vec::new(),
            warnings: Vec::new(),
            outcomes: Vec::new(),
        };
        host.call(|client, now| client.restore(now, &[]));
        host
    }

    pub(crate) fn now(&self) -> Now {
        let ran = self.at + self.frozen;
        let wall_ms = (WALL + ran).checked_add_signed(self.slept).unwrap();
        Now { monotonic_ms: BOOT + ran, wall_ms }
    }

    /// Does what the client says, also about what came of it.
    pub(crate) fn call(&mut self, action: impl FnOnce(&mut Client, Now) -> Vec<Command>) {
        let now = self.now();
        let commands = action(&mut self.client, now);
        for command in commands {
            match command {
                Command::Send(request) => self.send(request),
                Command::Beacon(request) => self.note(&request, true),
                Command::Store { records } => {
                    for record in records {
                        assert!(
                            record.key.len() <= 128 && record.bytes.len() <= openqoe_client::MAX_RECORD_BYTES
                        );
                        self.store.insert(record.key, record.bytes);
                    }
                }
                Command::Forget { keys } => self.store.retain(|key, _| !keys.contains(key)),
                Command::ForgetAll => self.store.clear(),
                Command::Warn { message } => self.warnings.push(message),
            }
        }
        assert!(self.store.len() <= 5_000, "{} records", self.store.len());
        self.deliver();
    }

    fn send(&mut self, request: Request) {
        let timed_out = self.timeout.is_some_and(|timeout| timeout <= self.now().monotonic_ms);
        assert!(self.pending.is_none() || timed_out, "two requests under way");
        self.timeout = Some(self.now().monotonic_ms + 30_000);
        self.note(&request, false);
        let fine = Reply { answer: Some(Answer { status: 200, ..Answer::default() }), after: 0 };
        let reply = self.replies.pop_front().unwrap_or(fine);
        let answer = reply.answer.unwrap_or_default();
        let never = if reply.after == u64::MAX { u64::MAX } else { self.at + reply.after };
        self.pending = Some(Pending { at: never, id: request.id, answer, sent: self.sent.len() - 1 });
    }

    fn note(&mut self, request: &Request, beacon: bool) {
        let native = &openqoe_ingest::PROTOCOLS[0];
        let decoded = native.read(request.body.as_bytes()).unwrap();
        assert_eq!((decoded.rejections.len(), decoded.warnings.len()), (0, 0), "{decoded:?}");
        assert_eq!(decoded.batches[0].sent_at, self.now().wall_ms);
        assert!((1..=200).contains(&decoded.accepted()));
        let body = serde_json::from_str(&request.body).unwrap();
        self.sent.push(Sent { at: self.at, beacon, body });
    }

    fn deliver(&mut self) {
        if let Some(Pending { id, answer, sent, .. }) = self.pending.take_if(|pending| pending.at <= self.at)
        {
            self.outcomes.push((sent, answer.status));
            self.call(|client, now| client.answer(now, id, &answer));
        }
    }

    /// Lets time pass until `at`, that moment included.
    pub(crate) fn run(&mut self, at: u64) {
        loop {
            let shift = BOOT + self.frozen;
            let tick = self.client.next_tick().map(|tick| tick.saturating_sub(shift).max(self.thaws));
            let answer = self.pending.as_ref().map(|pending| pending.at);
            let Some(next) = tick.into_iter().chain(answer).min().filter(|next| *next <= at) else { break };
            self.at = self.at.max(next);
            if answer.is_some_and(|answer| answer <= self.at) {
                self.deliver();
                continue;
            }
            self.call(|client, now| client.tick(now, Sample::default()));
        }
        self.at = at;
    }

    pub(crate) fn sleep(&mut self, ms: i64) {
        self.slept += ms;
    }

    /// Clocks go on, timers stand still; they run again a moment later.
    pub(crate) fn freeze(&mut self, ms: u64) {
        self.frozen += ms;
        self.thaws = self.at + 1;
    }

    /// The process dies without a word; another one starts with what was kept.
    pub(crate) fn restart(&mut self) {
        self.runs += 1;
        self.pending = None;
        let chance = Chance(self.fraction, AtomicU64::new(self.runs << 32));
        self.client = Client::new(self.options.clone(), Box::new(chance)).unwrap();
        let records: Vec<_> =
            self.store.iter().map(|(key, bytes)| Record { key: key.clone(), bytes: bytes.clone() }).collect();
        self.call(|client, now| client.restore(now, &records));
    }

    pub(crate) fn record(&mut self, event: EventKind) {
        self.call(|client, now| client.record(now, event));
    }

    pub(crate) fn record_happened(&mut self, event: EventKind, at: u64) {
        let at = at + self.frozen + BOOT;
        self.call(|client, now| client.record_at(now, event, at));
    }

    pub(crate) fn close(&mut self, reason: SessionEnd) {
        self.call(|client, now| client.close(now, reason));
    }

    pub(crate) fn describe(&mut self, values: Vec<AttributeValue>) {
        self.call(|client, _| client.describe(values));
    }

    pub(crate) fn consent(&mut self, consent: Consent) {
        self.call(|client, now| client.set_consent(now, consent));
    }
}
