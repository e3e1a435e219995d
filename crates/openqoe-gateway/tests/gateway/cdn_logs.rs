//! Logs of CDNs on their way in: by the command line, and from a CDN that pushes; what they add to what players tell.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::contract::conforms;
use crate::harness::{Gateway, folder, request, wait_for};
use crate::receiver::Receiver;

const TAKEN: &str =
    "openqoe_ingest_event_outcomes_total{tenant=\"default\",protocol=\"cdn_log\",outcome=\"counted\"";

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// A line of nginx: a segment of a session, so many ms before now.
fn line(session: &str, number: u64, ago: u64) -> String {
    line_at(session, number, now() - ago)
}

fn line_at(session: &str, number: u64, at: u64) -> String {
    let args = format!("CMCD=ot%3Dv%2Csid%3D%22{session}%22%2Csn%3D{number}%2Csta%3Dp%2Cv%3D2");
    json!({ "msec": at, "status": "200", "bytes": "1000", "request_time": "0.100", "args": args }).to_string()
        + "\n"
}

fn ingest(arguments: &[&str], input: &str) -> Output {
    let mut child = spawn(arguments);
    // A command that fails at once reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn spawn(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openqoe"));
    command.args(["ingest", "logs"]).args(arguments).env_remove("OPENQOE_KEY");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn downloads(gateway: &Gateway) -> f64 {
    gateway.value("openqoe_net_download_bytes_total{") / 1000.0
}

#[test]
fn files_of_any_kind_and_standard_input_are_counted() {
    let folder = folder("logs-files");
    fs::create_dir_all(&folder).unwrap();
    let gateway = Gateway::start();
    let to = format!("http://{}", gateway.public);
    let plain: String = (0..1200).map(|number| line("plain", number, 20_000 - 10 * number)).collect();
    fs::write(folder.join("a.log"), &plain).unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(line("packed", 0, 9000).as_bytes()).unwrap();
    packed.write_all(b"{\"status\":\"200\",\"args\":\"\"}\nbroken").unwrap();
    fs::write(folder.join("b.log.gz"), packed.finish().unwrap()).unwrap();

    let files = [folder.join("a.log"), folder.join("b.log.gz")].map(|path| path.to_str().unwrap().to_owned());
    let sent = ingest(&["--format", "nginx", "--cdn", "own", "--to", &to, &files[0], &files[1]], "");
    let said = text(&sent.stderr);
    assert!(sent.status.success(), "{said}");
    assert!(said.contains("1203 lines") && said.contains("2402 events"), "{said}");
    assert!(said.contains("2 lines rejected (malformed_event 1, no_session 1)"), "{said}");
    let piped = ingest(&["--format", "nginx", "--to", &to, "-"], line("piped", 0, 1000).trim_end());
    assert!(piped.status.success(), "{}", text(&piped.stderr));
    wait_for(|| downloads(&gateway) == 1202.0);
    assert!(gateway.metrics().contains("openqoe_net_download_bytes_total{tenant=\"default\",cdn=\"own\""));
    assert_eq!(gateway.value("openqoe_playback_active_sessions{"), 3.0);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_log_of_yesterday_is_counted_and_nobody_watches_it_now() {
    let gateway = Gateway::start();
    let to = format!("http://{}", gateway.public);
    let yesterday = now() - 86_400_000;
    let old: String = (0..3).map(|number| line_at("old", number, yesterday + 5000 * number)).collect();
    assert!(ingest(&["--format", "nginx", "--to", &to, "-"], &old).status.success());
    wait_for(|| gateway.value("openqoe_playback_playing_seconds_total{") == 10.0);
    assert_eq!(gateway.value("openqoe_playback_active_sessions{"), 0.0);
    assert_eq!(gateway.value("openqoe_startup_plays_total{"), 1.0);
}

#[test]
fn a_file_is_followed_over_rotations_and_restarts() {
    let folder = folder("logs-follow");
    fs::create_dir_all(&folder).unwrap();
    let gateway = Gateway::start();
    let to = format!("http://{}", gateway.public);
    let (log, state) = (folder.join("media.log"), folder.join("state.json"));
    let append = |path: &Path, text: &str| {
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    let follow = || {
        let paths = [log.to_str().unwrap(), state.to_str().unwrap()];
        spawn(&["--format", "nginx", "--follow", "--state", paths[1], "--to", &to, paths[0]])
    };
    append(&log, &line("s", 0, 5000));
    let mut first = follow();
    wait_for(|| downloads(&gateway) == 1.0);
    let half = line("s", 1, 4000);
    append(&log, &half[..20]);
    append(&log, &half[20..]);
    wait_for(|| downloads(&gateway) == 2.0);
    fs::rename(&log, folder.join("media.log.1")).unwrap();
    append(&folder.join("media.log.1"), &line("s", 2, 3000));
    append(&log, &line("s", 3, 2000));
    wait_for(|| downloads(&gateway) == 4.0);
    let kept = |offset: u64| {
        fs::read(&state).is_ok_and(|kept| serde_json::from_slice::<Value>(&kept).unwrap()["offset"] == offset)
    };
    wait_for(|| kept(fs::metadata(&log).unwrap().len()));
    first.kill().unwrap();
    first.wait().unwrap();

    append(&log, &line("s", 4, 1000));
    let mut second = follow();
    wait_for(|| downloads(&gateway) == 5.0);
    second.kill().unwrap();
    second.wait().unwrap();
    // Nothing came twice.
    assert_eq!(gateway.value(&TAKEN.replace("counted", "duplicate")), 0.0);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_refused_for_now_is_sent_again_when_the_gateway_asks() {
    let receiver = Receiver::start(|before, _| match before {
        0 => (503, "retry-after: 1\r\n".into(), "busy"),
        1 => (429, "retry-after: 0\r\n".into(), "slower"),
        _ => (200, String::new(), "{\"accepted\":2}"),
    });
    let sent =
        ingest(&["--format", "nginx", "--key", "secret", "--to", &receiver.base(), "-"], &line("s", 0, 0));
    let said = text(&sent.stderr);
    assert!(sent.status.success(), "{said}");
    assert!(said.contains("again in 1.0 s") && said.contains("again in 0.0 s"), "{said}");
    let tries = receiver.received();
    assert_eq!(tries.len(), 3);
    assert!(
        tries
            .iter()
            .all(|try_| try_.message == tries[0].message && try_.header("authorization") == "Bearer secret")
    );
    assert!(tries[0].header("x-sent-at") < tries[2].header("x-sent-at"));
    assert_eq!(tries[0].path, "/cmcd/logs?format=nginx");
}

#[test]
fn what_cannot_work_ends_with_a_word() {
    let nobody = ingest(&["--format", "nginx", "--to", "http://127.0.0.1:1", "-"], "");
    assert!(!nobody.status.success() && text(&nobody.stderr).contains("none of these lines is of a session"));
    let gateway = Gateway::start();
    let to = format!("http://{}", gateway.public);
    let cases: [(&[&str], &str); 5] = [
        (&["--format", "nginx", "--to", &to, "-"], "none of these lines is of a session"),
        (&["--format", "custom", "--fields", "time,ur", "--to", &to, "-"], "did you mean `url`?"),
        (&["--format", "nginx", "--to", &to, "nowhere.log"], "nowhere.log: No such file"),
        (&["--format", "nginx", "--to", "gateway:8080", "-"], "it looks like `https://"),
        (&["--format", "ngin", "-"], "possible values: cloudfront"),
    ];
    for (arguments, answer) in cases {
        let failed = ingest(arguments, "{\"args\":\"\"}\n");
        assert!(!failed.status.success());
        assert!(text(&failed.stderr).contains(answer), "{arguments:?}: {}", text(&failed.stderr));
    }
    let help = ingest(&["--help"], "");
    for format in ["cloudfront", "akamai", "fastly", "nginx", "custom"] {
        assert!(text(&help.stdout).contains(&format!("--format {format}")));
    }
}

#[test]
fn a_dry_run_says_what_lines_mean_and_sends_nothing() {
    let printed = ingest(
        &["--format", "nginx", "--dry-run", "--to", "http://127.0.0.1:1", "-"],
        &(line("s", 7, 0) + "{}\n"),
    );
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    let said: Vec<Value> =
        text(&printed.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&said[0]["session_id"], &said[0]["event"]), (&json!("s"), &json!("playing")));
    assert_eq!(said[1]["event"]["download"]["bytes"], 1000);
    assert_eq!((&said[2]["rejected"], said.len()), (&json!("no_session"), 3));
}

#[test]
fn a_player_and_its_cdn_tell_of_one_session() {
    let folder = folder("logs-joined");
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_DATA_DIR", folder.to_str().unwrap())]);
    let began = now() - 10_000;
    let record =
        |sn: u64, state: &str, ms: u64| format!("e=ps,sid=\"s\",sn={sn},sta={state},ts={},v=2\n", began + ms);
    let player = record(0, "s", 0) + &record(1, "p", 800) + &record(2, "r", 4000) + &record(3, "p", 6000);
    assert_eq!(request(&gateway.public, "POST", "/cmcd", &[], player.as_bytes()).status, 204);
    let log = line("s", 0, 9000) + &line("s", 1, 5000) + "{\"msec\":1,\"args\":\"\"}\n";
    let pushed = request(
        &gateway.public,
        "POST",
        &format!("/cmcd/logs?format=nginx&sent={}", now()),
        &[],
        log.as_bytes(),
    );
    assert_eq!((pushed.status, &pushed.json()["accepted"]), (200, &json!(4)), "{}", pushed.text());
    assert_eq!(pushed.json()["rejected"][0]["reason"], "no_session");

    let timeline = gateway.get("/api/v1/tenants/default/sessions/s/timeline").json();
    conforms("Timeline", &timeline);
    assert_eq!(timeline["downloads"], json!([]));
    let told = timeline["reports"]["cdn_log"]["downloads"].as_array().unwrap();
    assert_eq!((told.len(), &told[0]["kind"], &told[0]["bytes"]), (2, &json!("video"), &json!(1000)));
    assert_eq!(gateway.value("openqoe_startup_plays_total{"), 1.0);
    assert_eq!(gateway.value("openqoe_playback_rebuffers_total{"), 1.0);
    assert_eq!(downloads(&gateway), 0.0);
    assert_eq!(gateway.value(&TAKEN.replace("counted", "joined")), 4.0);
    drop(gateway);
    fs::remove_dir_all(folder).unwrap();
}

/// A CDN that pushes is asked whether it may, sees no error where requests are of nobody, and is no viewer itself.
#[test]
fn a_cdn_may_push() {
    let gateway = Gateway::start();
    let challenge = request(&gateway.public, "GET", "/.well-known/fastly/logging/challenge", &[], b"");
    assert_eq!((challenge.status, challenge.text().as_str()), (200, "*\n"));
    let push = |body: &str| {
        let headers = [
            ("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"),
            ("content-type", "application/json"),
        ];
        request(&gateway.public, "POST", "/cmcd/logs?format=fastly", &headers, body.as_bytes())
    };
    let of_nobody = push("{\"begin\":1700000000,\"url\":\"/a.m4s\"}");
    assert_eq!((of_nobody.status, &of_nobody.json()["accepted"]), (200, &json!(0)));
    assert_eq!(push("{\"begin\":").status, 400);
    let good = push(
        "{\"begin\":1700000000,\"bytes\":1000,\"url\":\"/a.m4s?CMCD=sid%3D%22f%22%2Cot%3Dv\",\"pop\":\"FRA\"}",
    );
    assert_eq!(good.status, 200);
    wait_for(|| downloads(&gateway) == 1.0);
    let metrics = gateway.metrics();
    let series = metrics.lines().find(|line| line.starts_with("openqoe_net_download_bytes_total{")).unwrap();
    assert!(series.contains("edge_pop=\"FRA\"") && !series.contains("ios"), "{series}");
}
