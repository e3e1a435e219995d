//! A window and the baseline right before it, out of the rings.

use std::sync::Arc;
use std::time::Duration;

use openqoe_metrics::Sums;

use super::History;
use super::ring::{COARSE, MIDDLE, Span, Step};
use super::window::Window;

/// What is held against what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    window: u64,
    baseline: u64,
}

impl Asked {
    /// # Errors
    /// Says which of them cannot be answered.
    pub(super) fn new(window: Duration, baseline: Duration) -> Result<Asked, &'static str> {
        let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let (window, baseline) = (ms(window), ms(baseline));
        let longest = COARSE.step_ms * COARSE.keep as u64;
        if window < MIDDLE.step_ms || baseline < MIDDLE.step_ms {
            Err("`window` and `baseline` are ten seconds or more: shorter steps are not kept by value")
        } else if window.saturating_add(baseline) > longest {
            Err("`window` and `baseline` together are eight days at most: nothing older is kept")
        } else {
            Ok(Asked { window, baseline })
        }
    }
}

/// Both, added up.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) now: Window,
    pub(super) before: Window,
    /// The baseline in pieces as long as the window, to know what is usual.
    pub(super) blocks: Vec<Sums>,
}

impl Compared {
    pub(super) fn of(tenant: &str, now: &[Arc<Step>], before: &[Arc<Step>], block_ms: u64) -> Compared {
        let first = before.first().map_or(0, |step| step.at);
        let blocks = before.chunk_by(|a, b| (a.at - first) / block_ms == (b.at - first) / block_ms);
        Compared {
            now: Window::of(now, tenant),
            before: Window::of(before, tenant),
            blocks: blocks.map(|steps| Window::total(steps, tenant).total).collect(),
        }
    }
}

impl History {
    /// The window up to now and the baseline before it. A gateway that has not lived through twice the window takes half of
    /// what it has; what it took is in the answer.
    pub(super) fn compared(&self, tenant: &str, asked: Asked, now: u64) -> Compared {
        let begin = self
            .first_step()
            .map_or(now, |first| first.max(now.saturating_sub(asked.window + asked.baseline)));
        let window = asked.window.min((now - begin.min(now)) / 2).max(MIDDLE.step_ms);
        let fits = |span: Span, length: u64| length <= span.step_ms * span.keep as u64;
        let span_of = |length| if fits(MIDDLE, length) { MIDDLE } else { COARSE };
        let (inner, outer) = (span_of(window), span_of(asked.window + asked.baseline));
        let border = inner.begin(now.saturating_sub(window));
        let mut before = self.steps(outer, outer.begin(begin));
        before.retain(|step| step.at + outer.step_ms <= border);
        Compared::of(tenant, &self.steps(inner, border), &before, window.max(outer.step_ms))
    }

    fn first_step(&self) -> Option<u64> {
        let memory = self.memory();
        [&memory.middle, &memory.coarse].into_iter().filter_map(|ring| ring.first()).min()
    }
}

/// A range as PromQL writes it.
pub(super) fn range(seconds: f64) -> String {
    format!("{}s", seconds.round().max(1.0))
}
