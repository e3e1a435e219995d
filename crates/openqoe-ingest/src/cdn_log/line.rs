//! One line of a log, as far as anything is made of it.

use std::borrow::Cow;

use openqoe_spec::DownloadKind;

use super::field::{Field, Kind};
use super::times;
use crate::cmcd::kind_of;

/// A request and its answer.
#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    began: Option<u64>,
    ended: Option<u64>,
    date: Option<Cow<'a, str>>,
    clock: Option<Cow<'a, str>>,
    pub(super) query: Option<Cow<'a, str>>,
    /// What the name of the object says it is.
    pub(super) named: Option<DownloadKind>,
    pub(super) status: Option<u64>,
    pub(super) bytes: Option<u64>,
    pub(super) ttfb_ms: Option<u64>,
    pub(super) duration_ms: Option<u64>,
    pub(super) pop: Option<Cow<'a, str>>,
    pub(super) cdn: Option<Cow<'a, str>>,
    pub(super) country: Option<Cow<'a, str>>,
    pub(super) agent: Option<Cow<'a, str>>,
    pub(super) cmcd: Option<Cow<'a, str>>,
    pub(super) headers: [Option<Cow<'a, str>>; 4],
    /// Keys with columns of their own, as a dictionary.
    pub(super) keys: String,
    pub(super) cmsd_static: Option<Cow<'a, str>>,
    pub(super) cmsd_dynamic: Option<Cow<'a, str>>,
}

/// From the request to the end of its answer, epoch ms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl<'a> Line<'a> {
    /// Takes a field in. A value that makes no sense is one field less.
    pub(super) fn set(&mut self, field: Field, value: Cow<'a, str>) {
        if value.is_empty() || value == "-" {
            return;
        }
        match field {
            Field::Began => self.began = times::moment(&value),
            Field::Ended => self.ended = times::moment(&value),
            Field::Date => self.date = Some(value),
            Field::Clock => self.clock = Some(value),
            Field::Url => self.url(&value),
            Field::Query => self.query = Some(value),
            Field::Status => self.status = value.parse().ok().filter(|status| *status <= 999),
            Field::Bytes => self.bytes = value.parse().ok(),
            Field::Ttfb(unit) => self.ttfb_ms = unit.ms(&value),
            Field::Duration(unit) => {
                let more = unit.ms(&value);
                self.duration_ms =
                    more.map(|ms| self.duration_ms.unwrap_or_default() + ms).or(self.duration_ms);
            }
            Field::Pop => self.pop = Some(value),
            Field::Cdn => self.cdn = Some(value),
            Field::Country => self.country = Some(value.to_ascii_uppercase().into()),
            Field::Agent => self.agent = Some(value),
            Field::Cmcd => self.cmcd = Some(value),
            Field::Header(number) => self.headers[number] = Some(value),
            Field::Key(key, kind) => self.key(key, kind, &value),
            Field::CmsdStatic => self.cmsd_static = Some(value),
            Field::CmsdDynamic => self.cmsd_dynamic = Some(value),
        }
    }

    /// When it was. A log that has only one end of a request and its length has both.
    pub(super) fn span(&self) -> Option<Span> {
        let duration = self.duration_ms.unwrap_or_default();
        let ended =
            self.ended.or_else(|| times::day_and_clock(self.date.as_deref()?, self.clock.as_deref()?));
        let start = self.began.or_else(|| ended?.checked_sub(duration))?;
        Some(Span { start, end: start + duration })
    }

    /// Of a URL its query is looked at, and what its extension says.
    fn url(&mut self, url: &str) {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        self.named = kind_of(url);
        if !query.is_empty() && self.query.is_none() {
            self.query = Some(query.to_owned().into());
        }
    }

    fn key(&mut self, key: &str, kind: Kind, value: &str) {
        let value = match kind {
            Kind::Flag if value == "1" || value.eq_ignore_ascii_case("true") => "?1".into(),
            Kind::Flag => return,
            Kind::Text if value.starts_with('"') => value.to_owned(),
            Kind::Text => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
            Kind::Number if value.parse::<f64>().is_err() => return,
            Kind::Token if !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) => return,
            Kind::Number | Kind::Token => value.to_owned(),
        };
        let comma = if self.keys.is_empty() { "" } else { "," };
        self.keys += &format!("{comma}{key}={value}");
    }
}
