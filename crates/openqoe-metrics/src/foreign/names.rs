//! Which metric a name is of. Prometheus knows one type for a name, whoever's it is; so whoever used it first decides, as long as
//! there are series of it, and names that would meet in the exposition (`x` of a histogram and `x_count` of a gauge) are refused.

use std::collections::HashMap;

use openqoe_spec::{ForeignMetric, MetricKind};

/// Names of samples and families, and whose they are.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<Box<str>, Owner>);

#[derive(Debug)]
struct Owner {
    family: Box<str>,
    kind: MetricKind,
    users: usize,
}

impl Names {
    /// Takes the names of a metric for one more user; false when one is another's.
    pub(super) fn claim(&mut self, metric: &ForeignMetric) -> bool {
        let names = names(metric);
        let is_ours = |owner: &Owner| owner.family == metric.name && owner.kind == metric.kind;
        if !names.iter().all(|name| self.0.get(name).is_none_or(is_ours)) {
            return false;
        }
        for name in names {
            let owner = Owner { family: metric.name.clone(), kind: metric.kind, users: 0 };
            self.0.entry(name).or_insert(owner).users += 1;
        }
        true
    }

    /// One user less.
    pub(super) fn release(&mut self, metric: &ForeignMetric) {
        for name in names(metric) {
            let Some(owner) = self.0.get_mut(&name) else { continue };
            owner.users -= 1;
            if owner.users == 0 {
                self.0.remove(&name);
            }
        }
    }
}

/// The family's name, in OpenMetrics without `_total`, and those of its samples.
fn names(metric: &ForeignMetric) -> Vec<Box<str>> {
    let name = &*metric.name;
    match metric.kind {
        MetricKind::Gauge => vec![name.into()],
        MetricKind::Counter => vec![name.into(), name.strip_suffix("_total").unwrap_or(name).into()],
        MetricKind::Histogram => {
            let samples = ["_bucket", "_sum", "_count"].map(|suffix| format!("{name}{suffix}").into());
            samples.into_iter().chain([name.into()]).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(name: &str, kind: MetricKind) -> ForeignMetric {
        ForeignMetric { name: name.into(), help: "".into(), unit: "".into(), kind }
    }

    #[test]
    fn names_that_would_meet_are_refused_until_they_are_free() {
        let mut names = Names::default();
        let histogram = metric("x", MetricKind::Histogram);
        assert!(names.claim(&histogram) && names.claim(&histogram));
        for (name, kind) in
            [("x", MetricKind::Gauge), ("x_count", MetricKind::Gauge), ("x_total", MetricKind::Counter)]
        {
            assert!(!names.claim(&metric(name, kind)), "{name}");
        }
        assert!(names.claim(&metric("x_max", MetricKind::Gauge)));
        (0..2).for_each(|_| names.release(&histogram));
        assert!(names.claim(&metric("x_count", MetricKind::Gauge)));
    }
}
