//! The files of the repository, as git knows them: what is ignored is nobody's business.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Text files by their path from the root.
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    pub(crate) files: Vec<(PathBuf, String)>,
}

impl Tree {
    /// Reads what git tracks, and what it would track.
    pub(crate) fn read(root: &Path) -> Result<Tree> {
        let output = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("git is needed")?;
        ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
        let names = String::from_utf8(output.stdout)?;
        // Media is no text, and a deleted file no file.
        let read = |name: &str| Some((PathBuf::from(name), std::fs::read_to_string(root.join(name)).ok()?));
        Ok(Tree { root: root.to_owned(), files: names.lines().filter_map(read).collect() })
    }

    /// Files of this name, wherever they are.
    pub(crate) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a Path, &'a str)> {
        self.iter().filter(move |(path, _)| path.file_name().is_some_and(|file| file == name))
    }

    /// Files of this extension.
    pub(crate) fn with_extension<'a>(
        &'a self,
        extension: &'a str,
    ) -> impl Iterator<Item = (&'a Path, &'a str)> {
        self.iter().filter(move |(path, _)| path.extension().is_some_and(|own| own == extension))
    }

    /// Rust and TypeScript.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&Path, &str)> {
        ["rs", "ts", "tsx"].into_iter().flat_map(|extension| self.with_extension(extension))
    }

    /// The text of one file, empty when there is none.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.iter().find(|(own, _)| *own == Path::new(path)).map_or("", |(_, text)| text)
    }

    fn iter(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.files.iter().map(|(path, text)| (path.as_path(), text.as_str()))
    }
}
