//! Programs the tests use that cargo and npm do not bring: found, installed on Debian as root, or named with a remedy.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::steps::{command, command_with};

/// A program by one of its names, and how to get it.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    programs: &'static [&'static str],
    debian: &'static str,
    pub(crate) remedy: &'static str,
}

/// A browser to play in.
pub(crate) const CHROMIUM: Tool = Tool {
    name: "Chromium",
    programs: &["chromium", "chromium-browser", "google-chrome"],
    debian: "chromium",
    remedy: "install Chromium so that `chromium` is on the PATH",
};

/// The real Prometheus.
pub(crate) const PROMETHEUS: Tool = Tool {
    name: "Prometheus",
    programs: &["prometheus"],
    debian: "prometheus",
    remedy: "install Prometheus so that `prometheus` is on the PATH",
};

/// The real Alertmanager.
pub(crate) const ALERTMANAGER: Tool = Tool {
    name: "Alertmanager",
    programs: &["prometheus-alertmanager", "alertmanager"],
    debian: "prometheus-alertmanager",
    remedy: "install Alertmanager so that `prometheus-alertmanager` is on the PATH",
};

/// Its linter, of the same package.
pub(crate) const PROMTOOL: Tool = Tool {
    name: "promtool",
    programs: &["promtool"],
    debian: "prometheus",
    remedy: "install Prometheus so that `promtool` is on the PATH",
};

/// Reads the configuration of Alertmanager, and comes with it.
pub(crate) const AMTOOL: Tool = Tool {
    name: "amtool",
    programs: &["amtool"],
    debian: "prometheus-alertmanager",
    remedy: "install Alertmanager so that `amtool` is on the PATH",
};

/// The real VictoriaMetrics, single node.
pub(crate) const VICTORIA_METRICS: Tool = Tool {
    name: "VictoriaMetrics",
    programs: &["victoria-metrics"],
    debian: "victoria-metrics",
    remedy: "install VictoriaMetrics so that `victoria-metrics` is on the PATH",
};

/// Reads units as systemd does.
pub(crate) const SYSTEMD_ANALYZE: Tool = Tool {
    name: "systemd-analyze",
    programs: &["systemd-analyze"],
    debian: "systemd",
    remedy: "install systemd so that `systemd-analyze` is on the PATH",
};

/// Finds what is wrong with shell scripts.
pub(crate) const SHELLCHECK: Tool = Tool {
    name: "ShellCheck",
    programs: &["shellcheck"],
    debian: "shellcheck",
    remedy: "install ShellCheck so that `shellcheck` is on the PATH",
};

/// Compose as a program of its own.
pub(crate) const DOCKER_COMPOSE: Tool = Tool {
    name: "docker-compose",
    programs: &["docker-compose"],
    debian: "docker-compose",
    remedy: "install Docker Compose, the plugin or the program",
};

/// The package manager of Kubernetes.
pub(crate) const HELM: Tool = Tool {
    name: "Helm",
    programs: &["helm"],
    debian: "helm",
    remedy: "install Helm 3 so that `helm` is on the PATH",
};

impl Tool {
    /// Where the program is.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let candidates =
            self.programs.iter().flat_map(|program| folders.iter().map(move |folder| folder.join(program)));
        candidates.into_iter().find(|candidate| candidate.is_file())
    }

    /// The program, installed if that can be done without asking.
    ///
    /// # Errors
    /// The remedy, when it cannot.
    pub(crate) fn require(&self) -> Result<PathBuf, &'static str> {
        if let Some(found) = self.find() {
            return Ok(found);
        }
        if is_debian_root() {
            println!("installing {} (apt package {})", self.name, self.debian);
            let installed = apt(self.debian);
            if let Err(error) = installed {
                eprintln!("{error:#}");
            }
        }
        self.find().ok_or(self.remedy)
    }
}

fn is_debian_root() -> bool {
    let id = Command::new("id").arg("-u").output().map(|output| output.stdout).unwrap_or_default();
    Path::new("/etc/debian_version").exists() && id.starts_with(b"0\n")
}

fn apt(package: &str) -> Result<()> {
    let quiet = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let status = Command::new(words[0])
            .args(&words[1..])
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()?;
        anyhow::ensure!(status.success(), "`{}` ended with {status}", words.join(" "));
        Ok(())
    };
    quiet("apt-get update -q").context("apt")?;
    quiet(&format!("apt-get install -q -y --no-install-recommends {package}")).context("apt")
}

/// The packages of the root, as the lockfile has them.
pub(crate) fn npm_install(root: &Path) -> Result<()> {
    let installed = root.join("node_modules/.package-lock.json");
    let newer = |a: &Path, b: &Path| {
        let modified = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
        modified(a) > modified(b)
    };
    if newer(&installed, &root.join("package-lock.json")) {
        return Ok(());
    }
    command(root, "npm ci --no-audit --no-fund").context("Node 20 or newer with npm is needed")
}

/// A library of Python, and how to get it.
pub(crate) struct Library {
    /// What the tests import.
    module: &'static str,
    /// Name and version on PyPI.
    package: &'static str,
    /// Its environment's folder in `target`.
    folder: &'static str,
    remedy: &'static str,
}

/// The official OpenMetrics parser.
pub(crate) const OPENMETRICS_PARSER: Library = Library {
    module: "prometheus_client.openmetrics.parser",
    package: "prometheus_client==0.22.1",
    folder: "openmetrics-parser",
    remedy: "install Python 3 with venv, or `pip install prometheus_client`",
};

/// An OTLP receiver of another project, and the official messages, which it brings.
pub(crate) const OTLP_RECEIVER: Library = Library {
    module: "oteltap, opentelemetry.proto.collector.trace.v1.trace_service_pb2",
    package: "oteltap==1.0.0",
    folder: "otlp-receiver",
    remedy: "install Python 3 with venv, or `pip install oteltap`; its receiver is there for x86-64 only",
};

/// The SDK of OpenTelemetry and its exporters, as a sender.
pub(crate) const OTEL_SDK: Library = Library {
    module: "opentelemetry.exporter.otlp.proto.http.metric_exporter, opentelemetry.exporter.otlp.proto.grpc.metric_exporter",
    package: "opentelemetry-exporter-otlp==1.45.2",
    folder: "otel-sdk",
    remedy: "install Python 3 with venv, or `pip install opentelemetry-exporter-otlp`",
};

/// A Python that has a library.
pub(crate) fn python_with(root: &Path, library: &Library) -> Result<PathBuf, &'static str> {
    let Library { module, package, folder, remedy } = library;
    let venv = root.join("target").join(folder);
    let python = venv.join("bin/python");
    let has_it = |python: &Path| {
        Command::new(python)
            .args(["-c", &format!("import {module}")])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    if has_it(Path::new("python3")) {
        return Ok(PathBuf::from("python3"));
    }
    if !has_it(&python) {
        if is_debian_root() && command(root, "python3 -m ensurepip --version").is_err() {
            // Said again below if it does not help.
            let _ = apt("python3-venv");
        }
        // As words, for the path may hold spaces.
        let (folder, program) = (venv.to_string_lossy(), python.to_string_lossy());
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package];
        let made = command_with(root, &["python3", "-m", "venv", &folder], &[])
            .and_then(|()| command_with(root, &[&[&*program][..], &pip].concat(), &[]));
        if let Err(error) = made {
            eprintln!("{error:#}");
        }
    }
    if has_it(&python) { Ok(python) } else { Err(remedy) }
}
