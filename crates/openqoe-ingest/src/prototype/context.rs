//! What every event of the prototype's SDK repeats: whose it is, and what is known about the session.

use openqoe_spec::{Attribute, Rejected, SPEC_VERSION};
use serde_json::Value as Json;

use crate::told::{self, Fault};

/// Room for the mark of the video behind the view's id.
const MAX_VIEW_ID: usize = 64 - 9;

/// The view an event belongs to. The SDK never begins a second view in a page (B21), so that videos one after the other have
/// one `view_id`: the video's id tells them apart.
pub(super) fn session(event: &Json) -> Result<Box<str>, Fault> {
    let known = |name| told::text(event, name).filter(|id| *id != "unknown");
    let view = known("view_id").or_else(|| known("session_id")).ok_or_else(|| {
        (Rejected::MissingField, "`view_id` and `session_id` are missing: one of them names the view".into())
    })?;
    if !told::is_id(view, MAX_VIEW_ID) {
        return Err((Rejected::InvalidField, format!("`view_id` must be 1 to {MAX_VIEW_ID} bytes")));
    }
    Ok(match event.get("video").and_then(|video| told::code(video, "id")) {
        Some(video) => format!("{view}.{:08x}", mark(&video)).into(),
        None => view.into(),
    })
}

/// FNV-1a, 32 bits: the same on every machine, in every version.
fn mark(text: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, step)
}

/// What is known about the session. Names of organisations and applications, titles, URLs and the marker cookie are not kept.
pub(super) fn attributes(event: &Json) -> Vec<(Attribute, String)> {
    let part = |part: &str| event.get(part).unwrap_or(&Json::Null);
    let said = |from: &str, name: &str| told::text(part(from), name).map(str::to_owned);
    let viewer = told::text(event, "viewer_id").filter(|viewer| *viewer != "unknown");
    let plain = [
        (Attribute::SpecVersion, Some(SPEC_VERSION.to_owned())),
        (Attribute::ViewerIdHash, viewer.map(str::to_owned)),
        (Attribute::AssetId, told::code(part("video"), "id").map(Into::into)),
        (Attribute::PlayerVersion, player(part("player"))),
        (Attribute::Cdn, said("cdn", "provider")),
        (Attribute::EdgePop, said("cdn", "edge_pop")),
        (Attribute::Country, said("network", "country_code")),
    ];
    let few = [
        said("device", "category").and_then(|device| told::fitting(Attribute::DeviceType, &device)),
        said("os", "family")
            .and_then(|family| told::fitting(Attribute::OsFamily, &family))
            .filter(is_told_well),
    ];
    let plain = plain.into_iter().filter_map(|(attribute, value)| Some((attribute, value?)));
    plain.chain(few.into_iter().flatten()).collect()
}

/// The SDK takes iPhones for Macs (B26); the User-Agent of the request knows better.
fn is_told_well((_, family): &(Attribute, String)) -> bool {
    family != "macos"
}

fn player(player: &Json) -> Option<String> {
    let name = told::text(player, "name")?;
    Some(match told::text(player, "version") {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    })
}
