//! How the events of a protocol are told apart and put in order.

use crate::Protocol;

/// How [`crate::Event::seq`] is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbering {
    /// 0, 1, 2 ... within the session, without gaps. `t` counts from one `started_at`, which all batches have.
    #[default]
    Dense,
    /// Records of others, each of which may mean several events at once: [`part_of`] the record's number, or 0 for records
    /// without one, which stand in the order of their times. `t` counts from the batch's own `started_at`.
    Records,
}

/// Events one record may mean at most.
pub const PARTS: u64 = 16;

/// The `seq` of an event of a numbered record: the number of the record as its sender counts, and the event's place in it.
pub fn part_of(record: u64, part: u64) -> u64 {
    (record + 1) * PARTS + part
}

impl Protocol {
    /// Whether its errors say if they ended playback. Those of CMCD are what a player tells of, and players differ.
    pub fn tells_fatality(self) -> bool {
        self != Protocol::Cmcd
    }

    /// How its events are numbered.
    pub fn numbering(self) -> Numbering {
        // A record of Media3 is a whole session: its decoder numbers the events, and the same record gives the same numbers.
        match self {
            Protocol::Native | Protocol::Media3 => Numbering::Dense,
            _ => Numbering::Records,
        }
    }
}
