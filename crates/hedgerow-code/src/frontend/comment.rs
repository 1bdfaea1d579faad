//! The comments that speak to the scan.
//!
//! ```text
//! // rpcmap: service.ledger                      these services are called from the function around the comment
//! // hedgerow: calls service.ledger, service.api.*
//! // hedgerow: ignore telemetry, not a service   the unresolved calls of the function need no rule, for this reason
//! ```
//! The same in `#`, `--`, `;`, `/* … */` and `<!-- … -->`. `rpcmap:` is the form that Monzo's posts show.

use crate::ir::{Directive, Range};

/// What a comment, with its marks, asks for; none if it does not speak to the scan. `start` is its first byte.
pub(crate) fn directive(comment: &str, start: u32) -> Option<Directive> {
    for line in comment.lines() {
        let body = unmarked(line);
        let names_at = |rest: &str| {
            // `rest` is a piece of `comment`, so that the distance of the two is the piece's place.
            start + u32::try_from(rest.as_ptr() as usize - comment.as_ptr() as usize).unwrap_or(0)
        };
        if let Some(rest) = body.strip_prefix("rpcmap:") {
            return Some(names(rest, names_at(rest)));
        }
        let Some(rest) = body.strip_prefix("hedgerow:") else { continue };
        let rest = rest.trim_start();
        let (verb, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        return Some(match verb {
            "calls" => names(rest, names_at(rest)),
            "ignore" => match without_end(rest).trim() {
                "" => Directive::Malformed("`hedgerow: ignore` needs a reason".to_owned()),
                reason => Directive::Ignore(reason.to_owned()),
            },
            other => Directive::Malformed(format!("`hedgerow: {other}` is neither `calls` nor `ignore`")),
        });
    }
    None
}

/// A line without the marks with which comments begin in some language.
fn unmarked(line: &str) -> &str {
    let marks: &[char] = &['/', '#', '-', '*', ';', '<', '>', '!', '%', ':', '{', '\'', ' ', '\t'];
    let body = line.trim_start_matches(marks);
    ["REM ", "rem ", "Rem ", "dnl "]
        .iter()
        .find_map(|word| body.strip_prefix(word))
        .map_or(body, |body| body.trim_start_matches(marks))
}

/// A list of names between commas or spaces; `start` is the place of `text`.
fn names(text: &str, start: u32) -> Directive {
    let text = without_end(text);
    let mut found = Vec::new();
    let mut at = 0;
    for piece in text.split([',', ' ', '\t', '\r']) {
        let from = start + u32::try_from(at).unwrap_or(0);
        at += piece.len() + 1;
        if piece.is_empty() {
            continue;
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || "-_.*?[]{}".contains(c);
        if !piece.chars().all(legal) {
            // Prose behind the names ends the list; prose in their place is a fault.
            if found.is_empty() {
                return Directive::Malformed(format!("`{piece}` is not a service's name"));
            }
            break;
        }
        let end = from + u32::try_from(piece.len()).unwrap_or(0);
        found.push((piece.to_owned(), Range { start: from, end }));
    }
    if found.is_empty() { Directive::Malformed("names no service".to_owned()) } else { Directive::Calls(found) }
}

/// A comment's text without the mark that ends it.
fn without_end(text: &str) -> &str {
    let text = text.trim_end();
    ["*/", "-->", "--%>", "%>", "}}"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text).trim_end()
}

/// A comment as it is written in a file of this name.
pub fn written(path: &str, text: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or(name, |(_, extension)| extension);
    match extension {
        "pug" => format!("//- {text}"),
        "m" | "mm" | "astro" | "d" | "pas" | "hx" | "res" | "gleam" | "less" | "bicep" => format!("// {text}"),
        "go" | "java" | "kt" | "kts" | "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "scala"
        | "groovy" | "gradle" | "rs" | "c" | "h" | "cc" | "cpp" | "cs" | "swift" | "dart" | "php" | "proto"
        | "json5" | "jsonc" => format!("// {text}"),
        "css" | "scss" => format!("/* {text} */"),
        "html" | "htm" | "xml" | "md" | "vue" | "svelte" => format!("<!-- {text} -->"),
        "sql" | "lua" | "hs" | "elm" | "purs" | "adb" | "ads" => format!("-- {text}"),
        "bat" | "cmd" => format!("REM {text}"),
        "f" | "f90" | "f95" | "f03" => format!("! {text}"),
        "cob" | "cbl" => format!("*> {text}"),
        "vb" | "vbs" | "bas" => format!("' {text}"),
        "jsp" | "jspx" | "asp" | "aspx" | "ascx" => format!("<%-- {text} --%>"),
        "ejs" => format!("<%# {text} %>"),
        "hbs" | "handlebars" | "mustache" => format!("{{{{! {text} }}}}"),
        "ftl" | "ftlh" => format!("<#-- {text} -->"),
        "ini" | "cfg" | "el" | "clj" | "cljs" | "lisp" | "scm" | "rkt" => format!("; {text}"),
        // Python, shells, YAML, Dockerfiles, settings: most of what is no program code.
        _ => format!("# {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_written_in_the_files_own_form_and_read_back() {
        for (path, expected) in [
            ("service.a/main.go", "// rpcmap: x"),
            ("service.a/app/main.py", "# rpcmap: x"),
            ("a.b/Main.java", "// rpcmap: x"),
            ("a/index.tsx", "// rpcmap: x"),
            ("a/run.sh", "# rpcmap: x"),
            ("a/Dockerfile", "# rpcmap: x"),
            ("a/settings.yaml", "# rpcmap: x"),
            ("a/query.sql", "-- rpcmap: x"),
            ("a/page.html", "<!-- rpcmap: x -->"),
            ("a/site.css", "/* rpcmap: x */"),
            ("a/app.ini", "; rpcmap: x"),
            ("a/run.bat", "REM rpcmap: x"),
            ("a/x.f90", "! rpcmap: x"),
            ("a/x.cob", "*> rpcmap: x"),
            ("a/x.vb", "' rpcmap: x"),
            ("a/x.jsp", "<%-- rpcmap: x --%>"),
            ("a/x.ejs", "<%# rpcmap: x %>"),
            ("a/x.hbs", "{{! rpcmap: x }}"),
            ("a/x.ftl", "<#-- rpcmap: x -->"),
            ("a/x.pug", "//- rpcmap: x"),
            ("a/x.m", "// rpcmap: x"),
            ("a/x.R", "# rpcmap: x"),
            ("a/run.ps1", "# rpcmap: x"),
        ] {
            let comment = written(path, "rpcmap: x");
            let whole = format!("{comment}\n");
            let read = crate::lines::comments(&whole);
            assert!(matches!(&read[..], [(Directive::Calls(names), _)] if names[0].0 == "x"), "{path}: {read:?}");
            assert_eq!(comment, expected, "{path}");
            let Some(Directive::Calls(found)) = directive(&comment, 0) else { panic!("{comment} is not read") };
            assert_eq!(found[0].0, "x");
        }
    }

    #[test]
    fn comments_are_read_in_every_form() {
        let calls = |names: &[&str]| {
            let strip = |d: Directive| match d {
                Directive::Calls(found) => found.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
                other => vec![format!("{other:?}")],
            };
            (strip, names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())
        };
        for (comment, expected) in [
            ("// rpcmap: service.ledger", &["service.ledger"][..]),
            ("//rpcmap:service.ledger", &["service.ledger"]),
            ("# hedgerow: calls a, b,c", &["a", "b", "c"]),
            ("-- rpcmap: service.a", &["service.a"]),
            ("/* hedgerow: calls service.api.* */", &["service.api.*"]),
            ("/*\n * about this\n * rpcmap: x y\n */", &["x", "y"]),
            ("// rpcmap: service.a (because)", &["service.a"]),
        ] {
            let (strip, expected) = calls(expected);
            assert_eq!(directive(comment, 0).map(strip), Some(expected), "{comment}");
        }
        assert_eq!(
            directive("// hedgerow: ignore telemetry only", 0),
            Some(Directive::Ignore("telemetry only".to_owned()))
        );
        for comment in ["// about rpcmap: it was great", "// nothing", "// see hedgerow"] {
            assert_eq!(directive(comment, 0), None, "{comment}");
        }
        for comment in ["// rpcmap:", "// hedgerow: ignore", "// hedgerow: cals x", "// rpcmap: (none)"] {
            assert!(matches!(directive(comment, 0), Some(Directive::Malformed(_))), "{comment}");
        }
    }

    #[test]
    fn names_know_their_place() {
        let Some(Directive::Calls(found)) = directive("// rpcmap: one, two", 100) else { panic!("a list of calls") };
        assert_eq!(found[1], ("two".to_owned(), Range { start: 116, end: 119 }));
    }
}
