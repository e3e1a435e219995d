//! Sessions as data over HTTP: broken down, compared, listed, found again after a restart, and gone when they should be.

use serde_json::{Value, json};

use crate::archive::row;
use crate::contract::conforms;
use crate::harness::{Answer, Gateway, batch, folder, wait_for};

/// A view of an asset over a CDN, of which one second in so many is a stall.
fn watch(gateway: &Gateway, session: &str, cdn: &str, stalls: usize, ends: bool) {
    let mut events: Vec<Value> =
        ["session_start", "play_request", "playing"].map(|name| json!({ "type": name })).to_vec();
    for second in 0..20 {
        let name = if second < stalls { ["stall", "playing"] } else { ["heartbeat", "playing"] };
        events.extend(name.map(|name| json!({ "type": name })));
    }
    if ends {
        events.push(json!({ "type": "session_end" }));
    }
    let mut body = batch(session, &events);
    body["session"]["attributes"]["cdn"] = json!(cdn);
    body["session"]["attributes"]["viewer_id_hash"] = json!(format!("viewer of {session}"));
    assert_eq!(gateway.post(body.to_string().as_bytes()).status, 200);
}

fn ask(gateway: &Gateway, path: &str) -> Answer {
    gateway.get(&format!("/api/v1/tenants/default/{path}"))
}

/// An answer that conforms to a schema.
fn answer(gateway: &Gateway, schema: &str, path: &str) -> Value {
    let answer = ask(gateway, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    conforms(schema, &answer.json());
    answer.json()
}

/// Twelve ended sessions and two that go on.
fn audience(gateway: &Gateway) {
    for number in 0..12 {
        let (cdn, stalls) =
            if number % 3 == 0 { ("edge-b", 12 + number % 2) } else { ("edge-a", number % 2) };
        watch(gateway, &format!("0000000{number:x}-6f0b-4a3e-9d55-2f6f0e1b7c11"), cdn, stalls, true);
    }
    watch(gateway, "live-one", "edge-a", 0, false);
    watch(gateway, "live-two", "edge-c", 3, false);
    wait_for(|| answer(gateway, "Sessions", "sessions?state=ended")["matched"] == 12);
    wait_for(|| answer(gateway, "Sessions", "sessions?state=live")["matched"] == 2);
}

fn column(rows: &Value, name: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    rows.as_array().unwrap().iter().map(|row| text(&row[name])).collect()
}

#[test]
fn the_cause_is_named_first_and_sessions_survive_a_restart() {
    let folder = folder("explore");
    let environment = [("OPENQOE_DATA_DIR", folder.to_str().unwrap())];
    let gateway = Gateway::start_with(&["serve"], &environment);
    audience(&gateway);
    let check = |gateway: &Gateway| {
        let explored = answer(gateway, "Explore", "explore?kpi=rebuffer_ratio&by=cdn");
        assert_eq!(column(&explored["rows"], "value"), ["edge-b", "edge-c", "edge-a"]);
        let worst = &explored["rows"][0];
        assert!(worst["excess"].as_f64().unwrap() > 0.05 && worst["estimate"]["sessions"] == 4, "{worst}");
        assert!(worst["query"].as_str().unwrap().contains("tenant=\"default\",cdn=\"edge-b\""));
        assert_eq!((&explored["total"]["sessions"], &explored["more"]), (&json!(14), &json!(0)));
        // 12 of 40 seconds and 13 of 40, twice each.
        let value = worst["estimate"]["value"].as_f64().unwrap();
        assert!((value - 50.0 / 160.0).abs() < 0.02, "{value}");
        let limited = answer(gateway, "Explore", "explore?kpi=startup_p50&by=cdn&limit=1&filter=!cdn:edge-c");
        assert_eq!((limited["rows"].as_array().unwrap().len(), &limited["more"]), (1, &json!(1)));
    };
    check(&gateway);

    let compared = answer(&gateway, "Compare", "compare?a=cdn:edge-a&b=cdn:edge-b");
    let of = |kpi: &str| {
        compared["comparisons"].as_array().unwrap().iter().find(|own| own["kpi"] == kpi).unwrap().clone()
    };
    let ratio = of("rebuffer_ratio");
    assert!(ratio["is_significant"] == true && ratio["low"].as_f64().unwrap() > 0.0, "{ratio}");
    assert_eq!((&ratio["a"]["sessions"], &ratio["b"]["sessions"]), (&json!(9), &json!(4)));
    assert_eq!(of("startup_p50")["difference"], 0.0);

    let values = answer(&gateway, "Values", "values?attribute=cdn");
    assert_eq!(column(&values["values"], "value"), ["edge-a", "edge-b", "edge-c"]);
    assert_eq!(column(&values["values"], "sessions"), ["9", "4", "1"]);

    gateway.kill();
    let gateway = Gateway::start_with(&["serve"], &environment);
    wait_for(|| answer(&gateway, "Sessions", "sessions")["is_complete"] == true);
    check(&gateway);
    drop(gateway);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn sessions_are_found_sorted_and_paged() {
    let folder = folder("search");
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_DATA_DIR", folder.to_str().unwrap())]);
    audience(&gateway);
    let list = |path: &str| answer(&gateway, "Sessions", &format!("sessions?{path}"));

    let worst = list("sort=badness&limit=3");
    let scores: Vec<f64> =
        worst["sessions"].as_array().unwrap().iter().map(|own| own["badness"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b) && scores[0] > 50.0, "{scores:?}");
    assert_eq!(worst["sessions"][0]["reasons"][0], "rebuffering");
    assert_eq!(worst["sessions"][0]["attributes"]["cdn"], "edge-b");

    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = list(&format!("limit=5&sort=rebuffering{after}"));
        assert_eq!(page["matched"], 14);
        seen.extend(column(&page["sessions"], "session_id"));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 14);

    for (query, matched) in [
        ("filter=cdn:edge-b", 4),
        ("filter=cdn:edge-b&filter=cdn:edge-c", 5),
        ("filter=!cdn:edge-b", 10),
        ("filter=cdn:edge-b&state=live", 0),
        ("filter=isp:", 14),
        ("filter=viewer_id_hash:nobody", 0),
        ("q=0000000", 12),
        ("q=0000000a-6f", 1),
        ("q=live", 2),
        ("q=zzz", 0),
        ("to=1000&from=1", 0),
    ] {
        assert_eq!(list(query)["matched"], matched, "{query}");
    }
    let session = row(&gateway, "00000003-6f0b-4a3e-9d55-2f6f0e1b7c11");
    let viewer = session["attributes"]["viewer_id_hash"].as_str().unwrap();
    assert_eq!(list(&format!("filter=viewer_id_hash:{viewer}"))["sessions"][0], session);
    let live = list("state=live&q=live-two")["sessions"][0].clone();
    assert_eq!((&live["is_live"], &live["figures"]["rebuffers"]), (&json!(true), &json!(3)));
    assert_eq!(ask(&gateway, "sessions/stranger").status, 404);
    drop(gateway);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_timeline_is_what_was_counted() {
    let folder = folder("timeline");
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_DATA_DIR", folder.to_str().unwrap())]);
    watch(&gateway, "over", "edge-b", 4, true);
    watch(&gateway, "goes-on", "edge-a", 1, false);
    for (session, is_live) in [("over", false), ("goes-on", true)] {
        if !is_live {
            row(&gateway, session);
        }
        let seen = answer(&gateway, "Timeline", &format!("sessions/{session}/timeline"));
        assert_eq!((&seen["session"]["is_live"], &seen["is_whole"]), (&json!(is_live), &json!(true)));
        assert_eq!(seen["began_at"], seen["session"]["began_at"]);
        let length = |phase: &str| -> u64 {
            let bands = seen["bands"].as_array().unwrap().iter().filter(|band| band["phase"] == phase);
            bands.map(|band| band["to"].as_u64().unwrap() - band["from"].as_u64().unwrap()).sum()
        };
        for (phase, figure) in
            [("playing", "playing_ms"), ("stalled", "stalled_ms"), ("startup", "startup_wait_ms")]
        {
            assert_eq!(seen["session"]["figures"][figure], length(phase), "{phase} of {session}");
        }
        let stalls = column(&seen["marks"], "kind").iter().filter(|kind| *kind == "stall").count();
        assert_eq!(seen["session"]["figures"]["rebuffers"], stalls);
    }
    assert_eq!(ask(&gateway, "sessions/stranger/timeline").status, 404);

    // With its journal gone, a session is what its row says.
    gateway.kill();
    std::fs::remove_dir_all(folder.join("journal")).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap().flatten() {
        if entry.file_name().to_string_lossy().contains("checkpoint") {
            let _ = std::fs::remove_dir_all(entry.path()).or_else(|_| std::fs::remove_file(entry.path()));
        }
    }
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_DATA_DIR", folder.to_str().unwrap())]);
    let left = answer(&gateway, "Timeline", "sessions/over/timeline");
    assert_eq!((&left["is_whole"], &left["bands"]), (&json!(false), &json!([])));
    assert_eq!(left["session"]["figures"]["rebuffers"], 4);
    drop(gateway);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_is_asked_wrongly_is_told() {
    let folder = folder("asked");
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_DATA_DIR", folder.to_str().unwrap())]);
    for (path, part) in [
        ("explore?by=cdn", "`kpi` is missing"),
        ("explore?kpi=rebufer_ratio&by=cdn", "did you mean `rebuffer_ratio`?"),
        ("explore?kpi=seek_p95&by=cdn", "sessions do not keep"),
        ("explore?kpi=bitrate&by=contry", "did you mean `country`?"),
        ("explore?kpi=bitrate&by=viewer_id_hash", "not broken down by"),
        ("explore?kpi=bitrate&by=cdn&limt=3", "did you mean `limit`?"),
        ("explore?kpi=bitrate&by=cdn&limit=0", "1 to 200"),
        ("explore?kpi=bitrate&by=cdn&from=yesterday", "no whole number"),
        ("explore?kpi=bitrate&by=cdn&from=5&to=5", "must be before"),
        ("compare?a=cdn", "attribute:value"),
        ("sessions?sort=worst", "`badness`"),
        ("sessions?state=over", "`ended`"),
        ("sessions?after=x", "no `next`"),
        ("sessions?filter=session_id:x", "`q`"),
        ("values?attribute=session_id", "not broken down by"),
    ] {
        let answer = ask(&gateway, path);
        assert!(answer.status == 400 && answer.text().contains(part), "{path}: {}", answer.text());
        conforms("Refusal", &answer.json());
    }
    let stranger = gateway.get("/api/v1/tenants/defualt/explore?kpi=bitrate&by=cdn");
    assert!(
        stranger.status == 404 && stranger.text().contains("did you mean `default`?"),
        "{}",
        stranger.text()
    );
    drop(gateway);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_is_too_old_or_erased_is_in_no_answer() {
    let folder = folder("forget");
    let data = folder.to_str().unwrap();
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_DATA_DIR", data)]);
    watch(&gateway, "theirs", "edge-a", 0, true);
    watch(&gateway, "others", "edge-a", 0, true);
    row(&gateway, "theirs");
    row(&gateway, "others");
    drop(gateway);
    let erase = ["privacy", "erase", "--viewer", "viewer of theirs", "--data-dir", data];
    let erased = std::process::Command::new(env!("CARGO_BIN_EXE_openqoe")).args(erase).output().unwrap();
    assert!(String::from_utf8_lossy(&erased.stdout).contains("erased 1 sessions"), "{erased:?}");
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_DATA_DIR", data)]);
    wait_for(|| answer(&gateway, "Sessions", "sessions")["is_complete"] == true);
    assert_eq!(column(&answer(&gateway, "Sessions", "sessions")["sessions"], "session_id"), ["others"]);
    drop(gateway);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_page_is_told_when_there_is_more_and_when_it_is_over() {
    use std::io::{BufRead, BufReader, Write};
    let folder = folder("stream");
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_DATA_DIR", folder.to_str().unwrap())]);
    let one = |kind: &str, seq: u64| {
        let mut body = batch("s", &[json!({ "type": kind })]);
        (body["events"][0]["seq"], body["events"][0]["t"]) = (json!(seq), json!(1000 * seq));
        assert_eq!(gateway.post(body.to_string().as_bytes()).status, 200);
    };
    one("session_start", 0);
    let mut stream = std::net::TcpStream::connect(&gateway.internal).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let head = "GET /api/v1/tenants/default/sessions/s/stream HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut told = || lines.find_map(|line| line.strip_prefix("event: ").map(str::to_owned));
    assert_eq!(told().as_deref(), Some("changed"));
    one("playing", 1);
    assert_eq!(told().as_deref(), Some("changed"));
    one("session_end", 2);
    assert_eq!(told().as_deref(), Some("ended"));
    assert_eq!(ask(&gateway, "sessions/stranger/stream").status, 404);
    drop(gateway);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_open_stream_does_not_keep_the_gateway_from_ending() {
    use std::io::Write;
    let folder = folder("stream-end");
    let mut gateway = Gateway::start_with(&["serve"], &[("OPENQOE_DATA_DIR", folder.to_str().unwrap())]);
    watch(&gateway, "s", "edge-a", 0, false);
    let mut stream = std::net::TcpStream::connect(&gateway.internal).unwrap();
    stream.write_all(b"GET /api/v1/tenants/default/sessions/s/stream HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    std::io::Read::read_exact(&mut stream, &mut [0; 15]).unwrap();
    gateway.signal("-TERM");
    assert!(gateway.child.wait().unwrap().success());
    assert!(!gateway.told().contains("still under way"), "{}", gateway.told());
    drop(gateway);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_demo_keeps_its_sessions_in_a_folder_that_goes_with_it() {
    let parent = folder("demo");
    std::fs::create_dir_all(&parent).unwrap();
    let environment = [("OPENQOE_DATA_DIR", "openqoe-data"), ("TMPDIR", parent.to_str().unwrap())];
    let arguments = ["demo", "--no-viewers", "--no-monitoring"];
    let folders =
        || std::fs::read_dir(&parent).unwrap().flatten().map(|entry| entry.path()).collect::<Vec<_>>();
    let killed = Gateway::start_with(&arguments, &environment);
    let left = folders();
    assert!(left.len() == 1 && left[0].join("sessions.db").exists(), "{left:?}");
    killed.kill();
    let mut gateway = Gateway::start_with(&arguments, &environment);
    let own = folders();
    assert!(own.len() == 1 && own != left, "{own:?} after {left:?}");
    watch(&gateway, "s", "edge-a", 1, true);
    row(&gateway, "s");
    gateway.signal("-INT");
    assert!(gateway.child.wait().unwrap().success());
    assert_eq!(folders(), Vec::<std::path::PathBuf>::new());
    std::fs::remove_dir_all(&parent).unwrap();
}
