//! `export --prometheus` against a real Prometheus that has scraped two collectors for eight hours.

use crate::programs::{Prometheus, run, tool};
use hedgerow_testcluster::Said;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// When the scrapes begin: 2026-11-01T00:00:00Z; how many there are, and how many seconds apart.
const BEGIN: i64 = 1_793_491_200;
const SCRAPES: i64 = 8 * 120;
const EVERY: i64 = 30;

/// What a scrape of one collector says: `name{labels}` and value.
type Page = Vec<(String, f64)>;

/// Two collectors that share a fleet: what each says at a scrape; nothing where nobody scrapes it.
fn page(collector: usize, scrape: i64) -> Option<Page> {
    let at = BEGIN + scrape * EVERY;
    let mut page = Page::new();
    let mut say = |name: &str, labels: &str, value: f64| page.push((format!("{name}{{{labels}}}"), value));
    let edge = |caller: &str, callee: &str, verdict: &str| {
        format!(r#"caller="{caller}",callee="{callee}",port="8080",verdict="{verdict}""#)
    };
    if collector == 0 {
        // For twenty minutes Prometheus is away; the collector is not.
        if (400..440).contains(&scrape) {
            return None;
        }
        let own = r#"instance="10.0.0.1:9464""#;
        say("hedgerow_store_since_timestamp_seconds", &format!(r#"{own},store="0a""#), (BEGIN - 90 * 86_400) as f64);
        // Long known, and three more calls in the fifth hour, two of them while nobody scrapes.
        let count = 1000.0 + f64::from(u8::from(scrape >= 410)) * 2.0 + f64::from(u8::from(scrape >= 500));
        say(
            "hedgerow_calls_total",
            &format!("{own},{}", edge("service.emoji", "service.ledger", "unpermitted")),
            count,
        );
        if scrape >= 7 {
            say(
                "hedgerow_calls_total",
                &format!("{own},{}", edge("outside", "service.ledger", "permitted")),
                scrape as f64,
            );
        }
        if scrape >= 900 {
            let udp = r#"caller="service.emoji",callee="service.dns",port="53",verdict="permitted",protocol="UDP""#;
            say("hedgerow_calls_total", &format!("{own},{udp}"), 4.0);
        }
        let of = format!(r#"{own},node="node-1",source="conntrack""#);
        say("hedgerow_source_heard_since_timestamp_seconds", &of, (BEGIN - 86_400) as f64);
        say("hedgerow_source_heard_until_timestamp_seconds", &of, at as f64);
        say("hedgerow_service_pods", &format!(r#"{own},service="service.ledger",node="node-1""#), 2.0);
        say("hedgerow_typed_pods", &format!(r#"{own},service="service.ledger",type="core""#), 1.0);
        say("hedgerow_typed_pods", &format!(r#"{own},service="service.card",type="app""#), 0.0);
        say("hedgerow_stranger_pods", &format!(r#"{own},callee="service.ledger""#), 3.0);
        let canary = format!(r#"{own},callee="service.ledger""#);
        say("hedgerow_canary_calls_total", &canary, 50.0 + scrape as f64);
        say("hedgerow_canary_seen_total", &canary, 50.0 + scrape as f64);
        let policy = format!(r#"{own},service="service.ledger",digest="sha256:01""#);
        say("hedgerow_service_policy_since_timestamp_seconds", &policy, (BEGIN - 3600) as f64);
        let job = format!(r#"{own},service="service.ledger",workload="CronJob/close""#);
        say("hedgerow_job_finished_timestamp_seconds", &job, (BEGIN + scrape / 240 * 7200) as f64);
    } else {
        // Its volume is lost after two hours; after five it is started again, at another address.
        let (instance, store, since) = match scrape {
            ..240 => ("10.0.0.2:9464", "0b", BEGIN - 86_400),
            240..600 => ("10.0.0.2:9464", "0c", BEGIN + 240 * EVERY - 1),
            _ => ("10.0.0.7:9464", "0c", BEGIN + 240 * EVERY - 1),
        };
        let own = format!(r#"instance="{instance}""#);
        say("hedgerow_store_since_timestamp_seconds", &format!(r#"{own},store="{store}""#), since as f64);
        let count = if store == "0b" { 10.0 + scrape as f64 } else { (scrape - 240) as f64 };
        say("hedgerow_calls_total", &format!("{own},{}", edge("service.card", "service.pot", "permitted")), count);
        let of = format!(r#"{own},node="node-2",source="flows""#);
        say("hedgerow_source_heard_since_timestamp_seconds", &of, since as f64);
        say("hedgerow_source_heard_until_timestamp_seconds", &of, at as f64);
        say("hedgerow_service_pods", &format!(r#"{own},service="service.pot",node="node-2""#), 1.0);
    }
    say("hedgerow_catalogue", &format!(r#"instance="{collector}",digest="sha256:c""#), 1.0);
    Some(page)
}

/// All of it as `promtool` takes it: the samples of each series together.
fn recorded() -> String {
    let mut series: BTreeMap<String, Vec<(i64, f64)>> = BTreeMap::new();
    for scrape in 0..=SCRAPES {
        for (name, value) in (0..2).filter_map(|collector| page(collector, scrape)).flatten() {
            series.entry(name).or_default().push((BEGIN + scrape * EVERY, value));
        }
    }
    let (mut text, mut last) = (String::new(), "");
    for (name, samples) in &series {
        let metric = name.split('{').next().unwrap();
        let family = metric.trim_end_matches("_total");
        if family != last {
            writeln!(text, "# TYPE {family} {}", if metric == family { "gauge" } else { "counter" }).unwrap();
            last = family;
        }
        for (at, value) in samples {
            writeln!(text, "{name} {value} {at}").unwrap();
        }
    }
    text + "# EOF\n"
}

fn export(url: &str, directory: &Path, more: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer"));
    command.current_dir(directory).args(["export", "--prometheus", url]).args(more);
    Said::of(&mut command, b"")
}

#[test]
fn a_prometheus_that_scraped_two_collectors_tells_what_they_would() {
    let (Some(promtool), Some(_)) = (tool("promtool"), tool("prometheus")) else { return };
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("recorded.txt"), recorded()).unwrap();
    let arguments = ["tsdb", "create-blocks-from", "openmetrics", "recorded.txt", "tsdb"];
    let said = run(&promtool, directory.path(), &arguments);
    assert_eq!(said.code, 0, "{said:?}");
    let prometheus = Prometheus::start(directory.path(), "scrape_configs: []\n").unwrap();

    let window = ["--since", "2026-11-01T00:00:00Z", "--until", "2026-11-01T08:00:00Z"];
    let said = export(&prometheus.url, directory.path(), &window);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stderr.contains("note: the collector with the store 0a was not scraped for 1230 seconds"), "{said:?}");
    let mut lines = said.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let header = lines.next().unwrap();
    let lines: Vec<String> = lines
        .map(|line| {
            let word = |key: &str| line[key].as_str().unwrap().to_owned();
            let times = |key: &str| word(key).split('T').nth(1).unwrap().to_owned();
            format!(
                "{} {}:{}/{} {} {} {}..{}",
                line["caller"],
                word("callee"),
                line["port"],
                word("protocol"),
                word("verdict"),
                line["count"],
                times("first"),
                times("last")
            )
        })
        .collect();
    let expected = [
        r#"{"service":"service.emoji"} service.dns:53/UDP permitted 4 07:29:30Z..07:30:00Z"#,
        // Two of these were made while nobody scraped, and are told of by the next scrape.
        r#"{"service":"service.emoji"} service.ledger:8080/TCP unpermitted 3 03:19:30Z..04:10:00Z"#,
        r#"{"outsider":"address:*"} service.ledger:8080/TCP permitted 960 00:03:00Z..08:00:00Z"#,
        // 239 of the first store, whose first 10 are of before, and 720 of the second.
        r#"{"service":"service.card"} service.pot:8080/TCP permitted 959 00:00:00Z..08:00:00Z"#,
    ];
    assert_eq!(lines, expected);
    assert_eq!(
        (header["from"].as_str(), header["to"].as_str()),
        (Some("2026-11-01T00:00:00Z"), Some("2026-11-01T08:00:00Z"))
    );
    assert_eq!(header["catalogue"], "sha256:c");
    let coverage: Vec<String> = header["coverage"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {} {} {}", it["node"], it["source"], it["heard"], it["blind"]))
        .collect();
    assert_eq!(coverage, [r#""node-1" "conntrack" 459 21"#, r#""node-2" "flows" 479 1"#]);
    assert_eq!(
        header["coverage"][0]["gaps"],
        serde_json::json!([{"from": "2026-11-01T03:19:30Z", "to": "2026-11-01T03:40:00Z"}])
    );
    let ledger = &header["services"]["service.ledger"];
    assert_eq!((ledger["pods"].as_u64(), &ledger["nodes"]), (Some(2), &serde_json::json!(["node-1"])));
    assert_eq!(ledger["strangers"], 3);
    assert_eq!(ledger["types"], serde_json::json!({"core": 1}));
    assert_eq!(header["services"]["service.card"]["types"], serde_json::json!({}), "told, and none");
    assert_eq!(header["services"]["service.pot"]["types"], Value::Null, "nobody told it");
    assert_eq!(ledger["policy"], serde_json::json!({"digest": "sha256:01", "since": "2026-10-31T23:00:00Z"}));
    assert_eq!(ledger["jobs"][0]["finished"], 5, "{ledger}");
    assert_eq!((&header["canaries"][0]["sent"], &header["canaries"][0]["seen"]), (&960.into(), &960.into()));

    // One callee, and what is refused.
    let said = export(&prometheus.url, directory.path(), &[&window[..], &["--callee", "service.pot"]].concat());
    assert_eq!((said.code, said.stdout.lines().count()), (0, 2), "{said:?}");
    for (url, more, words) in [
        (prometheus.url.as_str(), &["--since", "2026-10-01", "--until", "2026-10-02"][..], "has scraped no collector"),
        (prometheus.url.as_str(), &["--since", "2026-11-01", "--until", "2026-10-02"], "is not before"),
        (prometheus.url.as_str(), &["--since", "1h", "--label", "cluster=other"], "has scraped no collector"),
        ("http://127.0.0.1:1", &["--since", "1h"], "cannot ask"),
        (&format!("{}/metrics", prometheus.url), &["--since", "1h"], "answers 404"),
        ("http://prometheus.example:9090", &["--token", "recorded.txt"], "plain text"),
    ] {
        let said = export(url, directory.path(), more);
        assert!(said.code == 2 && said.stderr.contains(words) && said.stdout.is_empty(), "{words}: {said:?}");
    }
}
