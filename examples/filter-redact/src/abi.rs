//! The contract with the gateway, version 1: what is exported, and how bytes cross over. Nothing here knows what is decided.

use std::sync::Mutex;

use crate::{Verdict, judge};

const KEEP: u64 = 0;
const DROP: u64 = 1;

/// Where the gateway writes the batch.
static QUESTION: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// Where it reads the answer.
static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The version of the contract this module speaks.
#[unsafe(no_mangle)]
pub extern "C" fn filter_abi() -> u32 {
    1
}

/// Room for a batch of so many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn filter_alloc(length: u32) -> u32 {
    let mut question = QUESTION.lock().expect("there is one thread");
    *question = vec![0; length as usize];
    question.as_ptr() as usize as u32
}

/// What becomes of the batch: 0 it is kept, 1 it is dropped, else where the answer is (upper half) and how long (lower half). A
/// batch that cannot be read ends in a trap, and the gateway does what `on_error` says.
#[unsafe(no_mangle)]
pub extern "C" fn filter_batch(_place: u32, _length: u32) -> u64 {
    let question = QUESTION.lock().expect("there is one thread");
    let batch = serde_json::from_slice(&question).expect("the gateway writes batches");
    match judge(&batch) {
        Verdict::Keep => KEEP,
        Verdict::Drop => DROP,
        Verdict::Change(change) => {
            let mut answer = ANSWER.lock().expect("there is one thread");
            *answer = serde_json::to_vec(&change).expect("names are text");
            ((answer.as_ptr() as usize as u64) << 32) | answer.len() as u64
        }
    }
}
