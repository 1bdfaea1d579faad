//! What scripts write out for commands to read: `cat <<END`.

use super::words::MAX_QUOTED;
use std::collections::BTreeMap;

/// Programs that run what they read.
const SHELLS: &[&str] = &["ash", "bash", "dash", "ksh", "sh", "ssh", "su", "zsh"];

/// A text without what is written out for commands to read (`<<END`), but what a shell reads.
pub(super) fn without_documents(text: &str) -> String {
    if !text.contains("<<") {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut ends: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, line) in lines.iter().enumerate() {
        ends.entry(line.trim()).or_default().push(at);
    }
    let mut made = String::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        made.push_str(line);
        made.push('\n');
        at += 1;
        let here = line.match_indices("<<").find_map(|(at, _)| {
            let (before, end) = (&line[..at], line[at + 2..].trim_start_matches(['-', '~']).trim_start());
            let end = end.trim_start_matches(['\'', '"', '\\']);
            let length = end.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(end.len());
            let is_name = end.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            (is_name && !before.ends_with('<')).then(|| (before, end.split_at(length)))
        });
        let Some((before, (end, after))) = here else { continue };
        let Some(ends) = ends.get(end) else { continue };
        let Some(end) = ends.get(ends.partition_point(|end| *end < at)) else { continue };
        // Values that Helm reads stay on its line.
        if before.contains("helm") && end - at < MAX_QUOTED {
            made.truncate(made.len() - line.len() - 1);
            // In a document whose end is in quotes nothing is a variable.
            let body = lines[at..*end].join("\n");
            let is_quoted = before.len() + 2 < line.len() && is_in_quotes(&line[before.len() + 2..]);
            let body = if is_quoted {
                format!("'{}'", body.replace('\'', "'\\''"))
            } else {
                format!("\"{}\"", body.replace("\\\"", "\\\\\"").replace('"', "\\\""))
            };
            made.push_str(&format!("{before} <<<{body}{}\n", after.trim_start_matches(['\'', '"'])));
        }
        if before.split([' ', '\t', '|', ';', '&', '(']).any(|word| SHELLS.contains(&word)) {
            for line in &lines[at..*end] {
                made.push_str(line);
                made.push('\n');
            }
        }
        at = end + 1;
    }
    made
}

/// Whether the word that ends a document is in quotes, behind the mark of the document.
fn is_in_quotes(rest: &str) -> bool {
    rest.trim_start_matches(['-', '~']).trim_start().starts_with(['\'', '"', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shells_run_what_they_read() {
        for (text, expected) in [
            ("a\nb\n", "a\nb\n"),
            ("cat <<END\na\nEND\nb\n", "cat <<END\nb\n"),
            ("cat <<-'END' | x\na\n\tEND\nb\n", "cat <<-'END' | x\nb\n"),
            ("bash <<END\na\nEND\nb\n", "bash <<END\na\nb\n"),
            ("x && ssh y <<\"END\"\na\nEND\n", "x && ssh y <<\"END\"\na\n"),
            ("cat <<A\na\nA\ncat <<A\nb\nA\nc\n", "cat <<A\ncat <<A\nc\n"),
            ("helm x -f - <<A | b\nit's\nA\nc\n", "helm x -f -  <<<\"it's\" | b\nc\n"),
            ("helm x -f - <<A\na: \"$B\"\nA\n", "helm x -f -  <<<\"a: \\\"$B\\\"\"\n"),
            ("helm x -f - <<-'A' | b\nit's $B\nA\nc\n", "helm x -f -  <<<'it'\\''s $B' | b\nc\n"),
            // None of these begins one.
            ("a <<< END\nb\nEND\n", "a <<< END\nb\nEND\n"),
            ("((a << 2))\nb\n2\n", "((a << 2))\nb\n2\n"),
            ("cat <<END\na\n", "cat <<END\na\n"),
        ] {
            assert_eq!(without_documents(text), expected, "{text}");
        }
    }
}
