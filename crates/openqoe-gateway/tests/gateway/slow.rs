//! Senders that are slow, idle, long-winded or many: memory stays bounded, they are let go in time, and others are served.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::harness::{Gateway, batch, skipped, view};

/// What all of it together may take. The most of them, eight bombs at a time, take 45 to 65 MB; where the gateway keeps the
/// buffers that single bytes came in, those alone are 120 MB and more.
const MORE: f64 = 96.0 * 1024.0 * 1024.0;

fn start() -> Gateway {
    let environment = [("OPENQOE_LIMITS_READ_TIMEOUT", "1s"), ("OPENQOE_LIMITS_MAX_CONNECTIONS", "12000")];
    Gateway::start_with(&["serve"], &environment)
}

/// Runs `attack` beside a sender that does nothing wrong, who must get nothing but 2xx. Memory is looked at all the while.
fn others_are_served(gateway: &Gateway, attack: impl FnOnce()) {
    gateway.send("warm", &view());
    let before = gateway.memory();
    let (over, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let most = std::thread::scope(|scope| {
        let control = scope.spawn(|| {
            let mut most = 0.0_f64;
            while !over.load(Ordering::Relaxed) {
                let number = sent.fetch_add(1, Ordering::Relaxed);
                assert_eq!(gateway.send(&format!("control{number}"), &view()).status, 200);
                if number % 16 == 0 {
                    most = most.max(gateway.memory());
                }
            }
            most.max(gateway.memory())
        });
        attack();
        let soon = sent.load(Ordering::Relaxed) + 5;
        while sent.load(Ordering::Relaxed) < soon && !control.is_finished() {
            std::thread::yield_now();
        }
        over.store(true, Ordering::Relaxed);
        control.join().unwrap()
    });
    assert!(most - before < MORE, "memory grew by {} bytes", most - before);
    // The warm-up and everything the control sender sent, and nothing of what came in between.
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 1.0 + sent.load(Ordering::Relaxed) as f64);
}

fn connect(gateway: &Gateway) -> TcpStream {
    let stream = TcpStream::connect(&gateway.public).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Feeds bytes to all streams, one to each at a time, until the gateway has closed every one of them.
fn drip(streams: &mut Vec<TcpStream>, bytes: &[u8]) {
    let started = Instant::now();
    for byte in bytes.iter().cycle() {
        streams.retain_mut(|stream| {
            stream.set_nonblocking(true).unwrap();
            let heard = matches!(stream.read(&mut [0; 512]), Ok(0));
            let gone = matches!(stream.write(&[*byte]), Err(error) if error.kind() != std::io::ErrorKind::WouldBlock);
            !(heard || gone)
        });
        if streams.is_empty() {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(15), "{} are still held", streams.len());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn heads_that_come_byte_by_byte_are_cut_off() {
    let gateway = start();
    others_are_served(&gateway, || {
        let mut streams: Vec<_> = (0..300).map(|_| connect(&gateway)).collect();
        drip(
            &mut streams,
            b"POST /v1/ingest HTTP/1.1\r\nhost: x\r\nx-long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        );
    });
}

#[test]
fn bodies_that_come_byte_by_byte_are_cut_off() {
    let gateway = start();
    others_are_served(&gateway, || {
        let mut streams: Vec<_> = (0..300).map(|_| connect(&gateway)).collect();
        for stream in &mut streams {
            stream
                .write_all(b"POST /v1/ingest HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n")
                .unwrap();
        }
        drip(&mut streams, b" ");
    });
    let timed_out = "openqoe_ingest_batches_rejected_total{tenant=\"default\",protocol=\"native\",reason=\"read_timeout\"}";
    assert_eq!(gateway.value(timed_out), 300.0);
}

/// A shell that holds so many connections and sends nothing.
struct Idle(Child);

impl Idle {
    fn hold(address: &str, count: usize) -> Option<Idle> {
        let (host, port) = address.split_once(':').unwrap();
        let script = format!(
            "ulimit -n {limit} || exit 1; for ((i = 0; i < {count}; i++)); do exec {{fd}}<>/dev/tcp/{host}/{port} || exit 1; done; \
             echo held; read -r",
            limit = count + 100
        );
        let mut shell = Command::new("bash");
        let mut child = shell.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        child = child.stderr(Stdio::null());
        let mut child = child.spawn().ok()?;
        let mut held = [0; 5];
        let all = child.stdout.take()?.read_exact(&mut held).is_ok();
        let idle = Idle(child);
        all.then_some(idle)
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn ten_thousand_idle_connections_are_held_and_let_go() {
    const COUNT: usize = 10_000;
    let environment = [("OPENQOE_LIMITS_READ_TIMEOUT", "20s"), ("OPENQOE_LIMITS_MAX_CONNECTIONS", "12000")];
    let gateway = Gateway::start_with(&["serve"], &environment);
    let limit = format!("--nofile={}", COUNT + 1000);
    let raised = Command::new("prlimit").args(["--pid", &gateway.child.id().to_string(), &limit]).status();
    if !raised.is_ok_and(|status| status.success()) {
        return skipped("ten thousand idle connections", "the limit of open files cannot be raised");
    }
    others_are_served(&gateway, || {
        let Some(idle) = Idle::hold(&gateway.public, COUNT) else {
            return skipped("ten thousand idle connections", "bash cannot open as many");
        };
        while gateway.value("openqoe_gateway_connections ") < COUNT as f64 {
            std::thread::yield_now();
        }
        drop(idle);
        while gateway.value("openqoe_gateway_connections ") > 100.0 {
            std::thread::yield_now();
        }
    });
    assert_eq!(gateway.value("openqoe_gateway_connections_refused_total"), 0.0);
}

#[test]
fn heads_beyond_measure_are_refused() {
    let gateway = start();
    let long = |bytes: usize| format!("x-long: {}\r\n", "a".repeat(bytes));
    let heads = [long(64 << 10).repeat(8), long(1 << 20), "x-more: b\r\n".repeat(10_000)];
    others_are_served(&gateway, || {
        for head in heads.iter().cycle().take(30) {
            let mut stream = connect(&gateway);
            let request =
                format!("POST /v1/ingest HTTP/1.1\r\nhost: x\r\n{head}content-length: 2\r\n\r\n{{}}");
            // The gateway has heard enough before all of it is written.
            let _ = stream.write_all(request.as_bytes());
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            let answer = String::from_utf8_lossy(&answer).into_owned();
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
        }
    });
}

#[test]
fn requests_behind_each_other_are_answered_in_turn() {
    let gateway = start();
    others_are_served(&gateway, || {
        let body = batch("pipelined", &[]).to_string();
        let request =
            format!("POST /v1/ingest HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let last = request.replacen("host: x", "host: x\r\nconnection: close", 1);
        let mut stream = connect(&gateway);
        let mut writer = stream.try_clone().unwrap();
        let all = request.repeat(999) + &last;
        let written = std::thread::spawn(move || writer.write_all(all.as_bytes()));
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 1000);
        written.join().unwrap().unwrap();
        // Whoever does not read is not read from: what waits is bounded by the sockets.
        let deaf: Vec<_> = (0..20).map(|_| connect(&gateway)).collect();
        for mut stream in &deaf {
            stream.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
            let _ = stream.write_all(request.repeat(3000).as_bytes());
        }
    });
}

#[test]
fn bombs_within_bombs_cost_what_a_body_costs() {
    let gateway = start();
    let pack = |bytes: &[u8]| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    let bomb = pack(&vec![b' '; 64 << 20]);
    let (twice, many) = (pack(&bomb), bomb.repeat(8));
    // A member that holds nothing, as often as a body has room for.
    let nothing = pack(b"").repeat(40_000);
    others_are_served(&gateway, || {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for (body, encoding, status) in [
                        (&bomb, "gzip", 413),
                        (&many, "gzip", 413),
                        (&twice, "gzip", 400),
                        (&twice, "gzip, gzip", 415),
                        (&nothing, "gzip", 400),
                    ] {
                        let answer = gateway.post_with(&[("content-encoding", encoding)], body);
                        assert_eq!(answer.status, status, "{}", answer.text());
                    }
                });
            }
        });
    });
}
