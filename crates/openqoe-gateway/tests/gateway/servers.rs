//! The real Prometheus and the real VictoriaMetrics, where the machine has them.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::harness::folder;
use crate::receiver::{eventually, free_address};

/// Values by labels, the name among them.
pub(crate) type Series = BTreeMap<BTreeMap<String, String>, f64>;

/// A server that is asked in PromQL; dropping it kills it, and removes a folder of its own.
pub(crate) struct Server {
    pub(crate) address: String,
    program: PathBuf,
    arguments: Vec<String>,
    child: Child,
    folder: Option<PathBuf>,
}

/// A program on the PATH, or a visible skip.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file());
    if found.is_none() {
        skipped(program);
    }
    found
}

/// Says that a test did not run, past the capture of what passing tests print.
pub(crate) fn skipped(program: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: install {program} so that it is on the PATH");
}

impl Server {
    /// Prometheus as a receiver, with what makes its life harder or richer.
    pub(crate) fn prometheus(name: &str, more: &[&str]) -> Option<Server> {
        // A newer one than the distribution's can be named.
        let named = std::env::var_os("OPENQOE_PROMETHEUS").map(PathBuf::from);
        let program = named.or_else(|| find("prometheus"))?;
        let folder = folder(&format!("prometheus-{name}"));
        std::fs::create_dir_all(&folder).unwrap();
        let config = folder.join("prometheus.yml");
        std::fs::write(&config, "storage: {exemplars: {max_exemplars: 1000}}\n").unwrap();
        let address = free_address();
        let mut arguments = vec![
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", folder.join("data").display()),
            format!("--web.listen-address={address}"),
            "--web.enable-remote-write-receiver".to_owned(),
        ];
        arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
        Some(Server::start(program, arguments, address, Some(folder)))
    }

    /// Prometheus that scrapes a target every second and evaluates rules, in a folder of the caller's.
    pub(crate) fn scraping(folder: &Path, target: &str, rules: &str) -> Option<Server> {
        let program =
            std::env::var_os("OPENQOE_PROMETHEUS").map(PathBuf::from).or_else(|| find("prometheus"))?;
        let (config, rule_file) = (folder.join("prometheus.yml"), folder.join("rules.yml"));
        std::fs::write(&rule_file, rules).unwrap();
        let text = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{}]\n\
             scrape_configs: [{{job_name: openqoe, static_configs: [{{targets: ['{target}']}}]}}]\n",
            rule_file.display()
        );
        std::fs::write(&config, text).unwrap();
        let address = free_address();
        let arguments = vec![
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", folder.join("data").display()),
            format!("--web.listen-address={address}"),
        ];
        Some(Server::start(program, arguments, address, None))
    }

    /// VictoriaMetrics, single node.
    pub(crate) fn victoria_metrics() -> Option<Server> {
        let (program, address) = (find("victoria-metrics")?, free_address());
        let folder = folder("victoria");
        let arguments = vec![
            format!("-httpListenAddr={address}"),
            format!("-storageDataPath={}", folder.display()),
            // Queries see what was written a moment ago.
            "-search.latencyOffset=0s".to_owned(),
        ];
        Some(Server::start(program, arguments, address, Some(folder)))
    }

    fn start(program: PathBuf, arguments: Vec<String>, address: String, folder: Option<PathBuf>) -> Server {
        let child = spawn(&program, &arguments);
        let server = Server { address, program, arguments, child, folder };
        server.wait_until_ready();
        server
    }

    fn wait_until_ready(&self) {
        // With TLS, that it listens will do.
        let tls = self.arguments.iter().any(|argument| argument.starts_with("--web.config.file"));
        let path = if self.program.ends_with("victoria-metrics") { "/health" } else { "/-/ready" };
        eventually("the server", || {
            let stream = TcpStream::connect(&self.address).ok()?;
            (tls || get_from(stream, path)?.starts_with("HTTP/1.0 200")).then_some(())
        });
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, at the same address, with the same data.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(&self.program, &self.arguments);
        self.wait_until_ready();
    }

    pub(crate) fn write_url(&self) -> String {
        format!("http://{}/api/v1/write", self.address)
    }

    /// An answer of the API.
    pub(crate) fn api(&self, path: &str) -> Value {
        let answer = get_from(TcpStream::connect(&self.address).unwrap(), path).unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let json: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{path}: {answer}"));
        assert_eq!(json["status"], "success", "{path}: {json}");
        json["data"].clone()
    }

    /// An instant query, now or then (epoch seconds).
    pub(crate) fn query(&self, promql: &str, time: Option<f64>) -> Series {
        let time = time.map_or(String::new(), |time| format!("&time={time}"));
        let data = self.api(&format!("/api/v1/query?query={}{time}", encode(promql)));
        let series = data["result"].as_array().unwrap().iter().map(|each| {
            let labels = each["metric"].as_object().unwrap().iter();
            let labels =
                labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
            (labels, each["value"][1].as_str().map_or(f64::NAN, |value| value.parse().unwrap()))
        });
        series.collect()
    }

    /// The sum of what a query finds.
    pub(crate) fn value(&self, promql: &str) -> f64 {
        self.query(promql, None).into_values().sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

fn spawn(program: &Path, arguments: &[String]) -> Child {
    Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// HTTP/1.0, so that no answer comes in chunks.
fn get_from(mut stream: TcpStream, path: &str) -> Option<String> {
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}

pub(crate) fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
