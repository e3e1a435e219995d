//! The client a host talks to: the life of sessions as player and app come and go, and what becomes of time.

use openqoe_spec::{Attribute, EventKind, LatencyClock, SessionEnd};

use crate::attributes::{AttributeBook, Described};
use crate::delivery::{Counts, Delivery, Settled};
use crate::host::{Answer, Command, Now, Random, Record, Sample};
use crate::options::{AttributeValue, Consent, Error, Options};
use crate::queue::Entry;
use crate::sampler::Sampler;
use crate::session::Open;
use crate::viewer::{hash_viewer, origin_of};
use crate::wire::cut_text;

/// Long enough to make one batch of a burst, short enough for a live dashboard.
const SOON_MS: u64 = 200;
/// A heartbeat that is late by more was kept from running: the device slept or the app was frozen.
const SILENCE_MS: u64 = 50_000;

// Bindings keep it behind a lock, on whatever thread.
const _: fn() = || {
    fn sendable<T: Send>() {}
    sendable::<Client>();
};

/// One reporter. Every method says what the host has to do now; [`next_tick`](Self::next_tick) says when to call again.
pub struct Client {
    options: Options,
    random: Box<dyn Random>,
    attributes: AttributeBook,
    delivery: Delivery,
    sampler: Sampler,
    open: Option<Open>,
    hidden: bool,
    /// When what is urgent is sent, monotonic.
    soon_at: Option<u64>,
    /// Whether the viewer left with a session open: if they come back, so does it.
    parked: bool,
    /// Whether a session would be open if that were allowed.
    wanted: bool,
    /// Whether the gateway wants nothing any more.
    stopped: bool,
}

impl Client {
    /// A client with no session.
    ///
    /// # Errors
    /// When the options cannot work.
    pub fn new(mut options: Options, random: Box<dyn Random>) -> Result<Self, Error> {
        let Some(origin) = origin_of(&options.endpoint) else {
            return Err(Error::Endpoint(options.endpoint));
        };
        if options.heartbeat_ms < 1_000 {
            return Err(Error::Heartbeat(options.heartbeat_ms));
        }
        let viewer = options.viewer_id.take().filter(|id| !id.is_empty());
        let mut known = vec![AttributeValue {
            attribute: Attribute::SdkVersion,
            value: env!("CARGO_PKG_VERSION").into(),
        }];
        known.extend(viewer.map(|id| AttributeValue {
            attribute: Attribute::ViewerIdHash,
            value: hash_viewer(&id, &origin),
        }));
        known.append(&mut options.attributes);
        let mut client = Self {
            sampler: Sampler::new(random.fraction()),
            options,
            random,
            attributes: AttributeBook::default(),
            delivery: Delivery::default(),
            open: None,
            hidden: false,
            soon_at: None,
            parked: false,
            wanted: false,
            stopped: false,
        };
        client.learn(known);
        Ok(client)
    }

    /// The id of the open session; the console of the gateway finds the session by it.
    pub fn session_id(&self) -> Option<String> {
        self.open.as_ref().map(|open| open.session.id.clone())
    }

    /// A `traceparent` header (W3C Trace Context) for the app's own requests of this session.
    pub fn traceparent(&self) -> Option<String> {
        self.open.as_ref().map(|open| open.traceparent(&*self.random))
    }

    /// Events lost.
    pub fn dropped(&self) -> u64 {
        let Counts { full, expired, damaged, unspeakable } = self.counts();
        full + expired + damaged + unspeakable
    }

    /// Events lost, by why.
    pub fn counts(&self) -> Counts {
        self.delivery.counts
    }

    /// When [`tick`](Self::tick) is to be called, on the monotonic clock. Changes with every call of any method.
    pub fn next_tick(&self) -> Option<u64> {
        let beat = self.open.as_ref().map(|open| open.beat_at);
        beat.into_iter().chain(self.soon_at).chain(self.delivery.due()).min()
    }

    /// Takes in what the host has kept, once, at the start, also when it is nothing. Where several processes share a store, one of them does this
    /// at a time.
    pub fn restore(&mut self, now: Now, records: &[Record]) -> Vec<Command> {
        if self.silent() {
            self.delivery.discard();
            return self.commands();
        }
        // Counted down, the sets of this run are counted up.
        let mut set = u64::MAX;
        let any = self.delivery.restore(records, now, || {
            set -= 1;
            set
        });
        if any {
            self.delivery.flush(now, self.hidden);
        }
        self.commands()
    }

    /// Opens a session, unless one is open.
    pub fn open(&mut self, now: Now) -> Vec<Command> {
        self.begin(now, false);
        self.commands()
    }

    /// Ends the session and sends what waits.
    pub fn close(&mut self, now: Now, reason: SessionEnd) -> Vec<Command> {
        self.end(now, reason);
        self.flush(now);
        self.commands()
    }

    /// Takes an event that happened now. Without a session it is nobody's.
    pub fn record(&mut self, now: Now, event: EventKind) -> Vec<Command> {
        self.record_at(now, event, now.monotonic_ms)
    }

    /// Takes an event that happened at `at` on the monotonic clock.
    pub fn record_at(&mut self, now: Now, event: EventKind, at: u64) -> Vec<Command> {
        match event {
            EventKind::SessionStart => return self.open(now),
            EventKind::SessionEnd { reason } => return self.close(now, reason),
            EventKind::Visibility { hidden } => return self.visibility(now, hidden),
            _ if self.open.is_none() && !self.silent() => {
                self.delivery.warn(format!("{} ignored: no session is open", event.name()));
            }
            _ => self.note(now, event, at),
        }
        self.commands()
    }

    /// Adds or changes what is known; a changed value holds from the next event on.
    pub fn describe(&mut self, values: Vec<AttributeValue>) -> Vec<Command> {
        self.learn(values);
        self.commands()
    }

    /// The app went to the background, or came back.
    pub fn visibility(&mut self, now: Now, hidden: bool) -> Vec<Command> {
        self.wake(now);
        self.hidden = hidden;
        self.note(now, EventKind::Visibility { hidden }, now.monotonic_ms);
        if hidden {
            self.flush(now);
        }
        self.commands()
    }

    /// The app or page goes, perhaps for good: ends the session and hands over what waits.
    pub fn leave(&mut self, now: Now, offline: bool) -> Vec<Command> {
        self.parked = self.open.is_some();
        self.end(now, SessionEnd::PageHide);
        if !self.silent() {
            let all = self.delivery.beacon(now);
            // Nobody will say whether a beacon arrived; where that can be doubted, the next run sends it again.
            if offline || !all || self.delivery.failing() {
                self.delivery.store();
            }
        }
        self.commands()
    }

    /// It came back with all its state. Playback that goes on has no startup to measure, so the session of what follows
    /// passes through the background.
    pub fn come_back(&mut self, now: Now) -> Vec<Command> {
        if std::mem::take(&mut self.parked) {
            self.begin(now, true);
        }
        self.flush(now);
        self.commands()
    }

    /// Consent given or taken back. What was recorded before it was taken back is forgotten, never sent.
    pub fn set_consent(&mut self, now: Now, consent: Consent) -> Vec<Command> {
        let before = self.silent();
        self.options.consent = consent;
        match (before, self.silent()) {
            (false, true) => {
                self.abandon();
                self.attributes.renew();
            }
            (true, false) if self.wanted => self.begin(now, false),
            _ => {}
        }
        self.commands()
    }

    /// Lets time pass: heartbeats, what is sent soon, what is tried again.
    pub fn tick(&mut self, now: Now, sample: Sample) -> Vec<Command> {
        self.delivery.tick(now, self.hidden, &*self.random);
        if self.soon_at.is_some_and(|at| at <= now.monotonic_ms) {
            self.flush(now);
        }
        if self.open.as_ref().is_some_and(|open| open.beat_at <= now.monotonic_ms) {
            self.beat(now, sample);
        }
        self.commands()
    }

    /// Takes what came of a request.
    pub fn answer(&mut self, now: Now, id: u64, answer: &Answer) -> Vec<Command> {
        match self.delivery.answer(now, self.hidden, (id, answer), &*self.random) {
            Settled::Done(hint) => self.sampler.heed(hint),
            Settled::Gone => {
                self.abandon();
                self.stopped = true;
            }
            Settled::Failed | Settled::Ignored => {}
        }
        self.commands()
    }

    fn commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.delivery.commands)
    }

    fn silent(&self) -> bool {
        self.stopped || self.options.silent()
    }

    fn abandon(&mut self) {
        self.open = None;
        self.soon_at = None;
        self.delivery.discard();
    }

    fn flush(&mut self, now: Now) {
        self.soon_at = None;
        self.delivery.flush(now, self.hidden);
    }

    fn begin(&mut self, now: Now, restored: bool) {
        self.wanted = true;
        if self.silent() || self.open.is_some() {
            return;
        }
        self.open = Some(Open::new(now, self.options.heartbeat_ms, &*self.random));
        self.sampler.restart();
        self.note(now, EventKind::SessionStart, now.monotonic_ms);
        if restored || self.hidden {
            self.note(now, EventKind::Visibility { hidden: true }, now.monotonic_ms);
        }
        if restored && !self.hidden {
            self.note(now, EventKind::Visibility { hidden: false }, now.monotonic_ms);
        }
    }

    fn end(&mut self, now: Now, reason: SessionEnd) {
        self.wanted = false;
        self.note(now, EventKind::SessionEnd { reason }, now.monotonic_ms);
        self.open = None;
        self.soon_at = None;
        self.attributes.renew();
    }

    fn learn(&mut self, mut values: Vec<AttributeValue>) {
        if self.options.anonymous() {
            values.retain(|value| value.attribute != Attribute::ViewerIdHash);
        }
        let delivery = &mut self.delivery;
        let described = self.attributes.merge(&values, |message| delivery.warn(message));
        if described == Described::Completed {
            let (set, text) = self.attributes.current();
            self.delivery.complete(set, &text);
        }
    }

    fn beat(&mut self, now: Now, sample: Sample) {
        let Sample { buffer_ms, latency_ms, latency_clock, frames_decoded, frames_dropped } = sample;
        let latency_clock = latency_clock.unwrap_or(LatencyClock::Player);
        let event =
            EventKind::Heartbeat { buffer_ms, latency_ms, latency_clock, frames_decoded, frames_dropped };
        self.note(now, event, now.monotonic_ms);
        let steady = self.sampler.steady(now.monotonic_ms);
        let Some(open) = &mut self.open else { return };
        open.seen = (now, open.clock.elapsed(now));
        // After a silence the next beat is one interval from here; otherwise the grid is kept.
        let next = open.beat_at.saturating_add(self.options.heartbeat_ms);
        let missed = next <= now.monotonic_ms;
        open.beat_at = if missed { now.monotonic_ms.saturating_add(self.options.heartbeat_ms) } else { next };
        open.held = steady && !open.held;
        if !open.held {
            self.flush(now);
        }
    }

    /// An event of the open session, after what time itself has to tell.
    fn note(&mut self, now: Now, event: EventKind, at: u64) {
        self.wake(now);
        let Some(open) = &mut self.open else { return };
        let ago = now.monotonic_ms.saturating_sub(at);
        let t = open.clock.elapsed(now).saturating_sub(ago);
        self.stamp(now, event, t);
    }

    /// Where nothing ran for long, nobody watched: the engine is told so as if the app had gone to the background when it
    /// was last seen.
    fn wake(&mut self, now: Now) {
        let Some(open) = &mut self.open else { return };
        if now.since(open.seen.0) <= SILENCE_MS.saturating_add(self.options.heartbeat_ms) {
            return;
        }
        let elapsed = open.clock.elapsed(now);
        let (_, seen) = std::mem::replace(&mut open.seen, (now, elapsed));
        self.stamp(now, EventKind::Visibility { hidden: true }, seen);
        if !self.hidden {
            self.stamp(now, EventKind::Visibility { hidden: false }, elapsed);
        }
    }

    fn stamp(&mut self, now: Now, mut event: EventKind, t: u64) {
        let Some(open) = &mut self.open else { return };
        cut_text(&mut event);
        if !self.sampler.admit(&mut event, now.monotonic_ms) {
            return;
        }
        let name = event.name();
        let Some((seq, text)) = open.stamp(&event, t) else {
            self.delivery.counts.unspeakable += 1;
            self.delivery.warn(format!("{name} ignored: it cannot be said in JSON, or not shortly enough"));
            return;
        };
        let (set, attributes) = self.attributes.current();
        self.delivery.push(Entry {
            id: 0,
            session: std::sync::Arc::clone(&open.session),
            seq,
            set,
            attributes,
            text: text.into(),
            expendable: matches!(name, "heartbeat" | "download"),
            stored: false,
            restored: false,
        });
        if ["play", "stall", "error", "ended", "rendition"].iter().any(|urgent| name.starts_with(urgent)) {
            self.soon_at.get_or_insert(now.monotonic_ms.saturating_add(SOON_MS));
        }
    }
}
