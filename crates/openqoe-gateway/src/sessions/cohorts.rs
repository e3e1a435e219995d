//! Questions about many sessions: a KPI broken down, two cohorts compared, the values of an attribute.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use openqoe_ingest::closest;
use openqoe_spec::Kpi;
use serde::Serialize;

use super::parameters::{Parameters, wrong};
use super::{Known, count};
use crate::facts::{self, Compare, Explore, Question, dimension, knows};
use crate::gateway::Gateway;
use crate::refusal::Refusal;

const DEFAULT_ROWS: usize = 50;
const MAX_ROWS: usize = 200;
/// Values of an attribute, to fill in filters.
const MAX_VALUES: usize = 500;

pub(super) async fn explore(
    State(gateway): State<Arc<Gateway>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Explore>, Refusal> {
    let asked = Parameters::of(query, &["kpi", "by", "from", "to", "filter", "limit"])?;
    let kpi = kpi(asked.required("kpi")?)?;
    let by = dimension(asked.required("by")?).map_err(wrong)?;
    let (filter, limit) = (asked.filter(&gateway, "filter")?, asked.limit(DEFAULT_ROWS, MAX_ROWS)?);
    let known = Known::of(&gateway, &tenant).await?;
    let question = Question { tenant, kpi, by, filter, limit };
    let answer = count(move || facts::explore(&question, &known.chunks(), known.is_complete)).await?;
    answer.map(Json).ok_or_else(|| unkept(kpi))
}

pub(super) async fn compare(
    State(gateway): State<Arc<Gateway>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Compare>, Refusal> {
    let asked = Parameters::of(query, &["a", "b", "from", "to"])?;
    let (a, mut b) = (asked.filter(&gateway, "a")?, asked.filter(&gateway, "b")?);
    // Where the end is left to the clock, it is one moment for both.
    (b.from, b.to) = (a.from, a.to);
    let known = Known::of(&gateway, &tenant).await?;
    Ok(Json(count(move || facts::compare(&a, &b, &known.chunks(), known.is_complete)).await?))
}

/// The values sessions report, most first.
#[derive(Serialize)]
pub(super) struct Values {
    attribute: &'static str,
    values: Vec<ValueCount>,
    more: usize,
    is_complete: bool,
}

#[derive(Serialize)]
struct ValueCount {
    value: String,
    sessions: u64,
}

pub(super) async fn values(
    State(gateway): State<Arc<Gateway>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Values>, Refusal> {
    let asked = Parameters::of(query, &["attribute", "from", "to"])?;
    let attribute = dimension(asked.required("attribute")?).map_err(wrong)?;
    let filter = asked.filter(&gateway, "filter")?;
    let known = Known::of(&gateway, &tenant).await?;
    let is_complete = known.is_complete;
    let counted = count(move || facts::counts(&known.chunks(), &filter, attribute)).await?;
    let more = counted.len().saturating_sub(MAX_VALUES);
    let values = counted.into_iter().take(MAX_VALUES);
    let values = values.map(|(value, sessions)| ValueCount { value, sessions }).collect();
    Ok(Json(Values { attribute: attribute.as_str(), values, more, is_complete }))
}

fn kpi(id: &str) -> Result<Kpi, Refusal> {
    let found = Kpi::parse(id).ok_or_else(|| {
        let suggestion = closest(id, Kpi::ALL.iter().map(|kpi| kpi.as_str()))
            .map_or(String::new(), |known| format!(", did you mean `{known}`?"));
        wrong(format!("there is no KPI `{id}`{suggestion}"))
    })?;
    if knows(found) { Ok(found) } else { Err(unkept(found)) }
}

fn unkept(kpi: Kpi) -> Refusal {
    let known: Vec<&str> = Kpi::ALL.iter().filter(|kpi| knows(**kpi)).map(|kpi| kpi.as_str()).collect();
    wrong(format!(
        "sessions do not keep what `{}` is made of; they do for {}",
        kpi.as_str(),
        known.join(", ")
    ))
}
