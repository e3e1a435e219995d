//! Key performance indicators in Rust: which slots of a row make each of their terms.

use std::fmt::Write;

use anyhow::{Context, Result};

use super::rust_metrics::{def_index, is_keyed, slot_count, slot_texts};
use crate::registry::{Kpi, KpiKind, Metric, Registry, TermOf, camel};

pub(super) fn kpis(registry: &Registry) -> Result<String> {
    let mut lists = Lists::default();
    let (mut variants, mut defs, mut all) = (String::new(), String::new(), String::new());
    for kpi in &registry.kpis {
        let variant = camel(&kpi.id);
        let _ = write!(variants, "/// {}: {}\n{variant},", kpi.title, kpi.help);
        let _ = write!(all, "Kpi::{variant},");
        defs.push_str(&def(registry, kpi, &mut lists)?);
    }
    let Lists { terms, histograms, levels } = lists;
    let mut out = String::from(
        "use crate::kpi::{Better, HistogramDef, KpiDef, KpiKind, KpiUnit, LevelDef, TermDef, TermOf};\n\n",
    );
    let _ = write!(
        out,
        "/// What people look at.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\npub enum Kpi {{ {variants} }}\n\n\
         impl Kpi {{\n/// All of them.\npub const ALL: &'static [Kpi] = &[{all}];\n}}\n\n\
         pub(crate) static DEFS: [KpiDef; {}] = [{defs}];\n\n",
        registry.kpis.len()
    );
    for (doc, name, of, list) in [
        ("The sums ratios and rates are made of.", "TERMS", "TermDef", &terms),
        ("The histograms quantiles are taken from.", "HISTOGRAMS", "HistogramDef", &histograms),
        ("The gauges levels are sums of.", "LEVELS", "LevelDef", &levels),
    ] {
        let texts: String = list.iter().map(|(_, text)| format!("{text},")).collect();
        let _ = write!(out, "/// {doc}\npub static {name}: [{of}; {}] = [{texts}];\n\n", list.len());
    }
    Ok(out)
}

/// What is shared between indicators, by the text the registry has for it.
#[derive(Default)]
struct Lists {
    terms: Vec<(String, String)>,
    histograms: Vec<(String, String)>,
    levels: Vec<(String, String)>,
}

fn position(list: &mut Vec<(String, String)>, key: &str, text: String) -> usize {
    list.iter().position(|(known, _)| known == key).unwrap_or_else(|| {
        list.push((key.to_owned(), text));
        list.len() - 1
    })
}

fn def(registry: &Registry, kpi: &Kpi, lists: &mut Lists) -> Result<String> {
    let kind = match kpi.kind {
        KpiKind::Ratio => {
            let (part, whole) = (terms(registry, &kpi.part, lists)?, terms(registry, &kpi.whole, lists)?);
            format!("KpiKind::Ratio {{ part: &{part:?}, whole: &{whole:?}, scale: {:?} }}", kpi.scale)
        }
        KpiKind::Rate => {
            let of = terms(registry, kpi.of.as_slice(), lists)?;
            format!("KpiKind::Rate {{ of: {} }}", of.first().copied().unwrap_or_default())
        }
        KpiKind::Quantile => {
            let metric = metric(registry, kpi)?;
            let (def, slots) = (def_index(registry, metric), slots(registry, metric, ""));
            let text = format!("HistogramDef {{ metric: {def}, slots: &{slots:?} }}");
            let of = position(&mut lists.histograms, &metric.name, text);
            format!("KpiKind::Quantile {{ q: {:?}, of: {of} }}", kpi.q.unwrap_or_default())
        }
        KpiKind::Level => {
            let metric = metric(registry, kpi)?;
            let (def, slots) = (def_index(registry, metric), slots(registry, metric, ""));
            let text = format!("LevelDef {{ metric: {def}, slots: &{slots:?} }}");
            let of = position(&mut lists.levels, &metric.name, text);
            format!("KpiKind::Level {{ of: {of} }}")
        }
    };
    Ok(format!(
        "KpiDef {{ id: {:?}, title: {:?}, help: {:?}, unit: KpiUnit::{}, better: Better::{}, kind: {kind}, least: {:?} }},",
        kpi.id,
        kpi.title,
        kpi.help,
        camel(kpi.unit.name()),
        camel(kpi.better.name()),
        kpi.least
    ))
}

fn metric<'r>(registry: &'r Registry, kpi: &Kpi) -> Result<&'r Metric> {
    registry.metrics().find(|metric| Some(&metric.name) == kpi.of.as_ref()).with_context(|| kpi.id.clone())
}

fn terms(registry: &Registry, texts: &[String], lists: &mut Lists) -> Result<Vec<usize>> {
    let mut positions = Vec::new();
    for text in texts {
        let term = registry.term(text)?;
        let of = match term.of {
            TermOf::Counter => "Counter",
            TermOf::HistogramCount => "HistogramCount",
            TermOf::HistogramSum => "HistogramSum",
        };
        let (def, slots) = (def_index(registry, term.metric), slots(registry, term.metric, term.labels));
        let (name, labels) = (term.name, term.labels);
        let def = format!(
            "TermDef {{ name: {name:?}, labels: {labels:?}, of: TermOf::{of}, metric: {def}, slots: &{slots:?} }}"
        );
        positions.push(position(&mut lists.terms, text, def));
    }
    Ok(positions)
}

/// The slots of a metric whose closed labels match.
fn slots(registry: &Registry, metric: &Metric, labels: &str) -> Vec<usize> {
    let wanted: Vec<String> = labels
        .split(',')
        .filter(|label| !label.is_empty())
        .map(|label| format!("{label:?}").trim_matches('"').to_owned())
        .collect();
    let first = first_slot(registry, metric);
    let texts = slot_texts(registry, metric).into_iter().enumerate();
    let matching = texts.filter(|(_, text)| wanted.iter().all(|label| text.contains(label.as_str())));
    matching.map(|(offset, _)| first + offset).collect()
}

fn first_slot(registry: &Registry, metric: &Metric) -> usize {
    registry
        .metrics()
        .filter(|other| {
            other.scope == metric.scope && other.kind() == metric.kind() && !is_keyed(registry, other)
        })
        .take_while(|other| other.name != metric.name)
        .map(|other| slot_count(registry, other))
        .sum()
}
