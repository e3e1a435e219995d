//! What a tenant uses of its limits, for people and programs to read.

use serde::Serialize;

use super::offenders::Offender;

/// Offenders told of each guarded attribute; the sketch watches more, so that these are right.
pub(crate) const TOP: usize = 20;

/// What one tenant uses of its limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whose.
    pub tenant: String,
    /// Its label sets.
    pub label_sets: LabelSetsReport,
    /// Its values, in the order of [`openqoe_spec::Guarded::ALL`].
    pub attributes: Vec<AttributeReport>,
}

/// What a tenant uses of its label sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelSetsReport {
    /// In all shards together, without the one for what is beyond the limit.
    pub used: usize,
    /// How many there may be.
    pub limit: usize,
    /// Sessions whose label set was beyond the limit.
    pub refused: u64,
    /// Label sets given up since the start because nothing was written to them.
    pub expired: u64,
}

/// What a tenant uses of the budget of one guarded attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttributeReport {
    /// Its name.
    pub attribute: &'static str,
    /// How many values it may have.
    pub budget: usize,
    /// How many it has.
    pub admitted: usize,
    /// How often a value was folded, by this budget or with its whole label set.
    pub folded: u64,
    /// Different values folded by this budget since the start of the process, about.
    pub overflow_values: u64,
    /// Those folded most often by this budget since the start of the process.
    pub top: Vec<Offender>,
}
