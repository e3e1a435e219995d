//! TLS of the listeners, with real clients: rustls here, curl and openssl where they are installed.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use rustls::SupportedProtocolVersion;

use crate::certificates::{Authority, Client, NOT_AFTER, Pair, Stream, send};
use crate::harness::{Gateway, batch, try_read, view, wait_for};

const NEW: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];
const OLD: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];

fn start(authority: &Authority, pair: &Pair, client_auth: &str, more: &[(&str, &str)]) -> Gateway {
    let environment = authority.environment(pair, client_auth);
    let mut environment: Vec<(&str, &str)> =
        environment.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    environment.extend(more);
    Gateway::start_with(&["serve"], &environment)
}

fn body(session: &str) -> Vec<u8> {
    batch(session, &view()).to_string().into_bytes()
}

fn failures(gateway: &Gateway, reason: &str) -> f64 {
    gateway.value(&format!("openqoe_tls_handshake_failures_total{{reason=\"{reason}\"}}"))
}

#[test]
fn batches_come_in_over_tls() {
    let authority = Authority::new("served");
    let pair = authority.issue("localhost");
    let gateway = start(&authority, &pair, "none", &[]);
    for (versions, session) in [(NEW, "a"), (OLD, "b")] {
        let client = Client { versions, ..authority.client() };
        let stream = client.connect(&gateway.public).unwrap();
        assert_eq!(stream.conn.protocol_version(), Some(versions[0].version));
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert_eq!(client.post(&gateway.public, &body(session)).unwrap().status, 200);
    }
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 2.0);
    assert_eq!(gateway.value("openqoe_tls_certificate_expiry_timestamp_seconds"), NOT_AFTER);
    // Plain HTTP is no greeting.
    let mut plain = TcpStream::connect(&gateway.public).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"));
    assert_eq!(failures(&gateway, "protocol"), 1.0);
}

#[test]
fn curl_and_openssl_agree() {
    let authority = Authority::new("foreign");
    let pair = authority.issue("localhost");
    let gateway = start(&authority, &pair, "none", &[]);
    let port = gateway.public.rsplit(':').next().unwrap();
    let ca = authority.ca();
    let curl = Command::new("curl")
        .args(["-sS", "--fail", "--noproxy", "*", "-H", "content-type: application/json"])
        .args(["--cacert", ca.to_str().unwrap(), "--data-binary"])
        .arg(String::from_utf8(body("curl")).unwrap())
        .args(["--resolve", &format!("localhost:{port}:127.0.0.1")])
        .arg(format!("https://localhost:{port}/v1/ingest"))
        .output();
    match curl {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => println!("SKIPPED: curl is not installed"),
    }
    let openssl = |version: &str| {
        Command::new("openssl")
            .args(["s_client", "-connect", &gateway.public, "-servername", "localhost", version])
            .args(["-alpn", "http/1.1", "-verify_return_error", "-CAfile", ca.to_str().unwrap()])
            .stdin(Stdio::null())
            .output()
    };
    for version in ["-tls1_2", "-tls1_3"] {
        match openssl(version) {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                assert!(said.contains("Verify return code: 0 (ok)"), "{version}: {said}");
                assert!(said.contains("ALPN protocol: http/1.1"), "{said}");
            }
            Err(_) => println!("SKIPPED: openssl is not installed"),
        }
    }
    if let Ok(output) = openssl("-tls1_1") {
        assert!(!output.status.success(), "TLS 1.1 must not be spoken");
    }
}

#[test]
fn a_client_without_the_right_certificate_is_refused() {
    let authority = Authority::new("mutual");
    let (server, client) = (authority.issue("localhost"), authority.issue("edge.example"));
    let stranger = Authority::new("stranger").issue("edge.example");
    let gateway = start(&authority, &server, "required", &[]);
    assert!(authority.client().post(&gateway.public, &body("none")).is_err());
    wait_for(|| failures(&gateway, "client_certificate") == 1.0);
    assert!(authority.client().with(&stranger).post(&gateway.public, &body("stranger")).is_err());
    wait_for(|| failures(&gateway, "client_certificate") == 2.0);
    let answer = authority.client().with(&client).post(&gateway.public, &body("right"));
    assert_eq!(answer.unwrap().status, 200);
    assert_eq!(gateway.value("openqoe_startup_plays_total"), 1.0);

    let gateway = start(&authority, &server, "optional", &[]);
    assert_eq!(authority.client().post(&gateway.public, &body("none")).unwrap().status, 200);
    assert!(authority.client().with(&stranger).post(&gateway.public, &body("stranger")).is_err());
}

/// The exposition of a gateway that had to do with TLS.
pub(crate) fn exposition() -> String {
    let authority = Authority::new("exposition");
    let pair = authority.issue("localhost");
    let gateway = start(&authority, &pair, "none", &[]);
    drop(TcpStream::connect(&gateway.public).unwrap());
    wait_for(|| failures(&gateway, "closed") == 1.0);
    authority.issue("localhost");
    wait_for(|| gateway.value("openqoe_tls_reloads_total") > 0.0);
    gateway.metrics()
}

fn presented(stream: &Stream) -> Vec<u8> {
    stream.conn.peer_certificates().unwrap()[0].to_vec()
}

fn ask(stream: &mut Stream) -> String {
    send(stream, "GET /nowhere", "keep-alive", b"").unwrap();
    let mut buffer = [0; 4096];
    let length = stream.read(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

#[test]
fn a_replaced_certificate_is_presented_and_open_connections_stay() {
    let authority = Authority::new("replaced");
    let pair = authority.issue("localhost");
    let gateway = start(&authority, &pair, "none", &[]);
    let mut open = authority.client().connect(&gateway.public).unwrap();
    let before = presented(&open);
    assert!(ask(&mut open).starts_with("HTTP/1.1 404"));
    authority.issue("localhost");
    let fresh = || presented(&authority.client().connect(&gateway.public).unwrap());
    wait_for(|| fresh() != before);
    let after = fresh();
    assert!(ask(&mut open).starts_with("HTTP/1.1 404"), "the open connection goes on");

    std::fs::write(&pair.cert, "half a cert").unwrap();
    gateway.told_of("holds no certificate in PEM");
    assert!(gateway.value("openqoe_tls_reloads_total{result=\"failed\"}") >= 1.0);
    assert_eq!(fresh(), after, "what cannot be used changes nothing");
    assert!(gateway.value("openqoe_tls_reloads_total{result=\"loaded\"}") >= 1.0);
    assert!(gateway.log().contains("the one before stays in use"));
}

#[test]
fn silence_in_the_handshake_holds_a_place_only_for_so_long() {
    let authority = Authority::new("silent");
    let pair = authority.issue("localhost");
    let limits = [("OPENQOE_LIMITS_MAX_CONNECTIONS", "3"), ("OPENQOE_LIMITS_READ_TIMEOUT", "2s")];
    let gateway = start(&authority, &pair, "none", &limits);
    let silent: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(&gateway.public).unwrap()).collect();
    // The scrape is one too.
    wait_for(|| gateway.value("openqoe_gateway_connections ") >= 4.0);
    assert!(authority.client().connect(&gateway.public).is_err(), "there is no place");
    assert!(gateway.value("openqoe_gateway_connections_refused_total") >= 1.0);
    wait_for(|| failures(&gateway, "timeout") == 3.0);
    assert_eq!(authority.client().post(&gateway.public, &body("s")).unwrap().status, 200);
    drop(silent);
}

#[test]
fn a_pair_that_does_not_match_is_told_at_the_start() {
    let authority = Authority::new("mismatch");
    let (one, other) = (authority.issue("localhost"), authority.issue("other"));
    let output = Command::new(env!("CARGO_BIN_EXE_openqoe"))
        .args(["serve", "--listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"])
        .env("OPENQOE_DATA_DIR", "")
        .envs(authority.environment(&Pair { cert: one.cert, key: other.key }, "none"))
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("cannot be used together"), "{error}");
}

#[test]
fn the_internal_listener_may_use_it_too() {
    let authority = Authority::new("internal");
    let pair = authority.issue("localhost");
    let gateway = start(&authority, &pair, "none", &[("OPENQOE_TLS_INTERNAL", "true")]);
    let mut stream = authority.client().connect(&gateway.internal).unwrap();
    send(&mut stream, "GET /-/healthy", "close", b"").unwrap();
    assert_eq!(try_read(stream).unwrap().text(), "OpenQoE is healthy.\n");
}
