//! Which values of an attribute are told apart: the first so many that come, until they have been quiet for an hour. All others
//! are one.

use std::collections::HashMap;

use super::ring::Growths;

/// What values without room count as.
pub(crate) const OTHER: &str = "__other__";
/// After so long without anything counted, a value may be replaced by another.
const QUIET_MS: u64 = 3_600_000;

/// The values with room, by tenant and attribute, and when something was counted of each last (epoch ms).
#[derive(Debug)]
pub(super) struct Values {
    most: usize,
    known: HashMap<(Box<str>, &'static str), Known>,
}

/// When something was counted of each value last.
type Known = HashMap<Box<str>, u64>;

impl Values {
    pub(super) fn new(most: usize) -> Values {
        Values { most, known: HashMap::new() }
    }

    /// Folds the values without room into one; says how many that were.
    pub(super) fn fold(&mut self, now: u64, growths: &mut Growths) -> usize {
        let mut folded = 0;
        for (tenant, growth) in growths {
            for (attribute, values) in &mut growth.values {
                let known = self.known.entry((tenant.clone(), attribute)).or_default();
                let beyond: Vec<Box<str>> =
                    values.keys().filter(|value| !admit(known, self.most, value, now)).cloned().collect();
                folded += beyond.len();
                for value in beyond {
                    let sums = values.remove(&value).unwrap_or_default();
                    values.entry(OTHER.into()).or_default().merge(&sums);
                }
            }
        }
        folded
    }

    /// Values that have room from the start: those an earlier process remembered.
    pub(super) fn remember(&mut self, tenant: &str, attribute: &'static str, value: &str, at: u64) {
        let known = self.known.entry((tenant.into(), attribute)).or_default();
        admit(known, self.most, value, at);
    }
}

fn admit(known: &mut HashMap<Box<str>, u64>, most: usize, value: &str, now: u64) -> bool {
    if let Some(seen) = known.get_mut(value) {
        *seen = now;
        return true;
    }
    if known.len() >= most {
        known.retain(|_, seen| now.saturating_sub(*seen) < QUIET_MS);
    }
    let room = known.len() < most && value != OTHER;
    if room {
        known.insert(value.into(), now);
    }
    room
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use openqoe_metrics::{Growth, Sums};

    use super::*;

    fn growths(values: &[&str]) -> Growths {
        let values: BTreeMap<Box<str>, Sums> =
            values.iter().map(|value| ((*value).into(), Sums::default())).collect();
        let growth = Growth { values: [("cdn", values)].into(), ..Growth::default() };
        [("t".into(), growth)].into()
    }

    #[test]
    fn first_come_first_served_until_quiet() {
        let mut values = Values::new(2);
        let mut fold = |now, wanted: &[&str]| {
            let mut growths = growths(wanted);
            let folded = values.fold(now, &mut growths);
            let left: Vec<Box<str>> = growths["t"].values["cdn"].keys().cloned().collect();
            (folded, left.join(" "))
        };
        assert_eq!(fold(0, &["a", "b", "c"]), (1, "__other__ a b".into()));
        assert_eq!(fold(QUIET_MS - 1, &["b", "c"]), (1, "__other__ b".into()));
        assert_eq!(fold(QUIET_MS, &["b", "c", "d"]), (1, "__other__ b c".into()));
    }
}
