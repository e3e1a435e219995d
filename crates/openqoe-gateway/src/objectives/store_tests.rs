//! What outlives a restart, and what another set of objectives keeps of the one before.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use openqoe_metrics::SharedRow;
use serde_json::json;

use super::State;
use super::store::Store;
use super::tests::{Bench, REBUFFERING, slos};

/// A folder of a test's own; gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("openqoe-objectives-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Objectives that are kept in a folder, begun at a time.
fn kept(folder: &Path, now: u64, spec: &str) -> Bench {
    let process = Arc::new(SharedRow::process());
    let (store, next) = Store::open(folder, process.clone()).unwrap();
    Bench::with(State::new(now, Some(store), next, process), slos(&[("stalls", spec)]), 64)
}

/// Ends in good order; what the table held goes on in the next.
fn restart(mut bench: Bench, folder: &Path, after: u64, spec: &str) -> Bench {
    bench.state.store.as_mut().unwrap().finish();
    let mut next = kept(folder, bench.now + after, spec);
    next.table = bench.table;
    next
}

const GROUP: fn() -> serde_json::Value = || json!({"tenant": "t", "cdn": "a"});

#[test]
fn a_restart_loses_nothing_and_counts_nothing_twice() {
    let folder = Folder::new("restart");
    let mut bench = kept(&folder.0, 0, REBUFFERING);
    bench.watch("a", 500.0, 500.0);
    bench.sample();
    bench.watch("a", 50.0, 50.0);
    bench.pass(60);
    bench.watch("a", 100.0, 0.0);
    bench.pass(60);
    bench.watch("a", 0.0, 100.0);
    bench.pass(5);
    let before = bench.group(0, GROUP());
    assert_eq!(before["alerts"][0]["state"], "pending");

    let mut bench = restart(bench, &folder.0, 30_000, REBUFFERING);
    bench.sample();
    let after = bench.group(0, GROUP());
    for figure in ["bad", "total", "error_ratio", "budget_left", "covered_s"] {
        assert_eq!(after[figure], before[figure], "{figure}");
    }
    // It burnt all the time it was away, as a Prometheus would have seen too.
    assert_eq!(after["alerts"][0]["state"], "firing");
    bench.pass(5);
    assert_eq!(bench.group(0, GROUP())["covered_s"], json!(130.0));
    // The window of a minute begins while nothing ran: all it holds is what came right before.
    assert_eq!(bench.group(0, GROUP())["burn"][0]["error_ratio"], json!(1.0));
    bench.pass(60);
    assert_eq!(bench.group(0, GROUP())["burn"][0]["error_ratio"], json!(null));
}

#[test]
fn a_crash_loses_what_came_after_the_last_sample() {
    let folder = Folder::new("crash");
    let mut bench = kept(&folder.0, 0, REBUFFERING);
    bench.sample();
    bench.watch("a", 90.0, 10.0);
    bench.pass(5);
    bench.watch("a", 1000.0, 0.0);
    let mut bench = restart(bench, &folder.0, 1000, REBUFFERING);
    bench.sample();
    assert_eq!(bench.group(0, GROUP())["total"], json!(100.0));
    bench.watch("a", 10.0, 0.0);
    bench.pass(5);
    assert_eq!(bench.group(0, GROUP())["total"], json!(110.0));
}

#[test]
fn another_promise_about_the_same_goes_on_and_another_indicator_begins_anew() {
    let folder = Folder::new("replace");
    let mut bench = kept(&folder.0, 0, REBUFFERING);
    bench.sample();
    bench.watch("a", 90.0, 10.0);
    bench.pass(10);
    let stricter = REBUFFERING.replace("objective: 0.1", "objective: 0.05").replace("1d", "7d");
    bench.state.replace("test".into(), slos(&[("stalls", &stricter)]), 64);
    bench.pass(5);
    let group = bench.group(0, GROUP());
    assert_eq!((&group["total"], &group["budget_left"]), (&json!(100.0), &json!(-1.0)));

    let other = REBUFFERING.replace("group_by: cdn", "group_by: cdn\nfilter: {cdn: [a, b]}");
    bench.state.replace("test".into(), slos(&[("stalls", &other)]), 64);
    bench.pass(5);
    bench.watch("a", 1.0, 0.0);
    bench.pass(5);
    let group = bench.group(0, GROUP());
    assert_eq!((&group["total"], &group["covered_s"]), (&json!(1.0), &json!(10.0)));

    // What was taken out is found again, and has not lived meanwhile. What is kept is kept a moment later.
    let found = || {
        let store = Store::open(&folder.0, Arc::new(SharedRow::process())).unwrap().0;
        let definition = super::terms::definition(&slos(&[("stalls", REBUFFERING)])[0]);
        store.read("stalls", &definition, u64::MAX >> 1).unwrap().len()
    };
    while found() < 2 {
        std::thread::yield_now();
    }
    bench.state.replace("test".into(), slos(&[("stalls", REBUFFERING)]), 64);
    bench.watch("a", 1.0, 0.0);
    bench.pass(5);
    let group = bench.group(0, GROUP());
    assert_eq!((&group["total"], &group["covered_s"]), (&json!(101.0), &json!(20.0)));
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = Folder::new("damaged");
    std::fs::create_dir_all(&folder.0).unwrap();
    std::fs::write(folder.0.join("objectives.db"), [7; 4096]).unwrap();
    assert!(Store::open(&folder.0, Arc::new(SharedRow::process())).is_err());
}
