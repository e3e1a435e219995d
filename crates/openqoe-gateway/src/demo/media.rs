//! The media of the demo, embedded so that `openqoe demo` works from anywhere. `cargo xtask media` makes the files.

use bytes::Bytes;
use include_dir::{Dir, include_dir};

static MEDIA: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../demo/media");

/// What a file is to a player, which decides the faults it suffers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
    /// A playlist or an MPD.
    Manifest,
    /// An initialisation section.
    Init,
    /// Two seconds of video.
    VideoSegment,
    /// Two seconds of audio.
    AudioSegment,
    /// A whole film in one file.
    Progressive,
    /// The time of day, for players of live streams. It suffers no fault: what is late is the media, not the clock.
    Clock,
}

/// A file to serve.
pub(crate) struct Asset {
    /// All its bytes.
    pub(crate) bytes: Bytes,
    /// Its media type.
    pub(crate) content_type: &'static str,
    /// What it is to a player.
    pub(crate) role: Role,
}

/// The file at a path below `demo/media`, if it is media.
pub(crate) fn find(path: &str) -> Option<Asset> {
    let (stem, extension) = path.rsplit_once('.')?;
    let track = path.split('/').next().unwrap_or_default();
    let (content_type, role) = match (extension, stem) {
        ("m3u8", _) => ("application/vnd.apple.mpegurl", Role::Manifest),
        ("mpd", _) => ("application/dash+xml", Role::Manifest),
        ("mp4", "progressive") => ("video/mp4", Role::Progressive),
        ("mp4", _) if track == "audio" => ("audio/mp4", Role::Init),
        ("mp4", _) => ("video/mp4", Role::Init),
        ("m4s", _) if track == "audio" => ("audio/mp4", Role::AudioSegment),
        ("m4s", _) => ("video/mp4", Role::VideoSegment),
        _ => return None,
    };
    Some(Asset { bytes: Bytes::from_static(MEDIA.get_file(path)?.contents()), content_type, role })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles() {
        for (path, role) in [
            ("main.m3u8", Role::Manifest),
            ("main.mpd", Role::Manifest),
            ("audio/playlist.m3u8", Role::Manifest),
            ("audio/init.mp4", Role::Init),
            ("audio/01.m4s", Role::AudioSegment),
            ("video-144p/init.mp4", Role::Init),
            ("video-360p/30.m4s", Role::VideoSegment),
            ("progressive.mp4", Role::Progressive),
        ] {
            assert_eq!(find(path).map(|asset| asset.role), Some(role), "{path}");
        }
        for path in ["README.md", "nothing.mp4", "../media/main.m3u8", "video-360p", ""] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    /// Every path a playlist names is there, and every peak it declares is kept (RFC 8216 4.3.4.2).
    #[test]
    fn playlists_are_true() {
        let text = |path: &str| String::from_utf8(find(path).unwrap().bytes.to_vec()).unwrap();
        let main = text("main.m3u8");
        let audio_peak = peak(&text("audio/playlist.m3u8"), "audio");
        let mut lines = main.lines();
        let mut variants = 0;
        while let Some(line) = lines.next() {
            let Some(attributes) = line.strip_prefix("#EXT-X-STREAM-INF:BANDWIDTH=") else { continue };
            let declared: f64 = attributes.split(',').next().unwrap().parse().unwrap();
            let uri = lines.next().unwrap();
            let measured = peak(&text(uri), uri.split('/').next().unwrap()) + audio_peak;
            assert!(
                measured <= declared && declared < measured * 1.02 + 2000.0,
                "{uri}: {measured} {declared}"
            );
            variants += 1;
        }
        assert_eq!(variants, 3);
    }

    fn peak(playlist: &str, folder: &str) -> f64 {
        assert!(find(&format!("{folder}/init.mp4")).is_some());
        let mut lines = playlist.lines();
        let mut peak = 0_f64;
        while let Some(line) = lines.next() {
            let Some(duration) = line.strip_prefix("#EXTINF:") else { continue };
            let duration: f64 = duration.trim_end_matches(',').parse().unwrap();
            let bytes = find(&format!("{folder}/{}", lines.next().unwrap())).unwrap().bytes.len();
            peak = peak.max(bytes as f64 * 8.0 / duration);
        }
        peak
    }
}
