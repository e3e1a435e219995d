//! Frames: how records lie in a file so that the end of what is whole can be found, and what follows damage too.
//!
//! `"OQrc" | length u32 | CRC-32 of the payload u32 | payload`, numbers in little endian.

const MARK: &[u8; 4] = b"OQrc";
/// Bytes before the payload.
pub(super) const HEAD: usize = 12;
/// Longer payloads are damage: a body is smaller, and so is what is made of it.
const MAX_PAYLOAD: usize = 64 << 20;

/// Appends a frame whose payload `write` appends.
pub(super) fn push(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    write(out);
    seal(&mut out[start..]);
}

/// Writes mark, length and checksum of a frame whose payload is in place.
pub(super) fn seal(frame: &mut [u8]) {
    let (head, payload) = frame.split_at_mut(HEAD);
    head[..4].copy_from_slice(MARK);
    head[4..8].copy_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
    head[8..].copy_from_slice(&crc32fast::hash(payload).to_le_bytes());
}

/// A stretch of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stretch<'a> {
    /// A whole frame: where it starts, and its payload.
    Frame(usize, &'a [u8]),
    /// What is none, from where, and how long.
    Damage(usize, usize),
}

/// Reads stretch by stretch, the whole of the bytes.
pub(super) fn scan(bytes: &[u8], start: usize) -> impl Iterator<Item = Stretch<'_>> {
    let mut at = start;
    std::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        let from = at;
        if let Some(payload) = payload(&bytes[at..]) {
            at += HEAD + payload.len();
            return Some(Stretch::Frame(from, payload));
        }
        at = next_frame(bytes, at + 1).unwrap_or(bytes.len());
        Some(Stretch::Damage(from, at - from))
    })
}

/// The payload of the frame these bytes begin with, if it is whole.
pub(super) fn payload(bytes: &[u8]) -> Option<&[u8]> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let crc = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
    rest.get(..length(head)?).filter(|payload| crc32fast::hash(payload) == crc)
}

/// The length of the payload behind a frame's head.
pub(super) fn length(head: &[u8; HEAD]) -> Option<usize> {
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    (&head[..4] == MARK && length <= MAX_PAYLOAD).then_some(length)
}

/// Where the frames of bytes that hold nothing else begin, and their payloads, unchecked: we made them just now.
pub(super) fn frames(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (head, rest) = bytes.get(at..)?.split_first_chunk::<HEAD>()?;
        let (from, payload) = (at, rest.get(..length(head)?)?);
        at += HEAD + payload.len();
        Some((from, payload))
    })
}

/// Where the next whole frame begins.
fn next_frame(bytes: &[u8], from: usize) -> Option<usize> {
    let candidates = bytes[from.min(bytes.len())..].windows(MARK.len()).enumerate();
    let mut places = candidates.filter(|(_, window)| window == MARK).map(|(offset, _)| from + offset);
    places.find(|place| payload(&bytes[*place..]).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(payloads: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for payload in payloads {
            push(&mut out, |out| out.extend_from_slice(payload));
        }
        out
    }

    #[test]
    fn what_follows_damage_is_found() {
        let mut bytes = file(&[b"first", b"second", b"third"]);
        bytes[HEAD + 5 + HEAD] ^= 1;
        let read: Vec<_> = scan(&bytes, 0).collect();
        assert_eq!(
            read,
            [Stretch::Frame(0, b"first"), Stretch::Damage(17, 18), Stretch::Frame(35, b"third")]
        );
    }

    proptest::proptest! {
        /// Every byte belongs to one stretch, whatever the bytes; frames before a cut are all there.
        #[test]
        fn stretches_cover_the_bytes(
            payloads in proptest::collection::vec(proptest::collection::vec(0_u8.., 0..40), 0..6),
            noise in proptest::collection::vec((0_usize..200, 0_u8..), 0..4),
            cut in 0_usize..300,
        ) {
            let payloads: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
            let mut bytes = file(&payloads);
            bytes.truncate(cut);
            let whole = scan(&bytes, 0).filter(|stretch| matches!(stretch, Stretch::Frame(..))).count();
            let mut end = 0;
            let expected = payloads.iter().take_while(|payload| { end += HEAD + payload.len(); end <= cut }).count();
            proptest::prop_assert_eq!(whole, expected);
            for (place, value) in noise {
                if let Some(byte) = bytes.get_mut(place) { *byte = value; }
            }
            let mut at = 0;
            for stretch in scan(&bytes, 0) {
                let (from, length) = match stretch {
                    Stretch::Frame(from, payload) => (from, HEAD + payload.len()),
                    Stretch::Damage(from, length) => (from, length),
                };
                proptest::prop_assert_eq!(from, at);
                proptest::prop_assert!(length > 0);
                at += length;
            }
            proptest::prop_assert_eq!(at, bytes.len());
        }
    }
}
