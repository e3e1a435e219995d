//! The form of `spec/vectors/sdk/*.yaml`; README.md there explains it.

use std::collections::BTreeMap;

use openqoe_client::{Answer, AttributeValue, Consent, Gpc, Options};
use openqoe_spec::{Attribute, EventKind};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::host::Reply;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    #[serde(rename = "case")]
    pub(crate) name: String,
    pub(crate) pins: Vec<String>,
    #[serde(default)]
    pub(crate) random: f64,
    #[serde(default)]
    pub(crate) options: CaseOptions,
    #[serde(default)]
    pub(crate) answers: Vec<Value>,
    pub(crate) steps: Vec<Step>,
    #[serde(default)]
    pub(crate) end: u64,
    pub(crate) expect: Expect,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CaseOptions {
    endpoint: Option<String>,
    viewer_id: Option<String>,
    attributes: BTreeMap<String, Value>,
    consent: Option<String>,
    gpc: Option<String>,
    gpc_signal: bool,
}

#[derive(Deserialize)]
pub(crate) struct Step {
    pub(crate) at: u64,
    pub(crate) happened: Option<u64>,
    pub(crate) times: Option<usize>,
    #[serde(flatten)]
    pub(crate) action: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    pub(crate) requests: Vec<ExpectedRequest>,
    pub(crate) stored: Option<Vec<String>>,
    pub(crate) dropped: Option<u64>,
    pub(crate) warnings: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedRequest {
    pub(crate) at: u64,
    #[serde(default)]
    pub(crate) beacon: bool,
    pub(crate) session: usize,
    pub(crate) attributes: Option<Map<String, Value>>,
    pub(crate) events: Vec<String>,
}

pub(crate) fn attribute_values(given: impl IntoIterator<Item = (String, Value)>) -> Vec<AttributeValue> {
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    given
        .into_iter()
        .map(|(name, value)| AttributeValue {
            attribute: Attribute::parse(&name).unwrap(),
            value: text(value),
        })
        .collect()
}

pub(crate) fn consent(text: &str) -> Consent {
    match text {
        "granted" => Consent::Granted,
        "denied" => Consent::Denied,
        other => panic!("consent: {other}"),
    }
}

impl CaseOptions {
    pub(crate) fn read(self) -> Options {
        let endpoint = self.endpoint.unwrap_or("https://collector.example.com/v1/ingest".into());
        Options {
            viewer_id: self.viewer_id,
            attributes: attribute_values(self.attributes),
            consent: self.consent.as_deref().map_or(Consent::Granted, consent),
            gpc_signal: self.gpc_signal,
            gpc: match self.gpc.as_deref() {
                None | Some("anonymise") => Gpc::Anonymise,
                Some("discard") => Gpc::Discard,
                Some("ignore") => Gpc::Ignore,
                Some(other) => panic!("gpc: {other}"),
            },
            ..Options::new(endpoint)
        }
    }
}

/// A status, `none`, `never`, or a record of what the answer holds.
pub(crate) fn reply(said: &Value) -> Reply {
    let answer = |status| Some(Answer { status, ..Answer::default() });
    match said {
        Value::Number(status) => Reply { answer: answer(status.as_u64().unwrap() as u16), after: 0 },
        Value::String(text) if text == "none" => Reply { answer: answer(0), after: 0 },
        Value::String(text) if text == "never" => Reply { answer: None, after: u64::MAX },
        _ => {
            let body = said.get("body").map(Value::to_string).unwrap_or_default();
            let retry_after = said["retry_after"].as_str().map(str::to_owned);
            let status = said["status"].as_u64().unwrap() as u16;
            let after = said["after"].as_u64().unwrap_or(0);
            Reply { answer: Some(Answer { status, retry_after, body }), after }
        }
    }
}

/// An event as it stands on the wire, as the vocabulary has it.
pub(crate) fn event(wire: &Value) -> EventKind {
    let mut fields = wire.as_object().unwrap().clone();
    let Some(Value::String(name)) = fields.remove("type") else { panic!("{wire} has no type") };
    let tagged = if fields.is_empty() { Value::String(name.clone()) } else { Value::Null };
    let with_fields = Value::Object(Map::from_iter([(name, Value::Object(fields))]));
    serde_json::from_value(tagged).or_else(|_| serde_json::from_value(with_fields)).unwrap()
}
