//! What was counted in each step of time, as far back as its span says. A step nobody watched in costs a few bytes; one the
//! gateway did not live through is not there.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use openqoe_metrics::{Growth, Sums};

/// What was counted since the sample before, by tenant.
pub(super) type Growths = BTreeMap<Box<str>, Growth>;

/// How finely and how far back a ring remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) step_ms: u64,
    /// Steps that are kept.
    pub(super) keep: usize,
    /// Whether it tells values of attributes apart.
    pub(super) detailed: bool,
}

/// An hour for the charts of the Live page.
pub(super) const FINE: Span = Span { step_ms: 5_000, keep: 720, detailed: false };
/// Ninety minutes by value: what the last minutes are held against.
pub(super) const MIDDLE: Span = Span { step_ms: 10_000, keep: 540, detailed: true };
/// Eight days by value: the same time of day before.
pub(super) const COARSE: Span = Span { step_ms: 600_000, keep: 1152, detailed: true };

impl Span {
    /// Where the step of a time begins, epoch ms.
    pub(super) fn begin(self, at_ms: u64) -> u64 {
        at_ms - at_ms % self.step_ms
    }
}

/// What one tenant's viewers added in one step. Sums are packed: most of the memory is here.
#[derive(Debug, Default)]
pub(super) struct Slice {
    pub(super) total: Box<[u8]>,
    pub(super) values: Vec<Packed>,
}

/// Attribute, value, packed sums.
pub(super) type Packed = (&'static str, Arc<str>, Box<[u8]>);

impl Slice {
    fn of(growth: &Growth) -> Slice {
        let mut values = Vec::new();
        for (attribute, known) in &growth.values {
            let packed = known.iter().map(|(value, sums)| (*attribute, Arc::from(&**value), sums.pack()));
            values.extend(packed);
        }
        Slice { total: growth.total.pack(), values }
    }

    fn growth(&self) -> Growth {
        let mut growth = Growth { total: Sums::unpack(&self.total), ..Growth::default() };
        for (attribute, value, sums) in &self.values {
            growth.values.entry(attribute).or_default().insert((&**value).into(), Sums::unpack(sums));
        }
        growth
    }

    fn bytes(&self) -> usize {
        let entry = size_of::<(&str, Arc<str>, Box<[u8]>)>();
        self.total.len()
            + self.values.iter().map(|(_, value, sums)| entry + value.len() + sums.len()).sum::<usize>()
    }
}

/// A step that is over.
#[derive(Debug)]
pub(super) struct Step {
    /// Its beginning, epoch ms.
    pub(super) at: u64,
    /// How much of it the gateway lived through, ms.
    pub(super) covered: u64,
    /// Tenants in whose views something happened.
    pub(super) tenants: BTreeMap<Box<str>, Slice>,
}

impl Step {
    /// The end of one of ten seconds, which are those anomalies are looked for in.
    pub(super) fn end(&self) -> u64 {
        self.at + MIDDLE.step_ms
    }

    /// About what it takes of memory.
    pub(super) fn bytes(&self) -> usize {
        let tenants =
            self.tenants.iter().map(|(name, slice)| name.len() + size_of::<Slice>() + slice.bytes());
        size_of::<Step>() + tenants.sum::<usize>()
    }
}

/// The step that goes on.
#[derive(Debug)]
struct Open {
    at: u64,
    covered: u64,
    tenants: Growths,
}

/// The steps of one span, ascending in time.
#[derive(Debug)]
pub(super) struct Ring {
    pub(super) span: Span,
    closed: VecDeque<Arc<Step>>,
    open: Option<Open>,
    pub(super) bytes: usize,
}

impl Ring {
    pub(super) fn new(span: Span) -> Ring {
        Ring { span, closed: VecDeque::new(), open: None, bytes: 0 }
    }

    /// Puts a step behind the others, such as one that was read back from a file.
    pub(super) fn push(&mut self, step: Arc<Step>) {
        self.bytes += step.bytes();
        self.closed.push_back(step);
        while self.closed.len() > self.span.keep {
            self.drop_oldest();
        }
    }

    /// Lets go of the oldest step; says whether there was one.
    pub(super) fn drop_oldest(&mut self) -> bool {
        let oldest = self.closed.pop_front();
        self.bytes -= oldest.as_ref().map_or(0, |step| step.bytes());
        oldest.is_some()
    }

    /// Adds what was counted from one moment to another (epoch ms). What lies across the border of two steps belongs to the
    /// one that holds its middle.
    pub(super) fn note(&mut self, from: u64, to: u64, growths: &Growths) {
        let at = self.span.begin(from + to.saturating_sub(from) / 2);
        if self.open.as_ref().is_some_and(|open| open.at != at) {
            self.close();
        }
        let open = match self.open.take() {
            Some(open) => open,
            None => self.reopen(at),
        };
        let open = self.open.insert(open);
        open.covered = (open.covered + (to - from)).min(self.span.step_ms);
        let absent = open.tenants.iter_mut().filter(|(tenant, _)| !growths.contains_key(*tenant));
        // Nobody is there any more.
        absent.for_each(|(_, growth)| growth.total.advance(&Sums::default()));
        for (tenant, growth) in growths {
            let known = open.tenants.entry(tenant.clone()).or_default();
            known.total.advance(&growth.total);
            if self.span.detailed {
                add_values(known, growth);
            }
        }
    }

    /// The step that begins at a time, which an earlier process may have begun already.
    fn reopen(&mut self, at: u64) -> Open {
        match self.closed.pop_back_if(|step| step.at == at) {
            Some(step) => {
                self.bytes -= step.bytes();
                let tenants = step.tenants.iter().map(|(tenant, slice)| (tenant.clone(), slice.growth()));
                Open { at, covered: step.covered, tenants: tenants.collect() }
            }
            None => Open { at, covered: 0, tenants: Growths::new() },
        }
    }

    /// Closes the open step if it is over by now; returns it then.
    pub(super) fn close_if_over(&mut self, now: u64) -> Option<Arc<Step>> {
        let over = self.open.as_ref().is_some_and(|open| open.at + self.span.step_ms <= now);
        over.then(|| self.close()).flatten()
    }

    fn close(&mut self) -> Option<Arc<Step>> {
        let step = Arc::new(self.open.take()?.packed());
        self.push(step.clone());
        Some(step)
    }

    /// Forgets what lies in the future: the clock was set back.
    pub(super) fn forget_after(&mut self, now: u64) {
        self.open.take_if(|open| open.at > now);
        while let Some(step) = self.closed.pop_back_if(|step| step.at > now) {
            self.bytes -= step.bytes();
        }
    }

    /// Where the oldest step begins.
    pub(super) fn first(&self) -> Option<u64> {
        self.closed.front().map(|step| step.at).or(self.open.as_ref().map(|open| open.at))
    }

    /// The steps that begin at or after a time, the open one included.
    pub(super) fn since(&self, from: u64) -> Vec<Arc<Step>> {
        let first = self.closed.partition_point(|step| step.at < from);
        let closed = self.closed.range(first..).cloned();
        let open = self.open.as_ref().filter(|open| open.at >= from).map(|open| Arc::new(open.packed()));
        closed.chain(open).collect()
    }
}

impl Open {
    fn packed(&self) -> Step {
        let busy = self.tenants.iter().filter(|(_, growth)| !growth.total.is_empty());
        let tenants = busy.map(|(tenant, growth)| (tenant.clone(), Slice::of(growth))).collect();
        Step { at: self.at, covered: self.covered, tenants }
    }
}

fn add_values(known: &mut Growth, growth: &Growth) {
    for (attribute, values) in &growth.values {
        let sums = known.values.entry(attribute).or_default();
        for (value, grown) in values {
            match sums.get_mut(value) {
                Some(sums) => sums.advance(grown),
                None => drop(sums.insert(value.clone(), grown.clone())),
            }
        }
    }
}
