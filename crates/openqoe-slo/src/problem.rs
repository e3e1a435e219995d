//! What is wrong with an objective, said so that whoever wrote it can mend it: the file, the line where it can be told, the
//! field, the reason, and what to write instead.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}{reason}", Place(self))]
pub struct Problem {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1, where it can be told.
    pub line: Option<usize>,
    /// The field, such as `spec.alert.fast_burn.factor`; empty for the document as a whole.
    pub field: String,
    /// Why.
    pub reason: Box<Reason>,
}

struct Place<'a>(&'a Problem);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { file, line, field, .. } = self.0;
        f.write_str(file)?;
        line.map_or(Ok(()), |line| write!(f, ":{line}"))?;
        f.write_str(": ")?;
        if field.is_empty() { Ok(()) } else { write!(f, "{field}: ") }
    }
}

/// Why something is wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Reason {
    /// The text is no YAML.
    #[error("{0}")]
    Yaml(String),
    /// More than is read.
    #[error("larger than {0} bytes")]
    TooLarge(usize),
    /// A document of another kind.
    #[error(
        "expected `apiVersion: openqoe.dev/v1` with `kind: PlaybackSLO`, or `apiVersion: openslo/v1` with `kind: SLO`; found {0}"
    )]
    Kind(String),
    /// A key nobody knows.
    #[error("unknown key `{key}`{}", suggest(.suggestion.as_deref(), .known))]
    UnknownKey {
        /// The key.
        key: String,
        /// The one that was probably meant.
        suggestion: Option<&'static str>,
        /// All there are.
        known: Vec<&'static str>,
    },
    /// A key that has to be there.
    #[error("missing")]
    Missing,
    /// A value of another type or form.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What it has to be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A name that is not among those there are.
    #[error("no {what} is called `{name}`{}", suggest(.suggestion.as_deref(), &[]))]
    UnknownName {
        /// Metric, label, template, profile.
        what: &'static str,
        /// The name.
        name: String,
        /// The one that was probably meant.
        suggestion: Option<String>,
    },
    /// A label that metrics of this objective do not have.
    #[error("{metric} has no label `{label}`; it has {}", .known.join(", "))]
    NoSuchLabel {
        /// The metric.
        metric: &'static str,
        /// The label.
        label: String,
        /// Those it has.
        known: Vec<&'static str>,
    },
    /// A value a closed label never has.
    #[error("{label} is never `{value}`; it is one of {}", .known.join(", "))]
    NoSuchValue {
        /// The label.
        label: String,
        /// The value.
        value: String,
        /// Those it has.
        known: Vec<&'static str>,
    },
    /// A metric that cannot be a term.
    #[error("{metric} {why}")]
    Unsuitable {
        /// The metric.
        metric: &'static str,
        /// Why, and what to take instead.
        why: String,
    },
    /// A threshold between the bounds of a histogram's buckets.
    #[error("{threshold} is no bucket bound of {metric}: how many took longer is not known. Take one of {}", spell(.edges))]
    NotABucketEdge {
        /// The histogram.
        metric: &'static str,
        /// The threshold.
        threshold: f64,
        /// The bounds.
        edges: &'static [f64],
    },
    /// An alert no error ratio can fire.
    #[error(
        "alert `{alert}` can never fire: {factor} x {budget} is {threshold}, and an error ratio above 1 does not exist. With this budget a factor \
         has to be below {limit}; {useful} fires when half of everything is bad: `alert: {{{alert}: {{factor: {useful}}}}}`, with `profile` to keep a \
         profile's other alerts"
    )]
    Unreachable {
        /// The alert.
        alert: String,
        /// The factor.
        factor: f64,
        /// The budget.
        budget: f64,
        /// Their product.
        threshold: f64,
        /// What a factor has to be below.
        limit: f64,
        /// One that works.
        useful: f64,
    },
    /// Something else that contradicts itself or OpenQoE.
    #[error("{0}")]
    Invalid(String),
}

fn suggest(suggestion: Option<&str>, known: &[&str]) -> String {
    match (suggestion, known) {
        (Some(name), _) => format!("; did you mean `{name}`?"),
        (None, []) => String::new(),
        (None, known) => format!("; known are {}", known.join(", ")),
    }
}

fn spell(numbers: &[f64]) -> String {
    numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")
}

/// The known name that `name` is most likely a slip of, if any is close enough.
pub(crate) fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let similar = |candidate: &&str| strsim::jaro_winkler(&name.to_lowercase(), candidate);
    let scored = known.into_iter().map(|candidate| (similar(&candidate), candidate));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 > 0.8).then_some(best.1)
}
