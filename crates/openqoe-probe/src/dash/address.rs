//! How the segments of a representation are addressed: `SegmentTemplate`, `SegmentList` or `SegmentBase`, each inherited from the elements
//! around it (ISO/IEC 23009-1, 5.3.9).

use roxmltree::Node;

use super::timeline::Timeline;
use super::{child, is, template};
use crate::ProbeError;
use crate::media::{ByteRange, MAX_SEGMENTS, Resource};
use crate::reference::resolve;

/// Where segments are, and when.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) init: Option<Resource>,
    pub(super) media: Media,
    /// Units in a second.
    pub(super) timescale: u64,
    /// The media's time at the beginning of the period, in those units.
    pub(super) offset: u64,
    /// The number of the first segment.
    pub(super) start_number: u64,
    /// How much earlier than complete a segment can be asked for, ms (`availabilityTimeOffset`).
    pub(super) early_ms: i64,
    pub(super) times: Times,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) enum Media {
    /// A URL with identifiers still to be filled in, resolved otherwise.
    Template(String),
    List(Vec<Resource>),
    /// One file, and where its index is. Without an index it is one segment.
    File {
        url: String,
        index: Option<ByteRange>,
    },
}

/// When segments are.
#[derive(Clone, Debug)]
pub(super) enum Times {
    /// All of one length, in units.
    Equal(u64),
    Listed(Timeline),
    /// As long as the period, or as the index says.
    Unsaid,
}

/// Elements of one name, the innermost first.
struct Inherited<'a, 'b>(Vec<Node<'a, 'b>>);

impl<'a> Inherited<'a, '_> {
    fn attribute(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find_map(|node| node.attribute(name))
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.attribute(name)?.trim().parse().ok()
    }

    fn child(&self, name: &str) -> Option<Node<'a, '_>> {
        self.0.iter().find_map(|node| child(*node, name))
    }
}

/// Reads what holds for a representation, given the elements from the period inwards.
pub(super) fn read(
    [period, set, representation]: [Node<'_, '_>; 3],
    base: &str,
    bitrate: u64,
) -> Result<Address, ProbeError> {
    let levels = [representation, set, period];
    let all = |name: &str| Inherited(levels.iter().filter_map(|node| child(*node, name)).collect());
    let id = representation.attribute("id").unwrap_or_default();
    let templates = all("SegmentTemplate");
    if !templates.0.is_empty() {
        return from_template(&templates, base, id, bitrate);
    }
    let lists = all("SegmentList");
    if !lists.0.is_empty() {
        return from_list(&lists, base);
    }
    Ok(from_file(&all("SegmentBase"), base))
}

fn from_template(
    found: &Inherited<'_, '_>,
    base: &str,
    id: &str,
    bitrate: u64,
) -> Result<Address, ProbeError> {
    let media = found
        .attribute("media")
        .ok_or_else(|| ProbeError::Mpd("SegmentTemplate needs media (5.3.9.4.2)".into()))?;
    if media.contains("$SubNumber") {
        return Err(ProbeError::Unsupported("segment sequences ($SubNumber$)".into()));
    }
    let init = found.attribute("initialization");
    let init = init.map(|init| template::address(&template::describe(init, id, bitrate), 0, 0));
    // Resolved before identifiers are filled in: none of them can change the way up.
    let media = resolve(base, &template::describe(media, id, bitrate));
    let init = init.map(|init| Resource::whole(resolve(base, &init)));
    address(found, init, Media::Template(media))
}

fn from_list(found: &Inherited<'_, '_>, base: &str) -> Result<Address, ProbeError> {
    let nodes = found.0.iter().find(|node| child(**node, "SegmentURL").is_some());
    let urls = nodes.into_iter().flat_map(|node| node.children()).filter(|node| is(*node, "SegmentURL"));
    let segments = urls.take(MAX_SEGMENTS).map(|node| Resource {
        url: node.attribute("media").map_or(base.to_owned(), |media| resolve(base, media)),
        range: node.attribute("mediaRange").and_then(ByteRange::parse),
    });
    address(found, initialization(found, base), Media::List(segments.collect()))
}

fn from_file(found: &Inherited<'_, '_>, base: &str) -> Address {
    let index = found.attribute("indexRange").and_then(ByteRange::parse);
    let media = Media::File { url: base.to_owned(), index };
    let init = initialization(found, base);
    Address { init, media, timescale: 1, offset: 0, start_number: 0, early_ms: 0, times: Times::Unsaid }
}

fn initialization(found: &Inherited<'_, '_>, base: &str) -> Option<Resource> {
    let node = found.child("Initialization")?;
    let url = node.attribute("sourceURL").map_or(base.to_owned(), |url| resolve(base, url));
    Some(Resource { url, range: node.attribute("range").and_then(ByteRange::parse) })
}

fn address(found: &Inherited<'_, '_>, init: Option<Resource>, media: Media) -> Result<Address, ProbeError> {
    let timeline = found.child("SegmentTimeline").map(Timeline::read);
    let times = match (timeline, found.number("duration").filter(|length| *length > 0)) {
        (Some(timeline), _) => Times::Listed(timeline),
        (None, Some(length)) => Times::Equal(length),
        (None, None) if matches!(media, Media::List(_)) => Times::Unsaid,
        (None, None) => {
            return Err(ProbeError::Mpd(
                "SegmentTemplate needs duration or SegmentTimeline (5.3.9.2.1)".into(),
            ));
        }
    };
    let early = found.attribute("availabilityTimeOffset").and_then(|text| text.trim().parse::<f64>().ok());
    Ok(Address {
        init,
        media,
        timescale: found.number("timescale").filter(|scale| *scale > 0).unwrap_or(1),
        offset: found.number("presentationTimeOffset").unwrap_or(0),
        start_number: found.number("startNumber").unwrap_or(1),
        // `INF` says that everything is there already.
        early_ms: early.map_or(0, |seconds| (seconds.clamp(0.0, 1e9) * 1000.0) as i64),
        times,
    })
}
