//! Which sessions are meant: `attribute:value`, repeated. Equal attributes are alternatives, different ones all hold;
//! `!attribute:value` excludes, an empty value means that the session does not report the attribute.

use std::collections::BTreeMap;
use std::fmt::Write;

use openqoe_ingest::closest;
use openqoe_spec::{ATTRIBUTES, Attribute, Class};

use super::chunk::{Chunk, flag};
use super::session_key::viewer;

/// Filters of one request.
pub(super) const MOST: usize = 64;

/// What is asked of one attribute.
#[derive(Clone, Debug, Default, PartialEq)]
struct Values {
    among: Vec<String>,
    not: Vec<String>,
}

impl Values {
    fn allows(&self, value: &str) -> bool {
        let is = |known: &String| known == value;
        (self.among.is_empty() || self.among.iter().any(is)) && !self.not.iter().any(is)
    }
}

/// What sessions have to be like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Filter {
    values: BTreeMap<&'static str, (Attribute, Values)>,
    /// Heard last at or after this time, epoch ms.
    pub(crate) from: u64,
    /// And before this one.
    pub(crate) to: u64,
    /// What was last heard before this time is forgotten, whatever is asked.
    pub(crate) oldest: u64,
}

impl Filter {
    /// # Errors
    /// What is wrong, for people.
    pub(crate) fn parse<'a>(
        filters: impl IntoIterator<Item = &'a str>,
        from: u64,
        to: u64,
    ) -> Result<Filter, String> {
        let mut filter = Filter { from, to, ..Filter::default() };
        for (number, text) in filters.into_iter().enumerate() {
            if number == MOST {
                return Err(format!("there are more than {MOST} filters"));
            }
            let (name, value) = text.split_once(':').ok_or_else(|| {
                format!("`{text}` is no filter: write `attribute:value`, such as `cdn:edge-b`")
            })?;
            let excludes = name.starts_with('!');
            let attribute = attribute(name.trim_start_matches('!'))?;
            if attribute == Attribute::SessionId {
                return Err("sessions are found by `q`, the beginning of their id, not by a filter".into());
            }
            let entry = filter.values.entry(attribute.as_str()).or_insert((attribute, Values::default()));
            let values = if excludes { &mut entry.1.not } else { &mut entry.1.among };
            values.push(value.to_owned());
        }
        Ok(filter)
    }

    /// The sessions of a chunk that are meant, by position, in `rows`.
    pub(super) fn select(&self, chunk: &Chunk, rows: &mut Vec<u16>) {
        rows.clear();
        if chunk.newest < self.from || chunk.oldest >= self.to {
            return;
        }
        let heard = chunk.heard_at.iter().zip(&chunk.flags).enumerate();
        let window = self.from.max(self.oldest)..self.to;
        let meant =
            heard.filter(|(_, (heard_at, flags))| *flags & flag::GONE == 0 && window.contains(heard_at));
        rows.extend(meant.map(|(row, _)| row as u16));
        for (attribute, values) in self.values.values() {
            if *attribute == Attribute::ViewerIdHash {
                rows.retain(|row| values.allows_viewer(chunk.viewers[usize::from(*row)]));
                continue;
            }
            let (known, codes) = chunk.values(*attribute);
            let allowed: Vec<bool> = known.iter().map(|value| values.allows(value)).collect();
            rows.retain(|row| allowed[usize::from(codes[usize::from(*row)])]);
        }
    }

    /// The same as matchers of PromQL, after the tenant's. What is never a label has none.
    pub(super) fn matchers(&self, tenant: &str) -> String {
        let mut text = format!("tenant=\"{}\"", escape(tenant));
        for (attribute, values) in self.values.values() {
            if *attribute == Attribute::ViewerIdHash {
                continue;
            }
            for (values, one, many) in [(&values.among, "=", "=~"), (&values.not, "!=", "!~")] {
                // Writing to a string does not fail.
                let _ = match &values[..] {
                    [] => Ok(()),
                    [value] => write!(text, ",{}{one}\"{}\"", attribute.as_str(), escape(value)),
                    values => {
                        let any: Vec<String> = values.iter().map(|value| escape(&literal(value))).collect();
                        write!(text, ",{}{many}\"{}\"", attribute.as_str(), any.join("|"))
                    }
                };
            }
        }
        text
    }
}

impl Values {
    fn allows_viewer(&self, known: u64) -> bool {
        let is = |value: &String| viewer(value) == known;
        (self.among.is_empty() || self.among.iter().any(is)) && !self.not.iter().any(is)
    }
}

/// The attribute of a name.
///
/// # Errors
/// When there is none; with the one that is likely meant.
pub(crate) fn attribute(name: &str) -> Result<Attribute, String> {
    Attribute::parse(name).ok_or_else(|| {
        let suggestion = closest(name, Attribute::NAMES.iter().copied())
            .map_or(String::new(), |known| format!(", did you mean `{known}`?"));
        format!("there is no attribute `{name}`{suggestion}")
    })
}

/// An attribute that sessions can be broken down by.
///
/// # Errors
/// When there is none of that name, or it is never a dimension.
pub(crate) fn dimension(name: &str) -> Result<Attribute, String> {
    let attribute = attribute(name)?;
    if ATTRIBUTES[attribute.index()].class == Class::TraceOnly {
        return Err(format!(
            "`{name}` is another one for nearly every session: it can be searched for, not broken down by"
        ));
    }
    Ok(attribute)
}

/// A value within a string of PromQL.
pub(super) fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A value within a regular expression (RE2).
fn literal(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        if "\\.+*?()|[]{}^$".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_queries_too() {
        let filters = ["cdn:a", "cdn:b.c", "!country:DE", "isp:", "viewer_id_hash:x", "asset_id:say \"hi\""];
        let matchers = Filter::parse(filters, 0, 1).unwrap().matchers("t");
        let expected = r#"tenant="t",asset_id="say \"hi\"",cdn=~"a|b\\.c",country!="DE",isp="""#;
        assert_eq!(matchers, expected);
    }

    #[test]
    fn what_is_no_filter_is_told() {
        for (filter, part) in [
            ("cdn", "write `attribute:value`"),
            ("contry:a", "did you mean `country`?"),
            ("zzzz:a", "there is no attribute `zzzz`"),
            ("session_id:a", "`q`"),
        ] {
            let problem = Filter::parse([filter], 0, 1).unwrap_err();
            assert!(problem.contains(part), "{problem}");
        }
        assert!(Filter::parse(std::iter::repeat_n("cdn:a", MOST + 1), 0, 1).is_err());
        assert!(dimension("viewer_id_hash").is_err() && dimension("cdn").is_ok());
    }
}
