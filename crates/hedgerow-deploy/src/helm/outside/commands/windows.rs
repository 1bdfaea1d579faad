//! Scripts of Windows, written as other shells write the same.

/// A text with `/` in its paths. Before a dot or a comma a backslash is one for `--set`, unless the path goes up there.
pub(super) fn with_slashes(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_name = letters.peek().is_some_and(|next| next.is_alphanumeric() || "_$%.".contains(*next));
        let goes_up =
            letters.peek() == Some(&'.') && !(made.ends_with("..") || made.ends_with(" .") || made.ends_with("\"."));
        made.push(if letter == '\\' && is_name && !goes_up { '/' } else { letter });
    }
    made
}

/// A text of `cmd` with its variables as `${NAME}`: `%NAME%`, `!NAME!`, `%1`; `%%x` of loops, that no other is, as `${%x}`. Capitals and small letters are the same in their names.
pub(super) fn with_variables(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while let Some(at) = rest.find(['%', '!']) {
            made.push_str(&with_names(&rest[..at]));
            let here = &rest[at..];
            let (variable, length) = variable(here);
            made.push_str(&variable);
            rest = &here[length..];
        }
        made.push_str(&with_names(rest));
    }
    made
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// What a text begins with is, as other shells write it, and how long it is.
fn variable(text: &str) -> (String, usize) {
    let mark = &text[..1];
    let tail = &text[1..];
    let of_loop = tail.strip_prefix('%').filter(|_| mark == "%").map(|tail| tail.trim_start_matches(['~', '%']));
    let first = |tail: &str| tail.chars().next().filter(|first| first.is_ascii_alphanumeric());
    match (of_loop, tail.strip_prefix('~')) {
        (Some(tail), _) => match first(tail) {
            Some(name) => (format!("${{%{name}}}"), text.len() - tail.len() + 1),
            // A run of them at once: looking at what is left of it each time would take the square of its length.
            None => {
                let length = text.len() - tail.len();
                (text[..length].replace("%%", "%"), length)
            }
        },
        // Where the script lies, with a slash at the end.
        (None, Some(tail)) if mark == "%" && tail.starts_with("dp0") => {
            let tail = &tail[3..];
            let slash = usize::from(tail.starts_with(['\\', '/']));
            ("$PSScriptRoot/".to_owned(), text.len() - tail.len() + slash)
        }
        _ => {
            let length = tail.find(|letter| !is_letter(letter)).unwrap_or(tail.len());
            let (name, after) = tail.split_at(length);
            let end = match after.chars().next() {
                Some(':') => after.find(['%', '!', '\n']).filter(|at| after[*at..].starts_with(mark)),
                _ => after.starts_with(mark).then_some(0),
            };
            match (end, first(name)) {
                (Some(end), Some(_)) => (format!("${{{}{}}}", name.to_uppercase(), &after[..end]), length + end + 2),
                (None, Some(digit)) if mark == "%" && digit.is_ascii_digit() => (format!("${{{digit}}}"), 2),
                _ => (mark.to_owned(), 1),
            }
        }
    }
}

/// The same with the names of what is set (`set name=x`) in capitals.
fn with_names(text: &str) -> String {
    let mut made = text.to_owned();
    let small = text.to_ascii_lowercase();
    for (at, word) in small.match_indices("set ") {
        let is_word = small[..at].is_empty() || small[..at].ends_with([' ', '\t', '(', '&', '@']);
        let start = at + word.len();
        let tail = &text[start..];
        let length = tail.find(|letter| !is_letter(letter)).unwrap_or(tail.len());
        if !(is_word && tail[length..].starts_with('=')) {
            continue;
        }
        made.replace_range(at..start, "set ");
        made.replace_range(start..start + length, &tail[..length].to_ascii_uppercase());
    }
    made
}
