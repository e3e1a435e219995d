//! How fast the progressive file plays, place by place. Delivered no faster, it is not buffered whole at once, and a
//! delivery that stops is felt within seconds.

use std::sync::LazyLock;

use super::{boxes, media};

const SEGMENT_SECONDS: usize = 2;
/// Faster than real time, so that a player gets on its feet again after a seek forward: it waits for the bytes then and
/// does not ask anew.
const PACE_PERCENT: usize = 115;
/// Seconds of media that may be ahead of the pace: enough to start at once.
const LEAD_SECONDS: usize = 3;

/// Where in the file each two seconds of media end; the first place is where media begins.
static MARKS: LazyLock<Vec<usize>> = LazyLock::new(|| marks().unwrap_or_default());

/// Bytes per second that keep the pace at this place, 0 where there is no pace to keep.
pub(crate) fn rate(offset: usize) -> usize {
    // What stands before the media belongs to no time.
    let passage = MARKS.windows(2).find(|marks| (marks[0]..marks[1]).contains(&offset));
    passage.map_or(0, |marks| (marks[1] - marks[0]) * PACE_PERCENT / 100 / SEGMENT_SECONDS)
}

/// How far a delivery may be that begins at this place, before the pace is kept.
pub(crate) fn lead(offset: usize) -> usize {
    let begin = offset.max(MARKS.first().copied().unwrap_or_default());
    begin + rate(begin) * 100 / PACE_PERCENT * LEAD_SECONDS
}

/// The file holds the frames of one rendition of the ladder, whose segments tell how many bytes they take.
fn marks() -> Option<Vec<usize>> {
    let file = media::find("progressive.mp4")?.bytes;
    let size = |path: String| media::find(&path).map(|asset| asset.bytes.len());
    let sizes: Vec<usize> = (1..)
        .map_while(|number| {
            Some(size(format!("video-240p/{number:02}.m4s"))? + size(format!("audio/{number:02}.m4s"))?)
        })
        .collect();
    let begin = boxes::content(&file, &[b"mdat"])?.start;
    let total: usize = sizes.iter().sum();
    let mut sum = 0;
    let ends = sizes.iter().map(|size| {
        sum += size;
        begin + sum * (file.len() - begin) / total
    });
    Some([begin].into_iter().chain(ends).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_span_the_file() {
        let length = media::find("progressive.mp4").unwrap().bytes.len();
        assert_eq!((MARKS.len(), MARKS.last().copied()), (31, Some(length)));
        assert!(MARKS.is_sorted());
        assert_eq!((rate(0), rate(length)), (0, 0), "the head has no time, the end nothing to pace");
        let bits = rate(length / 2) * 8 * 100 / PACE_PERCENT;
        assert!((150_000..250_000).contains(&bits), "{bits}");
        assert!(lead(0) > MARKS[1] && lead(0) < MARKS[3]);
    }
}
