//! The secrets viewer ids are hashed with. One is in use for a period; the older ones are kept as long as something hashed
//! with them may have to be found, then destroyed, and from then on nobody can.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::config::Config;
use super::{PrivacyError, salt_file};

/// Bytes of a hash that are kept: enough that no two viewers meet.
const HASH_BYTES: usize = 16;

/// One period's secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Salt {
    /// When its period began, epoch ms; it ends where the next one's begins.
    pub(super) created_at: u64,
    pub(super) secret: [u8; 32],
}

/// The salts there are.
pub(super) struct Salts {
    /// `None` keeps them in memory.
    path: Option<PathBuf>,
    /// Milliseconds.
    rotation: u64,
    /// Milliseconds.
    retention: u64,
    /// Age in milliseconds from which a salt only serves to find what was hashed with it: all of that is gone from the
    /// journal when the salt is destroyed.
    use_until: u64,
    kept: RwLock<Kept>,
}

#[derive(Clone, Default)]
struct Kept {
    /// Oldest first, never empty once started.
    salts: Vec<Salt>,
    /// The first one that is still used.
    first_used: usize,
}

impl Salts {
    /// Takes up the salts of a data directory, or begins with the first one.
    ///
    /// # Errors
    /// When the file is damaged or cannot be written.
    pub(super) fn start(
        path: Option<PathBuf>,
        config: &Config,
        viewer_retention: Duration,
        now: u64,
    ) -> Result<Salts, PrivacyError> {
        let salts = match &path {
            Some(path) => salt_file::read(path)?.unwrap_or_default(),
            None => Vec::new(),
        };
        let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let salts = Salts {
            path,
            rotation: ms(config.salt_rotation),
            retention: ms(config.salt_retention),
            use_until: ms(config.salt_retention.saturating_sub(viewer_retention)),
            kept: RwLock::new(Kept { salts, first_used: 0 }),
        };
        salts.renew(now)?;
        Ok(salts)
    }

    /// The salts of a file, to look things up with; the file stays as it is.
    ///
    /// # Errors
    /// When there are none or the file is damaged.
    pub(super) fn read(path: &Path) -> Result<Salts, PrivacyError> {
        let salts = salt_file::read(path)?.filter(|salts| !salts.is_empty());
        let salts = salts.ok_or_else(|| PrivacyError::NoSalts(path.display().to_string()))?;
        let kept = RwLock::new(Kept { salts, first_used: 0 });
        Ok(Salts { path: None, rotation: u64::MAX, retention: u64::MAX, use_until: u64::MAX, kept })
    }

    /// Begins a new period when it is time, and destroys salts that have served. On disk first: what cannot be written does
    /// not happen, for a hash made with a lost salt can never be found again.
    ///
    /// # Errors
    /// When the file cannot be written; everything stays as it was.
    pub(super) fn renew(&self, now: u64) -> Result<(), PrivacyError> {
        let before = self.kept().clone();
        let age = |salt: &Salt| now.saturating_sub(salt.created_at);
        let mut salts = before.salts.clone();
        if salts.last().is_none_or(|newest| age(newest) >= self.rotation) {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret)?;
            salts.push(Salt { created_at: now, secret });
        }
        let current = salts.last().cloned();
        salts.retain(|salt| current.as_ref() == Some(salt) || age(salt) < self.retention);
        if salts != before.salts {
            self.path.as_ref().map_or(Ok(()), |path| salt_file::write(path, &salts))?;
            tracing::info!(kept = salts.len(), "salts of viewer ids renewed");
        }
        let used = salts.iter().position(|salt| age(salt) < self.use_until);
        let first_used = used.unwrap_or(salts.len().saturating_sub(1));
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Kept { salts, first_used };
        Ok(())
    }

    /// The hash of a viewer's id, with the salt of the period in which the session started by its own clock (epoch ms).
    /// That moment is the same in every batch of the session, so a rotation does not change the hash under way.
    pub(super) fn hash(&self, tenant: &str, viewer: &str, started_at: u64) -> String {
        let Kept { salts, first_used } = &*self.kept();
        let period = salts.partition_point(|salt| salt.created_at <= started_at).saturating_sub(1);
        salts.get(period.max(*first_used)).map(|salt| hash(salt, tenant, viewer)).unwrap_or_default()
    }

    /// The hashes a viewer's id has had and has, the current one last.
    pub(super) fn hashes(&self, tenant: &str, viewer: &str) -> Vec<String> {
        self.kept().salts.iter().map(|salt| hash(salt, tenant, viewer)).collect()
    }

    fn kept(&self) -> RwLockReadGuard<'_, Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// HMAC-SHA-256 (RFC 2104) of tenant and viewer, truncated (RFC 2104 §5), in hexadecimal. The length before the tenant keeps
/// `a` + `bc` from being `ab` + `c`.
fn hash(salt: &Salt, tenant: &str, viewer: &str) -> String {
    // A key of any length will do; this one has the right one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&salt.secret) else { return String::new() };
    mac.update(&(tenant.len() as u64).to_le_bytes());
    mac.update(tenant.as_bytes());
    // Admission trims what it takes.
    mac.update(viewer.trim().as_bytes());
    hex(&mac.finalize().into_bytes()[..HASH_BYTES])
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3_600_000;
    const ONE_DAY: Duration = Duration::from_secs(24 * 3600);

    fn start(path: Option<PathBuf>, now: u64) -> Salts {
        Salts::start(path, &Config::default(), ONE_DAY, now).unwrap()
    }

    fn file(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("openqoe-salts-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder.join("salts")
    }

    #[test]
    fn the_hash_is_the_hmac_of_the_standard() {
        // From Python: hmac.new(bytes(range(32)), (7).to_bytes(8, "little") + b"default" + b"alice", "sha256").
        let salt = Salt { created_at: 0, secret: std::array::from_fn(|index| u8::try_from(index).unwrap()) };
        assert_eq!(hash(&salt, "default", " alice "), "78c910d0517d907276d0f51d1517f17f");
    }

    #[test]
    fn one_viewer_has_one_hash_for_a_tenant_and_a_period() {
        let salts = start(None, 100 * DAY);
        let first = salts.hash("a", "alice", 100 * DAY);
        assert_eq!(first.len(), 2 * HASH_BYTES);
        assert_eq!(salts.hash("a", "alice", 101 * DAY), first);
        for (tenant, viewer) in [("b", "alice"), ("a", "bob"), ("aa", "lice")] {
            assert_ne!(salts.hash(tenant, viewer, 100 * DAY), first);
        }
        assert_ne!(start(None, 100 * DAY).hash("a", "alice", 100 * DAY), first, "salts are random");
    }

    #[test]
    fn a_session_keeps_its_hash_across_a_rotation() {
        let salts = start(None, 100 * DAY);
        let started_at = 129 * DAY;
        let before = salts.hash("a", "alice", started_at);
        salts.renew(130 * DAY).unwrap();
        assert_eq!(salts.hash("a", "alice", started_at), before);
        let after = salts.hash("a", "alice", 130 * DAY);
        assert_ne!(after, before);
        // A clock far behind or ahead is taken for the nearest period there is.
        assert_eq!(salts.hash("a", "alice", 0), before);
        assert_eq!(salts.hash("a", "alice", 900 * DAY), after);
        assert_eq!(salts.hashes("a", "alice"), [before, after]);
    }

    #[test]
    fn salts_are_destroyed_when_they_have_served() {
        let path = file("retention");
        let salts = start(Some(path.clone()), 100 * DAY);
        let first = salts.hash("a", "alice", 0);
        let secret = hex(&salts.kept().salts[0].secret);
        assert!(std::fs::read_to_string(&path).unwrap().contains(&secret));
        for (day, kept) in [(129, 1), (130, 2), (159, 2), (160, 2), (189, 2), (190, 2), (400, 1)] {
            salts.renew(day * DAY).unwrap();
            assert_eq!(salts.kept().salts.len(), kept, "day {day}");
        }
        assert_ne!(salts.hash("a", "alice", 0), first);
        assert!(!std::fs::read_to_string(&path).unwrap().contains(&secret));
    }

    #[test]
    fn a_salt_outlives_what_is_kept_of_its_hashes() {
        let salts = start(None, 100 * DAY);
        let first = salts.hash("a", "alice", 0);
        for (day, used) in [(158, true), (159, false)] {
            salts.renew(day * DAY).unwrap();
            assert_eq!(salts.hash("a", "alice", 0) == first, used, "day {day}");
            assert!(salts.hashes("a", "alice").contains(&first));
        }
    }

    #[test]
    fn salts_outlive_the_process() {
        let path = file("restart");
        let salts = start(Some(path.clone()), 100 * DAY);
        let hash = salts.hash("a", "alice", 0);
        drop(salts);
        assert_eq!(start(Some(path.clone()), 110 * DAY).hash("a", "alice", 0), hash);
        assert_eq!(Salts::read(&path).unwrap().hash("a", "alice", 0), hash);
        // A clock that was put back does not rotate.
        assert_eq!(start(Some(path.clone()), 5 * DAY).kept().salts.len(), 1);
        assert!(matches!(Salts::read(&path.with_extension("no")), Err(PrivacyError::NoSalts(_))));
    }

    #[test]
    fn what_cannot_be_written_does_not_happen() {
        let path = file("readonly");
        let salts = start(Some(path.clone()), 100 * DAY);
        let hash = salts.hash("a", "alice", 0);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        assert!(salts.renew(130 * DAY).is_err());
        assert_eq!(salts.hash("a", "alice", 130 * DAY), hash);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        salts.renew(130 * DAY).unwrap();
        assert_ne!(salts.hash("a", "alice", 130 * DAY), hash);
    }

    #[test]
    fn the_number_of_salts_is_bounded() {
        let config = Config { salt_rotation: ONE_DAY, salt_retention: 5 * ONE_DAY, ..Config::default() };
        let salts = Salts::start(None, &config, ONE_DAY, 0).unwrap();
        for day in 0..100 {
            salts.renew(day * DAY).unwrap();
            assert!(salts.kept().salts.len() <= 5);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_session_of_a_week_has_one_hash(began in 0_u64..4000, step in 1_u64..60) {
            const HOUR: u64 = 3_600_000;
            let salts = start(None, 0);
            let mut hashes = std::collections::BTreeSet::new();
            for hour in (0..=began + 7 * 24).step_by(usize::try_from(step).unwrap()) {
                salts.renew(hour * HOUR).unwrap();
                if hour >= began {
                    hashes.insert(salts.hash("a", "alice", began * HOUR));
                }
            }
            proptest::prop_assert_eq!(hashes.len(), 1);
        }
    }
}
