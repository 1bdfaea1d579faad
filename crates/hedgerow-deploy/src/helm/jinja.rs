//! Manifests that Jinja fills, read as a chart's templates are: the same blocks in other words. No value of them is known, so that what
//! stands between braces is a gap, but for a text that is written there and for what `default` says.

use super::documents::Rendered;
use super::{Charts, parse};
use crate::deploy::Sheet;
use crate::standin;
use crate::value::Value;
use std::rc::Rc;
use std::sync::Arc;

/// What an expression is written as of which nothing is known.
const UNKNOWN: &str = ".unknown";

impl Charts {
    /// What a text that Jinja fills can come to; none if it has no statement of Jinja's.
    pub(crate) fn jinja(&self, text: &str) -> Option<Rendered> {
        let written = translated(&standin::escaped(text))?;
        let library = self.libraries.first()?;
        let mut found =
            self.rendered(parse::parse_written(&written.text), &[(Rc::new(Value::unknown()), None)], library, "");
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

/// A text with the blocks of Jinja as a chart writes them; none if there is no such block.
fn translated(text: &str) -> Option<Written> {
    if !text.contains("{%") {
        return None;
    }
    let mut written = Written::default();
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
        let is_raw = kind == "%" && code == "raw";
        if is_raw {
            let end = text[at..].find("{%").map_or(text.len(), |end| at + end);
            // Braces that mean themselves.
            written.piece(&text[at..end].replace("{{", "{{ \"{{\" }}"), at);
            at = end;
            continue;
        }
        let made = match kind {
            "%" => statement(code),
            "{" => expression(code),
            _ => "/* */".to_owned(),
        };
        let (open, close) = (if before { "{{- " } else { "{{ " }, if after { " -}}" } else { " }}" });
        written.piece(&format!("{open}{made}{close}"), start);
    }
    written.piece(&text[at..], at);
    Some(written)
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
        "macro" => "define \"macro\"".to_owned(),
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
    // `name | default('text')`
    let default = code.rsplit_once('|').and_then(|(_, filter)| filter.trim().strip_prefix("default"));
    let given = default.and_then(|rest| rest.trim().strip_prefix('(')?.split([',', ')']).next());
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
