//! SIGHUP.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::{Setup, post, refusal};
use crate::harness::{batch, view};

/// A connection that stays open.
struct Kept(TcpStream);

impl Kept {
    fn post(&mut self, key: &str) -> String {
        let body = batch("kept", &view()).to_string();
        let head = format!(
            "POST /v1/ingest HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.0.write_all((head + &body).as_bytes()).unwrap();
        let mut buffer = [0; 4096];
        let length = self.0.read(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }
}

#[test]
fn tenants_change_while_the_gateway_runs() {
    let setup = Setup::new("reload", "[tenants.a]\n");
    let a = setup.key("a", "server");
    let gateway = setup.start();
    let mut kept = Kept(TcpStream::connect(&gateway.public).unwrap());
    assert!(kept.post(&a).starts_with("HTTP/1.1 200"));

    setup.write("log = \"debug\"\nshards = 7\n[limits]\nqueue = 99\n[tenants.a]\n[tenants.b.quota]\nevents_per_second = 1\n");
    let b = setup.key("b", "server");
    assert_eq!(post(&gateway, &b, "s", &[]).status, 401, "not before it is told");
    gateway.signal("-HUP");
    while post(&gateway, &b, "s", &[]).status == 401 {
        std::thread::yield_now();
    }
    assert_eq!(
        refusal(&post(&gateway, &b, "s", &[])),
        (413, "over_burst".to_owned()),
        "its quota holds at once"
    );
    assert!(kept.post(&a).starts_with("HTTP/1.1 200"), "the connection lives on");
    assert_eq!(gateway.value("openqoe_gateway_config_last_reload_successful"), 1.0);

    // A broken file changes nothing, and says so.
    setup.write("[tenants.c]\nquotas = 1\n");
    gateway.signal("-HUP");
    while gateway.value("openqoe_gateway_config_last_reload_successful") != 0.0 {
        std::thread::yield_now();
    }
    assert!(kept.post(&a).starts_with("HTTP/1.1 200"));

    // A revoked key is refused on a connection that is open already.
    setup.write("[tenants.a]\n");
    assert!(setup.keys(&["revoke", &a[4..12]]).status.success());
    gateway.signal("-HUP");
    while gateway.value("openqoe_gateway_config_last_reload_successful") != 1.0 {
        std::thread::yield_now();
    }
    assert!(kept.post(&a).starts_with("HTTP/1.1 401"));
    assert_eq!(gateway.value("openqoe_startup_plays_total{tenant=\"a\""), 1.0, "its series stay");

    let log = gateway.log();
    assert!(log.contains("changed, but not before the next start: limits.queue, shards"), "{log}");
    assert!(log.contains("the configuration stays as it was: unknown key `tenants.c.quotas`, did you mean `tenants.c.quota`?"), "{log}");
    assert!(log.contains("tenants.b.quota lets 2 events through at once"), "{log}");
}
