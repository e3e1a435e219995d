//! The segment index box `sidx` (ISO/IEC 14496-12, 8.16.3): which bytes of a file are which seconds.

use crate::ProbeError;
use crate::media::MAX_SEGMENTS;

/// A stretch of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its first byte.
    pub offset: u64,
    /// How many.
    pub bytes: u64,
    /// When it begins, ms after the first one.
    pub start_ms: u64,
    /// How long it lasts, ms.
    pub duration_ms: u64,
}

/// Reads bytes that were found at an offset of a file.
///
/// # Errors
/// When there is no index, it is cut off, or it points to other indexes.
pub fn read(bytes: &[u8], at: u64) -> Result<Vec<Reference>, ProbeError> {
    let (mut rest, mut at) = (bytes, at);
    loop {
        let mut reader = Reader(rest);
        let (size, kind) = (reader.u32()?, reader.u32()?);
        let size = if size == 1 { reader.u64()? } else { u64::from(size) };
        let header = (rest.len() - reader.0.len()) as u64;
        if size < header {
            return Err(ProbeError::Index("a box has no size"));
        }
        let end = at.saturating_add(size);
        if kind == u32::from_be_bytes(*b"sidx") {
            return references(&mut reader, end);
        }
        let skipped = usize::try_from(size).ok().and_then(|size| rest.get(size..));
        (rest, at) = (skipped.ok_or(ProbeError::Index("there is no sidx box"))?, end);
    }
}

fn references(reader: &mut Reader<'_>, end: u64) -> Result<Vec<Reference>, ProbeError> {
    let version = reader.u32()? >> 24;
    let (_id, timescale) = (reader.u32()?, u64::from(reader.u32()?));
    if timescale == 0 {
        return Err(ProbeError::Index("the timescale is 0"));
    }
    let first = if version == 0 {
        reader.u32()?;
        u64::from(reader.u32()?)
    } else {
        reader.u64()?;
        reader.u64()?
    };
    // 8.16.3.3: offsets count from the byte after the box.
    let mut offset = end.saturating_add(first);
    let mut time = 0_u64;
    let count = reader.u32()? & 0xFFFF;
    let mut found = Vec::new();
    for _ in 0..(count as usize).min(MAX_SEGMENTS) {
        let (reference, length, _access_point) = (reader.u32()?, reader.u32()?, reader.u32()?);
        if reference >> 31 == 1 {
            return Err(ProbeError::Index("it points to other indexes, which is not supported"));
        }
        let bytes = u64::from(reference);
        let (start_ms, end_ms) = (time * 1000 / timescale, (time + u64::from(length)) * 1000 / timescale);
        found.push(Reference { offset, bytes, start_ms, duration_ms: end_ms - start_ms });
        (offset, time) = (offset.saturating_add(bytes), time + u64::from(length));
    }
    Ok(found)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ProbeError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(ProbeError::Index("it is cut off"))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u32(&mut self) -> Result<u32, ProbeError> {
        self.take().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, ProbeError> {
        self.take().map(u64::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sidx() -> Vec<u8> {
        let mut body = Vec::new();
        let words = [0, 1, 1000, 0, 10, 2, 500, 2000, 0x9000_0000, 700, 1500, 0x9000_0000_u32];
        words.iter().for_each(|word| body.extend(word.to_be_bytes()));
        let mut bytes = [0, 0, 0, 8].to_vec();
        bytes.extend(b"free");
        bytes.extend((body.len() as u32 + 8).to_be_bytes());
        bytes.extend(b"sidx");
        bytes.extend(body);
        bytes
    }

    #[test]
    fn references_follow_the_box() {
        let found = read(&sidx(), 1000).unwrap();
        let end = 1000 + sidx().len() as u64 + 10;
        let expected = [
            Reference { offset: end, bytes: 500, start_ms: 0, duration_ms: 2000 },
            Reference { offset: end + 500, bytes: 700, start_ms: 2000, duration_ms: 1500 },
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_cut_off_is_told() {
        let bytes = sidx();
        assert!((0..bytes.len()).all(|length| read(&bytes[..length], 0).is_err()));
    }
}
