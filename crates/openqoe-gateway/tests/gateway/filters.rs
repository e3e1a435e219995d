//! Filters in the running gateway: good and bad ones, the books, the answers, the reload, and the example of the guide.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::json;

use crate::harness::{Gateway, batch, folder, request, skipped, view, wait_for};

/// A module that does what the first letter of the session's id says, which stands at byte `at` of the question.
fn by_letter(at: usize) -> String {
    let bad = r#"{"attributes":{"colour":"red"}}"#;
    let good = r#"{"attributes":{"asset_id":"film","cdn":null},"drop_events":[3]}"#;
    let case = |letter: char, then: &str| {
        format!("(if (i32.eq (local.get $letter) (i32.const {})) (then {then}))", letter as u32)
    };
    let answer =
        |place: u64, text: &str| format!("(return (i64.const {}))", (place << 32) | text.len() as u64);
    let cases = [
        case('d', "(return (i64.const 1))"),
        case('t', "unreachable"),
        case('l', "(loop (br 0))"),
        case('m', "(drop (memory.grow (i32.const 1000)))"),
        case('a', &answer(256, bad)),
        case('c', &answer(512, good)),
    ];
    format!(
        r#"(module (memory (export "memory") 2)
            (data (i32.const 256) "{}") (data (i32.const 512) "{}")
            (func (export "filter_abi") (result i32) (i32.const 1))
            (func (export "filter_alloc") (param i32) (result i32) (i32.const 4096))
            (func (export "filter_batch") (param i32 i32) (result i64) (local $letter i32)
                (local.set $letter (i32.load8_u (i32.const {}))) {} (i64.const 0)))"#,
        bad.replace('"', "\\22"),
        good.replace('"', "\\22"),
        4096 + at,
        cases.join(" ")
    )
}

/// A gateway's folder with modules and a configuration.
struct Setup(PathBuf);

impl Setup {
    fn new(name: &str) -> Setup {
        let folder = folder(name);
        std::fs::create_dir_all(&folder).unwrap();
        Setup(folder)
    }

    fn module(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        format!("[[filters]]\npath = {:?}\n", path.to_str().unwrap())
    }

    /// The module that does what sessions say, for one protocol.
    fn by_letter(&self, protocol: &str) -> String {
        let before = format!(r#"{{"tenant":"default","protocol":"{protocol}","session_id":""#);
        let module = wat::parse_str(by_letter(before.len())).unwrap();
        self.module(&format!("{protocol}.wasm"), &module)
            + &format!("protocols = [\"{protocol}\"]\nmemory = 1048576\n")
    }

    fn config(&self, text: &str) -> String {
        let path = self.0.join("openqoe.toml");
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn start(&self, text: &str) -> Gateway {
        Gateway::start_with(&["serve", "--config", &self.config(text)], &[])
    }

    fn check(&self, text: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openqoe"));
        command.args(["check-config", "--config", &self.config(text)]).output().unwrap()
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn outcome(gateway: &Gateway, outcome: &str) -> f64 {
    gateway
        .metrics()
        .lines()
        .filter(|line| {
            line.starts_with("openqoe_ingest_event_outcomes_total")
                && line.contains(&format!("outcome=\"{outcome}\""))
        })
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap())
        .sum()
}

#[test]
fn a_bad_filter_costs_its_own_batch_and_the_books_balance() {
    let setup = Setup::new("filters-books");
    let gateway = setup.start(&setup.by_letter("native"));
    for session in ["kept", "trap", "loop", "memory", "answer", "change", "kept-too"] {
        let answer = gateway.send(session, &view());
        assert_eq!(answer.status, 200, "{session}: the sender did nothing wrong");
        let accepted = match session {
            "kept" | "kept-too" => 4,
            "change" => 3,
            _ => 0,
        };
        assert_eq!(answer.json()["accepted"], accepted, "{session}");
    }
    let dropped = gateway.send("drop", &[&view()[..], &[json!({ "type": "nothing" })]].concat());
    assert_eq!(dropped.json()["rejected"][3]["reason"], "filtered");
    assert_eq!(dropped.json()["rejected"][4]["reason"], "unknown_type");

    for reason in ["trap", "fuel", "memory", "answer"] {
        let line = format!("openqoe_filter_failures_total{{tenant=\"default\",reason=\"{reason}\"}}");
        assert_eq!(gateway.value(&line), 1.0, "{reason}");
    }
    for (result, batches) in [("kept", 2.0), ("changed", 1.0), ("dropped", 1.0), ("failed", 4.0)] {
        let line = format!("openqoe_filter_batches_total{{tenant=\"default\",result=\"{result}\"}}");
        assert_eq!(gateway.value(&line), batches, "{result}");
    }
    assert_eq!(gateway.value("openqoe_filter_duration_seconds_count"), 8.0);
    assert_eq!(gateway.value("openqoe_filter_modules"), 1.0);
    assert_eq!((outcome(&gateway, "counted"), outcome(&gateway, "rejected")), (11.0, 5.0 * 4.0 + 2.0));
    assert_eq!(gateway.value("openqoe_ingest_events_received_total"), 33.0);
    let changed = "openqoe_startup_plays_total{tenant=\"default\",asset_id=\"film\"";
    assert_eq!(gateway.value(changed), 1.0);
    assert!(!gateway.metrics().lines().any(|line| line.contains("film") && line.contains("cdn=\"edge\"")));

    let health = gateway.get("/api/v1/health").json();
    let part = health["parts"].as_array().unwrap().iter().find(|part| part["name"] == "filters").unwrap();
    assert_eq!((&part["state"], &part["facts"][2]["value"]), (&json!("trouble"), &json!(4.0)), "{part}");
    let log = gateway.log();
    assert_eq!(log.matches(" failed at a batch of default ").count(), 1, "one line a minute: {log}");
}

#[test]
fn other_sessions_of_the_same_request_are_not_touched() {
    let setup = Setup::new("filters-request");
    let gateway = setup.start(&(setup.by_letter("cmcd") + &setup.by_letter("native")));
    let record = |session: &str, sn: u32, state: &str| {
        format!(
            "e=ps,sid=\"{session}\",sn={sn},sta={state},ts={},v=2\n",
            1_700_000_000_000_u64 + 1000 * u64::from(sn)
        )
    };
    let sessions = ["good", "trap", "loop", "also-bad", "kept"];
    let body: String =
        sessions.iter().map(|session| record(session, 0, "s") + &record(session, 1, "p")).collect();
    let answer =
        request(&gateway.public, "POST", "/cmcd", &[("content-type", "application/cmcd")], body.as_bytes());
    assert!(answer.status < 300, "{}", answer.text());
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 2.0);
    let waiting = gateway.value("openqoe_engine_events_waiting");
    let received = gateway.value("openqoe_ingest_events_received_total");
    assert_eq!(received, outcome(&gateway, "counted") + outcome(&gateway, "rejected") + waiting);
    assert_eq!(gateway.value("openqoe_filter_failures_total"), 3.0);
}

#[test]
fn a_reload_takes_new_modules_and_keeps_the_old_when_they_are_bad() {
    let setup = Setup::new("filters-reload");
    let gateway = setup.start("");
    let reloaded = |gateway: &Gateway, value: f64| {
        gateway.signal("-HUP");
        wait_for(|| gateway.value("openqoe_gateway_config_last_reload_successful") == value);
    };
    assert_eq!(gateway.send("drop-1", &view()).json()["accepted"], 4);
    assert!(
        !gateway.metrics().contains("openqoe_filter_modules"),
        "nothing is said of what there is none of"
    );

    let config = setup.by_letter("native");
    setup.config(&config);
    gateway.signal("-HUP");
    wait_for(|| gateway.value("openqoe_filter_modules") == 1.0);
    assert_eq!(gateway.send("drop-2", &view()).json()["accepted"], 0);

    std::fs::write(setup.0.join("native.wasm"), "no module").unwrap();
    reloaded(&gateway, 0.0);
    assert_eq!(gateway.send("drop-3", &view()).json()["accepted"], 0, "the one before is still there");
    gateway.told_of("the configuration stays as it was: filter ");

    setup.config("");
    reloaded(&gateway, 1.0);
    assert_eq!(gateway.send("drop-4", &view()).json()["accepted"], 4);
    assert_eq!(gateway.value("openqoe_filter_modules"), 0.0);
}

#[test]
fn the_configuration_is_checked_with_its_modules() {
    let setup = Setup::new("filters-check");
    let good = setup.by_letter("native");
    let printed = setup.check(&good);
    let (out, error) = (String::from_utf8_lossy(&printed.stdout), String::from_utf8_lossy(&printed.stderr));
    assert!(printed.status.success(), "{error}");
    assert!(
        out.contains("[[filters]]") && out.contains("fuel = ") && out.contains("on_error = \"drop\""),
        "{out}"
    );
    let text = setup.module("text.wasm", b"text");
    for (config, expected) in [
        (format!("{good}fuel = 0\n"), "`fuel` must be 1 to"),
        (format!("{good}tenants = [\"defautl\"]\n"), "unknown tenant `defautl`, did you mean `default`?"),
        (good.replace("[\"native\"]", "[\"natve\"]"), "unknown protocol `natve`, did you mean `native`?"),
        (format!("{good}fule = 1\n"), "unknown field `fule`"),
        (text, "text.wasm: "),
        ("[[filters]]\npath = \"nowhere.wasm\"\n".into(), "nowhere.wasm: No such file"),
    ] {
        let output = setup.check(&config);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(expected), "{expected}: {error}");
    }
}

/// What `cargo build` makes of the example, or nothing where its target is not installed.
fn example() -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/filter-redact");
    let target = "wasm32-unknown-unknown";
    let mut command = Command::new(env!("CARGO"));
    let build = command.args(["build", "--release", "--locked", "--target", target]).current_dir(&folder);
    let output = build.env_remove("CARGO_TARGET_DIR").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && said.contains(target) {
        skipped("filters: the example", "rustup target add wasm32-unknown-unknown");
        return None;
    }
    assert!(output.status.success(), "{said}");
    Some(std::fs::read(folder.join("target").join(target).join("release/filter_redact.wasm")).unwrap())
}

#[test]
fn the_example_drops_redacts_and_enriches() {
    let Some(example) = example() else { return };
    let setup = Setup::new("filters-example");
    let gateway = setup.start(&setup.module("filter_redact.wasm", &example));
    let send = |session: &str, attributes: serde_json::Value| {
        let mut batch = batch(session, &view());
        batch["session"]["attributes"] = attributes;
        gateway.post(batch.to_string().as_bytes()).json()["accepted"].clone()
    };
    assert_eq!(send("lab", json!({ "player_version": "2.0-lab", "asset_id": "secret" })), 0);
    assert_eq!(send("cut", json!({ "asset_id": "live-news/viewer-7" })), 4);
    assert_eq!(send("other", json!({ "asset_id": "movie" })), 4);
    let metrics = gateway.metrics();
    let plays = |asset: &str| {
        let line = format!("openqoe_startup_plays_total{{tenant=\"default\",asset_id=\"{asset}\"");
        metrics.lines().filter(|found| found.starts_with(&line)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(plays("live-news")[0].contains("is_live=\"true\""), "{metrics}");
    assert_eq!(plays("movie").len(), 1);
    assert!(!metrics.contains("viewer-7") && !metrics.contains("secret"));
    assert_eq!(gateway.value("openqoe_filter_failures_total"), 0.0, "{}", gateway.log());
}

/// The metrics there are only where filters are.
pub(crate) fn exposition() -> String {
    let setup = Setup::new("filters-alive");
    let gateway = setup.start(&setup.by_letter("native"));
    gateway.send("trap", &view());
    gateway.metrics()
}
