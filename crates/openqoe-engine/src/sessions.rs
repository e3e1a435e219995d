//! The sessions of one shard: looked up by name, bounded in number, each with one timer.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use openqoe_spec::{Event, LabelSetId};
use serde::{Deserialize, Serialize};

use crate::census::Census;
use crate::checkpoint::{growing, named};
use crate::ledger::Source;
use crate::playback::View;
use crate::sequence::Sequence;
use crate::summary::Summary;

/// One session. Checkpoints hold it as it is: a change of its fields, or of those within, is a new version of them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    /// `tenant/session_id`.
    pub(crate) key: Box<str>,
    pub(crate) tenant_len: usize,
    pub(crate) view: View,
    pub(crate) sequence: Sequence<Waiting>,
    /// The label set of the newest event taken in.
    pub(crate) set: LabelSetId,
    /// The label set of events whose batch says nothing: that of the event before them, or of no attributes at all. Made when
    /// there is the first such batch, so that nobody has it who has no need of it.
    pub(crate) held_set: Option<LabelSetId>,
    /// Hash of the attributes of the newest batch that has any, and their label set: its events may still wait.
    pub(crate) attributes: u64,
    pub(crate) newest_set: LabelSetId,
    /// When it was last heard, epoch ms on the gateway's clock.
    #[serde(deserialize_with = "growing")]
    pub(crate) heard_at: u64,
    /// When `t` was 0, epoch ms on the gateway's clock.
    pub(crate) began_at: u64,
    /// Where its newest batch with attributes stands in the journal; its first one, as long as none has any.
    pub(crate) batch: u64,
    pub(crate) summary: Summary,
    /// `session_end` has been taken in: nothing may follow.
    pub(crate) closed: bool,
    timer: u64,
    /// Who reports it: the first who did. Others are heard, but not counted.
    #[serde(default)]
    pub(crate) source: Source,
    /// When `t` is 0, epoch ms on its reporter's clock; 0 as long as it is not known, and where batches say it.
    #[serde(default)]
    pub(crate) started_at: u64,
    /// Nobody heard its beginning.
    #[serde(default)]
    pub(crate) is_cut: bool,
    /// An error of which what comes next tells whether it was the end.
    #[serde(default)]
    pub(crate) doubted: Option<Box<Waiting>>,
}

/// The allocator's next size is 512, and there may be a million of them.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Session>() <= 448);

impl Session {
    pub(crate) fn tenant(&self) -> &str {
        &self.key[..self.tenant_len]
    }

    pub(crate) fn id(&self) -> &str {
        &self.key[self.tenant_len + 1..]
    }

    pub(crate) fn open(&self) -> Open<'_> {
        Open {
            tenant: self.tenant(),
            session_id: self.id(),
            began_at: self.began_at,
            heard_at: self.heard_at,
            batch: self.batch,
            set: self.newest_set,
            source: self.source,
            is_past: self.view.is_past(),
            summary: &self.summary,
        }
    }
}

/// A session as it stands.
#[derive(Clone, Debug)]
pub struct Open<'a> {
    /// Whose it is.
    pub tenant: &'a str,
    /// Its id.
    pub session_id: &'a str,
    /// When `t` was 0 in its first batch, epoch ms on the gateway's clock.
    pub began_at: u64,
    /// When it was last heard, epoch ms.
    pub heard_at: u64,
    /// [`crate::Arrival::place`] of its newest batch with attributes, or of its first one.
    pub batch: u64,
    /// The label set of its newest attributes.
    pub set: LabelSetId,
    /// Who reports it.
    pub source: Source,
    /// It was over long before it was heard of.
    pub is_past: bool,
    /// What it came to so far.
    pub summary: &'a Summary,
}

/// An event that waits for one sent before it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Waiting {
    #[serde(with = "named")]
    pub(crate) event: Event,
    /// That of its batch, if it has any.
    pub(crate) set: Option<LabelSetId>,
    pub(crate) source: Source,
    pub(crate) at: u64,
    #[serde(deserialize_with = "growing")]
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
    /// By their keys, which only the sessions hold.
    places: HashTable<usize>,
    hasher: RandomState,
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

    /// What each tenant has.
    pub(crate) fn census(&self) -> Census {
        let mut census = Census::default();
        for session in self.slots.iter().filter_map(|slot| slot.session.as_deref()) {
            census.change(session.tenant(), |stats| {
                let is_over = session.view.is_over();
                stats.open += usize::from(!is_over);
                stats.parked += usize::from(is_over);
                stats.waiting += session.sequence.waiting();
            });
        }
        census
    }

    pub(crate) fn label_sets(&self) -> impl Iterator<Item = LabelSetId> + '_ {
        let sessions = self.slots.iter().filter_map(|slot| slot.session.as_deref());
        sessions.flat_map(|session| {
            let waiting = session.sequence.all_waiting().chain(session.doubted.as_deref());
            let waiting = waiting.filter_map(|waiting| waiting.set);
            [session.set, session.newest_set].into_iter().chain(session.held_set).chain(waiting)
        })
    }

    /// The sessions of `most` places from the place `from` on.
    pub(crate) fn places(&self, from: usize, most: usize) -> impl Iterator<Item = &Session> {
        self.slots.iter().skip(from).take(most).filter_map(|slot| slot.session.as_deref())
    }

    /// How many places there are, free ones included.
    pub(crate) fn places_in_all(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn find(&self, key: &str) -> Option<Place> {
        let is_it = |index: &usize| is_at(&self.slots, *index, key);
        let index = *self.places.find(self.hasher.hash_one(key), is_it)?;
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
            held_set: None,
            attributes,
            newest_set: set,
            heard_at: 0,
            began_at: 0,
            batch: 0,
            summary: Summary::default(),
            closed: false,
            timer: u64::MAX,
            source: Source::default(),
            started_at: 0,
            is_cut: false,
            doubted: None,
        };
        self.slots[index].session = Some(Box::new(session));
        self.note_place(index, key);
        Place { index, generation: self.slots[index].generation }
    }

    fn note_place(&mut self, index: usize, key: &str) {
        let (slots, hasher) = (&self.slots, &self.hasher);
        let hash = |index: &usize| {
            hasher.hash_one(slots[*index].session.as_deref().map_or("", |session| &session.key))
        };
        self.places.insert_unique(hasher.hash_one(key), index, hash);
    }

    pub(crate) fn remove(&mut self, place: Place) -> Option<Box<Session>> {
        let slot = self.slots.get_mut(place.index).filter(|slot| slot.generation == place.generation)?;
        let session = slot.session.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(place.index);
        let hash = self.hasher.hash_one(&*session.key);
        if let Ok(entry) = self.places.find_entry(hash, |index| *index == place.index) {
            entry.remove();
        }
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

    /// Every session, in the order their timers would go off, and the queue of ended ones as positions among them.
    pub(crate) fn in_order(&self) -> (Vec<&Session>, Vec<usize>) {
        const NOT_YET: usize = usize::MAX;
        let mut position = vec![NOT_YET; self.slots.len()];
        let mut sessions = Vec::with_capacity(self.len());
        // Backwards, for timers of one moment go off last in first out, and only the last entry of a session counts.
        for (due, places) in self.timers.iter().rev() {
            for place in places.iter().rev() {
                let Some(session) = self.peek(*place).filter(|session| session.timer == *due) else {
                    continue;
                };
                if position[place.index] == NOT_YET {
                    position[place.index] = sessions.len();
                    sessions.push(session);
                }
            }
        }
        sessions.reverse();
        let ended = self.ended.iter().filter(|place| self.peek(**place).is_some());
        // A session without a timer is none that `apply` or `expire` left behind.
        let ended = ended.map(|place| position[place.index]).filter(|position| *position != NOT_YET);
        let ended = ended.map(|position| sessions.len() - 1 - position).collect();
        (sessions, ended)
    }

    /// The opposite of [`Sessions::in_order`]. `None` when a session stands there twice, or a position leads nowhere.
    #[expect(clippy::vec_box)]
    pub(crate) fn from_order(sessions: Vec<Box<Session>>, ended: &[usize]) -> Option<Sessions> {
        let mut all = Sessions::default();
        for (index, session) in sessions.into_iter().enumerate() {
            let place = Place { index, generation: 0 };
            all.timers.entry(session.timer).or_default().push(place);
            if all.find(&session.key).is_some() {
                return None;
            }
            let key = session.key.clone();
            all.slots.push(Slot { generation: 0, session: Some(session) });
            all.note_place(index, &key);
        }
        let place =
            |index: &usize| (*index < all.slots.len()).then_some(Place { index: *index, generation: 0 });
        all.ended = ended.iter().map(place).collect::<Option<_>>()?;
        Some(all)
    }

    fn peek(&self, place: Place) -> Option<&Session> {
        let slot = self.slots.get(place.index)?;
        if slot.generation == place.generation { slot.session.as_deref() } else { None }
    }

    /// Every session that has not ended counts as heard at `now`. Timers that come too early find that out themselves.
    pub(crate) fn hear_open_ones(&mut self, now: u64) {
        let open = self.slots.iter_mut().filter_map(|slot| slot.session.as_deref_mut());
        for session in open.filter(|session| !session.view.is_over()) {
            session.heard_at = session.heard_at.max(now);
        }
    }

    pub(crate) fn note_ended(&mut self, place: Place) {
        // Those that have been forgotten since would pile up where there is always room.
        while self.ended.front().is_some_and(|oldest| self.peek(*oldest).is_none()) {
            self.ended.pop_front();
        }
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

fn is_at(slots: &[Slot], index: usize, key: &str) -> bool {
    slots[index].session.as_deref().is_some_and(|session| *session.key == *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgotten_sessions_leave_the_queue() {
        let mut sessions = Sessions::default();
        for _ in 0..100 {
            let place = sessions.insert("t/s", 1, LabelSetId(0), 0);
            sessions.note_ended(place);
            sessions.remove(place);
        }
        assert_eq!(sessions.ended.len(), 1);
    }
}
