//! Keys as text: `oqi_7h2k9m4p_<secret><checksum>`.
//!
//! The prefix says the kind, so that secret scanners find keys that must not lie about; the id is public, for lists and logs;
//! the secret is 160 random bits; the checksum tells a typo from a key that is not known. Stored is a SHA-256 of the whole
//! text: slow hashes guard secrets that can be guessed, and 160 random bits cannot, while this one is paid for by every request.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Digits and lower-case letters without those that are mistaken for others (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const PREFIX: usize = 4;
pub(crate) const ID: usize = 8;
const SECRET: usize = 32;
const CHECKSUM: usize = 6;
const LENGTH: usize = PREFIX + ID + 1 + SECRET + CHECKSUM;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Sends events from players. Publishable: whoever looks at the page has it
    Ingest,
    /// Sends events from servers. A secret
    Server,
    /// Reads the tenant's series and sessions. A secret
    Read,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Ingest, Kind::Server, Kind::Read];

    pub(crate) fn as_str(self) -> &'static str {
        ["ingest", "server", "read"][self as usize]
    }

    fn prefix(self) -> &'static str {
        ["oqi_", "oqs_", "oqr_"][self as usize]
    }
}

/// What is stored of a key: enough to know it again, not enough to make it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct KeyHash([u8; 32]);

impl KeyHash {
    pub(crate) fn of(text: &[u8]) -> KeyHash {
        KeyHash(Sha256::digest(text).into())
    }

    /// Reads 64 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<KeyHash> {
        let digits: Vec<u8> =
            text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect::<Option<_>>()?;
        let bytes: Vec<u8> =
            digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
        (digits.len() == 64).then(|| bytes.try_into().ok().map(KeyHash))?
    }

    pub(crate) fn hex(self) -> String {
        self.0.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}

/// A key that has just been made. Its text is shown once and kept nowhere.
pub(crate) struct NewKey {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) hash: KeyHash,
}

/// Makes a key.
///
/// # Errors
/// When the system has no random numbers to give.
pub(crate) fn generate(kind: Kind) -> Result<NewKey, getrandom::Error> {
    let mut random = [0; ID + SECRET];
    getrandom::fill(&mut random)?;
    // 256 is a multiple of 32, so every letter is as likely.
    let letters: String = random.iter().map(|byte| letter(usize::from(*byte))).collect();
    let (id, secret) = letters.split_at(ID);
    let mut text = format!("{}{id}_{secret}", kind.prefix());
    text += &checksum(&text);
    Ok(NewKey { id: id.to_owned(), hash: KeyHash::of(text.as_bytes()), text })
}

/// Kind and id of a text that is a key, known or not. `None` when it cannot be one: cut off, mistyped, something else.
pub(crate) fn read(text: &str) -> Option<(Kind, &str)> {
    let kind = *Kind::ALL.iter().find(|kind| text.starts_with(kind.prefix()))?;
    let (body, sum) = text.split_at_checked(LENGTH - CHECKSUM)?;
    let id = body.get(PREFIX..PREFIX + ID).filter(|id| is_id(id))?;
    (text.len() == LENGTH && checksum(body) == sum).then_some((kind, id))
}

/// Whether a text can be the id of a key.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == ID && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// Thirty bits of a CRC-32.
fn checksum(text: &str) -> String {
    let sum = crc32fast::hash(text.as_bytes()) as usize;
    (0..CHECKSUM).map(|position| letter(sum >> (5 * position))).collect()
}

fn letter(number: usize) -> char {
    char::from(ALPHABET[number % ALPHABET.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_it_is() {
        for kind in Kind::ALL {
            let key = generate(kind).unwrap();
            assert_eq!(key.text.len(), LENGTH);
            assert_eq!(read(&key.text), Some((kind, key.id.as_str())));
            assert!(key.hash == KeyHash::of(key.text.as_bytes()));
            assert!(KeyHash::parse(&key.hash.hex()) == Some(key.hash));
        }
        assert_ne!(generate(Kind::Read).unwrap().text, generate(Kind::Read).unwrap().text);
    }

    #[test]
    fn typos_are_found() {
        let key = generate(Kind::Ingest).unwrap().text;
        for position in 0..key.len() {
            let mut typo = key.clone().into_bytes();
            typo[position] = if typo[position] == b'7' { b'8' } else { b'7' };
            assert_eq!(read(std::str::from_utf8(&typo).unwrap()), None, "at {position}");
            assert_eq!(read(&key[..position]), None);
        }
        for other in
            ["", "dev", "oqi_", "öqi_aaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &format!("{key}0")]
        {
            assert_eq!(read(other), None);
        }
        for hash in ["", "00", &"g".repeat(64), &"0".repeat(65)] {
            assert!(KeyHash::parse(hash).is_none());
        }
    }
}
