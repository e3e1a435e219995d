//! Erasing a viewer from the store. What is kept names a viewer by hashes only, so the hashes of every period are what is
//! looked for.

use std::collections::BTreeSet;

use openqoe_spec::Attribute;

use super::Salts;
use crate::journal::{Entry, Journal, JournalError};

/// What was erased.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Erased {
    pub(super) sessions: BTreeSet<Box<str>>,
    pub(super) batches: u64,
}

impl std::ops::AddAssign for Erased {
    fn add_assign(&mut self, other: Erased) {
        self.sessions.extend(other.sessions);
        self.batches += other.batches;
    }
}

/// Erases every session of a viewer from a journal: all its batches, also those sent before the viewer was known.
///
/// # Errors
/// When the journal cannot be read or written.
pub(super) fn erase_viewer(
    journal: &mut dyn Journal,
    salts: &Salts,
    tenant: &str,
    viewer: &str,
) -> Result<Erased, JournalError> {
    let hashes: BTreeSet<String> = salts.hashes(tenant, viewer).into_iter().collect();
    let mut sessions = BTreeSet::new();
    journal.erase(&mut |entry: &Entry| {
        if &*entry.tenant == tenant && hashes.contains(entry.batch.attributes.get(Attribute::ViewerIdHash)) {
            sessions.insert(entry.batch.session_id.clone());
        }
        false
    })?;
    if sessions.is_empty() {
        return Ok(Erased::default());
    }
    let batches = journal
        .erase(&mut |entry: &Entry| &*entry.tenant == tenant && sessions.contains(&entry.batch.session_id))?;
    Ok(Erased { sessions, batches })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use openqoe_spec::{Attributes, Batch, Protocol};

    use super::super::Config;
    use super::*;
    use crate::config::Durability;
    use crate::journal::{SegmentJournal, record};

    const DAY: u64 = 24 * 3_600_000;

    fn batch(tenant: &str, session: &str, viewer: &str) -> Vec<u8> {
        let mut attributes = Attributes::default();
        attributes.set(Attribute::ViewerIdHash, viewer).unwrap();
        let batch =
            Batch { session_id: session.into(), started_at: 0, sent_at: 0, attributes, events: Vec::new() };
        record::batch(tenant, Protocol::Native, 1, &batch)
    }

    #[test]
    fn sessions_of_every_period_go_whole_and_others_stay() {
        let folder = std::env::temp_dir().join(format!("openqoe-erase-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let salts = Salts::start(None, &Config::default(), Duration::from_secs(86400), 0).unwrap();
        salts.renew(30 * DAY).unwrap();
        let hash = |viewer: &str, day: u64| salts.hash("default", viewer, day * DAY);
        assert_ne!(hash("alice", 0), hash("alice", 30));
        let mut journal = SegmentJournal::open(&folder, Durability::Process).unwrap();
        for record in [
            batch("default", "before-login", ""),
            batch("default", "bobs", &hash("bob", 0)),
            batch("default", "before-login", &hash("alice", 0)),
            batch("default", "later", &hash("alice", 30)),
            batch("other", "later", &hash("alice", 30)),
            batch("default", "nobodys", ""),
        ] {
            journal.append(&record).unwrap();
        }
        let stranger = erase_viewer(&mut journal, &salts, "default", "carol").unwrap();
        assert_eq!(stranger, Erased::default());
        let erased = erase_viewer(&mut journal, &salts, "default", "alice").unwrap();
        assert_eq!((erased.sessions.len(), erased.batches), (2, 3));
        let sessions =
            [("default", "before-login"), ("default", "later"), ("other", "later"), ("default", "bobs")];
        let left = sessions.map(|(tenant, session)| journal.session(tenant, session).unwrap().len());
        assert_eq!(left, [0, 0, 1, 1]);
        drop(journal);
        let files =
            std::fs::read_dir(&folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
        let bytes: Vec<u8> = files.flatten().collect();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("bobs") && holds(&hash("bob", 0)));
        assert!(!holds("before-login") && !holds(&hash("alice", 0)));
    }
}
