//! What is said of an event on a timeline.

use openqoe_spec::{EventKind, Failure, SessionEnd, Trigger};

/// Kind and text of an event that is a mark of its own. Stalls, seeks and pauses are marked by the phases they lead to.
pub(super) fn of(kind: &EventKind) -> Option<(&'static str, String)> {
    let (kind, text) = match kind {
        EventKind::SessionStart => ("start", "Session began".into()),
        EventKind::PlayRequest { trigger: Trigger::User } => ("start", "Playback asked for".into()),
        EventKind::PlayRequest { trigger: Trigger::Autoplay } => {
            ("start", "Playback asked for by autoplay".into())
        }
        EventKind::PlayRequest { trigger: Trigger::Player } => {
            ("start", "The player says that it starts".into())
        }
        EventKind::Ended => ("end", "Played to its end".into()),
        EventKind::SessionEnd { reason } => ("end", end(*reason).into()),
        EventKind::Error { code, fatal: false, .. } => ("error", code.to_string()),
        EventKind::Error { code, category: Failure::Technical, .. } => ("failure", code.to_string()),
        EventKind::Error { code, category: Failure::Business, .. } => {
            ("failure", format!("{code} (business)"))
        }
        EventKind::Rendition { bitrate } => ("rendition", format!("{:.2} Mbit/s", *bitrate as f64 / 1e6)),
        EventKind::Rate { rate } => ("rate", format!("Playback rate {rate}")),
        EventKind::Visibility { hidden: true } => ("visibility", "In the background".into()),
        EventKind::Visibility { hidden: false } => ("visibility", "In the foreground".into()),
        EventKind::AdBreakStart { position } => ("ad", format!("Ad break ({})", position.as_str())),
        EventKind::AdStart => ("ad", "Ad on the screen".into()),
        EventKind::AdEnd { result } => ("ad", format!("Ad {}", result.as_str())),
        EventKind::AdError { code } => ("ad", format!("Ad failed: {code}")),
        EventKind::AdBreakEnd => ("ad", "Ad break over".into()),
        EventKind::Custom { name, value: None } => ("custom", name.to_string()),
        EventKind::Custom { name, value: Some(value) } => ("custom", format!("{name} {value}")),
        EventKind::Playing
        | EventKind::Pause
        | EventKind::Stall
        | EventKind::SeekStart
        | EventKind::SeekEnd
        | EventKind::Ready
        | EventKind::Buffered { .. }
        | EventKind::Heartbeat { .. }
        | EventKind::Download { .. } => return None,
    };
    Some((kind, text))
}

/// The same of events that lead to phases, for those of reporters whose phases nobody computes.
pub(super) fn of_state(kind: &EventKind) -> Option<(&'static str, String)> {
    let (kind, text) = match kind {
        EventKind::Playing => ("first_frame", "Playing"),
        EventKind::Pause => ("pause", "Paused"),
        EventKind::Stall => ("stall", "Rebuffering"),
        EventKind::SeekStart => ("seek", "Seeking"),
        EventKind::SeekEnd => ("seek", "Seek landed"),
        EventKind::Ready => ("first_frame", "Ready to play"),
        _ => return None,
    };
    Some((kind, text.into()))
}

fn end(reason: SessionEnd) -> &'static str {
    match reason {
        SessionEnd::Stopped => "Stopped",
        SessionEnd::ContentChange => "Left for other content",
        SessionEnd::PageHide => "Page left",
    }
}

/// The text of a mark whose length is known by now; 0 when it goes on.
pub(super) fn after(kind: &str, length: u64) -> String {
    let name = match kind {
        "stall" => "Rebuffering",
        "seek" => "Seek",
        _ => "Paused",
    };
    if length == 0 { name.to_owned() } else { format!("{name}, {}", seconds(length)) }
}

/// `1.25 s` of milliseconds.
pub(super) fn seconds(ms: u64) -> String {
    format!("{} s", ms as f64 / 1000.0)
}
