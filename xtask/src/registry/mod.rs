//! `spec/registry/*.yaml` read into memory and checked: every cross reference resolves before anything is generated.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

mod kpi;
mod model;

pub(crate) use kpi::{Kpi, KpiKind, TermOf};
pub(crate) use model::*;

/// The whole vocabulary.
pub(crate) struct Registry {
    pub(crate) spec_version: String,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) labels: Vec<Label>,
    pub(crate) events: Vec<Event>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) batch_rejections: Vec<BatchRejection>,
    pub(crate) domains: Vec<Domain>,
    pub(crate) kpis: Vec<Kpi>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpecFile {
    spec_version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributesFile {
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelsFile {
    labels: Vec<Label>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventsFile {
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutcomesFile {
    outcomes: Vec<Outcome>,
    batch_rejections: Vec<BatchRejection>,
}

impl Registry {
    /// Reads the registry below `root` and checks it.
    pub(crate) fn load(root: &Path) -> Result<Registry> {
        let folder = root.join("spec/registry");
        let outcomes: OutcomesFile = read(&folder.join("outcomes.yaml"))?;
        let mut registry = Registry {
            spec_version: read::<SpecFile>(&folder.join("spec.yaml"))?.spec_version,
            attributes: read::<AttributesFile>(&folder.join("attributes.yaml"))?.attributes,
            labels: read::<LabelsFile>(&folder.join("labels.yaml"))?.labels,
            events: read::<EventsFile>(&folder.join("events.yaml"))?.events,
            outcomes: outcomes.outcomes,
            batch_rejections: outcomes.batch_rejections,
            domains: DOMAINS
                .iter()
                .map(|name| read::<Domain>(&folder.join(format!("metrics/{name}.yaml"))))
                .collect::<Result<_>>()?,
            kpis: read::<kpi::KpisFile>(&folder.join("kpis.yaml"))?.kpis,
        };
        registry.check_no_stray_domain(&folder.join("metrics"))?;
        registry.resolve_mirrors()?;
        registry.check()?;
        registry.check_kpis()?;
        Ok(registry)
    }

    pub(crate) fn metrics(&self) -> impl Iterator<Item = &Metric> {
        self.domains.iter().flat_map(|domain| &domain.metrics)
    }

    pub(crate) fn label(&self, name: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.name == name)
    }

    fn check_no_stray_domain(&self, folder: &Path) -> Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            ensure!(DOMAINS.contains(&stem), "{} is not in registry::DOMAINS", path.display());
        }
        Ok(())
    }

    fn resolve_mirrors(&mut self) -> Result<()> {
        let originals: Vec<Metric> = self.metrics().cloned().collect();
        for metric in self.domains.iter_mut().flat_map(|domain| &mut domain.metrics) {
            let Some(name) = &metric.mirror else { continue };
            let original = originals
                .iter()
                .find(|candidate| &candidate.name == name && candidate.scope == Scope::View)
                .with_context(|| format!("{}: no view metric {name} to mirror", metric.name))?;
            metric.scope = Scope::Experiment;
            metric.kind = original.kind;
            metric.unit = original.unit;
            metric.labels.clone_from(&original.labels);
            metric.buckets.clone_from(&original.buckets);
            metric.exemplars = original.exemplars;
            metric.formula = format!("as {name}");
            metric.source.clone_from(&original.source);
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        let mut names = BTreeSet::new();
        for metric in self.metrics() {
            let name = &metric.name;
            ensure!(names.insert(name), "{name} is registered twice");
            ensure!(metric.kind.is_some(), "{name} has no kind");
            ensure!(
                !metric.formula.is_empty() && !metric.source.is_empty(),
                "{name} lacks formula or source"
            );
            ensure!(metric.help.ends_with('.'), "{name}: help is a sentence and ends with a full stop");
            let counter = metric.kind() == Kind::Counter;
            ensure!(counter == name.ends_with("_total"), "{name}: `_total` is for counters, all of them");
            let histogram = metric.kind() == Kind::Histogram;
            ensure!(
                histogram != metric.buckets.is_empty(),
                "{name}: buckets are for histograms, all of them"
            );
            ensure!(metric.buckets.is_sorted_by(|a, b| a < b), "{name}: bucket bounds must ascend");
            for label in &metric.labels {
                let known = SPECIAL_LABELS.contains(&label.as_str()) || self.label(label).is_some();
                ensure!(known, "{name}: label {label} is not in labels.yaml");
            }
        }
        check_tags("events", self.events.iter().map(|event| event.tag))?;
        check_tags("attributes", self.attributes.iter().map(|attribute| attribute.tag))?;
        for event in &self.events {
            check_tags(&event.name, event.fields.iter().map(|field| field.tag))?;
            for field in &event.fields {
                self.check_field(event, field)?;
            }
        }
        for attribute in &self.attributes {
            let bounded = attribute.class != Class::Guarded || attribute.budget > 0;
            ensure!(bounded, "{}: a guarded attribute needs a budget", attribute.name);
        }
        Ok(())
    }

    fn check_field(&self, event: &Event, field: &Field) -> Result<()> {
        let at = format!("{}.{}", event.name, field.name);
        match field.kind {
            FieldType::Enum => {
                let of = field.of.as_deref().unwrap_or_default();
                let label = self.label(of).with_context(|| format!("{at}: no enumeration {of}"))?;
                if let Some(default) = field.default_text() {
                    ensure!(label.values.contains(&default), "{at}: {default} is not in {of}");
                }
            }
            FieldType::Uint | FieldType::Number | FieldType::String if field.max.is_none() => {
                bail!("{at}: unbounded (give it a max)");
            }
            _ => {}
        }
        Ok(())
    }
}

/// Tags tell what is told apart, and fit where the journal puts them.
fn check_tags(of: &str, tags: impl Iterator<Item = u64>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for tag in tags {
        ensure!((1..32).contains(&tag), "{of}: tag {tag} is not within 1 and 31");
        ensure!(seen.insert(tag), "{of}: tag {tag} is given twice");
    }
    Ok(())
}

/// The domains in the order of the taxonomy page: those of views, then the gateway's own.
const DOMAINS: [&str; 17] = [
    "startup",
    "playback",
    "abr",
    "net",
    "err",
    "eng",
    "ad",
    "custom",
    "exp",
    "slo",
    "gateway",
    "filters",
    "remote_write",
    "otlp",
    "history",
    "anomaly",
    "probe",
];

/// Labels whose values come from another part of the registry.
pub(crate) const SPECIAL_LABELS: [&str; 4] = ["outcome", "batch_rejection", "guarded", "build"];

/// A YAML file of a known shape.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_yaml_ng::from_str(&text).with_context(|| path.display().to_string())
}
