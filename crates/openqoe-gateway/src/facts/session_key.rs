//! Session ids in sixteen bytes: a UUID as it is, anything else as two hashes with its text beside it.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Where a UUID has its dashes.
const DASHES: [usize; 4] = [8, 13, 18, 23];
const LENGTH: usize = 36;

/// The bytes of an id, and whether they are a UUID that can be written back.
pub(super) fn key(id: &str) -> (u128, bool) {
    match prefix(id).filter(|_| id.len() == LENGTH) {
        Some(Prefix { bits, .. }) => (bits, true),
        None => (hashes(id), false),
    }
}

/// The UUID of sixteen bytes.
pub(super) fn text(key: u128) -> String {
    let hex = format!("{key:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The beginning of a UUID: the bits it says, and which those are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    bits: u128,
    mask: u128,
}

impl Prefix {
    pub(super) fn covers(self, key: u128) -> bool {
        key & self.mask == self.bits
    }
}

/// What the beginning of a UUID in lower case says; `None` for what begins none.
pub(super) fn prefix(text: &str) -> Option<Prefix> {
    if text.len() > LENGTH {
        return None;
    }
    let (mut bits, mut digits) = (0_u128, 0);
    for (place, byte) in text.bytes().enumerate() {
        if DASHES.contains(&place) {
            if byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        bits = bits << 4 | u128::from(digit);
        digits += 1;
    }
    let free = 128 - 4 * digits;
    let shift = |bits: u128| bits.checked_shl(free).unwrap_or_default();
    Some(Prefix { bits: shift(bits), mask: shift(u128::MAX) })
}

fn hashes(id: &str) -> u128 {
    let hash = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, id).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    hash(0) << 64 | hash(1)
}

/// What a viewer's hash is found by; 0 is no viewer.
pub(super) fn viewer(hash: &str) -> u64 {
    if hash.is_empty() { 0 } else { (hashes(hash) as u64).max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_come_back_and_others_do_not() {
        let id = "0191f3a2-6f0b-4a3e-9d55-2f6f0e1b7c11";
        assert_eq!(text(key(id).0), id);
        for other in ["", "s", "0191F3A2-6f0b-4a3e-9d55-2f6f0e1b7c11", &id[1..], &format!("{id}0")] {
            assert!(!key(other).1, "{other}");
        }
        assert_ne!(key("a").0, key("b").0);
    }

    #[test]
    fn prefixes_cover_what_begins_with_them() {
        let id = "0191f3a2-6f0b-4a3e-9d55-2f6f0e1b7c11";
        for length in 0..=id.len() {
            assert!(prefix(&id[..length]).unwrap().covers(key(id).0), "{length}");
        }
        assert!(!prefix("0191f3a3").unwrap().covers(key(id).0));
        assert_eq!((prefix("0191f3a26"), prefix("s"), prefix(&format!("{id}-"))), (None, None, None));
    }
}
