//! What promtool, which is Prometheus itself, says of everything that is compiled and of the alerts in `deploy/prometheus`: that
//! it is right, that each alert fires when it should, and that it does not when it should not.

#![allow(clippy::unwrap_used)]

mod burn;
mod exactness;
mod packs;
mod scenario;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Whether a program is missing, which is said even where the output of tests is not shown. With `OPENQOE_STRICT=1` it must not be.
fn is_missing(program: &str, package: &str, test: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let missing = !found.is_ok_and(|status| status.success());
    if missing {
        assert!(std::env::var("OPENQOE_STRICT").as_deref() != Ok("1"), "{program} is not installed");
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: {test}: {program} is not installed (Debian: apt-get install {package})"
        );
    }
    missing
}

fn promtool_is_missing(test: &str) -> bool {
    is_missing("promtool", "prometheus", test)
}

/// Runs promtool and gives what it wrote when it was not content.
fn promtool(arguments: &[&str], folder: &Path) -> Result<(), String> {
    let output = Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| error.to_string())?;
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if output.status.success() { Ok(()) } else { Err(said) }
}

/// A folder of this test run that is gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn everything_compiled_passes_check_rules() {
    if promtool_is_missing("promtool check rules") {
        return;
    }
    for folder in ["slo/compiled", "deploy/prometheus"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = if path.is_file() { std::fs::read_to_string(&path).unwrap() } else { continue };
            if text.lines().any(|line| line == "groups:") {
                let name = path.to_str().unwrap();
                promtool(&["check", "rules", name], &root()).unwrap_or_else(|said| panic!("{name}: {said}"));
            }
        }
    }
}
