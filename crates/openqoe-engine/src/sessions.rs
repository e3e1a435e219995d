//! The sessions of one shard: looked up by name, bounded in number, each with one timer.

use std::collections::{BTreeMap, HashMap, VecDeque};

use openqoe_spec::{Event, LabelSetId};

use crate::engine::Source;
use crate::playback::View;
use crate::sequence::Sequence;

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    /// `tenant/session_id`.
    pub(crate) key: Box<str>,
    pub(crate) tenant_len: usize,
    pub(crate) view: View,
    pub(crate) sequence: Sequence<Waiting>,
    pub(crate) set: LabelSetId,
    /// Hash of the attributes `set` stands for.
    pub(crate) attributes: u64,
    /// When it was last heard, epoch ms on the gateway's clock.
    pub(crate) heard_at: u64,
    /// `session_end` has been taken in: nothing may follow.
    pub(crate) closed: bool,
    timer: u64,
}

/// An event that waits for one sent before it.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) event: Event,
    pub(crate) set: LabelSetId,
    pub(crate) source: Source,
    pub(crate) at: u64,
    pub(crate) received_at: u64,
}

/// A session's place. Places are used again; the generation tells their tenants apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    index: usize,
    generation: u32,
}

#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    session: Option<Box<Session>>,
}

#[derive(Debug, Default)]
pub(crate) struct Sessions {
    places: HashMap<Box<str>, usize>,
    slots: Vec<Slot>,
    free: Vec<usize>,
    timers: BTreeMap<u64, Vec<Place>>,
    /// Ended sessions, oldest first: the first to go when there is no room.
    ended: VecDeque<Place>,
}

impl Sessions {
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn find(&self, key: &str) -> Option<Place> {
        let index = *self.places.get(key)?;
        Some(Place { index, generation: self.slots[index].generation })
    }

    pub(crate) fn get(&mut self, place: Place) -> Option<&mut Session> {
        let slot = self.slots.get_mut(place.index)?;
        if slot.generation == place.generation { slot.session.as_deref_mut() } else { None }
    }

    pub(crate) fn insert(&mut self, key: &str, tenant_len: usize, set: LabelSetId, attributes: u64) -> Place {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() - 1
        });
        let session = Session {
            key: key.into(),
            tenant_len,
            view: View::default(),
            sequence: Sequence::default(),
            set,
            attributes,
            heard_at: 0,
            closed: false,
            timer: u64::MAX,
        };
        self.places.insert(key.into(), index);
        self.slots[index].session = Some(Box::new(session));
        Place { index, generation: self.slots[index].generation }
    }

    pub(crate) fn remove(&mut self, place: Place) -> Option<Box<Session>> {
        let slot = self.slots.get_mut(place.index).filter(|slot| slot.generation == place.generation)?;
        let session = slot.session.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(place.index);
        self.places.remove(&session.key);
        Some(session)
    }

    /// Wakes the session at `due`, unless it is to be woken before.
    pub(crate) fn schedule(&mut self, place: Place, due: u64) {
        let Some(session) = self.get(place) else { return };
        if due < session.timer {
            session.timer = due;
            self.timers.entry(due).or_default().push(place);
        }
    }

    /// A session whose timer has run out at `now`; its timer is off then.
    pub(crate) fn due(&mut self, now: u64) -> Option<Place> {
        loop {
            let mut entry = self.timers.first_entry().filter(|entry| *entry.key() <= now)?;
            let due = *entry.key();
            let place = entry.get_mut().pop();
            if entry.get().is_empty() {
                entry.remove();
            }
            let Some(place) = place else { continue };
            let Some(session) = self.get(place) else { continue };
            // An entry that is not the session's timer was overtaken by an earlier one.
            if session.timer == due {
                session.timer = u64::MAX;
                return Some(place);
            }
        }
    }

    pub(crate) fn note_ended(&mut self, place: Place) {
        self.ended.push_back(place);
    }

    /// The session that ended longest ago and has not come back.
    pub(crate) fn oldest_ended(&mut self) -> Option<Place> {
        while let Some(place) = self.ended.pop_front() {
            if self.get(place).is_some_and(|session| session.view.is_over()) {
                return Some(place);
            }
        }
        None
    }
}
