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
    let decoded = (PROTOCOLS[0].decode)(block("native-ingest.md", "json").as_bytes()).unwrap();
    assert_eq!((decoded.accepted(), decoded.rejections.len(), decoded.warnings.len()), (5, 0, 0));
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
fn the_configuration_of_the_unit_is_accepted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/systemd/openqoe.toml");
    let arguments = ["check-config", "--config", path.to_str().unwrap()];
    let output = Command::new(env!("CARGO_BIN_EXE_openqoe")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
