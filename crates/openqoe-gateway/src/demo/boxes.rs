//! Boxes of ISO media files (ISO 14496-12 4.2), as far as the origin has to read them: to pace a file, to move a fragment.

use std::ops::Range;

const HEADER: usize = 8;

/// Where the content of the box stands that `path` leads to, from the outermost one inwards.
pub(crate) fn content(file: &[u8], path: &[&[u8; 4]]) -> Option<Range<usize>> {
    path.iter().try_fold(0..file.len(), |within, name| child(file, within, name))
}

fn child(file: &[u8], within: Range<usize>, wanted: &[u8; 4]) -> Option<Range<usize>> {
    let mut at = within.start;
    loop {
        let header: &[u8; HEADER] = file.get(at..within.end)?.first_chunk()?;
        let [a, b, c, d, name @ ..] = *header;
        let end = at + (u32::from_be_bytes([a, b, c, d]) as usize).max(HEADER);
        if name == *wanted {
            return (end <= within.end).then_some(at + HEADER..end);
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inwards() {
        let file = b"\0\0\0\x08free\0\0\0\x14moof\0\0\0\x0ctraf1234\0\0\0\x09mdat5";
        assert_eq!(content(file, &[b"moof", b"traf"]), Some(24..28));
        assert_eq!(content(file, &[b"mdat"]), Some(36..37));
        assert_eq!(content(file, &[b"traf"]), None, "not on the outermost floor");
        assert_eq!(content(file, &[b"moof", b"mdat"]), None, "not inside");
        assert_eq!(content(&file[..36], &[b"mdat"]), None, "cut off");
        assert_eq!(content(b"\0\0\0\0free\0\0\0\0", &[b"mdat"]), None, "a size of 0 ends");
    }
}
