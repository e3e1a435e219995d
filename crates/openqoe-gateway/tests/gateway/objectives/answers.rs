//! `/api/v1/tenants/NAME/slos`, and `slo.dir` read again.

use serde_json::{Value, json};

use super::traffic::{BAD, GOOD, send};
use crate::contract::conforms;
use crate::harness::{Gateway, folder, wait_for};

fn slo<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["slos"].as_array().unwrap().iter().find(|slo| slo["name"] == name).unwrap()
}

fn objective(name: &str, budget: f64) -> String {
    format!(
        "apiVersion: openqoe.dev/v1\nkind: PlaybackSLO\nmetadata: {{name: {name}}}\nspec:\n  indicator: rebuffer-ratio\n  objective: {budget}\n"
    )
}

#[test]
fn objectives_that_come_with_the_gateway_are_evaluated() {
    let gateway = Gateway::start();
    let report = gateway.get("/api/v1/tenants/default/slos").json();
    conforms("Slos", &report);
    assert_eq!(report["source"], "built-in");
    assert_eq!(report["slos"].as_array().unwrap().len(), openqoe_slo::templates().len());

    let views: Vec<_> = (0..30).map(|number| if number < 20 { GOOD } else { BAD }).collect();
    send(&gateway, "s", &views);
    let group = || {
        let report = gateway.get("/api/v1/tenants/default/slos").json();
        conforms("Slos", &report);
        slo(&report, "startup-time")["groups"][0].clone()
    };
    wait_for(|| group()["total"] == json!(30.0));
    let group = group();
    assert_eq!((&group["bad"], &group["labels"]), (&json!(10.0), &json!({"tenant": "default"})));
    assert!((group["error_ratio"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-9);
    assert!((group["budget_left"].as_f64().unwrap() + 17.0 / 3.0).abs() < 1e-9);
    // A third, and 14.4 x 0.05 is 0.72; the slow ones fire.
    let state = |name: &str| {
        let alerts = group["alerts"].as_array().unwrap();
        alerts.iter().find(|alert| alert["name"] == name).unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!((state("fast_burn"), state("slow_burn")), ("quiet".into(), "firing".into()), "{group:#}");

    let metrics = gateway.metrics();
    let own = "tenant=\"default\",slo=\"startup-time\"";
    assert!(metrics.contains(&format!("openqoe_slo_objective_ratio{{{own}}} 0.95")), "{metrics}");
    let fires = format!("openqoe_slo_alert_active{{{own},alert=\"slow_burn\",severity=\"page\"}} 1");
    assert!(metrics.contains(&fires), "{metrics}");
    assert!(metrics.contains("openqoe_slo_groups{tenant=\"default\"}"));

    let unknown = gateway.get("/api/v1/tenants/defualt/slos");
    assert_eq!(unknown.status, 404);
    conforms("Refusal", &unknown.json());
}

#[test]
fn objectives_are_read_again_and_a_bad_file_changes_nothing() {
    let folder = folder("objectives-reload");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("a.yaml");
    std::fs::write(&file, objective("first", 0.02)).unwrap();
    let gateway = Gateway::start_with(&["serve"], &[("OPENQOE_SLO_DIR", folder.to_str().unwrap())]);
    let targets = || -> Vec<f64> {
        let report = gateway.get("/api/v1/tenants/default/slos").json();
        report["slos"].as_array().unwrap().iter().map(|slo| slo["target"].as_f64().unwrap()).collect()
    };
    assert_eq!(targets(), [0.98]);

    std::fs::write(folder.join("b.yaml"), objective("second", 0.01)).unwrap();
    gateway.signal("-HUP");
    wait_for(|| targets() == [0.98, 0.99]);

    std::fs::write(&file, "kind: PlaybackSLO\n").unwrap();
    gateway.signal("-HUP");
    wait_for(|| gateway.value("openqoe_gateway_config_last_reload_successful") == 0.0);
    assert_eq!(targets(), [0.98, 0.99]);
    let log = gateway.told_of("the configuration stays as it was");
    assert!(log.contains("a.yaml"), "{log}");
    drop(gateway);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_gateway_does_not_start_with_an_objective_that_is_none() {
    let folder = folder("objectives-bad");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("bad.yaml"), objective("bad", 0.02).replace("objective:", "objectiv:"))
        .unwrap();
    for command in ["serve", "check-config"] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_openqoe"))
            .args([command, "--listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"])
            .env("OPENQOE_SLO_DIR", &folder)
            .env("OPENQOE_DATA_DIR", "")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && error.contains("bad.yaml") && error.contains("objective"),
            "{error}"
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
