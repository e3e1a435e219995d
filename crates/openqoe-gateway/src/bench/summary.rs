//! What came of it all: a table for people, a line of JSON for programs.

use std::fmt::Write;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::ledger::Compared;
use super::tally::Tally;

/// Of all protocols.
pub(super) struct Summary<'a> {
    totals: &'a [Tally],
    seconds: f64,
    compared: Option<&'a [Compared]>,
}

pub(super) fn of<'a>(totals: &'a [Tally], seconds: f64, compared: Option<&'a [Compared]>) -> Summary<'a> {
    Summary { totals, seconds, compared }
}

impl Summary<'_> {
    pub(super) fn text(&self) -> String {
        let mut out = format!(
            "{:10} {:>9} {:>9} {:>8} {:>10} {:>11} {:>9} {:>9} {:>9} {:>9}\n",
            "protocol",
            "requests",
            "accepted",
            "refused",
            "unanswered",
            "items",
            "a second",
            "p50 ms",
            "p99 ms",
            "unsent"
        );
        // Writing to a string does not fail.
        for tally in self.totals {
            let ms =
                |quantile| tally.latencies.quantile(quantile).map_or("-".into(), |ms| format!("{ms:.1}"));
            let _ = writeln!(
                out,
                "{:10} {:>9} {:>9} {:>8} {:>10} {:>11} {:>9.0} {:>9} {:>9} {:>9.0}",
                tally.protocol.as_str(),
                tally.requests,
                tally.accepted,
                tally.refused(),
                tally.unanswered,
                tally.items,
                tally.items as f64 / self.seconds,
                ms(0.5),
                ms(0.99),
                tally.unsent
            );
        }
        for tally in self.totals {
            let name = tally.protocol.as_str();
            for (status, (count, line)) in &tally.refused {
                let _ = writeln!(out, "{name}: {count} refused with {status}: {line}");
            }
            if tally.unanswered > 0 {
                let _ = writeln!(out, "{name}: {} unanswered: {}", tally.unanswered, tally.why);
            }
        }
        for compared in self.compared.unwrap_or_default() {
            let outcomes = compared.outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}"));
            let outcomes: Vec<_> = outcomes.collect();
            let verdict = if compared.is_exact() { "exact" } else { "NOT WHAT WAS ACCEPTED" };
            let _ = writeln!(
                out,
                "ledger, {}: {} accepted; {}: {verdict}",
                compared.protocol.as_str(),
                compared.accepted,
                outcomes.join(", ")
            );
        }
        out
    }

    pub(super) fn json(&self) -> String {
        let protocols: Vec<Value> = self.totals.iter().map(|tally| self.one(tally)).collect();
        format!("{}\n", json!({ "seconds": self.seconds, "protocols": protocols }))
    }

    fn one(&self, tally: &Tally) -> Value {
        let refused: serde_json::Map<String, Value> =
            tally.refused.iter().map(|(status, (count, _))| (status.to_string(), json!(count))).collect();
        let mut one = json!({
            "protocol": tally.protocol.as_str(),
            "requests": tally.requests,
            "accepted": tally.accepted,
            "refused": refused,
            "unanswered": tally.unanswered,
            "items": tally.items,
            "events": tally.events,
            "unsent": tally.unsent.round(),
            "p50_ms": tally.latencies.quantile(0.5),
            "p99_ms": tally.latencies.quantile(0.99),
        });
        let mut all = self.compared.unwrap_or_default().iter();
        if let Some(compared) = all.find(|compared| compared.protocol == tally.protocol) {
            one["ledger"] = json!(compared.outcomes);
            one["exact"] = json!(compared.is_exact());
        }
        one
    }

    /// Whether it went as it should.
    ///
    /// # Errors
    /// When nothing was accepted, or the ledger says other than was accepted.
    pub(super) fn check(&self) -> Result<()> {
        if let Some(tally) = self.totals.iter().find(|tally| tally.accepted == 0) {
            bail!("the gateway accepted nothing by {}", tally.protocol.as_str());
        }
        let mut compared = self.compared.unwrap_or_default().iter();
        if let Some(compared) = compared.find(|compared| !compared.is_exact()) {
            bail!(
                "by {} {} events were accepted and {} counted; does somebody else send to this gateway?",
                compared.protocol.as_str(),
                compared.accepted,
                compared.counted()
            );
        }
        Ok(())
    }
}
