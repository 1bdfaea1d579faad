//! The advice of `verify`, the guard, catalogues and neighbours in a stream: what it names is done, and the fault is gone.

mod catalogues;
mod guard;
mod streams;
mod verify;

use crate::common::{Command, Ran};
use hedgerow_cli::Exit;
use std::path::Path;
use tempfile::TempDir;

const CONFIG: &str = "version: 1
labels: {domain: bank.example}
services: {include: [\"service.*\"], defaults: {type: api, ports: [{name: http, port: 8080}]}}
namespaces: [default]
types: {api: {}, monitoring: {}}
environments: {prod: {stage: enforce, log: true}}
";

/// A fleet on disk, beside what stands on standard input.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().expect("a temporary directory"));
        for (path, text) in [
            ("hedgerow.yaml", CONFIG),
            ("service.books/service.yaml", "{}\n"),
            ("service.cart/service.yaml", "{}\n"),
            ("service.cart/egress/service.books.rule", ""),
        ] {
            world.write(path, text);
        }
        world
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        crate::write(self.root(), path, text);
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.root().join(path)).expect("it is there");
        assert!(text.contains(from), "{path} holds no {from}");
        self.write(path, &text.replacen(from, to, 1));
    }

    fn run(&self, command: &str, stream: &str) -> Ran {
        Command::new(self.root(), command).stdin(stream).run()
    }

    /// What a command prints that ends well.
    fn out(&self, command: &str, stream: &str) -> String {
        let ran = self.run(command, stream);
        assert_eq!(ran.exit, Exit::Done, "{command}: {}", crate::said(&ran));
        ran.out().to_owned()
    }

    /// All that is rendered, and pods as they are deployed.
    fn dump(&self) -> String {
        format!("{}---\n{}", self.deployed(), self.out("render --platform", ""))
    }

    /// What the deploys of the services bring.
    fn deployed(&self) -> String {
        let pods = [("service.books", "books"), ("service.cart", "cart")]
            .map(|(service, name)| self.out(&format!("post-render --service {service}"), &pod(name)));
        pods.join("---\n")
    }
}

fn pod(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: default\n  labels:\n    app: {name}\nspec: {{serviceAccountName: {name}, containers: [{{name: c, ports: [{{name: http, containerPort: 8080}}]}}]}}\n"
    )
}

/// A policy on the pods of books, with this in it.
fn policy(more: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: theirs, namespace: default}}\nspec: {{{more}}}\n"
    )
}

fn calico(kind: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{name: theirs, namespace: default}}\nspec: {{{spec}}}\n"
    )
}

/// The documents without those that hold all of some words; there is one.
fn without(dump: &str, words: &[&str]) -> String {
    let documents: Vec<_> = dump.split("---\n").collect();
    let kept: Vec<_> =
        documents.iter().copied().filter(|document| !words.iter().all(|word| document.contains(word))).collect();
    assert_eq!(kept.len() + 1, documents.len(), "{words:?} is one object of\n{dump}");
    kept.join("---\n")
}

struct Case {
    command: &'static str,
    /// Makes the fault; gives what stands on standard input.
    fault: fn(&World) -> String,
    found: &'static str,
    help: &'static str,
    /// Does what the help says; it is given standard input, and gives it back.
    deed: fn(&World, String) -> String,
}

const fn case(
    command: &'static str,
    fault: fn(&World) -> String,
    found: &'static str,
    help: &'static str,
    deed: fn(&World, String) -> String,
) -> Case {
    Case { command, fault, found, help, deed }
}

/// Does what the help of each case says.
fn follow(cases: &[Case]) {
    for Case { command, fault, found, help, deed } in cases {
        let world = World::new();
        let stream = fault(&world);
        let before = world.run(command, &stream);
        let text = crate::said(&before);
        assert!(before.exit != Exit::Done || text.contains("warning"), "{command}: {text}");
        assert!(text.contains(found) && text.contains(help), "{command}: no `{found}` with `{help}` in\n{text}");
        let stream = deed(&world, stream);
        let after = world.run(command, &stream);
        let text = crate::said(&after);
        assert!(!text.contains(found), "{command}: `{found}` is still there\n{text}");
        assert_eq!(after.exit, Exit::Done, "{command} after `{help}`: {text}");
    }
}
