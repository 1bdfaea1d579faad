//! The alerts as Prometheus reads them: each fires and is over, each has its page, both forms are one.

use crate::programs::{run, shipped, text, tool};
use hedgerow_testcluster::repository;
use serde_json::Value;
use std::collections::BTreeSet;

fn rules() -> Value {
    serde_yaml::from_str(&text("alerts.yaml")).unwrap()
}

/// Every alert, as (group, index of the rule, name).
fn alerts(rules: &Value) -> Vec<(usize, usize, String)> {
    let groups = rules["groups"].as_array().unwrap();
    let of = |(at, group): (usize, &Value)| {
        let rules = group["rules"].as_array().unwrap().iter().enumerate();
        rules.map(move |(rule, value)| (at, rule, value["alert"].as_str().unwrap().to_owned())).collect::<Vec<_>>()
    };
    groups.iter().enumerate().flat_map(of).collect()
}

#[test]
fn each_alert_fires_and_is_over_as_its_test_says() {
    let Some(promtool) = tool("promtool") else { return };
    run(&promtool, &shipped(""), &["check", "rules", "alerts.yaml"]).text();
    run(&promtool, &shipped(""), &["test", "rules", "alerts_test.yaml"]).text();
}

/// A test that passes whatever an alert says proves nothing.
#[test]
fn an_alert_that_never_fires_or_always_fires_is_found() {
    let Some(promtool) = tool("promtool") else { return };
    let rules = rules();
    for (group, rule, name) in alerts(&rules) {
        for expression in ["vector(0) > 1", "vector(1)"] {
            let directory = tempfile::tempdir().unwrap();
            let mut mutant = rules.clone();
            mutant["groups"][group]["rules"][rule]["expr"] = expression.into();
            std::fs::write(directory.path().join("alerts.yaml"), mutant.to_string()).unwrap();
            std::fs::copy(shipped("alerts_test.yaml"), directory.path().join("alerts_test.yaml")).unwrap();
            let said = run(&promtool, directory.path(), &["test", "rules", "alerts_test.yaml"]);
            assert!(
                said.code == 1 && said.stderr.contains(&name) || said.stdout.contains(&name),
                "{name}: {expression}"
            );
        }
    }
}

/// With either half of what counts as new, or without the hold, a test fails.
#[test]
fn what_makes_a_call_new_is_tested_in_each_part() {
    let Some(promtool) = tool("promtool") else { return };
    let rules = rules();
    let mut tried = 0;
    for (group, rule, name) in alerts(&rules) {
        let text = rules["groups"][group]["rules"][rule]["expr"].as_str().unwrap();
        let Some((new, grown)) = text.split_once("\nor\n") else { continue };
        for expression in [new, grown, &text.replace(" offset 10m", "")] {
            let directory = tempfile::tempdir().unwrap();
            let mut mutant = rules.clone();
            mutant["groups"][group]["rules"][rule]["expr"] = expression.into();
            std::fs::write(directory.path().join("alerts.yaml"), mutant.to_string()).unwrap();
            std::fs::copy(shipped("alerts_test.yaml"), directory.path().join("alerts_test.yaml")).unwrap();
            let said = run(&promtool, directory.path(), &["test", "rules", "alerts_test.yaml"]);
            assert_ne!(said.code, 0, "{name} passes as {expression}");
            tried += 1;
        }
    }
    assert_eq!(tried, 12);
}

/// `components/prometheus-operator/rules.yaml` is made from `alerts.yaml`; with `HEDGEROW_BLESS=1` it is written.
#[test]
fn the_operator_s_form_is_made_from_the_plain_one() {
    let plain = text("alerts.yaml");
    let (_, groups) = plain.split_once("\ngroups:\n").expect("alerts.yaml has groups");
    let mut made = "# Made from ../../alerts.yaml by `just bless`; a test compares them.\n\
                    apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: hedgerow-observer}\nspec:\n  groups:\n"
        .to_owned();
    for line in groups.lines() {
        made += if line.is_empty() { "" } else { "  " };
        made += line;
        made.push('\n');
    }
    let path = shipped("components/prometheus-operator/rules.yaml");
    if std::env::var_os("HEDGEROW_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == made, "rules.yaml is not what alerts.yaml says any more; `just bless` writes it");
    let object: Value = serde_yaml::from_str(&written).unwrap();
    assert_eq!(object["spec"], rules());
}

#[test]
fn each_alert_has_a_page_that_says_what_to_do() {
    let rules = rules();
    let alerts = alerts(&rules);
    let names: BTreeSet<String> = alerts.iter().map(|(_, _, name)| name.clone()).collect();
    assert_eq!(names.len(), alerts.len(), "names are unique");
    let directory = repository().join("docs/alerts");
    let files = std::fs::read_dir(&directory).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let pages: BTreeSet<String> =
        files.filter_map(|file| Some(file.strip_suffix(".md")?.to_owned())).filter(|name| name != "README").collect();
    assert_eq!(names, pages);
    let index = std::fs::read_to_string(directory.join("README.md")).unwrap();
    for (group, rule, name) in alerts {
        let rule = &rules["groups"][group]["rules"][rule];
        assert_eq!(rule["annotations"]["runbook_url"], format!("docs/alerts/{name}.md"));
        assert!(index.contains(&format!("[`{name}`]({name}.md)")), "{name} is not in docs/alerts/README.md");
        let page = std::fs::read_to_string(directory.join(format!("{name}.md"))).unwrap();
        let severity = rule["labels"]["severity"].as_str().unwrap();
        assert!(
            page.starts_with(&format!("# `{name}`\n\n*{severity}.* ")),
            "{name}: its page begins with its severity"
        );
        for part in ["\n## What it means\n", "\n## What to do\n", "\n## When it is over\n"] {
            assert!(page.contains(part), "{name}: its page has no {}", part.trim());
        }
    }
}
