//! The repository's own commands: `cargo xtask <task>`. Depends on no workspace crate, so that it builds in seconds and
//! can rebuild all of them.

mod accuracy;
mod bench;
mod codegen;
mod demo;
mod deploy;
mod fuzz;
mod media;
mod registry;
mod steps;
mod test;
mod tidy;
mod tools;
mod tree;

use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask <task>

  demo [ARGS]         install npm packages, build the web parts, run `openqoe demo ARGS`
  test                every check there is (OPENQOE_STRICT=1: a skipped check is a failure)
  test --with-wasm    these, and those of filters in WebAssembly, whose compiler takes minutes to build
  test --second-try   run once more what fails in real time, and tell it as UNSTEADY when it passes then
  test deploy         of these, what checks deploy/
  codegen [--check]   regenerate code and documentation from spec/registry
  tidy                check the invariants of ARCHITECTURE.md
  accuracy [OPTIONS]  play scenarios with real players and compare what is reported with what the screen showed
                      (`accuracy --help` for more)
  cost [OPTIONS]      measure what the SDK costs a page: main thread, heap, bytes on the wire
  bench [--quick]     measure the gateway beside its ceilings (`bench --help` for more)
  fuzz [TARGET] [--seconds N]
                      look for bytes that break a promise (needs cargo-fuzz)
  media               regenerate the demo's media ladder (needs ffmpeg)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let result = match words.as_slice() {
        ["codegen"] => codegen::run(root, false),
        ["codegen", "--check"] => codegen::run(root, true),
        ["tidy"] => tidy::run(root),
        ["test", "deploy"] => test::run_deploy(root),
        ["test", words @ ..] => test::Options::parse(words).and_then(|options| test::run(root, &options)),
        ["media"] => media::run(root),
        [harness @ ("accuracy" | "cost"), arguments @ ..] => accuracy::run(root, harness, arguments),
        ["bench", arguments @ ..] => bench::run(root, arguments),
        ["fuzz", arguments @ ..] => fuzz::run(root, arguments),
        ["demo", arguments @ ..] => demo::run(root, arguments),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
