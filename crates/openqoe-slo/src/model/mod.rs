//! What an objective is once it has been read and found good. Two things are made of it: rules for Prometheus (`compile`)
//! and what the gateway evaluates from its own counters. Both follow this page alone, so they cannot disagree on meanings:
//!
//! ```text
//! over(W)        = the increase of a sum of terms within the last W
//! error ratio(W) = max(0, bad.over(W)) / total.over(W)       no value where the total is 0
//! an alert fires when    error ratio(short) > factor x budget
//!                    and error ratio(long)  > factor x budget
//!                    and total.over(long)  >= min_total      all of it held for `hold`
//! burn rate(W)   = error ratio(W) / budget
//! budget left    = 1 - burn rate(window)
//! ```
//!
//! Each for every group: `tenant` and the labels of `group_by`, over the series whose labels the filter accepts. Bad and total
//! are sums over the whole window, so an hour with a thousand viewers weighs a thousand times an hour with one.

mod matcher;
mod term;

use std::collections::BTreeMap;
use std::time::Duration;

pub use matcher::Matcher;
pub use term::{Part, Term, closed_labels, row_labels};

/// One service level objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    /// Its name: lower case letters, digits and dashes, at most 63. Unique within what is compiled together.
    pub name: String,
    /// What it promises, in a sentence; empty when nothing was said.
    pub description: String,
    /// What is measured.
    pub indicator: Indicator,
    /// Which series are looked at, by `tenant` and by attributes. All of them have to accept; none accept everything.
    pub filter: Vec<Matcher>,
    /// Labels of a group: `tenant` first, then what was asked for.
    pub group_by: Vec<&'static str>,
    /// The part that should be good, such as 0.98.
    pub target: f64,
    /// The part that may be bad, 1 - `target`, such as 0.02.
    pub budget: f64,
    /// What the promise is about: the last 30 days, on every day. Whole seconds.
    pub window: Duration,
    /// When to tell somebody, most urgent first.
    pub alerts: Vec<BurnAlert>,
    /// Whether to tell somebody that a group which had at least `min_total` an hour has nothing any more.
    pub no_data: Option<NoData>,
    /// Labels of every rule, beside `slo`.
    pub labels: BTreeMap<String, String>,
    /// Annotations of every alert, beside those the compiler writes.
    pub annotations: BTreeMap<String, String>,
}

/// A ratio of two sums of registered counters.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicator {
    /// What is counted.
    pub kind: IndicatorKind,
    /// What counts against the budget. Where there are subtracted terms, the added ones are those of the total, and a difference
    /// below 0 is 0.
    pub bad: Vec<Term>,
    /// What it is a part of.
    pub total: Vec<Term>,
}

/// The three ways of being bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IndicatorKind {
    /// Events out of events: failed views of views.
    Ratio,
    /// Seconds out of seconds: stalled of playing and stalled.
    TimeRatio,
    /// Observations beyond a threshold out of all: startups that took more than two seconds. The threshold is a bucket bound
    /// of the histogram, in its unit.
    Latency {
        /// The largest value that is good.
        threshold: f64,
    },
}

/// One multi-window burn-rate alert (Google SRE Workbook, "Alerting on SLOs", 6).
#[derive(Clone, Debug, PartialEq)]
pub struct BurnAlert {
    /// Its name within the objective, such as `fast_burn`.
    pub name: String,
    /// How many times faster than allowed the budget is spent when it fires.
    pub factor: f64,
    /// The error ratio beyond which it fires, `factor` x budget. Always below 1.
    pub threshold: f64,
    /// The window that lets it stop soon after the cause has.
    pub short: Duration,
    /// The window that makes it sure that it matters.
    pub long: Duration,
    /// Who should look.
    pub severity: Severity,
    /// For how long all of it has to hold before it fires; mostly zero.
    pub hold: Duration,
    /// The total within the long window, in events or seconds, below which nothing can be concluded.
    pub min_total: f64,
    /// Labels of this alert's rule. They may say `severity` in other words.
    pub labels: BTreeMap<String, String>,
}

/// When silence is worth a ticket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoData {
    /// The total of an hour, in events or seconds, that makes a group one whose silence is noticed.
    pub min_total: f64,
}

/// Who should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Somebody, now.
    Page,
    /// Somebody, on the next working day.
    Ticket,
}

impl Severity {
    /// The value of the label `severity`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Page => "page",
            Severity::Ticket => "ticket",
        }
    }
}

impl Slo {
    /// The windows its alerts and its budget look at, ascending, each once.
    pub fn windows(&self) -> Vec<Duration> {
        let mut windows: Vec<_> = self.alerts.iter().flat_map(|alert| [alert.short, alert.long]).collect();
        windows.push(self.window);
        windows.sort_unstable();
        windows.dedup();
        windows
    }

    /// Whether a series with these labels is looked at; `value` gives the value of a label, `""` when it is absent.
    pub fn accepts<'a>(&self, value: impl Fn(&str) -> &'a str) -> bool {
        self.filter.iter().all(|matcher| matcher.accepts(value(&matcher.label)))
    }
}
