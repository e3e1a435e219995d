//! How deeply JSON is nested, before it is parsed. serde_json guards what it builds, but skips unknown fields of any depth.

/// The most a byte can count.
const COUNTABLE: usize = u8::MAX as usize;

/// Whether brackets are nested deeper than `most`. Text that is no JSON gets some answer; the parser will refuse it.
pub(super) fn exceeds(text: &str, most: usize) -> bool {
    let opens: usize = text.as_bytes().chunks(COUNTABLE).map(opens).sum();
    // The usual batch has fewer brackets than that, whatever their order.
    opens > most && deepest(text.as_bytes()) > most
}

/// Brackets among so few bytes that a byte can count them, which makes one instruction of sixteen comparisons.
fn opens(bytes: &[u8]) -> usize {
    // `[` and `{` differ in one bit, which no other byte shares with them.
    usize::from(bytes.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum::<u8>())
}

fn deepest(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::exceeds;

    #[test]
    fn only_brackets_outside_strings_nest() {
        assert!(!exceeds(&"[]".repeat(100), 1));
        assert!(exceeds("[[1],[2]]", 1));
        assert!(!exceeds(r#"["[[[[", "\"[[[["]"#, 1));
    }
}
