//! Every help that names a command or a file is followed here, as it stands, and the fault is gone.
//!
//! A row holds a fleet with a fault, the command that finds it, what its help says, and the deed. After the deed the same command
//! finds no such fault, and none that asks for the opposite.
#![allow(clippy::disallowed_methods, reason = "writes the files that a person would write")]

mod clusters;
#[path = "../common/mod.rs"]
mod common;
mod files;
mod globs;
mod misnamed;
mod nothing;

use common::{Command, Ran};
use hedgerow_cli::Exit;
use std::path::Path;

const CONFIG: &str = "version: 1
labels: {domain: bank.example}
services: {include: [\"service.*\"]}
environments: {prod: {stage: enforce}}
";
const PORTS: &str = "ports: [{name: http, port: 8080}]\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: cart\n";

/// What a person does who follows the help.
enum Deed {
    Write(&'static str, &'static str),
    Append(&'static str, &'static str),
    Remove(&'static str),
    RemoveDirectory(&'static str),
    Rename(&'static str, &'static str),
    Run(&'static str),
    /// Another stream.
    Stream(&'static str),
    /// The same command, with more behind it.
    With(&'static str),
}
use Deed::{Append, Remove, Rename, Run, Stream, With, Write};

struct Row {
    /// Beside `hedgerow.yaml`, books and cart.
    files: &'static [(&'static str, &'static str)],
    command: &'static str,
    stream: &'static str,
    /// What is found: the code, or words of it.
    found: &'static str,
    help: &'static str,
    deeds: &'static [Deed],
    /// What may be left over, by a deed that answers one fault of two.
    left: Exit,
}

const fn row(
    files: &'static [(&'static str, &'static str)],
    command: &'static str,
    found: &'static str,
    help: &'static str,
    deeds: &'static [Deed],
) -> Row {
    Row { files, command, stream: "", found, help, deeds, left: Exit::Done }
}

const fn stream(
    files: &'static [(&'static str, &'static str)],
    stream: &'static str,
    command: &'static str,
    found: &'static str,
    help: &'static str,
    deeds: &'static [Deed],
) -> Row {
    Row { files, command, stream, found, help, deeds, left: Exit::Done }
}

const GO: &str = "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {\n\thttp.Get(os.Args[1])\n}\n";
const GO_BOTH: &str = "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {\n\thttp.Get(\"http://service.books/a\")\n\thttp.Get(os.Args[1])\n}\n";
const GO_BOTH_SAID: &str = "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {\n\t// rpcmap: service.books\n\thttp.Get(\"http://service.books/a\")\n\thttp.Get(os.Args[1])\n}\n";
const GO_SAID: &str = "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {\n\t// rpcmap: service.books\n\thttp.Get(os.Args[1])\n}\n";
const PYTHON: &str = "import sys\nimport requests\n\n\ndef main():\n    requests.get(\"http://service.books/a\")\n    requests.get(sys.argv[1])\n\n\nmain()\n";
const PYTHON_SAID: &str = "import sys\nimport requests\n\n\ndef main():\n    # rpcmap: service.books\n    requests.get(\"http://service.books/a\")\n    requests.get(sys.argv[1])\n\n\nmain()\n";
const RULE: &str = "service.cart/egress/service.books.rule";

fn rows() -> Vec<Row> {
    vec![
        // Questions.
        row(
            &[],
            "why service.cart service.books",
            "nothing permits it",
            "add service.cart/egress/service.books.rule",
            &[Write(RULE, "")],
        ),
        row(
            &[],
            "why service.books service.books",
            "a service needs no rule for itself",
            "an entry under `allow:` in service.books/service.yaml, `{from: {pods: {bank.example/routing-name: service.books}}, reason: …}`",
            &[Append(
                "service.books/service.yaml",
                "allow: [{from: {pods: {bank.example/routing-name: service.books}}, reason: gossip}]\n",
            )],
        ),
        row(
            &[(RULE, "")],
            "why service.cart service.books --port 9090",
            "declares no port 9090 (declared: http)",
            "add it to `ports:` in service.books/service.yaml",
            &[Write("service.books/service.yaml", "ports: [{name: http, port: 8080}, {port: 9090}]\n")],
        ),
        row(
            &[],
            "why service.cart service.books --port 9090",
            "declares no port 9090",
            "and add service.cart/egress/service.books.rule",
            &[
                Write("service.books/service.yaml", "ports: [{name: http, port: 8080}, {port: 9090}]\n"),
                Write(RULE, ""),
            ],
        ),
        row(
            &[],
            "why service.books service.books --port 7946",
            "declares no port 7946",
            "and under `allow:` an entry",
            &[Write(
                "service.books/service.yaml",
                "ports: [{name: http, port: 8080}, {name: gossip, port: 7946}]\nallow: [{from: {pods: {bank.example/routing-name: service.books}}}]\n",
            )],
        ),
        row(
            &[
                (RULE, "ports: [http]\n"),
                ("service.books/service.yaml", "ports: [{name: http, port: 8080}, {name: admin, port: 9090}]\n"),
            ],
            "why service.cart service.books --port admin",
            "lists other ports",
            "add `admin` there",
            &[Write(RULE, "ports: [http, admin]\n")],
        ),
        row(
            &[("service.books/service.yaml", "ports: none\n")],
            "why service.cart service.books --port 80",
            "declares no port 80 (declared: none)",
            "and add service.cart/egress/service.books.rule",
            &[Write("service.books/service.yaml", "ports: [{port: 80}]\n"), Write(RULE, "")],
        ),
        // Reading the fleet.
        row(
            &[("service.books/egress/service.books.rule", "")],
            "check",
            "self-call",
            "remove the file; pods of one service that talk to each other need an `allow` entry in its service.yaml",
            &[
                Remove("service.books/egress/service.books.rule"),
                Append(
                    "service.books/service.yaml",
                    "allow: [{from: {pods: {bank.example/routing-name: service.books}}}]\n",
                ),
            ],
        ),
        row(
            &[("service.cart/egress/service.book.rule", "")],
            "check",
            "unknown-callee",
            "rename the file to `service.books.rule`",
            &[Rename("service.cart/egress/service.book.rule", RULE)],
        ),
        row(
            &[("service.cart/egress/service.zebra.rule", "")],
            "check",
            "unknown-callee",
            "create the service's directory",
            &[Write("service.zebra/service.yaml", "")],
        ),
        row(
            &[("service.cart/service.yaml", "type: backend\n")],
            "check",
            "unknown-type",
            "declare it under `types:` in hedgerow.yaml",
            &[Append("hedgerow.yaml", "types: {backend: {}}\n")],
        ),
        row(
            &[("service.cart/service.yaml", "namespace: shop\n")],
            "check",
            "namespace-not-listed",
            "add it to `namespaces:` in hedgerow.yaml",
            &[Append("hedgerow.yaml", "namespaces: [default, shop]\n")],
        ),
        row(
            &[("service.cart/egress/service.books.rule", "ports: [htpp]\n")],
            "check",
            "unknown-port",
            "a port with a similar name is declared: `http`",
            &[Write(RULE, "ports: [http]\n")],
        ),
        row(
            &[("service.cart/service.yaml", "name: service.books\n")],
            "check",
            "duplicate-service",
            "give one of them another `name:` in its service.yaml",
            &[Write("service.cart/service.yaml", "name: service.basket\n")],
        ),
        row(
            &[(
                "hedgerow.yaml",
                "version: 1\nlabels: {domain: app.kubernetes.io}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\n",
            )],
            "check",
            "foreign-domain",
            "set `labels.domain` to a domain of your own",
            &[Write("hedgerow.yaml", CONFIG)],
        ),
        row(
            &[("service.cart/egress/books.rule", "")],
            "check",
            "unknown-callee",
            "rename the file to `service.books.rule`",
            &[Rename("service.cart/egress/books.rule", RULE)],
        ),
        row(
            &[("service.dog/ledger.txt", ""), ("service.books/service.yaml", "ports: [8080]\n")],
            "check",
            "invalid-value",
            "write `{port: 8080}`",
            &[Write("service.books/service.yaml", "ports: [{port: 8080}]\n")],
        ),
        row(
            &[("service.books/service.yaml", "stage: enforce\n")],
            "check",
            "invalid-value",
            "write `stage: {prod: enforce}`",
            &[Write("service.books/service.yaml", "stage: {prod: enforce}\n")],
        ),
        // What is not read.
        row(
            &[("service.dog/service.yml", "owner: x\n")],
            "check",
            "ignored-file",
            "rename it to `service.yaml`",
            &[Rename("service.dog/service.yml", "service.dog/service.yaml")],
        ),
        row(
            &[("service.dog/Service.yaml", "<?>: [\n")],
            "check",
            "ignored-file",
            "where it is none of Hedgerow's, give it another name",
            &[Rename("service.dog/Service.yaml", "service.dog/dog.txt")],
        ),
        row(
            &[("service.cart/Egress/service.books.rule", "")],
            "check",
            "ignored-file",
            "rename it to `egress`",
            &[Rename("service.cart/Egress", "service.cart/egress")],
        ),
        row(
            &[("service.cart/egresses/service.books.rule", "")],
            "check",
            "ignored-file",
            "or list it under `services.rules` in hedgerow.yaml: `rules: [egress, egresses]`",
            &[Write(
                "hedgerow.yaml",
                "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"], rules: [egress, egresses]}\nenvironments: {prod: {stage: enforce}}\n",
            )],
        ),
        row(
            &[("service.books/ingress/service.cart.rule", "")],
            "check",
            "ignored-file",
            "move it to `egress` of the service that calls, and name it after the service that is called",
            &[Rename("service.books/ingress/service.cart.rule", RULE)],
        ),
        row(
            &[("service.cart/service.books.rule", "")],
            "labels service.cart",
            "ignored-file",
            "move it to `service.cart/egress/service.books.rule`",
            &[Rename("service.cart/service.books.rule", RULE)],
        ),
        row(
            &[("service.cart/egress/external/service.books.rule", "")],
            "check",
            "ignored-file",
            "a rule for a service lies one directory above",
            &[Rename("service.cart/egress/external/service.books.rule", RULE)],
        ),
        row(
            &[("serivce.pay/egress/service.books.rule", "")],
            "check",
            "ignored-file",
            "did you mean `service.pay`? rename the directory",
            &[Rename("serivce.pay", "service.pay")],
        ),
        row(
            &[("tools/rig/egress/service.books.rule", "")],
            "check",
            "ignored-file",
            "where it is none, list it under `services.exclude`",
            &[Write(
                "hedgerow.yaml",
                "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"], exclude: [tools/rig]}\nenvironments: {prod: {stage: enforce}}\n",
            )],
        ),
        row(
            &[("hedgerow.yml", "version: 1\n")],
            "check",
            "ignored-file",
            "move what it says to hedgerow.yaml, and remove it",
            &[Remove("hedgerow.yml")],
        ),
        row(
            &[(
                "hedgerow.yaml",
                "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"], exclude: [\"servce.*\"]}\nenvironments: {prod: {stage: enforce}}\n",
            )],
            "check",
            "idle-glob",
            "correct it, or take it away",
            &[Write("hedgerow.yaml", CONFIG)],
        ),
        row(
            &[
                (
                    "hedgerow.yaml",
                    "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\", \"service.cart/job\"]}\nenvironments: {prod: {stage: enforce}}\n",
                ),
                ("service.cart/job/x.txt", ""),
            ],
            "check",
            "idle-glob",
            "list it under `services.exclude`",
            &[Write(
                "hedgerow.yaml",
                "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\", \"service.cart/job\"], exclude: [service.cart]}\nenvironments: {prod: {stage: enforce}}\n",
            )],
        ),
        row(
            &[(
                "hedgerow.yaml",
                "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"apps/*\"]}\nenvironments: {prod: {stage: enforce}}\n",
            )],
            "graph",
            "empty-fleet",
            "such as `apps/ledger`",
            &[
                Write("apps/ledger/service.yaml", ""),
                Remove("service.books/service.yaml"),
                Remove("service.cart/service.yaml"),
            ],
        ),
        row(
            &[(
                "hedgerow.yaml",
                "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nnamespaces: [default, dmz]\nenvironments: {prod: {stage: enforce, namespaces: {default: dmz}}}\n",
            )],
            "check",
            "namespace-collision",
            "give each a name of its own",
            &[Write(
                "hedgerow.yaml",
                "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nnamespaces: [default, dmz]\nenvironments: {prod: {stage: enforce, namespaces: {default: dmz, dmz: default}}}\n",
            )],
        ),
        // Streams.
        stream(
            &[],
            POD,
            "post-render --strict",
            "unclaimed-workload",
            "`--service`",
            &[With("--service service.cart")],
        ),
        stream(
            &[],
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: cart\n  labels:\n    bank.example/egress-s-books: \"true\"\n",
            "post-render --service service.cart",
            "unbacked-label",
            "add the rule file for this edge",
            &[Write(RULE, "")],
        ),
        stream(
            &[],
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: cart\n  labels:\n    bank.example/egress-s-books: \"true\"\n",
            "post-render --service service.cart",
            "error[unbacked-label]",
            "`--prune` removes the label",
            &[With("--prune")],
        ),
        stream(
            &[],
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: cart\n  namespace: shop\n",
            "post-render --service service.cart",
            "namespace-mismatch",
            "set `namespace` in the service.yaml to where the pods live",
            &[
                Append("hedgerow.yaml", "namespaces: [default, shop]\n"),
                Append("service.cart/service.yaml", "namespace: shop\n"),
            ],
        ),
        stream(
            &[],
            "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n",
            "post-render --strict --service service.cart",
            "no-workload",
            "render the service's workloads in the same deploy",
            &[Stream(POD)],
        ),
        // The scan.
        row(
            &[("service.cart/main.go", GO)],
            "scan",
            "unresolved-call",
            "`// rpcmap: <service>`",
            &[Write("service.cart/main.go", GO_SAID)],
        ),
        row(
            &[("service.cart/main.go", GO_BOTH)],
            "scan",
            "unresolved-call",
            "`// rpcmap: <service>`",
            &[Write("service.cart/main.go", GO_BOTH_SAID)],
        ),
        row(
            &[("service.cart/main.py", PYTHON)],
            "scan",
            "unresolved-call",
            "`# rpcmap: <service>`, or `# hedgerow: ignore <reason>`",
            &[Write("service.cart/main.py", PYTHON_SAID)],
        ),
        row(
            &[("service.cart/main.go", GO_BOTH_SAID)],
            "scan --check",
            "missing-rule",
            "`hedgerow scan --write` writes service.cart/egress/service.books.rule",
            &[Run("scan --write")],
        ),
        row(
            &[("service.cart/main.go", "package main\n\nfunc main() {}\n"), (RULE, "origin: scan\n")],
            "scan --check",
            "stale-rule",
            "`hedgerow scan --write --prune` removes the file",
            &[Run("scan --write --prune")],
        ),
    ]
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().expect("a file has a directory")).expect("directories can be made");
    std::fs::write(path, text).expect("files can be written");
}

fn run(root: &Path, command: &str, stream: &str) -> Ran {
    Command::new(root, command).stdin(stream).run()
}

fn said(ran: &Ran) -> String {
    format!("{}{}", String::from_utf8_lossy(&ran.stdout), ran.stderr)
}

#[test]
fn what_help_says_is_enough() {
    let all = rows().into_iter().chain(files::rows()).chain(globs::rows());
    for Row { files, command, stream, found, help, deeds, left } in all {
        let fleet = tempfile::tempdir().expect("a temporary directory");
        let root = fleet.path();
        for (path, text) in
            [("hedgerow.yaml", CONFIG), ("service.books/service.yaml", PORTS), ("service.cart/service.yaml", "")]
        {
            write(root, path, text);
        }
        files.iter().for_each(|(path, text)| write(root, path, text));
        let before = run(root, command, stream);
        let text = said(&before);
        assert!(before.exit != Exit::Done || text.contains("warning"), "{command}: {text}");
        assert!(text.contains(found) && text.contains(help), "{command}: no `{found}` with `{help}` in\n{text}");
        let (mut command, mut stream) = (command.to_owned(), stream);
        for deed in deeds {
            match deed {
                Write(path, text) => write(root, path, text),
                Append(path, text) => {
                    let old = std::fs::read_to_string(root.join(path)).unwrap_or_default();
                    write(root, path, &(old + text));
                }
                Remove(path) => std::fs::remove_file(root.join(path)).expect("it is there"),
                Deed::RemoveDirectory(path) => std::fs::remove_dir(root.join(path)).expect("it is empty"),
                Rename(from, to) => {
                    let to = root.join(to);
                    std::fs::create_dir_all(to.parent().expect("below the root")).expect("a directory");
                    std::fs::rename(root.join(from), to).expect("it is there");
                }
                Run(other) => {
                    let ran = run(root, other, "");
                    assert_eq!(ran.exit, Exit::Done, "{other}: {}", said(&ran));
                }
                Stream(other) => stream = other,
                With(more) => command = format!("{command} {more}"),
            }
        }
        let after = run(root, &command, stream);
        let text = said(&after);
        assert_eq!(after.exit, left, "{command}: {text}");
        assert!(!text.contains(found), "{command}: `{found}` is still there\n{text}");
        assert!(!text.contains("redundant-comment"), "{command}: the advice goes round\n{text}");
        let check = run(root, "check", "");
        assert_eq!(check.exit, Exit::Done, "{command}: {}", said(&check));
    }
}

/// A comment without which nothing changes is still redundant.
#[test]
fn a_comment_that_answers_for_nothing_is_redundant() {
    let fleet = tempfile::tempdir().expect("a temporary directory");
    let root = fleet.path();
    for (path, text) in [
        ("hedgerow.yaml", CONFIG),
        ("service.books/service.yaml", PORTS),
        (
            "service.cart/main.go",
            "package main\n\nimport \"net/http\"\n\nfunc main() {\n\t// rpcmap: service.books\n\thttp.Get(\"http://service.books/a\")\n}\n",
        ),
    ] {
        write(root, path, text);
    }
    let ran = run(root, "scan", "");
    assert!(said(&ran).contains("redundant-comment"), "{}", said(&ran));
}

#[test]
fn domains_that_are_somebody_elses_are_refused_or_doubted() {
    let fleet = tempfile::tempdir().expect("a temporary directory");
    write(fleet.path(), "service.books/service.yaml", PORTS);
    for (domain, exit, word) in [
        ("kubernetes.io", Exit::Findings, "error[foreign-domain]"),
        ("app.kubernetes.io", Exit::Findings, "error[foreign-domain]"),
        ("k8s.io", Exit::Findings, "error[foreign-domain]"),
        ("x.k8s.io", Exit::Findings, "error[foreign-domain]"),
        ("net.x-k8s.io", Exit::Findings, "error[foreign-domain]"),
        ("projectcalico.org", Exit::Done, "warning[foreign-domain]"),
        ("policy.cilium.io", Exit::Done, "warning[foreign-domain]"),
        ("istio.io", Exit::Done, "warning[foreign-domain]"),
        ("bank.example", Exit::Done, "no faults"),
        ("kubernetes.io.bank.example", Exit::Done, "no faults"),
        ("mykubernetes.io", Exit::Done, "no faults"),
    ] {
        write(fleet.path(), "hedgerow.yaml", &CONFIG.replace("bank.example", domain));
        let ran = run(fleet.path(), "check", "");
        let text = said(&ran);
        assert!(ran.exit == exit || (exit == Exit::Findings && ran.exit != Exit::Done), "{domain}: {text}");
        assert_eq!(text.contains("foreign-domain"), word != "no faults", "{domain}: {text}");
        assert!(word == "no faults" || text.contains(word), "{domain}: {text}");
    }
}
