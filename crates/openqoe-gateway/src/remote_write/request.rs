//! One request in the queue, and the file it waits in.
//!
//! The body is a compressed message of remote write 2.0; one of 1.0 is made of it when the receiver wants that.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Read, Write};
use std::path::Path;

use openqoe_metrics::to_1_0;

const MAGIC: &[u8; 8] = b"OQORW001";
/// Magic, checksum of what follows it, timestamp, samples, flag.
const HEAD: usize = 8 + 4 + 8 + 8 + 1;
/// Unpacked, no message comes near it: a damaged length must not be believed.
const MAX_UNPACKED: usize = 256 << 20;

/// A request to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) about: About,
    /// `io.prometheus.write.v2.Request` in the snappy block format.
    pub(super) body: Vec<u8>,
}

/// What can be known of a request without its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct About {
    /// Timestamp of its samples, epoch ms.
    pub(super) at: u64,
    pub(super) samples: u64,
    /// Whether a receiver of 1.0 is told what the metrics are.
    pub(super) metadata: bool,
}

impl Request {
    /// A request of a message.
    ///
    /// # Errors
    /// When the message is too large to be compressed (4 GiB).
    pub(super) fn new(about: About, message: &[u8]) -> Result<Request, snap::Error> {
        Ok(Request { about, body: snap::raw::Encoder::new().compress_vec(message)? })
    }

    /// The body in remote write 1.0; `None` when this one is damaged.
    pub(super) fn body_1_0(&self) -> Option<Vec<u8>> {
        if snap::raw::decompress_len(&self.body).ok()? > MAX_UNPACKED {
            return None;
        }
        let message = snap::raw::Decoder::new().decompress_vec(&self.body).ok()?;
        snap::raw::Encoder::new().compress_vec(&to_1_0(&message, self.about.metadata)?).ok()
    }

    /// Writes a file that is whole or not there. It survives the process, not the power: what is lost with that are some
    /// seconds of samples, and the counters in the next ones hold what they said.
    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let temporary = path.with_extension("tmp");
        let written = self.write_to(&temporary).and_then(|()| fs::rename(&temporary, path));
        written.inspect_err(|_| {
            // What was written of it takes the room that lacked.
            let _ = fs::remove_file(&temporary);
        })
    }

    fn write_to(&self, path: &Path) -> Result<(), Error> {
        let mut head = Vec::with_capacity(HEAD);
        head.extend_from_slice(&self.about.at.to_le_bytes());
        head.extend_from_slice(&self.about.samples.to_le_bytes());
        head.push(u8::from(self.about.metadata));
        let mut sum = crc32fast::Hasher::new();
        sum.update(&head);
        sum.update(&self.body);
        let mut file = File::create(path)?;
        file.write_all(MAGIC)?;
        file.write_all(&sum.finalize().to_le_bytes())?;
        file.write_all(&head)?;
        file.write_all(&self.body)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is not as it was written.
    pub(super) fn read(path: &Path) -> Result<Request, Error> {
        let bytes = fs::read(path)?;
        let about = about(&bytes).ok_or_else(damaged)?;
        let sum = u32::from_le_bytes(bytes[8..12].try_into().map_err(|_| damaged())?);
        if crc32fast::hash(&bytes[12..]) != sum {
            return Err(damaged());
        }
        Ok(Request { about, body: bytes[HEAD..].to_vec() })
    }

    /// What a file begins with, and how long its body is.
    ///
    /// # Errors
    /// When it cannot be read or does not begin as it should.
    pub(super) fn read_head(path: &Path) -> Result<(About, u64), Error> {
        let mut file = File::open(path)?;
        let mut head = [0; HEAD];
        file.read_exact(&mut head)?;
        let about = about(&head).ok_or_else(damaged)?;
        Ok((about, file.metadata()?.len() - HEAD as u64))
    }
}

fn damaged() -> Error {
    Error::new(ErrorKind::InvalidData, "the file is damaged")
}

fn about(bytes: &[u8]) -> Option<About> {
    let rest = bytes.strip_prefix(MAGIC)?.get(4..)?;
    let (at, rest) = rest.split_first_chunk()?;
    let (samples, rest) = rest.split_first_chunk()?;
    Some(About {
        at: u64::from_le_bytes(*at),
        samples: u64::from_le_bytes(*samples),
        metadata: *rest.first()? == 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_was_written_or_not_at_all() {
        let path = std::env::temp_dir().join(format!("openqoe-request-{}.push", std::process::id()));
        let about = About { at: 1_700_000_000_000, samples: 7, metadata: true };
        let request = Request::new(about, b"some message").unwrap();
        request.write(&path).unwrap();
        assert_eq!(Request::read(&path).unwrap(), request);
        assert_eq!(Request::read_head(&path).unwrap(), (about, request.body.len() as u64));
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(Request::read(&path).is_err());
        }
        for position in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[position] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert!(Request::read(&path).is_err(), "bit of byte {position}");
        }
        let _ = fs::remove_file(path);
    }

    #[test]
    fn a_body_that_is_no_message_has_no_1_0() {
        let about = About { at: 1, samples: 1, metadata: false };
        assert_eq!(Request { about, body: vec![0xff; 20] }.body_1_0(), None);
        assert_eq!(Request::new(about, b"\xff\xff").unwrap().body_1_0(), None);
    }
}
