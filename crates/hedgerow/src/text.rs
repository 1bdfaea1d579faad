//! Diagnostics for people: the message, the lines concerned, what can be done, and where to read on.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use hedgerow_core::diag::{Diagnostic, Mark, Severity};
use hedgerow_core::source::{Source, SourceId, Sources, Span};
use std::fmt::Write;
use std::ops::Range;

/// A window of text larger than this is not shown: it is one giant line, or two places far apart.
const WINDOW: usize = 16 << 10;

/// What stands before the command and the address of the code's page.
fn more() -> Level<'static> {
    Level::NOTE.with_name("more")
}

/// The diagnostics as text, a blank line behind each; `colors` writes ANSI escapes.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, colors: bool) -> String {
    let renderer = if colors { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for diagnostic in diagnostics {
        // Writing to a String cannot fail.
        let _infallible = writeln!(text, "{}", renderer.render(&[group(diagnostic, sources)]));
        if diagnostic.marks.is_empty() {
            for help in &diagnostic.help {
                let help = Group::with_title(Level::HELP.primary_title(help.as_str()));
                let _infallible = writeln!(text, "{}", renderer.render(&[help]));
            }
            let more = Group::with_title(more().primary_title(diagnostic.code.read_on()));
            let _infallible = writeln!(text, "{}", renderer.render(&[more]));
        }
        text.push('\n');
    }
    text
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.as_str()));
    let mut shown: Vec<SourceId> = Vec::new();
    for (index, mark) in diagnostic.marks.iter().enumerate() {
        if shown.contains(&mark.span.source) {
            continue;
        }
        shown.push(mark.span.source);
        let source = sources.get(mark.span.source);
        let marks: Vec<_> =
            diagnostic.marks.iter().enumerate().filter(|(_, m)| m.span.source == mark.span.source).collect();
        group = match window(source, &marks) {
            Some((range, line)) => {
                let annotations = marks.iter().map(|(at, mark)| {
                    let kind = if *at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                    let span = visible(&source.text, mark.span, &range);
                    let annotation = kind.span(span);
                    if mark.text.is_empty() { annotation } else { annotation.label(mark.text.as_str()) }
                });
                let snippet = Snippet::source(&source.text[range.clone()]).path(source.path.as_str()).line_start(line);
                group.element(snippet.annotations(annotations.collect::<Vec<_>>()))
            }
            None => {
                let mut origin = Origin::path(source.path.as_str());
                if !source.text.is_empty() {
                    let position = sources.position(mark.span);
                    origin = origin.line(position.line).char_column(position.column);
                }
                let group = group.element(origin);
                // The first place needs no words: the message is about it.
                if index == 0 || mark.text.is_empty() {
                    group
                } else {
                    group.element(Level::NOTE.message(mark.text.as_str()))
                }
            }
        };
    }
    // Without a place there is no margin for it to hang on; then it has lines of its own.
    for help in diagnostic.help.iter().filter(|_| !diagnostic.marks.is_empty()) {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    if diagnostic.marks.is_empty() { group } else { group.element(more().message(diagnostic.code.read_on())) }
}

/// The whole lines around all marks of one source, with the number of the first; nothing where there is no text to show.
fn window(source: &Source, marks: &[(usize, &Mark)]) -> Option<(Range<usize>, usize)> {
    let text = &source.text;
    let first = marks.iter().map(|(_, mark)| mark.span.start).min()?.min(text.len());
    let last = marks.iter().map(|(_, mark)| mark.span.end.min(mark.span.start + WINDOW)).max()?.min(text.len());
    if text.is_empty() {
        return None;
    }
    let (start, end) = (source.line(first).start, source.line(last).end);
    if end - start > WINDOW {
        return None;
    }
    Some((start..end, source.position(start).line))
}

/// The span within the window; one that covers many lines is shown by its first.
fn visible(text: &str, span: Span, window: &Range<usize>) -> Range<usize> {
    let start = span.start.clamp(window.start, window.end);
    let mut end = span.end.clamp(start, window.end);
    if let Some(line) = text[start..end].find('\n') {
        end = start + line;
    }
    start - window.start..end - window.start
}
