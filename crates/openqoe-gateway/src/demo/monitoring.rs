//! Prometheus and Alertmanager beside the demo, when they are installed: scraped, with rules loaded, and ended with it. What
//! they keep and log is in a folder of the demo.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use std::{env, fs, io};

use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

/// The ports people know them by; when taken, any other.
const PROMETHEUS_PORT: u16 = 9090;
const ALERTMANAGER_PORT: u16 = 9093;
/// How long a start may take.
const START: Duration = Duration::from_secs(30);

/// What runs beside the demo.
pub(crate) struct Monitoring {
    programs: Vec<Program>,
}

/// One of them.
struct Program {
    name: &'static str,
    url: String,
    log: PathBuf,
    /// Killed when it is dropped.
    child: Child,
}

impl Monitoring {
    /// Starts what is installed. Rules and their evaluation are Prometheus' own; `rules` is a file of them.
    ///
    /// # Errors
    /// When the folder cannot be written or a program that is there cannot be started.
    pub(crate) fn start(folder: &Path, internal: SocketAddr, rules: &str) -> io::Result<Monitoring> {
        let mut programs = Vec::new();
        fs::create_dir_all(folder)?;
        let (prometheus, alertmanager) =
            (find(&["prometheus"]), find(&["prometheus-alertmanager", "alertmanager"]));
        let Some(prometheus) = prometheus else {
            info!(
                "Prometheus is not installed: the console works on the gateway alone (`apt install prometheus` adds it)"
            );
            return Ok(Monitoring { programs });
        };
        let mut alerting = Vec::new();
        match alertmanager {
            Some(path) => {
                let program = start_alertmanager(folder, &path)?;
                alerting.extend(program.url.strip_prefix("http://").map(str::to_owned));
                programs.push(program);
            }
            None => info!(
                "Alertmanager is not installed: alerts show in Prometheus alone (`apt install prometheus-alertmanager` adds it)"
            ),
        }
        programs.push(start_prometheus(folder, &prometheus, internal, &alerting, rules)?);
        Ok(Monitoring { programs })
    }

    /// Where a program answers, such as `prometheus`.
    pub(crate) fn url(&self, name: &str) -> Option<&str> {
        self.programs.iter().find(|program| program.name == name).map(|program| program.url.as_str())
    }

    /// Ends them, and waits until they are gone.
    pub(crate) async fn end(self) {
        for mut program in self.programs {
            // One that has ended by itself needs no end.
            let _ = program.child.kill().await;
        }
    }

    /// Says where they are once they answer, or why they do not.
    pub(crate) async fn announce(&mut self) {
        for program in &mut self.programs {
            let Program { name, url, log, child } = program;
            match ready(url, child).await {
                Ok(()) => info!("{name} on {url}/"),
                Err(reason) => warn!("{name} does not answer ({reason}); it says why in {}", log.display()),
            }
        }
    }
}

fn start_alertmanager(folder: &Path, path: &Path) -> io::Result<Program> {
    let config = folder.join("alertmanager.yaml");
    // JSON is YAML.
    let routes = json!({
        "route": {"receiver": "nobody", "group_by": ["alertname", "tenant"], "group_wait": "1s", "group_interval": "5s"},
        "receivers": [{"name": "nobody"}],
    });
    fs::write(&config, routes.to_string())?;
    let address = address(ALERTMANAGER_PORT)?;
    let arguments = [
        format!("--config.file={}", config.display()),
        format!("--storage.path={}", folder.join("alertmanager").display()),
        format!("--web.listen-address={address}"),
        // One alone has no peers.
        "--cluster.listen-address=".to_owned(),
    ];
    spawn("alertmanager", path, folder, address, &arguments)
}

fn start_prometheus(
    folder: &Path,
    path: &Path,
    internal: SocketAddr,
    alertmanagers: &[String],
    rules: &str,
) -> io::Result<Program> {
    let (config, rule_file) = (folder.join("prometheus.yaml"), folder.join("rules.yaml"));
    fs::write(&rule_file, rules)?;
    let settings = json!({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [rule_file],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": alertmanagers}]}]},
        "scrape_configs": [{"job_name": "openqoe", "static_configs": [{"targets": [reachable(internal)]}]}],
    });
    fs::write(&config, settings.to_string())?;
    let address = address(PROMETHEUS_PORT)?;
    let arguments = [
        format!("--config.file={}", config.display()),
        format!("--storage.tsdb.path={}", folder.join("prometheus").display()),
        format!("--web.listen-address={address}"),
        "--enable-feature=exemplar-storage".to_owned(),
    ];
    spawn("prometheus", path, folder, address, &arguments)
}

fn spawn(
    name: &'static str,
    path: &Path,
    folder: &Path,
    address: SocketAddr,
    arguments: &[String],
) -> io::Result<Program> {
    let log = folder.join(format!("{name}.log"));
    let (out, errors) = (fs::File::create(&log)?, fs::File::options().append(true).open(&log)?);
    // Where util-linux is, a demo that is killed takes them with it.
    let mut command = match find(&["setpriv"]) {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "TERM"]).arg(path);
            command
        }
        None => Command::new(path),
    };
    command.args(arguments).stdin(Stdio::null()).stdout(out).stderr(errors).kill_on_drop(true);
    Ok(Program { name, url: format!("http://{address}"), log, child: command.spawn()? })
}

async fn ready(url: &str, child: &mut Child) -> Result<(), String> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<&[u8]>>();
    let question: hyper::Uri = format!("{url}/-/ready").parse().map_err(|error| format!("{error}"))?;
    let deadline = Instant::now() + START;
    while Instant::now() < deadline {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("it ended with {status}"));
        }
        if client.get(question.clone()).await.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        sleep(Duration::from_millis(100)).await;
    }
    Err(format!("after {} s", START.as_secs()))
}

/// A program of one of these names on the search path.
fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    names.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file()))
}

/// The port wanted, or a free one. Somebody may take it before it is used; then the program says so and ends.
fn address(wanted: u16) -> io::Result<SocketAddr> {
    let listen = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    listen(wanted).or_else(|_| listen(0))?.local_addr()
}

/// Where somebody on this machine reaches a listener.
fn reachable(listener: SocketAddr) -> SocketAddr {
    if listener.ip().is_unspecified() { (Ipv4Addr::LOCALHOST, listener.port()).into() } else { listener }
}
