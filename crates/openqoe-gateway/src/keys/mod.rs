//! Keys made by `openqoe keys`: a file of their own, which the program writes, beside the configuration, which people write.
//! Tenants, origins and quotas are policy and belong under review; keys come and go on a command. So a key here is good
//! only for a tenant that is configured: whoever can write this file cannot make tenants.

pub(crate) mod command;
mod file;

use crate::config::Config;
use file::KeysFile;

/// What can go wrong with keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{path}: {source}")]
    Syntax { path: String, source: toml::de::Error },
    #[error("{path}: {problem}")]
    Invalid { path: String, problem: String },
    #[error("cannot write keys as TOML: {0}")]
    Encode(#[from] toml::ser::Error),
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    #[error("{0}")]
    Refused(String),
}

/// Gives the configured tenants their keys from the keys file.
///
/// # Errors
/// When there is a file and it cannot be used.
pub(crate) fn join(config: &mut Config) -> Result<(), KeysError> {
    let Some(path) = config.keys_path() else { return Ok(()) };
    for file::Stored { tenant, key, .. } in KeysFile::read(&path)?.keys {
        match config.tenants.get_mut(&tenant) {
            // What is in both is one key.
            Some(known) if known.keys.iter().any(|other| other.sha256 == key.sha256) => {}
            Some(known) => known.keys.push(key),
            None => config.doubts.push(format!(
                "{}: key {} is of tenant `{tenant}`, which is not configured: it opens nothing",
                path.display(),
                key.id
            )),
        }
    }
    Ok(())
}
