//! Files that look as if they were meant to be read, and where they belong.

use crate::Deed::{Remove, Rename, Write};
use crate::{CONFIG, RULE, Row, row, run, said, write};
use hedgerow_cli::Exit;
use std::path::Path;

const RULES: &str = "version: 1
labels: {domain: bank.example}
services: {include: [\"service.*\"], rules: [egress, src/egress]}
environments: {prod: {stage: enforce}}
";
const EXCLUDED: &str = "version: 1
labels: {domain: bank.example}
services: {include: [\"service.*\"], exclude: [tools/alerts, service.cart/alerts]}
environments: {prod: {stage: enforce}}
";

pub(crate) fn rows() -> Vec<Row> {
    let moved =
        |from: &'static [(&'static str, &'static str)], help, deeds| row(from, "check", "ignored-file", help, deeds);
    vec![
        moved(
            &[("service.cart/outbound/service.books.rule", "")],
            "move its files to `service.cart/egress`",
            &[Rename("service.cart/outbound/service.books.rule", RULE)],
        ),
        moved(
            &[("service.cart/.egress/service.books.rule", "")],
            "move its files to `service.cart/egress`",
            &[Rename("service.cart/.egress/service.books.rule", RULE)],
        ),
        moved(
            &[("service.cart/src/egress/service.books.rule", "")],
            "or list it under `services.rules` in hedgerow.yaml: `rules: [egress, src/egress]`",
            &[Write("hedgerow.yaml", RULES)],
        ),
        moved(
            &[("service.cart/Egress/service.books.rule", "")],
            "rename it to `egress`, or move its files there",
            &[Rename("service.cart/Egress/service.books.rule", RULE)],
        ),
        moved(
            &[("service.cart/service.books.RULE", "")],
            "move it to `service.cart/egress/service.books.rule`",
            &[Rename("service.cart/service.books.RULE", RULE)],
        ),
        moved(
            &[("deploy/service.books.rule", "")],
            "move it to `egress` of the service that calls",
            &[Rename("deploy/service.books.rule", RULE)],
        ),
        moved(
            &[("service.books.rule", "")],
            "move it to `egress` of the service that calls",
            &[Rename("service.books.rule", RULE)],
        ),
        moved(
            &[("tools/alerts/disk.rule", "groups: []\n"), ("service.cart/alerts/disk.rule", "groups: []\n")],
            "where it is none of Hedgerow's, list `service.cart/alerts` under `services.exclude`",
            &[Write("hedgerow.yaml", EXCLUDED)],
        ),
        moved(
            &[("service.cart/service.yaml.tmpl", "owner: x\n"), ("service.cart/service.yaml", "")],
            "move what it says to `service.yaml`, and remove it",
            &[Write("service.cart/service.yaml", "owner: x\n"), Remove("service.cart/service.yaml.tmpl")],
        ),
        moved(
            &[("service.dog/.service.yaml", "owner: x\n")],
            "rename it to `service.yaml`",
            &[Rename("service.dog/.service.yaml", "service.dog/service.yaml")],
        ),
        moved(
            &[("service.cart/config/service.yaml", "owner: x\n")],
            "move what it says to `service.cart/service.yaml`, and remove it",
            &[Write("service.cart/service.yaml", "owner: x\n"), Remove("service.cart/config/service.yaml")],
        ),
        row(
            &[("service.cart/egress/sub/service.books.rule", "")],
            "check",
            "is a directory, and a file is expected there",
            "move the rules in it to `service.cart/egress`, where rule files lie side by side, and remove it",
            &[
                Rename("service.cart/egress/sub/service.books.rule", RULE),
                crate::Deed::RemoveDirectory("service.cart/egress/sub"),
            ],
        ),
        row(
            &[("service.dog/service.yaml/notes.txt", "")],
            "check",
            "`service.dog/service.yaml` is a directory",
            "give the directory another name",
            &[Rename("service.dog/service.yaml", "service.dog/docs")],
        ),
        // What may be let in, in a word.
        row(
            &[("service.books/service.yaml", "allow: anybody\n")],
            "check",
            "invalid-value",
            "write `[{from: anybody}]`",
            &[Write("service.books/service.yaml", "allow: [{from: anybody}]\n")],
        ),
        row(
            &[("service.books/service.yaml", "allow: [everyone]\n")],
            "check",
            "invalid-value",
            "write `{from: anybody}`",
            &[Write("service.books/service.yaml", "allow: [{from: anybody}]\n")],
        ),
        row(
            &[("service.books/service.yaml", "allow: 10.0.0.0/8\n")],
            "check",
            "invalid-value",
            "write `[{from: {cidr: \"10.0.0.0/8\"}}]`",
            &[Write("service.books/service.yaml", "allow: [{from: {cidr: \"10.0.0.0/8\"}}]\n")],
        ),
        row(
            &[("service.books/service.yaml", "allow: ingress-nginx\n")],
            "check",
            "invalid-value",
            "write who is let in: `[{from: {namespace: ingress-nginx}}]` for all pods of a namespace",
            &[Write("service.books/service.yaml", "allow: [{from: {namespace: ingress-nginx}}]\n")],
        ),
        row(
            &[("service.books/service.yaml", "allow: [{cidr: 10.0.0.0/8}]\n")],
            "check",
            "unknown-key",
            "write it under `from:`, such as `{from: {cidr: 10.0.0.0/8}}`",
            &[Write("service.books/service.yaml", "allow: [{from: {cidr: 10.0.0.0/8}}]\n")],
        ),
        row(
            &[("service.books/service.yaml", "allow: [{from: any}]\n")],
            "check",
            "invalid-value",
            "write `from: anybody`",
            &[Write("service.books/service.yaml", "allow: [{from: anybody}]\n")],
        ),
        row(
            &[("service.books/service.yaml", "rare: yearly closing\n")],
            "check",
            "invalid-value",
            "write `[{what: \"yearly closing\"}]`",
            &[Write("service.books/service.yaml", "rare: [{what: \"yearly closing\"}]\n")],
        ),
        row(
            &[(
                "hedgerow.yaml",
                "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\nguard: {wear: deployers}\n",
            )],
            "check",
            "invalid-value",
            "write `[{groups: [\"deployers\"]}]`",
            &[Write(
                "hedgerow.yaml",
                "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\nguard: {wear: [{groups: [\"deployers\"]}]}\n",
            )],
        ),
    ]
}

/// What `check` says of files beside the usual fleet.
fn check(files: &[(&str, &str)]) -> (Exit, String) {
    let fleet = tempfile::tempdir().expect("a temporary directory");
    let usual = [("hedgerow.yaml", CONFIG), ("service.books/service.yaml", ""), ("service.cart/service.yaml", "")];
    let write_all = |root: &Path, files: &[(&str, &str)]| files.iter().for_each(|(path, text)| write(root, path, text));
    write_all(fleet.path(), &usual);
    write_all(fleet.path(), files);
    let ran = run(fleet.path(), "check", "");
    (ran.exit, said(&ran))
}

#[test]
fn rules_and_metadata_that_nobody_reads_are_told_wherever_they_lie() {
    let (error, warning) = ("error[ignored-file]: `", "warning[ignored-file]: `");
    for (path, text, told) in [
        ("service.cart/outgoing/service.books.rule", "", error),
        ("service.cart/calls/service.books.rule", "", error),
        ("service.cart/_egress/service.books.rule", "", error),
        ("service.cart/.rules/service.books.rule", "", error),
        ("service.cart/deploy/service.books.rule", "reason: x\n", error),
        ("service.cart/deploy/prod/service.books.rule", "# why\n", error),
        ("service.cart/rules/prod/service.books.rule", "", error),
        ("service.cart/deploy/.egress/service.books.rule", "", error),
        ("deploy/prod/service.books.rule", "", error),
        (".egress/service.books.rule", "", error),
        ("app/outbound/service.books.rule", "ports: [http]\n", error),
        // Others have files of that name too.
        ("service.cart/alerts/disk.rule", "groups: []\n", warning),
        ("alerts/disk.rule", "alert {\n", warning),
        ("service.dog/.service.yaml", "owner: x\n", error),
        ("service.dog/service.yaml.bak", "owner: x\n", error),
        ("service.dog/service.yaml.orig", "owner: x\n", error),
        ("service.dog/service.yaml.tmpl", "owner: x\n", error),
        ("service.dog/service.yaml~", "owner: x\n", error),
        ("service.dog/service.yml.bak", "owner: x\n", error),
        ("service.dog/service.yaml.yaml", "owner: x\n", error),
        ("service.dog/service.yaml.yml", "owner: x\n", error),
        ("service.dog/config/service.yaml", "owner: x\n", error),
        ("service.dog/config/service.yml", "stage: {prod: off}\n", error),
        ("service.dog/service.yml", "", warning),
        ("service.dog/service.yml", "# nothing yet\n", warning),
        ("service.dog/service.yml", "{}\n", warning),
        ("service.dog/service.yml", "owner: x\ncolour: red\n", warning),
        ("service.dog/service.yml", "onwer: x\n", warning),
        ("service.dog/service.yml", "stage: {prod: off}\nonwer: x\nprots: []\n", warning),
        // A copy beside the file itself changes nothing.
        ("service.cart/service.yaml.bak", "owner: x\n", warning),
        ("service.cart/service.yaml.orig", "", warning),
        ("service.cart/service.yml", "owner: x\n", error),
        ("serivce.pay/service.yaml", "", warning),
    ] {
        let (exit, said) = check(&[(path, text)]);
        let place = if path.contains("serivce") || path.ends_with(".rule") || path.ends_with(".RULE") {
            path.rsplit_once('/').map_or(path, |(directory, _)| directory)
        } else {
            path
        };
        assert!(said.contains(&format!("{told}{place}`")), "{path}: {said}");
        assert_eq!(said.matches("[ignored-file]").count(), 1, "{path}: {said}");
        assert_eq!(exit == Exit::Done, told == warning, "{path}: {said}");
    }
}

#[test]
fn what_is_others_is_left_to_them() {
    for (path, text) in [
        ("service.cart/node_modules/x/service.books.rule", ""),
        ("service.cart/vendor/x/service.yaml", "owner: x\n"),
        ("service.cart/.git/egress/service.books.rule", ""),
        ("service.cart/.cache/service.books.rule", ""),
        (".github/rules.d/a.yaml", ""),
        ("service.dog/service.yml", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n"),
        ("service.dog/service.yml", "image: x\ncommand: y\nports: []\nenvironment: {}\n"),
        ("service.dog/service.yml", "{{ if x }}\n"),
        ("service.cart/deploy/service.yaml", "apiVersion: v1\nkind: Service\n"),
        ("service.cart/deploy/service.yaml", "name: x\nimage: y\n"),
        ("service.cart/deploy/service.yaml", ""),
        ("service.cart/templates/service.yaml", "{{- if .Values.on }}\nkind: Service\n{{- end }}\n"),
        ("service.dog/.gitkeep", ""),
        ("service.cart/Egress/.gitkeep", ""),
        ("service.cart/outbound/queue.go", "package outbound\n"),
        ("service.dog/.service.yaml.swp", "b0VIM\n"),
    ] {
        let (exit, said) = check(&[(path, text)]);
        assert!(exit == Exit::Done && !said.contains("ignored-file"), "{path}: {said}");
    }
    // Another fleet below is its own.
    let (exit, said) = check(&[
        ("service.cart/testdata/hedgerow.yaml", CONFIG),
        ("service.cart/testdata/service.a/egress/service.b.rule", ""),
        ("testdata/hedgerow.yaml", CONFIG),
        ("testdata/service.a/egress/service.b.rule", ""),
    ]);
    assert!(exit == Exit::Done && !said.contains("ignored-file"), "{said}");
}
