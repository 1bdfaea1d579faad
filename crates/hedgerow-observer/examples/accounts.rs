//! Measures the collector's pure parts and its store on a made-up fleet of 1,500 services with 9,300 rules:
//!
//! ```text
//! cargo run --release -p hedgerow-observer --example accounts -- verdicts | re-decide | intake | days [DAYS]
//! ```
//!
//! Prints one JSON object. Nothing is said of it here: `scripts/bench-observe` does.
#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used, reason = "a measuring program")]

use hedgerow_observe::Protocol;
use hedgerow_observe::call::{Call, Seen};
use hedgerow_observe::fleet::{Fleet, Labels};
use hedgerow_observe::ledger::{
    Answer, DAY, Edge, Effect, Heard, Ledger, Question, Report, SourceReport, Spans, Tally, day_of,
};
use hedgerow_observe::naming::{History, Holder, Micros, Pod, Within};
use hedgerow_observe::observations::{End, Verdict};
use hedgerow_observe::sum::Said;
use hedgerow_observe::verdict::{Ask, Policies, Verdicts, Who};
use hedgerow_observer::store::{BatchId, Store};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

const SERVICES: u32 = 1_500;
const RULES: u32 = 9_300;
const PODS: u32 = 10_000;
const NODES: u32 = 500;
/// 2026-11-28T00:00:00Z.
const MIDNIGHT: Micros = 1_795_824_000_000_000;
const SECOND: Micros = 1_000_000;

static NONE: Labels = Labels::new();

/// Rule number `at`: the same each time, no two alike, some services called by many.
fn rule(at: u32) -> (u32, u32) {
    let caller = at % SERVICES;
    let mut taken = vec![caller];
    for step in 0..=at / SERVICES {
        let mut callee = if step == 0 { caller / 50 } else { (caller * 7 + step * 131 + 1) % SERVICES };
        while taken.contains(&callee) {
            callee = (callee + 1) % SERVICES;
        }
        taken.push(callee);
    }
    (caller, taken[taken.len() - 1])
}

fn name(service: u32) -> String {
    format!("service.s{service:04}")
}

fn catalogue() -> String {
    let services: Vec<String> = (0..SERVICES)
        .map(|at| {
            format!(
                r#""{0}":{{"slug":"s-s{at:04}","namespace":"bank","labels":{{"bank.example/routing-name":"{0}"}},"type":"core","owner":"team-{1}","ports":[{{"name":"http","port":8080,"protocol":"TCP"}}],"stages":{{"prod":"audit"}}}}"#,
                name(at),
                at % 40
            )
        })
        .collect();
    let mut rules: BTreeMap<u32, BTreeMap<u32, String>> = BTreeMap::new();
    for at in 0..RULES {
        let (caller, callee) = rule(at);
        let file = format!("{}/egress/{}.rule", name(caller), name(callee));
        rules.entry(caller).or_default().insert(callee, format!(r#""{}":{{"file":"{file}"}}"#, name(callee)));
    }
    let rules: Vec<String> = rules
        .into_iter()
        .map(|(caller, of_caller)| {
            format!(r#""{}":{{{}}}"#, name(caller), of_caller.into_values().collect::<Vec<_>>().join(","))
        })
        .collect();
    format!(
        r#"{{"version":1,"environment":"prod","domain":"bank.example","identity":"bank.example/routing-name","namespaces":["bank","dmz"],"types":{{"core":{{"callers":["monitoring"]}},"monitoring":{{}}}},"services":{{{}}},"rules":{{{}}}}}"#,
        services.join(","),
        rules.join(",")
    )
}

/// A service's policy and its backstop, as `hedgerow render` writes them.
fn policy(service: u32, ports: &str) -> [String; 2] {
    let key = format!("bank.example/egress-s-s{service:04}");
    let from = |key: &str| {
        format!(
            r#"[{{"podSelector":{{"matchExpressions":[{{"key":"{key}","operator":"In","values":["true"]}}]}}}},{{"namespaceSelector":{{"matchExpressions":[{{"key":"kubernetes.io/metadata.name","operator":"In","values":["dmz"]}}]}},"podSelector":{{"matchExpressions":[{{"key":"{key}","operator":"In","values":["true"]}}]}}}}]"#
        )
    };
    [
        format!(
            r#"{{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{{"name":"s-s{service:04}","namespace":"bank","labels":{{"bank.example/policy-of":"{0}"}}}},"spec":{{"podSelector":{{"matchExpressions":[{{"key":"bank.example/routing-name","operator":"In","values":["{0}"]}}]}},"policyTypes":["Ingress"],"ingress":[{{"from":{1},"ports":[{ports}]}},{{"from":{2},"ports":[{{"port":8080,"protocol":"TCP"}}]}}]}}}}"#,
            name(service),
            from(&key),
            from(&format!("{key}.http"))
        ),
        format!(
            r#"{{"apiVersion":"projectcalico.org/v3","kind":"NetworkPolicy","metadata":{{"name":"s-s{service:04}-backstop","namespace":"bank"}},"spec":{{"tier":"default","order":5000,"selector":"bank.example/routing-name == '{}'","types":["Ingress"],"ingress":[{{"action":"Log"}},{{"action":"Allow"}}]}}}}"#,
            name(service)
        ),
    ]
}

const PORTS: &str = r#"{"port":8080,"protocol":"TCP"}"#;

fn verdicts() -> Verdicts {
    let mut policies = Policies::default();
    for service in 0..SERVICES {
        let [policy, backstop] = policy(service, PORTS);
        policies.set(format!("NetworkPolicy/bank/{service}"), &policy);
        policies.set(format!("Calico/bank/{service}"), &backstop);
    }
    policies.complete();
    Verdicts::new(policies)
}

/// What the pods of each service wear.
fn worn() -> Vec<Labels> {
    let mut worn: Vec<Labels> = (0..SERVICES)
        .map(|at| {
            let own = [("routing-name", name(at)), ("service-type", "core".into()), ("network-policy", "true".into())];
            own.into_iter().map(|(key, value)| (format!("bank.example/{key}"), value)).collect()
        })
        .collect();
    for at in 0..RULES {
        let (caller, callee) = rule(at);
        worn[caller as usize].insert(format!("bank.example/egress-s-s{callee:04}"), "true".to_owned());
    }
    worn
}

fn asks(verdicts: &mut Verdicts, fleet: &Fleet, worn: &[Labels]) -> Vec<Ask> {
    let classes: Vec<_> = (0..SERVICES)
        .map(|at| {
            let service = fleet.named(&name(at)).and_then(|id| fleet.service(id));
            verdicts.classify(Who::Pod { namespace: "bank", labels: &worn[at as usize], address: None, service })
        })
        .collect();
    (0..RULES)
        .map(|at| {
            let (caller, callee) = rule(at);
            let (caller, callee) = (classes[caller as usize], classes[callee as usize]);
            Ask { caller, callee, port: 8080, protocol: Protocol::TCP }
        })
        .collect()
}

fn address(pod: u32) -> IpAddr {
    let [_, high, mid, low] = pod.to_be_bytes();
    IpAddr::from([10, 64 + high, mid, low])
}

fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':').map(str::to_owned));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1024
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let what = arguments.get(1).map_or("", String::as_str);
    let told = match what {
        "verdicts" => verdicts_per_second(),
        "re-decide" => re_decide(),
        "intake" => intake(),
        "days" => days(arguments.get(2).and_then(|days| days.parse().ok()).unwrap_or(400)),
        _ => panic!("verdicts, re-decide, intake or days"),
    };
    println!("{told}");
}

fn verdicts_per_second() -> serde_json::Value {
    let fleet = Fleet::read("catalogue.json", &catalogue(), None).fleet.unwrap();
    let mut verdicts = verdicts();
    let asks = asks(&mut verdicts, &fleet, &worn());
    assert!(asks.iter().all(|ask| verdicts.verdict(*ask) == Some(Verdict::Permitted)));
    let begin = Instant::now();
    let mut permitted = 0_u64;
    let rounds = 200;
    for _ in 0..rounds {
        permitted += asks.iter().filter(|ask| verdicts.verdict(**ask) == Some(Verdict::Permitted)).count() as u64;
    }
    let seconds = begin.elapsed().as_secs_f64();
    assert_eq!(permitted, rounds * u64::from(RULES));
    serde_json::json!({"per_second": (permitted as f64 / seconds) as u64})
}

fn re_decide() -> serde_json::Value {
    let fleet = Fleet::read("catalogue.json", &catalogue(), None).fleet.unwrap();
    let mut verdicts = verdicts();
    let worn = worn();
    let first = asks(&mut verdicts, &fleet, &worn);
    first.iter().for_each(|ask| assert!(verdicts.verdict(*ask).is_some()));
    let mut best = f64::INFINITY;
    for round in 0..5 {
        // The ledger-like service that fifty call: a port more, or less.
        let ports = if round % 2 == 0 { r#"{"port":9090,"protocol":"TCP"}"# } else { PORTS };
        let [text, _] = policy(3, ports);
        let begin = Instant::now();
        verdicts.change(|policies| policies.set("NetworkPolicy/bank/3", &text));
        // The labels that policies ask for are the same, so the classes hold.
        let unpermitted = first.iter().filter(|ask| verdicts.verdict(**ask) == Some(Verdict::Unpermitted)).count();
        best = best.min(begin.elapsed().as_secs_f64());
        assert_eq!(unpermitted > 0, round % 2 == 0, "{unpermitted}");
    }
    // A policy that asks for a label of which none asked before: pods that were alike may not be so any more.
    let mut new_label = f64::INFINITY;
    for round in 0..3 {
        let text = policy(3, PORTS)[0].replace(r#""name":"s-s0003""#, r#""name":"new""#);
        let text = text.replace("bank.example/egress-s-s0003", &format!("bank.example/egress-new-{round}"));
        let begin = Instant::now();
        verdicts.change(|policies| policies.set("NetworkPolicy/bank/new", &text));
        let anew = asks(&mut verdicts, &fleet, &worn);
        assert!(anew.iter().all(|ask| verdicts.verdict(*ask).is_some()));
        new_label = new_label.min(begin.elapsed().as_secs_f64());
    }
    serde_json::json!({"milliseconds": best * 1000.0, "new_label_milliseconds": new_label * 1000.0})
}

fn intake() -> serde_json::Value {
    let fleet = Fleet::read("catalogue.json", &catalogue(), None).fleet.unwrap();
    let mut verdicts = verdicts();
    let worn = worn();
    let shared: Vec<Arc<Labels>> = worn.into_iter().map(Arc::new).collect();
    let mut names = History::new(Micros::MIN);
    for pod in 0..PODS {
        let service = pod % SERVICES;
        let it = Pod {
            uid: format!("{pod:08x}-0000-4000-8000-000000000000"),
            namespace: "bank".to_owned(),
            name: format!("{}-7d9f5c6b8-{pod:05}", name(service)),
            labels: Arc::clone(&shared[service as usize]),
        };
        let holder = Holder::Pod(Arc::new(it));
        names.holds(&holder, &[address(pod)], Micros::MIN, Within::at(Micros::MIN));
    }
    names.heard(Micros::MAX);
    let directory = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(&directory.path().join("store.redb"), MIDNIGHT).unwrap();
    let mut ledger = Ledger::default();
    let seen = |address| Seen { address: Some(address), namespace: "", name: "", labels: &NONE, is_outside: false };
    let per_batch = 500_u32;
    let (mut sums, mut seconds) = (0_u64, 0.0);
    let before = memory("VmRSS");
    for round in 0..4_u32 {
        // What is sent in ten seconds, in groups that are kept together.
        for group in 0..NODES / 25 {
            let mut effect = Effect::default();
            let mut ids = Vec::new();
            let begin = Instant::now();
            for node in group * 25..(group + 1) * 25 {
                let from = MIDNIGHT + Micros::from(round) * 10 * SECOND;
                let calls = (0..per_batch)
                    .map(|at| {
                        let (caller, callee) = rule((node * per_batch + at * 17) % RULES);
                        let pod = |service: u32| address(service + SERVICES * (at % (PODS / SERVICES)));
                        let when = from + Micros::from(at);
                        Call {
                            source: "conntrack",
                            caller: seen(pod(caller)),
                            callee: seen(pod(callee)),
                            port: 8080,
                            protocol: Protocol::TCP,
                            said: Said::Unsaid,
                            policy: None,
                            first: when,
                            last: when + SECOND,
                            count: 3,
                            was_open: false,
                            may_repeat: false,
                            is_elsewhere: false,
                        }
                    })
                    .collect();
                let name = format!("node-{node}");
                let source = SourceReport { name: "conntrack", heard: true, lost: 0, lost_unknown: false };
                let report = Report {
                    node: &name,
                    from,
                    to: from + 10 * SECOND,
                    continues: None,
                    calls,
                    sources: vec![source],
                    sent: Vec::new(),
                };
                effect.merge(ledger.take(&report, &names, &fleet, &mut verdicts));
                ids.push(BatchId { node: name, life: 1, sequence: u64::from(round) + 1 });
                sums += u64::from(per_batch);
            }
            store.commit(&ids, &effect).unwrap();
            ledger.commit(&effect);
            // The first round compiles policies and makes edges; the others are what goes on.
            if round > 0 {
                seconds += begin.elapsed().as_secs_f64();
            } else if group == 0 {
                sums = 0;
            }
        }
        if round == 0 {
            sums = 0;
        }
    }
    assert!(ledger.edges().all(|(edge, _)| edge.verdict == Verdict::Permitted));
    serde_json::json!({
        "per_second": (sums as f64 / seconds) as u64,
        "edges": ledger.edges().count(),
        "resident_mb": memory("VmRSS"),
        "before_mb": before,
        "peak_mb": memory("VmHWM"),
    })
}

/// So many days of all edges on all nodes, kept as one day after the other.
fn days(days: u32) -> serde_json::Value {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let (mut store, _) = Store::open(&path, MIDNIGHT).unwrap();
    let begin = Instant::now();
    for day in 0..days {
        let start = MIDNIGHT + Micros::from(day) * DAY;
        let mut effect = Effect::default();
        for at in 0..RULES {
            let (caller, callee) = rule(at);
            let edge = Edge {
                callee: name(callee),
                caller: End::Service(name(caller)),
                port: 8080,
                protocol: Protocol::TCP,
                verdict: if at % 100 == 0 { Verdict::Unpermitted } else { Verdict::Permitted },
            };
            let tally = Tally { count: u64::from(at) * 1001, first: start + SECOND, last: start + DAY - SECOND };
            effect.calls.insert((day_of(start), edge), tally);
        }
        for node in 0..NODES {
            for source in ["conntrack", "flows", "kernel-log", "counters"] {
                // Two breaks a day, as when the node part is replaced.
                let mut spans = Spans::of(0, 30_000_000 + node);
                spans.insert(30_010_000 + node, 60_000_000);
                spans.insert(60_005_000, 86_400_000);
                let key = (day_of(start), format!("node-{node}"), source.to_owned());
                effect.heard.insert(key, Heard { spans, lost: u64::from(node % 3) });
            }
        }
        for service in 0..SERVICES {
            for pod in 0..PODS / SERVICES {
                effect.runs_on(&name(service), &format!("node-{}", (service * 31 + pod * 97) % NODES), start);
            }
            effect.canaries.entry((day_of(start), name(service))).or_default().sent = 1440;
        }
        store.commit(&[BatchId { node: "node-0".to_owned(), life: 1, sequence: u64::from(day) + 1 }], &effect).unwrap();
    }
    let written = begin.elapsed().as_secs_f64();
    let size = store.size().unwrap();
    store.close().unwrap();
    let begin = Instant::now();
    let (mut store, _) = Store::open(&path, MIDNIGHT).unwrap();
    let opened = begin.elapsed().as_secs_f64();
    let begin = Instant::now();
    let until = MIDNIGHT + Micros::from(days) * DAY;
    let question = Question { since: until - 30 * DAY, until, callee: None };
    let told = store.observations(&question, None, &BTreeMap::new()).unwrap();
    let answered = begin.elapsed().as_secs_f64();
    assert_eq!(told.observed.len(), RULES as usize);
    let _ = Answer::new(&question, MIDNIGHT);
    let memory = memory("VmHWM");
    let begin = Instant::now();
    store.compact().unwrap();
    let compacted = begin.elapsed().as_secs_f64();
    serde_json::json!({
        "days": days,
        "mib": size >> 20,
        "compacted_mib": store.size().unwrap() >> 20,
        "seconds_to_write": written,
        "seconds_to_open": opened,
        "seconds_to_answer_30_days": answered,
        "seconds_to_compact": compacted,
        "peak_mb": memory,
    })
}
