//! One event of a session: whether its turn has come, and what taking it means.

use openqoe_spec::{Event, EventKind, LabelSetId, Numbering, Outcome, Recorder, Rejected};

use crate::config::Config;
use crate::ledger::{Ledger, Taken};
use crate::playback::{Emit, Passage, View};
use crate::sequence::{GivenUp, Place as Order};
use crate::sessions::{Session, Waiting};

/// More than one event can imply: every bitrate ahead of the playhead, and a stall.
const MAX_IMPLIED: usize = 16;

/// A player that stops so soon after an error has given up, ms.
const GIVEN_UP: u64 = 500;

pub(crate) fn emit<'a, R>(
    session: &'a mut Session,
    at: u64,
    recorder: &'a mut R,
) -> (&'a mut View, Emit<'a, R>) {
    let Session { key, tenant_len, view, set, summary, .. } = session;
    let session_id = &key[*tenant_len + 1..];
    (view, Emit { set: *set, at, session_id, summary, recorder })
}

/// Decides about one event; returns how many events wait afterwards.
pub(crate) fn admit<R: Recorder>(
    session: &mut Session,
    arrived: Waiting,
    mut waiting: usize,
    config: &Config,
    recorder: &mut R,
    ledger: &mut impl Ledger,
) -> usize {
    let key = session.sequence.key(&arrived.event);
    match session.sequence.place(key) {
        Order::Duplicate => ledger.outcome(session.tenant(), arrived.source, Outcome::Duplicate),
        Order::Late => ledger.outcome(session.tenant(), arrived.source, Outcome::Rejected(Rejected::Late)),
        Order::Early => {
            session.sequence.wait(key, arrived);
            waiting += 1;
            if session.sequence.waiting() > config.reorder_events {
                waiting = give_up(session, waiting, config, recorder, ledger);
            }
        }
        Order::Next => {
            begin(session, &arrived.event, recorder);
            session.sequence.step(key);
            take(session, arrived, 0, config, recorder, ledger);
            waiting = drain(session, waiting, 0, config, recorder, ledger);
        }
        Order::Anywhere => take(session, arrived, 0, config, recorder, ledger),
    }
    waiting
}

pub(crate) fn give_up<R: Recorder>(
    session: &mut Session,
    waiting: usize,
    config: &Config,
    recorder: &mut R,
    ledger: &mut impl Ledger,
) -> usize {
    if session.sequence.is_by_times() {
        let is_fresh = session.sequence.is_fresh();
        let Some(first) = session.sequence.take_first() else { return waiting };
        if is_fresh && !is_beginning(&first.event) {
            lose_beginning(session, recorder);
        }
        take(session, first, 0, config, recorder, ledger);
        return waiting - 1;
    }
    let Some(GivenUp { beginning, missing }) = session.sequence.give_up() else { return waiting };
    if beginning {
        lose_beginning(session, recorder);
    }
    drain(session, waiting, missing, config, recorder, ledger)
}

/// The first event of all: of others than native reporters it need not be the beginning, for they may be heard from the middle.
fn begin<R: Recorder>(session: &mut Session, event: &Event, recorder: &mut R) {
    let is_foreign = session.source.numbering() == Numbering::Records;
    if is_foreign && session.sequence.is_fresh() && !is_beginning(event) {
        lose_beginning(session, recorder);
    }
}

fn is_beginning(event: &Event) -> bool {
    matches!(event.kind, EventKind::SessionStart | EventKind::PlayRequest { .. })
}

fn lose_beginning<R: Recorder>(session: &mut Session, recorder: &mut R) {
    session.is_cut = true;
    let at = session.heard_at;
    let (view, mut out) = emit(session, at, recorder);
    view.lose_beginning(&mut out);
}

fn drain<R: Recorder>(
    session: &mut Session,
    mut waiting: usize,
    mut missing: u64,
    config: &Config,
    recorder: &mut R,
    ledger: &mut impl Ledger,
) -> usize {
    while let Some(next) = session.sequence.take_next() {
        waiting -= 1;
        take(session, next, std::mem::take(&mut missing), config, recorder, ledger);
    }
    waiting
}

/// An event whose turn has come.
fn take<R: Recorder>(
    session: &mut Session,
    mut arrived: Waiting,
    missing: u64,
    config: &Config,
    recorder: &mut R,
    ledger: &mut impl Ledger,
) {
    let (event, source) = (&mut arrived.event, arrived.source);
    if source.numbering() == Numbering::Records {
        if session.started_at == 0 {
            (session.started_at, session.began_at) = (event.t, arrived.at);
        }
        event.t = event.t.saturating_sub(session.started_at);
    }
    if session.closed {
        ledger.outcome(session.tenant(), source, Outcome::Rejected(Rejected::AfterEnd));
        return;
    }
    ledger.outcome(session.tenant(), source, Outcome::Counted);
    let is_beside = matches!(event.kind, EventKind::Download { .. } | EventKind::Buffered { .. });
    if let Some(error) = session.doubted.take_if(|_| !is_beside) {
        let is_end = stops(&event.kind) && event.t <= error.event.t.saturating_add(GIVEN_UP);
        settle(session, *error, is_end, config, recorder, ledger);
    }
    let is_doubtful = matches!(event.kind, EventKind::Error { fatal: false, .. });
    if is_doubtful && missing == 0 && !source.tells_fatality() {
        session.doubted = Some(Box::new(arrived));
    } else {
        tell(session, &arrived, missing, config, recorder, ledger);
    }
}

/// What a player says that has stopped.
fn stops(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Pause | EventKind::SeekEnd | EventKind::SessionEnd { .. })
}

/// Nothing came after an error: its player gave up.
pub(crate) fn give_in<R: Recorder>(
    session: &mut Session,
    config: &Config,
    recorder: &mut R,
    ledger: &mut impl Ledger,
) {
    if let Some(error) = session.doubted.take() {
        settle(session, *error, true, config, recorder, ledger);
    }
}

fn settle<R: Recorder>(
    session: &mut Session,
    mut error: Waiting,
    is_end: bool,
    config: &Config,
    recorder: &mut R,
    ledger: &mut impl Ledger,
) {
    if let EventKind::Error { fatal, .. } = &mut error.event.kind {
        *fatal = is_end;
    }
    tell(session, &error, 0, config, recorder, ledger);
}

/// Tells the view, first of all what must have happened before.
fn tell<R: Recorder>(
    session: &mut Session,
    arrived: &Waiting,
    mut missing: u64,
    config: &Config,
    recorder: &mut R,
    ledger: &mut impl Ledger,
) {
    let Waiting { event, at, .. } = arrived;
    let set = arrived.set.or(session.held_set).unwrap_or(session.set);
    let mut one = |session: &mut Session, event: &Event, set| {
        let passages = apply(session, event, set, *at, config, recorder);
        let (phase, is_cut) = (session.view.phase(), session.is_cut);
        let missing = std::mem::take(&mut missing);
        ledger.taken(&Taken { event, at: *at, missing, is_cut, passages, phase, summary: &session.summary });
    };
    for _ in 0..MAX_IMPLIED {
        let Some(implied) = session.view.implied(event) else { break };
        let set = session.set;
        one(session, &implied, set);
    }
    one(session, event, set);
}

fn apply<R: Recorder>(
    session: &mut Session,
    event: &Event,
    set: LabelSetId,
    at: u64,
    config: &Config,
    recorder: &mut R,
) -> [Option<Passage>; 2] {
    session.closed = matches!(event.kind, EventKind::SessionEnd { .. });
    let moved = session.set != set;
    let (view, mut out) = emit(session, at, recorder);
    let before = moved.then(|| view.relabel(event.t, config, &mut out, set));
    let passage = view.apply(event, config, &mut out);
    (session.set, session.held_set) = (set, Some(set));
    [before, Some(passage)]
}
