//! The compact form of a batch: what can be read is written and read again as it was.

use openqoe_spec::{Batch, compact};

pub(crate) fn batches(data: &[u8]) {
    if let Ok(batch) = compact::decode(data) {
        comes_back(&batch);
    }
}

/// Whatever is accepted must be readable from a journal.
pub(crate) fn comes_back(batch: &Batch) {
    let mut bytes = Vec::new();
    compact::encode(batch, &mut bytes);
    assert_eq!(compact::decode(&bytes).as_ref(), Ok(batch));
}
