//! All sessions of one shard: batches in, measurements and outcomes out, time-outs when told the time.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use openqoe_spec::{Attributes, Batch, LabelSetId, Labels, Numbering, Outcome, Recorder, Rejected, Shed};

use crate::admission::{admit, emit, give_in, give_up};
use crate::census::{Census, Stats};
use crate::checkpoint::{self, RestoreError};
use crate::config::Config;
use crate::ledger::{Ended, Ledger, Source};
use crate::sessions::{Open, Place, Session, Sessions, Waiting};

/// A batch, and what the gateway knows about its arrival.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// Whose it is.
    pub tenant: &'a str,
    /// For the ledger.
    pub source: Source,
    /// Epoch ms on the gateway's clock.
    pub received_at: u64,
    /// Where the batch stands in the journal: the gateway's affair, passed through.
    pub place: u64,
    /// The batch itself.
    pub batch: Batch,
}

/// The sessions of one shard.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    sessions: Sessions,
    waiting: usize,
    census: Census,
    /// `tenant/session_id` of the batch at hand, kept for its allocation.
    key: String,
}

impl Engine {
    /// An engine without sessions.
    pub fn new(config: Config) -> Engine {
        Engine {
            config,
            sessions: Sessions::default(),
            waiting: 0,
            census: Census::default(),
            key: String::new(),
        }
    }

    /// An engine as it was when [`Engine::save`] wrote it: what it is told from then on has the same consequences. Label
    /// sets are those of the table that was saved with it; sources are numbers to the engine, so they must still mean the
    /// same to the ledger. The limits and time-outs may be others.
    ///
    /// # Errors
    /// When the bytes are no checkpoint, were written by another version of it, are damaged, or contradict themselves.
    pub fn restore(config: Config, bytes: &[u8]) -> Result<Engine, RestoreError> {
        let sessions = checkpoint::restore(bytes)?;
        let census = sessions.census();
        let waiting = census.tenants().map(|(_, stats)| stats.waiting).sum();
        Ok(Engine { config, sessions, waiting, census, key: String::new() })
    }

    /// Everything it holds, for [`Engine::restore`]. Equal engines may give unequal bytes.
    pub fn save(&self) -> Vec<u8> {
        checkpoint::save(&self.sessions)
    }

    /// Takes a batch in. Every event gets its outcome now, or later in [`Engine::expire`] when it has to wait.
    pub fn apply<R: Recorder + Labels>(
        &mut self,
        arrival: Arrival<'_>,
        recorder: &mut R,
        ledger: &mut impl Ledger,
    ) {
        let Arrival { tenant, source, received_at, place: stands, batch } = arrival;
        let Some((place, first_said)) = self.session(tenant, source, &batch, recorder, ledger) else {
            for _ in &batch.events {
                ledger.outcome(tenant, source, Outcome::Shed(Shed::SessionLimit));
            }
            return;
        };
        let origin = batch.origin(received_at);
        let Some(session) = self.sessions.get(place) else { return };
        if session.heard_at == 0 {
            (session.began_at, session.source) = (origin, source);
            session.sequence.begin(source.numbering(), batch.events.first());
            if source.numbering() == Numbering::Records && is_past(&batch, origin, received_at, &self.config)
            {
                session.view.note_past();
            }
        } else if session.source != source {
            join(session, source, origin, received_at, &batch, ledger);
            return;
        }
        let set = (!batch.attributes.is_empty()).then_some(session.newest_set);
        if session.heard_at == 0 || set.is_some() {
            session.batch = stands;
        }
        session.heard_at = session.heard_at.max(received_at);
        // Those who do not know when their session began are taken by their own clock until the first event is known.
        let base = if source.numbering() == Numbering::Records { batch.started_at } else { 0 };
        let (was_over, were_waiting) = (session.view.is_over(), self.waiting);
        for mut event in batch.events {
            let at = origin.saturating_add(event.t).min(received_at);
            event.t += base;
            let waiting = Waiting { event, set, source, at, received_at };
            self.waiting = admit(session, waiting, self.waiting, &self.config, recorder, ledger);
        }
        if first_said && session.sequence.waiting() == 0 {
            // It may have come too late for all of its events, but not for what follows them.
            session.held_set = Some(session.newest_set);
        }
        self.after(place, was_over, were_waiting, ledger);
    }

    /// Lets time pass: ends silent views, gives up on lost events, forgets what ended long ago. `now` is epoch ms. Says
    /// whether that changed anything but timers.
    pub fn expire<R: Recorder>(&mut self, now: u64, recorder: &mut R, ledger: &mut impl Ledger) -> bool {
        let mut changed = false;
        while let Some(place) = self.sessions.due(now) {
            let Some(session) = self.sessions.get(place) else { continue };
            let (was_over, were_waiting) = (session.view.is_over(), self.waiting);
            let is_overdue = |session: &Session, config: &Config| {
                session.sequence.first_waiting().is_some_and(|first| turn(session, config, first) <= now)
            };
            let overdue = is_overdue(session, &self.config);
            while is_overdue(session, &self.config) {
                self.waiting = give_up(session, self.waiting, &self.config, recorder, ledger);
            }
            let silent = now.saturating_sub(session.heard_at);
            let forgotten = session.view.is_over() && silent >= self.config.keep_ended;
            if !session.view.is_over() && silent >= session.view.patience(&self.config) {
                give_in(session, &self.config, recorder, ledger);
                let at = session.heard_at;
                let (view, mut out) = emit(session, at, recorder);
                view.time_out(&mut out);
                changed = true;
            }
            self.after(place, was_over, were_waiting, ledger);
            if forgotten {
                self.forget(place, ledger);
            }
            changed |= overdue || forgotten;
        }
        changed
    }

    /// Takes up again after an interruption of the gateway's own: nobody was silent while nobody listened. `now` is epoch ms.
    pub fn resume(&mut self, now: u64) {
        self.sessions.hear_open_ones(now);
    }

    /// What the engine holds right now.
    pub fn stats(&self) -> Stats {
        let mut total = Stats::default();
        self.tenants().for_each(|(_, stats)| total.add(stats));
        total
    }

    /// The same of each tenant that has anything here, by name.
    pub fn tenants(&self) -> impl Iterator<Item = (&str, Stats)> {
        self.census.tenants()
    }

    /// The same of one tenant.
    pub fn tenant(&self, name: &str) -> Stats {
        self.census.tenant(name)
    }

    /// Whether it remembers a session, ended or not.
    pub fn remembers(&mut self, tenant: &str, session_id: &str) -> bool {
        self.name(tenant, session_id);
        self.sessions.find(&self.key).is_some()
    }

    /// The sessions that have not ended among `most` places from the place `from` on, and the place to go on from. Sessions
    /// keep their places, so who asks place by place misses nobody who stays.
    pub fn open(&self, from: usize, most: usize) -> (impl Iterator<Item = Open<'_>>, Option<usize>) {
        let next = from.saturating_add(most);
        let open = self.sessions.places(from, most).filter(|session| !session.view.is_over());
        (open.map(Session::open), (next < self.sessions.places_in_all()).then_some(next))
    }

    /// A session it remembers, ended or not, and whether it has ended.
    pub fn session_of(&mut self, tenant: &str, session_id: &str) -> Option<(Open<'_>, bool)> {
        self.name(tenant, session_id);
        let place = self.sessions.find(&self.key)?;
        let session = self.sessions.get(place)?;
        Some((session.open(), session.view.is_over()))
    }

    fn name(&mut self, tenant: &str, session_id: &str) {
        self.key.clear();
        self.key.extend([tenant, "/", session_id]);
    }

    /// The label sets sessions refer to, their waiting events included; some of them more than once.
    pub fn label_sets(&self) -> impl Iterator<Item = LabelSetId> + '_ {
        self.sessions.label_sets()
    }

    /// The batch's session, made when it is new, with its newest label set up to date, and whether this is the first that is
    /// known about a session heard before. `None` when there is no room.
    fn session<R: Recorder + Labels>(
        &mut self,
        tenant: &str,
        source: Source,
        batch: &Batch,
        recorder: &mut R,
        ledger: &mut impl Ledger,
    ) -> Option<(Place, bool)> {
        self.name(tenant, &batch.session_id);
        let attributes = hash(&batch.attributes);
        if let Some(place) = self.sessions.find(&self.key) {
            let session = self.sessions.get(place)?;
            if session.source != source {
                return Some((place, false));
            }
            if batch.attributes.is_empty() {
                session.held_set.get_or_insert_with(|| recorder.intern(tenant, &batch.attributes));
                return Some((place, false));
            }
            if session.attributes == attributes {
                return Some((place, false));
            }
            let first_said = session.attributes == hash(&Attributes::default());
            session.attributes = attributes;
            session.newest_set = recorder.intern(tenant, &batch.attributes);
            return Some((place, first_said));
        }
        if self.sessions.len() >= self.config.max_sessions {
            let oldest = self.sessions.oldest_ended()?;
            self.forget(oldest, ledger);
        }
        let set = recorder.intern(tenant, &batch.attributes);
        self.census.change(tenant, |stats| stats.open += 1);
        Some((self.sessions.insert(&self.key, tenant.len(), set, attributes), false))
    }

    /// Keeps count and timer of a session that has changed.
    fn after(&mut self, place: Place, was_over: bool, were_waiting: usize, ledger: &mut impl Ledger) {
        let Some(session) = self.sessions.get(place) else { return };
        let is_over = session.view.is_over();
        let due = due(session, &self.config);
        if (was_over, were_waiting) != (is_over, self.waiting) {
            self.census.change(session.tenant(), |stats| {
                match (was_over, is_over) {
                    (false, true) => (stats.open, stats.parked) = (stats.open - 1, stats.parked + 1),
                    (true, false) => (stats.open, stats.parked) = (stats.open + 1, stats.parked - 1),
                    _ => {}
                }
                stats.waiting = stats.waiting + self.waiting - were_waiting;
            });
        }
        if is_over && !was_over {
            ledger.ended(&Ended {
                tenant: session.tenant(),
                session_id: session.id(),
                began_at: session.began_at,
                heard_at: session.heard_at,
                batch: session.batch,
                summary: &session.summary,
            });
            self.sessions.note_ended(place);
        }
        self.sessions.schedule(place, due);
    }

    fn forget(&mut self, place: Place, ledger: &mut impl Ledger) {
        let Some(mut session) = self.sessions.remove(place) else { return };
        let abandoned = session.sequence.clear();
        let tenant = &session.key[..session.tenant_len];
        self.waiting -= abandoned.len();
        // Only what has ended is forgotten.
        self.census.change(tenant, |stats| {
            (stats.parked, stats.waiting) = (stats.parked - 1, stats.waiting - abandoned.len());
        });
        for waiting in abandoned {
            ledger.outcome(tenant, waiting.source, Outcome::Rejected(Rejected::AfterEnd));
        }
    }
}

/// Whether everything in a session's first batch was longer ago than a view may be silent: a log of yesterday.
fn is_past(batch: &Batch, origin: u64, received_at: u64, config: &Config) -> bool {
    let newest = batch.events.iter().map(|event| event.t).max().unwrap_or_default();
    origin.saturating_add(newest).saturating_add(config.silence) < received_at
}

/// Keys and algorithm are those of every process built with one toolchain. After a restore by a build with another, a
/// session's attributes may look changed: they are interned once more, into the label set they have.
fn hash(attributes: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    attributes.hash(&mut hasher);
    hasher.finish()
}

/// When the session wants to be looked at next.
fn due(session: &Session, config: &Config) -> u64 {
    let patience = if session.view.is_over() { config.keep_ended } else { session.view.patience(config) };
    let silence = session.heard_at + patience;
    let gap = session.sequence.first_waiting().map(|first| turn(session, config, first));
    gap.map_or(silence, |gap| gap.min(silence))
}

/// When an event has waited long enough.
fn turn(session: &Session, config: &Config, waiting: &Waiting) -> u64 {
    let wait = if session.sequence.is_by_times() { config.hold } else { config.reorder_window };
    waiting.received_at + wait
}

/// What another reporter tells of a session that is counted already.
fn join(
    session: &mut Session,
    source: Source,
    origin: u64,
    received_at: u64,
    batch: &Batch,
    ledger: &mut impl Ledger,
) {
    session.heard_at = session.heard_at.max(received_at);
    for event in &batch.events {
        ledger.outcome(session.tenant(), source, Outcome::Joined);
        ledger.joined(source, event, origin.saturating_add(event.t).min(received_at));
    }
}
