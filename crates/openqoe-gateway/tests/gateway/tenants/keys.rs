//! `openqoe keys`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::Setup;

fn text(output: &Output) -> (String, String) {
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn keys_are_made_listed_checked_and_revoked() {
    let setup = Setup::new("cli", "[tenants.acme]\n");
    let output = setup.keys(&["new", "--tenant", "acme", "--kind", "ingest", "--note", "web player"]);
    let key = text(&output).0.trim().to_owned();
    assert!(key.starts_with("oqi_") && key.len() == 51, "{key}");
    let id = &key[4..12];
    let stored = std::fs::read_to_string(setup.config.with_file_name("keys.toml")).unwrap();
    assert!(stored.contains(id) && !stored.contains(&key[13..]), "the hash is kept, not the key");

    let listed = text(&setup.keys(&["list"])).0;
    assert!(
        listed.lines().any(|line| line.starts_with(id)
            && line.contains("  ingest  acme ")
            && line.ends_with("web player")),
        "{listed}"
    );
    let checked = setup.keys(&["check", &key]);
    assert!(
        checked.status.success()
            && text(&checked).0.contains("ingest key")
            && text(&checked).0.contains("of tenant acme")
    );
    let mut piped = Command::new(env!("CARGO_BIN_EXE_openqoe"))
        .args(["keys", "check", "-", "--config"])
        .arg(&setup.config)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(piped.stdin.take().unwrap(), "{key}").unwrap();
    assert!(piped.wait().unwrap().success());

    assert!(setup.keys(&["revoke", id]).status.success());
    let checked = setup.keys(&["check", &key]);
    assert!(!checked.status.success() && text(&checked).1.contains("revoked"), "{checked:?}");
    let again = setup.keys(&["revoke", id]);
    assert!(!again.status.success() && text(&again).1.contains("openqoe keys list"));
}

#[test]
fn a_printed_key_stands_in_the_configuration() {
    let setup = Setup::new("print", "[tenants.acme]\n");
    let output = setup.keys(&["new", "--tenant", "acme", "--kind", "server", "--print"]);
    let (key, lines) = text(&output);
    assert!(!setup.config.with_file_name("keys.toml").exists());
    let (_, table) = lines.split_once("\n\n").unwrap();
    setup.write(&format!("[tenants.acme]\n{table}"));
    assert!(setup.keys(&["check", key.trim()]).status.success());
    let refused = setup.keys(&["revoke", &key[4..12]]);
    assert!(text(&refused).1.contains("stands in the configuration: remove it there"), "{refused:?}");
}

#[test]
fn mistakes_are_told() {
    let setup = Setup::new("cli-mistakes", "[tenants.acme]\n");
    for (arguments, expected) in [
        (&["new", "--tenant", "acne", "--kind", "read"][..], "no tenant `acne`, did you mean `acme`?"),
        (&["new", "--tenant", "acme", "--kind", "write"], "possible values: ingest, server, read"),
        (&["check", "oqi_7h2k9m4p_mistyped"], "mistyped, cut off, or something else"),
        (&["revoke", "7h2k9m4p"], "no key 7h2k9m4p in"),
        (&["mak"], "unrecognized subcommand"),
    ] {
        let output = setup.keys(arguments);
        let error = text(&output).1;
        assert!(!output.status.success() && error.contains(expected), "{arguments:?}: {error}");
    }
    let help = Command::new(env!("CARGO_BIN_EXE_openqoe")).args(["keys", "--help"]).output().unwrap();
    assert!(text(&help).0.contains("Examples:\n  openqoe keys new"));
    // A key of a tenant that is gone opens nothing, and that is said.
    let gone = setup.key("acme", "ingest");
    setup.write("[tenants.other]\n");
    let output = Command::new(env!("CARGO_BIN_EXE_openqoe"))
        .args(["check-config", "--config"])
        .arg(&setup.config)
        .output()
        .unwrap();
    let warning =
        format!("key {} is of tenant `acme`, which is not configured: it opens nothing", &gone[4..12]);
    assert!(output.status.success() && text(&output).1.contains(&warning), "{output:?}");
    // A file somebody broke is not taken for an empty one.
    std::fs::write(setup.config.with_file_name("keys.toml"), "[[keys]]\nid = 7").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_openqoe"))
        .args(["check-config", "--config"])
        .arg(&setup.config)
        .output()
        .unwrap();
    assert!(!output.status.success() && text(&output).1.contains("keys.toml"), "{output:?}");
}
