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
    /// What a text that Jinja fills can come to, or what is written alike; none if it has no statement.
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

impl Charts {
    /// What a manifest can come to that a program fills by Go's templates, outside of any chart: nothing of what it is filled with is known.
    pub(crate) fn filled_by_go(&self, text: &str) -> Rendered {
        let templates = [parse::parse(text)];
        let library = Library::new(&templates);
        let [template] = templates;
        self.rendered(template, &[(Rc::new(Value::unknown()), None)], &library, "")
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

/// A text with the blocks of Jinja as a chart writes them; none if there is no such block. A word behind a blank is a statement, be it known
/// or not: `{% assign x = 1 %}`.
fn translated(text: &str) -> Option<Written> {
    if !text.contains("{%") {
        return None;
    }
    let macros = macros(text);
    let mut written = Written::default();
    let mut has_statement = false;
    let mut lines = Line::default();
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
        let is_other = kind == "%" && !STATEMENTS.contains(&word);
        if is_other
            && (!word.starts_with(char::is_alphabetic)
                || !inner.trim_start_matches(['-', '+']).starts_with(char::is_whitespace))
        {
            // Marks that mean themselves: `date +{%Y}`.
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
        if is_other && lines.end <= start {
            lines = Line::at(text, start);
        }
        let made = match kind {
            // What another language's statement writes into a line is not known.
            "%" if is_other && lines.has_more => other(code).unwrap_or_else(|| UNKNOWN.to_owned()),
            "%" if is_other => other(code).unwrap_or_else(|| "/* */".to_owned()),
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

/// A line with statements.
#[derive(Debug, Default)]
struct Line {
    /// Where it ends.
    end: usize,
    /// Whether it has anything else.
    has_more: bool,
}

impl Line {
    /// The line of a statement. It may have several statements, and one may take up several lines.
    fn at(text: &str, statement: usize) -> Self {
        let from = text[..statement].rfind('\n').map_or(0, |at| at + 1);
        let mut has_more = !text[from..statement].trim().is_empty();
        let mut at = statement;
        // What stands behind each statement, up to the end of the line.
        while let Some(length) = text[at..].strip_prefix("{%").and_then(|rest| end_of(rest, "%}", false)) {
            at += "{%".len() + length + "%}".len();
            let rest = &text[at..];
            at += rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        }
        let end = text[at..].find('\n').map_or(text.len(), |length| at + length + 1);
        has_more |= !text[at..end].trim().is_empty();
        Self { end, has_more }
    }
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

/// A statement of another language that is written as Jinja's are (Liquid, Twig, Django's, Salt's), where it holds a part of the text; none
/// if it is not known to.
fn other(code: &str) -> Option<String> {
    let word = code.split_whitespace().next().unwrap_or_default();
    match word {
        "unless" | "case" => Some(format!("if {UNKNOWN}")),
        "elsif" | "elseif" | "when" => Some(format!("else if {UNKNOWN}")),
        // What they hold is data or a note, and not written there.
        "load_yaml" | "load_json" | "load_text" | "capture" | "comment" => Some(format!("define \"{word}\"")),
        "endunless" | "endcase" | "endload" | "endcapture" | "endcomment" => Some("end".to_owned()),
        // `ifequal`, `ifchanged`
        _ if word.starts_with("endif") => Some("end".to_owned()),
        _ if word.starts_with("if") => Some(format!("if {UNKNOWN}")),
        _ => None,
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
