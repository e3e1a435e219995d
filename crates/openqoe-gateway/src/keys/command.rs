//! `openqoe keys`.

use std::io::Read;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::{Args, Subcommand};
use openqoe_ingest::closest;

use super::file::{KeysFile, Stored};
use super::{KeysError, join};
use crate::access::key::{self, KeyHash, Kind};
use crate::config::{Config, Key};

const EXAMPLES: &str = "\
Examples:
  openqoe keys new --config openqoe.toml --tenant acme --kind ingest --note 'web player'
  openqoe keys new --config openqoe.toml --tenant acme --kind read --print
  openqoe keys list --config openqoe.toml
  openqoe keys revoke --config openqoe.toml 7h2k9m4p
  pass show openqoe/acme | openqoe keys check --config openqoe.toml -

A running gateway reads keys again on SIGHUP.";

/// `openqoe keys`
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Keys {
    #[command(subcommand)]
    action: Action,
    /// TOML file with the tenants
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Action {
    /// Make a key, print it once, and keep its hash
    New {
        /// A tenant of the configuration
        #[arg(long, value_name = "NAME")]
        tenant: String,
        /// What it is for
        #[arg(long)]
        kind: Kind,
        /// Who will use it
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        /// Keep nothing; print the lines for a configuration that is kept elsewhere
        #[arg(long)]
        print: bool,
    },
    /// List keys, without secrets
    List,
    /// Take a key back
    Revoke {
        /// Its id, the eight characters after the prefix
        id: String,
    },
    /// Say what a key is and whether it is good
    Check {
        /// The key, or `-` to read it from standard input
        key: String,
    },
}

impl Keys {
    /// Does what was asked for.
    ///
    /// # Errors
    /// When it cannot be done, or a key that was to be checked is not good.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let config = Config::load(self.config.as_deref(), std::env::vars())?;
        match &self.action {
            Action::New { tenant, kind, note, print } => new(&config, tenant, *kind, note, *print)?,
            Action::List => list(&config)?,
            Action::Revoke { id } => revoke(&config, id)?,
            Action::Check { key } => check(config, key)?,
        }
        Ok(())
    }
}

fn new(config: &Config, tenant: &str, kind: Kind, note: &str, print: bool) -> Result<(), KeysError> {
    if !config.tenants.contains_key(tenant) {
        return Err(unknown_tenant(config, tenant));
    }
    let key::NewKey { id, text, hash } = key::generate(kind)?;
    let key = Key { id, kind, sha256: hash.hex(), note: note.into() };
    if print {
        println!("{text}");
        eprintln!("The key is above; it is kept nowhere. For the configuration:\n");
        eprint!("[[tenants.{tenant}.keys]]\n{}", toml::to_string(&key)?);
        return Ok(());
    }
    let path = path(config)?;
    let created = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    KeysFile::change(&path, |file| {
        file.keys.push(Stored { tenant: tenant.into(), key, created });
        Ok(())
    })?;
    println!("{text}");
    eprintln!("The key is above and cannot be shown again; {} has its hash.", path.display());
    eprintln!("A running gateway takes it after SIGHUP.");
    Ok(())
}

fn unknown_tenant(config: &Config, tenant: &str) -> KeysError {
    let suggestion = closest(tenant, config.tenants.keys().map(String::as_str));
    let suggestion = suggestion.map_or(String::new(), |name| format!(", did you mean `{name}`?"));
    KeysError::Refused(format!(
        "no tenant `{tenant}`{suggestion} Tenants stand in the configuration (--config FILE): [tenants.{tenant}]"
    ))
}

fn path(config: &Config) -> Result<PathBuf, KeysError> {
    let missing = || {
        KeysError::Refused(
            "there is nowhere to keep keys: set `keys_file` or `data_dir`, or use --print".into(),
        )
    };
    config.keys_path().ok_or_else(missing)
}

fn list(config: &Config) -> Result<(), KeysError> {
    let row = |tenant: &str, key: &Key, created: &str| {
        println!("{:<8}  {:<6}  {:<18}  {:<20}  {}", key.id, key.kind.as_str(), tenant, created, key.note);
    };
    println!("{:<8}  {:<6}  {:<18}  {:<20}  NOTE", "ID", "KIND", "TENANT", "CREATED");
    for (name, tenant) in &config.tenants {
        tenant.keys.iter().for_each(|key| row(name, key, "in the configuration"));
    }
    let Some(path) = config.keys_path() else { return Ok(()) };
    for Stored { tenant, key, created } in &KeysFile::read(&path)?.keys {
        row(tenant, key, created);
    }
    Ok(())
}

fn revoke(config: &Config, id: &str) -> Result<(), KeysError> {
    if let Some((name, _)) =
        config.tenants.iter().find(|(_, tenant)| tenant.keys.iter().any(|key| key.id == id))
    {
        return Err(KeysError::Refused(format!(
            "key {id} stands in the configuration: remove it there, below [tenants.{name}]"
        )));
    }
    let path = path(config)?;
    let missing =
        || KeysError::Refused(format!("no key {id} in {}; `openqoe keys list` shows them", path.display()));
    if !KeysFile::read(&path)?.keys.iter().any(|stored| stored.key.id == id) {
        return Err(missing());
    }
    KeysFile::change(&path, |file| {
        file.keys.retain(|stored| stored.key.id != id);
        Ok(())
    })?;
    eprintln!("Key {id} is revoked. A running gateway refuses it after SIGHUP.");
    Ok(())
}

fn check(mut config: Config, text: &str) -> anyhow::Result<()> {
    let mut given = text.to_owned();
    if text == "-" {
        given.clear();
        std::io::stdin().read_to_string(&mut given)?;
    }
    let text = given.trim();
    let Some((kind, id)) = key::read(text) else {
        anyhow::bail!("this is no key: mistyped, cut off, or something else");
    };
    join(&mut config)?;
    let hash = KeyHash::of(text.as_bytes()).hex();
    let known = config.tenants.iter().find_map(|(name, tenant)| {
        tenant.keys.iter().find(|key| key.sha256.eq_ignore_ascii_case(&hash)).map(|key| (name, key))
    });
    let Some((tenant, key)) = known else {
        anyhow::bail!(
            "{} key {id} is well formed, but of no tenant here: revoked, or made elsewhere",
            kind.as_str()
        );
    };
    println!("{} key {id} of tenant {tenant} {}", kind.as_str(), key.note);
    Ok(())
}
