//! The proof: a real Prometheus scrapes the gateway and evaluates the rules our compiler makes of the same objectives, under
//! traffic that changes and over two restarts. What it says of ratios, burn rates, budgets and alerts is what the gateway says.
//!
//! Both look at moments: the gateway every five seconds, Prometheus every second. Where something was counted between the moment
//! one takes for the edge of a window and the moment the other does, they speak of different things; such an edge is left out.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openqoe_slo::duration::spell;
use openqoe_slo::{Options, Slo, compile, parse_all};
use serde_json::Value;

use super::traffic::{BAD, FAILED, GOOD, View, send};
use crate::harness::{Gateway, folder};
use crate::receiver::{eventually, free_address};
use crate::servers::{Server, encode};

const OBJECTIVES: &str = include_str!("against_prometheus.yaml");
/// Bursts, one between two samples of the gateway; some samples have none.
const BURSTS: usize = 24;
/// Before this one the gateway is ended in good order.
const ENDED: usize = 9;
/// Before this one it is killed.
const KILLED: usize = 16;
/// The part that ratios may differ by.
const TOLERANCE: f64 = 0.01;
/// What one in a hundred may: a scrape of a busy machine that came late moves the edge of a window.
const STRAY: f64 = 0.05;

/// What the gateway said, and when it had looked, epoch ms.
struct Said {
    at: u64,
    report: Value,
}

/// A gateway that is watched, and everything it said.
struct Watched {
    folder: PathBuf,
    public: String,
    internal: String,
    gateway: Option<Gateway>,
    said: Vec<Said>,
    /// When something was counted, epoch ms.
    bursts: Vec<(u64, u64)>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.gateway = None;
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

impl Watched {
    fn new(folder: PathBuf) -> Watched {
        let objectives = folder.join("objectives");
        std::fs::create_dir_all(&objectives).unwrap();
        std::fs::write(objectives.join("all.yaml"), OBJECTIVES).unwrap();
        let (public, internal) = (free_address(), free_address());
        Watched { folder, public, internal, gateway: None, said: Vec::new(), bursts: Vec::new() }
    }

    fn start(&mut self) {
        let (data, objectives) = (self.folder.join("gateway"), self.folder.join("objectives"));
        let environment =
            [("OPENQOE_DATA_DIR", data.to_str().unwrap()), ("OPENQOE_SLO_DIR", objectives.to_str().unwrap())];
        self.gateway = Some(Gateway::start_on(&self.public, &self.internal, &["serve"], &environment));
    }

    fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().unwrap()
    }

    /// Waits until the gateway has looked again.
    fn listen(&mut self) {
        let before = self.said.last().map_or(0, |said| said.at);
        loop {
            let report = self.gateway().get("/api/v1/tenants/default/slos").json();
            let at = report["evaluated_at"].as_u64().unwrap_or_default();
            if at > before {
                return self.said.push(Said { at, report });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Sends views halfway between two samples.
    fn burst(&mut self, number: usize, views: &[View]) {
        std::thread::sleep(Duration::from_millis(2000));
        let begun = now();
        send(self.gateway(), &format!("burst-{number}"), views);
        self.bursts.push((begun, now()));
    }

    /// Whether a moment has nothing counted near it, as both see it.
    fn is_clear(&self, moment: u64) -> bool {
        let (before, after): (Vec<_>, Vec<_>) =
            self.said.iter().map(|said| said.at).partition(|at| *at <= moment);
        // Prometheus may have looked two seconds before: once to scrape, once to evaluate.
        let (mut from, mut to) = (moment.saturating_sub(2200), moment + 200);
        let nearest = before.last().copied().unwrap_or(0);
        // An edge beside a sample is that sample.
        if moment - nearest > 30 {
            (from, to) = (from.min(nearest), to.max(after.first().copied().unwrap_or(u64::MAX)));
        }
        !self.bursts.iter().any(|(begun, ended)| *begun <= to && *ended >= from)
    }
}

/// What comes at which time: calm, a fault of one CDN, nothing at all, a crowd, a fault of everything.
fn views(number: usize) -> Vec<View> {
    let many = |view: View, times: usize| std::iter::repeat_n(view, times);
    let (on_a, on_b) = (GOOD, GOOD.on("b"));
    match number {
        0 | 1 => many(on_a, 6).chain(many(on_b, 3)).chain(many(BAD, 1)).collect(),
        // So that edges of windows find a gap, whenever the gateway looks after a restart.
        _ if number % 3 == 2 => Vec::new(),
        2..=8 => many(on_a, 3).chain(many(BAD, 8)).chain(many(on_b, 4)).chain(many(FAILED, 3)).collect(),
        10 => many(on_a, 30).chain(many(on_b, 2)).chain(many(BAD.on("b"), 1)).collect(),
        11..=18 => many(BAD, 5).chain(many(BAD.on("b"), 6)).chain(many(FAILED.on("test"), 4)).collect(),
        _ => many(on_a, 5).chain(many(on_b, 5)).chain(many(FAILED, number % 2)).collect(),
    }
}

/// The rules of the objectives, evaluated every second. Within the minutes of a test an hour holds as much as a day, and no window of
/// an hour is put together from recorded pieces.
fn rules(slos: &[Slo]) -> String {
    let hour = |slo: &Slo| Slo { window: Duration::from_secs(3600), ..slo.clone() };
    let slos: Vec<Slo> = slos.iter().map(hour).collect();
    let mut rules = compile(&slos, &Options::default());
    rules.groups.iter_mut().for_each(|group| group.interval = Duration::from_secs(1));
    rules.to_yaml("")
}

#[test]
fn the_gateway_says_what_prometheus_says() {
    let slos = parse_all([("against_prometheus.yaml", OBJECTIVES)]).unwrap();
    let mut watched = Watched::new(folder("objectives-proof"));
    // What is there before the gateway first looks, and before the first scrape, is growth to neither.
    watched.start();
    let base = [GOOD, BAD, FAILED, GOOD.on("b"), BAD.on("b"), FAILED.on("b"), FAILED.on("test")];
    (0..3).for_each(|number| send(watched.gateway(), &format!("base-{number}"), &base));
    watched.gateway.take().unwrap().kill();

    let folder = watched.folder.clone();
    let Some(prometheus) = Server::scraping(&folder, &watched.internal, &rules(&slos)) else { return };
    watched.start();
    // It takes some seconds before its first scrape, and two scrapes before there is an increase.
    eventually("an evaluation", || {
        let found = prometheus.query("slo:sli_total:increase30s", None);
        (found.len() >= slos.len()).then_some(())
    });
    watched.listen();
    for number in 0..BURSTS {
        watched.listen();
        match number {
            ENDED => {
                watched.gateway.take().unwrap().end();
                watched.start();
            }
            KILLED => {
                watched.gateway.take().unwrap().kill();
                watched.start();
            }
            _ => watched.burst(number, &views(number)),
        }
    }
    watched.listen();
    // Prometheus has to have looked at what came last.
    std::thread::sleep(Duration::from_secs(2));
    let compared = compare(&watched, &prometheus, &slos);
    eprintln!("{compared:?}");
    assert!(compared.ratios > 150 && compared.alerts > 60, "{compared:?}");
    assert!(compared.strays * 100 <= compared.ratios, "{compared:?}");
    assert!(compared.fired > 3 && compared.too_little > 0 && compared.absent > 3, "{compared:?}");
}

/// What was compared.
#[derive(Debug, Default)]
struct Compared {
    ratios: usize,
    absent: usize,
    alerts: usize,
    fired: usize,
    too_little: usize,
    left_out: usize,
    /// Ratios further apart than [`TOLERANCE`].
    strays: usize,
    /// The largest difference of two ratios, as a part of them.
    worst: f64,
}

fn compare(watched: &Watched, prometheus: &Server, slos: &[Slo]) -> Compared {
    let mut compared = Compared::default();
    // The first says what was there before.
    for said in watched.said.iter().skip(1).filter(|said| watched.is_clear(said.at)) {
        for (slo, report) in slos.iter().zip(said.report["slos"].as_array().unwrap()) {
            for group in report["groups"].as_array().unwrap() {
                let ask = Ask { prometheus, slo, at: said.at, group };
                ask.ratios(watched, &mut compared);
                ask.alerts(watched, &mut compared);
            }
        }
    }
    compared
}

/// One group at one moment.
struct Ask<'a> {
    prometheus: &'a Server,
    slo: &'a Slo,
    at: u64,
    group: &'a Value,
}

impl Ask<'_> {
    fn labels(&self) -> String {
        let own =
            self.slo.group_by.iter().map(|label| {
                format!("{label}=\"{}\"", self.group["labels"][label].as_str().unwrap_or_default())
            });
        std::iter::once(format!("slo=\"{}\"", self.slo.name)).chain(own).collect::<Vec<_>>().join(",")
    }

    fn value(&self, name: &str) -> Option<f64> {
        let found =
            self.prometheus.query(&format!("{name}{{{}}}", self.labels()), Some(self.at as f64 / 1000.0));
        assert!(found.len() <= 1, "{name}: {found:?}");
        found.into_values().next()
    }

    fn holds(&self, watched: &Watched, window: Duration) -> bool {
        watched.is_clear(self.at.saturating_sub(window.as_millis() as u64))
    }

    fn ratios(&self, watched: &Watched, compared: &mut Compared) {
        let windows = self.slo.windows();
        for (window, burn) in windows.iter().zip(self.group["burn"].as_array().unwrap()) {
            if !self.holds(watched, *window) {
                compared.left_out += 1;
                continue;
            }
            let name = match *window == self.slo.window {
                true => "1h".to_owned(),
                false => spell(*window),
            };
            let theirs = self.value(&format!("slo:sli_error:ratio_rate{name}"));
            self.same(&name, burn["error_ratio"].as_f64(), theirs, compared);
            let rate = theirs.map(|ratio| ratio / self.slo.budget);
            self.same(&name, burn["rate"].as_f64(), rate, compared);
        }
        let left = self.value("slo:period_error_budget_remaining:ratio");
        self.same("budget left", self.group["budget_left"].as_f64(), left, compared);
    }

    fn same(&self, what: &str, ours: Option<f64>, theirs: Option<f64>, compared: &mut Compared) {
        let (at, labels) = (self.at, self.labels());
        match (ours, theirs) {
            (None, None) => compared.absent += 1,
            (Some(ours), Some(theirs)) => {
                // Budgets near nothing are compared as parts of the whole.
                let differ = (ours - theirs).abs()
                    / ours.abs().max(theirs.abs()).max(if what == "budget left" { 1.0 } else { 1e-9 });
                if differ > TOLERANCE {
                    compared.strays += 1;
                    eprintln!("{labels} {what} at {at}: {ours}, and Prometheus says {theirs}");
                }
                assert!(differ <= STRAY, "{labels} {what} at {at}: {ours}, and Prometheus says {theirs}");
                compared.worst = compared.worst.max(differ);
                compared.ratios += 1;
            }
            _ => panic!("{labels} {what} at {at}: {ours:?}, and Prometheus says {theirs:?}"),
        }
    }

    /// One state of the gateway is one of Prometheus' within one evaluation of it.
    fn alerts(&self, watched: &Watched, compared: &mut Compared) {
        for (alert, def) in self.group["alerts"].as_array().unwrap().iter().zip(&self.slo.alerts) {
            if !self.holds(watched, def.short) || !self.holds(watched, def.long) {
                compared.left_out += 1;
                continue;
            }
            let ours = alert["state"].as_str().unwrap();
            let selector = encode(&format!("ALERTS{{{},burn=\"{}\"}}", self.labels(), def.name));
            let theirs = |at: u64| -> String {
                let path = format!("/api/v1/query?query={selector}&time={}", at as f64 / 1000.0);
                let found = self.prometheus.api(&path);
                found["result"][0]["metric"]["alertstate"].as_str().unwrap_or("quiet").to_owned()
            };
            let states = [self.at, self.at - 5000, self.at + 5000].map(theirs);
            let expected = if ours == "too_little" { "quiet" } else { ours };
            let (at, labels) = (self.at, self.labels());
            assert!(
                states.iter().any(|state| state == expected),
                "{labels} {} at {at}: {ours}, and Prometheus says {states:?}: {:#}",
                def.name,
                self.group
            );
            compared.alerts += 1;
            compared.fired += usize::from(ours == "firing");
            compared.too_little += usize::from(ours == "too_little");
        }
    }
}
