//! Label sets as text: how the rows of sessions and of experiments are named, and what a name says.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use openqoe_spec::{ATTRIBUTES, Attribute, Class, Guarded};

use crate::OVERFLOW;
use crate::labels::{pairs, push_label};

/// The values of all attributes in order, `""` for those that make no label.
pub(crate) type Values<'a> = [&'a str; ATTRIBUTES.len()];
/// The same, as read from a text.
pub(crate) type OwnedValues<'a> = [Cow<'a, str>; ATTRIBUTES.len()];

/// The name of a row, one copy for all shards, from its admission until the last of them lets go of it. Should the same
/// labels come back, that is another row: its counters begin anew.
#[derive(Debug)]
pub(crate) struct RowLabels {
    pub(crate) text: Arc<str>,
    /// Whether it is one of the tenant's label sets. Rows of experiments, and the row of everything beyond the limit, are not.
    pub(crate) limited: bool,
    gone: AtomicBool,
}

impl RowLabels {
    pub(crate) fn new(text: &str, limited: bool) -> RowLabels {
        RowLabels { text: text.into(), limited, gone: AtomicBool::new(false) }
    }

    /// Whether no shard holds on to the row any more. It is gone for all of them at the same moment.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// Nobody holds on to it any more.
    pub(crate) fn end(&self) {
        self.gone.store(true, Ordering::Release);
    }

    /// The tenant, and the guarded values the row stands for: absent and folded ones are none.
    pub(crate) fn guarded(&self) -> (Box<str>, Vec<(Guarded, String)>) {
        let Some((tenant, values)) = parse(&self.text) else { return Default::default() };
        let values =
            guarded(&borrowed(&values)).map(|(guarded, value)| (guarded, value.to_owned())).collect();
        (tenant.as_ref().into(), values)
    }
}

/// The guarded values among all: absent and folded ones are none.
pub(crate) fn guarded<'a>(values: &Values<'a>) -> impl Iterator<Item = (Guarded, &'a str)> {
    ATTRIBUTES.iter().zip(values).filter_map(|(def, value)| match def.class {
        Class::Guarded(guarded) if !matches!(*value, "" | OVERFLOW) => Some((guarded, *value)),
        _ => None,
    })
}

/// Every attribute is [`OVERFLOW`], present or not, so that there is one row of it.
pub(crate) fn beyond_text(tenant: &str) -> String {
    view_text(tenant, &[OVERFLOW; ATTRIBUTES.len()])
}

/// The labels of a session, of those attributes that make one.
pub(crate) fn view_text(tenant: &str, values: &Values<'_>) -> String {
    let mut text = String::new();
    push_label(&mut text, "tenant", tenant);
    for (def, value) in ATTRIBUTES.iter().zip(values) {
        if def.class != Class::TraceOnly && !value.is_empty() {
            push_label(&mut text, def.name, value);
        }
    }
    text
}

/// A variant without its experiment, or an experiment without a variant, is none.
pub(crate) fn experiment_text(tenant: &str, values: &Values<'_>) -> Option<String> {
    let mut text = String::new();
    push_label(&mut text, "tenant", tenant);
    for attribute in [Attribute::ExperimentId, Attribute::ExperimentVariant] {
        let value = Some(values[attribute.index()]).filter(|value| !value.is_empty())?;
        push_label(&mut text, attribute.as_str(), value);
    }
    Some(text)
}

/// The tenant and the values of all attributes in a row's label text.
pub(crate) fn parse(labels: &str) -> Option<(Cow<'_, str>, OwnedValues<'_>)> {
    let mut pairs = pairs(labels);
    let (_, tenant) = pairs.next().filter(|(name, _)| *name == "tenant")?;
    let mut values = OwnedValues::default();
    for (name, value) in pairs {
        if let Some(attribute) = Attribute::parse(name) {
            values[attribute.index()] = value;
        }
    }
    Some((tenant, values))
}

pub(crate) fn borrowed<'a>(values: &'a OwnedValues<'_>) -> Values<'a> {
    values.each_ref().map(|value| &**value)
}
