//! Tenants: whose a request is, what it may do, and how much of it.

mod isolation;
mod keys;
mod quotas;
mod readers;
mod relay;
mod reload;
mod senders;

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::harness::{Answer, Gateway, batch, folder, request, view};

/// A configuration on disk and the keys made for it.
pub(crate) struct Setup {
    config: PathBuf,
}

impl Setup {
    pub(crate) fn new(name: &str, config: &str) -> Setup {
        let folder = folder(name);
        std::fs::create_dir_all(&folder).unwrap();
        let setup = Setup { config: folder.join("openqoe.toml") };
        setup.write(config);
        setup
    }

    /// Writes the configuration, with a keys file beside it.
    fn write(&self, config: &str) {
        let keys = self.config.with_file_name("keys.toml");
        std::fs::write(&self.config, format!("keys_file = {keys:?}\n{config}")).unwrap();
    }

    fn keys(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_openqoe"))
            .arg("keys")
            .args(arguments)
            .arg("--config")
            .arg(&self.config)
            .env("OPENQOE_DATA_DIR", "")
            .output()
            .unwrap()
    }

    /// Makes a key.
    pub(crate) fn key(&self, tenant: &str, kind: &str) -> String {
        let output = self.keys(&["new", "--tenant", tenant, "--kind", kind]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn start(&self) -> Gateway {
        self.start_with(&[])
    }

    pub(crate) fn start_with(&self, environment: &[(&str, &str)]) -> Gateway {
        Gateway::start_with(&["serve", "--config", self.config.to_str().unwrap()], environment)
    }
}

/// Posts a view of its own session.
fn post(gateway: &Gateway, key: &str, session: &str, headers: &[(&str, &str)]) -> Answer {
    let bearer = format!("Bearer {key}");
    let mut all = vec![("authorization", bearer.as_str())];
    all.extend(headers);
    request(&gateway.public, "POST", "/v1/ingest", &all, batch(session, &view()).to_string().as_bytes())
}

/// Status and error code.
fn refusal(answer: &Answer) -> (u16, String) {
    let json = answer.json();
    assert!(!json["message"].as_str().unwrap().is_empty() && !json["hint"].as_str().unwrap().is_empty());
    (answer.status, json["error"].as_str().unwrap().to_owned())
}

/// Whether an answer has this header with this value.
fn has(answer: &Answer, name: &str, value: &str) -> bool {
    answer.head.lines().any(|line| line == format!("{name}: {value}"))
}
