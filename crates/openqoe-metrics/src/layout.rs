//! What the generated tables say about the rows of a scope, and which of a row's counters the world gets to see.

use std::sync::LazyLock;

use openqoe_spec::metrics::{EXPERIMENT, METRICS, OBJECTIVE, PROBE, PROCESS, SLO, TENANT, VIEW};
use openqoe_spec::{Scope, ScopeDef};

/// Every scope, each at the position of its discriminant.
pub(crate) const SCOPES: [Scope; 7] = [
    Scope::View,
    Scope::Experiment,
    Scope::Slo,
    Scope::Objective,
    Scope::Tenant,
    Scope::Process,
    Scope::Probe,
];

/// The layout of a scope's rows.
pub(crate) fn layout(scope: Scope) -> &'static ScopeDef {
    match scope {
        Scope::View => &VIEW,
        Scope::Experiment => &EXPERIMENT,
        Scope::Slo => &SLO,
        Scope::Objective => &OBJECTIVE,
        Scope::Tenant => &TENANT,
        Scope::Process => &PROCESS,
        Scope::Probe => &PROBE,
    }
}

/// A set of domains of the taxonomy.
///
/// A counter is exposed, with 0, as soon as its row has a value in its domain, so that `rate()` sees the step from 0 and a
/// row without ads does not carry the counters of ads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Domains(u64);

impl Domains {
    /// All of them.
    pub(crate) const ALL: Domains = Domains(u64::MAX);

    /// Takes in the domain of a metric.
    pub(crate) fn insert(&mut self, metric: usize) {
        self.0 |= DOMAIN[metric];
    }

    /// Whether the domain of a metric is among them.
    pub(crate) fn contains(self, metric: usize) -> bool {
        self.0 & DOMAIN[metric] != 0
    }

    /// Whether there is none.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The domain of each metric as one bit.
static DOMAIN: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut names: Vec<&str> = Vec::new();
    let bit = |domain: &'static str| {
        let position = names.iter().position(|name| *name == domain).unwrap_or_else(|| {
            names.push(domain);
            names.len() - 1
        });
        1 << position
    };
    METRICS.iter().map(|def| def.domain).map(bit).collect()
});

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use openqoe_spec::{ATTRIBUTES, MetricKind};

    use super::*;
    use crate::labels::pairs;

    #[test]
    fn scopes_stand_at_their_position() {
        assert!(SCOPES.iter().enumerate().all(|(position, scope)| *scope as usize == position));
    }

    #[test]
    fn every_domain_has_its_own_bit() {
        let domains: HashSet<_> = METRICS.iter().map(|def| def.domain).collect();
        assert_eq!(DOMAIN.iter().collect::<HashSet<_>>().len(), domains.len());
        assert!(domains.len() <= 64);
    }

    /// Two labels of one name would make a series no parser accepts.
    #[test]
    fn labels_of_slots_clash_with_no_label_of_rows() {
        for scope in SCOPES {
            let def = layout(scope);
            for slot in [def.counters, def.gauges, def.histograms, def.keyed].into_iter().flatten() {
                for (name, _) in pairs(slot.labels) {
                    assert!(!["tenant", "le", "session_id"].contains(&name), "{name}");
                    let attribute = ATTRIBUTES.iter().any(|attribute| attribute.name == name);
                    assert!(scope == Scope::Process || !attribute, "{name}");
                }
            }
        }
    }

    /// What the encoders rely on.
    #[test]
    fn the_registry_keeps_its_promises() {
        for def in &METRICS {
            let counter = def.kind == MetricKind::Counter;
            assert_eq!(def.name.ends_with("_total"), counter, "{}", def.name);
            assert!(def.buckets.is_sorted(), "{}", def.name);
            assert!(def.key.is_none() || counter, "{}", def.name);
        }
        assert!(VIEW.keyed.iter().all(|slot| slot.mirror.is_none()));
    }
}
