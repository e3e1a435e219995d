//! A token bucket as one number: the moment it would be full again (GCRA, ITU-T I.371). Taking moves that moment on; there
//! is room while it is no further away than the burst. No lock, no task that fills it up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const SECOND: u128 = 1_000_000_000;

/// A bucket any thread may take from. Its limits may change at any time.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    /// Units a second; 0 is no limit.
    rate: AtomicU64,
    /// How far away the moment may be, ns.
    burst: AtomicU64,
    /// The moment, on the clock of whoever takes, ns.
    full_at: AtomicU64,
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Short {
    /// There will be some after that time.
    For(Duration),
    /// Never for so much at once.
    Forever,
}

impl Bucket {
    /// Units a second, 0 for no limit, and for how long an idle bucket saves them up.
    pub(crate) fn set(&self, rate: u64, burst: Duration) {
        self.rate.store(rate, Ordering::Relaxed);
        self.burst.store(u64::try_from(burst.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Whether it lets everything through, which spares its caller the clock.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.rate.load(Ordering::Relaxed) == 0
    }

    /// Units a second and how much of the burst is used up at `now`, 0 to 1; `None` without a limit.
    pub(crate) fn fill(&self, now: u64) -> Option<(u64, f64)> {
        let (rate, burst) = (self.rate.load(Ordering::Relaxed), self.burst.load(Ordering::Relaxed));
        let owed = self.full_at.load(Ordering::Relaxed).saturating_sub(now);
        (rate > 0).then(|| (rate, (owed as f64 / burst.max(1) as f64).min(1.0)))
    }

    /// Takes so many units at `now`, or none.
    pub(crate) fn take(&self, units: usize, now: u64) -> Result<(), Short> {
        let (rate, burst) = (self.rate.load(Ordering::Relaxed), self.burst.load(Ordering::Relaxed));
        if rate == 0 {
            return Ok(());
        }
        let cost = (units as u128 * SECOND).div_ceil(u128::from(rate));
        let Some(cost) = u64::try_from(cost).ok().filter(|cost| *cost <= burst) else {
            return Err(Short::Forever);
        };
        let later = |full_at: u64| full_at.max(now).saturating_add(cost);
        let taken = self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let later = later(full_at);
            (later.saturating_sub(now) <= burst).then_some(later)
        });
        let wait = |full_at| later(full_at).saturating_sub(now).saturating_sub(burst);
        taken.map(|_| ()).map_err(|full_at| Short::For(Duration::from_nanos(wait(full_at))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: u64 = 1_000_000;

    fn bucket(rate: u64, burst: u64) -> Bucket {
        let bucket = Bucket::default();
        bucket.set(rate, Duration::from_millis(burst));
        bucket
    }

    #[test]
    fn an_idle_bucket_holds_its_burst_and_fills_at_its_rate() {
        let bucket = bucket(100, 2000);
        assert_eq!(bucket.take(200, 0), Ok(()));
        assert_eq!(bucket.take(1, 0), Err(Short::For(Duration::from_millis(10))));
        assert_eq!(bucket.take(50, 0), Err(Short::For(Duration::from_millis(500))));
        assert_eq!(bucket.take(50, 500 * MS), Ok(()));
        assert_eq!(bucket.take(201, 60_000 * MS), Err(Short::Forever));
        assert_eq!(bucket.take(200, 60_000 * MS), Ok(()));
        assert_eq!(bucket.take(usize::MAX, 0), Err(Short::Forever));
        assert_eq!(Bucket::default().take(usize::MAX, 0), Ok(()));
    }

    #[test]
    fn another_rate_holds_from_then_on() {
        let bucket = bucket(1, 2000);
        assert_eq!(bucket.take(3, 0), Err(Short::Forever));
        bucket.set(1000, Duration::from_secs(2));
        assert_eq!(bucket.take(3, 0), Ok(()));
        bucket.set(0, Duration::ZERO);
        assert_eq!(bucket.take(1 << 40, 0), Ok(()));
    }

    proptest! {
        /// Never more than the rate allows since any moment, plus one burst; and whoever waits as told is served.
        #[test]
        fn it_neither_leaks_nor_starves(
            rate in 1..5000_u64, burst in 1..5000_u64, takes in proptest::collection::vec((0..400 * MS, 1..2000_usize), 1..100)
        ) {
            let bucket = bucket(rate, burst);
            let (mut now, mut passed) = (0, Vec::<(u64, usize)>::new());
            for (step, units) in takes {
                now += step;
                match bucket.take(units, now) {
                    Ok(()) => passed.push((now, units)),
                    Err(Short::Forever) => prop_assert!(units as f64 > rate as f64 * burst as f64 / 1000.0 - 1.0),
                    Err(Short::For(wait)) => {
                        now += u64::try_from(wait.as_nanos()).unwrap();
                        prop_assert_eq!(bucket.take(units, now), Ok(()));
                        passed.push((now, units));
                    }
                }
            }
            for (position, (since, _)) in passed.iter().enumerate() {
                let units: usize = passed[position..].iter().map(|(_, units)| units).sum();
                let seconds = (now - since) as f64 / 1e9 + burst as f64 / 1000.0;
                prop_assert!(units as f64 <= rate as f64 * seconds + 1e-6, "{units} in {seconds} s");
            }
        }
    }
}
