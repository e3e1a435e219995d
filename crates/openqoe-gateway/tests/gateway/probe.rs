//! The prober against the demo's own origin: it plays the ladder, a faulty CDN stalls it, and what it reports is what the gateway counts.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openqoe_spec::{METRICS, Scope};
use serde_json::{Value, json};

use crate::harness::{Gateway, request, skipped, wait_for};

/// An origin with a ladder and faults.
fn demo() -> Gateway {
    Gateway::start_with(&["demo", "--no-viewers", "--no-monitoring"], &[])
}

fn media(origin: &Gateway, scope: &str, file: &str) -> String {
    format!("http://{}/demo/media/{scope}/{file}", origin.public)
}

fn probe(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_openqoe")).arg("probe").args(arguments).output().unwrap()
}

fn figures(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("no JSON: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// A configuration in a file of its own, which goes with it.
struct ConfigFile(PathBuf);

impl ConfigFile {
    fn new(name: &str, text: &str) -> ConfigFile {
        let path = std::env::temp_dir().join(format!("openqoe-{name}-{}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        ConfigFile(path)
    }

    fn serve(&self) -> Gateway {
        Gateway::start_with(&["serve", "--config", self.0.to_str().unwrap()], &[])
    }
}

impl Drop for ConfigFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn what_a_probe_says_is_what_the_gateway_counts() {
    let origin = demo();
    let report = format!("http://{}", origin.public);
    for (file, is_live) in
        [("main.m3u8", false), ("main.mpd", false), ("live.m3u8", true), ("live.mpd", true)]
    {
        let cdn = file.replace('.', "-");
        let attribute = format!("cdn={cdn}");
        let url = media(&origin, "played", file);
        let arguments = ["--json", "--duration", "4s", "--report", &report, "--attribute", &attribute, &url];
        let output = probe(&arguments);
        let found = figures(&output);
        assert_eq!(output.status.code(), Some(0), "{file}: {found}");
        assert_eq!(
            (&found["is_live"], &found["stalls"], &found["fatal"]),
            (&json!(is_live), &json!(0.0), &Value::Null)
        );
        assert_eq!(
            found["latency_seconds"].as_f64().is_some_and(|latency| (2.0..20.0).contains(&latency)),
            is_live
        );
        let counted = |metric: &str| {
            let metrics = origin.metrics();
            let lines = metrics
                .lines()
                .filter(|line| line.starts_with(metric) && line.contains(&format!("cdn=\"{cdn}\"")));
            lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum::<f64>()
        };
        // It has said everything before it ends.
        assert_eq!(counted("openqoe_startup_plays_total{"), 1.0, "{file}");
        for (metric, figure) in [
            ("openqoe_playback_playing_seconds_total{", "playing_seconds"),
            ("openqoe_startup_time_seconds_sum{", "startup_seconds"),
            ("openqoe_playback_stalled_seconds_total{", "stalled_seconds"),
            ("openqoe_net_download_bytes_total{", "received_bytes"),
        ] {
            let (counted, said) = (counted(metric), found[figure].as_f64().unwrap());
            assert!((counted - said).abs() < 0.002, "{file}: {metric} {counted}, {figure} {said}");
        }
    }
    let metrics = origin.metrics();
    assert!(
        metrics.contains("content_type=\"probe\"") && metrics.contains("player_version=\"openqoe-probe/")
    );
}

#[test]
fn a_faulty_cdn_stalls_it_and_fails_the_build() {
    let origin = demo();
    // Less than the lowest rung needs.
    let put = request(&origin.public, "PUT", "/demo/faults/slow", &[], br#"{"slow_kbps":90}"#);
    assert_eq!(put.status, 200, "{}", put.text());
    let url = media(&origin, "slow", "main.m3u8");
    let output = probe(&["--json", "--duration", "15s", "--fail-if", "rebuffer_ratio>0.01", &url]);
    let found = figures(&output);
    assert_eq!(output.status.code(), Some(1), "{found}");
    assert!(found["stalls"].as_f64().unwrap() >= 1.0, "{found}");
    assert!(found["crossed"][0].as_str().unwrap().starts_with("rebuffer_ratio is"), "{found}");
}

#[test]
fn what_does_not_play_is_told() {
    let origin = demo();
    request(&origin.public, "PUT", "/demo/faults/gone", &[], br#"{"status":404}"#);
    let output = probe(&["--json", "--duration", "10s", &media(&origin, "gone", "main.m3u8")]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(figures(&output)["fatal"], "segment: the server answered 404");

    for (arguments, expected) in [
        (&["--fail-if", "stals>0", "http://a/"][..], "did you mean `stalls`?"),
        (&["--attribute", "contry=x", "http://a/"], "`contry` is no attribute, did you mean `country`?"),
        (&["ftp://a/"], "must begin with http"),
    ] {
        let output = probe(arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn scheduled_probes_are_sessions() {
    let origin = demo();
    let config = ConfigFile::new(
        "scheduled-probe",
        &format!(
            "[[probe.schedule]]\nurl = \"{}\"\nevery = \"2s\"\nduration = \"1s\"\nattributes = {{ cdn = \"edge-a\" }}\n",
            media(&origin, "scheduled", "main.mpd")
        ),
    );
    let gateway = config.serve();
    wait_for(|| gateway.value("openqoe_probe_runs_total{result=\"played\"}") >= 2.0);
    wait_for(|| gateway.value("openqoe_playback_views_ended_total") >= 2.0);
    let metrics = gateway.metrics();
    let plays = metrics.lines().find(|line| line.starts_with("openqoe_startup_plays_total{")).unwrap();
    assert!(plays.contains("content_type=\"probe\"") && plays.contains("cdn=\"edge-a\""), "{plays}");
    assert_eq!(
        gateway.value(
            "openqoe_ingest_event_outcomes_total{tenant=\"default\",protocol=\"native\",outcome=\"rejected\""
        ),
        0.0
    );
    gateway.end();
}

#[test]
fn a_scrape_of_probe_is_about_one_target() {
    let origin = demo();
    let config =
        ConfigFile::new("probe", &format!("[probe]\ntargets = [\"http://{}/demo/media/\"]\n", origin.public));
    let gateway = config.serve();
    let path = format!("/probe?target={}&duration=2s", media(&origin, "scraped", "live.m3u8"));
    let answer = gateway.get(&path);
    let text = answer.text();
    assert_eq!(answer.status, 200, "{text}");
    assert!(text.contains("\nprobe_success 1\n"), "{text}");
    let present = |metric: &str| text.contains(&format!("\n# TYPE {metric} gauge\n"));
    let missing: Vec<_> =
        METRICS.iter().filter(|def| def.scope == Scope::Probe && !present(def.name)).collect();
    assert!(missing.is_empty(), "{missing:?} in\n{text}");
    assert!(!text.contains("openqoe_build_info"), "nothing else is in it");
    check_with_promtool(&text);

    // Patience of whoever scrapes bounds it, as much as they ask for.
    let hasty = [("x-prometheus-scrape-timeout-seconds", "1.5")];
    let text = gateway.get_with(&path.replace("2s", "30s"), &hasty).text();
    assert!(text.contains("\nprobe_duration_seconds 1\n"), "{text}");
    assert_eq!(gateway.value("openqoe_probe_runs_total{result=\"played\"}"), 2.0);
    assert_eq!(gateway.value("openqoe_probe_running"), 0.0);
}

fn check_with_promtool(text: &str) {
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else { return skipped("probe", "promtool is not installed") };
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_is_not_listed_is_not_asked() {
    let off = Gateway::start();
    let answer = off.get("/probe?target=http://127.0.0.1:1/");
    assert_eq!((answer.status, &answer.json()["error"]), (404, &json!("no_targets")));

    let asked = Arc::new(AtomicUsize::new(0));
    let inside =
        serve("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into(), asked.clone());
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://{inside}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let outside = serve(redirect, Arc::default());
    let playlist =
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://{inside}/1.ts\n#EXT-X-ENDLIST\n");
    let playlist = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{playlist}",
        playlist.len()
    );
    let manifest = serve(playlist, Arc::default());
    let config = ConfigFile::new(
        "probe-targets",
        &format!("[probe]\ntargets = [\"http://{outside}/\", \"http://{manifest}/\"]\nmax_concurrent = 1\n"),
    );
    let gateway = config.serve();
    for (target, status) in [(&inside, 403), (&outside, 200), (&manifest, 200)] {
        let answer = gateway.get(&format!("/probe?target=http://{target}/x&duration=3s"));
        assert_eq!(answer.status, status, "{}", answer.text());
        if status == 200 {
            assert!(answer.text().contains("\nprobe_success 0\n"), "{}", answer.text());
        }
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0, "neither a redirect nor a manifest leads there");
    assert_eq!(gateway.value("openqoe_probe_refused_total{reason=\"not_allowed\"}"), 1.0);
    assert_eq!(gateway.get("/probe?targt=x").status, 400);
}

#[test]
fn probes_at_the_same_time_are_bounded() {
    let origin = demo();
    let config = ConfigFile::new(
        "probe-busy",
        &format!("[probe]\ntargets = [\"http://{}/\"]\nmax_concurrent = 1\n", origin.public),
    );
    let gateway = config.serve();
    request(&origin.public, "PUT", "/demo/faults/held", &[], br#"{"hold":true}"#);
    let path = format!("/probe?target={}&duration=20s", media(&origin, "held", "main.mpd"));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| gateway.get(&path));
        wait_for(|| gateway.value("openqoe_probe_running") > 0.0);
        let second = gateway.get(&path);
        assert_eq!((second.status, second.head.contains("retry-after: 1")), (503, true));
        request(&origin.public, "PUT", "/demo/faults/held", &[], br#"{"status":404}"#);
        let text = first.join().unwrap().text();
        assert!(text.contains("\nprobe_success 0\n"), "{text}");
    });
    assert_eq!(gateway.value("openqoe_probe_refused_total{reason=\"busy\"}"), 1.0);
}

/// A server that says one thing to everyone, and counts them; its address.
fn serve(answer: String, asked: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            asked.fetch_add(1, Ordering::Relaxed);
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// What a gateway with probes says of them.
pub(crate) fn exposition() -> String {
    let config = ConfigFile::new("probe-exposition", "[probe]\ntargets = [\"http://127.0.0.1:1/\"]\n");
    config.serve().metrics()
}
