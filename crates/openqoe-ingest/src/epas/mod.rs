//! Eyevinn Player Analytics (EPAS): one event a request, `POST /epas`, as Eyevinn's SDKs for web, Android and Apple send it to
//! their eventsink (specification 0.2 to 0.3). An array of events is read too.

mod meaning;

use openqoe_spec::{Attribute, Rejected, SPEC_VERSION};
use serde_json::Value as Json;

use crate::closest;
use crate::protocol::{Decoded, Payload, Refused};
use crate::told::{self, Fault, Meant, Told};

const GUIDE: &str = "see docs/guide/epas.md";
/// Session ids are UUIDs; CTA-5004-B `sid` allows 64 characters.
const MAX_SESSION_ID: usize = 64;

pub(crate) fn decode(payload: &Payload<'_>) -> Result<Decoded, Refused> {
    let unit = meaning::Unit::parse(payload.parameter("bitrate"));
    let events = match told::parse(payload.body, GUIDE)? {
        Json::Array(events) => events,
        one => vec![one],
    };
    told::gather(&events, |event| read(event, unit))
}

fn read(event: &Json, unit: meaning::Unit) -> Result<Told, Fault> {
    if !event.is_object() {
        return Err((Rejected::MalformedEvent, "an event is an object".into()));
    }
    let name = told::text(event, "event")
        .ok_or_else(|| (Rejected::MissingField, format!("`event` is missing; {GUIDE}")))?;
    let session = told::text(event, "sessionId").ok_or_else(|| {
        (
            Rejected::MissingField,
            format!("`sessionId` is missing: give `init` one, and every event the same; {GUIDE}"),
        )
    })?;
    if !told::is_id(session, MAX_SESSION_ID) {
        return Err((Rejected::InvalidField, format!("`sessionId` must be 1 to {MAX_SESSION_ID} bytes")));
    }
    let at = told::time(event, "timestamp")?;
    let Some((place, kind)) = meaning::of(name, event, unit) else {
        return Err((Rejected::UnknownType, unknown(name)));
    };
    let attributes = attributes(name, event);
    Ok(Told { session: session.into(), at, attributes, meant: vec![Meant { at, place, kind }] })
}

fn unknown(name: &str) -> String {
    match closest(name, meaning::NAMES.iter().copied()) {
        Some(known) => format!("unknown event `{}`, did you mean `{known}`?", told::shown(name)),
        None => format!("unknown event `{}`; {GUIDE}", told::shown(name)),
    }
}

/// What is known about the session. `init` says nothing, but with it the request's own headers are looked at.
fn attributes(name: &str, event: &Json) -> Vec<(Attribute, String)> {
    if !matches!(name, "init" | "metadata") {
        return Vec::new();
    }
    let mut attributes = vec![(Attribute::SpecVersion, SPEC_VERSION.to_owned())];
    if let ("metadata", Some(payload)) = (name, event.get("payload")) {
        let live = payload.get("live").and_then(Json::as_bool);
        attributes.extend(told::code(payload, "contentId").map(|id| (Attribute::AssetId, id.into())));
        attributes.extend(live.map(|live| (Attribute::IsLive, live.to_string())));
        let device = told::text(payload, "deviceType");
        attributes.extend(device.and_then(|device| told::fitting(Attribute::DeviceType, device)));
    }
    attributes
}
