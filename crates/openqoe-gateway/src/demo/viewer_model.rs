//! One simulated view, from the press of a button to the end: a pure function of the seed, the viewer, the time of
//! arrival and the fault schedule.

mod ads;
#[cfg(test)]
mod tests;

use openqoe_spec::{AdPosition, EventKind, Failure, LatencyClock, SessionEnd, Trigger};
use serde_json::{Map, Value};

use super::audience::Viewer;
use super::chance::Chance;
use super::schedule::Schedule;
use super::script::{Latency, Moment, Network, Passing, Script};

/// Declared bitrates of the simulated ladder, bit/s.
const LADDER: [u64; 5] = [400_000, 900_000, 1_800_000, 3_500_000, 6_000_000];
const STARTUP_MS: f64 = 620.0;
const START_FAILURE: f64 = 0.005;
const LONGEST_MS: f64 = 7_200_000.0;
const WARNINGS: [(f64, &str); 3] =
    [(0.5, "bufferStalledError"), (0.3, "fragLoadTimeOut"), (0.2, "levelLoadError")];
const FATALS: [(f64, &str); 4] = [
    (0.4, "fragLoadError"),
    (0.3, "manifestLoadTimeOut"),
    (0.2, "bufferAppendError"),
    (0.1, "keySystemNoAccess"),
];
const REFUSALS: [(f64, &str); 3] =
    [(0.5, "ENTITLEMENT_DENIED"), (0.3, "GEO_BLOCKED"), (0.2, "TOO_MANY_STREAMS")];

/// A view, with everything its player reports.
pub(crate) struct View {
    /// A random UUID.
    pub(crate) session_id: String,
    /// What is known about the session.
    pub(crate) attributes: Map<String, Value>,
    /// When it begins, ms since the start of the demo.
    pub(crate) starts_at: u64,
    /// Its events; the position is the sequence number.
    pub(crate) moments: Vec<Moment>,
}

/// Why a view ends.
#[derive(Clone, Copy, PartialEq)]
enum Leaving {
    Finished,
    Failed,
    Closed(SessionEnd),
    /// The battery, the network, the browser's crash: nothing more is heard.
    Vanished,
}

/// What can happen while content plays.
#[derive(Clone, Copy)]
enum Act {
    Stall,
    SwitchUp,
    SwitchDown,
    Seek,
    Pause,
    Hide,
    AdBreak,
    Warn,
    Fail,
}

/// How much worse than usual things are.
struct Strain {
    startup: f64,
    stalls: f64,
    failures: f64,
    switches_down: f64,
}

const USUAL: Strain = Strain { startup: 1.0, stalls: 1.0, failures: 1.0, switches_down: 1.0 };
const DEGRADED: Strain = Strain { startup: 4.0, stalls: 15.0, failures: 8.0, switches_down: 20.0 };

struct Life<'a> {
    viewer: Viewer,
    schedule: &'a Schedule,
    starts_at: u64,
    script: Script,
    rung: usize,
    stalls: u32,
    /// Position in the content, ms.
    position: f64,
    watched_ms: f64,
    /// How long the viewer means to watch, ms.
    intended_ms: f64,
}

/// The view number `number` of this seat in the audience, begun at `starts_at` ms since the start of the demo.
pub(crate) fn view(seed: u64, seat: u64, number: u64, starts_at: u64, schedule: &Schedule) -> View {
    let mut chance = Chance::new(&[seed, seat, number]);
    let session_id = chance.uuid();
    let viewer = Viewer::draw(seed, &mut chance);
    let attributes = viewer.attributes.clone();
    let intended_ms = chance.log_normal(210_000.0, 1.1).min(LONGEST_MS);
    let latency = viewer.live.then(|| live_latency(&mut chance));
    let network = Network { ttfb_ms: 0.0, throughput: viewer.throughput, failing: 0.0 };
    let mut script = Script::new(chance, network, viewer.buffer_ms, viewer.dropped);
    script.latency = latency;
    let (rung, stalls, position, watched_ms) = (1, 0, 0.0, 0.0);
    let mut life =
        Life { viewer, schedule, starts_at, script, rung, stalls, position, watched_ms, intended_ms };
    let Err(leaving) = life.run();
    life.leave(leaving);
    View { session_id, attributes, starts_at, moments: life.script.close() }
}

fn live_latency(chance: &mut Chance) -> Latency {
    let target_ms = chance.log_normal(6_000.0, 0.5).clamp(1_500.0, 40_000.0);
    let clock = if chance.happens(0.8) { LatencyClock::ProgramDateTime } else { LatencyClock::Player };
    Latency { now_ms: target_ms, target_ms, clock }
}

type Step = Result<(), Leaving>;

impl Life<'_> {
    fn run(&mut self) -> Result<std::convert::Infallible, Leaving> {
        self.join()?;
        loop {
            self.watch_a_moment()?;
        }
    }

    fn join(&mut self) -> Step {
        self.feel_network();
        self.script.emit(EventKind::SessionStart);
        let prepared = self.script.chance.uniform(2.0, 60.0);
        self.script.pass(prepared, Passing::Waiting);
        let trigger = if self.happens(0.25) { Trigger::Autoplay } else { Trigger::User };
        self.script.emit(EventKind::PlayRequest { trigger });
        self.wait_for_start()?;
        if !self.viewer.live {
            // Films are protected, and a licence takes two round trips.
            let licence = (2.0 * self.script.network.ttfb_ms).round() / 1000.0;
            self.script.emit(EventKind::Custom { name: "drm_license_seconds".into(), value: Some(licence) });
        }
        self.script.emit(EventKind::Playing);
        self.script.pass(1.0, Passing::Content);
        self.rung = self.sustainable().min(1);
        self.show_rung();
        if !self.viewer.live && self.happens(0.04) {
            self.script.rate = 1.5;
            self.script.emit(EventKind::Rate { rate: 1.5 });
        }
        Ok(())
    }

    fn wait_for_start(&mut self) -> Step {
        let strain = self.strain();
        let wait = self.script.chance.log_normal(STARTUP_MS * self.viewer.startup * strain.startup, 0.5);
        let patience = self.script.chance.log_normal(9_000.0, 0.6);
        if wait > patience {
            self.script.pass(patience, Passing::Waiting);
            return Err(self.closing());
        }
        if self.happens(START_FAILURE * strain.failures) {
            self.script.pass(wait, Passing::Waiting);
            return Err(self.fail(0.2));
        }
        let preroll = self.viewer.ads && self.happens(0.7);
        if preroll {
            self.script.pass(wait / 2.0, Passing::Waiting);
            self.ad_break(AdPosition::Pre)?;
        }
        self.script.pass(if preroll { wait / 2.0 } else { wait }, Passing::Waiting);
        Ok(())
    }

    /// About a second of content, then at most one thing that happens.
    fn watch_a_moment(&mut self) -> Step {
        self.feel_network();
        let left = (self.viewer.content_ms as f64 - self.position) / self.script.rate;
        let ms = self.script.chance.uniform(700.0, 1_300.0).min(left);
        self.script.pass(ms, Passing::Content);
        self.position += ms * self.script.rate;
        self.watched_ms += ms;
        if self.position + 1.0 >= self.viewer.content_ms as f64 {
            return Err(Leaving::Finished);
        }
        if self.watched_ms >= self.intended_ms {
            return Err(self.closing());
        }
        match self.next_act(ms) {
            Some(act) => self.play_out(act),
            None => Ok(()),
        }
    }

    /// Draws from acts that come by the minute, as Poisson processes do.
    fn next_act(&mut self, ms: f64) -> Option<Act> {
        let strain = self.strain();
        let vod = if self.viewer.live { 0.0 } else { 1.0 };
        let climbing = if self.rung < self.sustainable() { 7.0 } else { 0.0 };
        let falling = if self.rung > self.sustainable() { 10.0 } else { 0.15 * strain.switches_down };
        let acts = [
            (0.12 * self.viewer.stalls * strain.stalls, Act::Stall),
            (climbing, Act::SwitchUp),
            (if self.rung > 0 { falling } else { 0.0 }, Act::SwitchDown),
            (0.25 * vod, Act::Seek),
            (0.03 + 0.08 * vod, Act::Pause),
            (0.08, Act::Hide),
            (if self.viewer.ads { 0.2 } else { 0.0 }, Act::AdBreak),
            (0.02 * strain.failures, Act::Warn),
            (0.002 * strain.failures, Act::Fail),
        ];
        let mut left = self.script.chance.uniform(0.0, 60_000.0 / ms.max(1.0));
        acts.into_iter().find_map(|(per_minute, act)| {
            left -= per_minute;
            (left < 0.0).then_some(act)
        })
    }

    fn play_out(&mut self, act: Act) -> Step {
        match act {
            Act::Stall => return self.stall(),
            Act::SwitchUp => {
                self.rung += 1;
                self.show_rung();
            }
            Act::SwitchDown => {
                self.rung -= 1;
                self.show_rung();
            }
            Act::Seek => self.seek(),
            Act::Pause => return self.pause(),
            Act::Hide => return self.hide(),
            Act::AdBreak => {
                self.ad_break(AdPosition::Mid)?;
                let resuming = self.script.chance.uniform(50.0, 300.0);
                self.script.pass(resuming, Passing::Waiting);
                self.script.emit(EventKind::Playing);
            }
            Act::Warn => {
                let code = *self.script.chance.weighted(&WARNINGS);
                self.script.emit(EventKind::Error {
                    code: code.into(),
                    fatal: false,
                    category: Failure::Technical,
                });
            }
            Act::Fail => return Err(self.fail(0.05)),
        }
        Ok(())
    }

    fn stall(&mut self) -> Step {
        let degraded = self.degraded();
        self.stalls += 1;
        self.script.emit(EventKind::Stall);
        let wait = self.script.chance.log_normal(if degraded { 2_400.0 } else { 1_200.0 }, 0.7);
        let patience = self.script.chance.log_normal(14_000.0, 0.5);
        self.script.pass(wait.min(patience), Passing::Waiting);
        if wait > patience || (self.stalls > 3 && self.happens(0.1)) {
            return Err(self.closing());
        }
        self.script.emit(EventKind::Playing);
        if self.rung > 0 && self.happens(0.5) {
            self.script.pass(40.0, Passing::Content);
            self.rung -= 1;
            self.show_rung();
        }
        Ok(())
    }

    fn seek(&mut self) {
        self.script.emit(EventKind::SeekStart);
        let strain = self.strain().startup.sqrt();
        let wait = self.script.chance.log_normal(350.0 * strain, 0.5);
        self.script.pass(wait, Passing::Waiting);
        self.script.emit(EventKind::SeekEnd);
        self.script.pass(12.0, Passing::Waiting);
        self.script.emit(EventKind::Playing);
        let jump = self.script.chance.uniform(-30_000.0, 90_000.0);
        self.position = (self.position + jump).clamp(0.0, self.viewer.content_ms as f64 - 1_000.0);
    }

    fn pause(&mut self) -> Step {
        self.script.emit(EventKind::Pause);
        let away = self.script.chance.log_normal(15_000.0, 1.0).min(600_000.0);
        self.script.pass(away, Passing::Paused);
        if self.happens(0.08) {
            return Err(self.closing());
        }
        self.resume();
        Ok(())
    }

    fn resume(&mut self) {
        self.script.emit(EventKind::PlayRequest { trigger: Trigger::User });
        let wait = self.script.chance.uniform(20.0, 90.0);
        self.script.pass(wait, Passing::Waiting);
        self.script.emit(EventKind::Playing);
    }

    fn hide(&mut self) -> Step {
        self.script.emit(EventKind::Visibility { hidden: true });
        let away = self.script.chance.log_normal(20_000.0, 0.8).min(120_000.0);
        if !self.viewer.handheld {
            let away = away.min(self.viewer.content_ms as f64 - self.position - 1_000.0).max(0.0);
            self.script.pass(away / self.script.rate, Passing::Content);
            self.position += away;
            self.script.emit(EventKind::Visibility { hidden: false });
            return Ok(());
        }
        self.script.emit(EventKind::Pause);
        self.script.pass(away, Passing::Paused);
        if self.happens(0.25) {
            return Err(Leaving::Vanished);
        }
        self.script.emit(EventKind::Visibility { hidden: false });
        self.resume();
        Ok(())
    }

    fn fail(&mut self, refused: f64) -> Leaving {
        let business = self.happens(refused);
        let codes: &[(f64, &str)] = if business { &REFUSALS } else { &FATALS };
        let category = if business { Failure::Business } else { Failure::Technical };
        let code = *self.script.chance.weighted(codes);
        self.script.emit(EventKind::Error { code: code.into(), fatal: true, category });
        Leaving::Failed
    }

    fn closing(&mut self) -> Leaving {
        *self.script.chance.weighted(&[
            (0.40, Leaving::Closed(SessionEnd::Stopped)),
            (0.36, Leaving::Closed(SessionEnd::PageHide)),
            (0.20, Leaving::Closed(SessionEnd::ContentChange)),
            (0.04, Leaving::Vanished),
        ])
    }

    fn leave(&mut self, leaving: Leaving) {
        let reason = match leaving {
            Leaving::Vanished => return,
            Leaving::Closed(reason) => reason,
            Leaving::Finished | Leaving::Failed => {
                if leaving == Leaving::Finished {
                    self.script.emit(EventKind::Ended);
                }
                let lingering = self.script.chance.uniform(200.0, 6_000.0);
                self.script.pass(lingering, Passing::Paused);
                if self.happens(0.4) { SessionEnd::ContentChange } else { SessionEnd::PageHide }
            }
        };
        self.script.emit(EventKind::SessionEnd { reason });
    }

    fn show_rung(&mut self) {
        self.script.emit(EventKind::Rendition { bitrate: LADDER[self.rung] });
    }

    /// The highest rung the device plays and the network carries now.
    fn sustainable(&self) -> usize {
        let room = self.script.network.throughput / 1.5;
        let carried = LADDER.iter().filter(|bitrate| **bitrate as f64 <= room).count().saturating_sub(1);
        carried.min(self.viewer.top_rung)
    }

    fn feel_network(&mut self) {
        let throughput = self.viewer.throughput;
        self.script.network = if self.degraded() {
            Network { ttfb_ms: 320.0, throughput: throughput / 6.0, failing: 0.04 }
        } else {
            Network { ttfb_ms: 45.0 * self.viewer.startup, throughput, failing: 0.002 }
        };
    }

    fn degraded(&self) -> bool {
        self.viewer.on_faulty_cdn && self.schedule.degraded(self.starts_at + self.script.now())
    }

    fn strain(&self) -> &'static Strain {
        if self.degraded() { &DEGRADED } else { &USUAL }
    }

    fn happens(&mut self, probability: f64) -> bool {
        self.script.chance.happens(probability)
    }
}
