//! Input that no reader wants.

use crate::common::{Command, Ran, tree};
use crate::{CONFIG, fleet, workload};
use hedgerow_cli::Exit;

fn post_render(stream: impl Into<Vec<u8>>) -> Ran {
    Command::new(&fleet(), "post-render --env prod --service service.emoji").stdin(stream).run()
}

#[track_caller]
fn refused(stream: impl Into<Vec<u8>>, why: &str) {
    let ran = post_render(stream);
    assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains(why), "{}", ran.stderr);
}

fn utf_16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(unit).collect()
}

/// What is above such a line is not what its author means: it was edited as if it were.
#[test]
fn lines_in_the_column_of_nothing_around_them_are_refused() {
    let of = |below: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: emoji\nspec:\n  template:\n    metadata:\n{below}    spec:\n      containers: []\n"
        )
    };
    for wrong in [
        "   labels:\n        app: emoji\n",
        "   ...\n   labels:\n        app: emoji\n",
        "      labels:\n        app: emoji\n     tier: one\n",
        "      labels:\n        app: emoji\n       tier: one\n",
        "      annotations:\n        a: b\n     labels:\n        app: emoji\n",
    ] {
        refused(of(wrong), "error[invalid-yaml]");
    }
    for right in [
        "",
        "      labels:\n        app: emoji\n",
        "      annotations:\n            a: b\n      labels:\n       app: emoji\n",
    ] {
        let ran = post_render(of(right));
        assert_eq!(ran.exit, Exit::Done, "{right}: {}", ran.stderr);
    }
}

#[test]
fn other_encodings_on_standard_input_are_refused_by_name_and_offset() {
    let mut broken = workload("s-emoji").into_bytes();
    let at = broken.len();
    broken.extend(b"\xff\n");
    refused(broken, &format!("byte {at}"));
    refused(utf_16(&workload("s-emoji"), u16::to_le_bytes), "UTF-16");
    refused(utf_16(&workload("s-emoji"), u16::to_be_bytes), "UTF-16");
    // A stream that ends within a character was cut off.
    refused(&"# größe".as_bytes()[..5], "byte 4");
}

#[test]
fn other_encodings_in_files_are_refused_by_name_and_offset() {
    let utf_16 = utf_16("owner: x\n", u16::to_le_bytes);
    for (path, bytes, why) in [
        ("service.a/service.yaml", b"owner: \xff\n".as_slice(), "byte 7"),
        ("service.a/service.yaml", &utf_16, "UTF-16"),
        ("service.a/egress/service.b.rule", b"\xc3", "byte 0"),
        ("hedgerow.yaml", b"# \xe4\n", "byte 2"),
    ] {
        let mut files: Vec<(&str, &[u8])> = vec![("service.b/service.yaml", b"owner: x\n"), (path, bytes)];
        if path != "hedgerow.yaml" {
            files.push(("hedgerow.yaml", CONFIG.as_bytes()));
        }
        let ran = Command::new(tree(&files).path(), "check").run();
        assert_eq!(ran.exit, Exit::Findings);
        assert!(ran.out().contains("invalid-encoding") && ran.out().contains(why), "{path}: {}", ran.out());
        assert!(ran.out().contains(path), "{}", ran.out());
    }
}

#[test]
fn a_scalar_of_ten_megabytes_passes() {
    let long = "x".repeat(10 << 20);
    for stream in [
        format!("{}    spec:\n      value: {long}\n", workload("s-emoji")),
        format!("{}    spec:\n      value: '{long}'\n", workload("s-emoji")),
        format!("{}---\napiVersion: v1\nkind: ConfigMap\ndata:\n  x: |\n    {long}\n", workload("s-emoji")),
    ] {
        let ran = post_render(stream.clone());
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
        assert!(ran.stdout.len() > stream.len());
    }
    // As a value on the way to an error, it is not printed.
    let ran = post_render(workload("s-emoji").replace("app: x", &format!("bank.example/service-type: {long}")));
    assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""));
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    for deep in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), "? ".repeat(100_000)] {
        for stream in [
            deep.clone(),
            format!("kind: Deployment\napiVersion: apps/v1\nspec:\n  template: {deep}\n"),
            format!("{}    spec: {deep}\n", workload("s-emoji")),
        ] {
            let ran = post_render(stream);
            assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""));
        }
    }
    let steps: String = (0..5_000).map(|depth| format!("{}a:\n", " ".repeat(depth % 2_000))).collect();
    let ran = post_render(steps);
    assert!(ran.exit == Exit::Done || ran.out().is_empty());
}

#[test]
fn deep_nesting_in_files_is_reported() {
    let deep = "[".repeat(100_000);
    for path in ["hedgerow.yaml", "service.a/service.yaml", "service.a/egress/service.b.rule"] {
        let mut files: Vec<(&str, &[u8])> = vec![("service.b/service.yaml", b"owner: x\n"), (path, deep.as_bytes())];
        if path != "hedgerow.yaml" {
            files.push(("hedgerow.yaml", CONFIG.as_bytes()));
        }
        let ran = Command::new(tree(&files).path(), "check").run();
        assert_eq!(ran.exit, Exit::Findings);
        assert!(ran.out().contains("invalid-yaml") && ran.out().contains(path), "{path}: {}", ran.out());
        assert!(ran.out().len() < 10_000, "the line is not printed");
    }
}

#[test]
fn aliases_are_never_expanded() {
    let levels: String = ('b'..='k')
        .zip('a'..='j')
        .map(|(name, other)| {
            let many = vec![format!("*{other}"); 9].join(", ");
            format!("{name}: &{name} [{many}]\n")
        })
        .collect();
    let bomb = format!("a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n{levels}");
    // Beside the way to the labels it passes; in a fleet's own files it is refused.
    let stream = format!("{}{bomb}", workload("s-emoji"));
    let ran = post_render(stream);
    assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    let files: &[(&str, &[u8])] = &[("hedgerow.yaml", CONFIG.as_bytes()), ("service.a/service.yaml", bomb.as_bytes())];
    let check = Command::new(tree(files).path(), "check").run();
    assert_eq!(check.exit, Exit::Findings);
    // A selector that is an alias of aliases is followed a few steps and no further.
    let labels = "bank.example/egress-s-x: y";
    let selector =
        format!("{bomb}x: &x {{{labels}}}\n{}", workload("s-emoji").replace("spec:\n", "spec:\n  selector: *k\n"));
    assert_eq!(post_render(selector).exit, Exit::Done);
}

#[test]
fn a_stream_cut_off_anywhere_gives_all_of_it_or_nothing() {
    let stream = format!(
        "{}    spec:\n      containers: [{{name: \"main\", args: ['x']}}]\n---\n{}",
        workload("s-emoji"),
        workload("s-emoji").replace("app: x", "\"app\": \"größe\"")
    );
    let ends = (0..stream.len()).filter(|end| stream.is_char_boundary(*end));
    for end in ends {
        let cut = &stream[..end];
        let ran = post_render(cut);
        assert!(
            ran.exit == Exit::Done || (ran.exit == Exit::BadInput && ran.stdout.is_empty()),
            "at {end}: {}",
            ran.stderr
        );
        if ran.exit == Exit::Done {
            let mut out = ran.out().bytes();
            assert!(cut.bytes().all(|byte| out.any(|other| other == byte)), "at {end} bytes are lost:\n{}", ran.out());
        }
    }
}

#[test]
fn a_rule_file_cannot_lead_elsewhere_by_its_name() {
    let names = [
        "...rule",
        "....rule",
        ".rule",
        "..service.b.rule",
        "service.b..rule",
        "service.b\\x.rule",
        "~.rule",
        " .rule",
        "-.rule",
    ];
    for name in names {
        let path = format!("service.a/egress/{name}");
        let root =
            tree(&[("hedgerow.yaml", CONFIG.as_bytes()), ("service.b/service.yaml", b"owner: x\n"), (&path, b"")]);
        let ran = Command::new(root.path(), "check").run();
        assert_eq!(ran.exit, Exit::Findings, "{name}");
        assert!(ran.out().contains("bad-name") && ran.out().contains(name), "{name}: {}", ran.out());
    }
}

#[test]
fn a_file_larger_than_any_that_is_meant_is_refused() {
    let large = format!("# {}\n", "x".repeat(2 << 20));
    let root = tree(&[("hedgerow.yaml", CONFIG.as_bytes()), ("service.a/service.yaml", large.as_bytes())]);
    let ran = Command::new(root.path(), "check").run();
    assert_eq!(ran.exit, Exit::Findings);
    assert!(ran.out().contains("is larger than 1048576 bytes"), "{}", ran.out());
}

#[test]
fn a_file_where_a_directory_is_meant_and_the_other_way_round() {
    for (files, expected) in [
        // A file that a glob of services matches is no service.
        (vec![("service.a", b"x".as_slice())], "0 services"),
        (vec![("service.a/egress", b"x".as_slice())], "unreadable"),
        (vec![("service.a/service.yaml/x", b"x".as_slice())], "unreadable"),
        (vec![("service.a/egress/service.b.rule/x", b"x".as_slice()), ("service.b/service.yaml", b"")], "unreadable"),
    ] {
        let mut files = files.clone();
        files.push(("hedgerow.yaml", CONFIG.as_bytes()));
        let ran = Command::new(tree(&files).path(), "check").run();
        let said = format!("{}{}", ran.out(), ran.stderr);
        assert!(said.contains(expected), "{files:?}: {said}");
    }
    let root = tree(&[("hedgerow.yaml/x", b"")]);
    let ran = Command::new(root.path(), "-C . check").run();
    assert_ne!(ran.exit, Exit::Done);
    assert!(ran.out().contains("hedgerow.yaml") || ran.stderr.contains("hedgerow.yaml"));
}

#[cfg(unix)]
mod links {
    use crate::common::{Command, tree};
    use crate::{CONFIG, workload};
    use hedgerow_cli::Exit;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn loops_of_links_end() {
        let config = CONFIG.replace("'service.*'", "'**/service.*'");
        let root = tree(&[("hedgerow.yaml", config.as_bytes()), ("deep/service.a/service.yaml", b"owner: x\n")]);
        symlink("..", root.path().join("deep/up")).unwrap();
        symlink(".", root.path().join("here")).unwrap();
        symlink("self", root.path().join("self")).unwrap();
        let ran = Command::new(root.path(), "check").run();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.out());
        assert!(ran.stderr.starts_with("1 service,"), "{}", ran.stderr);

        std::fs::create_dir(root.path().join("deep/service.a/egress")).unwrap();
        symlink("service.b.rule", root.path().join("deep/service.a/egress/service.b.rule")).unwrap();
        let ran = Command::new(root.path(), "check").run();
        assert_eq!(ran.exit, Exit::Findings);
        assert!(ran.out().contains("unreadable"), "{}", ran.out());
    }

    #[test]
    fn links_that_lead_out_are_refused() {
        let outside = tree(&[
            ("service.yaml", b"owner: x\n"),
            ("egress/service.b.rule", b""),
            ("service.c/service.yaml", b"owner: x\n"),
        ]);
        for (from, to) in [
            ("service.a/service.yaml", "service.yaml"),
            ("service.a/egress", "egress"),
            ("service.a/egress/service.b.rule", "egress/service.b.rule"),
            ("service.c", "service.c"),
        ] {
            let root =
                tree(&[("hedgerow.yaml", CONFIG.as_bytes()), ("service.a/x", b""), ("service.b/service.yaml", b"")]);
            let from = root.path().join(from);
            std::fs::create_dir_all(from.parent().unwrap()).unwrap();
            symlink(outside.path().join(to), &from).unwrap();
            let ran = Command::new(root.path(), "check").run();
            assert_eq!(ran.exit, Exit::Findings, "{}: {}", from.display(), ran.stderr);
            assert!(ran.out().contains("leads out of the tree"), "{}: {}", from.display(), ran.out());
        }
    }

    #[test]
    fn links_within_the_tree_are_followed() {
        let root = tree(&[
            ("hedgerow.yaml", CONFIG.as_bytes()),
            ("service.a/egress/service.b.rule", b""),
            ("service.b/service.yaml", b"owner: x\n"),
            ("shared/rule", b"reason: shared\n"),
        ]);
        std::fs::create_dir_all(root.path().join("service.c/egress")).unwrap();
        symlink("../../shared/rule", root.path().join("service.c/egress/service.b.rule")).unwrap();
        symlink("service.a", root.path().join("service.d")).unwrap();
        let ran = Command::new(root.path(), "check").run();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.out());
        assert!(ran.stderr.starts_with("4 services, 3 rules"), "{}", ran.stderr);
    }

    /// What is read through a link is read, wherever it lies.
    #[test]
    fn what_a_link_leads_to_is_not_told_as_unread() {
        type Links = &'static [(&'static str, &'static str)];
        type Files = &'static [(&'static str, &'static [u8])];
        let rows: [(Files, Links); 7] = [
            (&[("real/service.b.rule", b"")], &[("service.a/egress/service.b.rule", "../../real/service.b.rule")]),
            (&[("real/egress/service.b.rule", b"")], &[("service.a/egress", "../real/egress")]),
            (
                &[("real/a/egress/service.b.rule", b""), ("real/a/service.yaml", b"owner: x\n")],
                &[("service.a", "real/a")],
            ),
            (
                &[("real/meta/service.yaml", b"owner: x\n"), ("service.a/egress/service.b.rule", b"")],
                &[("service.a/service.yaml", "../real/meta/service.yaml")],
            ),
            // Through another service's own directories, in which nobody would look.
            (&[("service.b/rules/service.b.rule", b"")], &[("service.a/egress", "../service.b/rules")]),
            (&[("service.b/shared.rule", b"")], &[("service.a/egress/service.b.rule", "../../service.b/shared.rule")]),
            (
                &[("service.b/deep/er/any.rule", b"")],
                &[("service.a/egress/service.b.rule", "../../service.b/deep/er/any.rule")],
            ),
        ];
        for (files, links) in rows {
            let mut all =
                vec![("hedgerow.yaml", CONFIG.as_bytes()), ("service.b/service.yaml", b"owner: x\n".as_slice())];
            all.extend(files);
            let root = tree(&all);
            for (from, to) in links {
                let from = root.path().join(from);
                std::fs::create_dir_all(from.parent().unwrap()).unwrap();
                symlink(to, from).unwrap();
            }
            let ran = Command::new(root.path(), "check").run();
            assert_eq!((ran.exit, ran.out()), (Exit::Done, ""), "{links:?}");
            assert!(ran.stderr.starts_with("2 services, 1 rule:"), "{links:?}: {}", ran.stderr);
            // What lies beside it is told still.
            let (path, _) = files[0];
            let beside = root.path().join(path).parent().unwrap().join("deeper/service.c.rule");
            std::fs::create_dir_all(beside.parent().unwrap()).unwrap();
            std::fs::write(beside, "").unwrap();
            let ran = Command::new(root.path(), "check").run();
            assert!(ran.exit == Exit::Findings && ran.out().contains("deeper"), "{links:?}: {}", ran.out());
        }
    }

    #[test]
    fn links_to_nothing_and_files_for_directories_say_what_to_do() {
        let nowhere = "is a link that leads nowhere";
        let mend = "let the link lead to what is meant, or remove it";
        for (from, to, words, help) in [
            ("service.zz", "gone", nowhere, mend),
            ("service.zz", "service.zz", nowhere, mend),
            ("service.a/egress", "../gone", nowhere, mend),
            ("service.a/egress/service.b.rule", "../gone", nowhere, mend),
            ("service.a/service.yaml", "../hedgerow.yaml/x", nowhere, mend),
            (
                "service.a/egress",
                "../hedgerow.yaml",
                "is a file, and a directory is expected there",
                "make a directory `service.a/egress` for the rules",
            ),
            ("service.a/egress", "", "is a file, and a directory is expected there", "give the file another name"),
        ] {
            let root = tree(&[
                ("hedgerow.yaml", CONFIG.as_bytes()),
                ("service.a/main.go", b""),
                ("service.b/service.yaml", b"owner: x\n"),
            ]);
            let path = root.path().join(from);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            if to.is_empty() {
                std::fs::write(path, "").unwrap();
            } else {
                symlink(to, path).unwrap();
            }
            let ran = Command::new(root.path(), "check").run();
            assert_eq!(ran.exit, Exit::Findings, "{from}: {}", ran.stderr);
            let said = format!("`{from}` {words}");
            assert!(ran.out().contains(&said) && ran.out().contains(help), "{from} -> {to}: {}", ran.out());
            assert_eq!(ran.out().matches("error[").count(), 1, "{from} -> {to}: {}", ran.out());
        }
        // One that is called like no service, is excluded, or leads to a file is none.
        let root = tree(&[("hedgerow.yaml", CONFIG.as_bytes()), ("service.b/service.yaml", b"owner: x\n")]);
        symlink("gone", root.path().join("service.Z")).unwrap();
        symlink("gone", root.path().join("result")).unwrap();
        symlink("hedgerow.yaml", root.path().join("service.f")).unwrap();
        assert_eq!(Command::new(root.path(), "check").run().exit, Exit::Done);
        let root = tree(&[("x", b"")]);
        symlink("gone", root.path().join("hedgerow.yaml")).unwrap();
        let ran = Command::new(root.path(), "-C . check").run();
        assert!(format!("{}{}", ran.out(), ran.stderr).contains(nowhere), "{}{}", ran.out(), ran.stderr);
    }

    #[test]
    fn a_link_to_nowhere_is_reported() {
        let root = tree(&[("hedgerow.yaml", CONFIG.as_bytes()), ("service.a/x", b""), ("service.b/service.yaml", b"")]);
        symlink("nowhere", root.path().join("service.a/service.yaml")).unwrap();
        let ran = Command::new(root.path(), "check").run();
        assert_eq!(ran.exit, Exit::Findings);
        assert!(ran.out().contains("unreadable") && ran.out().contains("service.a/service.yaml"), "{}", ran.out());
    }

    #[test]
    fn a_directory_that_cannot_be_read_is_reported_and_stops_nobody_else() {
        let root = tree(&[
            ("hedgerow.yaml", CONFIG.as_bytes()),
            ("service.a/egress/service.b.rule", b""),
            ("service.b/service.yaml", b"owner: x\n"),
            ("service.secret/egress/service.b.rule", b""),
        ]);
        let secret = root.path().join("service.secret");
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o000)).unwrap();
        let can_read_anything = std::fs::read_dir(&secret).is_ok();
        if can_read_anything {
            eprintln!("skipped: this user can read every directory");
        } else {
            let ran = Command::new(root.path(), "check").run();
            assert_eq!(ran.exit, Exit::Findings, "{}", ran.stderr);
            assert!(ran.out().contains("unreadable") && ran.out().contains("service.secret"), "{}", ran.out());
        }
        let ran = Command::new(root.path(), "post-render --service service.a").stdin(workload("s-a")).run();
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(ran.exit, Exit::Done, "{}", ran.stderr);
    }
}
