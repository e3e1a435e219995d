//! Lines of something that is read, bounded in length; the last one may not be whole yet.

use std::io::{self, BufRead};

/// The longest line that is kept, bytes. What is longer is cut, and refused by the decoder.
pub(super) const MAX_LINE: usize = 64 << 10;

/// Lines out of bytes.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: R,
    begun: Vec<u8>,
    /// Bytes up to the end of the last whole line.
    pub(super) offset: u64,
    /// Bytes of the line that has begun.
    ahead: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R, offset: u64) -> Lines<R> {
        Lines { reader, begun: Vec::new(), offset, ahead: 0 }
    }

    /// The next whole line, without its end; `None` where there is none at the moment.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let bytes = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            };
            if bytes.is_empty() {
                return Ok(None);
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let part = &bytes[..end.unwrap_or(bytes.len())];
            let room = MAX_LINE - self.begun.len();
            self.begun.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            self.ahead += used as u64;
            if end.is_some() {
                return Ok(Some(self.end()));
            }
        }
    }

    /// The line that has begun, when nothing will follow.
    pub(super) fn rest(&mut self) -> Option<Vec<u8>> {
        (!self.begun.is_empty()).then(|| self.end())
    }

    fn end(&mut self) -> Vec<u8> {
        self.offset += std::mem::take(&mut self.ahead);
        let mut line = std::mem::take(&mut self.begun);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::*;

    #[test]
    fn lines_are_whole_and_bounded() {
        let text = [b"one\r\n\ntwo".as_slice(), &vec![b'x'; 2 * MAX_LINE], b"\nend"].concat();
        let mut lines = Lines::new(BufReader::with_capacity(7, Cursor::new(text)), 0);
        assert_eq!(lines.next().unwrap().unwrap(), b"one");
        assert_eq!(lines.offset, 5);
        assert_eq!(lines.next().unwrap().unwrap(), b"");
        assert_eq!(lines.next().unwrap().unwrap().len(), MAX_LINE);
        assert_eq!(lines.next().unwrap(), None);
        let whole = lines.offset;
        assert_eq!(lines.rest().unwrap(), b"end");
        assert_eq!((lines.offset, lines.rest()), (whole + 3, None));
    }
}
