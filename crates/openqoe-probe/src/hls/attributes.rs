//! Attribute lists (RFC 8216 §4.2): `NAME=value,OTHER="quoted, with a comma"`.

/// The attributes of a tag.
#[derive(Debug, Default)]
pub(super) struct AttributeList<'a>(Vec<(&'a str, &'a str)>);

impl<'a> AttributeList<'a> {
    /// Reads what it can: an attribute that is cut off is not there.
    pub(super) fn read(text: &'a str) -> AttributeList<'a> {
        let mut pairs = Vec::new();
        let mut rest = text;
        while let Some((name, after)) = rest.split_once('=') {
            let (value, after) = match after.strip_prefix('"') {
                Some(quoted) => match quoted.split_once('"') {
                    Some((value, after)) => (value, after.split_once(',').map_or("", |(_, after)| after)),
                    None => break,
                },
                None => after.split_once(',').unwrap_or((after, "")),
            };
            pairs.push((name.trim(), value.trim()));
            rest = after;
        }
        AttributeList(pairs)
    }

    /// The value of an attribute, without quotes.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The value, as a number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_may_be_quoted() {
        let list = AttributeList::read(r#"BANDWIDTH=1000,CODECS="avc1,mp4a", AUDIO="a=b",LAST=x,CUT="#);
        assert_eq!(list.number("BANDWIDTH"), Some(1000));
        assert_eq!(list.get("CODECS"), Some("avc1,mp4a"));
        assert_eq!(list.get("AUDIO"), Some("a=b"));
        assert_eq!((list.get("LAST"), list.get("CUT"), list.get("NONE")), (Some("x"), Some(""), None));
    }
}
