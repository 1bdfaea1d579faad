//! What grows faster than its file.

use super::fleet;
use crate::{outcome, summary};

#[test]
fn what_grows_without_end_is_left_and_told() {
    let seeds = [
        ("var s = \"aaaaaaaa\";\n", "s = s + s;\n"),
        ("var s = \"aaaaaaaa\";\n", "s = $\"{s}{s}\";\n"),
        ("var s = \"aaaaaaaa\";\n", "s += s;\n"),
        ("var s = new[] { \"a\" };\n", "s = new[] { s, s };\n"),
        ("var s = new[] { emoji };\n", "s = [..s, ..s];\n"),
        ("var s = new[] { emoji };\n", "s = new[] { s, s }; emoji.WithReference(s);\n"),
        ("var s = \"a\";\n", "s = dev ? s + \"a\" : s + \"b\";\n"),
    ];
    for (seed, line) in seeds {
        let found = summary(&outcome(&fleet(&format!("{seed}{}", line.repeat(40)))));
        assert_eq!(found.last().map(String::as_str), Some("unparsed-code host/Host.cs"), "{line}");
    }
    // Each line of these looks at all the lines before it, or behind it.
    let lines = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let told = [
        ("lambdas that keep their names", lines(2000, &|at| format!("var f{at} = () => 1;\n"))),
        ("lambdas that are set", lines(2000, &|at| format!("f{at} = () => 1;\n"))),
        ("one lambda and ever more names", lines(2000, &|at| format!("var f{at} = 1;\nf = () => 1;\n"))),
        (
            "calls that many functions may answer",
            lines(2000, &|at| format!("q{at}.F(emoji);\nclass C{at} {{ void F(R a, int b) {{ }} }}\n")),
        ),
        (
            "calls of one of many functions",
            lines(2000, &|at| format!("C{at}.F(emoji);\nclass C{at} {{ static void F(R a, int b) {{ }} }}\n")),
        ),
        (
            "one of many functions that is handed on",
            lines(2000, &|at| format!("q{at}.G(F);\nclass C{at} {{ void F(R a, int b) {{ }} }}\n")),
        ),
        (
            "parameters of a class of which many objects are made",
            format!(
                "{}class A({}) {{ }}\n",
                "new A();\n".repeat(1000),
                (0..1000).map(|at| format!("int a{at}")).collect::<Vec<_>>().join(", ")
            ),
        ),
        ("names of classes in ever more others", lines(2000, &|at| format!("var x{at} = A{at}.B{at}.C;\n"))),
    ];
    for (what, text) in told {
        let found = summary(&outcome(&fleet(&text)));
        assert_eq!(found.last().map(String::as_str), Some("unparsed-code host/Host.cs"), "{what}");
    }
    // What is large and no more than that is read.
    let few =
        lines(300, &|at| format!("var f{at} = () => 1;\nC.F({at});\nclass C{at} {{ static void F(int a) {{ }} }}\n"));
    assert_eq!(summary(&outcome(&fleet(&(few + "emoji.WithReference(ledger);")))), ["emoji -> ledger addressed"]);
    let plain = lines(2000, &|at| format!("var f{at} = 1;\n"));
    assert_eq!(summary(&outcome(&fleet(&(plain + "emoji.WithReference(ledger);")))), ["emoji -> ledger addressed"]);
    let line = "emoji.WithEnvironment(\"A\", $\"{1}-{2}\");\n";
    let text = format!("{}emoji.WithReference(ledger);", line.repeat(3000));
    assert_eq!(summary(&outcome(&fleet(&text))), ["emoji -> ledger addressed"]);
}
