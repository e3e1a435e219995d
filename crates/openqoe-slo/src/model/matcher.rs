//! Which values of a label are meant. Lists of values, no regular expressions: what evaluates an objective needs no engine
//! for them, and nobody has to wonder about anchors.

/// A condition on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// Whether the values are those that are not meant.
    pub negated: bool,
    /// The values, one or more. `""` is an absent label.
    pub values: Vec<String>,
}

impl Matcher {
    /// Whether a value is meant.
    pub fn accepts(&self, value: &str) -> bool {
        self.values.iter().any(|own| own == value) != self.negated
    }

    /// The condition in PromQL: `cdn="a"`, `cdn!="a"`, `cdn=~"a|b"` or `cdn!~"a|b"`.
    pub fn promql(&self) -> String {
        let not = self.negated;
        match self.values.as_slice() {
            [one] => format!("{}{}\"{}\"", self.label, if not { "!=" } else { "=" }, escape(one)),
            values => {
                let values: Vec<String> = values.iter().map(|value| escape(&literal(value))).collect();
                format!("{}{}\"{}\"", self.label, if not { "!~" } else { "=~" }, values.join("|"))
            }
        }
    }
}

/// The regular expression (RE2) that matches a text and nothing else.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// A text as it stands between the quotes of PromQL.
pub(crate) fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(negated: bool, values: &[&str]) -> Matcher {
        Matcher { label: "cdn".into(), negated, values: values.iter().map(|value| (*value).into()).collect() }
    }

    #[test]
    fn what_is_accepted_and_how_it_is_written() {
        for (matcher, accepted, promql) in [
            (matcher(false, &["a"]), [true, false, false], r#"cdn="a""#),
            (matcher(true, &["a"]), [false, true, true], r#"cdn!="a""#),
            (matcher(false, &["a", ""]), [true, false, true], r#"cdn=~"a|""#),
            (matcher(true, &["a", "b.c"]), [false, false, true], r#"cdn!~"a|b\\.c""#),
        ] {
            assert_eq!(["a", "b.c", ""].map(|value| matcher.accepts(value)), accepted, "{promql}");
            assert_eq!(matcher.promql(), promql);
        }
    }

    #[test]
    fn quotes_and_backslashes_survive_both_levels() {
        assert_eq!(matcher(false, &["a\"\\\n"]).promql(), r#"cdn="a\"\\\n""#);
        assert_eq!(matcher(false, &[r"a\", "b"]).promql(), r#"cdn=~"a\\\\|b""#);
    }
}
