//! What an answer of the gateway means: what to do with the batch, what the gateway asks for, what the developer should hear.

use serde_json::Value;

use crate::host::Answer;

/// The gateway's answers are far shorter; a proxy's page need not be read.
const MAX_BODY_BYTES: usize = 65_536;
/// Defects told of one answer: they are all of a kind.
const MAX_TOLD: usize = 10;

/// What becomes of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is journalled.
    Acknowledged,
    /// It never will be.
    Refused,
    /// Try again later.
    Failed,
    /// Nobody here wants anything any more.
    Gone,
}

pub(crate) fn verdict(status: u16) -> Verdict {
    match status {
        200..=299 => Verdict::Acknowledged,
        410 => Verdict::Gone,
        408 | 429 | 500.. | 0 => Verdict::Failed,
        _ => Verdict::Refused,
    }
}

/// The weight asked for, and what to tell the developer.
pub(crate) fn read(answer: &Answer, verdict: Verdict) -> (Option<f64>, Vec<String>) {
    let body = if answer.body.len() > MAX_BODY_BYTES { "" } else { &answer.body };
    let said: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    let mut told = Vec::new();
    if verdict != Verdict::Acknowledged {
        let text = [&said["message"], &said["error"]].into_iter().find_map(Value::as_str);
        told.push(format!("batch refused ({}): {}", answer.status, text.unwrap_or_default()));
    }
    let listed = |name: &str| said[name].as_array().map(Vec::as_slice).unwrap_or_default();
    for defect in listed("rejected") {
        let text = |name: &str| defect[name].as_str().unwrap_or_default();
        told.push(format!("event rejected: {} {}", text("reason"), text("message")));
    }
    told.extend(listed("warnings").iter().map(Value::to_string));
    told.truncate(MAX_TOLD);
    (said["hints"]["download_weight"].as_f64(), told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> (Option<f64>, Vec<String>) {
        read(&Answer { status, body: body.into(), ..Answer::default() }, verdict(status))
    }

    #[test]
    fn an_answer_is_read_as_far_as_it_can_be() {
        assert_eq!(told(200, r#"{"accepted":1,"hints":{"download_weight":4}}"#), (Some(4.0), vec![]));
        assert_eq!(told(200, "<html>"), (None, vec![]));
        assert_eq!(told(404, ""), (None, vec!["batch refused (404): ".into()]));
        let body = r#"{"error":"malformed_json","message":"line 1","hints":{"download_weight":"x"}}"#;
        assert_eq!(told(400, body), (None, vec!["batch refused (400): line 1".into()]));
        let body = r#"{"rejected":[{"reason":"invalid_field","message":"rate"},7],"warnings":["w"]}"#;
        let expected = ["event rejected: invalid_field rate", "event rejected:  ", "\"w\""];
        assert_eq!(told(200, body).1, expected);
        let many = format!(r#"{{"warnings":[{}"x"]}}"#, "1,".repeat(100));
        assert_eq!(told(200, &many).1.len(), MAX_TOLD);
    }

    proptest::proptest! {
        #[test]
        fn any_body_is_read_without_a_panic(status: u16, body: String) {
            told(status, &body);
        }
    }
}
