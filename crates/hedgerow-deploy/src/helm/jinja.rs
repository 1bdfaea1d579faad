//! Manifests that Jinja fills, read as a chart's templates are: the same blocks in other words. No value of them is known, so that what
//! stands between braces is a gap, but for a text that is written there and for what `default` says.

use super::documents::Rendered;
use super::library::Library;
use super::{Charts, parse};
use crate::deploy::Sheet;
use crate::standin;
use crate::value::Value;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// What an expression is written as of which nothing is known.
const UNKNOWN: &str = ".unknown";

impl Charts {
    /// What a text that Jinja fills can come to; none if it has no statement of Jinja's.
    pub(crate) fn jinja(&self, text: &str) -> Option<Rendered> {
        let written = translated(&standin::escaped(text))?;
        let templates = [parse::parse_written(&written.text)];
        // Macros are the text's own.
        let library = Library::new(&templates);
        let [template] = templates;
        let mut found = self.rendered(template, &[(Rc::new(Value::unknown()), None)], &library, "");
        for sheet in &mut found.sheets {
            let lines = sheet.lines.iter().map(|line| written.origin(*line)).collect();
            *sheet = Arc::new(Sheet { text: sheet.text.clone(), lines });
        }
        Some(found)
    }
}

/// A template in the words of charts.
#[derive(Debug, Default)]
struct Written {
    text: String,
    /// Where each piece of it begins, and where it stands in the text that it is made of.
    pieces: Vec<(u32, u32)>,
}

impl Written {
    fn piece(&mut self, text: &str, origin: usize) {
        self.pieces.push((place(self.text.len()), place(origin)));
        self.text.push_str(text);
    }

    /// Where an offset of the template is in the text that it is made of.
    fn origin(&self, at: u32) -> u32 {
        let nth = self.pieces.partition_point(|(start, _)| *start <= at);
        let (start, origin) = nth.checked_sub(1).and_then(|nth| self.pieces.get(nth)).copied().unwrap_or_default();
        origin.saturating_add(at - start)
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The words that statements begin with: <https://jinja.palletsprojects.com/en/stable/templates/>, with what its extensions add.
const STATEMENTS: &[&str] = &[
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "endfor",
    "break",
    "continue",
    "macro",
    "endmacro",
    "call",
    "endcall",
    "filter",
    "endfilter",
    "set",
    "endset",
    "block",
    "endblock",
    "extends",
    "include",
    "import",
    "from",
    "raw",
    "endraw",
    "with",
    "endwith",
    "autoescape",
    "endautoescape",
    "trans",
    "pluralize",
    "endtrans",
    "do",
    "debug",
];

/// A text with the blocks of Jinja as a chart writes them; none if there is no such block.
fn translated(text: &str) -> Option<Written> {
    if !text.contains("{%") {
        return None;
    }
    let macros = macros(text);
    let mut written = Written::default();
    let mut has_statement = false;
    let mut at = 0;
    while let Some(found) = text[at..].find('{') {
        let start = at + found;
        let tail = &text[start..];
        let kind = tail.get(1..2).unwrap_or_default();
        let close = match kind {
            "%" => "%}",
            "{" => "}}",
            "#" => "#}",
            _ => {
                written.piece(&text[at..=start], at);
                at = start + 1;
                continue;
            }
        };
        written.piece(&text[at..start], at);
        let Some(length) = end_of(&tail[2..], close, kind == "#") else {
            // What is not closed is text.
            at = start;
            break;
        };
        let inner = &tail[2..2 + length];
        at = start + 2 + length + 2;
        let (before, after) = (inner.starts_with('-'), inner.ends_with('-'));
        let code = inner.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
        let word = code.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        if kind == "%" && !STATEMENTS.contains(&word) {
            // Marks that mean themselves.
            at = start + 2;
            written.piece("{%", start);
            continue;
        }
        has_statement |= kind == "%";
        if kind == "%" && word == "raw" {
            let end = end_of_raw(&text[at..]).map_or(text.len(), |end| at + end);
            // Braces that mean themselves.
            written.piece(&text[at..end].replace("{{", "{{ \"{{\" }}"), at);
            at = end;
            continue;
        }
        let made = match kind {
            "%" => statement(code),
            "{" => called(code, &macros).unwrap_or_else(|| expression(code)),
            _ => "/* */".to_owned(),
        };
        let (open, close) = (if before { "{{- " } else { "{{ " }, if after { " -}}" } else { " }}" });
        written.piece(&format!("{open}{made}{close}"), start);
    }
    written.piece(&text[at..], at);
    has_statement.then_some(written)
}

/// Where the mark that ends a stretch of text as it is begins.
fn end_of_raw(text: &str) -> Option<usize> {
    let mut marks = text.match_indices("{%").map(|(at, _)| at);
    marks.find(|at| text[at + 2..].trim_start_matches(['-', '+']).trim_start().starts_with("endraw"))
}

/// The macros that a text defines.
fn macros(text: &str) -> BTreeSet<&str> {
    let statements = text.split("{%").skip(1).map(|rest| rest.trim_start_matches(['-', '+']).trim_start());
    statements.filter_map(|rest| rest.strip_prefix("macro ")?.trim_start().split('(').next()).map(str::trim).collect()
}

/// A call of a macro of the text, `name(x)`, which writes what that defines.
fn called(code: &str, macros: &BTreeSet<&str>) -> Option<String> {
    let (name, rest) = code.split_once('(')?;
    let is_whole = rest.strip_suffix(')').is_some_and(|inner| !inner.contains(['(', ')']));
    (is_whole && macros.contains(name.trim())).then(|| format!("include \"macro {}\" {UNKNOWN}", name.trim()))
}

/// Where a block ends: at its mark outside of texts. A comment has no texts.
fn end_of(text: &str, mark: &str, is_comment: bool) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if text[at..].starts_with(mark) => return Some(at),
            None if !is_comment && matches!(c, '"' | '\'') => quote = Some(c),
            None => {}
        }
    }
    None
}

/// A statement in the words of charts; one that writes nothing is a comment.
fn statement(code: &str) -> String {
    let (word, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
    match word {
        "if" => format!("if {UNKNOWN}"),
        "elif" => format!("else if {UNKNOWN}"),
        "else" => "else".to_owned(),
        "for" => format!("range {UNKNOWN}"),
        // What is defined is not written where it stands.
        "macro" => format!("define \"macro {}\"", rest.split('(').next().unwrap_or_default().trim()),
        "set" if !rest.contains('=') => "define \"set\"".to_owned(),
        "endif" | "endfor" | "endmacro" | "endset" => "end".to_owned(),
        "include" => UNKNOWN.to_owned(),
        _ => "/* */".to_owned(),
    }
}

/// An expression in the words of charts.
fn expression(code: &str) -> String {
    if let Some(text) = text_of(code) {
        return quoted(text);
    }
    // `name | default('text')`, and nothing behind it.
    let default = code.rsplit_once('|').and_then(|(_, filter)| filter.trim().strip_prefix("default"));
    let given = default.and_then(|rest| rest.trim().strip_prefix('(')?.strip_suffix(')'));
    let given = given.filter(|given| !given.contains(['(', ')'])).and_then(|given| given.split(',').next());
    match given.map(str::trim).and_then(text_of) {
        Some(text) if !text.is_empty() => quoted(text),
        _ => UNKNOWN.to_owned(),
    }
}

/// What a text in quotes says.
fn text_of(code: &str) -> Option<&str> {
    let inner = |quote| code.strip_prefix(quote)?.strip_suffix(quote);
    inner('\'').or_else(|| inner('"')).filter(|text| !text.contains(['\'', '"', '\\', '`']))
}

fn quoted(text: &str) -> String {
    format!("`{text}`")
}
