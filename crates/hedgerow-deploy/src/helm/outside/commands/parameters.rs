//! The names that a text of a language, which is no shell, gives to something else than what is said to be set: parameters, what loops go
//! through, and what stands behind `as`.

use std::collections::BTreeSet;

/// How long the brackets of a function may be, and what stands behind another word: each is looked at once.
const MAX_BRACKETS: usize = 1024;
const MAX_TAIL: usize = 256;

/// Words before the brackets or the braces of a function.
const FUNCTIONS: &[&str] = &["def", "fn", "fun", "func", "function", "param"];

/// Words that are no types before a name and brackets: what follows is a call.
const NO_TYPES: &[&str] =
    &["await", "case", "do", "elif", "else", "elsif", "elseif", "if", "new", "return", "throw", "unless", "while"];

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// The beginning of a text.
fn short(text: &str) -> &str {
    text.char_indices().nth(MAX_TAIL).map_or(text, |(end, _)| &text[..end])
}

/// All names in a piece of a text.
fn names(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter| !is_letter(letter))
        .filter(|name| !(name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit())))
        .map(str::to_owned)
}

/// What stands in the brackets that a text begins with.
fn in_brackets(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices().take(MAX_BRACKETS) {
        match letter {
            '(' => depth += 1,
            ')' if depth <= 1 => return text.get(1..at).filter(|_| depth == 1),
            ')' => depth -= 1,
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    // They are longer than is looked at: all of that is taken for parameters.
    text.char_indices().nth(MAX_BRACKETS).map(|(end, _)| &text[1..end])
}

/// The names that are taken anywhere in a text.
pub(super) fn taken(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let (mut at, mut until) = (0, 0);
    for line in text.split_inclusive('\n') {
        let (here, start) = (&text[at..], at);
        at += line.len();
        if line.trim_start().starts_with(['#', '/', '*']) {
            continue;
        }
        of_words(line, here, &mut found, (start, &mut until));
        of_marks(line, &mut found);
        of_types(line, here, &mut found);
    }
    found
}

/// Those behind words. `here` is the text from the line on, which begins at `from`; brackets are looked at up to `until`.
fn of_words(line: &str, here: &str, found: &mut BTreeSet<String>, (from, until): (usize, &mut usize)) {
    let mut at = 0;
    while let Some(start) = line[at..].find(is_letter).map(|start| at + start) {
        let length = line[start..].find(|letter| !is_letter(letter)).unwrap_or(line.len() - start);
        let (word, end) = (&line[start..start + length], start + length);
        at = end;
        if line[..start].ends_with(['$', '.', '-', '"', '\'']) {
            continue;
        }
        let small = word.to_ascii_lowercase();
        let tail = short(&line[end..]);
        match small.as_str() {
            "lambda" => found.extend(tail.split_once(':').into_iter().flat_map(|(taken, _)| names(taken))),
            "as" => found.extend(names(tail.trim_start().trim_start_matches(['(', '$'])).take(1)),
            "for" | "foreach" => {
                // `for (host in hosts)`, `for host, port in`, `for (String host : hosts)`, `for (const host of hosts)`.
                let of = |mark: &str| tail.find(mark);
                let end = [" in ", " of ", " : ", ":"].into_iter().filter_map(of).min();
                found.extend(end.into_iter().flat_map(|end| names(&tail[..end])));
            }
            word if FUNCTIONS.contains(&word) => {
                let head = here[end..].trim_start_matches([' ', '\t']);
                // Its name, and a type before that.
                let name = short(head).find(|letter: char| !(is_letter(letter) || " .:-?!".contains(letter)));
                let inside = name.filter(|_| from + start >= *until).and_then(|name| in_brackets(&head[name..]));
                if let Some(inside) = inside {
                    *until = from + end + inside.len();
                    found.extend(names(inside));
                }
                // Ruby's may stand without them.
                if word == "def" && !tail.contains(['(', '=']) {
                    found.extend(names(tail).skip(1));
                }
            }
            _ => {}
        }
    }
}

/// Those of closures: `host -> x`, `(host) => x`, `{ |host| x }`, and those that an expression sets: `(host := x)`.
fn of_marks(line: &str, found: &mut BTreeSet<String>) {
    for mark in ["->", "=>", ":="] {
        let mut from = 0;
        for (at, _) in line.match_indices(mark) {
            let head = line[from..at].trim_end();
            let start = match head.strip_suffix(')') {
                Some(inside) => inside.rfind('(').unwrap_or_default(),
                None if mark == "->" => head.rfind(['{', '(']).unwrap_or_default(),
                None => head.rfind(|letter| !is_letter(letter)).unwrap_or_default(),
            };
            // A text says `a -> b`, too.
            if !head[start..].contains(['"', '\'', '$', '}']) {
                found.extend(names(&head[start..]));
            }
            from = at + mark.len();
        }
    }
    for mark in ["do", "{"] {
        for (at, _) in line.match_indices(mark) {
            let inside = line[at + mark.len()..].trim_start().strip_prefix('|').and_then(|rest| rest.split_once('|'));
            found.extend(inside.into_iter().flat_map(|(inside, _)| names(inside)));
        }
    }
}

/// Those of a function that types stand before: `void deploy(String host) {`. One of JavaScript's classes has none.
fn of_types(line: &str, here: &str, found: &mut BTreeSet<String>) {
    let Some(open) = line.find('(') else { return };
    let head = line[..open].trim();
    let is_head = |letter: char| is_letter(letter) || " \t<>[].,?$".contains(letter);
    let first = head.split_whitespace().next().unwrap_or_default();
    if !head.chars().all(is_head) || head.is_empty() || NO_TYPES.contains(&first) {
        return;
    }
    let Some(inside) = in_brackets(&here[open..]) else { return };
    let after = here[open + inside.len() + 1..].trim_start_matches(')').trim_start();
    if after.starts_with('{') && !inside.contains(['"', '\'', '=']) {
        found.extend(names(inside));
    }
}

/// The names that one line sets, as far as they stand before a `=`: `host, port = x`, `[int]$port = x`, `env.HOST = x`, `a = host = x`.
/// What is handed on as it is (`host=host`) is what it was. `has_dollar` is whether each begins with `$`.
pub(super) fn set_by(line: &str, has_dollar: bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, _) in line.match_indices('=') {
        let (head, tail) = (&line[from..at], &line[at + 1..]);
        from = at + 1;
        let is_compared =
            head.is_empty() && at > 0 || head.ends_with(['!', '<', '>']) || tail.starts_with(['=', '~', '>']);
        if is_compared {
            continue;
        }
        let head = head.trim_end_matches(|letter: char| letter.is_whitespace() || "+-*/%|&?:.".contains(letter));
        let key = head.strip_suffix(']').map(|head| head.trim_end_matches(['"', '\'']));
        // What a command is given is not set, nor what a text says: that is one of a shell.
        if key.is_none() && head.contains(['"', '\'']) || head.contains(" -") && !has_dollar {
            return found;
        }
        let plain = key.unwrap_or_else(|| head.trim_end_matches([')', ']', '}']));
        let start = plain.rfind(|letter| !is_letter(letter)).map_or(0, |start| start + 1);
        let name = &plain[start..];
        let value = tail.trim_start().trim_start_matches('$');
        let is_same = value.strip_prefix(name).is_some_and(|rest| !rest.starts_with(is_letter));
        let is_marked = !has_dollar || plain[..start].ends_with(['$', ':', '{']);
        if !name.is_empty() && !is_same && is_marked {
            found.push(name.to_owned());
        }
        // `host: str = x`
        found.extend(
            head.split_once(':').into_iter().flat_map(|(head, _)| names(head).filter(move |name| name == head)),
        );
        if head.contains(',') && !head.contains('(') || head.ends_with([')', ']', '}']) && key.is_none() {
            let start = head.rfind(['(', '[', '{']).unwrap_or_default();
            found.extend(names(if head.ends_with([')', ']', '}']) { &head[start..] } else { head }));
        }
    }
    found
}
