//! The servers under test, each a process of its own, so that its CPU time and its memory can be told from the load's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// A running server; dropping it kills it.
pub(crate) struct Server {
    child: Child,
    /// Where it takes events.
    pub(crate) public: String,
    /// Where it is scraped; the ceilings are not.
    pub(crate) internal: String,
    /// The gateway's data directory, which goes with it.
    data: Option<PathBuf>,
}

impl Server {
    /// This program as a ceiling.
    pub(crate) fn ceiling(kind: &str) -> Result<Server> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--ceiling", kind])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut public = String::new();
        let output = child.stdout.take().context("no output")?;
        BufReader::new(output).read_line(&mut public)?;
        Ok(Server { child, public: public.trim().to_owned(), internal: String::new(), data: None })
    }

    /// The gateway as it is shipped, on free ports, with a data directory of its own unless the environment names one.
    /// `arguments` come after `serve`; the environment is passed on.
    pub(crate) fn gateway(program: &Path, arguments: &[String]) -> Result<Server> {
        Server::gateway_with(program, arguments, &[])
    }

    /// The same with more variables in its environment.
    pub(crate) fn gateway_with(
        program: &Path,
        arguments: &[String],
        environment: &[(&str, &str)],
    ) -> Result<Server> {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let data = match std::env::var_os("OPENQOE_DATA_DIR") {
            Some(_) => None,
            None => Some(std::env::temp_dir().join(format!("openqoe-bench-{}-{number}", std::process::id()))),
        };
        Server::start(program, arguments, environment, data)
    }

    /// Kills it, without warning, and starts it once more with what it left.
    pub(crate) fn again(mut self, program: &Path, arguments: &[String]) -> Result<Server> {
        let data = self.data.take();
        drop(self);
        Server::start(program, arguments, &[], data)
    }

    /// Where it keeps its data.
    pub(crate) fn data(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    fn start(
        program: &Path,
        arguments: &[String],
        environment: &[(&str, &str)],
        data: Option<PathBuf>,
    ) -> Result<Server> {
        let mut child = Command::new(program)
            .arg("serve")
            .args(arguments)
            .args(["--listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"])
            .envs(data.iter().map(|folder| ("OPENQOE_DATA_DIR", folder)))
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be run", program.display()))?;
        let mut log = BufReader::new(child.stderr.take().context("no log")?);
        let mut server = Server { child, public: String::new(), internal: String::new(), data };
        while server.internal.is_empty() {
            let mut line = String::new();
            if log.read_line(&mut line)? == 0 {
                bail!("the gateway did not start");
            }
            let address = |purpose: &str| {
                let (_, rest) = line.split_once(&format!("{purpose} on http://"))?;
                rest.split('/').next().map(str::to_owned)
            };
            match (address("ingest"), address("metrics")) {
                (Some(public), _) => server.public = public,
                (_, Some(internal)) => server.internal = internal,
                // A gateway that refuses its arguments says why.
                _ => eprint!("{line}"),
            }
        }
        // Whatever it logs from now on: read, or the pipe fills and the gateway waits.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        // Not before the journal has been replayed.
        while server.scrape("text/plain").is_err() {
            std::thread::yield_now();
        }
        Ok(server)
    }

    /// CPU time so far, µs; proc(5), fields 14 and 15 in ticks of 10 ms.
    pub(crate) fn cpu_us(&self) -> Result<f64> {
        cpu_us(&format!("/proc/{}/stat", self.child.id()))
    }

    /// A line of /proc/PID/status in bytes, such as `VmRSS` or its peak, `VmHWM`.
    pub(crate) fn memory(&self, name: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kib: f64 =
            line.and_then(|line| line.split_whitespace().next()).context("no such line")?.parse()?;
        Ok(kib * 1024.0)
    }

    /// One scrape: how long it took in ms, and what it said.
    pub(crate) fn scrape(&self, accept: &str) -> Result<(f64, Vec<u8>)> {
        self.get("/metrics", accept)
    }

    /// One request to the internal listener: how long it took in ms, and what it said.
    pub(crate) fn get(&self, path: &str, accept: &str) -> Result<(f64, Vec<u8>)> {
        let started = Instant::now();
        let mut stream = TcpStream::connect(&self.internal)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let head =
            format!("GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\naccept: {accept}\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        let mut answer = Vec::with_capacity(1 << 20);
        stream.read_to_end(&mut answer)?;
        let took = started.elapsed().as_secs_f64() * 1000.0;
        ensure!(answer.starts_with(b"HTTP/1.1 200"), "GET {path} failed");
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").context("no body")?;
        Ok((took, answer.split_off(end + 4)))
    }

    /// The sum over all series whose line begins so, in a scrape of its own.
    pub(crate) fn value(&self, prefix: &str) -> Result<f64> {
        let (_, body) = self.scrape("text/plain")?;
        let text = String::from_utf8(body)?;
        let lines = text.lines().filter(|line| line.starts_with(prefix));
        Ok(lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has ended already is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = &self.data {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// CPU time of a process, µs.
pub(crate) fn cpu_us(stat: &str) -> Result<f64> {
    let text = std::fs::read_to_string(stat)?;
    // The name may hold spaces: count from its closing bracket.
    let (_, fields) = text.rsplit_once(')').context("stat")?;
    let ticks = |field: Option<&str>| field.and_then(|field| field.parse::<f64>().ok());
    let mut fields = fields.split_whitespace().skip(11);
    let (user, system) = (ticks(fields.next()), ticks(fields.next()));
    Ok((user.context("stat")? + system.context("stat")?) * 10_000.0)
}
