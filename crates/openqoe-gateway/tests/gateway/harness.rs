//! Starts the binary on free ports and talks plain HTTP to it, byte for byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

/// A data directory of the test's own, not there yet.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("openqoe-data-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// A running gateway; dropping it kills it.
pub(crate) struct Gateway {
    pub(crate) child: Child,
    pub(crate) public: String,
    pub(crate) internal: String,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// Says that a test lacks something, past the harness that swallows what tests print.
pub(crate) fn skipped(test: &str, reason: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: {reason}");
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }
}

impl Gateway {
    pub(crate) fn start() -> Gateway {
        Gateway::start_with(&["serve"], &[])
    }

    pub(crate) fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Gateway {
        Gateway::start_at("127.0.0.1:0", arguments, environment)
    }

    /// Starts with a public listener where another was before.
    pub(crate) fn start_at(public: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Gateway {
        Gateway::start_on(public, "127.0.0.1:0", arguments, environment)
    }

    /// Starts with both listeners where others were before.
    pub(crate) fn start_on(
        public: &str,
        internal: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Gateway {
        let mut child = Command::new(env!("CARGO_BIN_EXE_openqoe"))
            .args(arguments)
            .args(["--listen", public, "--internal-listen", internal])
            // In memory, unless a test says where.
            .env("OPENQOE_DATA_DIR", "")
            // Off, unless a test says where.
            .envs([("OPENQOE_OTLP_RECEIVER_LISTEN", ""), ("OPENQOE_OTLP_RECEIVER_GRPC_LISTEN", "")])
            .envs(environment.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = String::new();
        let mut address = |purpose: &str| loop {
            let line = lines.next().unwrap().unwrap();
            told += &format!("{line}\n");
            if let Some((_, url)) = line.split_once(&format!("{purpose} on http")) {
                return (url.split('/').nth(2).unwrap().to_owned(), url.starts_with("s:"));
            }
        };
        let ((public, _), (internal, is_secret)) = (address("ingest"), address("metrics"));
        let log = Arc::new(Mutex::new(told));
        let reader = std::thread::spawn({
            let log = log.clone();
            move || {
                for line in lines.map_while(Result::ok) {
                    *log.lock().unwrap() += &(line + "\n");
                }
            }
        });
        let gateway = Gateway { child, public, internal, log, reader: Some(reader) };
        while !is_secret && gateway.get("/-/ready").status != 200 {
            std::thread::yield_now();
        }
        gateway
    }

    /// Sends the process a signal, such as `-HUP`.
    pub(crate) fn signal(&self, signal: &str) {
        Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
    }

    /// Ends the process without warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What was logged so far.
    pub(crate) fn told(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// What was logged, once `text` is in it: a line may come after the answer it is about.
    pub(crate) fn told_of(&self, text: &str) -> String {
        wait_for(|| self.told().contains(text));
        self.told()
    }

    /// Resident memory, in bytes.
    pub(crate) fn memory(&self) -> f64 {
        self.value("process_resident_memory_bytes")
    }

    /// Everything logged, once the process has ended.
    pub(crate) fn log(mut self) -> String {
        let _ = self.child.kill();
        self.reader.take().unwrap().join().unwrap();
        self.log.lock().unwrap().clone()
    }

    /// Ends the process in good order.
    pub(crate) fn end(mut self) {
        self.signal("-TERM");
        self.child.wait().unwrap();
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        request(&self.internal, "GET", path, headers, b"")
    }

    pub(crate) fn post(&self, body: &[u8]) -> Answer {
        self.post_with(&[], body)
    }

    pub(crate) fn post_with(&self, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        request(&self.public, "POST", "/v1/ingest", headers, body)
    }

    /// Sends events of one session, numbered from 0.
    pub(crate) fn send(&self, session: &str, events: &[Value]) -> Answer {
        self.post(batch(session, events).to_string().as_bytes())
    }

    pub(crate) fn metrics(&self) -> String {
        self.get("/metrics").text()
    }

    /// The value of the series whose line begins so, summed over label sets; 0 when there is none.
    pub(crate) fn value(&self, prefix: &str) -> f64 {
        let text = self.metrics();
        let lines = text.lines().filter(|line| line.starts_with(prefix));
        lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A batch whose events are one second apart.
pub(crate) fn batch(session: &str, events: &[Value]) -> Value {
    let events: Vec<Value> = events
        .iter()
        .enumerate()
        .map(|(seq, event)| {
            let mut event = event.clone();
            event["seq"] = json!(seq);
            event["t"] = json!(seq * 1000);
            event
        })
        .collect();
    json!({
        "spec_version": openqoe_spec::SPEC_VERSION,
        "sent_at": 1_700_000_100_000_u64,
        "session": {
            "session_id": session,
            "started_at": 1_700_000_000_000_u64,
            "attributes": { "asset_id": "a", "cdn": "edge", "experiment_id": "e", "experiment_variant": "v" },
        },
        "events": events,
    })
}

/// A view with a first frame.
pub(crate) fn view() -> Vec<Value> {
    ["session_start", "play_request", "playing", "heartbeat"].map(|name| json!({ "type": name })).to_vec()
}

pub(crate) fn request(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        head += &format!("content-length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes()).unwrap();
    // A server that has heard enough closes its side; what it said before is still there to be read.
    let _ = stream.write_all(body);
    read(stream)
}

pub(crate) fn read(stream: TcpStream) -> Answer {
    try_read(stream).unwrap_or_else(|error| panic!("no answer: {error}"))
}

/// Reads until the other side closes.
pub(crate) fn try_read(mut stream: impl Read) -> std::io::Result<Answer> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65536];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => bytes.extend_from_slice(&buffer[..length]),
            Err(_) if !bytes.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or_else(|| std::io::Error::other("the answer has no head"))?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Answer { status, head: head.to_lowercase(), body: bytes[end + 4..].to_vec() })
}

/// Waits until something is so; a test that waits for good has failed.
pub(crate) fn wait_for(mut is_so: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "it did not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}
