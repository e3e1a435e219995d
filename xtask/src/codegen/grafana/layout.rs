//! Where panels stand: from left to right on a grid of 24 columns, a new line where one is full.

use anyhow::{Result, ensure};

/// Columns of Grafana's grid.
pub(super) const COLUMNS: u64 = 24;

/// A place on the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: u64,
    pub(super) y: u64,
    pub(super) w: u64,
    pub(super) h: u64,
}

/// Fills the grid downwards.
#[derive(Clone, Default)]
pub(super) struct Flow {
    x: u64,
    y: u64,
    /// Height of the line that is being filled.
    line: u64,
}

impl Flow {
    /// The next place of this size.
    ///
    /// # Errors
    /// When it has no size, or is wider than the grid.
    pub(super) fn place(&mut self, (w, h): (u64, u64)) -> Result<Place> {
        ensure!((1..=COLUMNS).contains(&w) && h > 0, "a panel of {w} x {h} does not fit a grid of {COLUMNS}");
        if self.x + w > COLUMNS {
            self.break_line();
        }
        let place = Place { x: self.x, y: self.y, w, h };
        self.x += w;
        self.line = self.line.max(h);
        Ok(place)
    }

    /// Begins a line of its own, as high as nothing else in it.
    pub(super) fn heading(&mut self) -> Place {
        self.break_line();
        let place = Place { x: 0, y: self.y, w: COLUMNS, h: 1 };
        self.y += 1;
        place
    }

    fn break_line(&mut self) {
        self.y += self.line;
        (self.x, self.line) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_where_they_are_full() {
        let mut flow = Flow::default();
        assert_eq!(flow.heading(), Place { x: 0, y: 0, w: 24, h: 1 });
        assert_eq!(flow.place((12, 8)).unwrap(), Place { x: 0, y: 1, w: 12, h: 8 });
        assert_eq!(flow.place((12, 4)).unwrap(), Place { x: 12, y: 1, w: 12, h: 4 });
        assert_eq!(flow.place((4, 4)).unwrap(), Place { x: 0, y: 9, w: 4, h: 4 });
        assert_eq!(flow.heading().y, 13);
        assert!(flow.place((25, 1)).is_err() && flow.place((1, 0)).is_err());
    }
}
