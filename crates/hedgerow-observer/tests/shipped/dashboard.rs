//! The dashboard: Grafana's own types accept it, and a real Prometheus answers every query of it. No Grafana is started.

use crate::programs::{Prometheus, brought, run, text, tool};
use serde_json::Value;
use std::fmt::Write as _;

/// TypeScript's enums are not their values; in JSON there are only values.
const HEAD: &str = r#"import type { Dashboard } from "@grafana/schema";
type Wire<T> = T extends string ? (string extends T ? string : `${T}`)
  : T extends readonly (infer U)[] ? Wire<U>[]
  : T extends object ? { [K in keyof T]: Wire<T[K]> } : T;
export const dashboard: Wire<Dashboard> = "#;

/// What the compiler says of a dashboard; empty if it has nothing against it.
fn complaints(dashboard: &str) -> Option<String> {
    let types = brought("grafana/node_modules")?;
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("dashboard.ts"), format!("{HEAD}{dashboard}")).unwrap();
    let schema = types.join("@grafana/schema");
    let options = serde_json::json!({"files": ["dashboard.ts"], "compilerOptions": {
        "strict": true, "noEmit": true, "module": "node16", "moduleResolution": "node16", "skipLibCheck": true, "types": [],
        "paths": {"@grafana/schema": [schema]}}});
    std::fs::write(directory.path().join("tsconfig.json"), options.to_string()).unwrap();
    let said = run(&types.join(".bin/tsc"), directory.path(), &["-p", "."]);
    assert_eq!(said.code == 0, said.stdout.is_empty(), "{said:?}");
    Some(said.stdout)
}

#[test]
fn grafana_s_types_accept_it() {
    let dashboard = text("dashboard.json");
    let Some(said) = complaints(&dashboard) else { return };
    assert_eq!(said, "");
    // What is wrong is found.
    for (right, wrong) in [
        ("\"schemaVersion\"", "\"schemaVersoin\""),
        ("\"gridPos\"", "\"gridPosition\""),
        ("\"h\": 4", "\"h\": \"4\""),
        ("\"mode\": \"thresholds\"", "\"mode\": \"tresholds\""),
        ("\"overrides\": []", "\"overrides\": null"),
        ("\"hide\": 0", "\"hide\": true"),
    ] {
        assert!(dashboard.contains(right), "{right}");
        assert_ne!(complaints(&dashboard.replacen(right, wrong, 1)).unwrap(), "", "{wrong}");
    }
}

/// All panels, those within rows too.
fn panels() -> Vec<Value> {
    let dashboard: Value = serde_json::from_str(&text("dashboard.json")).unwrap();
    let top = dashboard["panels"].as_array().unwrap().clone();
    let within = top.iter().flat_map(|panel| panel["panels"].as_array().cloned().unwrap_or_default());
    let within: Vec<Value> = within.collect();
    top.into_iter().chain(within).collect()
}

#[test]
fn each_panel_says_what_it_shows_in_which_unit_and_none_hides_another() {
    let panels = panels();
    let place = |panel: &Value| ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
    for (at, panel) in panels.iter().enumerate() {
        let [x, y, w, h] = place(panel);
        assert!(w >= 1 && h >= 1 && x + w <= 24, "{panel}");
        for other in &panels[..at] {
            assert_ne!(panel["id"], other["id"]);
            let [x2, y2, w2, h2] = place(other);
            let are_apart = x + w <= x2 || x2 + w2 <= x || y + h <= y2 || y2 + h2 <= y;
            assert!(are_apart, "{} and {}", panel["title"], other["title"]);
        }
        if panel["type"] != "row" {
            assert!(panel["description"].as_str().is_some_and(|text| text.len() > 20), "{}", panel["title"]);
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{}", panel["title"]);
            assert!(!panel["targets"].as_array().unwrap().is_empty(), "{}", panel["title"]);
        }
    }
}

/// When the seed begins: 2026-11-01T00:00:00Z. Prometheus does not look at its own clock for a query with a time.
const BEGIN: i64 = 1_793_491_200;
/// How long it lasts, in seconds.
const LENGTH: i64 = 2 * 3600;

/// A family: name, type, and its series as labels, first value, step.
type Family = (&'static str, &'static str, &'static [(&'static str, f64, f64)]);

/// Two hours of a collector, as it says it: `name{labels} value` grows by `step` each half minute.
fn seed() -> String {
    let series: &[Family] = &[
        (
            "hedgerow_calls",
            "counter",
            &[
                (r#"caller="service.emoji",callee="service.ledger",port="8080",verdict="unpermitted""#, 3.0, 1.0),
                (r#"caller="service.card",callee="service.ledger",port="8080",verdict="permitted""#, 0.0, 20.0),
                (r#"caller="service.card",callee="service.pot",port="8080",verdict="dropped""#, 0.0, 1.0),
            ],
        ),
        ("hedgerow_unpermitted_packets", "counter", &[(r#"callee="service.ledger",node="node-1""#, 0.0, 2.0)]),
        ("hedgerow_dropped_packets", "counter", &[(r#"callee="service.pot",node="node-1""#, 0.0, 2.0)]),
        ("hedgerow_source_lost_records", "counter", &[(r#"node="node-1",source="conntrack""#, 0.0, 1.0)]),
        ("hedgerow_series_dropped", "counter", &[(r#"callee="service.ledger""#, 0.0, 1.0)]),
        (
            "hedgerow_source_up",
            "gauge",
            &[(r#"node="node-1",source="conntrack""#, 1.0, 0.0), (r#"node="node-1",source="counters""#, 0.0, 0.0)],
        ),
        (
            "hedgerow_source_last_record_timestamp_seconds",
            "gauge",
            &[(r#"node="node-1",source="conntrack""#, BEGIN as f64, 30.0)],
        ),
        ("hedgerow_canary_seen_timestamp_seconds", "gauge", &[(r#"callee="service.ledger""#, BEGIN as f64, 1.0)]),
        (
            "hedgerow_forged_labels",
            "gauge",
            &[(r#"service="service.emoji",namespace="bank",label="bank.example/egress-s-ledger""#, 2.0, 0.0)],
        ),
        ("hedgerow_build_info", "gauge", &[(r#"version="0.1.0""#, 1.0, 0.0)]),
        ("ALERTS", "gauge", &[(r#"alertname="HedgerowRecordsLost",alertstate="firing",severity="warning""#, 1.0, 0.0)]),
    ];
    let mut text = String::new();
    for (name, kind, of) in series {
        writeln!(text, "# TYPE {name} {kind}").unwrap();
        let suffix = if *kind == "counter" { "_total" } else { "" };
        for (labels, first, step) in *of {
            for at in 0..=LENGTH / 30 {
                let value = first + step * at as f64;
                writeln!(text, "{name}{suffix}{{{labels}}} {value} {}", BEGIN + at * 30).unwrap();
            }
        }
    }
    text + "# EOF\n"
}

/// As Grafana fills in a query with everything chosen.
fn filled(query: &str) -> String {
    let filled = [("$__rate_interval", "2m"), ("$__range", "1h"), ("$callee", ".*"), ("$node", ".*")]
        .iter()
        .fold(query.to_owned(), |query, (variable, value)| query.replace(variable, value));
    assert!(!filled.contains('$'), "a variable that is not known: {filled}");
    filled
}

#[test]
fn a_seeded_prometheus_answers_every_query() {
    let (Some(promtool), directory) = (tool("promtool"), tempfile::tempdir().unwrap()) else { return };
    std::fs::write(directory.path().join("seed.txt"), seed()).unwrap();
    run(&promtool, directory.path(), &["tsdb", "create-blocks-from", "openmetrics", "seed.txt", "tsdb"]).text();
    let Some(prometheus) = Prometheus::start(directory.path(), "global: {scrape_interval: 1m}\n") else { return };
    let end = BEGIN + LENGTH;
    let mut asked = 0;
    for panel in panels() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let query = filled(target["expr"].as_str().unwrap());
            let answer = prometheus.query(&query, Some(end));
            assert!(!answer.is_empty(), "{}: nothing answers {query}", panel["title"]);
            let value = |series: &Value| series["value"][1].as_str().unwrap().parse::<f64>().unwrap();
            assert!(answer.iter().all(|series| value(series).is_finite()), "{query}: {answer:?}");
            // Each label that a legend names is there.
            for part in target["legendFormat"].as_str().unwrap().split("{{").skip(1) {
                let label = part.split("}}").next().unwrap();
                assert!(answer.iter().all(|series| series["metric"][label].is_string()), "{query} has no {label}");
            }
            asked += 1;
        }
    }
    assert_eq!(asked, 18);
    // What a person reads first, to the number: in an hour 120 steps of half a minute.
    let table = panels().into_iter().find(|panel| panel["title"] == "Who calls whom without a rule").unwrap();
    let rows = prometheus.query(&filled(table["targets"][0]["expr"].as_str().unwrap()), Some(end));
    let mut rows: Vec<(String, f64)> = rows
        .iter()
        .map(|row| {
            let word = |label: &str| row["metric"][label].as_str().unwrap().to_owned();
            let calls = row["value"][1].as_str().unwrap().parse::<f64>().unwrap().round();
            (format!("{} > {}:{} {}", word("caller"), word("callee"), word("port"), word("verdict")), calls)
        })
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("service.card > service.pot:8080 dropped".to_owned(), 120.0),
        ("service.emoji > service.ledger:8080 unpermitted".to_owned(), 120.0),
    ];
    assert_eq!(rows, expected);
    // What the variables offer.
    for variable in ["hedgerow_calls_total{callee!=\"\"}", "hedgerow_source_up{node!=\"\"}"] {
        assert!(!prometheus.query(variable, Some(end)).is_empty(), "{variable}");
    }
}
