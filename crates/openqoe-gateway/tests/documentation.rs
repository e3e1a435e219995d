//! What the guides show works as shown.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use openqoe_ingest::PROTOCOLS;

fn block(page: &str, language: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide").join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_batch_of_the_guide_is_accepted_whole() {
    let decoded = PROTOCOLS[0].read(block("native-ingest.md", "json").as_bytes()).unwrap();
    assert_eq!((decoded.accepted(), decoded.rejections.len(), decoded.warnings.len()), (5, 0, 0));
}

#[test]
fn the_playback_of_the_guide_is_accepted_whole() {
    let media3 = PROTOCOLS.iter().find(|protocol| protocol.path == "/media3").unwrap();
    let decoded = media3.read(block("media3.md", "json").as_bytes()).unwrap();
    assert_eq!((decoded.batches.len(), decoded.rejections.len(), decoded.warnings.len()), (1, 0, 0));
}

#[test]
fn the_configuration_of_the_guide_is_the_default() {
    let path = std::env::temp_dir().join(format!("openqoe-guide-{}.toml", std::process::id()));
    std::fs::write(&path, block("configuration.md", "toml")).unwrap();
    let print = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_openqoe")).arg("check-config").args(arguments).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(print(&["--config", path.to_str().unwrap()]), print(&[]));
}

#[test]
fn the_tenants_of_the_guide_are_a_configuration() {
    let path = std::env::temp_dir().join(format!("openqoe-tenants-{}.toml", std::process::id()));
    std::fs::write(&path, block("tenants.md", "toml")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_openqoe"))
        .args(["check-config", "--config"])
        .arg(&path)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && printed.contains("[tenants.acme.quota.budgets]"), "{printed}");
    assert!(output.stderr.is_empty(), "nothing to doubt: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_configurations_of_deploy_are_accepted() {
    for file in ["systemd/openqoe.toml", "compose/openqoe.toml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(file);
        let arguments = ["check-config", "--config", path.to_str().unwrap()];
        let output = Command::new(env!("CARGO_BIN_EXE_openqoe"))
            .args(arguments)
            // Beyond loopback a key is needed, which is made on the spot and stands in no repository.
            .envs([("OPENQOE_LISTEN", "127.0.0.1:0"), ("OPENQOE_INTERNAL_LISTEN", "127.0.0.1:0")])
            .envs([("OPENQOE_OTLP_RECEIVER_LISTEN", ""), ("OPENQOE_OTLP_RECEIVER_GRPC_LISTEN", "")])
            .env("OPENQOE_INTERNAL_TOKEN_FILE", "")
            .output()
            .unwrap();
        assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
