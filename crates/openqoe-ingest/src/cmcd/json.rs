//! Records as JSON: an object, or an array of them, as v1 allowed and some players still send.

use openqoe_spec::{BatchRejection, Rejected};
use serde_json::Value as Json;

use super::record::Record;
use super::value::Value;
use super::{GUIDE, MAX_RECORDS, Parsed, too_many};
use crate::protocol::Refused;

/// Levels of a record, its lists and their members, with room for strangers; `serde_json` stops at 128.
pub(super) fn records(text: &str) -> Result<Vec<Parsed>, Refused> {
    let json: Json = serde_json::from_str(text).map_err(|error| Refused {
        reason: BatchRejection::MalformedJson,
        message: error.to_string(),
        hint: GUIDE,
    })?;
    let list = match json {
        Json::Array(list) => list,
        one => vec![one],
    };
    if list.len() > MAX_RECORDS {
        return Err(too_many());
    }
    Ok(list.iter().map(record).collect())
}

fn record(json: &Json) -> Parsed {
    let Json::Object(keys) = json else {
        return Err((None, Rejected::MalformedEvent, "a record is an object".into()));
    };
    let mut record = Record::default();
    for (key, value) in keys {
        record.set(key, &Value::Json(value));
    }
    Ok(record)
}
