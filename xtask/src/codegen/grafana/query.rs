//! Indicators as queries. They say what the console's do (`openqoe_spec::kpi`), over the range a panel looks at.

use anyhow::{Context, Result};

use crate::registry::{Kpi, KpiKind, Registry};

/// What of an indicator is asked for.
pub(super) struct Asked<'a> {
    pub(super) kpi: &'a Kpi,
    /// The labels to break it down by.
    pub(super) by: &'a [String],
    /// `$__rate_interval` or `$__range`.
    pub(super) range: &'a str,
    /// Whether the metrics of experiments are preferred.
    pub(super) mirrors: bool,
}

impl Asked<'_> {
    /// The query, without filters.
    ///
    /// # Errors
    /// When the indicator names a metric that is not there.
    pub(super) fn promql(&self, registry: &Registry) -> Result<String> {
        let kpi = self.kpi;
        let of = kpi.of.as_deref().unwrap_or_default();
        let terms: Vec<&String> = kpi.part.iter().chain(&kpi.whole).chain(&kpi.of).collect();
        let is_mirrored = self.mirrors && terms.iter().all(|term| mirror(registry, term).is_some());
        let name = |term: &str| {
            let mirrored = is_mirrored.then(|| mirror(registry, term)).flatten();
            mirrored.unwrap_or_else(|| term.to_owned())
        };
        let sum = |terms: &[String]| {
            let one = |term: &String| self.sum("rate", &name(term));
            let text = terms.iter().map(one).collect::<Vec<_>>().join(" + ");
            if terms.len() > 1 { format!("({text})") } else { text }
        };
        Ok(match kpi.kind {
            KpiKind::Ratio => {
                let factor = if kpi.scale == 1.0 { String::new() } else { format!("{} * ", kpi.scale) };
                format!("{factor}{} / {}", sum(&kpi.part), sum(&kpi.whole))
            }
            KpiKind::Quantile => {
                let by: Vec<&str> = ["le"].into_iter().chain(self.by.iter().map(String::as_str)).collect();
                let (q, by, range) = (kpi.q.context("no quantile")?, by.join(", "), self.range);
                format!("histogram_quantile({q}, sum by ({by}) (rate({}_bucket[{range}])))", name(of))
            }
            KpiKind::Rate => self.sum("rate", &name(of)),
            KpiKind::Level => format!("sum{} ({of})", by_text(self.by)),
        })
    }

    /// Those groups that are worst, of those with enough to judge them by.
    pub(super) fn worst(&self, registry: &Registry, most: usize) -> Result<String> {
        let query = self.promql(registry)?;
        let highest = if self.kpi.better.name() == "higher" { "bottomk" } else { "topk" };
        let count = self.kpi.of.as_ref().map(|of| format!("{of}_count"));
        let whole: Vec<&String> = match self.kpi.kind {
            KpiKind::Ratio => self.kpi.whole.iter().collect(),
            KpiKind::Quantile => count.iter().collect(),
            KpiKind::Rate | KpiKind::Level => return Ok(format!("{highest}({most}, {query})")),
        };
        let weight: Vec<String> = whole.iter().map(|term| self.sum("increase", term)).collect();
        Ok(format!("{highest}({most}, ({query}) and ({} >= {}))", weight.join(" + "), self.kpi.least))
    }

    /// Its course for those groups that had the most views over the range shown: the same ones at every step.
    pub(super) fn largest(&self, registry: &Registry, most: usize) -> Result<String> {
        let (query, by) = (self.promql(registry)?, self.by.join(", "));
        let views = "openqoe_startup_attempts_total";
        Ok(format!(
            "({query}) and on ({by}) topk({most}, sum by ({by}) (increase({views}[$__range] @ end())))"
        ))
    }

    fn sum(&self, function: &str, term: &str) -> String {
        format!("sum{} ({function}({term}[{}]))", by_text(self.by), self.range)
    }
}

fn by_text(by: &[String]) -> String {
    if by.is_empty() { String::new() } else { format!(" by ({})", by.join(", ")) }
}

/// The same term of the metric of experiments that mirrors its own.
fn mirror(registry: &Registry, term: &str) -> Option<String> {
    let (name, labels) = term.split_once('{').map_or((term, ""), |(name, _)| (name, &term[name.len()..]));
    registry.metrics().find_map(|metric| {
        let own = metric.mirror.as_deref()?;
        let part = name.strip_prefix(own).filter(|part| ["", "_sum", "_count"].contains(part))?;
        Some(format!("{}{part}{labels}", metric.name))
    })
}
