//! The names of the slots of a scope as they were, and the way from there to the slots as they are.
//!
//! A slot is the same when metric, closed labels and unit are, and for histograms the bounds of the buckets. A slot that is
//! no more is dropped; a new one starts at 0. So does, as a whole, a histogram whose bounds have changed: sum, count and both
//! kinds of buckets tell of the same observations, and `rate()` takes the fall of all of them for the restart it is.

use std::borrow::Cow;
use std::collections::HashMap;

use openqoe_spec::metrics::METRICS;
use openqoe_spec::{Scope, SlotDef};
use serde::{Deserialize, Serialize};

use super::RestoreError;
use crate::cells::Cells;
use crate::labels::{escape, unescape};
use crate::layout::layout;

/// The slots of a scope by kind, each in the order of the values.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Dictionary<'a> {
    #[serde(borrow)]
    pub(crate) counters: Vec<Name<'a>>,
    #[serde(borrow)]
    pub(crate) gauges: Vec<Name<'a>>,
    #[serde(borrow)]
    pub(crate) histograms: Vec<Name<'a>>,
    #[serde(borrow)]
    pub(crate) keyed: Vec<Name<'a>>,
}

/// What a slot is known by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Name<'a> {
    #[serde(borrow)]
    pub(crate) metric: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) labels: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) unit: Cow<'a, str>,
    pub(crate) bounds: Vec<f64>,
}

/// Where each saved slot is now, if anywhere.
pub(crate) struct Translation {
    scope: Scope,
    counters: Vec<Option<usize>>,
    gauges: Vec<Option<usize>>,
    histograms: Vec<Option<usize>>,
    keyed: Vec<Option<usize>>,
}

impl Dictionary<'static> {
    /// The slots of this build.
    pub(crate) fn of(scope: Scope) -> Dictionary<'static> {
        let def = layout(scope);
        let names = |slots: &'static [SlotDef]| slots.iter().map(Name::of).collect();
        Dictionary {
            counters: names(def.counters),
            gauges: names(def.gauges),
            histograms: names(def.histograms),
            keyed: names(def.keyed),
        }
    }
}

impl Name<'static> {
    fn of(slot: &'static SlotDef) -> Name<'static> {
        let def = &METRICS[slot.metric];
        Name {
            metric: def.name.into(),
            labels: slot.labels.into(),
            unit: def.unit.as_str().into(),
            bounds: def.buckets.to_vec(),
        }
    }
}

impl Dictionary<'_> {
    /// The way to the slots of this build.
    pub(crate) fn translation(&self, scope: Scope) -> Translation {
        let now = Dictionary::of(scope);
        Translation {
            scope,
            counters: places(&self.counters, &now.counters),
            gauges: places(&self.gauges, &now.gauges),
            histograms: places(&self.histograms, &now.histograms),
            keyed: places(&self.keyed, &now.keyed),
        }
    }
}

fn places(saved: &[Name<'_>], now: &[Name<'_>]) -> Vec<Option<usize>> {
    let by_name: HashMap<_, _> =
        now.iter().enumerate().map(|(at, name)| ((&*name.metric, &*name.labels), at)).collect();
    let place = |name: &Name<'_>| {
        let at = *by_name.get(&(&*name.metric, &*name.labels))?;
        (now[at].unit == name.unit && now[at].bounds == name.bounds).then_some(at)
    };
    saved.iter().map(place).collect()
}

impl Translation {
    /// The values of a row, each in the slot it has now.
    ///
    /// # Errors
    /// When there are not as many as the dictionary has slots, or they are none that measurements make.
    pub(crate) fn cells(&self, saved: Cells) -> Result<Cells, RestoreError> {
        let def = layout(self.scope);
        let mut cells = Cells::new(self.scope);
        for (at, value) in each(&self.counters, saved.counters)? {
            cells.counters[at] = sound(value, value.is_finite() && value >= 0.0)?;
        }
        for (at, value) in each(&self.gauges, saved.gauges)? {
            cells.gauges[at] = sound(value, value.is_none_or(f64::is_finite))?;
        }
        for (at, value) in each(&self.histograms, saved.histograms)? {
            let metric = &METRICS[def.histograms[at].metric];
            let is_sound = value.as_ref().is_none_or(|histogram| histogram.is_sound(metric));
            cells.histograms[at] = sound(value, is_sound)?;
        }
        for (at, counts) in each(&self.keyed, saved.keyed)? {
            for (key, count) in counts {
                // Escaped once more, for what is not escaped would spoil the exposition.
                let key = escape(&unescape(&key)).into();
                cells.keyed[at].insert(key, sound(count, count.is_finite() && count > 0.0)?);
            }
        }
        Ok(cells)
    }
}

/// The values that still have a slot.
fn each<T>(
    places: &[Option<usize>],
    values: Box<[T]>,
) -> Result<impl Iterator<Item = (usize, T)>, RestoreError> {
    if places.len() != values.len() {
        return Err(RestoreError::Unsound("a row does not fit the dictionary"));
    }
    Ok(places.iter().zip(values).filter_map(|(place, value)| Some(((*place)?, value))))
}

fn sound<T>(value: T, is_sound: bool) -> Result<T, RestoreError> {
    is_sound.then_some(value).ok_or(RestoreError::Unsound("a value that cannot be"))
}
