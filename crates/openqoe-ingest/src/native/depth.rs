//! How deeply JSON is nested, before it is parsed. serde_json guards what it builds, but skips unknown fields of any depth.

/// Whether brackets are nested deeper than `most`. Text that is no JSON gets some answer; the parser will refuse it.
pub(super) fn exceeds(text: &str, most: usize) -> bool {
    let opens = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    // The usual batch has fewer brackets than that, whatever their order.
    opens > most && deepest(text.as_bytes()) > most
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
