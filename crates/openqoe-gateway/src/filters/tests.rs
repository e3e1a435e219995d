//! Modules against the contract: what they may answer, and what becomes of those that break it.

use std::path::PathBuf;
use std::sync::Arc;

use openqoe_metrics::SharedRow;
use openqoe_spec::{Attribute, Attributes, Event, EventKind};

use super::*;

/// A folder of one test's own, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("openqoe-filters-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    /// A filter of a module in text form.
    fn filter(&self, name: &str, text: &str) -> Config {
        let path = self.0.join(format!("{name}.wasm"));
        std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
        toml::from_str(&format!("path = {:?}\nmemory = 1048576\nfuel = 1000000", path.to_str().unwrap()))
            .unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A module that does `body` with each batch; `data` stands at byte 8 of its memory.
fn module(body: &str, data: &str) -> String {
    format!(
        r#"(module
            (import "openqoe" "log" (func $log (param i32 i32)))
            (memory (export "memory") 2)
            (global $calls (mut i32) (i32.const 0))
            (data (i32.const 8) "{}")
            (func (export "filter_abi") (result i32) (i32.const 1))
            (func (export "filter_alloc") (param i32) (result i32) (i32.const 4096))
            (func (export "filter_batch") (param $place i32) (param $length i32) (result i64) {body}))"#,
        data.replace('"', "\\22")
    )
}

/// A module that always gives the same answer.
fn answering(json: &str) -> String {
    module(&format!("(i64.const {})", (8_u64 << 32) | json.len() as u64), json)
}

fn batch() -> Batch {
    let mut attributes = Attributes::default();
    attributes.set(Attribute::AssetId, "movie").unwrap();
    let kinds = [EventKind::SessionStart, EventKind::Playing, EventKind::Pause];
    let event = |(seq, kind)| Event { seq, t: 0, kind };
    Batch {
        session_id: "s".into(),
        started_at: 0,
        sent_at: 0,
        attributes,
        events: (10..).zip(kinds).map(event).collect(),
    }
}

fn called(text: &str) -> Called {
    let folder =
        Folder::new(&format!("{:x}", text.len() * 31 + text.bytes().map(usize::from).sum::<usize>()));
    Module::load(&folder.filter("one", text)).unwrap().call(&wire::question("t", Protocol::Native, &batch()))
}

fn fault(body: &str) -> (FilterFailure, String) {
    let fault = called(&module(body, "")).answer.unwrap_err();
    (fault.reason, fault.detail)
}

#[test]
fn modules_keep_drop_and_change() {
    assert_eq!(called(&module("(i64.const 0)", "")).answer.unwrap(), Said::Keep);
    assert_eq!(called(&module("(i64.const 1)", "")).answer.unwrap(), Said::Drop);
    assert_eq!(called(&answering("{}")).answer.unwrap(), Said::Change(b"{}".into()));
}

#[test]
fn what_breaks_a_rule_has_a_reason() {
    for (body, reason, detail) in [
        ("unreachable", FilterFailure::Trap, "unreachable"),
        ("(i64.load (i32.const -16))", FilterFailure::Trap, "out of bounds memory access"),
        ("(loop (br 0)) (i64.const 0)", FilterFailure::Fuel, "all fuel consumed"),
        (
            "(loop (call $log (i32.const 8) (i32.const 1)) (br 0)) (i64.const 0)",
            FilterFailure::Fuel,
            "all fuel",
        ),
        (
            "(loop (memory.fill (i32.const 0) (i32.const 7) (i32.const 131072)) (br 0)) (i64.const 0)",
            FilterFailure::Fuel,
            "all fuel",
        ),
        (
            "(drop (memory.grow (i32.const 15))) (i64.const 0)",
            FilterFailure::Memory,
            "1114112 bytes of memory, of 1048576",
        ),
        ("(i64.const 0xfffffff000000010)", FilterFailure::Answer, "0xfffffff000000010 points outside"),
        ("(i64.const 0x0000000800ffffff)", FilterFailure::Answer, "16777215 bytes, of 65536"),
        (
            "(call $log (i32.const -1) (i32.const 8)) (i64.const 0)",
            FilterFailure::Trap,
            "outside of the memory",
        ),
    ] {
        let (is, text) = fault(body);
        assert!(is == reason && text.contains(detail), "{body}: {is:?} {text}");
    }
    let deep = module("(call $deep)", "").replace(
        "(func (export \"filter_abi\")",
        "(func $deep (result i64) (i64.add (call $deep) (i64.const 1))) (func (export \"filter_abi\")",
    );
    let fault = called(&deep).answer.unwrap_err();
    assert!(matches!(fault.reason, FilterFailure::Trap | FilterFailure::Fuel), "{fault:?}");
}

#[test]
fn nothing_is_left_of_the_batch_before() {
    let count = "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (i32.store8 (i32.const 100) (i32.add (i32.load8_u (i32.const 100)) (i32.const 1)))
        (i64.extend_i32_u (i32.sub (i32.add (global.get $calls) (i32.load8_u (i32.const 100))) (i32.const 2)))";
    let folder = Folder::new("stateless");
    let module = Module::load(&folder.filter("one", &module(count, ""))).unwrap();
    for _ in 0..3 {
        assert_eq!(module.call(b"{}").answer.unwrap(), Said::Keep);
    }
}

#[test]
fn a_log_is_short() {
    let six = "(call $log (i32.const 8) (i32.const 1000))".repeat(6);
    let log = called(&module(&format!("{six} (i64.const 0)"), "a\\0ab")).log;
    assert_eq!(log.len(), 5);
    assert!(log[0].starts_with("a b ") && log[0].len() == 256, "{log:?}");
    assert_eq!(log[4], "(2 more lines were left out)");
}

#[test]
fn modules_that_do_not_fit_are_refused_with_a_reason() {
    let good = module("(i64.const 0)", "");
    let folder = Folder::new("refused");
    let refused = |text: &str| {
        Module::load(&folder.filter("one", text)).err().map(|error| error.to_string()).unwrap_or_default()
    };
    for (from, to, expected) in [
        (
            "\"openqoe\" \"log\"",
            "\"wasi_snapshot_preview1\" \"fd_write\"",
            "imports `wasi_snapshot_preview1.fd_write`",
        ),
        ("(param i32 i32)", "(param i64)", "log"),
        ("\"filter_abi\"", "\"abi\"", "exports no `filter_abi`"),
        (
            "(result i32) (i32.const 1)",
            "(result i32) (i32.const 9)",
            "speaks version 9 of the contract, this gateway 1",
        ),
        ("(result i32) (i32.const 1)", "(result i32) (loop (br 0)) (i32.const 1)", "all fuel consumed"),
        (
            "(param i32) (result i32) (i32.const 4096)",
            "(result i32) (i32.const 4096)",
            "exports `filter_alloc`, but not as",
        ),
        ("(memory (export \"memory\") 2)", "(memory 2)", "exports no `memory`"),
        (
            "(memory (export \"memory\") 2)",
            "(memory (export \"memory\") 64)",
            "4194304 bytes of memory, of 1048576",
        ),
    ] {
        let text = good.replace(from, to);
        assert_ne!(text, good);
        let error = refused(&text);
        assert!(error.contains(expected), "{from}: {error}");
    }
    let path = folder.0.join("text.wasm");
    std::fs::write(&path, "no module").unwrap();
    let config = |path: &PathBuf| Config { path: path.clone(), ..folder.filter("other", &good) };
    assert!(Module::load(&config(&path)).is_err());
    let missing = Module::load(&config(&folder.0.join("missing.wasm"))).err().unwrap().to_string();
    assert!(missing.contains("missing.wasm: No such file"), "{missing}");
    std::fs::write(&path, vec![0; 5 << 20]).unwrap();
    assert!(Module::load(&config(&path)).err().unwrap().to_string().contains("larger than 4194304 bytes"));
}

/// Filters of these modules, and a tenant.
fn filters(modules: &[Config]) -> (Filters, Arc<Tenant>) {
    let process = Arc::new(SharedRow::process());
    let config = crate::config::Config { filters: modules.to_vec(), ..Default::default() };
    (Filters::start(&config, process).unwrap(), Arc::new(Tenant::new("t", 1)))
}

fn pass(filters: &Filters, tenant: &Arc<Tenant>, batch: &mut Batch) -> (bool, Vec<(usize, Option<u64>)>) {
    let mut rejections = Vec::new();
    let passes = filters.pass(tenant, Protocol::Native, batch, &mut rejections);
    (passes, rejections.iter().map(|rejection| (rejection.index, rejection.seq)).collect())
}

#[test]
fn filters_follow_one_another() {
    let folder = Folder::new("follow");
    let first = folder.filter("first", &answering(r#"{"attributes":{"asset_id":"film"},"drop_events":[1]}"#));
    let second = folder.filter("second", &answering(r#"{"attributes":{"isp":"Net"},"drop_events":[1]}"#));
    let (filters, tenant) = filters(&[first, second]);
    let mut batch = batch();
    let (passes, rejected) = pass(&filters, &tenant, &mut batch);
    assert!(passes);
    assert_eq!(rejected, [(1, Some(11)), (2, Some(12))], "places are those of the body");
    assert_eq!(batch.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [10]);
    let get = |attribute| batch.attributes.get(attribute);
    assert_eq!((get(Attribute::AssetId), get(Attribute::Isp)), ("film", "Net"));
}

#[test]
fn what_a_filter_fails_at_goes_where_on_error_says() {
    let folder = Folder::new("on-error");
    for text in [module("unreachable", ""), answering(r#"{"attributes":{"asset_id":"film","isq":"x"}}"#)] {
        let drop = folder.filter("one", &text);
        let keep = Config { on_error: OnError::Keep, ..drop.clone() };
        for (config, passes) in [(drop, false), (keep, true)] {
            let (filters, tenant) = filters(&[config]);
            let mut sent = batch();
            let (passed, rejected) = pass(&filters, &tenant, &mut sent);
            assert_eq!((passed, rejected.len()), (passes, if passes { 0 } else { 3 }));
            assert_eq!(sent, batch(), "nothing of a bad answer holds");
        }
    }
}

#[test]
fn a_dropped_session_stays_dropped_while_its_batches_say_nothing() {
    let folder = Folder::new("silent");
    // Drops what has attributes: with them, the question is longer.
    let body = "(if (result i64) (i32.gt_u (local.get $length) (i32.const 230)) (then (i64.const 1)) (else (i64.const 0)))";
    let (filters, tenant) = filters(&[folder.filter("one", &module(body, ""))]);
    let silent = || Batch { attributes: Attributes::default(), ..batch() };
    let long = || {
        let mut batch = batch();
        batch.attributes.set(Attribute::AssetId, &"x".repeat(100)).unwrap();
        batch
    };
    assert!(pass(&filters, &tenant, &mut silent()).0);
    assert!(!pass(&filters, &tenant, &mut long()).0);
    assert!(!pass(&filters, &tenant, &mut silent()).0);
    assert!(pass(&filters, &tenant, &mut batch()).0, "what is known of it now is fine");
    assert!(pass(&filters, &tenant, &mut silent()).0);
}

#[test]
fn a_filter_sees_its_tenants_and_protocols_only() {
    let folder = Folder::new("scope");
    let drop = folder.filter("one", &module("(i64.const 1)", ""));
    for (tenants, protocols, passes) in
        [(vec!["t"], vec!["native"], false), (vec!["u"], vec![], true), (vec![], vec!["cmcd"], true)]
    {
        let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let (filters, tenant) =
            filters(&[Config { tenants: names(tenants), protocols: names(protocols), ..drop.clone() }]);
        assert_eq!(pass(&filters, &tenant, &mut batch()).0, passes);
    }
}

/// What the guide says of times; `cargo test -p openqoe-gateway --features wasm cost -- --ignored --nocapture`.
#[test]
#[ignore = "it measures"]
fn cost() {
    let folder = Folder::new("cost");
    let question = wire::question("t", Protocol::Native, &batch());
    for (name, text, calls) in
        [("keep", module("(i64.const 0)", ""), 2000), ("spin", module("(loop (br 0)) (i64.const 0)", ""), 50)]
    {
        let module = Module::load(&Config { fuel: 2_000_000, ..folder.filter(name, &text) }).unwrap();
        let started = Instant::now();
        (0..calls).for_each(|_| drop(module.call(&question)));
        println!("{name}: {:?} a call", started.elapsed() / calls);
    }
}
