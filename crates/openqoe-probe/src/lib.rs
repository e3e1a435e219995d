//! A player without a screen: it reads HLS and DASH manifests, chooses renditions, fills a model of a buffer and says what a viewer would
//! have lived through, as native events. It decodes nothing.
//!
//! No I/O happens here and no clock is read: [`Player::step`] says what to fetch next, whoever has sockets fetches it and tells
//! [`Player::answer`] what came of it, and when. So the same player runs against the Internet and against a trace of a network in a test.

mod abr;
mod dash;
mod datetime;
mod hls;
mod media;
mod player;
mod playout;
mod reference;
mod summary;
mod throughput;

pub use dash::read as read_mpd;
pub use dash::{Mpd, index};
pub use datetime::parse as parse_date_time;
pub use hls::{MediaPlaylist, Multivariant, Playlist, read as read_playlist};
pub use media::{ByteRange, Resource, Segment};
pub use player::{Answer, Failure, Options, Player, Problem, Request, Step};
pub use playout::{Piece, Playout, Thresholds, Totals, Transition};
pub use reference::resolve;
pub use summary::{Figure, Summary};
pub use throughput::Throughput;

/// Why a manifest cannot be played. The message is for whoever made it, or pointed to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// It is not what its format asks for.
    #[error("line {line}: {problem}")]
    Playlist {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// It is no MPD, or misses what cannot be missed.
    #[error("MPD: {0}")]
    Mpd(String),
    /// The box that tells where segments are cannot be read.
    #[error("segment index: {0}")]
    Index(&'static str),
    /// It is neither a playlist nor an MPD.
    #[error("neither an HLS playlist (it would begin with #EXTM3U) nor a DASH MPD")]
    Unknown,
    /// It may be good, but the prober cannot play it.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// There is nothing in it to play.
    #[error("nothing to play: {0}")]
    Empty(&'static str),
}
