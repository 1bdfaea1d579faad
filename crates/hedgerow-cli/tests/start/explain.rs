//! `hedgerow explain`, and the addresses that diagnostics end in.

use crate::common::{Command, testdata, tree};
use hedgerow::core::diag::Code;
use hedgerow_cli::Exit;

const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/codes");

#[test]
fn every_code_is_explained_by_its_page() {
    let here = tree(&[]);
    for code in Code::ALL {
        let ran = Command::new(here.path(), &format!("explain {}", code.as_str())).run();
        assert_eq!((ran.exit, ran.stderr.as_str()), (Exit::Done, ""));
        assert!(ran.out().starts_with(&format!("# `{}`\n", code.as_str())), "{}", ran.out());
        // The page is in the repository that the address names.
        assert!(testdata(&format!("../docs/codes/{}.md", code.as_str())).is_file(), "{}", code.as_str());
        assert_eq!(code.page(), format!("{PAGES}/{}.md", code.as_str()));
    }
    let list = Command::new(here.path(), "explain").run();
    // Behind them stand the reasons that `import` gives, of which none is called like a code.
    let of_import = |line: &&str| line.split_whitespace().nth(1) == Some("import");
    let (reasons, codes): (Vec<&str>, Vec<&str>) = list.out().lines().partition(of_import);
    assert_eq!(codes.len(), Code::ALL.len());
    for reason in &reasons {
        let name = reason.split_whitespace().next().unwrap_or_default();
        assert!(Code::ALL.iter().all(|code| code.as_str() != name), "{name}");
        assert_eq!(Command::new(here.path(), &format!("explain {name}")).run().exit, Exit::Done, "{name}");
    }
    assert!(reasons.len() > 30, "{}", list.out());
    assert!(list.out().contains("unknown-callee"), "{}", list.out());
}

#[test]
fn a_code_is_found_as_people_write_it_and_a_wrong_one_is_told_in_a_line() {
    let here = tree(&[]);
    for (written, near) in [
        ("unknwon-callee", "; did you mean `unknown-callee`?"),
        ("unknown-calee", "; did you mean `unknown-callee`?"),
        ("UNKNWON_CALLEE", "; did you mean `unknown-callee`?"),
        ("outside-calller", "; did you mean `outside-caller`?"),
        ("zebra", "."),
        ("", "."),
    ] {
        let ran = Command::new(here.path(), "explain").args([written]).run();
        assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""), "{written}");
        let said = format!("error: no code `{written}`{near} `hedgerow explain` lists all\n");
        assert_eq!(ran.stderr, said, "{written}");
    }
    for written in ["UNKNOWN_CALLEE", "Unknown-Callee", "unknown_callee", "UNKNOWN-CALLEE"] {
        let ran = Command::new(here.path(), &format!("explain {written}")).run();
        assert_eq!(ran.exit, Exit::Done, "{written}: {}", ran.stderr);
        assert!(ran.out().starts_with("# `unknown-callee`\n"), "{}", ran.out());
    }
    assert!(Command::new(here.path(), "explain OUTSIDE_CALLER").run().out().starts_with("# outside-caller\n"));
}

#[test]
fn pages_lead_to_addresses() {
    let here = tree(&[]);
    let (mut codes, mut pages) = (0, 0);
    for code in Code::ALL {
        let ran = Command::new(here.path(), &format!("explain {}", code.as_str())).run();
        for target in ran.out().split("](").skip(1) {
            let target = target.split(')').next().unwrap_or_default();
            assert!(target.starts_with('#') || target.starts_with("https://"), "{}: {target}", code.as_str());
            let base = PAGES.strip_suffix("codes").unwrap();
            let Some(below) = target.strip_prefix(base) else { continue };
            codes += usize::from(below.starts_with("codes/"));
            pages += usize::from(!below.starts_with("codes/"));
            let file = below.split('#').next().unwrap_or_default();
            assert!(testdata(&format!("../docs/{file}")).is_file(), "{}: {target}", code.as_str());
        }
    }
    assert!(codes > 5 && pages > 5, "{codes}, {pages}");
}

#[test]
fn every_format_names_the_page() {
    let here = tree(&[("hedgerow.yaml", b"version: 1\nlabels: {domain: bank.example}\nservices: {include: ['s.*']}\nenvironments: {prod: {stage: of}}\n")]);
    for format in ["text", "json", "github", "sarif"] {
        let ran = Command::new(here.path(), &format!("check --format {format}")).run();
        assert_eq!(ran.exit, Exit::Findings, "{format}");
        assert!(ran.out().contains(&format!("{PAGES}/invalid-value.md")), "{format}: {}", ran.out());
    }
    // Without a network the command says the same.
    for format in ["text", "github"] {
        let ran = Command::new(here.path(), &format!("check --format {format}")).run();
        assert!(ran.out().contains("more: hedgerow explain invalid-value, or https://"), "{format}: {}", ran.out());
    }
    let sarif: serde_json::Value =
        serde_json::from_slice(&Command::new(here.path(), "check --format sarif").run().stdout).unwrap();
    let rule = sarif.pointer("/runs/0/tool/driver/rules").and_then(|rules| rules.as_array()).unwrap().iter();
    assert!(
        rule.clone()
            .all(|rule| rule["helpUri"].as_str() == Some(&format!("{PAGES}/{}.md", rule["id"].as_str().unwrap())))
    );
    assert!(rule.count() > 0);
}
