//! Manifests that a deploy fills in: `image: {{ image }}`, and blocks such as `{{#each urls as |url|}} … {{/each}}`.
//!
//! What such a text says beside its tags is read: each tag becomes a word that nobody writes, in as many bytes, so that every place stays where it
//! is. A block that may hold rules is left out and told, since whether it is deployed, and how often, only the deploy knows.

use crate::said::shown;

/// Begins what stands for a tag. It is no letter of any script, and no name begins so.
const MARK: char = '\u{e000}';
/// Words that stand where an application says who it is and who may call.
const TELLING: [&str; 5] = ["accessPolicy", "application", "rules", "metadata", "kind"];
/// Keys that do: of ClientIntents all that say who calls what.
const TELLING_KEYS: [&str; 8] = ["name", "service", "workload", "calls", "targets", "type", "kubernetes", "internet"];
/// Keys that say where somebody lives.
const PLACES: [&str; 2] = ["namespace", "cluster"];
/// No name of a place is longer than this, in bytes.
const MAX_VALUE: usize = 512;
/// Tags that begin a block in other engines, as their first word.
const BEGINS: [&str; 5] = ["if", "range", "with", "unless", "define"];

/// A text that a deploy fills in, as far as it is known.
pub(crate) struct Filled {
    pub(crate) text: String,
    /// What is left out, in words, with its line from 1.
    pub(crate) left: Vec<(usize, String)>,
}

/// A piece of the text, from and to, that a word replaces, or else spaces.
type Piece = (usize, usize, bool);

/// What a tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Begin,
    Else,
    End,
    Nothing,
    Value,
}

struct Tag<'t> {
    start: usize,
    end: usize,
    inner: &'t str,
    does: Does,
}

/// Reads past the tags of a text; nothing where it has none.
pub(crate) fn filled(text: &str) -> Option<Filled> {
    let tags = tags(text);
    if tags.is_empty() {
        return None;
    }
    let colons: Vec<usize> = text.match_indices(':').map(|(at, _)| at).collect();
    // Pieces of the text that are replaced: by spaces, or by a word.
    let mut pieces: Vec<Piece> = Vec::new();
    let mut values: Vec<Piece> = Vec::new();
    let (mut left, mut open): (Vec<(usize, String)>, Vec<&Tag<'_>>) = (Vec::new(), Vec::new());
    for tag in &tags {
        match tag.does {
            Does::Value => {
                let is_alone = is_alone(text, tag);
                pieces.push((tag.start, tag.end, !is_alone));
                if is_alone {
                    left.push((tag.start, format!("what `{}` stands for is not known", shown(tag.inner))));
                }
            }
            Does::Begin => {
                pieces.push((tag.start, tag.end, false));
                open.push(tag);
            }
            Does::Else | Does::Nothing => pieces.push((tag.start, tag.end, false)),
            Does::End => {
                pieces.push((tag.start, tag.end, false));
                let Some(begin) = open.pop() else { continue };
                let block = &text[begin.end..tag.start];
                let has_colon =
                    colons.get(colons.partition_point(|at| *at < begin.end)).is_some_and(|at| *at < tag.start);
                if !has_colon && is_value(text, begin) {
                    forget(&mut pieces, begin.start, |(start, ..)| *start);
                    forget(&mut left, begin.start, |(start, _)| *start);
                    pieces.extend([(begin.start, begin.end, true), (begin.end, tag.end, false)]);
                    continue;
                }
                // Of blocks in one another the outermost says it.
                if !open.is_empty() {
                    continue;
                }
                let is_telling = TELLING.iter().any(|word| block.contains(word))
                    || TELLING_KEYS.iter().any(|key| values_of(block, key).next().is_some());
                if is_telling {
                    forget(&mut pieces, begin.start, |(start, ..)| *start);
                    forget(&mut left, begin.start, |(start, _)| *start);
                    pieces.push((begin.start, tag.end, false));
                    let said =
                        "what stands there is left out, since only the deploy knows whether and how often it is there";
                    left.push((begin.start, format!("`{}`: {said}", shown(begin.inner))));
                } else {
                    values.extend(conditional(text, (begin.end, tag.start), &tags));
                }
            }
        }
    }
    for begin in open {
        left.push((begin.start, format!("`{}` does not end", shown(begin.inner))));
    }
    pieces.extend(values);
    pieces.sort_unstable();
    Some(Filled { text: replaced(text, &pieces), left: by_line(text, left) })
}

/// Takes back what was said of places from one on.
fn forget<T>(said: &mut Vec<T>, from: usize, start: impl Fn(&T) -> usize) {
    while said.last().is_some_and(|last| start(last) >= from) {
        said.pop();
    }
}

/// What stands behind a key and its colon, wherever a text has that key, each with the place of the key.
fn values_of<'t>(text: &'t str, key: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
    text.match_indices(key).filter_map(move |(start, _)| {
        let is_key = start == 0 || text[..start].ends_with(|c: char| c.is_whitespace() || "{}[,/\"'".contains(c));
        let rest = text[start + key.len()..].trim_start_matches(['"', '\'']);
        Some((start, rest.strip_prefix(':').filter(|_| is_key)?))
    })
}

/// Whether a block without keys stands where a value does, so that it is one, whatever it comes to.
fn is_value(text: &str, begin: &Tag<'_>) -> bool {
    let before = text[..begin.start].trim_end_matches([' ', '\t']);
    !before.is_empty() && !before.ends_with(['\n', '}'])
}

/// The values of [`PLACES`] in a block, which the deploy may leave out: nobody knows whether they hold. Of branches, of which one is deployed, the
/// first that has a key has it for all.
fn conditional(text: &str, (from, to): (usize, usize), tags: &[Tag<'_>]) -> Vec<Piece> {
    let within = &tags[tags.partition_point(|tag| tag.start < from)..tags.partition_point(|tag| tag.start < to)];
    let branches: Vec<usize> = within.iter().filter(|tag| tag.does == Does::Else).map(|tag| tag.start).collect();
    let branch = |at: usize| branches.partition_point(|start| *start < at);
    let mut pieces = Vec::new();
    for key in PLACES {
        let mut first = None;
        for (at, after) in values_of(&text[from..to], key) {
            let start = from + at;
            let value = &after[..after.floor_char_boundary(MAX_VALUE)];
            let value = value.split(['\n', ',', '}']).next().unwrap_or_default().split("{{").next().unwrap_or_default();
            let begin = to - after.len() + (value.len() - value.trim_start().len());
            let end = begin + value.trim().len();
            match *first.get_or_insert(branch(start)) {
                of if of != branch(start) => pieces.push((start, end, false)),
                _ if begin < end => pieces.push((begin, end, true)),
                _ => {}
            }
        }
    }
    pieces
}

/// Lines, from 1, instead of places in bytes.
fn by_line(text: &str, mut places: Vec<(usize, String)>) -> Vec<(usize, String)> {
    places.sort();
    let (mut at, mut line) = (0, 1);
    for place in &mut places {
        line += text[at..place.0].matches('\n').count();
        at = place.0;
        place.0 = line;
    }
    places
}

/// Whether a text is, in part, filled in by a deploy.
pub(crate) fn is_filled(text: &str) -> bool {
    text.contains(MARK)
}

/// A text for people, with `{{…}}` where a tag stood.
pub(crate) fn plain(text: &str) -> String {
    let mut parts = text.split(MARK);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str("{{…}}");
        plain.push_str(part.trim_start_matches('_'));
    }
    plain
}

fn replaced(text: &str, pieces: &[Piece]) -> String {
    let (mut filled, mut at) = (String::with_capacity(text.len()), 0);
    // Bytes that a word took from the tags behind it.
    let mut owed = 0;
    for (start, end, is_word) in pieces {
        // A key that stands in the value of another one is a part of it.
        if *start < at {
            continue;
        }
        filled.push_str(&text[at..*start]);
        at = *end;
        let length = end - start;
        if *is_word && !text[*start..*end].contains('\n') {
            filled.push(MARK);
            filled.extend(std::iter::repeat_n('_', length.saturating_sub(MARK.len_utf8())));
            owed += MARK.len_utf8().saturating_sub(length);
        } else {
            for byte in text[*start..*end].bytes() {
                match byte {
                    b'\n' => filled.push('\n'),
                    _ if owed > 0 => owed -= 1,
                    _ => filled.push(' '),
                }
            }
        }
    }
    filled.push_str(&text[at..]);
    filled
}

/// Whether nothing else stands on a tag's lines.
fn is_alone(text: &str, tag: &Tag<'_>) -> bool {
    let before = text[..tag.start].rsplit('\n').next().unwrap_or_default();
    let after = text[tag.end..].split('\n').next().unwrap_or_default();
    before.trim().is_empty() && after.trim().is_empty()
}

/// The tags of a text, in order. One that does not end is text.
fn tags(text: &str) -> Vec<Tag<'_>> {
    let (mut tags, mut at) = (Vec::new(), 0);
    // What does not end once ends nowhere behind it.
    let mut endless: Vec<&str> = Vec::new();
    while let Some(found) = text[at..].find("{{") {
        let braces = at + found;
        // A backslash keeps braces for whoever reads the manifest.
        let start = braces - usize::from(text[..braces].ends_with('\\'));
        let rest = &text[braces..];
        let close = match rest {
            _ if rest.starts_with("{{!--") => "--}}",
            _ if rest.starts_with("{{{") => "}}}",
            _ => "}}",
        };
        let length = if endless.contains(&close) { None } else { rest.find(close) };
        let Some(length) = length else {
            endless.extend((!endless.contains(&close)).then_some(close));
            at = braces + 2;
            continue;
        };
        let end = braces + length + close.len();
        let inner = &text[braces..end];
        let word = inner.trim_matches(|c: char| c.is_whitespace() || "{}-~".contains(c));
        let first = word.split_whitespace().next().unwrap_or_default();
        let does = match first {
            _ if start < braces => Does::Value,
            "else" | "^" => Does::Else,
            "end" => Does::End,
            _ if word.starts_with('!') || first.starts_with("/*") => Does::Nothing,
            _ if word.starts_with(['#', '^']) || BEGINS.contains(&first) => Does::Begin,
            _ if word.starts_with('/') => Does::End,
            _ => Does::Value,
        };
        tags.push(Tag { start, end, inner, does });
        at = end;
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_words_and_blocks_their_contents() {
        for (text, should, left) in [
            ("image: {{image}}\n", "image: {{…}}\n", vec![]),
            ("image: \"{{ image }}:1\"\n", "image: \"{{…}}:1\"\n", vec![]),
            ("a: {{{ raw }}}-x\n", "a: {{…}}-x\n", vec![]),
            ("a: \"\\{{ $labels.x }}\"\n", "a: \"{{…}}\"\n", vec![]),
            ("a:\n{{#each urls as |url|}}\n- {{url}}\n{{/each}}\n", "a:\n\n- {{…}}\n\n", vec![]),
            ("{{#if a}}b: 1{{else}}b: 2{{/if}}\n", "b: 1b: 2\n", vec![]),
            ("{{! a note }}\n{{!-- a }} b --}}\nc: 1\n", "\n\nc: 1\n", vec![]),
            // What stands alone may be anything, also in a block.
            (
                "targets:\n{{- with .Values.extra }}\n{{- toYaml . | nindent 4 }}\n{{- end }}\n",
                "targets:\n\n\n\n",
                vec![(3, "what `{{- toYaml . | nindent 4 }}` stands for is not known")],
            ),
            (
                "rules:\n{{#if a}}\n{{> b}}\n{{#if c}}\n{{> d}}\n{{/if}}\n{{/if}}\n",
                "rules:\n\n\n\n\n\n\n",
                vec![(3, "what `{{> b}}` stands for is not known"), (5, "what `{{> d}}` stands for is not known")],
            ),
            ("a: {{#if b}}\n{{> c}}\n{{/if}}\n", "a: {{…}}\n\n\n", vec![]),
            (
                "{{#if a}}\n{{> b}}\nrules: []\n{{/if}}\n",
                "\n\n\n\n",
                vec![(
                    1,
                    "`{{#if a}}`: what stands there is left out, since only the deploy knows whether and how often it is there",
                )],
            ),
            ("  {{> part}}\nc: 1\n", "\nc: 1\n", vec![(1, "what `{{> part}}` stands for is not known")]),
            (
                "r:\n{{#each apps}}\n- application: {{this}}\n{{#if x}}\n- application: y\n{{/if}}\n{{/each}}\nz: 1\n",
                "r:\n\n\n\n\n\n\nz: 1\n",
                vec![(
                    2,
                    "`{{#each apps}}`: what stands there is left out, since only the deploy knows whether and how often it is there",
                )],
            ),
            ("{{- range .Values.x }}\n- a\n{{- end }}\n", "\n- a\n\n", vec![]),
            // A value that the deploy may leave out is not known; of branches there is one.
            ("a: {{#if x}}b{{else}}c{{/if}}\n", "a: {{…}}\n", vec![]),
            ("a: b-{{#if x}}c{{/if}}-d\n", "a: b-{{…}}-d\n", vec![]),
            ("a:{{#if x}}\n  b\n{{/if}}\n", "a:{{…}}\n  \n\n", vec![]),
            ("{{#if x}}\nnamespace: bank\n{{/if}}\n", "\nnamespace: {{…}}\n\n", vec![]),
            ("{{#if x}}\nnamespace: \"bank\" # a\n{{/if}}\n", "\nnamespace: {{…}}\n\n", vec![]),
            ("{{#if x}}\nnamespace: b\n{{/if}}\nc: d\n", "\nnamespace: {{…}}\n\nc: d\n", vec![]),
            ("{{#if x}}\nnamespace: cluster: b\n{{/if}}\n", "\nnamespace: {{…}}\n\n", vec![]),
            ("{{#if x}}\nnamespace: {{y}}\n{{/if}}\n", "\nnamespace: {{…}}\n\n", vec![]),
            ("{{#if x}}\nnamespaces: bank\nmy-cluster: a\n{{/if}}\n", "\nnamespaces: bank\nmy-cluster: a\n\n", vec![]),
            ("{{#if x}}\nnais.io/cluster: prod\n{{/if}}\n", "\nnais.io/cluster: {{…}}\n\n", vec![]),
            (
                "{{#if x}}\nnamespace: one\ncluster: c\n{{else}}\nnamespace: other\n{{/if}}\n",
                "\nnamespace: {{…}}\ncluster: {{…}}\n\n\n\n",
                vec![],
            ),
            ("{a: 1{{#if x}}, namespace: market{{/if}}}\n", "{a: 1, namespace: {{…}}}\n", vec![]),
            ("{ {{#if x}}\"namespace\": \"market\",{{/if}} \"a\": 1}\n", "{\"namespace\": {{…}}, \"a\": 1}\n", vec![]),
            (
                "{{#if a}}\n{{> c}}\nb: 1\n",
                "\n\nb: 1\n",
                vec![(1, "`{{#if a}}` does not end"), (2, "what `{{> c}}` stands for is not known")],
            ),
            ("{{#if a}}\nb: 1\n", "\nb: 1\n", vec![(1, "`{{#if a}}` does not end")]),
            ("a: {{ b\n", "a: {{ b\n", vec![]),
        ] {
            let (found, told) = match filled(text) {
                Some(filled) => {
                    assert_eq!(filled.text.len(), text.len(), "{text:?}");
                    assert_eq!(filled.text.matches('\n').count(), text.matches('\n').count(), "{text:?}");
                    (filled.text, filled.left)
                }
                None => (text.to_owned(), Vec::new()),
            };
            let found: Vec<_> = plain(&found).split('\n').map(|line| line.trim_end().to_owned()).collect();
            let squeezed = |text: &str| text.replace(' ', "");
            assert_eq!(squeezed(&found.join("\n")), squeezed(should), "{text:?}");
            let told: Vec<_> = told.iter().map(|(line, text)| (*line, text.as_str())).collect();
            assert_eq!(told, left, "{text:?}");
        }
        assert!(filled("a: 1\n").is_none());
        assert!(is_filled(&filled("{{a}}x").unwrap().text) && !is_filled("{{a}}"));
    }

    /// What may say who calls whom is left out.
    #[test]
    fn blocks_that_may_be_rules_are_told() {
        for (inner, is_left_out) in [
            ("- name: d", true),
            ("- {\"name\": \"d\"}", true),
            ("    type: internet", true),
            ("{type: kafka}", true),
            ("  service: {}", true),
            ("  workload:", true),
            ("  calls: []", true),
            ("  targets:", true),
            ("  - kubernetes:", true),
            ("  - internet:", true),
            ("accessPolicy:", true),
            ("- application: x", true),
            ("image: x", false),
            ("serviceAccount: x", false),
            ("my-type: x", false),
            ("filename: x", false),
            ("# the type of it", false),
        ] {
            for text in
                [format!("a:\n{{{{#if x}}}}\n{inner}\n{{{{/if}}}}\n"), format!("a:\n{{{{#if x}}}}{inner}{{{{/if}}}}\n")]
            {
                let filled = filled(&text).unwrap();
                assert_eq!(filled.left.len(), usize::from(is_left_out), "{text}");
                assert_eq!(!filled.text.contains(inner), is_left_out, "{text}");
            }
        }
    }

    /// A text of tags alone takes no longer than another one of its length.
    #[test]
    fn many_tags_end_in_an_answer() {
        for (piece, left) in [
            ("{{#a}}rules{{/a}}\n", 60_000),
            ("{{", 0),
            ("{{{", 0),
            ("{{!--", 0),
            ("{{#a}}", 60_000),
            ("{{> a}}\n", 60_000),
            ("{{#a}}{{/a}}", 0),
            ("a: {{#a}}b{{/a}}\n", 0),
            ("{{#a}}\nnamespace: b\n{{else}}\ncluster: b\n{{/a}}\n", 0),
        ] {
            let text = piece.repeat(60_000);
            let filled = filled(&text);
            assert_eq!(filled.map_or(0, |filled| filled.left.len()), left, "{piece}");
        }
        for piece in ["namespace: b\n{{else}}\n", "a {{#a}}", "a {{#a}}{{/a}}", "{{a}}", "{{> a}}\n", "cluster: \"'"] {
            let text = format!("{{{{#a}}}}\n{}{{{{/a}}}}\n", piece.repeat(60_000));
            assert!(filled(&text).is_some(), "{piece}");
        }
        let text = format!("{}{}", "a {{#a}}".repeat(60_000), "{{/a}}".repeat(60_000));
        assert!(filled(&text).is_some());
    }
}
