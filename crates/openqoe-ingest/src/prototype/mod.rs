//! The OpenQoE prototype: `POST /v2/events` as its SDK for HTML5, hls.js, dash.js, Shaka and Video.js sends it, 1 to 1000 events
//! a body, each with its whole context. One bad event takes nothing from the others.

mod context;
mod meaning;
mod player;

use openqoe_spec::{BatchRejection, Rejected};
use serde_json::Value as Json;

use self::player::Player;
use crate::closest;
use crate::protocol::{Decoded, Payload, Refused};
use crate::told::{self, Fault, Told};

const GUIDE: &str = "see docs/guide/prototype.md";

pub(crate) fn decode(payload: &Payload<'_>) -> Result<Decoded, Refused> {
    match told::parse(payload.body, GUIDE)?.get("events") {
        Some(Json::Array(events)) if !events.is_empty() => told::gather(events, read),
        _ => Err(Refused {
            reason: BatchRejection::MalformedJson,
            message: "`events` must be an array of 1 to 1000 events".into(),
            hint: GUIDE,
        }),
    }
}

fn read(event: &Json) -> Result<Told, Fault> {
    if !event.is_object() {
        return Err((Rejected::MalformedEvent, "an event is an object".into()));
    }
    let name = told::text(event, "event_type")
        .ok_or_else(|| (Rejected::MissingField, format!("`event_type` is missing; {GUIDE}")))?;
    let session = context::session(event)?;
    let at = told::time(event, "event_time")?;
    let player = Player::of(event);
    let data = event.get("data").unwrap_or(&Json::Null);
    let Some(meant) = meaning::of(name, data, at, player) else {
        return Err((Rejected::UnknownType, unknown(name)));
    };
    Ok(Told { session, at, attributes: context::attributes(event), meant })
}

fn unknown(name: &str) -> String {
    match closest(name, meaning::NAMES.iter().copied()) {
        Some(known) => format!("unknown event_type `{}`, did you mean `{known}`?", told::shown(name)),
        None => format!("unknown event_type `{}`; {GUIDE}", told::shown(name)),
    }
}
