//! Whatever a file holds, reading it ends, and what is nested deeper than people write is reported.
#![allow(clippy::unwrap_used, reason = "tests")]

use hedgerow_code::frontend::Language;
use hedgerow_code::room::in_parallel;

#[test]
fn deep_code_is_read_to_a_depth() {
    in_parallel(|| {
        for (language, open, close) in [
            (Language::Go, "(", ")"),
            (Language::Python, "[", "]"),
            (Language::Java, "(", ")"),
            (Language::CSharp, "(", ")"),
            (Language::Kotlin, "(", ")"),
            (Language::JavaScript, "[", "]"),
            (Language::TypeScript, "(", ")"),
            (Language::Ruby, "[", "]"),
            (Language::Php, "[", "]"),
            (Language::Rust, "[", "]"),
        ] {
            let (head, tail) = match language {
                Language::Go => ("package main\nvar x = ", ""),
                Language::CSharp | Language::Java => ("class A { int x = ", "; }"),
                Language::Php => ("<?php $x = ", ";"),
                Language::Rust => ("fn f() { let x = ", "; }"),
                Language::Python | Language::JavaScript | Language::TypeScript | Language::Ruby => ("x = ", ""),
                Language::Kotlin => ("val x = ", ""),
            };
            let text = format!("{head}{}1{}{tail}\n", open.repeat(5_000), close.repeat(5_000));
            let facts = language.frontend().unwrap().facts(&text);
            assert!(facts.is_sound() && !facts.faults.is_empty(), "{language:?}");
        }
    });
}

#[test]
fn a_written_type_is_kept_once_however_often_it_is_used() {
    let rows = [
        // The parts of a type are a part of it alone; the one beside it is the type of the results.
        ("func f() (func() (func() (func() (a, b)))) { return nil }", 1),
        ("var x interface { M(a struct{ n int }) (func() (a, b)) }", 1),
        // A list, and what it holds.
        ("var x = []struct{ a, b, c int }{{1}, {2}, {3}, {4}}", 2),
        ("var x = map[string][]struct{ a int }{\"a\": {{1}, {2}}, \"b\": {{3}}, \"c\": nil}", 3),
        ("var x = [][]string{{\"a\"}, {\"b\"}}", 2),
    ];
    for (code, types) in rows {
        let facts = Language::Go.frontend().unwrap().facts(&format!("package p\n{code}\n"));
        assert!(facts.is_sound() && facts.faults.is_empty(), "{code}");
        assert_eq!(facts.written.len(), types, "{code}: {:?}", facts.written);
    }
}

/// Runs a test where the stack is that of a small thread.
fn with_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(256 << 10).spawn(work).unwrap().join().unwrap()
}

/// `head`, so often `open`, `middle`, so often `close`, `tail`.
fn nested(head: &str, open: &str, middle: &str, close: &str, tail: &str, depth: usize) -> String {
    format!("{head}{}{middle}{}{tail}", open.repeat(depth), close.repeat(depth))
}

/// So deep is what the tests below nest.
const DEPTH: usize = 100_000;

#[test]
fn every_kind_of_nesting_ends_with_a_report_in_a_thread_with_a_small_stack() {
    type Row = (Language, &'static str, &'static str, &'static str, &'static str, &'static str);
    let rows: &[Row] = &[
        (Language::Go, "package main\nvar x = ", "(", "1", ")", "\n"),
        (Language::Go, "package main\nvar x ", "[]", "int", "", "\n"),
        (Language::Go, "package main\nfunc f() ", "{", "", "}", "\n"),
        (Language::Go, "package main\nvar x = ", "f(", "1", ")", "\n"),
        (Language::Python, "x = ", "[", "1", "]", "\n"),
        (Language::Python, "x = ", "f(", "1", ")", "\n"),
        (Language::Python, "", "(", "a", ",)", " = 1\n"),
        (Language::Python, "def f(x: ", "Optional[", "int", "]", "):\n    pass\n"),
        (Language::Java, "class A { int x = ", "(", "1", ")", "; }"),
        (Language::Java, "class A { ", "List<", "String", ">", " x; }"),
        (Language::Java, "", "class A { ", "", "}", "\n"),
        (Language::Java, "class A { void f() ", "{", "", "}", " }"),
        (Language::JavaScript, "x = ", "[", "1", "]", "\n"),
        (Language::JavaScript, "const ", "[", "a", "]", " = x\n"),
        (Language::JavaScript, "x = ", "f(", "1", ")", "\n"),
        (Language::TypeScript, "x = ", "(", "1", ")", "\n"),
        (Language::TypeScript, "let x: ", "Promise<", "string", ">", "\n"),
        (Language::TypeScript, "", "if (x) {", "", "}", "\n"),
        (Language::CSharp, "class A { int x = ", "(", "1", ")", "; }"),
        (Language::CSharp, "class A { ", "List<", "string", ">", " x; }"),
        (Language::CSharp, "", "class A { ", "", "}", "\n"),
        (Language::CSharp, "", "namespace A { ", "", "}", "\n"),
        (Language::CSharp, "class A { void F() ", "{", "", "}", " }"),
        (Language::CSharp, "x = ", "f(", "1", ")", ";\n"),
        (Language::CSharp, "var b = DistributedApplication.CreateBuilder(args); b", ".AddRedis(\"x\"", "", ")", ";\n"),
        (Language::Kotlin, "val x = ", "f(", "1", ")", "\n"),
        (Language::Kotlin, "val x: ", "List<", "String", ">", " = y\n"),
        (Language::Kotlin, "", "class A { ", "", "}", "\n"),
        (Language::Kotlin, "fun f() ", "{ x.let ", "", "}", "\n"),
    ];
    for (language, head, open, middle, close, tail) in rows.iter().copied() {
        with_a_small_stack(move || {
            let text = nested(head, open, middle, close, tail, DEPTH);
            let facts = language.frontend().unwrap().facts(&text);
            assert!(facts.is_sound() && !facts.faults.is_empty(), "{language:?}: {head}{open}");
        });
    }
}

/// What stands in the default of a field is read twice at most, however deep classes with such fields lie in each other.
#[test]
fn defaults_in_defaults_are_not_doubled() {
    let nested = |depth: usize, form: (&str, &str)| {
        let inner = (0..depth).fold("1".to_owned(), |inner, at| {
            format!("{}\nclass A{at}\noption :x, default: {inner}\nend\n{}", form.0, form.1)
        });
        format!("class Top\noption :x, default: {inner}\nend\n")
    };
    in_parallel(|| {
        for form in [("begin", "end"), ("proc do", "end"), ("-> {", "}")] {
            let count = |depth| Language::Ruby.frontend().unwrap().facts(&nested(depth, form)).exprs.len();
            let (one, two, many) = (count(8), count(16), count(48));
            assert!(two <= one * 3 && many <= two * 6, "{form:?}: {one}, {two}, {many}");
        }
        // One that lies in a class alone is what the field is.
        let facts = Language::Ruby.frontend().unwrap().facts("class A\noption :x, default: 'a'\nend\n");
        assert_eq!(facts.functions.iter().map(|function| facts.stores(function).len()).sum::<usize>(), 1);
    });
}
