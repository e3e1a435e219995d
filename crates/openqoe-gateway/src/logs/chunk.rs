//! What is sent at once: a body of lines below the gateway's limits, which says by itself what its columns are.

/// Lines in one request.
const MAX_LINES: usize = 500;
/// Bytes in one request, below `limits.max_body`.
const MAX_BYTES: usize = 1_000_000;

/// Lines that wait to be sent together.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    body: Vec<u8>,
    lines: usize,
    /// The newest line that names columns: each body needs it.
    header: Vec<u8>,
}

impl Chunk {
    pub(super) fn has_room(&self, line: &[u8]) -> bool {
        self.lines < MAX_LINES && self.body.len() + self.header.len() + line.len() + 2 <= MAX_BYTES
    }

    pub(super) fn push(&mut self, line: &[u8]) {
        if line.starts_with(b"#") {
            if line.starts_with(b"#Fields:") {
                self.header = line.to_vec();
                self.append(line);
            }
            return;
        }
        if self.body.is_empty() && !self.header.is_empty() {
            let header = self.header.clone();
            self.append(&header);
        }
        self.append(line);
        self.lines += 1;
    }

    fn append(&mut self, line: &[u8]) {
        self.body.extend_from_slice(line);
        self.body.push(b'\n');
    }

    pub(super) fn clear(&mut self) {
        self.body.clear();
        self.lines = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines == 0
    }

    pub(super) fn lines(&self) -> usize {
        self.lines
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_says_what_its_columns_are() {
        let mut chunk = Chunk::default();
        for line in ["#Version: 1.0", "#Fields: a b", "1 2"] {
            chunk.push(line.as_bytes());
        }
        assert_eq!((chunk.body(), chunk.lines()), (&b"#Fields: a b\n1 2\n"[..], 1));
        chunk.clear();
        assert!(chunk.is_empty());
        chunk.push(b"3 4");
        assert_eq!(chunk.body(), b"#Fields: a b\n3 4\n");
        (1..MAX_LINES).for_each(|_| chunk.push(b"x"));
        assert!(!chunk.has_room(b"x"));
        assert!(!Chunk::default().has_room(&vec![b'x'; MAX_BYTES]));
    }
}
