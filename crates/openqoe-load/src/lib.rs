//! What players, CDNs and collectors send, made up: for each protocol a function from a session's turn to a body, one line each in
//! [`GENERATORS`]. `openqoe bench` and `cargo xtask bench` send them; here is no I/O, no clock and no chance.
//!
//! The bodies of a session follow each other as a viewer's do: numbers have no gaps, times go on, nothing comes twice. So a gateway
//! counts every one of their events, and whoever sends them can hold its ledger against what it sent.

mod cdn_log;
mod cmcd;
mod epas;
mod media3;
mod native;
mod otlp;
mod prototype;

use openqoe_spec::Protocol;

/// What a body says at most: events, records, lines or points.
pub const ITEMS: usize = 13;

/// A session's turn to send.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Tells the sessions of one run from those of another; 48 bits of it are used.
    pub run: u64,
    /// Number of the session, below 10⁸.
    pub session: u32,
    /// How many bodies it has sent before.
    pub step: u32,
    /// When the session began, epoch ms, 13 digits.
    pub began: u64,
    /// The time the body covers, epoch ms: from the end of the one before ...
    pub from: u64,
    /// ... to the moment it is sent, at least a ms for each item.
    pub to: u64,
    /// So many combinations of title, CDN and country are shared by the sessions; at most 10,000.
    pub label_sets: u32,
}

impl Turn {
    /// When the so-many-th of [`ITEMS`] items was.
    fn at(&self, index: usize) -> u64 {
        self.from + (self.to - self.from) * index as u64 / ITEMS as u64
    }

    fn asset(&self) -> u32 {
        self.session % self.label_sets
    }

    /// The session's id, 36 characters.
    #[must_use]
    pub fn session_id(&self) -> String {
        format!("{:08}-6f0b-4a3e-9d55-{:012x}", self.session, self.run & 0xffff_ffff_ffff)
    }
}

/// How one protocol is spoken.
#[derive(Debug)]
pub struct Generator {
    /// Its name in the ledger.
    pub protocol: Protocol,
    /// Path of the URL, with its query.
    pub path: &'static str,
    /// Media type of the body.
    pub media_type: &'static str,
    /// Appends the body of a turn and returns how many items it says: what its protocol calls an event, a record, a line, a point.
    pub write: fn(&mut Vec<u8>, &Turn) -> usize,
}

/// Every protocol the gateway speaks.
pub static GENERATORS: &[Generator] = &[
    Generator {
        protocol: Protocol::Native,
        path: "/v1/ingest",
        media_type: "application/json",
        write: native::write,
    },
    Generator { protocol: Protocol::Cmcd, path: "/cmcd", media_type: "application/cmcd", write: cmcd::write },
    Generator {
        protocol: Protocol::CdnLog,
        path: "/cmcd/logs?format=nginx",
        media_type: "application/x-ndjson",
        write: cdn_log::write,
    },
    Generator { protocol: Protocol::Epas, path: "/epas", media_type: "application/json", write: epas::write },
    Generator {
        protocol: Protocol::Prototype,
        path: "/v2/events",
        media_type: "application/json",
        write: prototype::write,
    },
    Generator {
        protocol: Protocol::Media3,
        path: "/media3",
        media_type: "application/json",
        write: media3::write,
    },
    Generator {
        protocol: Protocol::Otlp,
        path: "/v1/metrics",
        media_type: "application/x-protobuf",
        write: otlp::write,
    },
];

#[cfg(test)]
mod tests;
