//! Who watches: a fixed number of households, and what one of them turns on. Households keep device, network and CDN, and
//! much follows from the country, so that label sets recur as they do in life instead of multiplying without end.

use openqoe_spec::Attribute;
use serde_json::{Map, Value};

use super::chance::Chance;
use super::schedule::FAULTY_CDN;

const HOUSEHOLDS: u64 = 48;
const LIVE_SHARE: f64 = 0.3;
const AD_SHARE: f64 = 0.15;
const MOBILE_ISP: &str = "metro-mobile";

/// Country, the ISP of its fixed lines, the PoP that serves it.
const COUNTRIES: [(f64, (&str, &str, &str)); 8] = [
    (0.24, ("DE", "nordlink", "fra")),
    (0.18, ("US", "coastal-fiber", "iad")),
    (0.16, ("FR", "telefabric", "fra")),
    (0.15, ("GB", "isle-broadband", "lhr")),
    (0.10, ("ES", "telefabric", "mad")),
    (0.07, ("PL", "nordlink", "fra")),
    (0.06, ("BR", "sulnet", "gru")),
    (0.04, ("PT", "sulnet", "mad")),
];

const CDNS: [(f64, &str); 3] = [(0.5, "edge-a"), (0.3, FAULTY_CDN), (0.2, "edge-c")];

/// A kind of device and the player on it.
#[derive(Clone, Copy)]
struct Device {
    kind: &'static str,
    os: &'static str,
    player: &'static str,
    /// How much longer it takes to start than a desktop browser.
    startup: f64,
    /// The highest rung it plays.
    top_rung: usize,
    dropped: f64,
}

const fn device(
    kind: &'static str,
    os: &'static str,
    player: &'static str,
    startup: f64,
    top_rung: usize,
    dropped: f64,
) -> Device {
    Device { kind, os, player, startup, top_rung, dropped }
}

const DEVICES: [(f64, Device); 9] = [
    (0.24, device("desktop", "windows", "hls.js 1.6.2", 0.9, 4, 0.001)),
    (0.20, device("mobile", "android", "media3 1.5.1", 1.1, 3, 0.003)),
    (0.15, device("mobile", "ios", "avplayer 18.2", 0.9, 3, 0.001)),
    (0.11, device("desktop", "macos", "hls.js 1.6.2", 0.8, 4, 0.001)),
    (0.10, device("tv", "tizen", "shaka 4.12.5", 1.6, 4, 0.004)),
    (0.06, device("tv", "webos", "shaka 4.11.2", 1.7, 4, 0.006)),
    (0.06, device("set_top_box", "android", "media3 1.4.0", 1.4, 4, 0.002)),
    (0.05, device("tablet", "ios", "avplayer 18.2", 0.9, 3, 0.001)),
    (0.03, device("desktop", "linux", "dash.js 5.0.0", 1.0, 4, 0.002)),
];

/// Minutes the VOD assets last, the most watched first; a live channel has no end.
const VOD_MINUTES: [u64; 6] = [4, 24, 43, 6, 95, 2];
const LIVE_CHANNELS: usize = 2;

/// A viewer at the moment of turning something on.
pub(crate) struct Viewer {
    /// What the player reports about the session.
    pub(crate) attributes: Map<String, Value>,
    /// Whether it is live.
    pub(crate) live: bool,
    /// Length of the content in ms, `u64::MAX` when live.
    pub(crate) content_ms: u64,
    /// Whether the content comes with ads.
    pub(crate) ads: bool,
    /// Whether the device stops playback when the app goes to the background.
    pub(crate) handheld: bool,
    /// Whether the CDN is the one that degrades.
    pub(crate) on_faulty_cdn: bool,
    /// Factor of the startup time.
    pub(crate) startup: f64,
    /// Factor of the stall rate.
    pub(crate) stalls: f64,
    /// What the network carries, bit/s.
    pub(crate) throughput: f64,
    /// The highest rung the device plays.
    pub(crate) top_rung: usize,
    /// Share of frames dropped.
    pub(crate) dropped: f64,
    /// Buffer the player aims at, ms.
    pub(crate) buffer_ms: f64,
}

/// Where a household lives and what it has; drawn once, whoever of it watches.
struct Household {
    country: &'static str,
    pop: &'static str,
    isp: &'static str,
    cdn: &'static str,
    device: Device,
    patient_buffer: bool,
    throughput: f64,
}

fn household(seed: u64, number: u64) -> Household {
    let mut chance = Chance::new(&[seed, u64::MAX, number]);
    let (country, fixed, pop) = *chance.weighted(&COUNTRIES);
    let device = *chance.weighted(&DEVICES);
    let on_the_move = chance.happens(if device.kind == "mobile" { 0.5 } else { 0.05 });
    let isp = if on_the_move { MOBILE_ISP } else { fixed };
    let cdn = chance.weighted(&CDNS);
    let patient_buffer = chance.happens(0.5);
    let throughput = chance.log_normal(if on_the_move { 6e6 } else { 18e6 }, 0.5);
    Household { country, pop, isp, cdn, device, patient_buffer, throughput }
}

impl Viewer {
    /// Somebody of one of the households.
    pub(crate) fn draw(seed: u64, chance: &mut Chance) -> Self {
        let number = chance.whole(0, HOUSEHOLDS);
        let home = household(seed, number);
        let live = chance.happens(LIVE_SHARE);
        let asset = chance.zipf(if live { LIVE_CHANNELS } else { VOD_MINUTES.len() });
        let (isp_startup, isp_stalls) = match home.isp {
            MOBILE_ISP => (1.3, 2.5),
            "sulnet" => (1.25, 1.6),
            _ => (1.0, 1.0),
        };
        let (cdn_startup, cdn_stalls) = if home.cdn == "edge-c" { (1.1, 1.3) } else { (1.0, 1.0) };
        let (buffer_startup, buffer_stalls) = if home.patient_buffer { (1.06, 0.7) } else { (1.0, 1.0) };
        Self {
            attributes: attributes(number, &home, live, asset),
            live,
            content_ms: if live { u64::MAX } else { VOD_MINUTES[asset] * 60_000 },
            ads: !live && chance.happens(AD_SHARE),
            handheld: matches!(home.device.kind, "mobile" | "tablet"),
            on_faulty_cdn: home.cdn == FAULTY_CDN,
            startup: home.device.startup * isp_startup * cdn_startup * buffer_startup,
            stalls: isp_stalls * cdn_stalls * buffer_stalls,
            throughput: home.throughput,
            top_rung: home.device.top_rung,
            dropped: home.device.dropped,
            buffer_ms: match (live, home.patient_buffer) {
                (true, _) => 5_000.0,
                (false, true) => 15_000.0,
                (false, false) => 10_000.0,
            },
        }
    }
}

fn attributes(number: u64, home: &Household, live: bool, asset: usize) -> Map<String, Value> {
    let variant = if home.patient_buffer { "buffer-15s" } else { "control" };
    let kind = if live { "live" } else { "vod" };
    let edge = home.cdn.trim_start_matches("edge-");
    let pairs: [(Attribute, Value); 14] = [
        (Attribute::ViewerIdHash, format!("simulated-{number}").into()),
        (Attribute::AssetId, format!("{kind}-{:02}", asset + 1).into()),
        (Attribute::ContentType, "simulated".into()),
        (Attribute::IsLive, live.into()),
        (Attribute::Cdn, home.cdn.into()),
        (Attribute::EdgePop, format!("{}-{edge}", home.pop).into()),
        (Attribute::Isp, home.isp.into()),
        (Attribute::Country, home.country.into()),
        (Attribute::DeviceType, home.device.kind.into()),
        (Attribute::OsFamily, home.device.os.into()),
        (Attribute::PlayerVersion, home.device.player.into()),
        (Attribute::SdkVersion, env!("CARGO_PKG_VERSION").into()),
        (Attribute::ExperimentId, "abr-tuning".into()),
        (Attribute::ExperimentVariant, variant.into()),
    ];
    pairs.into_iter().map(|(attribute, value)| (attribute.as_str().to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn label_sets_recur() {
        let mut chance = Chance::new(&[1]);
        let viewers: Vec<Viewer> = (0..5000).map(|_| Viewer::draw(1, &mut chance)).collect();
        let sets: HashSet<String> =
            viewers.iter().map(|viewer| Value::Object(viewer.attributes.clone()).to_string()).collect();
        assert!(sets.len() <= HOUSEHOLDS as usize * (VOD_MINUTES.len() + LIVE_CHANNELS), "{}", sets.len());
        let values =
            |name: &str| viewers.iter().map(|viewer| &viewer.attributes[name]).collect::<HashSet<_>>().len();
        assert_eq!((values("cdn"), values("isp"), values("country")), (3, 6, 8));
        assert_eq!((values("experiment_variant"), values("asset_id"), values("content_type")), (2, 8, 1));
        let live = viewers.iter().filter(|viewer| viewer.live).count();
        assert!((1350..1650).contains(&live), "{live}");
    }
}
