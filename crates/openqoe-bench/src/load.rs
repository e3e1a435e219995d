//! The load: a closed loop over keep-alive connections, on one thread, with raw sockets. It shares the machine with the
//! server, so it does as little as it can: no HTTP library, no new body for each request.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::payload::Bodies;

/// What the viewers' browsers say they are.
const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
/// How long after its end a load may go on waiting for answers.
const PATIENCE: Duration = Duration::from_secs(10);

/// The sessions a server hears of: how many bodies each has sent. Every connection has its share of them.
pub(crate) struct Audience {
    bodies: Bodies,
    shares: Vec<Share>,
}

struct Share {
    /// Number of the first session; the others follow at a distance of as many as there are shares.
    first: u32,
    steps: Vec<u32>,
    cursor: usize,
}

/// When a load ends.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// By time.
    pub(crate) time: Duration,
    /// By number of requests on each connection.
    pub(crate) requests: usize,
}

/// What a load met.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Answers of 2xx.
    pub(crate) good: usize,
    /// What they were about: events, records, lines or points.
    pub(crate) items: usize,
    /// Any other answer.
    pub(crate) errors: usize,
    pub(crate) seconds: f64,
    /// Of every request, µs.
    pub(crate) latencies: Vec<u32>,
}

impl Audience {
    /// Sessions `first..first + sessions`, spread over `connections`.
    pub(crate) fn new(bodies: Bodies, first: u32, sessions: u32, connections: u32) -> Audience {
        let share = |connection| Share {
            first: first + connection,
            steps: vec![
                0;
                (sessions / connections + u32::from(connection < sessions % connections)) as usize
            ],
            cursor: 0,
        };
        Audience { bodies, shares: (0..connections).map(share).collect() }
    }

    /// Sends until a limit is reached.
    pub(crate) fn load(&mut self, address: &str, limits: Limits) -> Result<Outcome> {
        let outcome = Rc::new(RefCell::new(Outcome::default()));
        let distance = self.shares.len() as u32;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let local = LocalSet::new();
        let shares = std::mem::take(&mut self.shares);
        let load = async {
            let mut connections = Vec::new();
            for share in shares {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let request = Request::new(self.bodies.clone());
                connections.push(Connection { stream, share, distance, request, outcome: outcome.clone() });
            }
            let started = Instant::now();
            let tasks: Vec<_> = connections
                .into_iter()
                .map(|connection| tokio::task::spawn_local(connection.run(started, limits)))
                .collect();
            let mut shares = Vec::new();
            for task in tasks {
                shares.push(task.await??);
            }
            outcome.borrow_mut().seconds = started.elapsed().as_secs_f64();
            Ok::<_, anyhow::Error>(shares)
        };
        let bounded = async { tokio::time::timeout(limits.time + PATIENCE, load).await };
        self.shares = local.block_on(&runtime, bounded).context("no answer")?.context("load")?;
        Ok(outcome.take())
    }
}

/// A request as it goes over the wire.
struct Request {
    bodies: Bodies,
    bytes: Vec<u8>,
    head: usize,
}

impl Request {
    fn new(mut bodies: Bodies) -> Request {
        let mut bytes = Vec::new();
        let lengths = [bodies.body(0, 0).len(), bodies.body(0, 1).len()];
        bytes.reserve(lengths[0].max(lengths[1]) + 512);
        Request { bodies, bytes, head: 0 }
    }

    fn write(&mut self, session: u32, step: u32) -> &[u8] {
        let (path, media_type) = (self.bodies.generator.path, self.bodies.generator.media_type);
        let body = self.bodies.body(session, step);
        // Only the two first bodies differ in length from the one before.
        if step < 2 || self.bytes.len() - self.head != body.len() {
            self.bytes.clear();
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: bench\r\nuser-agent: {USER_AGENT}\r\n\
                 content-type: {media_type}\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            self.bytes.extend_from_slice(head.as_bytes());
            self.head = self.bytes.len();
        }
        self.bytes.truncate(self.head);
        self.bytes.extend_from_slice(body);
        &self.bytes
    }
}

struct Connection {
    stream: TcpStream,
    share: Share,
    distance: u32,
    request: Request,
    outcome: Rc<RefCell<Outcome>>,
}

impl Connection {
    async fn run(mut self, started: Instant, limits: Limits) -> Result<Share> {
        let mut buffer = vec![0; 4096];
        let mut before = Instant::now();
        let mut sent = 0;
        while before.duration_since(started) < limits.time && sent < limits.requests {
            let index = self.share.cursor;
            let session = self.share.first + index as u32 * self.distance;
            let request = self.request.write(session, self.share.steps[index]);
            self.stream.write_all(request).await?;
            let good = answer(&mut self.stream, &mut buffer).await?;
            let after = Instant::now();
            let took = after.duration_since(before);
            before = after;
            sent += 1;
            let mut outcome = self.outcome.borrow_mut();
            outcome.latencies.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
            if good {
                outcome.good += 1;
                outcome.items += self.request.bodies.items();
                self.share.steps[index] += 1;
                self.share.cursor = (index + 1) % self.share.steps.len();
            } else {
                // The same body again, as a sender would: a gap would make the later ones wait.
                outcome.errors += 1;
            }
        }
        Ok(self.share)
    }
}

/// Reads one answer; whether it is a 2xx.
async fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<bool> {
    let mut length = 0;
    loop {
        let read = stream.read(&mut buffer[length..]).await?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        length += read;
        if let Some(total) = expected(&buffer[..length])
            && length >= total
        {
            return Ok(buffer[9] == b'2');
        }
    }
}

/// The length of the whole answer, once its head is there.
fn expected(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let mut lines = bytes[..head].split(|byte| *byte == b'\n');
    let body = lines.find_map(|line| {
        let (name, value) = line.split_at_checked(15)?;
        let value = std::str::from_utf8(value).ok()?.trim();
        name.eq_ignore_ascii_case(b"content-length:").then(|| value.parse::<usize>().ok())?
    });
    Some(head + body.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_it_says() {
        assert_eq!(expected(b"HTTP/1.1 204 No Content\r\ndate: x\r\n\r\n"), Some(36));
        assert_eq!(expected(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), Some(43));
        assert_eq!(expected(b"HTTP/1.1 200 OK\r\n"), None);
    }
}
