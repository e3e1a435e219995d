//! Answers of the internal API against `spec/api/openapi.yaml`, whose schemas are JSON Schema 2020-12 (OpenAPI 3.1.0, "Schema Object").

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::harness::{Gateway, view};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_yaml_ng::from_str(include_str!("../../../../spec/api/openapi.yaml")).unwrap());

/// Asserts that an answer is of a schema of the contract, and names what is not.
pub(crate) fn conforms(schema: &str, answer: &Value) {
    let mut root = json!({ "$ref": format!("#/components/schemas/{schema}") });
    root["components"] = DOCUMENT["components"].clone();
    let validator = jsonschema::validator_for(&root).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(answer).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "not a {schema}: {errors:#?}\n{answer:#}");
}

#[test]
fn the_contract_tells_right_from_wrong() {
    conforms("Refusal", &json!({"error": "x", "message": "y"}));
    let wrong = std::panic::catch_unwind(|| conforms("Refusal", &json!({"error": 1})));
    assert!(wrong.is_err());
}

#[test]
fn the_description_is_served_as_it_is_in_the_repository() {
    let answer = Gateway::start().get("/api/v1/openapi.yaml");
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (200, include_str!("../../../../spec/api/openapi.yaml"))
    );
}

#[test]
fn about_lists_what_may_be_asked() {
    let gateway =
        Gateway::start_with(&["serve"], &[("OPENQOE_CONSOLE_PROMETHEUS_URL", "http://127.0.0.1:9090/")]);
    let about = gateway.get("/api/v1/about").json();
    conforms("About", &about);
    assert_eq!(about["tenants"], json!(["default"]));
    assert_eq!((&about["demo"], &about["keeps_sessions"]), (&json!(false), &json!(false)));
    assert_eq!(about["prometheus"], "http://127.0.0.1:9090");
}

#[test]
fn the_books_balance_in_the_answer() {
    let gateway = Gateway::start();
    gateway.send("well", &view());
    gateway.send("well", &view());
    gateway.post(b"{");
    let health = gateway.get("/api/v1/tenants/default/health").json();
    conforms("TenantHealth", &health);
    let ledger = &health["ledger"][0];
    assert_eq!(
        ledger["received"],
        json!(ledger["counted"].as_u64().unwrap() + ledger["duplicate"].as_u64().unwrap())
    );
    assert!(ledger["duplicate"].as_u64().unwrap() > 0);
    assert_eq!((&health["difference"], &health["batches"]), (&json!(0), &json!(2)));
    assert_eq!(health["batches_rejected"], json!({"malformed_json": 1}));

    let unknown = gateway.get("/api/v1/tenants/defualt/health");
    assert_eq!(unknown.status, 404);
    conforms("Refusal", &unknown.json());
    assert!(unknown.text().contains("did you mean `default`?"));
}

#[test]
fn health_says_what_is_wrong() {
    let gateway = Gateway::start();
    let health = gateway.get("/api/v1/health").json();
    conforms("Health", &health);
    assert_eq!((&health["ready"], &health["role"]), (&json!(true), &json!("core")));
    let problems = health["problems"].as_array().unwrap();
    assert!(problems.iter().any(|problem| problem["text"].as_str().unwrap().contains("data_dir")));
    let journal = health["parts"].as_array().unwrap().iter().find(|part| part["name"] == "journal").unwrap();
    assert_eq!(journal["state"], "off");
}
