//! A network that is a table: what there is at each URL, how many bits a second pass at which time, and what fails. No sockets, no clock.

use std::collections::BTreeMap;

use openqoe_probe::{Answer, Failure, Options, Player, Problem, Request, Step, Summary};
use openqoe_spec::Event;
use serde::Deserialize;

/// A case of `spec/vectors/probe`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) url: String,
    /// The wall clock at the start.
    #[serde(default = "noon")]
    started_at: String,
    #[serde(default = "half_a_minute")]
    duration: u64,
    #[serde(default)]
    start_bitrate: u64,
    #[serde(default)]
    max_buffer: Option<u64>,
    network: Vec<Stretch>,
    /// Texts by URL: one, or one from each time on.
    files: BTreeMap<String, File>,
    /// Bytes of what is not among them, by what its URL begins with; the longest that fits.
    #[serde(default)]
    bytes: BTreeMap<String, u64>,
    #[serde(default)]
    faults: Vec<Fault>,
}

fn noon() -> String {
    "2026-11-21T12:00:00Z".into()
}

fn half_a_minute() -> u64 {
    30_000
}

/// The network from a time on, until the next stretch.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stretch {
    from: u64,
    kbps: u64,
    #[serde(default)]
    latency: u64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    One(String),
    Versions(BTreeMap<u64, String>),
}

/// What fails: requests whose URL holds a text, so many times.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    at: String,
    status: u16,
    #[serde(default = "always")]
    times: usize,
}

fn always() -> usize {
    usize::MAX
}

/// What the player asked for, what it said and what it came to.
pub(crate) struct Outcome {
    pub(crate) requests: Vec<(u64, Request)>,
    pub(crate) events: Vec<Event>,
    pub(crate) summary: Summary,
}

impl Case {
    /// Plays it.
    pub(crate) fn run(&self) -> Outcome {
        let options = Options {
            duration_ms: self.duration,
            start_bitrate: self.start_bitrate,
            max_buffer_ms: self.max_buffer.unwrap_or(Options::default().max_buffer_ms),
            ..Options::default()
        };
        let started_at = openqoe_probe::parse_date_time(&self.started_at).unwrap().unsigned_abs();
        let mut player = Player::new(&self.url, options, started_at);
        let mut left: Vec<usize> = self.faults.iter().map(|fault| fault.times).collect();
        let (mut now, mut requests) = (0, Vec::new());
        loop {
            match player.step(now) {
                Step::Done => break,
                Step::Wait(until) => {
                    assert!(until > now, "it waits for the past");
                    now = until;
                }
                Step::Fetch(request) => {
                    requests.push((now, request.clone()));
                    let result = self.fetch(&request, now, &mut left);
                    let duration = result
                        .as_ref()
                        .map_or_else(|failure| failure.duration_ms, |answer| answer.duration_ms);
                    let end = now + duration;
                    while player.wake_at() < end && !player.is_over() {
                        player.advance(player.wake_at());
                    }
                    now = end;
                    player.answer(now, result);
                }
            }
            assert!(requests.len() < 10_000, "it asks without end");
        }
        Outcome { requests, events: player.take_events(), summary: player.summary() }
    }

    fn fetch(&self, request: &Request, now: u64, left: &mut [usize]) -> Result<Answer, Failure> {
        let latency = self.stretch(now).latency;
        let failed =
            |problem| Err(Failure { problem, bytes: 0, ttfb_ms: Some(latency), duration_ms: latency });
        for (fault, left) in self.faults.iter().zip(left) {
            if request.url.contains(&fault.at) && *left > 0 {
                *left -= 1;
                return failed(Problem::Status(fault.status));
            }
        }
        let Some((bytes, body)) = self.find(request, now) else { return failed(Problem::Status(404)) };
        let duration_ms = latency + self.transfer(bytes, now + latency);
        Ok(Answer { url: request.url.clone(), body, bytes, ttfb_ms: latency, duration_ms })
    }

    fn find(&self, request: &Request, now: u64) -> Option<(u64, Vec<u8>)> {
        let text = match self.files.get(&request.url) {
            Some(File::One(text)) => Some(text),
            Some(File::Versions(versions)) => versions.range(..=now).next_back().map(|(_, text)| text),
            None => None,
        };
        if let Some(text) = text {
            return Some((text.len() as u64, text.clone().into_bytes()));
        }
        if let Some(range) = request.range {
            return Some((range.length(), Vec::new()));
        }
        let fits = self.bytes.iter().filter(|(prefix, _)| request.url.starts_with(prefix.as_str()));
        fits.max_by_key(|(prefix, _)| prefix.len()).map(|(_, bytes)| (*bytes, Vec::new()))
    }

    fn stretch(&self, at: u64) -> Stretch {
        *self.network.iter().rev().find(|stretch| stretch.from <= at).unwrap()
    }

    /// Ms it takes to transfer so many bytes from a time on: 1 kbit/s is one bit a ms.
    fn transfer(&self, bytes: u64, from: u64) -> u64 {
        let (mut bits, mut now) = (bytes * 8, from);
        loop {
            let rate = self.stretch(now).kbps;
            let end = self.network.iter().map(|stretch| stretch.from).find(|start| *start > now);
            let needed = bits.div_ceil(rate.max(1));
            match end {
                Some(end) if rate == 0 || end - now < needed => {
                    bits -= (end - now) * rate;
                    now = end;
                }
                _ => return now + needed - from,
            }
        }
    }
}
