//! Bad input gets a clear 4xx, costs little, and takes nothing else down.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::harness::{Gateway, batch, view};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// Status and error code of an answer.
fn refusal(gateway: &Gateway, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
    let answer = gateway.post_with(headers, body);
    let json = answer.json();
    for part in ["message", "hint"] {
        assert!(!json[part].as_str().unwrap().is_empty(), "{json}");
    }
    (answer.status, json["error"].as_str().unwrap().to_owned())
}

/// Headers and body of a request, status and error of its answer.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [u8], u16, &'a str);

#[test]
fn hopeless_bodies_get_a_clear_answer_and_nothing_else_is_lost() {
    let gateway = Gateway::start();
    assert_eq!(gateway.send("before", &view()).status, 200);
    let good = batch("x", &view()).to_string();
    let before = gateway.value("process_resident_memory_bytes");

    let nested = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
    let hidden =
        good.replacen("{\"events\"", &format!("{{\"x\":{},\"events\"", &nested[500_000..1_500_000]), 1);
    assert_ne!(good, hidden);
    let bomb = gzip(&vec![b' '; 256 << 20]);
    let huge = vec![b' '; 100 << 20];
    let gzipped = [("content-encoding", "gzip")];
    let plain = [("content-type", "text/plain")];
    let packed = gzip(good.as_bytes());
    let twice = gzip(&packed);
    for _ in 0..10 {
        let cases: [Case<'_>; 15] = [
            (&[], &good.as_bytes()[..good.len() / 2], 400, "malformed_json"),
            (&[], b"{\"spec_version\":1}", 400, "malformed_json"),
            (&[], nested.as_bytes(), 413, "body_too_large"),
            (&[], hidden.as_bytes(), 400, "malformed_json"),
            (&[], &huge, 413, "body_too_large"),
            (&gzipped, &bomb, 413, "body_too_large"),
            (&gzipped, b"not gzip", 400, "bad_encoding"),
            (&plain, &bomb, 413, "body_too_large"),
            (&plain, &packed[..packed.len() / 2], 400, "bad_encoding"),
            (&plain, b"\x1f\x8b", 400, "bad_encoding"),
            (&plain, &twice, 400, "invalid_utf8"),
            (&gzipped, &twice, 400, "invalid_utf8"),
            (&[("content-encoding", "br")], b"x", 415, "unsupported_encoding"),
            (&[("content-type", "text/html")], b"x", 415, "unsupported_media_type"),
            (&[], b"\xff\xfe", 400, "invalid_utf8"),
        ];
        for (headers, body, status, error) in cases {
            assert_eq!(refusal(&gateway, headers, body), (status, error.to_owned()));
        }
    }
    let grown = gateway.value("process_resident_memory_bytes") - before;
    // Each round would unpack to more than 500 MB; threads keep the few MB they once needed.
    assert!(grown < 64.0 * 1024.0 * 1024.0, "memory grew by {grown} bytes");
    assert_eq!(gateway.send("after", &view()).status, 200);
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 2.0);
    assert_eq!(gateway.value("openqoe_ingest_batches_rejected_total"), 150.0);
}

/// A page that may not say how its body is packed sends it all the same.
#[test]
fn gzip_is_known_by_its_first_bytes() {
    let gateway = Gateway::start();
    let headers: [&[(&str, &str)]; 4] = [
        &[("content-type", "text/plain")],
        &[("content-type", "application/json"), ("content-encoding", "identity")],
        &[("content-encoding", "gzip")],
        &[],
    ];
    for (session, headers) in headers.iter().enumerate() {
        let body = gzip(batch(&format!("s{session}"), &view()).to_string().as_bytes());
        assert_eq!(gateway.post_with(headers, &body).status, 200, "{headers:?}");
    }
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 4.0);
}

#[test]
fn a_body_of_unknown_length_is_cut_at_the_limit() {
    let gateway = Gateway::start();
    let mut body = Vec::new();
    for _ in 0..32 {
        body.extend_from_slice(b"10000\r\n");
        body.extend_from_slice(&[b' '; 0x10000]);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    let chunked =
        "POST /v1/ingest HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut stream = std::net::TcpStream::connect(&gateway.public).unwrap();
    stream.write_all(chunked.as_bytes()).unwrap();
    let _ = stream.write_all(&body);
    let answer = crate::harness::read(stream);
    assert_eq!((answer.status, answer.json()["error"].as_str()), (413, Some("body_too_large")));
}

#[test]
fn a_sender_that_stops_sending_is_let_go() {
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_LIMITS_READ_TIMEOUT", "200ms")]);
    let slow = gateway.post_with(&[("content-length", "100")], b"{");
    assert_eq!((slow.status, slow.json()["error"].as_str()), (408, Some("read_timeout")));
    assert_eq!(gateway.send("after", &view()).status, 200);
}

#[test]
fn connections_are_bounded_and_refusals_counted() {
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_LIMITS_MAX_CONNECTIONS", "2")]);
    let held: Vec<_> = (0..2).map(|_| std::net::TcpStream::connect(&gateway.public).unwrap()).collect();
    while gateway.value("openqoe_gateway_connections ") < 3.0 {
        std::thread::yield_now();
    }
    let mut refused = std::net::TcpStream::connect(&gateway.public).unwrap();
    let mut nothing = Vec::new();
    let _ = std::io::Read::read_to_end(&mut refused, &mut nothing);
    assert_eq!(nothing, b"");
    assert_eq!(gateway.value("openqoe_gateway_connections_refused_total"), 1.0);
    drop(held);
}
