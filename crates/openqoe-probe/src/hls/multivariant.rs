//! The multivariant playlist (RFC 8216 §4.3.4): what there is to choose from.

use super::attributes::AttributeList;
use super::{told, wrong};
use crate::ProbeError;
use crate::media::MAX_RENDITIONS;
use crate::reference::resolve;

/// Variants to choose from, and the audio that belongs to them.
#[derive(Clone, Debug)]
pub struct Multivariant {
    /// By bitrate, the lowest first.
    pub variants: Vec<Variant>,
    /// The playlist of the audio that is played beside them, where it is not in them.
    pub audio: Option<String>,
    /// What is in it and not looked at.
    pub notes: Vec<&'static str>,
}

/// One variant.
#[derive(Clone, Debug)]
pub struct Variant {
    /// `BANDWIDTH`, bit/s.
    pub bitrate: u64,
    /// Its media playlist.
    pub playlist: String,
    audio_group: Option<String>,
    has_video: bool,
}

struct Audio<'a> {
    group: &'a str,
    is_default: bool,
    uri: &'a str,
}

pub(super) fn read(text: &str, url: &str) -> Result<Multivariant, ProbeError> {
    let (mut variants, mut audio, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    let mut next: Option<Variant> = None;
    for (number, line) in told(text) {
        if let Some(list) = line.strip_prefix("#EXT-X-STREAM-INF:") {
            next = Some(variant(&AttributeList::read(list), number)?);
        } else if let Some(list) = line.strip_prefix("#EXT-X-MEDIA:") {
            audio.extend(audio_of(&AttributeList::read(list)));
        } else if line.starts_with("#EXT-X-CONTENT-STEERING:") {
            notes.push("content steering is not followed: the first path way is taken");
        } else if !line.starts_with('#')
            && let Some(variant) = next.take()
        {
            variants.push(Variant { playlist: resolve(url, line), ..variant });
        }
    }
    // Variants of audio alone are for those whose network carries no video; choosing among them is no choice of quality.
    if variants.iter().any(|variant| variant.has_video) {
        variants.retain(|variant| variant.has_video);
    }
    variants.sort_by_key(|variant| variant.bitrate);
    // Redundant streams (§6.2.4) are the same bitrate again; the first is taken.
    variants.dedup_by_key(|variant| variant.bitrate);
    variants.truncate(MAX_RENDITIONS);
    let first = variants.first().ok_or(ProbeError::Empty("no variant has a URI"))?;
    let group = first.audio_group.as_deref();
    let mut of_group = audio.iter().filter(|audio| Some(audio.group) == group);
    let chosen = of_group.clone().find(|audio| audio.is_default).or_else(|| of_group.next());
    Ok(Multivariant { audio: chosen.map(|audio| resolve(url, audio.uri)), variants, notes })
}

fn variant(list: &AttributeList<'_>, line: usize) -> Result<Variant, ProbeError> {
    let bitrate = list
        .number("BANDWIDTH")
        .ok_or_else(|| wrong(line, "EXT-X-STREAM-INF needs BANDWIDTH in bit/s (RFC 8216 §4.3.4.2)"))?;
    let codecs = list.get("CODECS").unwrap_or_default();
    let is_audio = |codec: &str| {
        ["mp4a", "ac-3", "ec-3", "ac-4", "opus", "Opus", "fLaC", "mp3"]
            .iter()
            .any(|name| codec.starts_with(name))
    };
    let has_video = list.get("RESOLUTION").is_some()
        || codecs.is_empty()
        || codecs.split(',').any(|codec| !is_audio(codec.trim()));
    let audio_group = list.get("AUDIO").map(str::to_owned);
    Ok(Variant { bitrate, playlist: String::new(), audio_group, has_video })
}

/// A rendition without a URI is in the variant's own segments (§4.3.4.2.1).
fn audio_of<'a>(list: &AttributeList<'a>) -> Option<Audio<'a>> {
    (list.get("TYPE") == Some("AUDIO")).then_some(())?;
    let is_default = list.get("DEFAULT") == Some("YES");
    Some(Audio { group: list.get("GROUP-ID")?, is_default, uri: list.get("URI")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_come_by_bitrate_with_their_audio() {
        let text = "#EXTM3U\n\
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\",URI=\"x.m3u8\"\n\
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"y\",DEFAULT=YES,URI=\"y.m3u8\"\n\
            #EXT-X-STREAM-INF:BANDWIDTH=900,CODECS=\"avc1,mp4a\",AUDIO=\"a\"\nhigh/v.m3u8\n\
            #EXT-X-STREAM-INF:BANDWIDTH=300,RESOLUTION=1x1,AUDIO=\"a\"\n/low.m3u8\n\
            #EXT-X-STREAM-INF:BANDWIDTH=40,CODECS=\"mp4a.40.2\",AUDIO=\"a\"\nradio.m3u8\n";
        let read = read(text, "http://h/p/main.m3u8").unwrap();
        let variants: Vec<_> = read.variants.iter().map(|v| (v.bitrate, v.playlist.as_str())).collect();
        assert_eq!(variants, [(300, "http://h/low.m3u8"), (900, "http://h/p/high/v.m3u8")]);
        assert_eq!(read.audio.as_deref(), Some("http://h/p/y.m3u8"));
    }
}
