//! The table of protocols: where each is spoken and what makes events of it.

use openqoe_spec::{Batch, BatchRejection, Protocol, Rejected};

use crate::{cdn_log, cmcd, epas, media3, native, prototype};

/// What a body turned out to hold.
#[derive(Debug, Default)]
pub struct Decoded {
    /// Batches, one for each session in the body.
    pub batches: Vec<Batch>,
    /// Events that can never be counted.
    pub rejections: Vec<Rejection>,
    /// What the sender should know although nothing was refused.
    pub warnings: Vec<String>,
}

impl Decoded {
    /// Events in the body, good and bad.
    pub fn received(&self) -> usize {
        self.accepted() + self.rejections.len()
    }

    /// Events in the batches.
    pub fn accepted(&self) -> usize {
        self.batches.iter().map(|batch| batch.events.len()).sum()
    }
}

/// One event that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Its position in the body, from 0.
    pub index: usize,
    /// Its sequence number, if it could be read.
    pub seq: Option<u64>,
    /// Why, for the ledger.
    pub reason: Rejected,
    /// Why, for the sender.
    pub message: String,
}

/// A body that was refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why, for the ledger; it has the HTTP status.
    pub reason: BatchRejection,
    /// What is wrong, for the sender.
    pub message: String,
    /// What to do about it.
    pub hint: &'static str,
}

/// A request, as far as a protocol looks at it.
#[derive(Clone, Copy)]
pub struct Payload<'a> {
    /// The body, unpacked.
    pub body: &'a [u8],
    /// What stands behind `?` in the URL, as it was sent.
    pub query: &'a str,
    /// The values of a header, given its name in lower case.
    pub header: &'a (dyn Fn(&str) -> Option<&'a str> + Sync),
}

impl<'a> Payload<'a> {
    /// A body without anything around it.
    pub fn of(body: &'a [u8]) -> Payload<'a> {
        Payload { body, query: "", header: &|_| None }
    }

    /// A parameter of the URL, as it was sent.
    pub(crate) fn parameter(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// What the answer to a good request looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Our own: what was accepted, and what was not, as JSON.
    Native,
    /// 204; 410 to a sender that is to stop for this session (CTA-5004-B §6).
    Silent,
    /// As Eyevinn's eventsink answers one event.
    Epas,
    /// 202 as the OpenQoE prototype's worker answers.
    Prototype,
}

/// One protocol.
pub struct ProtocolDef {
    /// Its name in the ledger.
    pub id: Protocol,
    /// Where it is spoken.
    pub path: &'static str,
    /// Whether events come by GET too, in the URL or in headers.
    pub by_get: bool,
    /// Media types of the body; the first is the canonical one.
    pub content_types: &'static [&'static str],
    /// Request headers that pages of other origins may send.
    pub headers: &'static [&'static str],
    /// A request to events.
    pub decode: fn(&Payload<'_>) -> Result<Decoded, Refused>,
    /// What the answer looks like.
    pub answer: Answer,
}

impl ProtocolDef {
    /// A body to events.
    ///
    /// # Errors
    /// When nothing of it can be read.
    pub fn read(&self, body: &[u8]) -> Result<Decoded, Refused> {
        (self.decode)(&Payload::of(body))
    }

    /// Whether its sender is the viewer's device, whose address and User-Agent are the viewer's.
    pub fn is_of_viewers(&self) -> bool {
        self.id != Protocol::CdnLog
    }
}

/// Every protocol the gateway speaks. The native one is the first.
pub static PROTOCOLS: &[ProtocolDef] = &[
    ProtocolDef {
        id: Protocol::Native,
        path: "/v1/ingest",
        by_get: false,
        content_types: &["application/json", "text/plain"],
        headers: &[],
        decode: native::decode,
        answer: Answer::Native,
    },
    ProtocolDef {
        id: Protocol::Cmcd,
        path: "/cmcd",
        by_get: true,
        content_types: &["application/cmcd", "text/cmcd", "text/plain", "application/json"],
        headers: &["cmcd-request", "cmcd-object", "cmcd-status", "cmcd-session"],
        decode: cmcd::decode,
        answer: Answer::Silent,
    },
    ProtocolDef {
        id: Protocol::CdnLog,
        path: "/cmcd/logs",
        by_get: false,
        content_types: &[
            "text/plain",
            "application/json",
            "application/x-ndjson",
            "application/octet-stream",
        ],
        headers: &[],
        decode: cdn_log::decode,
        answer: Answer::Native,
    },
    ProtocolDef {
        id: Protocol::Epas,
        path: "/epas",
        by_get: false,
        content_types: &["application/json", "text/plain"],
        headers: &["x-epas-event", "x-epas-version"],
        decode: epas::decode,
        answer: Answer::Epas,
    },
    ProtocolDef {
        id: Protocol::Prototype,
        path: "/v2/events",
        by_get: false,
        content_types: &["application/json", "text/plain"],
        headers: &["x-sdk-version", "x-api-key"],
        decode: prototype::decode,
        answer: Answer::Prototype,
    },
    ProtocolDef {
        id: Protocol::Media3,
        path: "/media3",
        by_get: false,
        content_types: &["application/json", "application/x-ndjson", "text/plain"],
        headers: &[],
        decode: media3::decode,
        answer: Answer::Native,
    },
];
