//! Bodies of every protocol: any bytes, and good batches with something wrong in them.

use openqoe_ingest::{Decoded, PROTOCOLS, Payload, ProtocolDef, Refused};
use openqoe_spec::{Batch, BatchRejection, Rejected, SPEC_VERSION};
use serde_json::Value;

use crate::compact;
use crate::cursor::Cursor;
use crate::mutation::{self, Order};

/// What one rejection may say: the sender knows what it sent.
const LONGEST_MESSAGE: usize = 1024;

/// The first byte chooses the protocol.
pub(crate) fn bodies(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let protocol = &PROTOCOLS[usize::from(*first) % PROTOCOLS.len()];
    drop(decode(protocol, body));
    // Some protocols read the URL too: the first line stands for it.
    let mut parts = body.splitn(2, |byte| *byte == b'\n');
    let (query, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if let Ok(query) = std::str::from_utf8(query) {
        drop(judged((protocol.decode)(&Payload { body, query, header: &|_| None })));
    }
}

/// Decodes a body and checks what must hold of the answer.
fn decode(protocol: &ProtocolDef, body: &[u8]) -> Result<Decoded, Refused> {
    judged(protocol.read(body))
}

fn judged(result: Result<Decoded, Refused>) -> Result<Decoded, Refused> {
    match &result {
        Err(refused) => {
            assert!((400..500).contains(&refused.reason.status()));
            assert!(!refused.message.is_empty() && refused.message.len() <= LONGEST_MESSAGE);
        }
        Ok(decoded) => check(decoded),
    }
    result
}

fn check(decoded: &Decoded) {
    for batch in &decoded.batches {
        assert!((1..=64).contains(&batch.session_id.len()));
        compact::comes_back(batch);
    }
    let mut next = 0;
    for rejection in &decoded.rejections {
        assert!(rejection.index >= next && rejection.index < decoded.received());
        next = rejection.index + 1;
        assert!(!rejection.message.is_empty() && rejection.message.len() <= LONGEST_MESSAGE);
    }
    assert!(decoded.warnings.iter().all(|warning| warning.len() <= LONGEST_MESSAGE));
}

/// A good batch, changed as the bytes say. The order of members and white space mean nothing, and a bad event more takes
/// nothing from the others.
pub(crate) fn mutated(data: &[u8]) {
    let native = &PROTOCOLS[0];
    let mut batch: Value = serde_json::from_str(crate::seeds::BATCH).unwrap();
    batch["spec_version"] = SPEC_VERSION.into();
    mutation::mutate(&mut batch, &mut Cursor(data));
    let plain = decode(native, mutation::write(&batch, Order::Forwards).as_bytes());
    let turned = decode(native, mutation::write(&batch, Order::Backwards).as_bytes());
    assert_eq!(summary(&plain), summary(&turned));
    let Some(events) = batch["events"].as_array_mut() else { return };
    events.push(Value::Null);
    let Ok(plain) = plain else { return };
    if let Ok(more) = decode(native, mutation::write(&batch, Order::Forwards).as_bytes()) {
        assert_eq!(more.batches, plain.batches);
        assert_eq!(more.rejections.len(), plain.rejections.len() + 1);
    }
}

/// What must be the same whatever the order: everything but the wording.
type Summary = Result<(Vec<Batch>, Vec<(usize, Option<u64>, Rejected)>), BatchRejection>;

fn summary(result: &Result<Decoded, Refused>) -> Summary {
    let decoded = result.as_ref().map_err(|refused| refused.reason)?;
    let rejections = decoded.rejections.iter().map(|one| (one.index, one.seq, one.reason));
    Ok((decoded.batches.clone(), rejections.collect()))
}
