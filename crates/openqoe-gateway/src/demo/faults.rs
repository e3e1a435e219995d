//! The faults of one scope: what goes wrong with the delivery of its media, as the demo page and the tests ask for it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

const MAX_DELAY_MS: u64 = 60_000;
const MAX_KBPS: u64 = 1_000_000;
const MAX_FAILURES: u32 = 1000;
const STATUSES: [u16; 3] = [0, 404, 503];
const MAX_HOLD: Duration = Duration::from_secs(60);

/// The whole set; a field that is left out is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// Delay of every answer's first byte, at most 60000 ms.
    pub(crate) latency_ms: u64,
    /// Rate of every body in 1000 bit/s, at most 1000000; 0 is as fast as it goes.
    pub(crate) slow_kbps: u64,
    /// What media segments are answered with: 404, 503, or 0 for what they are.
    pub(crate) status: u16,
    /// 0 for all of them, or how many video segments, the next ones, `status` is for; audio is spared then. Counts down as
    /// they are asked for, and takes `status` with it when it comes to 0. At most 1000.
    pub(crate) fail_next: u32,
    /// What playlists and MPDs are answered with: 404, 503, or 0 for what they are.
    pub(crate) manifest_status: u16,
    /// Whether media segments wait, until this is false again or 60 s have passed.
    pub(crate) hold: bool,
    /// Delay of the next video segment, at most 60000 ms; falls back to 0 when that segment is asked for.
    pub(crate) withhold_ms: u64,
}

impl Faults {
    /// Reads a set from JSON.
    ///
    /// # Errors
    /// Says which field is unknown or out of range.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        let faults: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        for (field, value) in [("latency_ms", faults.latency_ms), ("withhold_ms", faults.withhold_ms)] {
            if value > MAX_DELAY_MS {
                return Err(format!("`{field}` is {value}, more than {MAX_DELAY_MS}"));
            }
        }
        if faults.slow_kbps > MAX_KBPS {
            return Err(format!("`slow_kbps` is {}, more than {MAX_KBPS}", faults.slow_kbps));
        }
        for (field, status) in [("status", faults.status), ("manifest_status", faults.manifest_status)] {
            if !STATUSES.contains(&status) {
                return Err(format!("`{field}` is {status}, not one of 0, 404, 503"));
            }
        }
        if faults.fail_next > MAX_FAILURES {
            return Err(format!("`fail_next` is {}, more than {MAX_FAILURES}", faults.fail_next));
        }
        if faults.fail_next > 0 && faults.status == 0 {
            return Err("`fail_next` says how many video segments get `status`, which is 0".to_owned());
        }
        Ok(faults)
    }

    /// What is left of the latency after `waited`.
    pub(crate) fn latency_left(&self, waited: Duration) -> Duration {
        Duration::from_millis(self.latency_ms).saturating_sub(waited)
    }

    /// What is left, at most, of the hold after `waited`.
    pub(crate) fn hold_left(&self, waited: Duration) -> Duration {
        if self.hold { MAX_HOLD.saturating_sub(waited) } else { Duration::ZERO }
    }
}

/// Waits until nothing is left to wait for, looking again whenever the faults change: who clears a fault means it.
pub(crate) async fn wait(faults: &mut watch::Receiver<Faults>, left: fn(&Faults, Duration) -> Duration) {
    let began = Instant::now();
    loop {
        let left = left(&faults.borrow_and_update(), began.elapsed());
        if left.is_zero() {
            return;
        }
        tokio::select! {
            () = sleep(left) => {}
            changed = faults.changed() => if changed.is_err() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_fields_are_off() {
        let faults = Faults::parse(br#"{"hold":true}"#).unwrap();
        assert_eq!(faults, Faults { hold: true, ..Faults::default() });
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, part) in [
            (r#"{"holdd":true}"#, "unknown field `holdd`, expected one of `latency_ms`"),
            (r#"{"latency_ms":60001}"#, "`latency_ms` is 60001, more than 60000"),
            (r#"{"withhold_ms":60001}"#, "`withhold_ms` is 60001"),
            (r#"{"slow_kbps":1000001}"#, "`slow_kbps` is 1000001"),
            (r#"{"latency_ms":-1}"#, "invalid value"),
            (r#"{"status":500}"#, "`status` is 500, not one of 0, 404, 503"),
            (r#"{"manifest_status":1}"#, "`manifest_status` is 1, not one of"),
            (r#"{"status":404,"fail_next":1001}"#, "`fail_next` is 1001, more than 1000"),
            (r#"{"fail_next":1}"#, "`fail_next` says how many"),
            ("[", "EOF"),
        ] {
            let message = Faults::parse(json.as_bytes()).unwrap_err();
            assert!(message.contains(part), "{json}: {message}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_ends_when_it_is_cleared() {
        let (sender, mut receiver) = watch::channel(Faults { hold: true, ..Faults::default() });
        let began = Instant::now();
        let clearing = async {
            sleep(Duration::from_secs(7)).await;
            sender.send_replace(Faults::default());
        };
        tokio::join!(wait(&mut receiver, Faults::hold_left), clearing);
        assert_eq!(began.elapsed().as_secs(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_ends_after_a_minute() {
        let (_sender, mut receiver) = watch::channel(Faults { hold: true, ..Faults::default() });
        let began = Instant::now();
        wait(&mut receiver, Faults::hold_left).await;
        assert_eq!(began.elapsed().as_secs(), 60);
    }
}
