//! What admission does for the viewer's privacy, seen from outside.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::harness::{Gateway, batch, folder, view};
use crate::mmdb::database;

/// A view with attributes of its own.
fn view_of(session: &str, attributes: &Value) -> Vec<u8> {
    let mut batch = batch(session, &view());
    for (name, value) in attributes.as_object().unwrap() {
        batch["session"]["attributes"][name] = value.clone();
    }
    batch.to_string().into_bytes()
}

/// A gateway with a configuration file.
fn configured(name: &str, config: &str) -> Gateway {
    let folder = folder(name);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("openqoe.toml");
    std::fs::write(&path, config).unwrap();
    Gateway::start_with(&["serve", "--config", path.to_str().unwrap()], &[])
}

fn actions(gateway: &Gateway, action: &str) -> f64 {
    gateway.value(&format!("openqoe_privacy_batches_total{{tenant=\"default\",action=\"{action}\"}}"))
}

fn drain(mut gateway: Gateway) {
    Command::new("kill").args(["-TERM", &gateway.child.id().to_string()]).status().unwrap();
    assert!(gateway.child.wait().unwrap().success());
}

fn privacy(arguments: &[&str], data_dir: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openqoe"));
    command.arg("privacy").args(arguments).arg("--data-dir").arg(data_dir).stdin(Stdio::null());
    command.output().unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap().trim().to_owned()
}

/// Whether a text stands in a file of the journal, wherever that is below the data directory.
fn journalled(folder: &Path, text: &str) -> bool {
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.any(|file| {
        if file.is_dir() {
            return journalled(&file, text);
        }
        let bytes = std::fs::read(&file).unwrap_or_default();
        let journal = file.to_str().unwrap().contains("/journal");
        journal && bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn a_viewer_is_kept_as_a_hash_and_can_be_erased() {
    let data_dir = folder("erase");
    let environment = [("OPENQOE_DATA_DIR", data_dir.to_str().unwrap())];
    let start = || Gateway::start_with(&["serve"], &environment);
    let gateway = start();
    for (session, viewer) in [("alices-first", "alice"), ("alices-second", "alice"), ("bobs", "bob")] {
        gateway.post(&view_of(session, &json!({ "viewer_id_hash": viewer })));
    }
    assert_eq!(actions(&gateway, "viewer_hashed"), 3.0);
    let hash = |viewer: &str| printed(&privacy(&["hash", "--viewer", viewer], &data_dir));
    let (alice, bob) = (hash("alice"), hash("bob"));
    assert_ne!(alice, bob);
    assert_eq!(printed(&privacy(&["hash", "--viewer", "alice", "--all"], &data_dir)), alice);

    let erase = |viewer: &str| privacy(&["erase", "--viewer", viewer], &data_dir);
    let error = String::from_utf8(erase("alice").stderr).unwrap();
    assert!(error.contains("stop the gateway first"), "{error}");
    drain(gateway);
    for (text, expected) in [(&*alice, true), ("alices-first", true), (&*bob, true), ("bobs", true)] {
        assert_eq!(journalled(&data_dir, text), expected, "{text}");
    }
    assert_eq!(printed(&erase("alice")), "erased 2 sessions, 2 batches, 0 rows of ended sessions");
    assert_eq!(printed(&erase("alice")), "erased 0 sessions, 0 batches, 0 rows of ended sessions");
    for (text, expected) in [(&*alice, false), ("alices-", false), (&*bob, true), ("bobs", true)] {
        assert_eq!(journalled(&data_dir, text), expected, "{text}");
    }
    // Sums over many viewers stay.
    let gateway = start();
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 3.0);
    // The salts are those of before.
    assert_eq!(hash("alice"), alice);
    drop(gateway);

    let nowhere = folder("nowhere");
    let error = String::from_utf8(privacy(&["erase", "--viewer", "x"], &nowhere).stderr).unwrap();
    assert!(error.contains("no salts there") && !nowhere.exists(), "{error}");
    let error = String::from_utf8(privacy(&["hash", "--viewer", "-"], &data_dir).stderr).unwrap();
    assert!(error.contains("the viewer's id is empty"), "{error}");
}

#[test]
fn salts_are_for_the_owner_and_their_loss_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let data_dir = folder("salts");
    let environment = [("OPENQOE_DATA_DIR", data_dir.to_str().unwrap())];
    drain(Gateway::start_with(&["serve"], &environment));
    let salts = data_dir.join("salts");
    assert_eq!(std::fs::metadata(&salts).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(&salts, b"{}").unwrap();
    let started = Command::new(env!("CARGO_BIN_EXE_openqoe"))
        .args(["serve", "--listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"])
        .envs(environment)
        .output()
        .unwrap();
    let error = String::from_utf8(started.stderr).unwrap();
    assert!(!started.status.success() && error.contains("salts is damaged"), "{error}");
}

#[test]
fn viewer_ids_can_be_dropped() {
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_PRIVACY_VIEWER_IDS", "drop")]);
    gateway.post(&view_of("s", &json!({ "viewer_id_hash": "alice" })));
    assert_eq!((actions(&gateway, "viewer_dropped"), actions(&gateway, "viewer_hashed")), (1.0, 0.0));
}

#[test]
fn country_and_network_come_from_the_address() {
    let folder = folder("geo");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("geo.mmdb");
    let record = json!({ "country": { "iso_code": "DE" }, "autonomous_system_organization": "Example Net" });
    std::fs::write(&path, database(&[("192.0.2.0/24", record)])).unwrap();
    let path_text = path.to_str().unwrap();
    let gateway = configured(
        "geo-config",
        &format!(
            "[privacy]\ngeo_database = {path_text:?}\nasn_database = {path_text:?}\ntrusted_proxies = [\"127.0.0.0/8\"]\n\
             [[privacy.redact]]\ncountries = [\"FR\"]\nattributes = [\"cdn\", \"country\"]\n"
        ),
    );
    let forwarded = [("x-forwarded-for", "203.0.113.1, 192.0.2.55")];
    gateway.post_with(&forwarded, &view_of("located", &json!({})));
    gateway.post_with(&forwarded, &view_of("told", &json!({ "country": "FR", "isp": "Mine" })));
    gateway.post_with(&[("sec-gpc", "1"), forwarded[0]], &view_of("anonymous", &json!({})));
    gateway.post(&view_of("local", &json!({})));
    let metrics = gateway.metrics();
    let plays = |labels: &str| {
        let mut plays = metrics.lines().filter(|line| line.starts_with("openqoe_startup_plays_total{"));
        plays.any(|line| line.contains(&format!("asset_id=\"a\",{labels},device_type")))
    };
    assert!(plays("cdn=\"edge\",isp=\"Example Net\",country=\"DE\""), "{metrics}");
    assert!(plays("isp=\"Mine\""), "{metrics}");
    assert!(plays("cdn=\"edge\",country=\"DE\""), "{metrics}");
    assert!(plays("cdn=\"edge\""), "{metrics}");
    assert_eq!(actions(&gateway, "located"), 2.0);
    assert_eq!(actions(&gateway, "redacted"), 1.0);
    assert_eq!(actions(&gateway, "anonymised"), 1.0);

    let errors = "openqoe_privacy_errors_total{operation=\"geo_database\"}";
    assert_eq!(gateway.value(errors), 0.0);
    std::fs::write(folder.join("new"), b"half a database").unwrap();
    std::fs::rename(folder.join("new"), &path).unwrap();
    while gateway.value(errors) < 1.0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    gateway.post_with(&forwarded, &view_of("later", &json!({})));
    assert_eq!(actions(&gateway, "located"), 3.0);
}

#[test]
fn an_objection_can_discard_the_batch_and_is_no_error() {
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_PRIVACY_GPC", "discard")]);
    let mut events = view();
    events.insert(1, json!({ "type": "nonsense" }));
    let body = batch("s", &events).to_string();
    let answer = gateway.post_with(&[("sec-gpc", "1")], body.as_bytes());
    assert_eq!(answer.status, 200);
    let answer = answer.json();
    assert_eq!(answer["accepted"], 0);
    let named = answer["rejected"].as_array().unwrap().iter();
    let named: Vec<_> =
        named.map(|event| (event["seq"].as_u64().unwrap(), event["reason"].clone())).collect();
    let reasons = ["opted_out", "unknown_type", "opted_out", "opted_out", "opted_out"];
    assert_eq!(named, (0..).zip(reasons.map(Value::from)).collect::<Vec<_>>());
    let outcome = "openqoe_ingest_event_outcomes_total{tenant=\"default\",protocol=\"native\",outcome=\"rejected\",reason=\"opted_out\"}";
    assert_eq!((gateway.value(outcome), actions(&gateway, "discarded")), (4.0, 1.0));
    assert_eq!(gateway.value("openqoe_ingest_events_received_total"), 5.0);
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 0.0);
    // The same from somebody who does not object.
    assert_eq!(gateway.post(body.as_bytes()).json()["accepted"], 4);
}

#[test]
fn mistakes_in_the_section_are_told_with_a_suggestion() {
    let check = |text: &str| {
        let path = std::env::temp_dir().join(format!("openqoe-privacy-{}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_openqoe"))
            .args(["check-config", "--config", path.to_str().unwrap()])
            .env("OPENQOE_PRIVACY_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
            .output()
            .unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    for (text, expected) in [
        ("[privacy]\nsalt_rotatoin = \"1d\"", "did you mean `privacy.salt_rotation`?"),
        ("[[privacy.redact]]\ncountries = [\"UK\"]\nattributes = []", "did you mean `GB`?"),
        (
            "[[privacy.redact]]\ncountries = [\"*\"]\nattributes = [\"viewer\"]",
            "did you mean `viewer_id_hash`?",
        ),
        ("[privacy]\ngpc = \"discrad\"", "expected one of `anonymise`, `discard`, `ignore`"),
    ] {
        let (_, error) = check(text);
        assert!(error.contains(expected), "{error}");
    }
    let (printed, error) = check("[[privacy.redact]]\ncountries = [\"de\"]\nattributes = [\"isp\"]");
    assert_eq!(error, "");
    assert!(printed.contains("[[privacy.redact]]") && printed.contains("\"10.0.0.0/8\""), "{printed}");
}
