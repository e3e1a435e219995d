//! What of a new configuration has to wait for the next start.

use toml::{Table, Value};

use super::Config;

/// Keys that hold at once: who may do what, what is promised, what is filtered, and what is logged.
const LIVE: [&str; 8] = [
    "tenants",
    "keys_file",
    "internal_token_file",
    "log",
    "limits.budgets",
    "limits.max_label_sets",
    "slo",
    "filters",
];

/// The keys whose values differ and cannot change while the gateway runs.
pub(crate) fn frozen(old: &Config, new: &Config) -> Vec<String> {
    let table = |config: &Config| Table::try_from(config).unwrap_or_default();
    let mut changed = Vec::new();
    differences(&table(old), &table(new), "", &mut changed);
    changed
}

fn differences(old: &Table, new: &Table, prefix: &str, changed: &mut Vec<String>) {
    for (key, value) in new {
        let path = format!("{prefix}{key}");
        if LIVE.contains(&path.as_str()) {
            continue;
        }
        match (old.get(key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => {
                differences(old, new, &format!("{path}."), changed)
            }
            (old, new) if old != Some(new) => changed.push(path),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_named() {
        let mut new = Config { shards: 7, log: "debug".into(), ..Config::default() };
        new.limits.queue += 1;
        new.limits.max_label_sets += 1;
        new.tenants.insert("a".into(), super::super::Tenant::default());
        assert_eq!(frozen(&Config::default(), &new), ["limits.queue", "shards"]);
    }
}
