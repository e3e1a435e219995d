//! Writes small databases in the MaxMind DB format 2.0 (<https://maxmind.github.io/MaxMind-DB/>).

use std::net::IpAddr;

use serde_json::{Value, json};

/// Bits of one half of a node.
const RECORD: usize = 24;

/// A node's halves: nothing, another node, or a record.
#[derive(Clone, Copy)]
enum Branch {
    Nothing,
    Node(usize),
    Record(usize),
}

/// A database of these networks (`192.0.2.0/24`, `2001:db8::/32`; none within another) and what it says of them.
pub(crate) fn database(networks: &[(&str, Value)]) -> Vec<u8> {
    let mut nodes = vec![[Branch::Nothing; 2]];
    let mut data = Vec::new();
    for (network, record) in networks {
        let branch = Branch::Record(data.len());
        push(&mut data, "", record);
        insert(&mut nodes, &bits(network), branch);
    }
    let mut bytes = Vec::new();
    for half in nodes.iter().flatten() {
        // "The record value is the node count: no data; more than that: data, 16 bytes of separator included."
        let value = match half {
            Branch::Nothing => nodes.len(),
            Branch::Node(node) => *node,
            Branch::Record(offset) => nodes.len() + 16 + offset,
        };
        bytes.extend_from_slice(&u32::try_from(value).unwrap().to_be_bytes()[1..]);
    }
    bytes.extend_from_slice(&[0; 16]);
    bytes.extend_from_slice(&data);
    bytes.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let metadata = json!({
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1_700_000_000,
        "database_type": "Test", "description": {}, "ip_version": 6, "languages": [],
        "node_count": nodes.len(), "record_size": RECORD,
    });
    push(&mut bytes, "", &metadata);
    bytes
}

/// A network as the path from the root; IPv4 lies in `::/96`.
fn bits(network: &str) -> Vec<usize> {
    let (address, length) = network.split_once('/').unwrap();
    let length: usize = length.parse().unwrap();
    let (address, length) = match address.parse().unwrap() {
        IpAddr::V4(address) => (u128::from(u32::from(address)), length + 96),
        IpAddr::V6(address) => (u128::from(address), length),
    };
    (0..length).map(|bit| usize::from(address >> (127 - bit) & 1 == 1)).collect()
}

fn insert(nodes: &mut Vec<[Branch; 2]>, path: &[usize], branch: Branch) {
    let (last, inner) = path.split_last().unwrap();
    let mut node = 0;
    for bit in inner {
        node = match nodes[node][*bit] {
            Branch::Node(next) => next,
            Branch::Nothing => {
                nodes.push([Branch::Nothing; 2]);
                nodes[node][*bit] = Branch::Node(nodes.len() - 1);
                nodes.len() - 1
            }
            Branch::Record(_) => panic!("a network within another"),
        };
    }
    nodes[node][*last] = branch;
}

/// A value of the data section: control byte, size, content. The width of a number goes by its name.
fn push(out: &mut Vec<u8>, name: &str, value: &Value) {
    match value {
        Value::String(text) => {
            control(out, 2, text.len());
            out.extend_from_slice(text.as_bytes());
        }
        Value::Object(members) => {
            control(out, 7, members.len());
            for (name, value) in members {
                push(out, "", &json!(name));
                push(out, name, value);
            }
        }
        Value::Array(items) => {
            control(out, 11, items.len());
            items.iter().for_each(|item| push(out, name, item));
        }
        number => {
            let (kind, bytes) = match name {
                "build_epoch" => (9, 8),
                "node_count" | "autonomous_system_number" => (6, 4),
                _ => (5, 2),
            };
            control(out, kind, bytes);
            out.extend_from_slice(&number.as_u64().unwrap().to_be_bytes()[8 - bytes..]);
        }
    }
}

fn control(out: &mut Vec<u8>, kind: u8, size: usize) {
    let extended = kind > 7;
    let first = if extended { 0 } else { kind << 5 };
    let short = u8::try_from(size.min(29)).unwrap();
    out.push(first | short);
    if extended {
        out.push(kind - 7);
    }
    if size >= 29 {
        out.push(u8::try_from(size - 29).unwrap());
    }
}
