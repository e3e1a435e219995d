//! What the columns say is what the sessions say: against a naive count over the same sessions, whatever is asked.

use openqoe_engine::Summary;
use openqoe_spec::{Attribute, Attributes, Kpi, Protocol};
use proptest::prelude::*;

use super::*;

const CDNS: [&str; 4] = ["", "a", "b", "c"];
const COUNTRIES: [&str; 3] = ["", "DE", "FR"];

fn row() -> impl Strategy<Value = Row> {
    let figures =
        (0..60_000_u32, 0..9_000_u32, proptest::option::of(1..9_000_u32), any::<[bool; 3]>(), 0..5_u16);
    (0..40_u32, 0..CDNS.len(), 0..COUNTRIES.len(), 100..200_u64, figures).prop_map(
        |(id, cdn, country, heard_at, (playing, stalled, startup, [attempted, started, exited], errors))| {
            let mut attributes = Attributes::default();
            attributes.set(Attribute::Cdn, CDNS[cdn]).unwrap();
            attributes.set(Attribute::Country, COUNTRIES[country]).unwrap();
            attributes.set(Attribute::ViewerIdHash, &format!("viewer-{}", id % 3)).unwrap();
            let summary = Summary {
                playing,
                stalled,
                startup,
                errors,
                is_attempted: attempted,
                is_started: started,
                is_exit_before_start: exited,
                ..Summary::default()
            };
            Row {
                tenant: "t".into(),
                session_id: format!("{id:08x}-6f0b-4a3e-9d55-2f6f0e1b7c11").into(),
                protocol: Protocol::Native,
                began_at: 0,
                heard_at,
                attributes,
                summary,
            }
        },
    )
}

/// The rows that count: of each session the one heard last, of equals the last.
fn newest(rows: &[Row]) -> Vec<&Row> {
    let mut by_id: BTreeMap<&str, &Row> = BTreeMap::new();
    for row in rows {
        let known = by_id.entry(&row.session_id).or_insert(row);
        if row.heard_at >= known.heard_at {
            *known = row;
        }
    }
    by_id.into_values().collect()
}

fn is_meant(row: &Row) -> bool {
    let (cdn, country) = (row.attributes.get(Attribute::Cdn), row.attributes.get(Attribute::Country));
    let viewer = row.attributes.get(Attribute::ViewerIdHash);
    ["a", ""].contains(&cdn) && country != "FR" && viewer != "viewer-2" && (120..180).contains(&row.heard_at)
}

fn filter() -> Filter {
    Filter::parse(["cdn:a", "cdn:", "!country:FR", "!viewer_id_hash:viewer-2"], 120, 180).unwrap()
}

fn facts(rows: &[Row]) -> Arc<Facts> {
    let facts = Facts::new(&Config::default());
    facts.put(rows);
    facts
}

fn ask(facts: &Facts, kpi: Kpi, by: Attribute) -> Explore {
    let question = Question { tenant: "t".into(), kpi, by, filter: filter(), limit: 100 };
    explore(&question, &facts.ended("t"), true).unwrap()
}

proptest! {
    #[test]
    fn sums_are_those_of_a_naive_count(rows in proptest::collection::vec(row(), 0..80)) {
        let meant: Vec<&Row> = newest(&rows).into_iter().filter(|row| is_meant(row)).collect();
        let facts = facts(&rows);
        let answer = ask(&facts, Kpi::RebufferRatio, Attribute::Country);
        let sum = |country: Option<&str>, of: fn(&Summary) -> u32| -> f64 {
            let own = meant.iter().filter(|row| country.is_none_or(|country| row.attributes.get(Attribute::Country) == country));
            own.map(|row| f64::from(of(&row.summary))).sum()
        };
        let ratio = |country: Option<&str>| {
            let (stalled, playing) = (sum(country, |own| own.stalled), sum(country, |own| own.playing));
            (stalled + playing > 0.0).then(|| stalled / (stalled + playing))
        };
        let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-9,
            (a, b) => a == b,
        };
        prop_assert!(near(answer.total.value, ratio(None)));
        for row in &answer.rows {
            prop_assert!(near(row.estimate.value, ratio(Some(&row.value))), "{}", row.value);
        }
        let wholes: f64 = answer.rows.iter().map(|row| row.estimate.whole).sum();
        prop_assert!((wholes - answer.total.whole).abs() < 1e-6);
        let sessions: u64 = answer.rows.iter().map(|row| row.estimate.sessions).sum();
        prop_assert_eq!(sessions, answer.total.sessions);
        prop_assert!(answer.rows.is_sorted_by(|a, b| a.excess >= b.excess || b.estimate.value.is_none()));
    }

    #[test]
    fn quantiles_are_those_of_a_naive_count(rows in proptest::collection::vec(row(), 0..80)) {
        let meant = newest(&rows).into_iter().filter(|row| is_meant(row));
        let mut startups: Vec<u32> = meant.filter_map(|row| row.summary.startup).collect();
        startups.sort_unstable();
        let expected = startups.get((startups.len().div_ceil(2)).saturating_sub(1)).map(|ms| f64::from(*ms) / 1000.0);
        let answer = ask(&facts(&rows), Kpi::StartupP50, Attribute::Cdn);
        prop_assert_eq!(answer.total.value, expected);
        prop_assert_eq!(answer.total.sessions as usize, startups.len());
    }

    #[test]
    fn pages_hold_every_session_once_in_order(rows in proptest::collection::vec(row(), 0..80), limit in 1..9_usize, sort in 0..5_usize) {
        let facts = facts(&rows);
        let meant = newest(&rows).into_iter().filter(|row| is_meant(row)).count();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let search = Search { filter: filter(), id: "0".into(), sort: Sort::ALL[sort].1, limit, after };
            let page = search.find(&facts.ended("t"));
            prop_assert_eq!(page.matched, meant);
            seen.extend(page.hits.iter().map(|hit| hit.cursor));
            let Some(next) = page.next else { break };
            prop_assert_eq!(Cursor::parse(&next.text()), Some(next));
            after = Some(next);
        }
        prop_assert_eq!(seen.len(), meant);
        prop_assert!(seen.is_sorted_by(|a, b| a > b));
    }
}

#[test]
fn the_cause_comes_first() {
    let mut rows = Vec::new();
    for number in 0..4000_u32 {
        let cdn = if number % 4 == 0 { "edge-b" } else { "edge-a" };
        let mut attributes = Attributes::default();
        attributes.set(Attribute::Cdn, cdn).unwrap();
        attributes.set(Attribute::ExperimentVariant, if number % 2 == 0 { "x" } else { "y" }).unwrap();
        let stalled = if cdn == "edge-b" { 6000 + number } else { number % 300 };
        let summary = Summary {
            playing: 60_000,
            stalled,
            startup: Some(500 + stalled),
            is_started: true,
            ..Summary::default()
        };
        let (tenant, session_id) = ("t".into(), format!("s{number}").into());
        let (protocol, began_at, heard_at) = (Protocol::Native, 0, 150);
        rows.push(Row { tenant, session_id, protocol, began_at, heard_at, attributes, summary });
    }
    let facts = Facts::new(&Config::default());
    facts.put(&rows);
    for kpi in [Kpi::RebufferRatio, Kpi::StartupP95] {
        let filter = Filter::parse([], 100, 200).unwrap();
        let question = Question { tenant: "t".into(), kpi, by: Attribute::Cdn, filter, limit: 100 };
        let answer = explore(&question, &facts.ended("t"), true).unwrap();
        let values: Vec<&str> = answer.rows.iter().map(|row| &*row.value).collect();
        assert_eq!(values, ["edge-b", "edge-a"], "{kpi:?}");
        assert!(answer.rows[0].excess > 0.0 && answer.rows[1].excess < 0.0);
        assert!(answer.rows[0].query.contains("tenant=\"t\",cdn=\"edge-b\""), "{}", answer.rows[0].query);
    }
    let [a, b, other] = ["cdn:edge-a", "cdn:edge-b", "experiment_variant:y"]
        .map(|filter| Filter::parse([filter], 100, 200).unwrap());
    let compared = compare(&a, &b, &facts.ended("t"), true).comparisons;
    let of = |kpi: &str| compared.iter().find(|own| own.kpi == kpi).unwrap();
    assert!(of("rebuffer_ratio").is_significant && of("rebuffer_ratio").low > Some(0.0));
    assert!(of("startup_p50").is_significant && !of("bitrate").is_significant);
    assert_eq!(of("rebuffer_ratio").a.sessions, 3000);
    let same = compare(&other, &other, &facts.ended("t"), true).comparisons;
    assert!(same.iter().all(|own| !own.is_significant && own.difference.is_none_or(|by| by == 0.0)));
}

#[test]
fn beyond_the_limit_the_oldest_go_of_whoever_has_most() {
    let mut config = Config::default();
    config.console.max_sessions = 40_000;
    let facts = Facts::new(&config);
    let row = |tenant: &str, number: u64| Row {
        tenant: tenant.into(),
        session_id: format!("s{number}").into(),
        protocol: Protocol::Native,
        began_at: 0,
        heard_at: number,
        attributes: Attributes::default(),
        summary: Summary::default(),
    };
    let (small, large): (Vec<Row>, Vec<Row>) = (
        (0..100).map(|number| row("small", number)).collect(),
        (0..45_000).map(|number| row("large", number)).collect(),
    );
    facts.put(&small);
    facts.put(&large);
    let sessions = |tenant: &str| facts.ended(tenant).iter().map(|chunk| chunk.len()).sum::<usize>();
    assert_eq!((sessions("small"), sessions("large")), (100, 45_000 - chunk::ROWS));
    facts.forget_before(100_000);
    assert_eq!((sessions("small"), sessions("large"), facts.horizon()), (0, 0, 100_000));
}
