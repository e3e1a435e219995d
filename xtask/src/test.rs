//! `cargo xtask test`: everything there is to check, in the order in which failures are cheapest to find. What the machine
//! lacks is skipped visibly; with `OPENQOE_STRICT=1` a skip is a failure.

use std::path::Path;

use anyhow::{Result, bail};

use crate::steps::{Steps, command_with};
use crate::tools::{
    ALERTMANAGER, AMTOOL, CHROMIUM, OPENMETRICS_PARSER, OTEL_SDK, OTLP_RECEIVER, PROMETHEUS, PROMTOOL,
    VICTORIA_METRICS, npm_install, python_with,
};
use crate::{accuracy, codegen, deploy, tidy};

/// What else is asked for.
#[derive(Default)]
pub(crate) struct Options {
    /// The checks of filters in WebAssembly, whose compiler takes minutes to build.
    with_wasm: bool,
    /// What fails in real time is run once more, as by CI, where nobody is there to do so; the tally tells.
    second_try: bool,
}

impl Options {
    /// # Errors
    /// Names the option that there is not.
    pub(crate) fn parse(words: &[&str]) -> Result<Options> {
        let mut options = Options::default();
        for word in words {
            match *word {
                "--with-wasm" => options.with_wasm = true,
                "--second-try" => options.second_try = true,
                other => bail!("`test` knows --with-wasm and --second-try, not `{other}`"),
            }
        }
        Ok(options)
    }
}

/// Runs every check.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let mut steps = Steps::new(root).second_try(options.second_try);
    steps.check("tidy", tidy::run);
    steps.check("codegen --check", |root| codegen::run(root, true));
    steps.run("rustfmt", "cargo fmt --all --check");
    deploy::check(&mut steps);
    steps.check("npm packages", npm_install);
    steps.run("web: lint", "npm run lint --silent");
    steps.run("web: build", "npm run build --silent");
    steps.run("web: types", "npm run typecheck --silent");
    steps.run("web: tests", "npm test --silent");
    steps.run("web: size budget", "npm run size --silent");
    steps.run("clippy", "cargo clippy --quiet --workspace --all-targets -- -D warnings");
    receivers(&mut steps);
    judges(&mut steps);
    steps.run_live("rust: gateway", "cargo test -p openqoe-gateway");
    // Not live: a property that fails for some inputs would pass with others.
    steps.run("rust: unit, vectors, properties", "cargo test --workspace --exclude openqoe-gateway");
    filters(&mut steps, options.with_wasm);
    steps.run("rust: documentation", "cargo doc --quiet --workspace --no-deps");
    steps.run("gateway for the end-to-end tests", "cargo build --quiet -p openqoe-gateway");
    exposition(&mut steps);
    otlp(&mut steps);
    receiver(&mut steps);
    dashboards(&mut steps);
    in_browser(&mut steps);
    end_to_end(&mut steps);
    compat(&mut steps);
    story(&mut steps);
    accuracy(&mut steps);
    steps.finish(is_strict())
}

/// Runs what checks `deploy/`.
pub(crate) fn run_deploy(root: &Path) -> Result<()> {
    let mut steps = Steps::new(root);
    deploy::check(&mut steps);
    steps.finish(is_strict())
}

/// The gateway with filters in WebAssembly, and the example of one.
fn filters(steps: &mut Steps<'_>, is_asked: bool) {
    const GATEWAY: &str = "filters: the gateway with the feature `wasm`";
    const EXAMPLE: &str = "filters: the example";
    if !is_asked {
        return steps.skip_unasked(
            GATEWAY,
            "cargo xtask test --with-wasm; it builds a compiler for WebAssembly first",
        );
    }
    steps.run(
        "filters: clippy",
        "cargo clippy --quiet -p openqoe-gateway --features wasm --all-targets -- -D warnings",
    );
    steps.run(EXAMPLE, "cargo test --locked --manifest-path examples/filter-redact/Cargo.toml");
    steps.run(GATEWAY, "cargo test -p openqoe-gateway --features wasm -- filters exposition");
}

fn is_strict() -> bool {
    std::env::var("OPENQOE_STRICT").is_ok_and(|value| value == "1")
}

/// The gateway's tests push to these where they find them.
fn receivers(steps: &mut Steps<'_>) {
    for tool in [PROMETHEUS, VICTORIA_METRICS] {
        if let Err(remedy) = tool.require() {
            steps.skip(&format!("gateway: remote write to {}", tool.name), remedy);
        }
    }
}

/// Whoever will read the rules judges them in the tests of openqoe-slo.
fn judges(steps: &mut Steps<'_>) {
    for tool in [PROMTOOL, AMTOOL] {
        if let Err(remedy) = tool.require() {
            steps.skip(&format!("rules: judged by {}", tool.name), remedy);
        }
    }
}

/// Foreign oracles read what the gateway says.
fn exposition(steps: &mut Steps<'_>) {
    const NAME: &str = "exposition: promtool, OpenMetrics parser";
    match (PROMTOOL.require(), python_with(steps.root(), &OPENMETRICS_PARSER)) {
        (Ok(_), Ok(python)) => steps.check_live(NAME, |root| {
            let words = ["npm", "run", "exposition", "--silent", "-w", "e2e"];
            command_with(root, &words, &[("OPENQOE_PYTHON", python.as_os_str())])
        }),
        (Err(remedy), _) | (_, Err(remedy)) => steps.skip(NAME, remedy),
    }
}

/// A foreign receiver takes the traces and logs of the gateway.
fn otlp(steps: &mut Steps<'_>) {
    const NAME: &str = "otlp: a receiver of another project";
    match python_with(steps.root(), &OTLP_RECEIVER) {
        Ok(python) => steps.check_live(NAME, |root| {
            let words = ["npm", "run", "otlp", "--silent", "-w", "e2e"];
            command_with(root, &words, &[("OPENQOE_PYTHON", python.as_os_str())])
        }),
        Err(remedy) => steps.skip(NAME, remedy),
    }
}

/// The SDKs of OpenTelemetry send to the gateway, and Prometheus reads what comes of it.
fn receiver(steps: &mut Steps<'_>) {
    const NAME: &str = "receiver: OpenTelemetry SDKs of JavaScript, Python and Rust";
    const MANIFEST: &str = "e2e/src/receiver/rust/Cargo.toml";
    if let Some(remedy) = [CHROMIUM, PROMETHEUS].iter().find_map(|tool| tool.require().err()) {
        return steps.skip(NAME, remedy);
    }
    let build =
        ["cargo", "build", "--quiet", "--manifest-path", MANIFEST, "--target-dir", "target/otel-sender"];
    let rust = match command_with(steps.root(), &build, &[]) {
        Ok(()) => "target/otel-sender/debug/openqoe-otel-sender",
        Err(_) => {
            steps.skip("receiver: the SDK of Rust", "its crates must be there, or the network");
            ""
        }
    };
    let python = python_with(steps.root(), &OTEL_SDK).unwrap_or_else(|remedy| {
        steps.skip("receiver: the SDK of Python", remedy);
        std::path::PathBuf::new()
    });
    let behind = python_with(steps.root(), &OTLP_RECEIVER).unwrap_or_else(|remedy| {
        steps.skip("receiver: Grafana Faro, and a receiver behind", remedy);
        std::path::PathBuf::new()
    });
    steps.check_live(NAME, |root| {
        let words = ["npm", "run", "receiver", "--silent", "-w", "e2e"];
        let programs = [
            ("OPENQOE_OTEL_PYTHON", python.as_os_str()),
            ("OPENQOE_OTEL_RUST", rust.as_ref()),
            ("OPENQOE_PYTHON", behind.as_os_str()),
        ];
        command_with(root, &words, &programs)
    });
}

/// Every query of every dashboard is asked of a Prometheus that has scraped a gateway.
fn dashboards(steps: &mut Steps<'_>) {
    const NAME: &str = "dashboards: every query returns data";
    match PROMETHEUS.require() {
        Ok(_) => steps.run_live(NAME, "npm run dashboards --silent -w e2e"),
        Err(remedy) => steps.skip(NAME, remedy),
    }
}

/// What only a browser has: storage that outlives the page, beacons, the back/forward cache, several tabs.
fn in_browser(steps: &mut Steps<'_>) {
    const NAME: &str = "web: SDK in Chromium";
    match CHROMIUM.require() {
        Ok(_) => steps.run_live(NAME, "npm run test:browser --silent -w sdk/web"),
        Err(remedy) => steps.skip(NAME, remedy),
    }
}

fn end_to_end(steps: &mut Steps<'_>) {
    const NAME: &str = "e2e: Chromium, players, Prometheus";
    match [CHROMIUM, PROMETHEUS].iter().find_map(|tool| tool.require().err()) {
        None => steps.run_live(NAME, "npm run e2e --silent -w e2e"),
        Some(remedy) => steps.skip(NAME, remedy),
    }
}

/// SDKs of others, as they are.
fn compat(steps: &mut Steps<'_>) {
    const NAME: &str = "e2e: SDKs of others in Chromium";
    match CHROMIUM.require() {
        Ok(_) => steps.run_live(NAME, "npm run compat --silent -w e2e"),
        Err(remedy) => steps.skip(NAME, remedy),
    }
}

/// A CDN breaks, somebody is woken and finds out where.
fn story(steps: &mut Steps<'_>) {
    const NAME: &str = "e2e: the demo's fault, from the alert to a session";
    match [CHROMIUM, PROMETHEUS, ALERTMANAGER].iter().find_map(|tool| tool.require().err()) {
        None => steps.run_live(NAME, "npm run story --silent -w e2e"),
        Some(remedy) => steps.skip(NAME, remedy),
    }
}

/// hls.js in full and two scenarios of every other player; the whole matrix is `cargo xtask accuracy`.
fn accuracy(steps: &mut Steps<'_>) {
    const NAME: &str = "accuracy: players against the frames of the screen";
    match CHROMIUM.require() {
        Ok(_) => {
            steps.check(NAME, |root| accuracy::measure(root, "accuracy", &["--short", "--retries", "2"]))
        }
        Err(remedy) => steps.skip(NAME, remedy),
    }
}
