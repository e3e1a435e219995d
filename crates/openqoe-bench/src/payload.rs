//! What viewers send, by one protocol: every body of a session is twenty seconds on, however fast they follow each other.

use openqoe_load::{GENERATORS, Generator, ITEMS, Turn};

/// Events in every body of the native protocol.
pub(crate) const EVENTS: usize = ITEMS;
/// What one body covers of a session, ms.
pub(crate) const STEP_MS: u64 = 20_000;
/// Title, CDN and country together make this many label sets.
pub(crate) const LABEL_SETS: u32 = 200;
/// Servers are new for each run, so that sessions of runs cannot meet.
const RUN: u64 = 0x2f6f_0e1b_7c11;

/// Bodies of sessions that began at the same time.
#[derive(Clone)]
pub(crate) struct Bodies {
    pub(crate) generator: &'static Generator,
    started: u64,
    label_sets: u32,
    bytes: Vec<u8>,
    items: usize,
}

impl Bodies {
    /// Bodies of the native protocol, of sessions that began at `started` (epoch ms, 13 digits) and share so many label sets.
    pub(crate) fn new(started: u64, label_sets: u32) -> Bodies {
        Bodies::of(&GENERATORS[0], started, label_sets)
    }

    /// The same by another protocol.
    pub(crate) fn of(generator: &'static Generator, started: u64, label_sets: u32) -> Bodies {
        Bodies { generator, started, label_sets, bytes: Vec::new(), items: 0 }
    }

    /// The body that session `number` sends as its `step`-th, counted from 0.
    pub(crate) fn body(&mut self, number: u32, step: u32) -> &[u8] {
        let from = self.started + u64::from(step) * STEP_MS;
        let turn = Turn {
            run: RUN,
            session: number,
            step,
            began: self.started,
            from,
            to: from + STEP_MS,
            label_sets: self.label_sets,
        };
        self.bytes.clear();
        self.items = (self.generator.write)(&mut self.bytes, &turn);
        &self.bytes
    }

    /// Events, records, lines or points in the body that was written last.
    pub(crate) fn items(&self) -> usize {
        self.items
    }
}

#[cfg(test)]
mod tests {
    use openqoe_ingest::PROTOCOLS;

    use super::*;

    #[test]
    fn bodies_are_of_the_native_protocol_and_of_a_size() {
        let mut bodies = Bodies::new(1_700_000_000_000, LABEL_SETS);
        for step in 0..3 {
            let body = bodies.body(4711, step);
            assert!((3500..4500).contains(&body.len()), "{}", body.len());
            assert_eq!(PROTOCOLS[0].read(body).unwrap().accepted(), EVENTS);
            assert_eq!(bodies.items(), EVENTS);
        }
    }
}
