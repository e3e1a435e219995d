//! What the gateway does with headers and packed bodies.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use openqoe_ingest::fill_device;
use openqoe_spec::{ATTRIBUTES, Attribute, Attributes};

#[path = "../../openqoe-gateway/src/unpack.rs"]
mod unpack;

/// As much as a body may hold.
const LIMIT: usize = 4096;

/// Two words of the enumerations come out, and nothing else.
pub(crate) fn user_agent(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut attributes = Attributes::default();
    fill_device(&mut attributes, text);
    for attribute in Attribute::ALL {
        let value = attributes.get(*attribute);
        if matches!(attribute, Attribute::OsFamily | Attribute::DeviceType) {
            let openqoe_spec::AttributeType::Enum(words) = ATTRIBUTES[attribute.index()].kind else {
                panic!("{attribute:?} is no enumeration");
            };
            assert!(words.contains(&value), "{value}");
        } else {
            assert_eq!(value, "");
        }
    }
    let mut again = attributes.clone();
    fill_device(&mut again, "");
    assert_eq!(attributes, again);
}

/// No more than the limit comes out; what was packed comes out as it was.
pub(crate) fn gzip(data: &[u8]) {
    if let Ok(Some(plain)) = unpack::gzip(data, LIMIT) {
        assert!(plain.len() <= LIMIT);
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(data).unwrap();
    let mut packed = packer.finish().unwrap();
    assert!(unpack::is_gzip(&packed));
    let fits = (data.len() <= LIMIT).then_some(data);
    assert_eq!(unpack::gzip(&packed, LIMIT).unwrap().as_deref(), fits);
    // Members one after the other count together (RFC 1952 §2.2).
    packed.extend_from_within(..);
    let fits = (2 * data.len() <= LIMIT).then(|| data.repeat(2));
    assert_eq!(unpack::gzip(&packed, LIMIT).unwrap(), fits);
}
