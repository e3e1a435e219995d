//! A fragment of the film and its place in time (ISO 14496-12): where it says that it begins, and how to say otherwise.

use std::ops::Range;

use crate::demo::boxes;

/// The time a fragment takes, in units of its track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Timing {
    /// Units per second.
    pub(super) timescale: u64,
    /// Decode time of its first sample.
    pub(super) begin: u64,
}

/// Reads when a fragment begins, by its segment index (8.16.3).
pub(super) fn timing(fragment: &[u8]) -> Option<Timing> {
    let index = boxes::content(fragment, &[b"sidx"])?;
    let timescale = fragment.get(index.start + 8..)?.first_chunk()?;
    let begin = fragment.get(presentation_time(fragment)?)?.first_chunk()?;
    Some(Timing { timescale: u32::from_be_bytes(*timescale).into(), begin: u64::from_be_bytes(*begin) })
}

/// A copy of the fragment that begins at `begin` and is the `sequence`th of its stream.
pub(super) fn retime(fragment: &[u8], begin: u64, sequence: u32) -> Option<Vec<u8>> {
    let mut copy = fragment.to_vec();
    let header = boxes::content(fragment, &[b"moof", b"mfhd"])?;
    copy.get_mut(header.start + 4..header.end)?.copy_from_slice(&sequence.to_be_bytes());
    for place in [presentation_time(fragment)?, decode_time(fragment)?] {
        copy.get_mut(place)?.copy_from_slice(&begin.to_be_bytes());
    }
    Some(copy)
}

/// `earliest_presentation_time`, which is the first decode time too: the film has no B-frames.
fn presentation_time(fragment: &[u8]) -> Option<Range<usize>> {
    long_field(fragment, &[b"sidx"], 12)
}

/// `baseMediaDecodeTime` (8.8.12).
fn decode_time(fragment: &[u8]) -> Option<Range<usize>> {
    long_field(fragment, &[b"moof", b"traf", b"tfdt"], 4)
}

/// A field of 64 bits, which takes version 1 of its box.
fn long_field(fragment: &[u8], path: &[&[u8; 4]], offset: usize) -> Option<Range<usize>> {
    let content = boxes::content(fragment, path)?;
    let field = content.start + offset..content.start + offset + 8;
    (fragment.get(content.start) == Some(&1) && field.end <= content.end).then_some(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::media;

    #[test]
    fn a_moved_fragment_differs_in_its_times_only() {
        for (path, timescale, begin) in
            [("video-360p/30.m4s", 12_800, 742_400), ("audio/30.m4s", 48_000, 2_784_256)]
        {
            let file = media::find(path).unwrap().bytes;
            assert_eq!(timing(&file), Some(Timing { timescale, begin }), "{path}");
            let moved = retime(&file, 1 << 40, 77).unwrap();
            assert_eq!(timing(&moved).unwrap().begin, 1 << 40);
            assert_eq!(moved[decode_time(&moved).unwrap()], (1_u64 << 40).to_be_bytes());
            assert_eq!(retime(&moved, begin, 30).unwrap(), file, "{path}: and back");
            let changed = moved.iter().zip(&file).filter(|(one, other)| one != other).count();
            assert!(changed <= 4 + 8 + 8, "{path}: {changed}");
        }
        assert_eq!(timing(b"no fragment at all"), None);
    }
}
