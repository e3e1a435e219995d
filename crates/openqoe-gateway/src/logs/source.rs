//! Where lines come from: files one after the other, standard input, or a file that grows and is rotated.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use anyhow::{Context, Error, Result};
use flate2::bufread::MultiGzDecoder;

use super::lines::Lines;
use super::position::{Position, identity};
use crate::unpack;

/// How often a file is looked at for more.
const LOOK: Duration = Duration::from_millis(250);

/// What the reader tells.
pub(super) enum Told {
    /// A line, and where the file stands behind it.
    Line(Vec<u8>, Position),
    Failed(Error),
}

type Listener = SyncSender<Told>;

/// Whether anybody still listens.
fn tell(listener: &Listener, line: Vec<u8>, position: Position) -> bool {
    line.is_empty() || listener.send(Told::Line(line, position)).is_ok()
}

/// Reads files to their ends.
pub(super) fn read(files: &[PathBuf], listener: &Listener) -> Result<()> {
    for path in files {
        let about = || path.display().to_string();
        let input: Box<dyn BufRead> = if path.as_os_str() == "-" {
            Box::new(BufReader::new(std::io::stdin()))
        } else {
            Box::new(BufReader::new(File::open(path).with_context(about)?))
        };
        let mut lines = Lines::new(unpacked(input).with_context(about)?, 0);
        while let Some(line) = lines.next().with_context(about)? {
            if !tell(listener, line, Position::default()) {
                return Ok(());
            }
        }
        if let Some(rest) = lines.rest() {
            tell(listener, rest, Position::default());
        }
    }
    Ok(())
}

/// What is gzip by its first bytes is unpacked, whatever it is called.
fn unpacked(mut input: Box<dyn BufRead>) -> std::io::Result<Box<dyn BufRead>> {
    let is_packed = unpack::is_gzip(input.fill_buf()?);
    Ok(if is_packed { Box::new(BufReader::new(MultiGzDecoder::new(input))) } else { input })
}

/// Reads a file, and whatever comes to be in its place, for good.
pub(super) fn follow(path: &Path, state: Option<&Path>, listener: &Listener) -> Result<()> {
    let about = || path.display().to_string();
    let mut from = state.map(Position::load).transpose()?.unwrap_or_default();
    loop {
        let file = File::open(path).with_context(about)?;
        let metadata = file.metadata().with_context(about)?;
        let file_id = identity(&metadata);
        let is_same = from.file == file_id && from.offset <= metadata.len();
        let offset = if is_same { from.offset } else { 0 };
        let mut lines = resume(file, offset, listener).with_context(about)?;
        let mut is_left = false;
        loop {
            while let Some(line) = lines.next().with_context(about)? {
                if !tell(listener, line, Position { file: file_id, offset: lines.offset }) {
                    return Ok(());
                }
            }
            // What was written between the last look and the rotation has been read by now.
            if is_left {
                break;
            }
            is_left = is_replaced(path, file_id, lines.offset);
            if !is_left {
                std::thread::sleep(LOOK);
            }
        }
        from = Position::default();
    }
}

/// Goes on from a place in a file; what its columns are stands at its beginning.
fn resume(file: File, offset: u64, listener: &Listener) -> std::io::Result<Lines<BufReader<File>>> {
    let mut reader = BufReader::new(file);
    if offset == 0 {
        return Ok(Lines::new(reader, 0));
    }
    let mut head = Lines::new(reader.by_ref(), 0);
    while let Some(line) = head.next()?.filter(|line| line.starts_with(b"#")) {
        tell(listener, line, Position::default());
    }
    reader.seek(SeekFrom::Start(offset))?;
    Ok(Lines::new(reader, offset))
}

/// Whether another file stands there now, or the same one was emptied. One that is gone will come.
fn is_replaced(path: &Path, file: u64, offset: u64) -> bool {
    fs::metadata(path).is_ok_and(|now| identity(&now) != file || now.len() < offset)
}
