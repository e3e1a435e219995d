//! What fuzzing found worth keeping, tried again: what was mended stays so, even where there is no cargo-fuzz.
//!
//! `OPENQOE_BLESS=1` writes the seeds of targets that have no corpus yet.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use openqoe_fuzz::{TARGETS, Target};

/// A corpus stays small: files, and bytes of all of them.
const MOST_FILES: usize = 50;
const MOST_BYTES: u64 = 100_000;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn files(target: &Target) -> Vec<PathBuf> {
    let folder = fuzz().join("corpus").join(target.name);
    if std::env::var_os("OPENQOE_BLESS").is_some() && !folder.exists() {
        fs::create_dir_all(&folder).unwrap();
        for (number, seed) in (target.seeds)().into_iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:02}")), seed).unwrap();
        }
    }
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn what_was_found_is_mended() {
    for target in TARGETS {
        let files = files(target);
        assert!(!files.is_empty() && files.len() <= MOST_FILES, "{}: {} files", target.name, files.len());
        let bytes: u64 = files.iter().map(|file| file.metadata().unwrap().len()).sum();
        assert!(bytes <= MOST_BYTES, "{}: {bytes} bytes", target.name);
        for file in files {
            let data = fs::read(&file).unwrap();
            if std::panic::catch_unwind(|| (target.run)(&data)).is_err() {
                panic!("{} fails on {}", target.name, file.display());
            }
        }
        (target.seeds)().iter().for_each(|seed| (target.run)(seed));
    }
}

#[test]
fn every_target_has_its_program() {
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(fuzz().join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(names("fuzz_targets"), targets);
    assert_eq!(names("corpus"), targets);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for target in TARGETS {
        assert!(
            manifest.contains(&format!("name = \"{}\"", target.name)),
            "{} is not in Cargo.toml",
            target.name
        );
    }
}
