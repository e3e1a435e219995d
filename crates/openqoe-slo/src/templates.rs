//! The objectives that come with OpenQoE, in `slo/templates/`. An objective of the same name, or one whose `spec.indicator` is
//! that name, measures the same and may promise something else.

use std::sync::LazyLock;
use std::time::Duration;

use openqoe_spec::Attribute;

use crate::model::{IndicatorKind, Slo};
use crate::profile::Profile;
use crate::read::indicator::at_most;
use crate::read::playback_slo::default_min_total;
use crate::{number, parse, problem};

const CDN: &str = Attribute::Cdn.as_str();

/// File names and texts.
pub const TEMPLATES: [(&str, &str); 8] = [
    ("ad-failure.yaml", include_str!("../../../slo/templates/ad-failure.yaml")),
    ("data-freshness.yaml", include_str!("../../../slo/templates/data-freshness.yaml")),
    ("exit-before-start.yaml", include_str!("../../../slo/templates/exit-before-start.yaml")),
    ("live-latency.yaml", include_str!("../../../slo/templates/live-latency.yaml")),
    ("playback-failure.yaml", include_str!("../../../slo/templates/playback-failure.yaml")),
    ("rebuffer-ratio.yaml", include_str!("../../../slo/templates/rebuffer-ratio.yaml")),
    ("startup-failure.yaml", include_str!("../../../slo/templates/startup-failure.yaml")),
    ("startup-time.yaml", include_str!("../../../slo/templates/startup-time.yaml")),
];

static READ: LazyLock<Vec<Slo>> = LazyLock::new(|| {
    TEMPLATES.iter().flat_map(|(file, text)| parse(file, text).unwrap_or_default()).collect()
});

/// The objectives of all templates, by name.
pub fn templates() -> &'static [Slo] {
    &READ
}

/// What simulated viewers are promised, where it is not what real ones are: name, threshold in seconds, and what it says.
const DEMO: [(&str, f64, &str); 2] = [
    ("live-latency", 30.0, "95 % of live viewing is at most thirty seconds behind."),
    ("startup-time", 3.0, "95 % of views start within three seconds of the request."),
];

/// The same over one hour, with alerts that fire within a minute: for demonstrations. `slo/windows/demo.yaml`. Rebuffering is
/// watched CDN by CDN, for the demo's fault is of one of them.
pub fn demo() -> Vec<Slo> {
    let window = Duration::from_secs(3600);
    let Some(profile) = Profile::named("demo") else { return Vec::new() };
    let shortened = |slo: &Slo| {
        let mut slo = simulated(Slo { window, ..slo.clone() });
        if slo.name == "rebuffer-ratio" && !slo.group_by.contains(&CDN) {
            slo.group_by.push(CDN);
        }
        slo.alerts = profile.scaled(window);
        let least = slo.no_data.map_or(0.0, |no_data| no_data.min_total);
        for alert in &mut slo.alerts {
            alert.threshold = number::clean(alert.factor * slo.budget);
            // One of the few views of a minute that fails is no reason to page, and half a minute of few viewers is enough.
            alert.min_total = match slo.indicator.kind {
                IndicatorKind::TimeRatio => least,
                _ => default_min_total(&slo.indicator).at(alert.threshold),
            };
        }
        slo.alerts.retain(|alert| alert.threshold < 1.0);
        slo
    };
    READ.iter().map(shortened).collect()
}

/// The objective as simulated viewers can keep it.
fn simulated(mut slo: Slo) -> Slo {
    let moved = DEMO.iter().find(|(name, ..)| slo.name == *name);
    if let (Some((_, threshold, description)), [count]) = (moved, slo.indicator.total.as_slice())
        && let Ok(indicator) = at_most(count, *threshold)
    {
        (slo.indicator, slo.description) = (indicator, (*description).to_owned());
    }
    slo
}

pub(crate) fn find(name: &str) -> Option<&'static Slo> {
    READ.iter().find(|slo| slo.name == name)
}

pub(crate) fn closest(name: &str) -> Option<&'static str> {
    problem::closest(name, READ.iter().map(|slo| slo.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_good_and_called_like_its_file() {
        for (file, text) in TEMPLATES {
            let slos = parse(file, text).unwrap_or_else(|problems| panic!("{}", problems[0]));
            assert_eq!(slos.iter().map(|slo| format!("{}.yaml", slo.name)).collect::<Vec<_>>(), [file]);
            assert!(!slos[0].description.is_empty(), "{file}");
        }
        assert_eq!(READ.len(), TEMPLATES.len());
    }

    #[test]
    fn a_demo_loses_no_alert() {
        let demo = demo();
        assert_eq!(demo.len(), TEMPLATES.len());
        assert!(demo.iter().all(|slo| slo.alerts.len() == 2 && slo.alerts[0].threshold < 1.0));
        for (name, threshold, _) in DEMO {
            let slo = demo.iter().find(|slo| slo.name == name).unwrap();
            assert_eq!(slo.indicator.kind, IndicatorKind::Latency { threshold });
        }
    }
}
