//! Ad breaks of a simulated view, as a client-side ad SDK reports them.

use openqoe_spec::{AdPosition, AdResult, EventKind};

use super::super::script::Passing;
use super::{Life, Step};

/// VAST 4.2 error codes: timeout of the URI, no ads, no supported media file.
const AD_ERRORS: [(f64, &str); 3] = [(0.5, "301"), (0.3, "303"), (0.2, "403")];

impl Life<'_> {
    /// A break with one or two ads; content goes on after it.
    pub(super) fn ad_break(&mut self, position: AdPosition) -> Step {
        self.script.emit(EventKind::AdBreakStart { position });
        for _ in 0..self.script.chance.whole(1, 3) {
            let wait = self.script.chance.log_normal(500.0, 0.5);
            self.script.pass(wait, Passing::Break);
            if self.happens(0.04) {
                let code = *self.script.chance.weighted(&AD_ERRORS);
                self.script.emit(EventKind::AdError { code: code.into() });
            } else {
                self.ad()?;
            }
        }
        self.script.emit(EventKind::AdBreakEnd);
        Ok(())
    }

    fn ad(&mut self) -> Step {
        self.script.emit(EventKind::AdStart);
        let length = *self.script.chance.weighted(&[(0.6, 15_000.0), (0.3, 20_000.0), (0.1, 30_000.0)]);
        let skipped = self.happens(0.25);
        let shown = if skipped { self.script.chance.uniform(5_000.0, 9_000.0) } else { length };
        if self.happens(0.03) {
            self.script.pass(2_000.0, Passing::Break);
            self.script.emit(EventKind::Stall);
            let wait = self.script.chance.log_normal(900.0, 0.5);
            self.script.pass(wait, Passing::Break);
            self.script.emit(EventKind::Playing);
        }
        if self.happens(0.03) {
            self.script.pass(shown / 2.0, Passing::Break);
            return Err(self.closing());
        }
        self.script.pass(shown, Passing::Break);
        let result = if skipped { AdResult::Skipped } else { AdResult::Completed };
        self.script.emit(EventKind::AdEnd { result });
        Ok(())
    }
}
