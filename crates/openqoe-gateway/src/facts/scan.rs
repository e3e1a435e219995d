//! Counting over sessions: which are meant, which group each is of, and what they add up to.

use std::collections::HashMap;
use std::sync::Arc;

use openqoe_spec::Attribute;

use super::chunk::{Chunk, NO_TIME, Wide};
use super::estimate::Sums;
use super::filter::Filter;
use super::measure::{Column, Measure};

/// Groups told apart; values beyond are one group, and that is `__overflow__`.
const MAX_GROUPS: usize = 100_000;

/// Chunks that do not overlap: those of ended sessions and those of live ones.
pub(crate) type Chunks = Vec<Arc<Chunk>>;

/// The values of an attribute over many chunks, numbered.
#[derive(Default)]
pub(super) struct Groups<'a> {
    numbers: HashMap<&'a str, u32>,
    pub(super) names: Vec<&'a str>,
}

impl<'a> Groups<'a> {
    /// The group of each value of a chunk.
    pub(super) fn of(&mut self, chunk: &'a Chunk, by: Attribute) -> Vec<u32> {
        chunk.values(by).0.iter().map(|value| self.number(value)).collect()
    }

    fn number(&mut self, value: &'a str) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let value = if self.names.len() < MAX_GROUPS { value } else { super::chunk::OVERFLOW };
        let next = self.names.len() as u32;
        let number = *self.numbers.entry(value).or_insert(next);
        if number == next {
            self.names.push(value);
        }
        number
    }
}

/// Sessions of each group that are meant, as sums.
pub(super) struct Grouped<'a> {
    pub(super) groups: Groups<'a>,
    /// By group.
    pub(super) sums: Vec<Sums>,
}

/// Adds a measure up by an attribute's values. A rate has no whole.
pub(super) fn sums<'a>(
    chunks: &'a [Arc<Chunk>],
    filter: &Filter,
    by: Attribute,
    measure: &Measure,
) -> Grouped<'a> {
    let mut grouped = Grouped { groups: Groups::default(), sums: Vec::new() };
    let (mut rows, mut part, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    for chunk in chunks {
        filter.select(chunk, &mut rows);
        if rows.is_empty() {
            continue;
        }
        let groups = grouped.groups.of(chunk, by);
        grouped.sums.resize(grouped.groups.names.len(), Sums::default());
        read(measure, chunk, &rows, &mut part, &mut whole);
        let codes = chunk.values(by).1;
        for ((row, x), y) in rows.iter().zip(&part).zip(&whole) {
            grouped.sums[groups[usize::from(codes[usize::from(*row)])] as usize].add(*x, *y);
        }
    }
    grouped
}

/// Adds several measures up over all that are meant.
pub(super) fn totals(chunks: &[Arc<Chunk>], filter: &Filter, measures: &[&Measure]) -> Vec<Sums> {
    let mut totals = vec![Sums::default(); measures.len()];
    let (mut rows, mut part, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    for chunk in chunks {
        filter.select(chunk, &mut rows);
        for (total, measure) in totals.iter_mut().zip(measures) {
            read(measure, chunk, &rows, &mut part, &mut whole);
            part.iter().zip(&whole).for_each(|(x, y)| total.add(*x, *y));
        }
    }
    totals
}

/// Part and whole of each session.
fn read(measure: &Measure, chunk: &Chunk, rows: &[u16], part: &mut Vec<f64>, whole: &mut Vec<f64>) {
    let fill = |columns: &[Column], out: &mut Vec<f64>| {
        out.clear();
        out.resize(rows.len(), 0.0);
        columns.iter().for_each(|column| column.add(chunk, rows, out));
    };
    match measure {
        Measure::Ratio { part: parts, whole: wholes, .. } => {
            fill(parts, part);
            fill(wholes, whole);
        }
        Measure::Rate { of } => {
            fill(&[*of], part);
            fill(&[], whole);
        }
        Measure::Quantile { .. } => {
            fill(&[], part);
            fill(&[], whole);
        }
    }
}

/// The startup times (ms) of each group that are meant, in order, and all of them.
pub(super) fn startups<'a>(
    chunks: &'a [Arc<Chunk>],
    filter: &Filter,
    by: Attribute,
) -> (Groups<'a>, Vec<Vec<u32>>, Vec<u32>) {
    let mut groups = Groups::default();
    let (mut rows, mut found) = (Vec::new(), Vec::new());
    for chunk in chunks {
        filter.select(chunk, &mut rows);
        if rows.is_empty() {
            continue;
        }
        let numbers = groups.of(chunk, by);
        let (codes, times) = (chunk.values(by).1, chunk.wide(Wide::Startup));
        let measured = rows.iter().map(|row| usize::from(*row)).filter(|at| times[*at] != NO_TIME);
        found.extend(measured.map(|at| (times[at], numbers[usize::from(codes[at])])));
    }
    // In order once, each group is in order too.
    found.sort_unstable();
    let mut by_group = vec![Vec::new(); groups.names.len()];
    for (time, group) in &found {
        by_group[*group as usize].push(*time);
    }
    (groups, by_group, found.into_iter().map(|(time, _)| time).collect())
}

/// All startup times (ms) that are meant, in order.
pub(super) fn all_startups(chunks: &[Arc<Chunk>], filter: &Filter) -> Vec<u32> {
    let (mut rows, mut found) = (Vec::new(), Vec::new());
    for chunk in chunks {
        filter.select(chunk, &mut rows);
        let times = chunk.wide(Wide::Startup);
        found.extend(rows.iter().map(|row| times[usize::from(*row)]).filter(|time| *time != NO_TIME));
    }
    found.sort_unstable();
    found
}

/// How many sessions are meant of each value, most first.
pub(crate) fn counts(chunks: &[Arc<Chunk>], filter: &Filter, by: Attribute) -> Vec<(String, u64)> {
    let mut groups = Groups::default();
    let (mut rows, mut counts) = (Vec::new(), Vec::new());
    for chunk in chunks {
        filter.select(chunk, &mut rows);
        if rows.is_empty() {
            continue;
        }
        let numbers = groups.of(chunk, by);
        counts.resize(groups.names.len(), 0);
        let codes = chunk.values(by).1;
        rows.iter().for_each(|row| counts[numbers[usize::from(codes[usize::from(*row)])] as usize] += 1);
    }
    let names = groups.names.iter().map(|name| (*name).to_owned());
    let mut counted: Vec<(String, u64)> = names.zip(counts).filter(|(_, count)| *count > 0).collect();
    counted.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
    counted
}
