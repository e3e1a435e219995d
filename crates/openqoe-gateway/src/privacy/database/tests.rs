//! Databases made here, read by the reader everybody uses.

use std::path::PathBuf;

use serde_json::json;

use super::mmdb::database;
use super::*;

fn file(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("openqoe-mmdb-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder.join("geo.mmdb")
}

fn countries(code: &str) -> Vec<u8> {
    database(&[
        ("192.0.2.0/24", json!({ "country": { "iso_code": code, "names": { "en": "Somewhere" } } })),
        ("198.51.100.128/25", json!({ "country_code": "FR", "as_name": "Réseau" })),
        (
            "2001:db8::/32",
            json!({ "autonomous_system_number": 64_500, "autonomous_system_organization": "Net" }),
        ),
        ("203.0.113.7/32", json!({ "country": "by its name", "isp": 7 })),
    ])
}

fn text(database: &Database, address: &str) -> (Option<String>, Option<String>) {
    let address = address.parse().unwrap();
    (database.text(address, COUNTRY), database.text(address, OPERATOR))
}

#[test]
fn records_of_every_layout_are_read() {
    let path = file("layouts");
    fs::write(&path, countries("DE")).unwrap();
    let database = Database::open(&path).unwrap();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(text(&database, "192.0.2.200"), (some("DE"), None));
    assert_eq!(text(&database, "198.51.100.129"), (some("FR"), some("Réseau")));
    assert_eq!(text(&database, "198.51.100.1"), (None, None));
    assert_eq!(text(&database, "2001:db8:1::1"), (None, some("Net")));
    // Fields of another type than expected are none.
    assert_eq!(text(&database, "203.0.113.7"), (None, None));
}

#[test]
fn a_changed_file_is_read_again_and_a_broken_one_is_told_once() {
    let path = file("reload");
    fs::write(&path, countries("DE")).unwrap();
    let database = Database::open(&path).unwrap();
    assert!(!database.reload().unwrap());
    let country = || text(&database, "192.0.2.1").0.unwrap();
    // As tools replace a database: beside it, then in its place.
    let replace = |bytes: &[u8]| {
        fs::write(path.with_extension("new"), bytes).unwrap();
        fs::rename(path.with_extension("new"), &path).unwrap();
    };
    replace(&countries("JP"));
    assert!(database.reload().unwrap());
    assert_eq!(country(), "JP");
    let good = countries("BR");
    for broken in [&b"not a database"[..], &good[..good.len() / 2], b""] {
        replace(broken);
        assert!(database.reload().is_err());
        assert!(!database.reload().unwrap(), "told once");
        assert_eq!(country(), "JP");
    }
    fs::remove_file(&path).unwrap();
    assert!(database.reload().is_err());
    assert!(!database.reload().unwrap());
    assert_eq!(country(), "JP");
    replace(&good);
    assert!(database.reload().unwrap());
    assert_eq!(country(), "BR");
}

#[test]
fn what_is_no_database_is_refused_at_the_start() {
    let path = file("refused");
    assert!(matches!(Database::open(&path), Err(PrivacyError::File { .. })));
    fs::write(&path, b"hello").unwrap();
    assert!(matches!(Database::open(&path), Err(PrivacyError::Database { .. })));
    // Sparse: it takes no room.
    fs::File::create(&path).unwrap().set_len(MAX_BYTES + 1).unwrap();
    assert!(matches!(Database::open(&path), Err(PrivacyError::DatabaseTooLarge { .. })));
}

proptest::proptest! {
    #[test]
    fn damage_never_panics(place: proptest::sample::Index, byte: u8, address: u128) {
        let mut bytes = countries("DE");
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(reader) = Reader::from_source(bytes) {
            let database = Database { path: PathBuf::new(), reader: RwLock::new(reader), seen: Mutex::new(None) };
            for address in [IpAddr::from(address.to_be_bytes()), [192, 0, 2, 1].into(), [198, 51, 100, 200].into()] {
                let _ = (database.text(address, COUNTRY), database.text(address, OPERATOR));
            }
        }
    }
}
