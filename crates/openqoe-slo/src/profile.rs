//! Burn profiles: sets of alerts as data, in `slo/windows/`, made for one window and scaled to others.

use std::sync::LazyLock;
use std::time::Duration;

use serde_yaml_ng::Value;

use crate::model::BurnAlert;
use crate::problem::Problem;
use crate::read::alerts;
use crate::read::node::{Node, Source};

/// The alerts of a profile and the window they are made for.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    window: Duration,
    alerts: Vec<BurnAlert>,
}

/// Names and texts, the first being the one of objectives that say nothing.
const TEXTS: [(&str, &str); 3] = [
    ("google", include_str!("../../../slo/windows/google.yaml")),
    ("pyrra", include_str!("../../../slo/windows/pyrra.yaml")),
    ("demo", include_str!("../../../slo/windows/demo.yaml")),
];

static PROFILES: LazyLock<Vec<(&str, Profile)>> = LazyLock::new(|| {
    let read = |(name, text): &(&'static str, &str)| Some((*name, read(name, text).ok()?));
    TEXTS.iter().filter_map(read).collect()
});

fn read(name: &str, text: &str) -> Result<Profile, Problem> {
    let source = Source { file: name, text, offset: 0 };
    let value: Value = serde_yaml_ng::from_str(text).unwrap_or_default();
    let fields = Node::root(source, &value).fields(&["window", "alerts"])?;
    let alerts = fields.require("alerts")?.entries("a mapping of alerts")?;
    Ok(Profile {
        window: fields.require("window")?.duration()?,
        alerts: alerts.iter().map(|node| alerts::read(node, None)).collect::<Result<_, _>>()?,
    })
}

impl Profile {
    pub(crate) fn named(name: &str) -> Option<&'static Profile> {
        PROFILES.iter().find(|(known, _)| *known == name).map(|(_, profile)| profile)
    }

    /// The one of objectives that say nothing.
    pub(crate) fn google() -> &'static Profile {
        &PROFILES[0].1
    }

    /// Its alerts for an objective over another window: factors stay and windows grow and shrink with it, so that an alert stands
    /// for the same part of the budget. Windows are rounded to what people say; four weeks and a month are the same here.
    pub(crate) fn scaled(&self, window: Duration) -> Vec<BurnAlert> {
        let ratio = window.as_secs_f64() / self.window.as_secs_f64();
        let scale = |own: Duration, least: u64| match (0.9..=1.12).contains(&ratio) {
            true => own,
            false => rounded(own.as_secs_f64() * ratio).max(Duration::from_secs(least)),
        };
        let mut alerts = self.alerts.clone();
        for alert in &mut alerts {
            // Long enough to hold some scrapes.
            (alert.short, alert.long) = (scale(alert.short, 120), scale(alert.long, 300));
            if !alert.hold.is_zero() {
                alert.hold = scale(alert.hold, 60);
            }
        }
        alerts
    }
}

/// Whole minutes up to an hour, tens of minutes up to ten hours, then hours: a few percent off at most.
fn rounded(seconds: f64) -> Duration {
    let unit = match seconds {
        ..3600.0 => 60.0,
        ..36_000.0 => 600.0,
        _ => 3600.0,
    };
    Duration::from_secs_f64((seconds / unit).round() * unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duration::spell;

    fn windows(name: &str, days: u64) -> Vec<String> {
        let alerts = Profile::named(name).unwrap().scaled(Duration::from_secs(days * 86_400));
        alerts.iter().map(|alert| format!("{} {}", spell(alert.short), spell(alert.long))).collect()
    }

    #[test]
    fn every_profile_is_good() {
        for (name, text) in TEXTS {
            assert!(read(name, text).is_ok(), "{name}: {:?}", read(name, text));
        }
        assert_eq!(PROFILES.len(), TEXTS.len());
    }

    #[test]
    fn google_is_the_workbook() {
        let google = Profile::google();
        assert_eq!(windows("google", 30), ["5m 1h", "30m 6h", "2h 1d", "6h 3d"]);
        // The part of the budget that is gone when an alert fires.
        let spent = google.alerts.iter().map(|alert| {
            let part = alert.factor * alert.long.as_secs_f64() / google.window.as_secs_f64();
            (part * 1000.0).round() / 10.0
        });
        assert_eq!(spent.collect::<Vec<_>>(), [2.0, 5.0, 10.0, 10.0]);
    }

    #[test]
    fn windows_scale_with_the_objective() {
        assert_eq!(windows("google", 28), ["5m 1h", "30m 6h", "2h 1d", "6h 3d"]);
        assert_eq!(windows("google", 90), ["15m 3h", "90m 18h", "6h 3d", "18h 9d"]);
        assert_eq!(windows("google", 7), ["2m 14m", "7m 80m", "28m 5h40m", "80m 17h"]);
        assert_eq!(windows("google", 1), ["2m 5m", "2m 12m", "4m 48m", "12m 2h20m"]);
        assert_eq!(windows("pyrra", 30), ["5m 1h", "30m 6h", "2h 1d", "6h 4d"]);
    }
}
