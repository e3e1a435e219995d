//! What the indicators of all objectives are made of, each term once: how it is read from a row, and with what sign it goes into
//! which sums. By `openqoe_slo::model`, as the compiled rules.

use openqoe_metrics::Reading;
use openqoe_slo::{Part, Slo, Term};
use openqoe_spec::{MetricKind, Scope};

use super::history::Sums;

/// A term, ready to be read.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    term: Term,
    slots: Vec<usize>,
    /// The classic bucket of a histogram, counted from 0.
    bucket: usize,
}

impl Reader {
    fn new(term: &Term) -> Reader {
        let bucket = match term.part {
            Part::Bucket(bound) => term.metric.buckets.partition_point(|edge| *edge < bound),
            Part::Value | Part::Count | Part::Sum => 0,
        };
        // The sign is the indicator's affair.
        let term = Term { subtracted: false, ..term.clone() };
        Reader { slots: term.slots(), term, bucket }
    }

    pub(super) fn is_of(&self, scope: Scope) -> bool {
        self.term.metric.scope == scope
    }

    /// Whether it reads the same.
    pub(super) fn is(&self, other: &Reader) -> bool {
        self.term == other.term
    }

    /// The value of a row, in the exposed unit.
    pub(super) fn read(&self, row: Reading<'_>) -> f64 {
        let metric = self.term.metric;
        let keyed = metric.kind == MetricKind::Counter && metric.key.is_some();
        let of = |slot: usize| match self.term.part {
            Part::Value if keyed => {
                let counts = row.keyed(slot).filter(|(value, _)| self.term.accepts_key(value));
                counts.map(|(_, count)| count).sum()
            }
            Part::Value => row.counter(slot) / metric.unit.divisor(),
            Part::Count => row.count(slot),
            Part::Sum => row.sum(slot) / metric.unit.divisor(),
            Part::Bucket(_) => row.up_to(slot, self.bucket),
        };
        self.slots.iter().map(|slot| of(*slot)).sum()
    }
}

/// Which terms an indicator adds up, with their signs.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    bad: Vec<(usize, f64)>,
    total: Vec<(usize, f64)>,
}

impl Recipe {
    /// The sums of what each reader's term has grown by.
    pub(super) fn sums(&self, grown: &[f64]) -> Sums {
        let sum = |terms: &[(usize, f64)]| terms.iter().map(|(reader, sign)| grown[*reader] * sign).sum();
        Sums { bad: sum(&self.bad), total: sum(&self.total) }
    }

    /// Whether rows of a scope have any of its terms.
    pub(super) fn reads(&self, scope: Scope, readers: &[Reader]) -> bool {
        self.bad.iter().chain(&self.total).any(|(reader, _)| readers[*reader].is_of(scope))
    }
}

/// The readers of all objectives, each once, and a recipe for each objective.
pub(super) fn plan(slos: &[Slo]) -> (Vec<Reader>, Vec<Recipe>) {
    let mut readers: Vec<Reader> = Vec::new();
    let mut place = |term: &Term| {
        let reader = Reader::new(term);
        let known = readers.iter().position(|known| known.is(&reader));
        let index = known.unwrap_or_else(|| {
            readers.push(reader);
            readers.len() - 1
        });
        (index, term.sign())
    };
    let recipes = slos
        .iter()
        .map(|slo| Recipe {
            bad: slo.indicator.bad.iter().map(&mut place).collect(),
            total: slo.indicator.total.iter().map(&mut place).collect(),
        })
        .collect();
    (readers, recipes)
}

/// What makes two objectives count the same, whatever they promise: what is kept of one goes on in the other.
pub(super) fn definition(slo: &Slo) -> String {
    let terms = |terms: &[Term]| {
        let texts = terms.iter().map(|term| {
            let part = match term.part {
                Part::Value => String::new(),
                Part::Count => "_count".into(),
                Part::Sum => "_sum".into(),
                Part::Bucket(bound) => format!("_bucket<={bound}"),
            };
            let labels: Vec<String> = term.labels.iter().map(|matcher| matcher.promql()).collect();
            let sign = if term.subtracted { "-" } else { "+" };
            format!("{sign}{}{part}{{{}}}", term.metric.name, labels.join(","))
        });
        texts.collect::<String>()
    };
    let filter: Vec<String> = slo.filter.iter().map(|matcher| matcher.promql()).collect();
    format!(
        "{} / {} where {{{}}} by {}",
        terms(&slo.indicator.bad),
        terms(&slo.indicator.total),
        filter.join(","),
        slo.group_by.join(",")
    )
}
