//! `SegmentTemplate` URLs (ISO/IEC 23009-1, 5.3.9.4.4): `$Number%05d$`, `$Time$`, `$Bandwidth$`, `$RepresentationID$`.

/// The widest a number may be padded: a URL is no place for more.
const MAX_WIDTH: usize = 32;

/// Fills in what is known of the representation, once for all its segments.
pub(super) fn describe(template: &str, id: &str, bitrate: u64) -> String {
    // An id with a dollar in it must not be taken for an identifier later.
    fill(template, |name, width| match name {
        "RepresentationID" => Some(id.replace('$', "$$")),
        "Bandwidth" => Some(padded(bitrate, width)),
        "" => Some("$$".into()),
        _ => None,
    })
}

/// The URL of a segment.
pub(super) fn address(template: &str, number: u64, time: u64) -> String {
    fill(template, |name, width| match name {
        "Number" => Some(padded(number, width)),
        "Time" => Some(padded(time, width)),
        "" => Some("$".into()),
        _ => None,
    })
}

fn padded(value: u64, width: usize) -> String {
    format!("{value:0width$}")
}

/// Replaces identifiers; those nobody knows stay as they are.
fn fill(template: &str, value: impl Fn(&str, usize) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let Some((identifier, after)) = after.split_once('$') else {
            out.push('$');
            rest = after;
            continue;
        };
        let (name, format) = identifier.split_once('%').unwrap_or((identifier, ""));
        let width = format.trim_end_matches(['d', 'i', 'u']).parse().unwrap_or(1).min(MAX_WIDTH);
        match value(name, width) {
            Some(value) => out.push_str(&value),
            None => {
                out.push('$');
                out.push_str(identifier);
                out.push('$');
            }
        }
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_filled_in() {
        let template = describe("$RepresentationID$/$Bandwidth$/a$$b-$Number%05d$-$Time$.m4s", "v$1", 900);
        assert_eq!(address(&template, 42, 7), "v$1/900/a$b-00042-7.m4s");
        assert_eq!(address("$Unknown$-$Number$-$", 3, 0), "$Unknown$-3-$");
        assert_eq!(address("$Number%099d$", 3, 0).len(), MAX_WIDTH);
    }
}
