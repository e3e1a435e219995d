//! The objectives of a folder: every `*.yaml` and `*.yml` in it, in the order of their names.

use std::path::{Path, PathBuf};

use openqoe_slo::{MAX_BYTES, Problem, Slo};

use super::Config;

/// Files of a folder.
const MAX_FILES: usize = 256;

/// What is wrong with a folder of objectives.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("slo.dir: cannot read {path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error(
        "slo.dir: {path} holds no *.yaml; leave `slo.dir` empty for the objectives that come with OpenQoE"
    )]
    Empty { path: String },
    #[error("slo.dir: {path} holds more than {MAX_FILES} files")]
    TooMany { path: String },
    #[error("{}", list(.0))]
    Problems(Vec<Problem>),
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The objectives a configuration asks for, and where they come from.
///
/// # Errors
/// When the folder cannot be read, or something in it is no objective.
pub(crate) fn load(config: &Config, is_demo: bool) -> Result<(String, Vec<Slo>), LoadError> {
    if config.dir.as_os_str().is_empty() {
        let slos = if is_demo { openqoe_slo::demo() } else { openqoe_slo::templates().to_vec() };
        return Ok(("built-in".into(), slos));
    }
    let mut files = Vec::new();
    for path in paths(&config.dir)? {
        files.push((path.display().to_string(), text(&path)?));
    }
    let slos = openqoe_slo::parse_all(files.iter().map(|(file, text)| (file.as_str(), text.as_str())));
    Ok((config.dir.display().to_string(), slos.map_err(LoadError::Problems)?))
}

fn paths(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let path = folder.display().to_string();
    let read = |source| LoadError::Read { path: path.clone(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        // A folder mounted by Kubernetes has links to hidden folders in it.
        if matches!(extension, Some("yaml" | "yml")) && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    match paths.len() {
        0 => Err(LoadError::Empty { path }),
        1..=MAX_FILES => Ok(paths),
        _ => Err(LoadError::TooMany { path }),
    }
}

fn text(path: &Path) -> Result<String, LoadError> {
    use std::io::Read;
    let read = |source| LoadError::Read { path: path.display().to_string(), source };
    let mut text = String::new();
    // One byte more than is taken, so that what is too large is seen to be.
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(path).map_err(read)?.take(most).read_to_string(&mut text).map_err(read)?;
    Ok(text)
}
