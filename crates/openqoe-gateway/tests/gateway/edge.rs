//! An edge and its core: what the one acknowledges, the other counts once.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use openqoe_spec::{Attribute, Attributes, Batch, Event, EventKind, compact};
use serde_json::json;

use crate::certificates::{Authority, Pair, send};
use crate::durability::Load;
use crate::harness::{Answer, Gateway, batch, folder, request, try_read, view, wait_for};

const COUNTED: &str = "openqoe_net_download_bytes_total";
const WAITING: &str = "openqoe_edge_events_waiting";

/// A core and an edge that show each other certificates.
pub(crate) struct Pop {
    authority: Authority,
    server: Pair,
    client: Pair,
    name: &'static str,
}

type Environment = Vec<(String, String)>;

fn start(public: &str, arguments: &[&str], environment: &Environment) -> Gateway {
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    Gateway::start_at(public, arguments, &environment)
}

impl Pop {
    pub(crate) fn new(name: &'static str) -> Pop {
        let authority = Authority::new(name);
        let (server, client) = (authority.issue("localhost"), authority.issue("edge.example"));
        for folder in [folder(&format!("{name}-core")), folder(&format!("{name}-edge"))] {
            std::fs::create_dir_all(folder).unwrap();
        }
        Pop { authority, server, client, name }
    }

    fn folder(&self, part: &str) -> PathBuf {
        std::env::temp_dir().join(format!("openqoe-data-{}-{part}-{}", self.name, std::process::id()))
    }

    pub(crate) fn core(&self, public: &str) -> Gateway {
        let mut environment = self.authority.environment(&self.server, "required");
        environment.push(("OPENQOE_DATA_DIR".into(), self.folder("core").to_str().unwrap().into()));
        environment.push(("OPENQOE_JOURNAL_CHECKPOINT_INTERVAL".into(), "200ms".into()));
        start(public, &["serve"], &environment)
    }

    pub(crate) fn edge(&self, core: &str, more: &[(&str, &str)]) -> Gateway {
        let path = |path: &PathBuf| path.to_str().unwrap().to_owned();
        let mut environment: Environment = vec![
            ("OPENQOE_DATA_DIR".into(), path(&self.folder("edge"))),
            ("OPENQOE_EDGE_CA".into(), path(&self.authority.ca())),
            ("OPENQOE_EDGE_CERT".into(), path(&self.client.cert)),
            ("OPENQOE_EDGE_KEY".into(), path(&self.client.key)),
            ("OPENQOE_EDGE_MAX_BACKOFF".into(), "500ms".into()),
        ];
        environment.extend(more.iter().map(|(key, value)| ((*key).into(), (*value).into())));
        let upstream = format!("https://localhost:{}", core.rsplit(':').next().unwrap());
        start(
            "127.0.0.1:0",
            &["serve", "--role", "edge", "--upstream", &upstream, "--pop", "fra1"],
            &environment,
        )
    }
}

/// An address nobody listens at yet.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

pub(crate) fn drain(edge: &Gateway) {
    wait_for(|| edge.value(WAITING) == 0.0);
}

fn outcome(gateway: &Gateway, outcome: &str) -> f64 {
    gateway.value(&format!(
        "openqoe_ingest_event_outcomes_total{{tenant=\"default\",protocol=\"native\",outcome=\"{outcome}"
    ))
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

#[test]
fn what_an_edge_acknowledges_is_counted_at_the_core() {
    let pop = Pop::new("pop");
    let core = pop.core("127.0.0.1:0");
    let edge = pop.edge(&core.public, &[]);
    for session in 0..50 {
        assert_eq!(edge.send(&format!("s{session}"), &view()).status, 200);
    }
    let mut own = batch("own", &view());
    own["session"]["attributes"]["edge_pop"] = json!("said");
    own["events"].as_array_mut().unwrap().push(json!({ "seq": 4, "t": 1, "type": "nothing" }));
    assert_eq!(edge.post(own.to_string().as_bytes()).status, 200);
    drain(&edge);
    assert_eq!(core.value("openqoe_startup_plays_total"), 51.0);
    assert_eq!(outcome(&core, "counted"), 204.0);
    let metrics = core.metrics();
    let plays = |pop: &str| {
        let lines = metrics.lines().filter(|line| line.starts_with("openqoe_startup_plays_total"));
        lines.filter(|line| line.contains(&format!("edge_pop=\"{pop}\""))).count()
    };
    assert_eq!((plays("fra1"), plays("said")), (1, 1));
    // The edge's books are closed, and it says nothing of views.
    assert_eq!((outcome(&edge, "forwarded"), outcome(&edge, "rejected")), (204.0, 1.0));
    assert_eq!(edge.value("openqoe_ingest_events_received_total"), 205.0);
    let metrics = edge.metrics();
    for absent in
        ["openqoe_startup", "openqoe_playback", "openqoe_slo_rebuffer", "openqoe_slo_error", "openqoe_engine"]
    {
        assert!(!metrics.contains(absent), "{absent} in\n{metrics}");
    }
}

#[test]
fn edges_and_cores_are_killed_under_load() {
    let rounds: u64 = std::env::var("OPENQOE_KILL_ROUNDS").map_or(3, |rounds| rounds.parse().unwrap());
    let pop = Pop::new("killed");
    let mut core = pop.core("127.0.0.1:0");
    let address = core.public.clone();
    let mut edge = pop.edge(&address, &[]);
    let (load, senders) = Load::start(&edge.public, 4);
    for _ in 0..rounds {
        load.wait_for(2000);
        edge.kill();
        edge = pop.edge(&address, &[]);
        *load.address.lock().unwrap() = edge.public.clone();
        load.wait_for(2000);
        core.kill();
        load.wait_for(1000);
        core = pop.core(&address);
    }
    let acknowledged = load.end(senders);
    drain(&edge);
    for gateway in [&edge, &core] {
        assert_eq!(gateway.value("openqoe_ingest_events_received_total"), outcome(gateway, ""), "the books");
    }
    assert_eq!(core.value(COUNTED), acknowledged, "events counted and acknowledged");
    println!("{rounds} kills of each, {acknowledged} events, each counted once");
}

#[test]
fn a_core_that_is_away_is_waited_for() {
    let pop = Pop::new("away");
    let address = free();
    let edge = pop.edge(&address, &[]);
    let mut events = batch("s", &view());
    // The player's clock is years behind.
    events["sent_at"] = json!(1_000_003_000);
    events["session"]["started_at"] = json!(1_000_000_000);
    let before = now();
    assert_eq!(edge.post(events.to_string().as_bytes()).status, 200);
    let after = now();
    wait_for(|| edge.value("openqoe_edge_backlog_age_seconds") > 2.0);
    assert!(edge.value("openqoe_edge_backlog_bytes") > 0.0);
    assert_eq!(edge.value("openqoe_edge_upstream_up"), 0.0);
    assert_eq!(edge.value(WAITING), 4.0);
    assert!(edge.value("openqoe_edge_errors_total{reason=\"unreachable\"}") >= 2.0);
    let core = pop.core(&address);
    drain(&edge);
    for gone in ["openqoe_edge_backlog_bytes", "openqoe_edge_backlog_age_seconds"] {
        assert_eq!(edge.value(gone), 0.0, "{gone}");
    }
    assert_eq!(edge.value("openqoe_edge_upstream_up"), 1.0);
    assert!(core.value("openqoe_relay_delay_seconds_sum") > 2.0);
    // The startup ended two seconds after the session's start, which was three before the edge got the batch.
    let accept = ("accept", "application/openmetrics-text;version=1.0.0");
    let text = core.get_with("/metrics", &[accept]).text();
    let exemplar = text.lines().find(|line| line.starts_with("openqoe_startup") && line.contains("# {"));
    let at: f64 = exemplar.unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    assert!((before - 1.1..after - 0.9).contains(&at), "{at} is not within {before} and {after} less one");
    // What the core heard late is not silent.
    assert_eq!(core.value("openqoe_playback_active_sessions"), 1.0);
    let log = edge.log();
    assert_eq!(log.matches("does not take batches").count(), 1, "{log}");
    assert_eq!(log.matches("takes batches again").count(), 1, "{log}");
}

#[test]
fn an_edge_keeps_only_so_much() {
    let pop = Pop::new("full");
    let address = free();
    let limits = [("OPENQOE_SHARDS", "1"), ("OPENQOE_JOURNAL_MAX_BYTES", "3000")];
    let edge = pop.edge(&address, &limits);
    let mut sent = 0;
    let refused = loop {
        let answer = edge.send(&format!("s{sent}"), &view());
        if answer.status != 200 {
            break answer;
        }
        sent += 1;
    };
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after"));
    assert_eq!(refused.json()["error"], "backlog");
    assert_eq!(outcome(&edge, "shed\",reason=\"backlog\""), 4.0);
    assert!(edge.value("openqoe_edge_backlog_bytes") >= 3000.0);
    let core = pop.core(&address);
    drain(&edge);
    assert_eq!(edge.send("more", &view()).status, 200);
    drain(&edge);
    assert_eq!(core.value("openqoe_startup_plays_total"), f64::from(sent + 1));
}

#[test]
fn an_edge_forwards_what_it_has_before_it_ends() {
    let pop = Pop::new("drained");
    let core = pop.core("127.0.0.1:0");
    let mut edge = pop.edge(&core.public, &[]);
    for session in 0..20 {
        edge.send(&format!("s{session}"), &view());
    }
    Command::new("kill").args(["-TERM", &edge.child.id().to_string()]).status().unwrap();
    assert!(edge.child.wait().unwrap().success());
    assert_eq!(core.value("openqoe_startup_plays_total"), 20.0);
}

#[test]
fn a_viewer_is_erased_from_an_edge_too() {
    let pop = Pop::new("erased");
    let address = free();
    let edge = pop.edge(&address, &[]);
    for viewer in ["alice", "bob"] {
        let mut events = batch(&format!("{viewer}s"), &view());
        events["session"]["attributes"]["viewer_id_hash"] = json!(viewer);
        edge.post(events.to_string().as_bytes());
    }
    edge.kill();
    let erased = Command::new(env!("CARGO_BIN_EXE_openqoe"))
        .args(["privacy", "erase", "--viewer", "alice"])
        .env("OPENQOE_DATA_DIR", pop.folder("edge"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&erased.stdout).into_owned();
    assert!(
        told.starts_with("erased 1 sessions, 1 batches"),
        "{told}{}",
        String::from_utf8_lossy(&erased.stderr)
    );
    let edge = pop.edge(&address, &[]);
    assert_eq!(edge.value(WAITING), 4.0);
    let core = pop.core(&address);
    drain(&edge);
    assert_eq!(core.value("openqoe_startup_plays_total"), 1.0);
}

/// A record of a journal.
fn record(tenant: &str, session: &str) -> Vec<u8> {
    let mut payload = vec![1];
    payload.extend_from_slice(&1_700_000_000_000_u64.to_le_bytes());
    payload.extend_from_slice(&[0; 8]);
    for name in [tenant, "native"] {
        payload.push(u8::try_from(name.len()).unwrap());
        payload.extend_from_slice(name.as_bytes());
    }
    let mut attributes = Attributes::default();
    attributes.set(Attribute::Cdn, "x").unwrap();
    let events = vec![Event { seq: 0, t: 0, kind: EventKind::SessionStart }];
    let batch = Batch { session_id: session.into(), started_at: 1, sent_at: 2, attributes, events };
    compact::encode(&batch, &mut payload);
    frame(&payload)
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = b"OQrc".to_vec();
    frame.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
    frame.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    frame.extend_from_slice(payload);
    frame
}

#[test]
fn a_bad_record_costs_itself() {
    let core = Gateway::start();
    let relay = |body: &[u8]| request(&core.public, "POST", "/v1/relay", &[], body);
    let good = [record("default", "a"), record("default", "b")].concat();
    assert_eq!(relay(&good).json(), json!({ "taken": 2 }));
    let mixed = [
        frame(b"\x01noise"),
        record("default", "c"),
        record("nobody", "d"),
        frame(b"\x02time"),
        record("default", ""),
    ];
    let answer = relay(&mixed.concat()).json();
    assert_eq!(answer["taken"], 5);
    let refused: Vec<u64> = answer["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refused| refused["index"].as_u64().unwrap())
        .collect();
    assert_eq!(refused, [0, 2, 3, 4]);
    assert_eq!(outcome(&core, "counted"), 3.0);
    assert_eq!(relay(&good[..good.len() - 1]).status, 400);
    assert_eq!(relay(b"").json(), json!({ "taken": 0 }));
    assert_eq!(outcome(&core, "counted"), 3.0);
}

#[test]
fn only_edges_may_forward() {
    let authority = Authority::new("edges");
    let (server, edge, player) =
        (authority.issue("localhost"), authority.issue("edge.example"), authority.issue("player.example"));
    let mut environment = authority.environment(&server, "optional");
    environment.push(("OPENQOE_TLS_EDGE_NAMES".into(), "other.example, edge.example".into()));
    let core = start("127.0.0.1:0", &["serve"], &environment);
    let relay = |pair: Option<&Pair>| -> Answer {
        let client = authority.client();
        let client = if let Some(pair) = pair { client.with(pair) } else { client };
        let mut stream = client.connect(&core.public).unwrap();
        send(&mut stream, "POST /v1/relay", "close", &record("default", "s")).unwrap();
        try_read(stream).unwrap()
    };
    assert_eq!((relay(None).status, relay(Some(&player)).status), (403, 403));
    assert_eq!(relay(Some(&edge)).json(), json!({ "taken": 1 }));
}

/// A core that cannot read what a session called `poison` is in.
fn fussy(listener: &TcpListener) {
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        std::thread::spawn(move || {
            while let Some(body) = next_body(&mut stream) {
                let has = |word: &[u8]| body.windows(word.len()).filter(|window| *window == word).count();
                let answer = if has(b"poison") > 0 {
                    "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_owned()
                } else {
                    let text = json!({ "taken": has(b"OQrc") }).to_string();
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len())
                };
                if stream.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
        });
    }
}

fn next_body(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let headers: BTreeMap<&str, &str> = head.lines().filter_map(|line| line.split_once(": ")).collect();
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

#[test]
fn what_the_core_cannot_read_does_not_hold_up_the_rest() {
    let pop = Pop::new("poison");
    let address = free();
    let folder = pop.folder("edge");
    let environment: Environment = vec![
        ("OPENQOE_DATA_DIR".into(), folder.to_str().unwrap().into()),
        ("OPENQOE_SHARDS".into(), "1".into()),
        ("OPENQOE_EDGE_MAX_BACKOFF".into(), "200ms".into()),
    ];
    let upstream = format!("http://{address}");
    let edge = start("127.0.0.1:0", &["serve", "--role", "edge", "--upstream", &upstream], &environment);
    for session in ["a", "b", "poison", "c", "d"] {
        assert_eq!(edge.send(session, &view()).status, 200);
    }
    let listener = TcpListener::bind(&address).unwrap();
    std::thread::spawn(move || fussy(&listener));
    drain(&edge);
    assert_eq!(outcome(&edge, "forwarded"), 16.0);
    assert_eq!(outcome(&edge, "rejected\",reason=\"core_refused"), 4.0);
    edge.told_of("the core refused a batch");
}

/// The expositions of an edge and a core that had to do with each other.
pub(crate) fn exposition() -> String {
    let pop = Pop::new("edge-exposition");
    let address = free();
    let edge = pop.edge(&address, &[]);
    edge.send("s", &view());
    wait_for(|| edge.value("openqoe_edge_errors_total") > 0.0);
    let core = pop.core(&address);
    drain(&edge);
    edge.metrics() + &core.metrics()
}
