//! Scripts that a program made small for browsers: reports of tests, libraries as they are shipped, what a build wrote.
//!
//! What they were made from is read. Nobody can answer a question about a name of one letter in a line of thousands, so such a script is a
//! text like any other: an address of a service in it is asked about. What runs in Node.js is code, however it is written.

use hedgerow_code::frontend::Language;

/// So long are lines only that no person wrote.
pub(crate) const MAX_LINE: usize = 1_000;

/// Of so many letters of code one is punctuation; in data that stands between quotes it is not.
const DENSE: usize = 30;

/// What loads a module of Node.js, behind a quote.
const OF_NODE: &[&str] =
    &["node:", "http", "https", "http2", "net", "tls", "dgram", "fs", "child_process", "worker_threads"];

/// Whether a file of source code was made small for browsers.
#[must_use]
pub fn is_bundle(path: &str, text: &str) -> bool {
    Language::of(path) == Some(Language::JavaScript)
        && text.len() > MAX_LINE
        && text.len() > MAX_LINE * text.lines().count()
        && is_dense(text)
        && !loads_node(text)
}

/// Whether the long lines of a text are code.
fn is_dense(text: &str) -> bool {
    let long = || text.lines().filter(|line| line.len() > MAX_LINE);
    let marks =
        |line: &str| line.bytes().filter(|byte| matches!(byte, b'(' | b')' | b'{' | b'}' | b';' | b',')).count();
    long().map(marks).sum::<usize>() * DENSE > long().map(str::len).sum()
}

/// Whether a text loads a module of Node.js: `require("http")`, `from"node:fs"`.
fn loads_node(text: &str) -> bool {
    let is_module = |rest: &str| {
        let Some(quoted) = rest.strip_prefix(['"', '\'', '`']) else { return false };
        OF_NODE.iter().any(|name| {
            let rest = quoted.strip_prefix(name);
            rest.is_some_and(|rest| name.ends_with(':') || rest.starts_with(['"', '\'', '`']))
        })
    };
    ["require(", "from", "import("]
        .iter()
        .any(|word| text.match_indices(word).any(|(at, _)| is_module(text[at + word.len()..].trim_start_matches(' '))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_small_is_told_from_what_somebody_wrote() {
        let small = "var a=(e,t)=>{fetch(e,{signal:t})};".repeat(60);
        let data = format!("export const picture = \"{}\";\nfetch(at);\n", "iVBORw0KGgoAAAANSUhEUg".repeat(200));
        for (path, text, expected) in [
            ("web/report/sw.bundle.js", small.as_str(), true),
            ("web/report/index.BiGy.mjs", &format!("/*! a licence */\n{small}\n"), true),
            ("web/report/worker.js", &format!("const h='http://x';{small}"), true),
            ("web/report/worker.js", &format!("import a from\"./http\";{small}"), true),
            // What somebody wrote, with data.
            ("web/picture.js", &data, false),
            ("web/index.js", &"var a=(e,t)=>{\n  fetch(e,{signal:t})};\n".repeat(60), false),
            ("web/short.js", "fetch(at)", false),
            // What runs in Node.js is a program.
            ("web/server.js", &format!("var h=require(\"http\");{small}"), false),
            ("web/server.mjs", &format!("import{{a}}from\"node:fs\";{small}"), false),
            ("web/server.mjs", &format!("{small}import h from 'https';"), false),
            ("web/dense.ts", &small, false),
            ("web/main.py", &small, false),
        ] {
            assert_eq!(is_bundle(path, text), expected, "{path}: {}", &text[..text.len().min(60)]);
        }
    }
}
