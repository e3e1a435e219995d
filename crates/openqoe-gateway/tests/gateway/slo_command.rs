//! `openqoe slo` as people and pipelines run it: what goes where, and how it ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::harness::folder;

const GOOD: &str = "apiVersion: openqoe.dev/v1\nkind: PlaybackSLO\nmetadata: {name: rebuffer-ratio}\nspec: {objective: 0.02}\n";

fn slo(arguments: &[&str], within: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openqoe"));
    command.arg("slo").args(arguments).current_dir(within).output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn rules_go_to_a_file_or_to_standard_output_and_the_summary_beside_them() {
    let folder = folder("slo-good");
    fs::create_dir_all(folder.join("slo")).unwrap();
    fs::write(folder.join("slo/a.yaml"), GOOD).unwrap();
    fs::write(folder.join("slo/notes.txt"), "no objective").unwrap();

    let piped = slo(&["compile", "slo"], &folder);
    assert!(piped.status.success());
    assert!(said(&piped.stdout).starts_with("# `openqoe slo compile slo`"), "{}", said(&piped.stdout));
    assert!(said(&piped.stdout).contains("runbooks/error-budget-burn.md"));
    let summary = said(&piped.stderr);
    assert!(summary.contains("1 objective, 37 rules, of which 5 alerts"), "{summary}");
    assert!(summary.contains("rules look back 30d"), "{summary}");

    let filed = slo(
        &["compile", "slo/a.yaml", "-o", "rules.yaml", "--runbooks", "https://wiki.example.com/"],
        &folder,
    );
    assert!(filed.status.success() && filed.stdout.is_empty());
    let rules = fs::read_to_string(folder.join("rules.yaml")).unwrap();
    assert!(rules.contains("runbook_url: https://wiki.example.com/error-budget-burn.md"));
    // Nothing temporary is left.
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);

    let checked = slo(&["check", "slo"], &folder);
    assert!(checked.status.success() && checked.stdout.is_empty());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn one_wrong_objective_leaves_the_rules_of_before() {
    let folder = folder("slo-bad");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("a.yaml"), GOOD).unwrap();
    fs::write(folder.join("b.yml"), GOOD.replace("objective", "objectiv")).unwrap();
    fs::write(folder.join("rules"), "before").unwrap();

    let failed = slo(&["compile", ".", "-o", "rules"], &folder);
    assert_eq!((failed.status.code(), failed.stdout.len()), (Some(1), 0));
    let complaint = said(&failed.stderr);
    assert!(
        complaint.contains("b.yml:4: spec.objectiv: unknown key `objectiv`; did you mean `objective`?"),
        "{complaint}"
    );
    assert!(complaint.contains("1 problem in 1 file; nothing was compiled"), "{complaint}");
    assert_eq!(fs::read_to_string(folder.join("rules")).unwrap(), "before");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_not_there_is_named() {
    let folder = folder("slo-nothing");
    fs::create_dir_all(&folder).unwrap();
    for (arguments, answer) in [
        (&["check", "."][..], "no .yaml or .yml file there"),
        (&["check", "nowhere.yaml"], "nowhere.yaml: No such file"),
        (&["check"], "required"),
    ] {
        let failed = slo(arguments, &folder);
        assert!(
            !failed.status.success() && said(&failed.stderr).contains(answer),
            "{}",
            said(&failed.stderr)
        );
    }
    fs::remove_dir_all(folder).unwrap();
}
