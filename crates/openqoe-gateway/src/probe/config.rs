//! The section `[probe]`.

use std::path::PathBuf;
use std::time::Duration;

use openqoe_spec::{Attribute, Attributes};
use serde::{Deserialize, Serialize};

use super::targets::Targets;
use crate::push::{Pairs, url_problem};

/// As many as a gateway should do beside its work.
const MAX_SCHEDULED: usize = 100;
const MAX_DURATION: Duration = Duration::from_secs(3600);

/// What the gateway probes, and what it may be asked to.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// What `/probe` may be asked for, such as `https://*.example.com/live/`. Empty is nothing: there is no `/probe` then.
    pub(crate) targets: Vec<String>,
    /// Probes of `/probe` at the same time.
    pub(crate) max_concurrent: usize,
    /// How long such a probe may take.
    #[serde(with = "humantime_serde")]
    pub(crate) max_duration: Duration,
    /// For one request and its answer.
    #[serde(with = "humantime_serde")]
    pub(crate) timeout: Duration,
    /// Certificates to trust instead of the system's, PEM.
    pub(crate) ca_file: PathBuf,
    /// What is probed again and again.
    pub(crate) schedule: Vec<Scheduled>,
}

/// One that is probed again and again.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Scheduled {
    pub(crate) url: String,
    #[serde(with = "humantime_serde")]
    pub(crate) every: Duration,
    /// How long to watch.
    #[serde(with = "humantime_serde")]
    pub(crate) duration: Duration,
    /// Whose sessions they are; empty is `default`.
    pub(crate) tenant: String,
    /// Bit/s to begin with; 0 is the lowest rendition.
    pub(crate) start_bitrate: u64,
    /// Attributes of its sessions.
    pub(crate) attributes: Pairs,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            targets: Vec::new(),
            max_concurrent: 4,
            max_duration: Duration::from_secs(60),
            timeout: Duration::from_secs(20),
            ca_file: PathBuf::new(),
            schedule: Vec::new(),
        }
    }
}

impl Default for Scheduled {
    fn default() -> Self {
        Scheduled {
            url: String::new(),
            every: Duration::from_secs(300),
            duration: Duration::from_secs(30),
            tenant: String::new(),
            start_bitrate: 0,
            attributes: Pairs::default(),
        }
    }
}

impl Config {
    /// What makes no sense, and the key it stands at.
    pub(crate) fn problem(&self) -> Option<(&'static str, String)> {
        if let Err(problem) = Targets::parse(&self.targets) {
            return Some(("probe.targets", problem));
        }
        let told = |key, problem: &str| Some((key, problem.to_owned()));
        match () {
            () if self.max_concurrent == 0 => told("probe.max_concurrent", "must be at least 1"),
            () if self.timeout.is_zero() => told("probe.timeout", "must be longer than 0s"),
            () if self.max_duration.is_zero() || self.max_duration > MAX_DURATION => {
                told("probe.max_duration", "must be longer than 0s and at most 1h")
            }
            () if self.schedule.len() > MAX_SCHEDULED => told("probe.schedule", "has more than 100 entries"),
            () => self.schedule.iter().find_map(Scheduled::problem),
        }
    }
}

impl Scheduled {
    fn problem(&self) -> Option<(&'static str, String)> {
        const KEY: &str = "probe.schedule";
        const EXAMPLE: &str = "https://cdn.example.com/main.m3u8";
        if self.url.is_empty() {
            return Some((KEY, format!("needs `url`, such as `{EXAMPLE}`")));
        }
        if let Some(problem) = url_problem(&self.url, EXAMPLE) {
            return Some((KEY, format!("`url` {problem}")));
        }
        if self.duration < Duration::from_secs(1) || self.duration > MAX_DURATION {
            return Some((KEY, "`duration` must be from 1s to 1h".into()));
        }
        if self.every < self.duration {
            return Some((KEY, "`every` must not be shorter than `duration`".into()));
        }
        attributes(self.attributes.iter()).err().map(|problem| (KEY, format!("`attributes` {problem}")))
    }
}

/// Attributes by name.
///
/// # Errors
/// Says which there is not, or which value it cannot have.
pub(super) fn attributes<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Attributes, String> {
    let mut attributes = Attributes::default();
    for (name, value) in pairs {
        let names = openqoe_spec::ATTRIBUTES.iter().map(|attribute| attribute.name);
        let attribute = Attribute::parse(name).ok_or_else(|| {
            let suggestion =
                openqoe_ingest::closest(name, names).map(|name| format!(", did you mean `{name}`?"));
            format!("`{name}` is no attribute{}", suggestion.unwrap_or_default())
        })?;
        if matches!(attribute, Attribute::SessionId | Attribute::SpecVersion | Attribute::IsLive) {
            return Err(format!("`{name}` is found out by the probe itself"));
        }
        attributes.set(attribute, value).map_err(|error| format!("`{name}` {error}"))?;
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let with = |text: &str| {
            toml::from_str::<Config>(text).unwrap().problem().map(|(key, problem)| format!("{key} {problem}"))
        };
        assert_eq!(with("targets = [\"https://a/\"]\n[[schedule]]\nurl = \"https://a/x.m3u8\""), None);
        for (text, expected) in [
            ("targets = [\"a\"]", "probe.targets `a` is no target"),
            ("max_concurrent = 0", "probe.max_concurrent must be"),
            ("max_duration = \"2h\"", "probe.max_duration must be"),
            ("[[schedule]]\nevery = \"1m\"", "probe.schedule needs `url`"),
            ("[[schedule]]\nurl = \"a/b\"", "probe.schedule `url` is no URL"),
            (
                "[[schedule]]\nurl = \"http://a/b\"\nevery = \"5s\"",
                "probe.schedule `every` must not be shorter",
            ),
            (
                "[[schedule]]\nurl = \"http://a/b\"\nattributes = \"contry=x\"",
                "probe.schedule `attributes` `contry` is no attribute, did you mean `country`?",
            ),
            (
                "[[schedule]]\nurl = \"http://a/b\"\nattributes = \"is_live=true\"",
                "probe.schedule `attributes` `is_live` is found out",
            ),
        ] {
            let problem = with(text).unwrap_or_default();
            assert!(problem.starts_with(expected), "{text}: {problem}");
        }
    }
}
