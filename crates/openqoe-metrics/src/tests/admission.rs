//! What the guard tells of its decisions, and what they cost under attack.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openqoe_spec::{Attribute, Attributes, Guarded};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::properties::{limits, session};
use crate::guard::Held;
use crate::{Guard, Limits, Table};

/// Something the guard decides about: a session, or an error code.
#[derive(Clone, Debug)]
enum Question {
    Session(String, Attributes),
    Key(String, String),
}

fn question() -> impl Strategy<Value = Question> {
    prop_oneof![
        2 => session().prop_map(|(tenant, attributes)| Question::Session(tenant, attributes)),
        1 => ("[ab]", "[a-e]|\\PC{0,2}").prop_map(|(tenant, key)| Question::Key(tenant, key)),
    ]
}

fn ask(guard: &Guard, question: &Question) -> Vec<String> {
    match question {
        Question::Session(tenant, attributes) => {
            let (resolved, _) = guard.resolve(tenant, attributes, |_| Held::default());
            let experiment = resolved.experiment.iter();
            [&resolved.view].into_iter().chain(experiment).map(|labels| labels.text.to_string()).collect()
        }
        Question::Key(tenant, key) => vec![guard.key(tenant, Guarded::ErrorCode, key).0.to_owned()],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_guard_that_knows_the_news_decides_alike(
        before in vec(question(), 0..40), after in vec(question(), 0..40), tell in vec(any::<Index>(), 0..5),
        budget in 0..5_usize, sets in 0..8_usize,
    ) {
        let (first, second) = (Guard::new(limits(budget, sets)), Guard::new(limits(budget, sets)));
        let tell: Vec<_> = tell.iter().map(|at| at.index(before.len() + 1)).collect();
        let mut news = Vec::new();
        for (at, question) in before.iter().enumerate() {
            news.extend(if tell.contains(&at) { first.news() } else { None });
            ask(&first, question);
        }
        news.extend(first.news());
        prop_assert_eq!(first.news(), None);
        for news in &news {
            second.readmit_news(news).unwrap();
        }
        prop_assert_eq!(first.save(), second.save());
        prop_assert_eq!(second.news(), None);
        for question in &after {
            prop_assert_eq!(ask(&first, question), ask(&second, question));
        }
        prop_assert_eq!(first.news(), second.news());
    }

    #[test]
    fn no_bytes_are_taken_for_news(bytes in vec(any::<u8>(), 0..100), cut in any::<Index>()) {
        let guard = Guard::new(Limits::default());
        let mut attributes = Attributes::default();
        attributes.set(Attribute::AssetId, "a").unwrap();
        let _ = guard.resolve("t", &attributes, |_| Held::default());
        let news = guard.news().unwrap();
        let other = Guard::new(Limits::default());
        prop_assert!(other.readmit_news(&bytes).is_err());
        prop_assert!(other.readmit_news(&guard.save()).is_err());
        prop_assert!(other.readmit_news(&news[..cut.index(news.len())]).is_err());
        let _ = other.readmit_news(&[&news[..8], &bytes].concat());
    }
}

fn asset(id: &str) -> Attributes {
    let mut attributes = Attributes::default();
    attributes.set(Attribute::AssetId, id).unwrap();
    for attribute in [Attribute::Cdn, Attribute::Isp, Attribute::ContentType, Attribute::PlayerVersion] {
        attributes.set(attribute, "a value like others").unwrap();
    }
    attributes
}

#[test]
fn a_tenant_may_have_limits_of_its_own() {
    let guard = Arc::new(Guard::new(limits(2, 2)));
    guard.set_limits("small", limits(1, 2));
    let mut table = Table::new(guard.clone());
    for tenant in ["small", "other"] {
        for id in ["a", "b"] {
            table.intern(tenant, &asset(id));
        }
    }
    let folded = |tenant| guard.folded(tenant)[Guarded::AssetId.index()];
    assert_eq!((folded("small"), folded("other")), (1, 0));
    // Lower limits take nothing away.
    guard.set_limits("other", limits(0, 0));
    for id in ["a", "b"] {
        table.intern("other", &asset(id));
    }
    assert_eq!((folded("other"), guard.refused("other"), guard.label_sets("other")), (0, 0, 2));
    table.intern("other", &asset("c"));
    assert_eq!((folded("other"), guard.refused("other")), (1, 1));
    guard.set_limits("small", limits(2, 9));
    table.intern("small", &asset("c"));
    assert_eq!((folded("small"), guard.label_sets("small")), (1, 3));
}

#[test]
fn the_report_names_what_overflows() {
    let guard = Arc::new(Guard::new(limits(1, 100)));
    let mut table = Table::new(guard.clone());
    for id in ["first", "often", "rare", "often", "often"] {
        table.intern("t", &asset(id));
    }
    assert_eq!(guard.report("nobody"), None);
    let report = guard.report("t").unwrap();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        json["label_sets"],
        serde_json::json!({ "used": 2, "limit": 100, "refused": 0, "expired": 0 })
    );
    assert_eq!(
        json["attributes"][Guarded::AssetId.index()],
        serde_json::json!({
            "attribute": "asset_id", "budget": 1, "admitted": 1, "folded": 4, "overflow_values": 2,
            "top": [{ "value": "often", "count": 3, "error": 0 }, { "value": "rare", "count": 1, "error": 0 }],
        })
    );
    assert_eq!(guard.reports(), [report]);
}

/// Nothing grows with what is folded: not the budgets, not the news, not the sketches.
#[test]
fn a_million_values_take_no_more_room_than_a_thousand() {
    let guard = Guard::new(Limits { max_label_sets: 100, ..limits(10, 100) });
    let fold = |values: std::ops::Range<u32>| {
        for value in values {
            guard.key("t", Guarded::ErrorCode, &format!("a code that is never the same twice: {value:032}"));
        }
        guard.sketch_bytes("t")
    };
    let (few, many) = (fold(0..1_000), fold(1_000..1_000_000));
    assert_eq!(few, many);
    assert!(many < 16_384, "{many} bytes");
    let report = guard.report("t").unwrap();
    let codes = &report.attributes[Guarded::ErrorCode.index()];
    assert_eq!((codes.admitted, codes.folded), (10, 999_990));
    assert!(codes.overflow_values.abs_diff(999_990) < 60_000, "{}", codes.overflow_values);
    assert!(guard.news().unwrap().len() < 1_000);
}

/// What one of a thousand sessions costs, the best of many rounds: the machine has other things to do.
fn cost(guard: &Guard, prefix: &str) -> Duration {
    let sessions: Vec<_> = (0..1_000).map(|id| asset(&format!("{prefix}{id}"))).collect();
    let round = |_| {
        let started = Instant::now();
        for session in &sessions {
            std::hint::black_box(guard.resolve("t", session, |_| Held { view: true, experiment: true }));
        }
        started.elapsed() / 1_000
    };
    (0..50).map(round).min().unwrap()
}

#[test]
fn folding_costs_no_more_than_twice_as_much_as_admitting() {
    let guard = Guard::new(limits(1_000, 1_001));
    let (admitted, folded) = (cost(&guard, "admitted"), cost(&guard, "folded"));
    assert_eq!((guard.refused("t"), guard.folded("t")[Guarded::AssetId.index()]), (0, 50_000));
    let guard = Guard::new(limits(2_000, 0));
    let refused = cost(&guard, "refused");
    assert_eq!(guard.refused("t"), 50_000);
    println!("a session admitted costs {admitted:?}, folded {folded:?}, refused {refused:?}");
    // Without optimisation the proportions are others.
    let most = if cfg!(debug_assertions) { 5 } else { 2 };
    assert!(folded < most * admitted && refused < most * admitted);
}
