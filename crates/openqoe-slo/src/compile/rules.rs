//! A file of Prometheus rules (<https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/>), as data and as text.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::duration::spell;

/// A file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleFile {
    /// Its groups. Prometheus evaluates each on its own, the rules of one in order.
    pub groups: Vec<RuleGroup>,
}

/// Rules that are evaluated together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleGroup {
    /// Unique in the file.
    pub name: String,
    /// How often.
    #[serde(serialize_with = "spelled")]
    pub interval: Duration,
    /// In order.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Rule {
    /// Writes a series.
    Record {
        /// The name of the series.
        record: String,
        /// PromQL.
        expr: String,
        /// Labels of the series.
        labels: BTreeMap<String, String>,
    },
    /// Tells Alertmanager.
    Alert {
        /// The name of the alert.
        alert: String,
        /// PromQL; each series it gives is an alert.
        expr: String,
        /// For how long it has to give the series.
        #[serde(rename = "for", skip_serializing_if = "Duration::is_zero", serialize_with = "spelled")]
        hold: Duration,
        /// Labels of the alert, beside those of the series.
        labels: BTreeMap<String, String>,
        /// What people read. Go templates.
        annotations: BTreeMap<String, String>,
    },
}

fn spelled<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&spell(*duration))
}

impl RuleFile {
    /// The YAML of the file, with `head` as the comment at its top, one line each.
    pub fn to_yaml(&self, head: &str) -> String {
        let mut text: String =
            head.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
        // Strings, maps of strings and durations: there is nothing that could not be written.
        text.push_str(&serde_yaml_ng::to_string(self).unwrap_or_default());
        text
    }

    /// How many rules it has.
    pub fn rules(&self) -> usize {
        self.groups.iter().map(|group| group.rules.len()).sum()
    }

    /// How many of them are alerts.
    pub fn alerts(&self) -> usize {
        let alerts =
            |group: &RuleGroup| group.rules.iter().filter(|rule| matches!(rule, Rule::Alert { .. })).count();
        self.groups.iter().map(alerts).sum()
    }
}
