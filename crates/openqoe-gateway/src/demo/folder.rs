//! Where a demo keeps what it keeps: a private folder of its own that goes with it. What a demo that was killed left behind is
//! removed by the next.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

const PREFIX: &str = "openqoe-demo-";
/// Locked for as long as the demo runs.
const LOCK: &str = "demo.lock";
/// Names tried before giving up.
const TRIES: usize = 16;

/// A folder that is removed when this is dropped.
pub(crate) struct DemoFolder {
    path: PathBuf,
    _lock: File,
}

impl DemoFolder {
    /// Makes one among the system's temporary files, after removing those nobody holds any more.
    ///
    /// # Errors
    /// When the system has no room for it.
    pub(crate) fn make() -> io::Result<DemoFolder> {
        DemoFolder::make_in(&std::env::temp_dir())
    }

    fn make_in(parent: &Path) -> io::Result<DemoFolder> {
        sweep(parent);
        for _ in 0..TRIES {
            let path = parent.join(format!("{PREFIX}{:016x}", fastrand::u64(..)));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            }
            let lock = File::create_new(path.join(LOCK))?;
            // Another demo that starts just now may have taken it for one that was left.
            if lock.try_lock().is_ok() && path.join(LOCK).exists() {
                return Ok(DemoFolder { path, _lock: lock });
            }
        }
        Err(io::Error::other("no folder could be had for the demo's data"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for DemoFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, folder = %self.path.display(), "the demo's data could not be removed");
        }
    }
}

/// Removes the folders of demos that are gone.
fn sweep(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    let folders = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    for folder in folders {
        // Those of other users cannot be opened for writing, and one without a lock is just being made.
        let Ok(lock) = File::options().write(true).open(folder.path().join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            // Whatever is in the way, the next demo tries again.
            let _ = std::fs::remove_dir_all(folder.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_is_private_goes_with_the_demo_and_is_swept_after_a_kill() {
        let parent = std::env::temp_dir().join(format!("openqoe-sweep-{}", std::process::id()));
        std::fs::create_dir_all(&parent).unwrap();
        let running = DemoFolder::make_in(&parent).unwrap();
        let mode = std::fs::metadata(running.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let killed = parent.join(format!("{PREFIX}killed"));
        std::fs::create_dir_all(killed.join("journal")).unwrap();
        std::fs::write(killed.join(LOCK), "").unwrap();
        let another = DemoFolder::make_in(&parent).unwrap();
        assert!(running.path().exists() && !killed.exists());
        let path = another.path().to_owned();
        drop((running, another));
        assert!(!path.exists());
        assert_eq!(std::fs::read_dir(&parent).unwrap().count(), 0);
        std::fs::remove_dir(&parent).unwrap();
    }
}
