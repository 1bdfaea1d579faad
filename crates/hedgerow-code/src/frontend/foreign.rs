//! Languages whose code is not read in depth: how they are called, and which texts in their code are literals.

use super::Language;

/// The languages that no front end of any build reads, by the endings of their files.
const NAMES: &[(&[&str], &str)] = &[
    (&["cshtml", "razor"], "Razor"),
    (&["csx"], "C# scripts"),
    (&["kts"], "Kotlin scripts"),
    (&["rs"], "Rust"),
    (&["rb", "rake", "ru"], "Ruby"),
    (&["php"], "PHP"),
    (&["scala", "sc"], "Scala"),
    (&["ex", "exs"], "Elixir"),
    (&["c", "h"], "C"),
    (&["cc", "cpp", "cxx", "hh", "hpp", "hxx"], "C++"),
    (&["lua"], "Lua"),
    (&["swift"], "Swift"),
    (&["dart"], "Dart"),
    (&["groovy"], "Groovy"),
    (&["clj", "cljs", "cljc"], "Clojure"),
    (&["erl", "hrl"], "Erlang"),
    (&["hs"], "Haskell"),
    (&["ml", "mli"], "OCaml"),
    (&["fs", "fsx"], "F#"),
    (&["vb"], "Visual Basic"),
    (&["pl", "pm"], "Perl"),
    (&["vue"], "Vue"),
    (&["svelte"], "Svelte"),
    (&["jl"], "Julia"),
    (&["nim"], "Nim"),
    (&["zig"], "Zig"),
    (&["cr"], "Crystal"),
    (&["R", "r"], "R"),
    (&["ipynb"], "Jupyter notebooks"),
    (&["coffee"], "CoffeeScript"),
    (&["pyx"], "Cython"),
    (&["m", "mm"], "Objective-C"),
    (&["cob", "cbl"], "COBOL"),
    (&["f", "f90", "f95", "f03"], "Fortran"),
    (&["tcl"], "Tcl"),
    (&["pas"], "Pascal"),
    (&["adb", "ads"], "Ada"),
    (&["d"], "D"),
    (&["lisp", "scm", "rkt"], "Lisp"),
    (&["elm"], "Elm"),
    (&["purs"], "PureScript"),
    (&["res"], "ReScript"),
    (&["gleam"], "Gleam"),
    (&["hx"], "Haxe"),
    (&["jsp", "jspx"], "JSP"),
    (&["astro"], "Astro"),
    (&["aspx", "ascx", "asp"], "ASP"),
    (&["cfm", "cfc"], "ColdFusion"),
    // Those of builds that leave a front end out.
    (&["cs"], "C#"),
    (&["kt"], "Kotlin"),
    (&["go"], "Go"),
    (&["py", "pyw"], "Python"),
    (&["java"], "Java"),
    (&["js", "mjs", "cjs", "jsx"], "JavaScript"),
    (&["ts", "mts", "cts", "tsx"], "TypeScript"),
];

/// The longest literal that is looked at, in bytes: an address is shorter.
const MAX_LITERAL: usize = 400;

/// The language of a file of source code that this build has no front end for.
pub fn foreign(path: &str) -> Option<&'static str> {
    if Language::of(path).is_some() {
        return None;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.')?;
    // Build scripts are no part of a service.
    let is_build = matches!(extension, "kts" | "groovy") && (stem.ends_with(".gradle") || stem == "Jenkinsfile");
    if is_build || name == "mix.exs" {
        return None;
    }
    NAMES.iter().find(|(endings, _)| endings.contains(&extension)).map(|(_, name)| *name)
}

/// Whether a file holds code among other things, so that what is a literal there cannot be told by quotes.
#[must_use]
pub fn is_mixed(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "ipynb" | "jsp" | "jspx" | "astro" | "aspx" | "ascx" | "asp" | "cfm" | "cfc")
}

/// A literal of a text of code, with what stands before it on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Literal<'t> {
    /// Its first byte, behind the quote.
    pub start: usize,
    /// Between the quotes.
    pub text: &'t str,
    /// What stands before it on its line.
    pub before: &'t str,
}

/// The literals of a text of code, without those in comments. What begins like a literal and does not end on its line is
/// none: a lifetime, an apostrophe.
pub fn literals<'t>(path: &str, text: &'t str) -> Vec<Literal<'t>> {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let has_hash = matches!(
        extension,
        "rb" | "rake"
            | "ru"
            | "php"
            | "ex"
            | "exs"
            | "pl"
            | "pm"
            | "jl"
            | "nim"
            | "cr"
            | "py"
            | "R"
            | "r"
            | "coffee"
            | "pyx"
            | "tcl"
    );
    let has_dashes = matches!(extension, "lua" | "hs" | "adb" | "ads" | "elm" | "purs");
    let has_slashes = !matches!(
        extension,
        "rb" | "rake"
            | "ru"
            | "ex"
            | "exs"
            | "pl"
            | "pm"
            | "lua"
            | "hs"
            | "jl"
            | "nim"
            | "cr"
            | "py"
            | "clj"
            | "cljs"
            | "cljc"
            | "erl"
            | "hrl"
            | "ml"
            | "mli"
            | "R"
            | "r"
            | "coffee"
            | "pyx"
            | "tcl"
            | "adb"
            | "ads"
            | "elm"
            | "purs"
            | "lisp"
            | "scm"
            | "rkt"
            | "cob"
            | "cbl"
            | "f"
            | "f90"
            | "f95"
            | "f03"
    );
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    let mut line = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let comment = (has_hash && *byte == b'#' && !rest.starts_with(b"#{"))
            || (has_dashes && rest.starts_with(b"--"))
            || (has_slashes && rest.starts_with(b"//"));
        if comment {
            at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        } else if has_slashes && rest.starts_with(b"/*") {
            let end = text.get(at + 2..).and_then(|tail| tail.find("*/"));
            at = end.map_or(bytes.len(), |end| at + 2 + end + 2);
        } else if matches!(byte, b'"' | b'\'' | b'`') && !(*byte == b'\'' && extension == "rs") {
            let length = literal(&rest[1..], *byte);
            if let Some(inner) = length.and_then(|length| text.get(at + 1..at + 1 + length)) {
                let before = text.get(line..at).unwrap_or_default();
                if !inner.is_empty() && inner.len() <= MAX_LITERAL {
                    found.push(Literal { start: at + 1, text: inner, before });
                }
                at += inner.len() + 2;
            } else {
                at += 1;
            }
        } else {
            at += 1;
            if *byte == b'\n' {
                line = at;
            }
        }
    }
    found
}

/// How long a literal is, from behind its quote up to the next one; none where it does not end on its line.
fn literal(rest: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\n' => return None,
            b'\\' => at += 2,
            byte if *byte == quote => return Some(at),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_names_and_build_scripts_are_none() {
        for (path, expected) in [
            ("a/Program.cs", Some("C#")),
            ("a/main.kt", Some("Kotlin")),
            ("a/build.gradle.kts", None),
            ("a/mix.exs", None),
            ("a/main.rs", Some("Rust")),
            ("a/app.rb", Some("Ruby")),
            ("a/index.php", Some("PHP")),
            ("a/x.lua", Some("Lua")),
            ("a/x.txt", None),
            ("a/Makefile", None),
        ] {
            let name = foreign(path).filter(|_| Language::of(path).is_none());
            assert!(name == expected || Language::of(path).is_some(), "{path}: {name:?}");
        }
    }

    #[test]
    fn literals_are_found_and_comments_are_not() {
        for (path, text, expected) in [
            ("a.cs", "x = new(\"http://a\"); // \"no\"\n/* \"no\" */ y(\"b\")", &["http://a", "b"][..]),
            ("a.rs", "fn f<'a>(x: &'a str) { g(\"a\\\"b\") }", &["a\\\"b"]),
            ("a.rb", "x = 'a' # it's \"no\"\ny = \"#{x}\"", &["a", "#{x}"]),
            ("a.lua", "x = 'a' -- 'no'", &["a"]),
            ("a.kt", "val url = \"http://a//b\" // x", &["http://a//b"]),
            ("a.php", "$a = 'x'; # 'no'\n$b = \"y\"; // 'no'", &["x", "y"]),
            ("a.ex", "x = \"a\n", &[]),
            ("a.cs", "", &[]),
        ] {
            let found: Vec<&str> = literals(path, text).iter().map(|literal| literal.text).collect();
            assert_eq!(found, expected, "{text}");
        }
        let before = literals("a.rb", "y\nhost = ENV.fetch(\"A\", \"b\")");
        assert_eq!((before[1].before, before[1].start), ("host = ENV.fetch(\"A\", ", 25));
    }
}
