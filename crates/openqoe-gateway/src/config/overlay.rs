//! The file over the defaults, and `OPENQOE_*` variables over the file: `limits.max_body` is `OPENQOE_LIMITS_MAX_BODY`.

use toml::{Table, Value};

use super::ConfigError;

const PREFIX: &str = "OPENQOE_";

/// Second names of variables; the first name wins.
const ALIASES: [(&str, &str); 1] = [("OPENQOE_PROM_REMOTE_WRITE_URL", "OPENQOE_REMOTE_WRITE_URL")];

/// Puts what the file says over what is there, key by key.
pub(super) fn file(table: &mut Table, given: Table) {
    for (key, value) in given {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(given)) => file(inner, given),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

/// Puts the variables that name a key into the table, typed as the default is. Others are left alone: orchestrators make
/// variables of that prefix too (`OPENQOE_SERVICE_HOST`).
pub(super) fn environment(
    table: &mut Table,
    known: &Table,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    let mut keys = Vec::new();
    flatten(known, &mut Vec::new(), &mut keys);
    let mut environment: Vec<(String, String)> = environment.into_iter().collect();
    let alias = |variable: &str| ALIASES.iter().find(|(alias, _)| *alias == variable).map(|(_, name)| *name);
    environment.sort_by_key(|(variable, _)| alias(variable).is_none());
    for (variable, value) in environment {
        let known = alias(&variable).unwrap_or(&variable);
        let Some((path, default)) = keys.iter().find(|(path, _)| name(path) == known) else { continue };
        let typed = typed(&value, default).map_err(|problem| ConfigError::Environment {
            variable,
            value,
            problem: problem.into(),
        })?;
        set(table, path, typed);
    }
    Ok(())
}

/// The variable of a key.
fn name(path: &[String]) -> String {
    format!("{PREFIX}{}", path.join("_").to_uppercase().replace('-', "_"))
}

fn flatten<'a>(table: &'a Table, path: &mut Vec<String>, keys: &mut Vec<(Vec<String>, &'a Value)>) {
    for (key, value) in table {
        path.push(key.clone());
        match value {
            Value::Table(table) => flatten(table, path, keys),
            value => keys.push((path.clone(), value)),
        }
        path.pop();
    }
}

fn typed(text: &str, default: &Value) -> Result<Value, &'static str> {
    match default {
        Value::Integer(_) => text.parse().map(Value::Integer).map_err(|_| "not a whole number"),
        Value::Float(_) => text.parse().map(Value::Float).map_err(|_| "not a number"),
        Value::Boolean(_) => text.parse().map(Value::Boolean).map_err(|_| "neither true nor false"),
        Value::Array(_) => array(text),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// `a, b`, or an array as TOML writes it: `[{ countries = ["DE"], attributes = ["isp"] }]`.
fn array(text: &str) -> Result<Value, &'static str> {
    if text.trim_start().starts_with('[') {
        let parsed = format!("value = {text}").parse::<Table>();
        return parsed.ok().and_then(|mut table| table.remove("value")).ok_or("not an array of TOML");
    }
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    Ok(items.map(|item| Value::String(item.to_owned())).collect::<Vec<_>>().into())
}

fn set(table: &mut Table, path: &[String], value: Value) {
    let Some((last, folders)) = path.split_last() else { return };
    let mut table = table;
    for folder in folders {
        let entry = table.entry(folder.clone()).or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(inner) = entry else { return };
        table = inner;
    }
    table.insert(last.clone(), value);
}
