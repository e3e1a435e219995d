//! The console as the binary serves it, where npm had built it before.

use crate::harness::{Gateway, skipped};

const PAGES: [&str; 7] = ["/", "/live", "/explore", "/sessions", "/sessions/a%20session", "/slos", "/health"];

#[test]
fn pages_are_one_document_that_loads_nothing_from_elsewhere() {
    let gateway = Gateway::start();
    let first = gateway.get("/");
    if !first.text().contains("/assets/") {
        assert!(first.text().contains("built without its console"));
        return skipped("the console in the binary", "npm has not built it: `npm run build -w console`");
    }
    for path in PAGES {
        let page = gateway.get(path);
        assert_eq!((page.status, page.text()), (200, first.text()), "{path}");
        assert!(page.head.contains("cache-control: no-cache\r\n"));
        assert!(page.head.contains("content-security-policy: default-src 'self';"));
        assert!(page.head.contains("x-content-type-options: nosniff"));
    }
    // No script and no style stands in the page itself: the policy forbids them.
    let text = first.text();
    assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains("://"));
    assert!(text.split("<script").skip(1).all(|script| script.contains("src=\"/assets/")));
    for path in
        ["/nothing", "/live/nothing", "/assets/nothing.js", "/assets/index.html", "/assets/..%2findex.html"]
    {
        assert_eq!(gateway.get(path).status, 404, "{path}");
    }
}

#[test]
fn what_pages_load_is_kept_for_good_and_packed() {
    let gateway = Gateway::start();
    let text = gateway.get("/").text();
    let names = text.split('"').filter(|part| part.starts_with("/assets/"));
    for name in names {
        let plain = gateway.get(name);
        assert_eq!(plain.status, 200, "{name}");
        assert!(plain.head.contains("cache-control: private, max-age=31536000, immutable"));
        assert!(plain.head.contains("vary: accept-encoding") && !plain.head.contains("content-encoding"));
        let kinds = [(".js", "text/javascript"), (".css", "text/css"), (".svg", "image/svg+xml")];
        assert!(kinds.iter().any(|(end, kind)| name.ends_with(end) && plain.head.contains(kind)), "{name}");
        let packed = gateway.get_with(name, &[("accept-encoding", "br, gzip")]);
        assert!(packed.head.contains("content-encoding: gzip") && packed.body.len() < plain.body.len());
        let mut unpacked = Vec::new();
        std::io::copy(&mut flate2::read::GzDecoder::new(&packed.body[..]), &mut unpacked).unwrap();
        assert_eq!(unpacked, plain.body, "{name}");
        assert_eq!(gateway.get_with(name, &[("accept-encoding", "gzip;q=0")]).body, plain.body);
    }
}
