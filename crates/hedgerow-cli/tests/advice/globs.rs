//! Globs that take nothing, and directories that no glob takes.

use crate::Deed::{Rename, Write};
use crate::{CONFIG, Row, row, run, said, write};

/// A configuration with these services.
macro_rules! config {
    ($services:literal) => {
        concat!(
            "version: 1\nlabels: {domain: bank.example}\nservices: ",
            $services,
            "\nenvironments: {prod: {stage: enforce}}\n"
        )
    };
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row(
            &[("hedgerow.yaml", config!("{include: [\"service.*\", \"service.cart\"]}"))],
            "check",
            "idle-glob",
            "take it away",
            &[Write("hedgerow.yaml", CONFIG)],
        ),
        row(
            &[("services.pay/egress/service.books.rule", "")],
            "check",
            "ignored-file",
            "did you mean `service.pay`? rename the directory",
            &[Rename("services.pay", "service.pay")],
        ),
        row(
            &[("services.cart/egress/service.books.rule", "")],
            "check",
            "ignored-file",
            "did you mean `service.cart`? it is a service already: move the files there",
            &[Rename("services.cart/egress", "service.cart/egress")],
        ),
        row(
            &[("hedgerow.yaml", config!("{include: [\"Service.*\"]}"))],
            "check",
            "ignored-file",
            "did you mean `service.*`? write it for `Service.*` under `services.include`",
            &[Write("hedgerow.yaml", CONFIG)],
        ),
        row(
            &[("hedgerow.yaml", config!("{include: [\"servce.*\"]}"))],
            "check",
            "ignored-file",
            "did you mean `service.*`? write it for `servce.*`",
            &[Write("hedgerow.yaml", CONFIG)],
        ),
        row(
            &[("hedgerow.yaml", config!("{include: [\"apps/service.*\"]}"))],
            "check",
            "ignored-file",
            "did you mean `service.*`? write it for `apps/service.*`",
            &[Write("hedgerow.yaml", CONFIG)],
        ),
        row(
            &[("hedgerow.yaml", config!("{include: [\"service.*/service.yaml\"]}"))],
            "check",
            "ignored-file",
            "did you mean `service.*`? write it for `service.*/service.yaml`",
            &[Write("hedgerow.yaml", CONFIG)],
        ),
        row(
            &[("hedgerow.yaml", config!("{include: [\"service.*/service.yaml\"]}"))],
            "check",
            "idle-glob",
            "a service is a directory: write `service.*`",
            &[Write("hedgerow.yaml", CONFIG)],
        ),
        row(
            &[("hedgerow.yaml", config!("{include: [\"service.*\"], exclude: [\"service.*\"]}"))],
            "check",
            "empty-fleet",
            "would be one: take `service.*` out of `services.exclude`",
            &[Write("hedgerow.yaml", CONFIG)],
        ),
        row(
            &[("hedgerow.yaml", config!("{include: [\"service.*\"], exclude: [\"service.*\"]}"))],
            "check",
            "idle-glob",
            "take `service.*` out of `services.exclude`, or exclude less by it",
            &[Write("hedgerow.yaml", CONFIG)],
        ),
        row(
            &[
                ("hedgerow.yaml", config!("{include: [\"service.*\"], exclude: [\"service.dog*\", service.dog]}")),
                ("service.dog/x.txt", ""),
            ],
            "check",
            "idle-glob",
            "take it away",
            &[Write("hedgerow.yaml", config!("{include: [\"service.*\"], exclude: [\"service.dog*\"]}"))],
        ),
        row(
            &[("hedgerow.yaml", config!("{include: [\"App.*\"]}"))],
            "graph",
            "empty-fleet",
            "such as `service.*` for `service.ledger`",
            &[Write("hedgerow.yaml", CONFIG)],
        ),
        row(
            &[
                (
                    "hedgerow.yaml",
                    "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\nscan: {exclude: [tools]}\n",
                ),
                ("tools/main.go", "package main\n\nfunc main() {}\n"),
                ("service.cart/main.go", "package main\n\nfunc main() {}\n"),
            ],
            "scan",
            "idle-glob",
            "write `tools/**` where a directory is meant",
            &[Write(
                "hedgerow.yaml",
                "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\nscan: {exclude: [\"tools/**\"]}\n",
            )],
        ),
        row(
            &[
                (
                    "hedgerow.yaml",
                    "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\nscan: {exclude: [\"**\"]}\n",
                ),
                ("service.cart/main.go", "package main\n\nfunc main() {}\n"),
            ],
            "scan --check",
            "no-entry",
            "leave out less",
            &[Write("hedgerow.yaml", CONFIG)],
        ),
        row(
            &[
                (
                    "hedgerow.yaml",
                    "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\nscan: {services: app}\n",
                ),
                ("app/service.cart/main.go", "package main\n\nfunc main() {}\n"),
            ],
            "scan",
            "invalid-value",
            "write `[{path: \"app\"}]`",
            &[Write(
                "hedgerow.yaml",
                "version: 1\nlabels: {domain: bank.example}\nservices: {include: [\"service.*\"]}\nenvironments: {prod: {stage: enforce}}\nscan: {services: [{path: \"app/{name}\"}]}\n",
            )],
        ),
    ]
}

/// What `check` says with these globs, of the services books and cart.
fn check(services: &str) -> String {
    let fleet = tempfile::tempdir().expect("a temporary directory");
    let config = CONFIG.replace("{include: [\"service.*\"]}", services);
    for (path, text) in [
        ("hedgerow.yaml", config.as_str()),
        ("service.books/service.yaml", ""),
        ("service.cart/service.yaml", ""),
        ("service.cart/egress/service.books.rule", ""),
        ("cron.close/service.yaml", ""),
        ("docs/readme.txt", ""),
        ("service.cart/vendor/x.txt", ""),
    ] {
        write(fleet.path(), path, text);
    }
    said(&run(fleet.path(), "check", ""))
}

#[test]
fn a_glob_that_another_makes_idle_is_told() {
    for (services, told) in [
        (
            "{include: [\"service.*\", \"service.cart\", \"cron.*\"]}",
            &["`service.cart` has no effect: all that it matches is matched by `service.*` too"][..],
        ),
        ("{include: [\"service.cart\", \"service.*\", \"cron.*\"]}", &["`service.cart` has no effect"]),
        (
            "{include: [\"*.*\", \"service.*\", \"cron.*\"]}",
            &["`service.*` has no effect: all that it matches is matched by `*.*` too", "`cron.*` has no effect"],
        ),
        (
            "{include: [\"**\", \"service.*\"]}",
            &["`service.*` has no effect: all that it matches is matched by `**` too"],
        ),
        // Of two that match the same, the later one.
        ("{include: [\"service.*\", \"serv*.*\", \"cron.*\"]}", &["`serv*.*` has no effect"]),
        ("{include: [\"service.*\", \"service.*\", \"cron.*\"]}", &["`service.*` has no effect"]),
        // By two together.
        (
            "{include: [\"service.b*\", \"service.c*\", \"service.*s\", \"service.*t\", \"cron.*\"]}",
            &["`service.*s` has no effect", "`service.*t` has no effect"],
        ),
        (
            "{include: [\"service.b*\", \"*.c*\", \"service.*\"]}",
            &["`service.*` has no effect: all that it matches is matched by `service.b*` and `*.c*` too"],
        ),
        (
            "{include: [\"*.*\"], exclude: [\"cron.*\", cron.close]}",
            &["`cron.close` has no effect: all that it matches is excluded by `cron.*` too"],
        ),
        // Each takes something that no other does.
        ("{include: [\"service.*\", \"cron.*\"]}", &[]),
        ("{include: [\"service.books\", \"service.cart\", \"cron.close\"]}", &[]),
        ("{include: [\"*.c*\", \"service.*\"]}", &[]),
        ("{include: [\"service.*\"], exclude: [\"cron.*\"]}", &[]),
        ("{include: [\"service.*\"], exclude: [docs, \"**/vendor\"]}", &[]),
    ] {
        let said = check(services);
        for told in told {
            assert!(said.contains(told), "{services}: no `{told}` in {said}");
        }
        assert_eq!(said.matches("[idle-glob]").count(), told.len(), "{services}: {said}");
        assert!(told.is_empty() || said.contains("take it away"), "{services}: {said}");
    }
}

#[test]
fn globs_that_are_faulty_leave_no_hole_in_a_sentence() {
    for services in [
        "{include: [\".\"]}",
        "{include: [\"./service.*\"]}",
        "{include: service.*}",
        "{include: []}",
        "{exclude: [x]}",
    ] {
        let said = check(services);
        assert!(!said.contains("which has ;") && !said.contains("ignored-file"), "{services}: {said}");
        assert!(said.contains("error["), "{services}: {said}");
    }
}

#[test]
fn no_help_names_a_directory_that_cannot_be_a_service() {
    let meant = |services: &str, directory: &str| {
        let fleet = tempfile::tempdir().expect("a temporary directory");
        write(fleet.path(), "hedgerow.yaml", &CONFIG.replace("{include: [\"service.*\"]}", services));
        write(fleet.path(), "service.cart/service.yaml", "owner: x\n");
        write(fleet.path(), &format!("{directory}/egress/service.cart.rule"), "");
        let said = said(&run(fleet.path(), "check", ""));
        let part = said.split(&format!("`{directory}` holds")).nth(1).unwrap_or_default().to_owned();
        let part = part.split("= more").next().unwrap_or_default().to_owned();
        let meant = part.split("did you mean `").nth(1).and_then(|rest| rest.split('`').next());
        meant.unwrap_or_default().to_owned()
    };
    let usual = "{include: [\"service.*\"]}";
    for (services, directory, expected) in [
        (usual, "services.pay", "service.pay"),
        (usual, "serivce.pay", "service.pay"),
        (usual, "Service.pay", "service.pay"),
        (usual, "sevice.pay", "service.pay"),
        (usual, "service-pay", "service.pay"),
        (usual, "servicee..pay", ""),
        (usual, "Service.Pay", ""),
        (usual, "apps/serivce.pay", ""),
        ("{include: [\"**/service.*\"]}", "apps/serivce.pay", "apps/service.pay"),
        ("{include: [\"service.*\"], exclude: [service.pay]}", "services.pay", ""),
        ("{include: [\"Service.*\"]}", "service.pay", "service.*"),
        ("{include: [\"SERVICE.*\", \"service.cart\"]}", "service.pay", "service.*"),
        ("{include: [\"services.*\", \"service.cart\"]}", "service.pay", "service.*"),
        ("{include: [\"cron.*\", \"service.cart\"]}", "service.pay", ""),
    ] {
        assert_eq!(meant(services, directory), expected, "{services} {directory}");
    }
}
