//! A made-up viewer: what it has told of so far, so that its next body goes on there.

use openqoe_load::{ITEMS, Turn};

/// Combinations of title, CDN and country.
pub(super) const LABEL_SETS: u32 = 200;
/// How long a session waits for its next turn, unless somebody says how many take turns, s.
pub(super) const TURN: f64 = 10.0;
/// The least a body covers, ms: its items keep apart.
const SHORTEST: u64 = 2 * ITEMS as u64;

/// One of those who take turns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    number: u32,
    step: u32,
    /// Epoch ms; 0 before its first turn.
    began: u64,
    /// Up to when it has told, epoch ms.
    told: u64,
    /// Up to when the body under way tells. What was refused is sent again as it was.
    telling: Option<u64>,
}

impl Session {
    pub(super) fn new(number: u32) -> Session {
        Session { number, step: 0, began: 0, told: 0, telling: None }
    }

    /// Its turn at epoch ms; the first one tells of the seconds before.
    pub(super) fn turn(&mut self, run: u64, now: u64, seconds: f64) -> Turn {
        if self.began == 0 {
            self.began = now - (seconds * 1000.0) as u64;
            self.told = self.began;
        }
        let (from, until) = (self.told, now.max(self.told + SHORTEST));
        let to = *self.telling.get_or_insert(until);
        let Session { number, step, began, .. } = *self;
        Turn { run, session: number, step, began, from, to, label_sets: LABEL_SETS }
    }

    /// The body of the last turn was taken.
    pub(super) fn is_taken(&mut self) {
        self.told = self.telling.take().unwrap_or(self.told);
        self.step += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_body_comes_again_as_it_was_and_the_next_goes_on() {
        let mut session = Session::new(3);
        let first = session.turn(0, 1_000_000, 10.0);
        assert_eq!((first.began, first.from, first.to), (990_000, 990_000, 1_000_000));
        let again = session.turn(0, 1_005_000, 10.0);
        assert_eq!((again.step, again.from, again.to), (0, 990_000, 1_000_000));
        session.is_taken();
        let next = session.turn(0, 1_005_000, 10.0);
        assert_eq!((next.step, next.from, next.to), (1, 1_000_000, 1_005_000));
        session.is_taken();
        assert_eq!(session.turn(0, 1_005_000, 10.0).to, 1_005_000 + SHORTEST);
    }
}
