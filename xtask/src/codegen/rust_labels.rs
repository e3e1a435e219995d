//! Rust enums for closed labels, attributes and outcomes.

use std::fmt::Write;

use crate::registry::{Attribute, AttributeType, Class, Registry, camel, value_variant};

/// One variant of a generated enum: Rust name, name on the wire, documentation.
struct Variant {
    rust: String,
    wire: String,
    help: String,
}

/// What every file of closed enums begins with.
const USES: &str = "use serde::{Deserialize, Serialize};\n\n";

impl Variant {
    /// The Rust name follows from the name on the wire.
    fn named(wire: &str, help: &str) -> Variant {
        Variant { rust: camel(wire), wire: wire.to_owned(), help: help.to_owned() }
    }
}

pub(super) fn labels(registry: &Registry) -> String {
    let mut out = String::from(USES);
    for label in registry.labels.iter().filter(|label| !label.guarded()) {
        let variants = label.values.iter().map(|value| Variant {
            rust: value_variant(value),
            wire: value.clone(),
            help: format!("`{value}`"),
        });
        closed_enum(&mut out, &camel(&label.name), &label.help, &variants.collect::<Vec<_>>());
    }
    let guarded: Vec<Variant> = guarded(registry)
        .into_iter()
        .map(|(name, budget)| Variant {
            rust: camel(&name),
            help: format!("`{name}`, {budget} values"),
            wire: name,
        })
        .collect();
    closed_enum(&mut out, "Guarded", "What has a cardinality budget.", &guarded);
    let budgets: String = guarded_budgets(registry).iter().map(|budget| format!("{budget},")).collect();
    let _ = write!(
        out,
        "impl Guarded {{ /// Values allowed per tenant before the overflow, where the operator sets nothing else.\n\
         pub const fn default_budget(self) -> usize {{ const BUDGETS: &[usize] = &[{budgets}]; BUDGETS[self as usize] }} }}\n"
    );
    out
}

/// Everything with a budget: guarded attributes, then guarded labels of single metrics.
pub(super) fn guarded(registry: &Registry) -> Vec<(String, usize)> {
    let attributes = registry.attributes.iter().filter(|attribute| attribute.class == Class::Guarded);
    let labels = registry.labels.iter().filter(|label| label.guarded());
    attributes
        .map(|attribute| (attribute.name.clone(), attribute.budget))
        .chain(labels.map(|label| (label.name.clone(), label.budget)))
        .collect()
}

fn guarded_budgets(registry: &Registry) -> Vec<usize> {
    guarded(registry).into_iter().map(|(_, budget)| budget).collect()
}

pub(super) fn attributes(registry: &Registry) -> String {
    let mut out = format!(
        "{USES}use crate::attribute::{{AttributeDef, AttributeType, Class}};\nuse super::labels::Guarded;\n\n\
         /// The version of the vocabulary this code speaks.\npub const SPEC_VERSION: &str = \"{}\";\n\n",
        registry.spec_version
    );
    let variants: Vec<Variant> = registry
        .attributes
        .iter()
        .map(|attribute| Variant::named(&attribute.name, &attribute.help))
        .collect();
    closed_enum(&mut out, "Attribute", "What is known about a session.", &variants);
    let _ = write!(
        out,
        "/// The rules of every attribute, in the order of [`Attribute`].\n\
         pub static ATTRIBUTES: [AttributeDef; {}] = [",
        registry.attributes.len()
    );
    for attribute in &registry.attributes {
        out.push_str(&attribute_def(attribute));
    }
    out.push_str("];\n");
    out
}

fn attribute_def(attribute: &Attribute) -> String {
    let kind = match attribute.kind {
        AttributeType::String => format!("AttributeType::String {{ max_bytes: {} }}", attribute.max_bytes),
        AttributeType::Bool => "AttributeType::Bool".into(),
        AttributeType::Country => "AttributeType::Country".into(),
        AttributeType::Semver => format!("AttributeType::Semver {{ max_bytes: {} }}", attribute.max_bytes),
        AttributeType::Enum => format!("AttributeType::Enum(&{:?})", attribute.values),
    };
    let class = match attribute.class {
        Class::Label => "Class::Label".into(),
        Class::TraceOnly => "Class::TraceOnly".into(),
        Class::Guarded => format!("Class::Guarded(Guarded::{})", camel(&attribute.name)),
    };
    let (name, help) = (&attribute.name, &attribute.help);
    format!("AttributeDef {{ name: {name:?}, class: {class}, kind: {kind}, help: {help:?} }},")
}

pub(super) fn outcomes(registry: &Registry) -> String {
    let mut out = String::from(USES);
    for outcome in registry.outcomes.iter().filter(|outcome| !outcome.reasons.is_empty()) {
        let variants: Vec<Variant> =
            outcome.reasons.iter().map(|reason| Variant::named(&reason.name, &reason.help)).collect();
        closed_enum(&mut out, &camel(&outcome.name), &outcome.help, &variants);
    }
    out.push_str("/// What became of one event (invariant 4: exactly one outcome each).\n");
    out.push_str("#[derive(Clone, Copy, Debug, PartialEq, Eq)]\n#[must_use]\npub enum Outcome {");
    let mut arms = String::new();
    let mut names = String::new();
    let mut all = String::new();
    let mut next = 0;
    for outcome in &registry.outcomes {
        let variant = camel(&outcome.name);
        if outcome.reasons.is_empty() {
            let _ = writeln!(out, "/// {}\n{variant},", outcome.help);
            let _ = write!(arms, "Outcome::{variant} => {next},");
            let _ = write!(names, "Outcome::{variant} => {:?},", outcome.name);
            let _ = write!(all, "Outcome::{variant},");
            next += 1;
        } else {
            let _ = writeln!(out, "/// {}\n{variant}({variant}),", outcome.help);
            let _ = write!(arms, "Outcome::{variant}(reason) => {next} + reason.index(),");
            let _ = write!(names, "Outcome::{variant}(_) => {:?},", outcome.name);
            for reason in &outcome.reasons {
                let _ = write!(all, "Outcome::{variant}({variant}::{}),", camel(&reason.name));
            }
            next += outcome.reasons.len();
        }
    }
    let _ = write!(
        out,
        "}}\nimpl Outcome {{\n/// Outcomes with their reasons.\npub const COUNT: usize = {next};\n\
         /// Every outcome with every reason, in order.\npub const ALL: [Outcome; Outcome::COUNT] = [{all}];\n\
         /// Position among all outcomes and reasons.\n\
         pub const fn index(self) -> usize {{ match self {{ {arms} }} }}\n\
         /// The outcome's name, without its reason.\n\
         pub const fn as_str(self) -> &'static str {{ match self {{ {names} }} }} }}\n"
    );
    let variants: Vec<Variant> =
        registry.batch_rejections.iter().map(|reason| Variant::named(&reason.name, &reason.help)).collect();
    closed_enum(&mut out, "BatchRejection", "Why a body could not be read as a batch.", &variants);
    let statuses: String =
        registry.batch_rejections.iter().map(|reason| format!("{},", reason.status)).collect();
    let _ = write!(
        out,
        "impl BatchRejection {{ /// The HTTP status that says so.\n\
         pub const fn status(self) -> u16 {{ const STATUSES: &[u16] = &[{statuses}]; STATUSES[self as usize] }} }}\n"
    );
    out
}

fn closed_enum(out: &mut String, name: &str, help: &str, variants: &[Variant]) {
    let _ = writeln!(
        out,
        "/// {help}\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]\npub enum {name} {{"
    );
    for variant in variants {
        let Variant { rust, wire, help } = variant;
        let _ = writeln!(out, "/// {help}\n#[serde(rename = {wire:?})]\n{rust},");
    }
    let all: String = variants.iter().map(|variant| format!("{name}::{},", variant.rust)).collect();
    let names: String = variants.iter().map(|variant| format!("{:?},", variant.wire)).collect();
    let parse: String = variants
        .iter()
        .map(|variant| format!("{:?} => Some({name}::{}),", variant.wire, variant.rust))
        .collect();
    let _ = write!(
        out,
        "}}\nimpl {name} {{\n/// Every variant, in order.\npub const ALL: &'static [{name}] = &[{all}];\n\
         /// Their names on the wire, in order.\npub const NAMES: &'static [&'static str] = &[{names}];\n\
         /// Position in [`Self::ALL`].\npub const fn index(self) -> usize {{ self as usize }}\n\
         /// The name on the wire.\npub const fn as_str(self) -> &'static str {{ Self::NAMES[self as usize] }}\n\
         /// The variant of a name, `None` for any other text.\n\
         pub fn parse(text: &str) -> Option<Self> {{ match text {{ {parse} _ => None }} }}\n}}\n\n"
    );
}
