//! Which of the SDK's adapters speaks: they give the same names to different things.

use serde_json::Value as Json;

use crate::told;

/// What an adapter means by its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Player {
    /// HTML5: `playing` is the element's `play`, the wish to watch; `stallend` is its `playing`.
    Element,
    /// hls.js: the same, and `bitrate_kb` is bit/s.
    HlsJs,
    /// `stallend` is the element's `play`, `playing` is that frames move, `bitrate_kb` is kbit/s; the times of downloads count
    /// from when a segment became available, not from the request.
    DashJs,
    /// `playing` is the element's `play`; `stallend` comes while paused too.
    Shaka,
    /// Somebody's own: names mean what they say.
    Other,
}

impl Player {
    pub(super) fn of(event: &Json) -> Player {
        match event.get("player").and_then(|player| told::text(player, "name")) {
            Some("html5") => Player::Element,
            Some("hlsjs" | "hls.js") => Player::HlsJs,
            Some("dashjs" | "dash.js") => Player::DashJs,
            Some("shaka") => Player::Shaka,
            _ => Player::Other,
        }
    }

    /// Whether `playing` tells of a wish, not of frames.
    pub(super) fn plays_by_wish(self) -> bool {
        matches!(self, Player::Element | Player::HlsJs | Player::Shaka)
    }
}
