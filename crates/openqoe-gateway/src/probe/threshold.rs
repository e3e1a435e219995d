//! `--fail-if rebuffer_ratio>0.01`: what a probe must not come to.

use std::str::FromStr;

use openqoe_ingest::closest;
use openqoe_probe::Summary;

/// A figure, and a bound.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Threshold {
    name: &'static str,
    relation: Relation,
    bound: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// How each is written, the longer ones first.
const RELATIONS: [(&str, Relation); 4] =
    [(">=", Relation::AtLeast), ("<=", Relation::AtMost), (">", Relation::Above), ("<", Relation::Below)];

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Threshold, String> {
        let found = RELATIONS.iter().find_map(|(sign, relation)| Some((text.split_once(sign)?, *relation)));
        let Some(((name, bound), relation)) = found else {
            return Err("it looks like `rebuffer_ratio>0.01`, with > >= < or <=".into());
        };
        let (name, names) = (name.trim(), Summary::names());
        let Some(name) = names.into_iter().find(|known| *known == name) else {
            let suggestion = closest(name, names).map(|name| format!(", did you mean `{name}`?"));
            return Err(format!(
                "there is no `{name}`{}",
                suggestion.unwrap_or(format!(": there is {}", names.join(", ")))
            ));
        };
        let bound = bound.trim().parse().map_err(|_| format!("`{}` is no number", bound.trim()))?;
        Ok(Threshold { name, relation, bound })
    }
}

impl Threshold {
    /// What to say if a probe came to it. What was not measured did not.
    pub(super) fn crossed(&self, summary: &Summary) -> Option<String> {
        let value = summary.figures().into_iter().find(|figure| figure.name == self.name)?.value?;
        let (sign, _) = RELATIONS.iter().find(|(_, relation)| *relation == self.relation)?;
        let is_crossed = match self.relation {
            Relation::Above => value > self.bound,
            Relation::AtLeast => value >= self.bound,
            Relation::Below => value < self.bound,
            Relation::AtMost => value <= self.bound,
        };
        is_crossed.then(|| format!("{} is {value}, {sign} {}", self.name, self.bound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_read_and_asked() {
        let crossed = |text: &str| text.parse::<Threshold>().unwrap().crossed(&Summary::default());
        assert_eq!(crossed("success<1"), Some("success is 0, < 1".into()));
        assert_eq!(crossed("stalls >= 0"), Some("stalls is 0, >= 0".into()));
        assert_eq!(crossed("stalls>0"), None);
        assert_eq!(crossed("startup_seconds>2"), None, "it was not measured");
        for (text, expected) in [
            ("rebuffer_ration>0.1", "there is no `rebuffer_ration`, did you mean `rebuffer_ratio`?"),
            ("stalls=1", "it looks like"),
            ("stalls>many", "`many` is no number"),
        ] {
            assert_eq!(
                text.parse::<Threshold>().unwrap_err(),
                expected.to_owned()
                    + if expected == "it looks like" {
                        " `rebuffer_ratio>0.01`, with > >= < or <="
                    } else {
                        ""
                    }
            );
        }
    }
}
