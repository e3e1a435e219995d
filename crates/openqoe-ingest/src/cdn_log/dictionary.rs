//! The CMCD of a line as the dictionary its player sent, wherever the log keeps it and however often it was encoded on the way.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::line::Line;

/// How often something may have been percent-encoded: by the player, and by the log.
const MOST: usize = 3;

/// The dictionary. Headers and query are never merged (CTA-5004-B §4): where there is a header, the query says nothing.
pub(super) fn of<'a>(line: &'a Line<'_>) -> Option<Cow<'a, str>> {
    let headers: Vec<Cow<'_, str>> = line.headers.iter().flatten().map(|text| plain(text)).collect();
    if !headers.is_empty() {
        return Some(headers.join(",").into());
    }
    if let Some(cmcd) = &line.cmcd {
        return Some(plain(cmcd.strip_prefix("CMCD=").unwrap_or(cmcd)));
    }
    if let Some(text) = line.query.as_deref().and_then(in_query) {
        return Some(text);
    }
    (!line.keys.is_empty()).then(|| line.keys.as_str().into())
}

/// The parameter `CMCD`, whose name is case-sensitive (§4.1). A log may have encoded the whole query once more.
fn in_query(query: &str) -> Option<Cow<'_, str>> {
    let find = |query: &str| {
        let mut parameters = query.trim_start_matches('?').split('&');
        parameters.find_map(|parameter| parameter.strip_prefix("CMCD=").map(|text| plain(text).into_owned()))
    };
    find(query).or_else(|| find(&percent_decode_str(query).decode_utf8().ok()?)).map(Cow::Owned)
}

/// A text without its percent-encoding. Values may rightly hold some (`nor`), so it ends where keys and values can be told apart.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    // As nginx writes a quotation mark; no dictionary holds that otherwise.
    let mut text =
        if text.contains("\\x22") { text.replace("\\x22", "\"").into() } else { Cow::Borrowed(text) };
    for _ in 0..MOST {
        if !text.contains('%') || text.contains(['=', ' ']) {
            break;
        }
        let Ok(decoded) = percent_decode_str(&text).decode_utf8() else { break };
        text = Cow::Owned(decoded.into_owned());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_undone_and_values_left_alone() {
        let once = "v=1&CMCD=bl%3D4000%2Csid%3D%22s%22&x=CMCD";
        let twice = "CMCD=bl%253D4000%252Csid%253D%2522s%2522";
        let whole = "v%3D1%26CMCD%3Dbl%253D4000%252Csid%253D%2522s%2522";
        for query in [once, twice, whole, "?CMCD=bl=4000,sid=\"s\""] {
            assert_eq!(in_query(query).as_deref(), Some("bl=4000,sid=\"s\""), "{query}");
        }
        assert_eq!(in_query("CMCD=nor%3D%22..%252F2.m4s%22").as_deref(), Some("nor=\"..%2F2.m4s\""));
        assert_eq!(plain("sid=\\x22s\\x22"), "sid=\"s\"");
        assert_eq!(in_query("CMCD=bs").as_deref(), Some("bs"));
        assert_eq!(in_query("cmcd=bs&XCMCD=1"), None);
    }
}
