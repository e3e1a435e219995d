//! Sums as bytes, for memories that hold many of them and for files. A file outlives the build that wrote it, so it keeps the
//! [`Dictionary`] of that build beside them, and each sum is found again by its name.

use openqoe_spec::metrics::METRICS;
use openqoe_spec::{KPI_HISTOGRAMS, KPI_TERMS, Phase};
use serde::{Deserialize, Serialize};

use super::Sums;

/// What the numbers of packed sums mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dictionary {
    terms: Vec<String>,
    histograms: Vec<String>,
    phases: Vec<String>,
}

impl Dictionary {
    /// That of this build.
    pub fn current() -> Dictionary {
        Dictionary {
            terms: KPI_TERMS.iter().map(|term| format!("{}{{{}}}", term.name, term.labels)).collect(),
            histograms: KPI_HISTOGRAMS.iter().map(|def| METRICS[def.metric].name.to_owned()).collect(),
            phases: Phase::NAMES.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// Sums that were packed by the build of this dictionary. What this build does not know is left out, what that one did not
    /// is 0. `None` when the bytes are damaged.
    pub fn unpack(&self, bytes: &[u8]) -> Option<Sums> {
        let Sums { terms, histograms, phases } = rmp_serde::from_slice(bytes).ok()?;
        let lengths = (terms.len(), histograms.len(), phases.len());
        let numbers = || terms.iter().chain(&phases);
        let sound = lengths == (self.terms.len(), self.histograms.len(), self.phases.len())
            && numbers().all(|number| number.is_finite())
            && histograms.iter().all(|histogram| histogram.is_sound(histogram.checked_count().unwrap_or(0)));
        if !sound {
            return None;
        }
        let current = Dictionary::current();
        if *self == current {
            return Some(Sums { terms, histograms, phases });
        }
        Some(Sums {
            terms: found_again(&current.terms, &self.terms, &terms),
            histograms: found_again(&current.histograms, &self.histograms, &histograms),
            phases: found_again(&current.phases, &self.phases, &phases),
        })
    }
}

fn found_again<T: Clone + Default>(wanted: &[String], names: &[String], values: &[T]) -> Box<[T]> {
    let place = |name: &String| names.iter().position(|known| known == name);
    wanted.iter().map(|name| place(name).map(|at| values[at].clone()).unwrap_or_default()).collect()
}

impl Sums {
    /// As bytes, some hundred of them.
    pub fn pack(&self) -> Box<[u8]> {
        // Never an error: a vector takes everything. Were it one, unpacking would find damage.
        rmp_serde::to_vec(self).unwrap_or_default().into()
    }

    /// What [`Sums::pack`] of this very build has packed; empty when it was not.
    pub fn unpack(bytes: &[u8]) -> Sums {
        let sums: Option<Sums> = rmp_serde::from_slice(bytes).ok();
        sums.filter(|sums| sums.terms.len() == KPI_TERMS.len()).unwrap_or_default()
    }
}
