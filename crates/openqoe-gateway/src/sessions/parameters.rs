//! What a request asks: the parameters of its query, each known and of its type, or an answer that says what is wrong.

use axum::http::StatusCode;
use openqoe_ingest::closest;

use crate::clock::now_ms;
use crate::facts::Filter;
use crate::gateway::Gateway;
use crate::refusal::Refusal;

/// Parameters of one request; more are refused.
const MOST: usize = 200;
const HOUR: u64 = 3_600_000;

/// Names and values, in order.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// # Errors
    /// When one of them is not among those known.
    pub(super) fn of(query: Option<String>, known: &[&str]) -> Result<Parameters, Refusal> {
        let query = query.unwrap_or_default();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        if pairs.len() > MOST {
            return Err(wrong(format!("there are more than {MOST} parameters")));
        }
        match pairs.iter().find(|(name, _)| !known.contains(&&**name)) {
            None => Ok(Parameters(pairs)),
            Some((name, _)) => {
                let suggestion = closest(name, known.iter().copied())
                    .map_or(String::new(), |known| format!(", did you mean `{known}`?"));
                Err(wrong(format!("there is no parameter `{name}`{suggestion}")))
            }
        }
    }

    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(own, _)| own == name).map(|(_, value)| &**value)
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| &**value)
    }

    /// # Errors
    /// When it is missing.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.one(name).ok_or_else(|| wrong(format!("the parameter `{name}` is missing")))
    }

    /// # Errors
    /// When it is no number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let number =
            |value: &str| value.parse().map_err(|_| wrong(format!("`{name}={value}` is no whole number")));
        self.one(name).map(number).transpose()
    }

    /// How many of something, at least 1.
    ///
    /// # Errors
    /// When it is no number, or too large a one.
    pub(super) fn limit(&self, default: usize, most: usize) -> Result<usize, Refusal> {
        let limit =
            self.number("limit")?.map_or(default, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        if (1..=most).contains(&limit) { Ok(limit) } else { Err(wrong(format!("`limit` is 1 to {most}"))) }
    }

    /// One of a few words.
    ///
    /// # Errors
    /// When it is another.
    pub(super) fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<T, Refusal> {
        let word = self.one(name).unwrap_or(choices[0].0);
        choices.iter().find(|(choice, _)| *choice == word).map(|(_, choice)| *choice).ok_or_else(|| {
            let words: Vec<String> = choices.iter().map(|(choice, _)| format!("`{choice}`")).collect();
            wrong(format!("`{name}` is one of {}, not `{word}`", words.join(", ")))
        })
    }

    /// The filters in the parameter of a name, over the time that is asked for. Nothing is known from before the horizon.
    ///
    /// # Errors
    /// When one is no filter, or the time ends before it begins.
    pub(super) fn filter(&self, gateway: &Gateway, name: &str) -> Result<Filter, Refusal> {
        let to = self.number("to")?.unwrap_or_else(|| now_ms() + 1);
        let from = self.number("from")?.unwrap_or_else(|| to.saturating_sub(HOUR));
        if from >= to {
            return Err(wrong(format!("`from` ({from}) must be before `to` ({to})")));
        }
        let mut filter = Filter::parse(self.all(name), from, to).map_err(wrong)?;
        filter.oldest = gateway.facts.horizon();
        Ok(filter)
    }
}

pub(super) fn wrong(message: impl Into<String>) -> Refusal {
    Refusal {
        status: StatusCode::BAD_REQUEST,
        error: "bad_parameter",
        message: message.into(),
        hint: "docs/guide/explore.md and /api/v1/openapi.yaml say what may be asked",
        retry_after: None,
    }
}
