//! Runs that looked at nothing do not say that nothing is wrong.

use crate::{CONFIG, run, said, write};
use hedgerow_cli::Exit;

const GO: &str = "package main\n\nfunc main() {}\n";

fn scan(config: &str, files: &[(&str, &str)], command: &str) -> (Exit, String) {
    let tree = tempfile::tempdir().expect("a temporary directory");
    write(tree.path(), "hedgerow.yaml", config);
    write(tree.path(), "service.books/service.yaml", "");
    write(tree.path(), "service.cart/egress/service.books.rule", "");
    files.iter().for_each(|(path, text)| write(tree.path(), path, text));
    let ran = run(tree.path(), command, "");
    (ran.exit, said(&ran))
}

#[test]
fn a_scan_without_code_says_so() {
    let with = |scan: &str| format!("{CONFIG}scan: {scan}\n");
    for (config, files, passes) in [
        // There is no code at all.
        (CONFIG.to_owned(), &[][..], true),
        (CONFIG.to_owned(), &[("README.md", "x")], true),
        (CONFIG.to_owned(), &[("service.cart/main_test.go", GO)], true),
        (with("{manual: {service.cart: in Perl}}"), &[("service.cart/main.pl", "print 1;\n")], true),
        (with("{manual: {'*': elsewhere}, exclude: ['**']}"), &[("service.cart/main.go", GO)], true),
        (with("{exclude: ['**/*_test.go']}"), &[("service.cart/main_test.go", GO)], true),
        // There is, and none of it was read.
        (CONFIG.to_owned(), &[("app/main.go", GO)], false),
        (CONFIG.to_owned(), &[("service.cart/lib.go", "package lib\n\nfunc F() {}\n")], false),
        (with("{exclude: ['**']}"), &[("service.cart/main.go", GO)], false),
        (with("{exclude: ['service.*/**']}"), &[("service.cart/main.go", GO)], false),
        (with("{exclude: ['**/*.go']}"), &[("app/main.go", GO)], false),
        (with("{exclude: ['app/**']}"), &[("app/main.py", "print(1)\n")], false),
    ] {
        for command in ["scan", "scan --check"] {
            let (exit, said) = scan(&config, files, command);
            assert!(!said.contains("nothing wrong"), "{config}{files:?} {command}: {said}");
            assert!(
                said.contains("0 services with code") || said.contains("0 of 1 service"),
                "{files:?} {command}: {said}"
            );
            let is_done = passes || command == "scan";
            assert_eq!(exit == Exit::Done, is_done, "{config}{files:?} {command}: {said}");
            assert_eq!(said.contains("error[no-entry]"), !is_done, "{config}{files:?} {command}: {said}");
        }
    }
    let config = with("{exclude: ['app/**']}");
    let files = [("service.books/main.go", GO), ("app/main.go", GO)];
    let (exit, said) = scan(&config, &files, "scan --check service.cart");
    assert!(exit == Exit::Done && !said.contains("nothing wrong"), "{said}");
    let (exit, said) = scan(CONFIG, &[("service.cart/main.go", GO)], "scan");
    assert!(exit == Exit::Done && said.contains("1 service with code") && said.contains("nothing wrong"), "{said}");
}

#[test]
fn a_glob_of_what_the_scan_leaves_out_that_takes_nothing_is_told() {
    for (exclude, told) in [
        ("'nothing/**'", &["`nothing/**` excludes nothing"][..]),
        ("'tools/**', 'nothing/**'", &["`nothing/**` excludes nothing"]),
        ("tools", &["write `tools/**`"]),
        ("'/tools/**'", &["`/tools/**` excludes nothing"]),
        ("'*.rs', 'node_modules/**'", &["`*.rs` excludes nothing", "`node_modules/**` excludes nothing"]),
        ("'tools/**', 'tools/*.go'", &[]),
        ("'**/*.md'", &[]),
        // What `.gitignore` names is missed, but for what is left out as well.
        ("'out/**'", &[]),
    ] {
        let files = [
            ("service.cart/main.go", GO),
            ("tools/x.go", GO),
            ("README.md", "x"),
            ("node_modules/a/b.js", "1\n"),
            (".git/HEAD", ""),
            (".gitignore", "/out/\n"),
            ("out/x.go", GO),
        ];
        let (exit, said) = scan(&format!("{CONFIG}scan: {{exclude: [{exclude}]}}\n"), &files, "scan");
        assert_eq!(exit, Exit::Done, "{exclude}: {said}");
        for told in told {
            assert!(said.contains(told), "{exclude}: no `{told}` in {said}");
        }
        assert_eq!(said.matches("[idle-glob]").count(), told.len(), "{exclude}: {said}");
    }
}

#[test]
fn a_difference_of_nothing_says_why() {
    let tree = tempfile::tempdir().expect("a temporary directory");
    write(tree.path(), "hedgerow.yaml", &CONFIG.replace("service.*", "apps/*"));
    let ran = run(tree.path(), "diff .", "");
    assert_eq!(ran.exit, Exit::Done, "{}", said(&ran));
    assert!(ran.stderr.contains("warning[empty-fleet]") && ran.stderr.contains("idle-glob"), "{}", said(&ran));
    // A side that has some is compared, and the one without is named.
    let full = tempfile::tempdir().expect("a temporary directory");
    write(full.path(), "hedgerow.yaml", CONFIG);
    write(full.path(), "service.books/service.yaml", "");
    let (empty, full) = (tree.path().display().to_string(), full.path().display().to_string());
    let ran = run(tree.path(), &format!("diff {empty} {full}"), "");
    assert!(
        ran.stderr.contains("has no services, so all of this is new") && !ran.stderr.contains("empty-fleet"),
        "{}",
        said(&ran)
    );
    let ran = run(tree.path(), &format!("diff {full} {empty}"), "");
    assert!(ran.stderr.contains("warning[empty-fleet]") && ran.out().contains("service.books"), "{}", said(&ran));
    let ran = run(tree.path(), &format!("diff {full} {full}"), "");
    assert_eq!((ran.out(), ran.stderr.as_str()), ("nothing changes\n", ""));
}
