//! `cargo xtask tidy`: the invariants of ARCHITECTURE.md that no compiler checks. Each rule is a function from the tree to
//! complaints; adding one is one line in `RULES`.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::tree::Tree;

type Rule = (&'static str, fn(&Tree) -> Vec<String>);

const RULES: &[Rule] = &[
    ("a crate uses only what stands below it", floors),
    ("the lower floors do no I/O and read no clock", no_io),
    ("metric names are spelled in spec/ only", names_in_spec),
    ("source files open with what they are", openings),
    ("source files stay within 400 lines, adapters within 150", lengths),
    ("ARCHITECTURE.md lists the crates there are", architecture),
    ("links in documents lead somewhere", links),
    ("lockfiles and documents name no registry host", no_hosts),
    ("one version everywhere", versions),
];

/// Checks every rule.
pub(crate) fn run(root: &Path) -> Result<()> {
    let tree = Tree::read(root)?;
    let mut broken = 0;
    for (name, rule) in RULES {
        let complaints = rule(&tree);
        for complaint in &complaints {
            eprintln!("tidy: {complaint} ({name})");
        }
        broken += complaints.len();
    }
    ensure!(broken == 0, "{broken} things to tidy");
    println!("tidy: {} rules hold for {} files", RULES.len(), tree.files.len());
    Ok(())
}

/// What each crate may depend on among its siblings; `None` is anything.
fn allowed(name: &str) -> Option<&'static [&'static str]> {
    match name {
        "openqoe-spec" | "xtask" => Some(&[]),
        "openqoe-gateway" | "openqoe-fuzz-targets" => None,
        // They ask things of the floors one by one, and are below nobody.
        "openqoe-bench" | "openqoe-fuzz" => Some(&[
            "openqoe-engine",
            "openqoe-ingest",
            "openqoe-load",
            "openqoe-metrics",
            "openqoe-probe",
            "openqoe-spec",
        ]),
        _ => Some(&["openqoe-spec"]),
    }
}

fn floors(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in tree.named("Cargo.toml") {
        let Some(name) = text.lines().find_map(|line| line.strip_prefix("name = ")) else { continue };
        let name = name.trim_matches('"');
        let Some(allowed) = allowed(name) else { continue };
        // A test may ask a sibling whether it understands; nothing of that is shipped.
        let shipped = text.lines().take_while(|line| *line != "[dev-dependencies]");
        for line in shipped.filter(|line| line.starts_with("openqoe-")) {
            let sibling = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if !allowed.contains(&sibling) {
                complaints.push(format!("{}: {name} must not use {sibling}", path.display()));
            }
        }
    }
    complaints
}

fn no_io(tree: &Tree) -> Vec<String> {
    const FORBIDDEN: [&str; 7] =
        ["std::fs", "std::net", "std::io", "SystemTime", "Instant", "std::env::var", "tokio"];
    let lower = ["spec", "ingest", "engine", "load", "metrics", "slo", "client", "probe"]
        .map(|name| format!("crates/openqoe-{name}/src/"));
    tree.with_extension("rs")
        .filter(|(path, _)| lower.iter().any(|folder| path.starts_with(folder)) && !is_test(path))
        .flat_map(|(path, text)| {
            let found = FORBIDDEN.iter().filter(move |word| code(text).any(|line| contains_word(line, word)));
            found.map(move |word| format!("{}: {word}", path.display()))
        })
        .collect()
}

fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let letter = |c: char| c.is_alphanumeric() || c == '_';
        let before = line[..start].chars().next_back().is_some_and(letter);
        let after = line[start + word.len()..].chars().next().is_some_and(letter);
        !before && !after
    })
}

/// Lines that are neither comments nor tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//"))
}

fn names_in_spec(tree: &Tree) -> Vec<String> {
    tree.with_extension("rs")
        .filter(|(path, _)| {
            path.starts_with("crates") && path.components().any(|part| part.as_os_str() == "src")
        })
        .filter(|(path, _)| !is_generated(path) && !is_test(path))
        .filter(|(_, text)| code(text).any(is_metric_name))
        .map(|(path, _)| format!("{}: a metric name as text", path.display()))
        .collect()
}

fn is_metric_name(line: &str) -> bool {
    line.split('"').skip(1).step_by(2).any(|literal| {
        literal.starts_with("openqoe_")
            && literal.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    })
}

fn is_generated(path: &Path) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    name == "generated" || name == "wire" || path.components().any(|part| part.as_os_str() == "generated")
}

fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    name == "tests" || path.components().any(|part| part.as_os_str() == "tests")
}

fn openings(tree: &Tree) -> Vec<String> {
    tree.sources()
        .filter(|(path, text)| match path.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => !text.starts_with("//!"),
            _ => !text.starts_with("//") && !text.starts_with("/*"),
        })
        .map(|(path, _)| format!("{}: no opening comment", path.display()))
        .collect()
}

fn lengths(tree: &Tree) -> Vec<String> {
    tree.sources()
        .filter(|(path, _)| !is_generated(path))
        .filter_map(|(path, text)| {
            let limit = if path.starts_with("sdk/web/src/adapters") { 150 } else { 400 };
            let lines = text.lines().count();
            (lines > limit).then(|| format!("{}: {lines} lines", path.display()))
        })
        .collect()
}

fn architecture(tree: &Tree) -> Vec<String> {
    let page = tree.text("ARCHITECTURE.md");
    let crates: BTreeSet<String> = tree
        .named("Cargo.toml")
        .filter_map(|(path, _)| path.strip_prefix("crates").ok()?.parent()?.to_str().map(str::to_owned))
        .collect();
    let mentioned: BTreeSet<String> = page
        .split('`')
        .filter(|word| {
            word.starts_with("openqoe-") && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        })
        .map(str::to_owned)
        .collect();
    let missing =
        crates.difference(&mentioned).map(|name| format!("ARCHITECTURE.md does not mention {name}"));
    let gone = mentioned
        .difference(&crates)
        .map(|name| format!("ARCHITECTURE.md mentions {name}, which is not there"));
    missing.chain(gone).collect()
}

fn links(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in tree.with_extension("md") {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let folder = path.parent().unwrap_or(Path::new(""));
            if !tree.root.join(folder).join(target).exists() {
                complaints.push(format!("{}: {target} is not there", path.display()));
            }
        }
    }
    complaints
}

fn no_hosts(tree: &Tree) -> Vec<String> {
    let crates_io = "registry+https://github.com/rust-lang/crates.io-index";
    let mut complaints = Vec::new();
    for (path, text) in tree.named("Cargo.lock") {
        let other =
            text.lines().filter(|line| line.starts_with("source = ")).find(|line| !line.contains(crates_io));
        complaints.extend(other.map(|line| format!("{}: {line}", path.display())));
    }
    for (path, text) in tree.named("package-lock.json") {
        let resolved = text.lines().find(|line| line.trim_start().starts_with("\"resolved\": \"http"));
        complaints.extend(resolved.map(|line| format!("{}: {}", path.display(), line.trim())));
    }
    complaints
}

fn versions(tree: &Tree) -> Vec<String> {
    let workspace = tree.text("Cargo.toml");
    let Some(version) = workspace.lines().find_map(|line| line.strip_prefix("version = ")) else {
        return vec!["Cargo.toml: no version".into()];
    };
    tree.named("package.json")
        .filter(|(path, _)| path.starts_with("sdk"))
        .filter(|(_, text)| !text.contains(&format!("\"version\": {version}")))
        .map(|(path, _)| format!("{}: not version {version}", path.display()))
        .collect::<Vec<_>>()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let files = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_string())).collect();
        Tree { root: PathBuf::new(), files }
    }

    #[test]
    fn rules_find_what_they_are_for() {
        let bad = tree(&[
            (
                "crates/openqoe-engine/Cargo.toml",
                "name = \"openqoe-engine\"\nopenqoe-metrics.workspace = true",
            ),
            (
                "crates/openqoe-engine/src/a.rs",
                "use std::time::Instant;\nlet x = \"openqoe_err_player_total\";",
            ),
            ("ARCHITECTURE.md", "`openqoe-none` [x](nowhere.md)"),
            ("package-lock.json", "  \"resolved\": \"https://registry.example/x\","),
            ("sdk/web/package.json", "\"version\": \"9.9.9\""),
            ("Cargo.toml", "version = \"0.1.0\""),
        ]);
        for (name, rule) in RULES.iter().filter(|(name, _)| !name.contains("400")) {
            assert!(!rule(&bad).is_empty(), "{name}");
        }
        let long = tree(&[("sdk/web/src/adapters/x.ts", &"// x\n".repeat(151))]);
        assert_eq!(lengths(&long).len(), 1);
    }

    #[test]
    fn rules_let_good_things_pass() {
        let good = tree(&[
            (
                "crates/openqoe-engine/Cargo.toml",
                "name = \"openqoe-engine\"\nopenqoe-spec.workspace = true\n[dev-dependencies]\nopenqoe-ingest.workspace = true",
            ),
            (
                "crates/openqoe-engine/src/a.rs",
                "//! About.\n// Instant\n#[cfg(test)]\nuse std::time::Instant;",
            ),
            ("ARCHITECTURE.md", "`openqoe-engine` [x](https://openqoe.dev)"),
            ("Cargo.toml", "version = \"0.1.0\""),
        ]);
        for (name, rule) in RULES {
            assert_eq!(rule(&good), Vec::<String>::new(), "{name}");
        }
    }
}
