//! The whole: a bank of two dozen pods in network namespaces, rules of Felix's shape, the node part, the collector with a real API server, Prometheus
//! and Alertmanager. What a team would see in its first hour, step by step. `scripts/observe-demo` runs this test and shows what it says.

use crate::bank::Bank;
use crate::bank::PROGRAMS;
use crate::fires::{Alerting, alerting};
use crate::namespace::{LogsAllNamespaces, in_namespace};
use crate::observer::{NAMESPACE, Observer, SERVER};
use crate::programs::{Running, tool};
use hedgerow_testcluster::{Cluster, Said};
use serde_json::Value;
use std::process::Command;
use std::time::{Duration, Instant};

const TEST: &str = "whole::a_call_without_a_rule_is_seen_named_and_mended_and_a_dead_canary_is_missed";
const NODE: &str = "node-1";

/// Says one step, for whoever watches.
fn step(title: &str) {
    say(&format!("\n{title}"));
}

pub(crate) fn say(text: &str) {
    use std::io::Write as _;
    // Not `eprintln`, which the test harness swallows when a test passes.
    let _closed = writeln!(std::io::stderr(), "{text}");
}

/// Asks until there is an answer; how long that took.
#[track_caller]
fn until<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> (T, Duration) {
    let start = Instant::now();
    loop {
        if let Some(answer) = answer() {
            return (answer, start.elapsed());
        }
        assert!(start.elapsed() < Duration::from_secs(180), "not within three minutes: {what}");
        std::thread::sleep(Duration::from_millis(250));
    }
}

struct World<'a> {
    observer: Observer<'a>,
    bank: Bank,
    alerting: Alerting,
    node: Option<Running>,
}

impl World<'_> {
    fn start_node(&mut self) {
        let token = self.observer.token("node", NODE);
        let mut command = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer"));
        command.args([
            "node",
            "--node-name",
            NODE,
            "--sources",
            "conntrack,counters,kernel-log",
            "--interval",
            "1",
            "--counters-every",
            "1",
        ]);
        command.args([
            "--collector",
            &format!("https://127.0.0.1:{}", self.observer.ports[1]),
            "--server-name",
            SERVER,
        ]);
        command.args(["--ca", &self.observer.file("ca.crt"), "--token", &token]);
        self.node = Some(Running::start(&mut command, "node", &self.observer.directory));
    }

    /// The canary runs in a pod of its own, which wears nothing.
    fn start_canary(&self) -> Running {
        let token = self.observer.token("canary", NODE);
        self.observer.give_address("canary", NODE, &self.bank.address("canary"));
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.bank.netns("canary"), env!("CARGO_BIN_EXE_hedgerow-observer"), "canary"]);
        command.args([
            "--node-name",
            NODE,
            "--interval",
            "2",
            "--server-name",
            SERVER,
            "--ca",
            &self.observer.file("ca.crt"),
        ]);
        command.args([
            "--collector",
            &format!("https://{}:{}", Bank::NODE_ADDRESS, self.observer.ports[1]),
            "--token",
            &token,
        ]);
        for service in ["service.payment", "service.ledger", "service.card"] {
            command.args(["--call", &format!("{service}={}:8080", self.bank.address(service))]);
        }
        Running::start(&mut command, "canary", &self.observer.directory)
    }

    fn edge(&self, start: &str) -> Option<String> {
        self.observer.edges().into_iter().find(|edge| edge.starts_with(start))
    }

    /// Waits until an edge is in the list that begins so. What there is instead is said if it does not come.
    #[track_caller]
    fn listed(&self, start: &str) -> (String, Duration) {
        let begin = Instant::now();
        loop {
            if let Some(edge) = self.edge(start) {
                return (edge, begin.elapsed());
            }
            if begin.elapsed() > Duration::from_secs(60) {
                let metrics = self.observer.read("/metrics").unwrap_or_default();
                let is_told = |line: &&str| {
                    ["_watch_", "_polic", "_known_", "_up"].iter().any(|part| line.contains(part))
                        && !line.starts_with('#')
                };
                let metrics: Vec<&str> = metrics.lines().filter(is_told).collect();
                let log = |name: &str| std::fs::read_to_string(self.observer.directory.join(name)).unwrap_or_default();
                panic!(
                    "not within a minute: {start}\n{}\n{}\n{}\n{}\n{}",
                    self.observer.edges().join("\n"),
                    metrics.join("\n"),
                    log("node.log"),
                    log("collector.log"),
                    log("canary.log")
                );
            }
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    fn fires(&self, name: &str, labels: &[(&str, &str)]) -> Duration {
        until(&format!("{name} fires"), || self.alerting.hook.find(name, "firing", labels)).1
    }

    fn is_over(&self, name: &str, labels: &[(&str, &str)]) -> Duration {
        until(&format!("{name} is over"), || self.alerting.hook.find(name, "resolved", labels)).1
    }
}

#[test]
fn a_call_without_a_rule_is_seen_named_and_mended_and_a_dead_canary_is_missed() {
    // In the first namespace, around the run in the other one.
    let _logs = std::env::var_os("HEDGEROW_TEST_NAMESPACE").is_none().then(LogsAllNamespaces::new);
    if !in_namespace(TEST, &PROGRAMS) {
        return;
    }
    if tool("prometheus").is_none() || tool("alertmanager").is_none() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    step("1. A node with an API server, and the bank's pods in network namespaces of their own");
    let bank = Bank::new(directory.path());
    let Some(cluster) = Cluster::start() else { return };
    bank.deploy(&cluster, NODE);
    say(&format!(
        "   {} pods; policies of stage `audit` and `enforce` as `hedgerow render --env prod` writes them; rules of Felix's shape",
        bank.size()
    ));

    step(
        "2. The observer: collector, node part, canary; Prometheus and Alertmanager with the shipped alerts (a minute is a second here)",
    );
    let mut observer = Observer::install(&cluster, directory.path(), [19464, 19465, 19466], &[NODE]);
    bank.write_catalogue(&observer.file("catalogue.json"));
    observer.more = ["--settle", "1"].map(str::to_owned).to_vec();
    observer.reader();
    observer.start();
    let alerting = alerting(directory.path(), &[observer.scrape()]).unwrap();
    let mut world = World { observer, bank, alerting, node: None };
    world.start_node();
    let mut canary = world.start_canary();
    let seen = |world: &World<'_>, service: &str| {
        let query = format!("time() - hedgerow_canary_seen_timestamp_seconds{{callee=\"{service}\"}} < 10");
        (!world.alerting.prometheus.query(&query, None).is_empty()).then_some(())
    };
    for service in ["service.payment", "service.card", "service.ledger"] {
        let ((), took) = until(&format!("the canary's calls to {service} are seen"), || seen(&world, service));
        say(&format!("   the canary is seen at {service} after {:.1} s", took.as_secs_f64()));
    }

    step("3. Calls that rules permit");
    for (caller, callee) in [("service.customer-api", "service.payment"), ("service.account", "service.ledger")] {
        world.bank.call(caller, callee);
        let (edge, took) = world.listed(&format!("{caller} > {callee}:8080 permitted"));
        say(&format!("   {edge}, after {:.1} s", took.as_secs_f64()));
    }

    step("4. A call that no rule permits: service.web calls service.payment, which is in `audit`. It gets through");
    assert!(world.bank.call("service.web", "service.payment"), "a call in `audit` gets through");
    let (edge, took) = until("the call is in the list with both names", || {
        world.edge("service.web > service.payment:8080 unpermitted")
    });
    say(&format!("   in the list: {edge}, after {:.1} s (promised: 15 s)", took.as_secs_f64()));
    let labels = [("caller", "service.web"), ("callee", "service.payment")];
    let took = world.fires("HedgerowCallUnpermitted", &labels);
    let alert = world.alerting.hook.find("HedgerowCallUnpermitted", "firing", &labels).unwrap();
    assert_eq!(alert["annotations"]["file"], "service.web/egress/service.payment.rule");
    say(&format!(
        "   the alert fires {:.1} s later: {}",
        took.as_secs_f64(),
        alert["annotations"]["summary"].as_str().unwrap()
    ));
    say(&format!("   the file to add: {}", alert["annotations"]["file"].as_str().unwrap()));

    step("5. The rule is written, and service.web is deployed with its label");
    world.bank.add_rule("service.web", "service.payment");
    world.bank.write_catalogue(&world.observer.file("catalogue.json"));
    world.bank.wear(&cluster, "service.web");
    let ((), took) = until("the same call is permitted", || {
        world.bank.call("service.web", "service.payment");
        world.edge("service.web > service.payment:8080 permitted").map(|_| ())
    });
    say(&format!("   the same call is permitted, after {:.1} s", took.as_secs_f64()));
    // What is on its way is counted before it is looked whether more comes.
    std::thread::sleep(Duration::from_secs(5));
    let before = world.edge("service.web > service.payment:8080 unpermitted").unwrap();
    for _ in 0..5 {
        world.bank.call("service.web", "service.payment");
        std::thread::sleep(Duration::from_secs(1));
    }
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(world.edge("service.web > service.payment:8080 unpermitted").unwrap(), before, "no more of it");
    let took = world.is_over("HedgerowCallUnpermitted", &labels);
    say(&format!("   no more unpermitted calls are counted, and the alert is over ({:.1} s)", took.as_secs_f64()));

    step("6. A call to service.ledger, which is in `enforce`: it is dropped, and the kernel's log says whose it was");
    assert!(!world.bank.call("service.card", "service.ledger"), "a call in `enforce` gets no answer");
    let (edge, took) = world.listed("service.card > service.ledger:8080 dropped");
    say(&format!("   in the list: {edge}, after {:.1} s", took.as_secs_f64()));
    let labels = [("caller", "service.card"), ("callee", "service.ledger")];
    let took = world.fires("HedgerowCallDropped", &labels);
    say(&format!("   the alert fires {:.1} s later", took.as_secs_f64()));
    let packets = |metric: &str, callee: &str| {
        let query = format!("{metric}{{callee=\"{callee}\",node=\"{NODE}\"}} > 0");
        until(&query.clone(), || world.alerting.prometheus.query(&query, None).first().cloned()).0["value"][1].clone()
    };
    let (through, dropped) = (
        packets("hedgerow_unpermitted_packets_total", "service.payment"),
        packets("hedgerow_dropped_packets_total", "service.ledger"),
    );
    say(&format!(
        "   rule counters, which name nobody, say {through} packets to service.payment without a rule, {dropped} to service.ledger dropped"
    ));
    world.is_over("HedgerowCallDropped", &labels);

    step("7. Somebody puts a label on by hand");
    let admin = cluster.admin();
    admin.kubectl(&["label", "pod", "profile", "-n", "bank", "bank.example/egress-s-ledger=true"]).text();
    let labels = [("service", "service.profile"), ("label", "bank.example/egress-s-ledger")];
    world.fires("HedgerowLabelForged", &labels);
    say("   the alert fires: service.profile wears bank.example/egress-s-ledger, which no rule gives");
    admin.kubectl(&["label", "pod", "profile", "-n", "bank", "bank.example/egress-s-ledger-"]).text();
    world.is_over("HedgerowLabelForged", &labels);

    step("8. The canary dies");
    canary.kill();
    let took = world.fires("HedgerowCanaryUnseen", &[("callee", "service.payment")]);
    say(&format!("   the alert fires after {:.1} s (minutes are seconds here)", took.as_secs_f64()));
    let _canary = world.start_canary();
    world.is_over("HedgerowCanaryUnseen", &[("callee", "service.payment")]);
    say("   it is started again, and the alert is over");

    step("9. The node part dies");
    world.node.as_mut().unwrap().kill();
    let took = world.fires("HedgerowSourceBlind", &[("node", NODE), ("source", "conntrack")]);
    say(&format!("   its sources are blind: the alert fires after {:.1} s", took.as_secs_f64()));
    world.start_node();
    world.is_over("HedgerowSourceBlind", &[("node", NODE), ("source", "conntrack")]);

    step("10. The collector is killed and started again: it knows what it knew");
    let before: Vec<String> = world.observer.edges();
    world.observer.collector.as_mut().unwrap().kill();
    world.observer.start();
    let after = world.observer.edges();
    let name = |edge: &String| edge.rsplit_once(' ').map(|(name, _)| name.to_owned());
    for edge in &before {
        assert!(after.iter().any(|other| name(other) == name(edge)), "{edge} is gone: {after:?}");
    }
    say(&format!("   {} edges before, {} after", before.len(), after.len()));
    for edge in &after {
        say(&format!("   {edge}"));
    }
    // Nothing that the canary did is among what services did.
    assert!(!after.iter().any(|edge| edge.contains("canary")), "{after:?}");

    step("11. An engineer reads it all from a desk: `hedgerow-observer export`, through the API server");
    world.observer.expose(NODE, Bank::NODE_ADDRESS);
    let engineer = cluster.user("engineer", &[]);
    let export = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hedgerow-observer"));
        Said::of(command.env("KUBECONFIG", engineer.kubeconfig()).arg("export").args(arguments), b"")
    };
    let refusal = export(&[]).refused();
    assert!(refusal.contains("the role hedgerow-observer-export gives the right to"), "{refusal}");
    let binding =
        ["create", "rolebinding", "export", "--role=hedgerow-observer-export", "--user=engineer", "-n", NAMESPACE];
    admin.kubectl(&binding).text();
    let lines = |said: Said| {
        assert_eq!(said.code, 0, "{}", said.stderr);
        let lines = said.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        (lines.collect::<Vec<_>>(), said.stderr)
    };
    // The API server may need a moment to know of the binding and of the Service.
    let start = Instant::now();
    loop {
        let said = export(&[]);
        if said.code == 0 {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{}", said.stderr);
        std::thread::sleep(Duration::from_secs(1));
    }
    let (all, summary) = lines(export(&["--since", "1h"]));
    assert_eq!(all.len(), after.len() + 1);
    assert_eq!(all[0]["version"], 1);
    let (one, _) = lines(export(&["--callee", "service.ledger", "--since", "1d"]));
    assert!(
        one.len() > 1 && one.len() < all.len() && one[1..].iter().all(|edge| edge["callee"] == "service.ledger"),
        "{one:?}"
    );
    say(&format!("   {}", summary.trim_end()));
    // A token that may not read, and one that is none.
    let none = world.observer.file("none.token");
    std::fs::write(&none, "none").unwrap();
    for (token, expected) in [(none.as_str(), "401"), (&world.observer.file(&format!("node-{NODE}.token")), "401")] {
        let refusal = export(&["--token", token]).refused();
        assert!(refusal.contains(expected), "{refusal}");
    }
    let refusal = export(&["--service", "nobody:https"]).refused();
    assert!(refusal.contains("hedgerow-observer/nobody:https"), "{refusal}");
    say("\nAll of it was as it should be.");
}
