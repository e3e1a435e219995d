//! Steps added up: what was counted over some time, of everything and of each value.

use std::collections::BTreeMap;
use std::sync::Arc;

use openqoe_metrics::Sums;

use super::ring::Step;

/// What was counted of one tenant over some steps.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Seconds the gateway lived through.
    pub(super) covered_s: f64,
    /// With the levels of the last step.
    pub(super) total: Sums,
    /// By attribute and value.
    pub(super) values: BTreeMap<&'static str, BTreeMap<Arc<str>, Sums>>,
}

impl Window {
    /// Adds up everything.
    pub(super) fn of<'a>(steps: impl IntoIterator<Item = &'a Arc<Step>>, tenant: &str) -> Window {
        let mut window = Window::default();
        for step in steps {
            window.add_total(step, tenant);
            let Some(slice) = step.tenants.get(tenant) else { continue };
            for (attribute, value, sums) in &slice.values {
                let sums = Sums::unpack(sums);
                let known = window.values.entry(attribute).or_default();
                match known.get_mut(value) {
                    Some(known) => known.merge(&sums),
                    None => drop(known.insert(value.clone(), sums)),
                }
            }
        }
        window
    }

    /// Adds up the whole alone.
    pub(super) fn total<'a>(steps: impl IntoIterator<Item = &'a Arc<Step>>, tenant: &str) -> Window {
        let mut window = Window::default();
        steps.into_iter().for_each(|step| window.add_total(step, tenant));
        window
    }

    fn add_total(&mut self, step: &Step, tenant: &str) {
        self.covered_s += step.covered as f64 / 1000.0;
        let slice = step.tenants.get(tenant);
        self.total.advance(&slice.map(|slice| Sums::unpack(&slice.total)).unwrap_or_default());
    }
}
