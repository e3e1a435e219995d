//! DASH manifests (ISO/IEC 23009-1): periods, representations and how their segments are addressed.

mod address;
mod duration;
pub mod index;
mod listing;
mod template;
mod timeline;

use roxmltree::{Document, Node, ParsingOptions};

use crate::media::MAX_RENDITIONS;
use crate::reference::resolve;
use crate::{ProbeError, datetime};
use address::Address;
pub(crate) use listing::Index;

/// Elements of an MPD; one of a day with a timeline has some ten thousand.
const MAX_NODES: u32 = 400_000;
/// Periods that are looked at.
const MAX_PERIODS: usize = 200;

/// What an MPD says.
#[derive(Clone, Debug)]
pub struct Mpd {
    /// Whether it may change (`type="dynamic"`).
    pub is_live: bool,
    /// Epoch ms of the timeline's 0, where it is live.
    pub(crate) available_from: i64,
    /// How long to keep it, ms; for ever where it says nothing.
    pub(crate) update_ms: Option<u64>,
    /// How far behind the edge its author wants it played, ms.
    pub(crate) delay_ms: Option<u64>,
    pub(crate) clock: Option<Clock>,
    periods: Vec<Period>,
    /// What is in it and not looked at.
    pub notes: Vec<&'static str>,
}

/// How a player can know the server's time (5.8.4.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// It stands there: epoch ms.
    Told(i64),
    /// It is to be asked for: the answer is a date and time.
    Ask(String),
}

#[derive(Clone, Debug)]
struct Period {
    start_ms: i64,
    /// Where it ends on the timeline, if that is known.
    end_ms: Option<i64>,
    video: Vec<Representation>,
    audio: Vec<Representation>,
}

/// One representation.
#[derive(Clone, Debug)]
struct Representation {
    bitrate: u64,
    address: Address,
}

/// Which of the two tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Video,
    Audio,
}

impl Period {
    fn track(&self, kind: Kind) -> &[Representation] {
        match kind {
            Kind::Video => &self.video,
            Kind::Audio => &self.audio,
        }
    }
}

impl Mpd {
    /// The bitrates of a track in the first period, the lowest first.
    pub(crate) fn bitrates(&self, kind: Kind) -> Vec<u64> {
        let first = self.periods.first().map(|period| period.track(kind)).unwrap_or_default();
        first.iter().map(|representation| representation.bitrate).collect()
    }
}

/// Reads an MPD found at a URL.
///
/// # Errors
/// When it is none, misses what cannot be missed, or the prober cannot play it.
pub fn read(text: &str, url: &str) -> Result<Mpd, ProbeError> {
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document =
        Document::parse_with_options(text, options).map_err(|error| ProbeError::Mpd(error.to_string()))?;
    let root = document.root_element();
    if root.tag_name().name() != "MPD" {
        return Err(ProbeError::Unknown);
    }
    let is_live = root.attribute("type") == Some("dynamic");
    let date = |name| root.attribute(name).and_then(datetime::parse);
    let length = |name| root.attribute(name).and_then(duration::parse);
    let available_from = date("availabilityStartTime");
    if is_live && available_from.is_none() {
        return Err(ProbeError::Mpd(
            "a dynamic MPD needs availabilityStartTime (ISO/IEC 23009-1, 5.3.1.2)".into(),
        ));
    }
    let base =
        child(root, "Location").and_then(|node| node.text()).map_or(url.to_owned(), |to| resolve(url, to));
    let base = based(&base, root);
    let mut notes = Vec::new();
    let periods = periods(root, &base, length("mediaPresentationDuration"), &mut notes)?;
    Ok(Mpd {
        is_live,
        available_from: available_from.unwrap_or_default(),
        update_ms: length("minimumUpdatePeriod").map(|ms| ms.max(1000)),
        delay_ms: length("suggestedPresentationDelay"),
        clock: root.children().filter(|node| is(*node, "UTCTiming")).find_map(|node| clock(node, &base)),
        periods,
        notes,
    })
}

/// The element's URL: `base`, or what its first `BaseURL` makes of it.
fn based(base: &str, node: Node<'_, '_>) -> String {
    child(node, "BaseURL").and_then(|node| node.text()).map_or(base.to_owned(), |text| resolve(base, text))
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn child<'a, 'b>(node: Node<'a, 'b>, name: &str) -> Option<Node<'a, 'b>> {
    node.children().find(|child| is(*child, name))
}

fn clock(node: Node<'_, '_>, base: &str) -> Option<Clock> {
    let value = node.attribute("value")?;
    let scheme = node.attribute("schemeIdUri")?.strip_prefix("urn:mpeg:dash:utc:")?;
    match scheme.split(':').next()? {
        "direct" => datetime::parse(value).map(Clock::Told),
        "http-xsdate" | "http-iso" => {
            value.split_whitespace().next().map(|first| Clock::Ask(resolve(base, first)))
        }
        _ => None,
    }
}

fn periods(
    root: Node<'_, '_>,
    base: &str,
    total: Option<u64>,
    notes: &mut Vec<&'static str>,
) -> Result<Vec<Period>, ProbeError> {
    let ms = |node: Node<'_, '_>, name: &str| {
        node.attribute(name).and_then(duration::parse).map(|ms| i64::try_from(ms).unwrap_or(i64::MAX / 4))
    };
    let total = total.map(|total| i64::try_from(total).unwrap_or(i64::MAX / 4));
    let nodes: Vec<_> = root.children().filter(|node| is(*node, "Period")).take(MAX_PERIODS).collect();
    let mut periods: Vec<Period> = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        if node.attributes().any(|attribute| attribute.name() == "href") {
            return Err(ProbeError::Unsupported("remote elements (xlink:href)".into()));
        }
        // 5.3.2.1: where it does not say, it begins where the one before it ends.
        let before = periods.last().and_then(|period| period.end_ms);
        let Some(start_ms) = ms(*node, "start").or(before).or((index == 0).then_some(0)) else { break };
        let next = nodes.get(index + 1).and_then(|next| ms(*next, "start"));
        let own = ms(*node, "duration").map(|length| start_ms.saturating_add(length));
        let end_ms = own.or(next).or(if index + 1 == nodes.len() { total } else { None });
        let base = based(base, *node);
        let track = |kind, notes: &mut _| track(*node, &base, kind, notes);
        let (video, audio) = (track(Kind::Video, notes)?, track(Kind::Audio, notes)?);
        periods.push(Period { start_ms, end_ms, video, audio });
    }
    let has_media = periods.first().is_some_and(|first| !(first.video.is_empty() && first.audio.is_empty()));
    if has_media { Ok(periods) } else { Err(ProbeError::Empty("no period has video or audio")) }
}

/// The representations of the first adaptation set of a kind, by bitrate. Others are other languages, views or codecs.
fn track(
    period: Node<'_, '_>,
    base: &str,
    kind: Kind,
    notes: &mut Vec<&'static str>,
) -> Result<Vec<Representation>, ProbeError> {
    let sets = period.children().filter(|node| is(*node, "AdaptationSet"));
    let Some(set) = sets.filter(|set| !is_trick(*set)).find(|set| kind_of(*set) == Some(kind)) else {
        return Ok(Vec::new());
    };
    if child(set, "ContentProtection").is_some() {
        const NOTE: &str = "licences of DRM are not asked for: encrypted segments are fetched as they are";
        if !notes.contains(&NOTE) {
            notes.push(NOTE);
        }
    }
    let base = based(base, set);
    let nodes = set.children().filter(|node| is(*node, "Representation")).take(MAX_RENDITIONS);
    let mut track = nodes
        .map(|node| {
            let bitrate = node.attribute("bandwidth").and_then(|text| text.trim().parse().ok());
            let bitrate = bitrate.ok_or_else(|| {
                ProbeError::Mpd("a Representation needs bandwidth in bit/s (5.3.5.2)".into())
            })?;
            let address = address::read([period, set, node], &based(&base, node), bitrate)?;
            Ok(Representation { bitrate, address })
        })
        .collect::<Result<Vec<_>, ProbeError>>()?;
    track.sort_by_key(|representation| representation.bitrate);
    Ok(track)
}

fn kind_of(set: Node<'_, '_>) -> Option<Kind> {
    let told = |node: Node<'_, '_>| {
        let text = node.attribute("contentType").or(node.attribute("mimeType"))?;
        match text.split('/').next()? {
            "video" => Some(Kind::Video),
            "audio" => Some(Kind::Audio),
            _ => None,
        }
    };
    told(set).or_else(|| child(set, "Representation").and_then(told))
}

/// Key frames for seeking, which are no rendition to watch (DASH-IF IOP, 3.2.9).
fn is_trick(set: Node<'_, '_>) -> bool {
    let properties = set.children().filter(|node| is(*node, "EssentialProperty"));
    properties.filter_map(|node| node.attribute("schemeIdUri")).any(|scheme| scheme.contains("trickmode"))
}
