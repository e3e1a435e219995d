//! HLS playlists (RFC 8216, and its successor draft for what is newer). Lines nobody knows are ignored, as §6.3.1 asks; a line that is known
//! and wrong is an error with its number, for half a playlist would pass for a whole one.

mod attributes;
mod media;
mod multivariant;

pub use media::MediaPlaylist;
pub use multivariant::Multivariant;

use crate::ProbeError;

/// Either kind of playlist.
#[derive(Clone, Debug)]
pub enum Playlist {
    /// Renditions to choose from.
    Multivariant(Multivariant),
    /// Segments of one rendition.
    Media(MediaPlaylist),
}

/// Reads a playlist found at a URL.
///
/// # Errors
/// When it is none, a line is wrong, or the prober cannot play it.
pub fn read(text: &str, url: &str) -> Result<Playlist, ProbeError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().map(str::trim);
    if lines.next() != Some("#EXTM3U") {
        return Err(ProbeError::Unknown);
    }
    if text.lines().any(|line| line.starts_with("#EXT-X-DEFINE:")) {
        return Err(ProbeError::Unsupported("variables (EXT-X-DEFINE)".into()));
    }
    // §4.3.4: its tags must not stand in a media playlist, and one of them is what makes a multivariant one.
    if text.lines().any(|line| line.starts_with("#EXT-X-STREAM-INF:")) {
        return multivariant::read(text, url).map(Playlist::Multivariant);
    }
    media::read(text, url).map(Playlist::Media)
}

/// The lines that say something, with their numbers: not empty, and no comments.
fn told(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().map(str::trim).zip(1..).map(|(line, number)| (number, line));
    lines.filter(|(_, line)| !line.is_empty() && (!line.starts_with('#') || line.starts_with("#EXT")))
}

fn wrong(line: usize, problem: impl Into<String>) -> ProbeError {
    ProbeError::Playlist { line, problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        read(text, "http://a/x.m3u8").unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, expected) in [
            ("<html>", "neither an HLS playlist"),
            ("#EXTM3U\n#EXT-X-TARGETDURATION:x", "line 2: EXT-X-TARGETDURATION: `x` is no number"),
            (
                "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:,\na.ts",
                "line 3: EXTINF: `` is no number of seconds",
            ),
            ("#EXTM3U\n#EXT-X-TARGETDURATION:2\na.ts", "line 3: a segment without EXTINF"),
            ("#EXTM3U\n#EXTINF:2,\na.ts", "line 1: EXT-X-TARGETDURATION is missing"),
            ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=x\na", "line 2: EXT-X-STREAM-INF needs BANDWIDTH"),
            ("#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"", "not supported: variables"),
        ] {
            assert!(error(text).starts_with(expected), "{text:?}: {}", error(text));
        }
    }
}
