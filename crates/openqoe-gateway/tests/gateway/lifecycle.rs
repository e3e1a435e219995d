//! Starting, refusing to start, and ending.

use std::process::{Command, Output};

use crate::harness::{Gateway, view};

fn openqoe(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_openqoe")).args(arguments).output().unwrap()
}

#[test]
fn sigterm_drains_and_exits_cleanly() {
    let mut gateway = Gateway::start();
    gateway.send("s", &view());
    assert_eq!(gateway.get("/-/healthy").status, 200);
    assert_eq!(gateway.get("/-/ready").status, 200);
    Command::new("kill").args(["-TERM", &gateway.child.id().to_string()]).status().unwrap();
    assert!(gateway.child.wait().unwrap().success());
}

#[test]
fn mistakes_are_told_before_anything_starts() {
    for (arguments, expected) in [
        (&["serve", "--listen", "0.0.0.0:0"][..], "not a loopback address"),
        (&["serve", "--config", "/nowhere.toml"], "cannot read /nowhere.toml"),
        (&["srve"], "similar subcommand exists"),
    ] {
        let output = openqoe(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(expected), "{error}");
    }
}

#[test]
fn a_taken_port_is_named() {
    let gateway = Gateway::start();
    let output = openqoe(&["serve", "--listen", &gateway.public, "--internal-listen", "127.0.0.1:0"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(&format!("cannot listen on {}", gateway.public)), "{error}");
}

#[test]
fn the_configuration_it_prints_is_one_it_reads() {
    let printed = openqoe(&["check-config"]);
    assert!(printed.status.success());
    let path = std::env::temp_dir().join(format!("openqoe-printed-{}.toml", std::process::id()));
    std::fs::write(&path, &printed.stdout).unwrap();
    let again = openqoe(&["check-config", "--config", path.to_str().unwrap()]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), String::from_utf8(printed.stdout).unwrap());
}
