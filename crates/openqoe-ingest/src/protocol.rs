//! The table of protocols: where each is spoken and what makes events of it.

use openqoe_spec::{Batch, BatchRejection, Protocol, Rejected};

use crate::native;

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

/// One protocol.
pub struct ProtocolDef {
    /// Its name in the ledger.
    pub id: Protocol,
    /// Where it is spoken, by POST.
    pub path: &'static str,
    /// Media types of the body; the first is the canonical one.
    pub content_types: &'static [&'static str],
    /// Bytes to events.
    pub decode: fn(&[u8]) -> Result<Decoded, Refused>,
}

/// Every protocol the gateway speaks.
pub static PROTOCOLS: &[ProtocolDef] = &[ProtocolDef {
    id: Protocol::Native,
    path: "/v1/ingest",
    content_types: &["application/json", "text/plain"],
    decode: native::decode,
}];
