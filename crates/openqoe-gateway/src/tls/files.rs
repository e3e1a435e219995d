//! Files that may be replaced while they are in use: whether they have been is told by their times of modification, which
//! works for renewals in place and for a mounted secret's symbolic links alike.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

/// How often they are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// What a file looked like: when it was written, and how long it was.
type Look = Option<(SystemTime, u64)>;

/// Looks at files every so often, and calls `reload` when they have changed, until `stop` changes.
pub(crate) async fn watch(files: &Mutex<Files>, reload: impl Fn(), mut stop: watch::Receiver<bool>) {
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = look.tick() => {
                if files.lock().unwrap_or_else(PoisonError::into_inner).have_changed() {
                    reload();
                }
            }
            _ = stop.changed() => return,
        }
    }
}

/// Some files, and what they looked like when they were last taken.
#[derive(Debug)]
pub(crate) struct Files {
    paths: Vec<PathBuf>,
    seen: Vec<Look>,
}

impl Files {
    /// These files as they are now; empty paths stand for none.
    pub(crate) fn new<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Files {
        let paths: Vec<PathBuf> =
            paths.into_iter().filter(|path| !path.as_os_str().is_empty()).cloned().collect();
        let seen = paths.iter().map(look).collect();
        Files { paths, seen }
    }

    /// Whether one of them has changed since this was last asked.
    pub(crate) fn have_changed(&mut self) -> bool {
        let now: Vec<Look> = self.paths.iter().map(look).collect();
        std::mem::replace(&mut self.seen, now) != self.seen
    }
}

fn look(path: &PathBuf) -> Look {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_once() {
        let path = std::env::temp_dir().join(format!("openqoe-files-{}", std::process::id()));
        std::fs::write(&path, "one").unwrap();
        let mut files = Files::new([&path, &PathBuf::new()]);
        assert!(!files.have_changed());
        std::fs::write(&path, "three").unwrap();
        assert!(files.have_changed());
        assert!(!files.have_changed());
        std::fs::remove_file(&path).unwrap();
        assert!(files.have_changed());
        assert!(!files.have_changed());
    }
}
