//! What is said of files that are not as they should be: words that name the fault, and help that leads out of it.

use crate::common::{Command, Ran, tree};
use hedgerow_cli::Exit;

const NAMED: &str = "ports: [{name: http, port: 8080}, {name: grpc, port: 9090}, {port: 7000}]\n";

/// A fleet in which `service.a` may call `service.b`, with other texts of some of its files.
fn fleet(services: &str, files: &[(&str, &str)]) -> Ran {
    let include = if services.contains("include") { "" } else { "include: [\"service.*\"], " };
    let config = format!(
        "version: 1\nlabels: {{domain: corp.test}}\nservices: {{{include}{services}}}\nenvironments: {{prod: {{stage: \"off\"}}}}\n"
    );
    let mut all: Vec<(&str, &[u8])> =
        vec![("hedgerow.yaml", config.as_bytes()), ("service.b/service.yaml", NAMED.as_bytes())];
    all.retain(|(path, _)| !files.iter().any(|(other, _)| other == path));
    all.extend(files.iter().map(|(path, text)| (*path, text.as_bytes())));
    Command::new(tree(&all).path(), "check").run()
}

const RULE: &str = "service.a/egress/service.b.rule";
const B: &str = "service.b/service.yaml";

#[test]
fn ports_in_a_rule_are_written_as_the_callee_names_them() {
    for (rule, words) in [
        ("ports: 8080", "= help: the port has a name; write `[http]`"),
        ("ports: \"9090\"", "= help: the port has a name; write `[grpc]`"),
        ("ports: 8080/TCP", "= help: the port has a name; write `[http]`"),
        ("ports: htp", "= help: a port with a similar name is declared; write `[http]`"),
        ("ports: http", "= help: write `[http]`"),
        ("ports: 7000", "= help: write `[7000]`"),
        ("ports: http, grpc", "= help: write `[http, grpc]`"),
        ("ports: http grpc", "= help: write `[http, grpc]`"),
        ("ports: any", "= help: leave `ports` out to mean all ports of the callee"),
        ("ports: HTTP!", "= help: write names or numbers of ports in brackets, such as `[http]` or `[8080]`"),
    ] {
        let ran = fleet("", &[(RULE, rule)]);
        assert_eq!(ran.exit, Exit::Findings, "{rule}");
        assert!(ran.out().contains("`ports` must be a list") && ran.out().contains(words), "{rule}: {}", ran.out());
        assert_eq!(ran.out().matches("error[").count(), 1, "{rule}: {}", ran.out());
        // What the help says to write is right.
        if let Some((_, list)) = words.split_once("write `[") {
            let list = list.split('`').next().unwrap();
            let ran = fleet("", &[(RULE, &format!("ports: [{list}\n"))]);
            assert!(ran.exit == Exit::Done || words.contains("such as"), "{rule}: {}", ran.out());
        }
    }
    // Nothing that is declared is near: both are said.
    let ran = fleet("", &[(RULE, "ports: 1234")]);
    assert!(ran.out().contains("write `[1234]`") && ran.out().contains("declares no port `1234`"), "{}", ran.out());
    let allow = format!("{NAMED}allow: [{{from: anybody, ports: 8080}}]\n");
    assert!(fleet("", &[(B, &allow)]).out().contains("the port has a name; write `[http]`"));
    for text in ["ports: [http, http]", "ports: [grpc, http, grpc]", "ports: [7000, 7000]"] {
        let ran = fleet("", &[(RULE, text)]);
        assert_eq!(ran.exit, Exit::Done, "{text}: {}", ran.out());
        assert!(ran.out().contains("warning[duplicate-key]") && ran.out().contains("is listed twice"), "{}", ran.out());
    }
    let allow = format!("{NAMED}allow: [{{from: anybody, ports: [http, http]}}]\n");
    assert!(fleet("", &[(B, &allow)]).out().contains("the port `http` is listed twice"));
}

#[test]
fn ports_that_stand_twice_are_told_by_what_is_the_same() {
    for (ports, words) in [
        ("{name: http, port: 80}, {name: web, port: 80}", "the port 80/TCP is declared twice, as `http` and as `web`"),
        ("{name: http, port: 80}, {name: http, port: 81}", "the port name `http` is declared twice"),
        ("{port: 80}, {port: 80}", "the port 80/TCP is declared twice\n"),
        (
            "{port: 53, protocol: UDP}, {name: dns, port: 53}",
            "the port 53 is declared twice, as `dns` and without a name",
        ),
        ("{name: a, port: 53, protocol: UDP}, {name: b, port: 53, protocol: UDP}", "the port 53/UDP is declared twice"),
    ] {
        let ran = fleet("", &[(B, &format!("ports: [{ports}]\n"))]);
        assert!(ran.exit == Exit::Findings && ran.out().contains(words), "{ports}: {}", ran.out());
        assert!(ran.out().contains("first here") && ran.out().contains("again here"), "{ports}: {}", ran.out());
    }
    let fine =
        "ports: [{name: a, port: 53, protocol: UDP}, {name: b, port: 53}, {port: 54}, {port: 54, protocol: UDP}]\n";
    assert_eq!(fleet("", &[(B, fine)]).exit, Exit::Done);
}

#[test]
fn keys_that_belong_elsewhere_are_sent_there() {
    for (rule, words) in [
        ("stage: enforce", "the stage belongs to the service that is called"),
        ("stage: {prod: audit}", "write `stage: {prod: audit}` in its service.yaml"),
        ("environments: [prod]", "a rule holds in every environment"),
        ("protocol: UDP", "are declared in its own service.yaml"),
        ("owner: x", "write it in the service.yaml of the service that it is about"),
        ("origin: wizard", "write `origin: manual` for a rule that a person wrote"),
    ] {
        let ran = fleet("", &[(RULE, rule)]);
        assert!(ran.exit == Exit::Findings && ran.out().contains(words), "{rule}: {}", ran.out());
    }
    let ran = fleet("defaults: {stage: audit}", &[]);
    assert!(ran.out().contains("the stage of all services stands under `environments:`"), "{}", ran.out());
}

#[test]
fn paths_in_hedgerow_yaml_say_how_they_are_written() {
    for (services, words) in [
        ("include: [\"/service.*\"]", "write `service.*`: globs begin at the directory of hedgerow.yaml"),
        ("include: [\"./apps//service.*\"]", "write `apps/service.*`: globs begin"),
        ("include: ['apps\\service.*']", "write `apps/service.*`: globs begin"),
        ("include: [\"apps/../service.*\"]", "without `..`"),
        ("include: [\"../service.*\"]", "put hedgerow.yaml above all services"),
        ("rules: [\".\"]", "a rule directory lies below the service's own"),
        ("rules: [\"../egress\"]", "a rule directory lies below the service's own"),
        ("rules: [\"/egress\"]", "write `egress`: a rule directory lies below"),
        ("rules: [\"egress*\"]", "it is no glob"),
        ("rules: [\"{a,b}\"]", "write each directory by its name, such as `rules: [egress, deploy/egress]`"),
        ("rules: [egress, egress/]", "take one of them away"),
    ] {
        let ran = fleet(services, &[]);
        assert!(ran.exit == Exit::Findings && ran.out().contains(words), "{services}: {}", ran.out());
    }
}

#[test]
fn a_rule_directory_that_no_service_has_is_idle() {
    let said = "warning[idle-glob]: no service has a directory `calls/out`, which `services.rules` lists";
    for (rules, is_idle) in [
        ("[egress, calls/out]", true),
        ("[calls/out, egress]", true),
        ("[egress]", false),
        // Nobody has any rule yet.
        ("[src/egress, calls/out]", false),
    ] {
        let own = if rules.contains("src") { "service.a/service.yaml" } else { RULE };
        let ran = fleet(&format!("rules: {rules}"), &[(own, "")]);
        assert_eq!(ran.exit, Exit::Done, "{rules}: {}", ran.out());
        assert_eq!(ran.out().contains(said), is_idle, "{rules}: {}", ran.out());
    }
    let both = fleet("rules: [egress, calls/out]", &[(RULE, ""), ("service.b/calls/out/service.a.rule", "")]);
    assert!(!both.out().contains("idle-glob"), "{}", both.out());
}

#[test]
fn domains_of_kubernetes_are_refused_before_a_file_is_written() {
    for domain in ["kubernetes.io", "app.kubernetes.io", "k8s.io", "x-k8s.io"] {
        let root = tree(&[]);
        let ran = Command::new(root.path(), &format!("init --domain {domain}")).run();
        let words = format!("`{domain}` belongs to Kubernetes: choose a domain of your own");
        assert!(ran.exit == Exit::BadInput && ran.stderr.contains(&words), "{domain}: {}", ran.stderr);
        assert!(!root.path().join("hedgerow.yaml").exists());
        let config = format!(
            "version: 1\nlabels: {{domain: {domain}}}\nservices: {{include: [\"service.*\"]}}\nenvironments: {{prod: {{stage: audit}}}}\n"
        );
        let root = tree(&[("hedgerow.yaml", config.as_bytes()), (B, b"")]);
        assert!(Command::new(root.path(), "check").run().out().contains(&words));
    }
    let root = tree(&[]);
    assert_eq!(Command::new(root.path(), "init --domain myk8s.io").run().exit, Exit::Done);
}

/// A build leaves copies of what it read; git does not keep them, and nobody has to.
#[test]
fn what_git_leaves_out_is_not_searched() {
    let files: [(&str, &str); 8] = [
        (RULE, ""),
        (".gitignore", "/build/\nout/\n*.rule.orig\n"),
        ("build/egress/service.b.rule", ""),
        ("build/copy/service.a/egress/service.b.rule", ""),
        ("service.a/out/egress/service.b.rule", ""),
        ("service.a/.gitignore", "/gen\n"),
        ("service.a/gen/service.yaml", "owner: x\n"),
        ("service.a/service.yaml", ""),
    ];
    let ran = fleet("", &files);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.out());
    assert_eq!(ran.out(), "");
    // Beside them it counts, and a line that takes a directory in again does too.
    for (path, text, place) in [
        ("service.a/build/egress/service.b.rule", "", "service.a/build/egress"),
        ("service.c.d/gen/service.b.rule", "", "gen"),
        ("service.a/.gitignore", "!out\n", "service.a/out/egress"),
    ] {
        let mut files = files.to_vec();
        files.retain(|(other, _)| *other != path);
        files.push((path, text));
        let ran = fleet("", &files);
        assert!(ran.exit == Exit::Findings && ran.out().contains(place), "{path}: {}", ran.out());
    }
    // What is excluded by hand as well is excluded by a glob that has an effect.
    let ran = fleet("exclude: [build, \"service.a/out\"]", &files);
    assert_eq!((ran.exit, ran.out()), (Exit::Done, ""));
}

#[test]
fn a_service_inside_of_another_is_none() {
    let deep = |files: &[(&str, &str)]| {
        let root = tree(&[(
            "hedgerow.yaml",
            b"version: 1\nlabels: {domain: corp.test}\nservices: {include: [\"**/service.*\"]}\nenvironments: {prod: {stage: \"off\"}}\n",
        )]);
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        std::fs::create_dir_all(root.path().join("apps/service.a/service.c/empty")).unwrap();
        Command::new(root.path(), "check").run()
    };
    let ran = deep(&[]);
    let said = "warning[ignored-file]: `apps/service.a/service.c` is no service: it lies inside `apps/service.a`, which is one";
    assert!(ran.exit == Exit::Done && ran.out().contains(said), "{}", ran.out());
    assert!(
        deep(&[("apps/service.a/x/service.d/main.go", "")])
            .out()
            .contains("`apps/service.a/x/service.d` is no service")
    );
    // What it holds is told where it lies, once.
    let ran = deep(&[("apps/service.a/service.c/egress/service.a.rule", "")]);
    assert!(ran.exit == Exit::Findings && !ran.out().contains("is no service: it lies inside"), "{}", ran.out());
    assert_eq!(ran.out().matches("service.c").count(), ran.out().matches("service.c/egress").count(), "{}", ran.out());
}
