//! `hedgerow graph` on the example fleet.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test, which reads what the command wrote")]

mod common;

use common::{Command, Ran, testdata, tree};
use hedgerow_cli::Exit;
use serde_json::Value;

fn graph(arguments: &str) -> Ran {
    Command::new(&testdata("bank"), &format!("graph {arguments}")).run()
}

fn json(arguments: &str) -> Value {
    let ran = graph(&format!("--env prod --format json {arguments}"));
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    serde_json::from_str(ran.out()).unwrap()
}

fn names(value: &Value) -> Vec<&str> {
    value["services"].as_array().unwrap().iter().map(|service| service["name"].as_str().unwrap()).collect()
}

#[test]
fn the_json_form_keeps_to_its_schema() {
    let schema = serde_json::from_str(include_str!("../../../docs/schemas/graph.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let value = json("");
    let faults: Vec<_> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn rules_and_types_are_edges_that_name_their_file() {
    let value = json("--service service.ledger");
    let edges: Vec<_> = value["edges"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|edge| edge["callee"] == "service.ledger")
        .map(|edge| format!("{} by {} in {}", edge["caller"], edge["by"], edge["file"]).replace('"', ""))
        .collect();
    insta::assert_snapshot!(edges.join("\n"), @"
    cron.interest by rule in cron.interest/egress/service.ledger.rule
    cron.statements by rule in cron.statements/egress/service.ledger.rule
    service.account by rule in service.account/egress/service.ledger.rule
    service.emoji by rule in service.emoji/egress/service.ledger.rule
    service.fx-rates by rule in service.fx-rates/egress/service.ledger.rule
    service.metrics by types in hedgerow.yaml
    service.node-agent by types in hedgerow.yaml
    service.payment by rule in service.payment/egress/service.ledger.rule
    service.transaction by rule in service.transaction/egress/service.ledger.rule
    ");
}

#[test]
fn a_part_counts_callers_of_the_whole() {
    let (whole, part) = (json(""), json("--service service.emoji"));
    let ledger = |value: &Value| {
        let services = value["services"].as_array().unwrap();
        services.iter().find(|service| service["name"] == "service.ledger").unwrap()["callers"].clone()
    };
    assert!(names(&part).len() < names(&whole).len());
    assert_eq!(ledger(&part), ledger(&whole));
}

#[test]
fn filters_narrow_each_other() {
    let (owner, both) = (json("--owner money"), json("--owner money --service cron.*"));
    assert!(names(&both).len() < names(&owner).len());
    assert!(names(&both).contains(&"cron.interest"));
}

#[test]
fn the_stage_is_the_environments() {
    let ran = graph("--env prod --format csv --service service.ledger");
    assert!(
        ran.out()
            .lines()
            .any(|line| line.starts_with("service.emoji,service.ledger,") && line.trim_end().ends_with(",enforce"))
    );
    let ran = graph("--env prod --format csv --service service.account");
    assert!(ran.out().lines().any(|line| line.contains(",service.account,") && line.trim_end().ends_with(",audit")));
}

#[test]
fn the_name_of_the_file_decides_the_format() {
    let directory = tree(&[]);
    for (name, start) in [
        ("net.html", "<!doctype html>"),
        ("net.svg", "<svg "),
        ("net.json", "{\n"),
        ("net.csv", "caller,callee"),
        ("net.mmd", "flowchart"),
        ("net.dot", "digraph"),
    ] {
        let path = directory.path().join(name);
        let ran = Command::new(&testdata("bank"), "graph --env prod --out").args([path.as_os_str()]).run();
        assert_eq!((ran.exit, ran.out()), (Exit::Done, ""), "{}", ran.stderr);
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(start), "{name}");
    }
    for (name, format, is_drawn) in [
        ("net.pdf", "", false),
        ("net.png", "", false),
        ("net.txt", "", false),
        ("net.html.gz", "", false),
        ("net.SVG", "", true),
        ("net.gv", "", true),
        ("net", "", true),
        ("net.pdf", "--format svg", true),
    ] {
        let path = directory.path().join(name);
        let ran =
            Command::new(&testdata("bank"), &format!("graph --env prod {format} --out")).args([path.as_os_str()]).run();
        let exit = if is_drawn { Exit::Done } else { Exit::BadInput };
        assert_eq!((ran.exit, path.exists()), (exit, is_drawn), "{name}: {}", ran.stderr);
        assert!(is_drawn || ran.stderr.contains("ends in .html, .htm, .svg, "), "{}", ran.stderr);
    }
}

#[test]
fn whom_allow_lets_in_is_in_every_format() {
    let config = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*']}\nenvironments: {prod: {stage: enforce}}\n";
    let ports = "ports: [{name: http, port: 80}, {name: admin, port: 81}]\n";
    let drawn = |allow: &str, format: &str| {
        let own = format!("{ports}{allow}");
        let root = tree(&[
            ("hedgerow.yaml", config.as_bytes()),
            ("service.a/service.yaml", own.as_bytes()),
            ("service.b/egress/service.a.rule", b""),
        ]);
        let ran = Command::new(root.path(), &format!("graph --format {format}")).run();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
        ran.out().to_owned()
    };
    for (from, said) in [
        ("anybody", "anybody"),
        ("{namespaces: any}", "any namespace"),
        ("{namespace: ops}", "namespace ops"),
        ("{pods: {app: nginx}, namespace: ops}", "nginx in ops"),
        ("{cidr: 10.0.0.0/8}", "10.0.0.0/8"),
        ("{cidr: 8.0.0.0/8}", "8.0.0.0/8"),
    ] {
        let allow = format!("allow: [{{from: {from}, ports: [admin], reason: x}}]\n");
        let svg = drawn(&allow, "svg");
        assert_eq!(svg.matches("class=\"outside ").count(), 1, "{from}: {svg}");
        assert!(svg.contains(" · lets in ") && svg.contains("(ports: admin)</title>"), "{from}: {svg}");
        let csv = drawn(&allow, "csv");
        let line = csv.lines().find(|line| line.contains(",allow,")).unwrap_or_default();
        assert!(line.contains(",service.a,admin,allow,service.a/service.yaml,,"), "{from}: {csv}");
        for text in [&svg, &csv, &drawn(&allow, "dot"), &drawn(&allow, "json"), &drawn(&allow, "mermaid")] {
            assert!(text.contains(said), "{from}: {said}: {text}");
        }
    }
    assert_eq!(drawn("", "svg").matches("class=\"outside ").count(), 0);
    assert!(!drawn("", "csv").contains(",allow,"));
}

/// emoji calls ledger by a rule that is used; cards may call it and was not seen; emoji calls cards and nothing permits it; ledger lets in anybody.
const SEEN: &str = r#"{"version":1,"from":"2026-10-21T00:00:00Z","to":"2026-11-21T00:00:00Z","catalogue":null,"coverage":[{"node":"a","source":"conntrack","heard":44640,"blind":0}],"canaries":[],"services":{"service.ledger":{"nodes":["a"]}}}
{"caller":{"service":"service.emoji"},"callee":"service.ledger","port":8080,"protocol":"TCP","verdict":"permitted","first":"2026-10-21T00:00:00Z","last":"2026-11-20T00:00:00Z","count":37200,"days":31}
{"caller":{"service":"service.emoji"},"callee":"service.ledger","port":9090,"protocol":"TCP","verdict":"unpermitted","first":"2026-10-21T00:00:00Z","last":"2026-11-20T00:00:00Z","count":2,"days":1}
{"caller":{"service":"service.emoji"},"callee":"service.cards","port":8080,"protocol":"TCP","verdict":"unpermitted","first":"2026-11-01T00:00:00Z","last":"2026-11-02T00:00:00Z","count":3,"days":2}
{"caller":{"outsider":"203.0.113.9"},"callee":"service.ledger","port":8080,"protocol":"TCP","verdict":"permitted","first":"2026-11-01T00:00:00Z","last":"2026-11-02T00:00:00Z","count":9,"days":2}
{"caller":{"unknown":["service.cards","service.other"]},"callee":"service.emoji","port":8080,"protocol":"TCP","verdict":"unknown","first":"2026-11-01T00:00:00Z","last":"2026-11-02T00:00:00Z","count":4,"days":2}
"#;
const CONFIG: &str = "version: 1\nlabels: {domain: bank.example}\nservices: {include: ['service.*'], defaults: {ports: [{name: http, port: 8080}, {name: admin, port: 9090}], owner: money}}\nenvironments: {prod: {stage: audit}}\n";
const SERVICE: &str = "
apiVersion: v1
kind: Service
metadata: {name: cards-lb, namespace: default}
spec: {type: LoadBalancer, selector: {app: cards}, ports: [{name: https, port: 443, targetPort: http}, {port: 53, protocol: UDP}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cards, namespace: default}
spec: {template: {metadata: {labels: {app: cards, bank.example/routing-name: service.cards}}, spec: {containers: [{name: c}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: emoji, namespace: default}
spec: {selector: {bank.example/routing-name: service.emoji}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: default}
spec: {tls: [{hosts: [shop.example]}], rules: [{http: {paths: [{backend: {service: {name: emoji}}}, {backend: {service: {name: other}}}]}}]}
---
apiVersion: v1
kind: Service
metadata: {name: stray, namespace: default}
spec: {type: NodePort, selector: {app: somebody}}
---
apiVersion: v1
kind: Service
metadata: {name: cards, namespace: elsewhere}
spec: {type: NodePort, selector: {app: cards}}
";

fn watched() -> tempfile::TempDir {
    tree(&[
        ("hedgerow.yaml", CONFIG.as_bytes()),
        ("seen.jsonl", SEEN.as_bytes()),
        ("rendered/all.yaml", SERVICE.as_bytes()),
        ("service.ledger/service.yaml", b"allow: [{from: anybody, ports: [http], reason: the books are open}]\n"),
        ("service.emoji/egress/service.ledger.rule", b"ports: [http]\n"),
        ("service.cards/egress/service.ledger.rule", b""),
        ("service.cards/egress/service.emoji.rule", b""),
    ])
}

fn of(root: &tempfile::TempDir, arguments: &str) -> Ran {
    Command::new(root.path(), &format!("graph {arguments}")).run()
}

#[test]
fn traffic_says_what_is_used_and_what_nothing_permits() {
    let root = watched();
    let ran = of(&root, "--observations seen.jsonl --format csv");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let rows: Vec<Vec<&str>> = ran.out().lines().skip(1).map(|line| line.split(',').collect()).collect();
    let rows: Vec<String> = rows
        .iter()
        .map(|row| format!("{} → {} by {}: {} {} on {}", row[0], row[1], row[3], row[10], row[11], row[14]))
        .collect();
    insta::assert_snapshot!(rows.join("\n"));
    assert!(ran.stderr.contains("2 callers seen making calls that nothing permits"), "{}", ran.stderr);
    let value: Value = serde_json::from_str(of(&root, "--observations seen.jsonl --format json").out()).unwrap();
    let schema = serde_json::from_str(include_str!("../../../docs/schemas/graph.json")).unwrap();
    assert!(jsonschema::draft202012::new(&schema).unwrap().is_valid(&value));
    assert_eq!(
        value["observed"]["heard"],
        serde_json::json!([
            "Somebody listened in 31 days up to 2026-11-21T00:00:00Z on all of 1 node",
            "Of 4 calls it cannot be told who of several made them"
        ])
    );
    let silence = |name: &str| {
        let services = value["services"].as_array().unwrap();
        services.iter().find(|service| service["name"] == name).unwrap()["silence"].as_str().unwrap().to_owned()
    };
    insta::assert_snapshot!(format!("{}\n{}", silence("service.ledger"), silence("service.emoji")));
}

#[test]
fn observations_that_count_twice_or_cannot_be_read_are_refused() {
    let root = watched();
    for (arguments, reason) in [
        ("--observations seen.jsonl --observations seen.jsonl", "both have data of the node `a` at the same time"),
        ("--observations nothing.jsonl", "cannot read `nothing.jsonl`"),
        ("--observations - --observations -", "standard input can be read once"),
        ("--observations - --manifests -", "standard input can be read once"),
        ("--manifests hedgerow", "cannot read `hedgerow`"),
    ] {
        let ran = of(&root, arguments);
        assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "graph {arguments}");
        assert!(ran.stderr.contains(reason), "graph {arguments}: {}", ran.stderr);
    }
    let there = SEEN.replacen("\"catalogue\":null", "\"catalogue\":null,\"environment\":\"staging\"", 1);
    std::fs::write(root.path().join("there.jsonl"), &there).unwrap();
    let ran = of(&root, "--observations there.jsonl");
    assert!(ran.stderr.contains("are of the environment `staging`, not of `prod`"), "{}", ran.stderr);
    std::fs::write(root.path().join("there.jsonl"), there.replace("staging", "prod")).unwrap();
    assert_eq!(of(&root, "--observations there.jsonl").exit, Exit::Done);
    // Another cluster, or another month, adds up.
    let earlier = SEEN.replace("2026-10", "2026-09").replace("2026-11", "2026-10");
    std::fs::write(root.path().join("earlier.jsonl"), earlier).unwrap();
    let ran = of(&root, "--observations seen.jsonl --observations earlier.jsonl --format json");
    let value: Value = serde_json::from_str(ran.out()).unwrap();
    let used = value["edges"].as_array().unwrap().iter().find(|edge| edge["use"] == "used").unwrap();
    assert_eq!((&used["seen"]["count"], &used["seen"]["last"]), (&74_400.into(), &"2026-11-20T00:00:00Z".into()));
}

#[test]
fn manifests_say_what_faces_the_internet() {
    let root = watched();
    let ran = of(&root, "--manifests rendered --format json");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let value: Value = serde_json::from_str(ran.out()).unwrap();
    let faces: Vec<String> = value["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| {
            let by: Vec<_> = service["published"]
                .as_array()
                .unwrap()
                .iter()
                .map(|by| {
                    let ports = by["ports"].as_array().unwrap().iter();
                    let ports: Vec<_> = ports.map(|port| format!("{}/{}", port["number"], port["protocol"])).collect();
                    format!("{} ({} {})", by["object"], by["how"], ports.join(" "))
                })
                .collect();
            format!("{} {} {}", service["name"], service["facing"], by.join(", ")).replace('"', "")
        })
        .collect();
    insta::assert_snapshot!(faces.join("\n"), @r"
    service.cards internet Service default/cards-lb (LoadBalancer 53/UDP 443/TCP)
    service.emoji internet Ingress default/shop (Ingress 80/TCP 443/TCP)
    service.ledger internet 
    ");
    assert!(
        ran.stderr
            .contains("published, and of no service of the fleet: Service default/stray, Service elsewhere/cards"),
        "{}",
        ran.stderr
    );
}

/// What the outside calls is drawn with its ports, of a published service and of one that lets in addresses on all that it has.
#[test]
fn ports_that_face_the_outside_are_drawn() {
    let root = watched();
    for (peers, drawn) in [
        ("anybody, ports: [http]", "http"),
        ("anybody", "http 8080/TCP, admin 9090/TCP"),
        ("{cidr: 203.0.113.0/24}", "http 8080/TCP, admin 9090/TCP"),
        ("{cidr: 10.0.0.0/8}", "http 8080/TCP, admin 9090/TCP"),
    ] {
        let text = format!("allow: [{{from: {peers}, reason: the books are open}}]\n");
        std::fs::write(root.path().join("service.ledger/service.yaml"), text).unwrap();
        let of_format = |format: &str| {
            let ran = of(&root, &format!("--manifests rendered --format {format}"));
            assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
            ran.out().to_owned()
        };
        let (dot, mermaid, html) = (of_format("dot"), of_format("mermaid"), of_format("html"));
        assert!(dot.contains(&format!("-> \"service.ledger\" [label=\"{drawn}\"")), "{peers}: {dot}");
        assert!(mermaid.contains(&format!("-->|\"{drawn}\"| n2")), "{peers}: {mermaid}");
        for how in ["LoadBalancer 53/UDP, https 443/TCP", "Ingress http 80/TCP, https 443/TCP"] {
            assert!(dot.contains(&format!("[label=\"{how}\"")), "{dot}");
            let (how, ports) = how.split_once(' ').unwrap();
            assert!(mermaid.contains(&format!("|\"{how} #183; {ports}\"|")), "{mermaid}");
            let ports = ports.replace(", ", "\",\"");
            assert!(html.contains(&format!("[\"{ports}\"]]")), "{how}");
        }
    }
}

#[test]
fn a_catalogue_keeps_what_it_does_not_list_and_who_else_is_let_in() {
    let root = watched();
    let catalogue = Command::new(root.path(), "catalogue --rules").run();
    assert_eq!(catalogue.exit, Exit::Done, "{}", catalogue.stderr);
    assert!(
        catalogue.out().contains(r#""allow":[{"peers":"anybody","ports":["http"],"reason":"the books are open"}]"#)
    );
    let plain = Command::new(root.path(), "catalogue").run();
    assert!(!plain.out().contains("allow"), "who is let in goes with the rules");
    // The catalogue of a repository whose callee is in one that nobody merged.
    let text = catalogue.out().replace("\"service.ledger\":{\"file\"", "\"service.gone\":{\"file\"");
    let text: String =
        text.lines().filter(|line| !line.contains("\"digest\"")).map(|line| format!("{line}\n")).collect();
    std::fs::write(root.path().join("all.json"), text).unwrap();
    let ran = of(&root, "--catalogue all.json --observations seen.jsonl --format json");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("1 service is called, is in no catalogue and drawn without owner and stage: service.gone"),
        "{}",
        ran.stderr
    );
    let value: Value = serde_json::from_str(ran.out()).unwrap();
    let find =
        |name: &str| value["services"].as_array().unwrap().iter().find(|service| service["name"] == name).unwrap();
    assert_eq!(find("service.gone")["stage"], "unknown");
    assert_eq!(find("service.ledger")["facing"], "internet");
    assert_eq!(find("service.ledger")["allow"][0]["reason"], "the books are open");
    assert!(value["edges"].as_array().unwrap().iter().any(|edge| edge["callee"] == "service.gone"));
    let by: Vec<String> = value["strangers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} → {} {}", it["caller"], it["callee"], it["by"]).replace('"', ""))
        .collect();
    insta::assert_snapshot!(by.join("\n"), @r"
    service.emoji → service.cards nothing
    service.emoji → service.ledger nothing
    service.emoji → service.ledger untold
    203.0.113.9 → service.ledger allow
    ");
}

#[test]
fn who_is_let_in_is_drawn_in_every_format() {
    let root = watched();
    let dot = of(&root, "--format dot");
    assert!(dot.out().contains("[label=\"anybody\", shape=ellipse, style=solid, peripheries=2]"), "{}", dot.out());
    let mermaid = of(&root, "--format mermaid");
    assert!(mermaid.out().contains("([\"anybody\"]):::internet"), "{}", mermaid.out());
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_could() {
    for (arguments, reason) in [
        ("", "name the environment with --env"),
        ("--env prod --owner monye", "did you mean `money`?"),
        ("--env prod --type cor", "did you mean `core`?"),
        ("--env prod --service service.legder", "did you mean `service.ledger`?"),
        ("--env prod --service nothing.*", "no service matches `nothing.*`"),
        ("--env prod --service [", "`[`"),
        ("--env prod --owner money --service service.emoji", "no service passes all of the filters"),
    ] {
        let ran = graph(arguments);
        assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "graph {arguments}");
        assert!(ran.stderr.contains(reason), "graph {arguments}: {}", ran.stderr);
    }
}

/// What nothing is known to permit, as caller, callee, ports and why.
fn strangers(ran: &Ran) -> Vec<String> {
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let value: Value = serde_json::from_str(ran.out()).unwrap();
    let all = value["strangers"].as_array().unwrap().iter();
    all.map(|it| format!("{} → {} {} {}", it["caller"], it["callee"], it["by"], it["seen"]["ports"]).replace('"', ""))
        .collect()
}

#[test]
fn a_catalogue_permits_what_the_tree_permits() {
    let config = CONFIG.replace("services: {", "types: {core: {callers: [batch]}, batch: {}}\nservices: {");
    let mut seen = SEEN.lines().next().unwrap().to_owned() + "\n";
    for callee in ["dns", "ledger", "cards", "core", "none"] {
        for caller in ["emoji", "night"] {
            for (port, protocol) in
                [(53, "UDP"), (53, "TCP"), (8080, "TCP"), (9090, "TCP"), (9100, "TCP"), (0, "TCP"), (8, "ICMP")]
            {
                seen += &format!(
                    r#"{{"caller":{{"service":"service.{caller}"}},"callee":"service.{callee}","port":{port},"protocol":"{protocol}","verdict":"unpermitted","first":"2026-11-01T00:00:00Z","last":"2026-11-02T00:00:00Z","count":3,"days":2}}"#
                );
                seen.push('\n');
            }
        }
    }
    let root = tree(&[
        ("hedgerow.yaml", config.as_bytes()),
        ("seen.jsonl", seen.as_bytes()),
        ("service.dns/service.yaml", b"ports: any\n"),
        (
            "service.ledger/service.yaml",
            b"ports: {listen: [{name: http, port: 8080}], always: [{name: metrics, port: 9100}]}\n",
        ),
        ("service.cards/service.yaml", b"ports: [{port: 8080}, {name: admin, port: 9090}]\n"),
        ("service.core/service.yaml", b"type: core\n"),
        ("service.none/service.yaml", b"ports: none\n"),
        ("service.night/service.yaml", b"type: batch\n"),
        ("service.emoji/egress/service.dns.rule", b""),
        ("service.emoji/egress/service.ledger.rule", b"ports: [http]\n"),
        ("service.emoji/egress/service.cards.rule", b"ports: [8080]\n"),
        ("service.night/egress/service.dns.rule", b""),
        ("service.night/egress/service.ledger.rule", b""),
    ]);
    let made = Command::new(root.path(), "catalogue --rules").run();
    assert_eq!(made.exit, Exit::Done, "{}", made.stderr);
    let with = |text: &str| {
        let text: String =
            text.lines().filter(|line| !line.contains("\"digest\"")).map(|line| format!("{line}\n")).collect();
        std::fs::write(root.path().join("all.json"), text).unwrap();
        strangers(&of(&root, "--catalogue all.json --observations seen.jsonl --format json"))
    };
    let (tree, catalogue) = (strangers(&of(&root, "--observations seen.jsonl --format json")), with(made.out()));
    assert_eq!(catalogue, tree);
    insta::assert_snapshot!(tree.join("\n"));
    // Rules of another repository may name ports by numbers where the port has a name, or where none is declared.
    let by_number = made.out().replace(r#""ports":["http"]"#, r#""ports":[8080]"#);
    let to_dns = r#"{"file":"service.emoji/egress/service.dns.rule""#;
    let by_number = by_number.replace(to_dns, &format!(r#"{to_dns},"ports":[53]"#));
    let by_number = with(&by_number);
    let told: Vec<&str> = by_number.iter().filter(|line| !catalogue.contains(line)).map(String::as_str).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    service.emoji → service.dns nothing [0/TCP,8/ICMP,53/UDP,8080/TCP,9090/TCP,9100/TCP]
    service.emoji → service.ledger nothing [0/TCP,8/ICMP,53/TCP,53/UDP,8080/TCP,9090/TCP,9100/TCP]
    ");
}
