//! Inputs beside what becomes of them: `slo/templates` and `slo/examples` compile to `slo/compiled`, all templates together to
//! `deploy/prometheus/slo.yaml`. `OPENQOE_BLESS=1` writes the outputs anew; read them before they are committed.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use openqoe_slo::{Slo, compile, demo, parse, templates};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn golden(path: &str, head: &str, slos: &[Slo]) {
    let (path, text) = (root().join(path), compile(slos, &Default::default()).to_yaml(head));
    if std::env::var("OPENQOE_BLESS").is_ok_and(|value| value == "1") {
        fs::write(&path, &text).unwrap();
    }
    let before = fs::read_to_string(&path).unwrap_or_default();
    assert!(before == text, "{} is stale: OPENQOE_BLESS=1 cargo test -p openqoe-slo", path.display());
}

fn folder(name: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root().join("slo").join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn inputs_compile_to_what_is_beside_them() {
    let mut expected = vec!["demo.yaml".to_owned()];
    for kind in ["templates", "examples"] {
        for input in folder(kind) {
            let name = input.file_name().unwrap().to_str().unwrap().to_owned();
            let slos = parse(&name, &fs::read_to_string(&input).unwrap())
                .unwrap_or_else(|problems| panic!("{}", problems[0]));
            let output = if kind == "examples" { format!("example-{name}") } else { name.clone() };
            golden(
                &format!("slo/compiled/{output}"),
                &format!("`openqoe slo compile slo/{kind}/{name}`. Do not edit."),
                &slos,
            );
            expected.push(output);
        }
    }
    let found = folder("compiled");
    expected.sort();
    let found: Vec<&str> = found.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert_eq!(found, expected, "slo/compiled holds what nothing compiles to");
}

#[test]
fn all_templates_together_are_deployed() {
    let head = "The objectives of slo/templates, by `openqoe slo compile slo/templates`. Do not edit: copy the folder,\nchange what you promise, and compile your own.";
    golden("deploy/prometheus/slo.yaml", head, templates());
    golden(
        "slo/compiled/demo.yaml",
        "The objectives of slo/templates over one hour, as `openqoe demo` has them. Do not edit.",
        &demo(),
    );
}
