//! A receiver of the test's own, of remote write or of OTLP: takes what comes, answers as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::wire::{Push, read_1_0, read_2_0};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Decompressed.
    pub(crate) message: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(header, _)| header == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn is_2_0(&self) -> bool {
        self.header("content-type").contains("io.prometheus.write.v2.Request")
    }

    pub(crate) fn push(&self) -> Push {
        if self.is_2_0() { read_2_0(&self.message) } else { read_1_0(&self.message) }
    }

    /// The timestamp of its samples, which have one in common.
    pub(crate) fn at(&self) -> i64 {
        let push = self.push();
        let samples = push.series.iter().flat_map(|series| &series.samples).map(|sample| sample.timestamp);
        let histograms =
            push.series.iter().flat_map(|series| &series.histograms).map(|sample| sample.timestamp);
        let mut all: Vec<i64> = samples.chain(histograms).collect();
        all.dedup();
        assert_eq!(all.len(), 1, "samples of one push have one time");
        all[0]
    }

    /// The value of the only series of a name.
    pub(crate) fn value(&self, name: &str) -> Option<f64> {
        let push = self.push();
        let mut named = push.series.iter().filter(|series| series.name() == name);
        named.next().and_then(|series| series.samples.first()).map(|sample| sample.value)
    }
}

/// Status, headers with their line ends, body.
pub(crate) type Answer = (u16, String, &'static str);

/// What a receiver of 1.0 answers.
pub(crate) fn taken() -> Answer {
    (204, String::new(), "")
}

/// What a receiver of 2.0 answers.
pub(crate) fn written(received: &Received) -> Answer {
    let push = received.push();
    let samples: usize = push.series.iter().map(|series| series.samples.len()).sum();
    let histograms: usize = push.series.iter().map(|series| series.histograms.len()).sum();
    let headers = format!(
        "X-Prometheus-Remote-Write-Samples-Written: {samples}\r\nX-Prometheus-Remote-Write-Histograms-Written: {histograms}\r\n\
         X-Prometheus-Remote-Write-Exemplars-Written: 0\r\n"
    );
    (204, headers, "")
}

/// Judges requests: how many came before, and this one.
type Judge = dyn Fn(usize, &Received) -> Answer + Send + Sync;

/// A listening receiver, until the process ends.
pub(crate) struct Receiver {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    pub(crate) fn start(judge: impl Fn(usize, &Received) -> Answer + Send + Sync + 'static) -> Receiver {
        Receiver::listen("127.0.0.1:0", judge)
    }

    /// At an address that was free a moment ago.
    pub(crate) fn listen(
        address: &str,
        judge: impl Fn(usize, &Received) -> Answer + Send + Sync + 'static,
    ) -> Receiver {
        let listener = TcpListener::bind(address).unwrap();
        let url = format!("http://{}/api/v1/write", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let judge: Arc<Judge> = Arc::new(judge);
        std::thread::spawn({
            let received = received.clone();
            move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    let (received, judge) = (received.clone(), judge.clone());
                    std::thread::spawn(move || serve(stream, &received, &*judge));
                }
            }
        });
        Receiver { url, received }
    }

    /// The URL without its path.
    pub(crate) fn base(&self) -> String {
        self.url.trim_end_matches("/api/v1/write").to_owned()
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until so many requests have come.
    pub(crate) fn wait(&self, count: usize) -> Vec<Received> {
        eventually(&format!("{count} requests"), || Some(self.received()).filter(|all| all.len() >= count))
    }
}

fn serve(stream: TcpStream, received: &Mutex<Vec<Received>>, judge: &Judge) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let before = received.lock().unwrap().len();
        let (status, headers, body) = judge(before, &request);
        received.lock().unwrap().push(request);
        let length =
            if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let answer = format!("HTTP/1.1 {status} x\r\n{headers}{length}\r\n{body}");
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        if line == "\r\n" {
            break;
        }
        lines.push(line);
    }
    let path = lines[0].strip_prefix("POST ").and_then(|rest| rest.strip_suffix(" HTTP/1.1\r\n"));
    let path = path.unwrap_or_else(|| panic!("{lines:?}")).to_owned();
    let pair = |line: &String| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_lowercase(), value.trim().to_owned())
    };
    let headers: Vec<_> = lines[1..].iter().map(pair).collect();
    let mut received = Received { path, headers, message: Vec::new() };
    let mut body = vec![0; received.header("content-length").parse().unwrap()];
    reader.read_exact(&mut body).ok()?;
    received.message = match received.header("content-encoding") {
        "snappy" => snap::raw::Decoder::new().decompress_vec(&body).unwrap(),
        "gzip" => {
            let mut message = Vec::new();
            flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut message).unwrap();
            message
        }
        "" => body,
        other => panic!("content-encoding: {other}"),
    };
    Some(received)
}

/// An address nobody listens on, just now.
pub(crate) fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// What the function finds, as soon as it finds something.
pub(crate) fn eventually<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
