//! Which commands a script of the shell runs with the arguments that it is given, where that can be told: `case "$1" in worker)`, functions,
//! `if [ "$ROLE" = worker ]`, `exec "$@"`. Where a condition cannot be told, whatever stands behind it may run.

mod parse;

use super::starts::UNKNOWN;
use parse::{Node, parse};
use std::collections::BTreeMap;

/// How deep functions may call each other.
const MAX_DEPTH: usize = 16;

/// How many commands a script may run.
const MAX_COMMANDS: usize = 500;

/// The commands that a script runs, in order, each by its words; a part of one that is not known is `$`. Nothing where the script is not
/// understood in full. `known` says what a variable of the container holds.
pub(super) fn commands(
    text: &str,
    arguments: &[String],
    known: &dyn Fn(&str) -> Option<String>,
) -> Option<Vec<Vec<String>>> {
    let nodes = parse(text)?;
    let mut run = Run {
        arguments: arguments.to_vec(),
        set: BTreeMap::new(),
        functions: BTreeMap::new(),
        known,
        found: Vec::new(),
        depth: 0,
    };
    run.all(&nodes)?;
    Some(run.found)
}

/// Whether a script goes on behind a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Goes,
    Ends,
}

struct Run<'k> {
    arguments: Vec<String>,
    set: BTreeMap<String, String>,
    functions: BTreeMap<String, Vec<Node>>,
    known: &'k dyn Fn(&str) -> Option<String>,
    found: Vec<Vec<String>>,
    depth: usize,
}

impl Run<'_> {
    fn all(&mut self, nodes: &[Node]) -> Option<Flow> {
        for node in nodes {
            if self.one(node)? == Flow::Ends {
                return Some(Flow::Ends);
            }
        }
        Some(Flow::Goes)
    }

    /// What may run and may not.
    fn maybe(&mut self, nodes: &[Node]) -> Option<Flow> {
        let before = self.set.clone();
        self.all(nodes)?;
        // What is set there holds afterwards or does not.
        for (name, value) in &mut self.set {
            if before.get(name) != Some(value) {
                UNKNOWN.clone_into(value);
            }
        }
        Some(Flow::Goes)
    }

    fn one(&mut self, node: &Node) -> Option<Flow> {
        match node {
            Node::Function(name, body) => {
                self.functions.insert(name.clone(), body.clone());
                Some(Flow::Goes)
            }
            Node::Group(nodes) => self.all(nodes),
            Node::Loop(nodes) => self.maybe(nodes),
            Node::Case(of, branches) => {
                let of = self.filled(of);
                for (patterns, body) in branches {
                    let patterns: Vec<String> = patterns.iter().map(|pattern| self.filled(pattern)).collect();
                    if of.contains(UNKNOWN) {
                        self.maybe(body)?;
                    } else if patterns.iter().any(|pattern| fits(pattern, &of)) {
                        return self.all(body);
                    }
                }
                Some(Flow::Goes)
            }
            Node::If(all, otherwise) => {
                for (condition, body) in all {
                    match self.holds(condition) {
                        Some(true) => return self.all(body),
                        Some(false) => {}
                        None => {
                            self.maybe(condition)?;
                            self.maybe(body)?;
                        }
                    }
                }
                if all.iter().all(|(condition, _)| self.holds(condition) == Some(false)) {
                    return self.all(otherwise);
                }
                self.maybe(otherwise)
            }
            Node::Simple(words) => self.simple(words),
        }
    }

    fn simple(&mut self, words: &[String]) -> Option<Flow> {
        let sets = |word: &str| {
            let (name, value) = word.split_once('=')?;
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            is_name.then(|| (name.to_owned(), value.to_owned()))
        };
        let ahead = words.iter().take_while(|word| sets(word).is_some()).count();
        let (ahead, words) = words.split_at(ahead);
        let is_said = matches!(words.first().map(String::as_str), Some("export" | "local" | "readonly" | "declare"));
        if words.is_empty() || is_said {
            for (name, value) in ahead.iter().chain(words).filter_map(|word| sets(word)) {
                let value = self.filled(&value);
                self.set.insert(name, value);
            }
            return Some(Flow::Goes);
        }
        let mut all = Vec::new();
        for word in words {
            match word.trim_matches('"') {
                "$@" | "$*" => all.extend(self.arguments.iter().cloned()),
                _ => all.push(self.filled(word)),
            }
        }
        self.command(all)
    }

    fn command(&mut self, words: Vec<String>) -> Option<Flow> {
        let Some((first, rest)) = words.split_first() else { return Some(Flow::Goes) };
        match first.as_str() {
            "exit" | "return" => return Some(Flow::Ends),
            "exec" => {
                self.command(rest.to_vec())?;
                return Some(Flow::Ends);
            }
            "shift" => {
                let count = rest.first().map_or(Some(1), |count| count.parse().ok())?;
                self.arguments.drain(..count.min(self.arguments.len()));
            }
            "set" if rest.first().is_some_and(|word| word == "--") => self.arguments = rest[1..].to_vec(),
            name if self.functions.contains_key(name) => {
                if self.depth > MAX_DEPTH {
                    return None;
                }
                let body = self.functions.get(name).cloned().unwrap_or_default();
                let outer = std::mem::replace(&mut self.arguments, rest.to_vec());
                self.depth += 1;
                self.all(&body)?;
                self.depth -= 1;
                self.arguments = outer;
                // Whether it gave back or replaced the shell is not looked at.
            }
            _ => {
                if self.found.len() >= MAX_COMMANDS {
                    return None;
                }
                self.found.push(words);
            }
        }
        Some(Flow::Goes)
    }

    /// Whether a condition holds, where that can be told.
    fn holds(&self, condition: &[Node]) -> Option<bool> {
        let [Node::Simple(words)] = condition else { return None };
        let words: Vec<String> = words.iter().map(|word| self.filled(word)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let inner = match words.as_slice() {
            ["[", inner @ .., "]"] | ["[[", inner @ .., "]]"] | ["test", inner @ ..] => inner,
            _ => return None,
        };
        if inner.iter().any(|word| word.contains(UNKNOWN)) {
            return None;
        }
        match inner {
            [one, "=" | "==", other] => Some(fits(other, one)),
            [one, "!=", other] => Some(!fits(other, one)),
            ["-z", one] => Some(one.is_empty()),
            ["-n", one] => Some(!one.is_empty()),
            _ => None,
        }
    }

    /// A word without its quotes and with what its variables hold.
    fn filled(&self, word: &str) -> String {
        let mut found = String::new();
        let mut chars = word.chars().peekable();
        let mut is_plain = false;
        while let Some(c) = chars.next() {
            match c {
                '\'' => is_plain = !is_plain,
                _ if is_plain => found.push(c),
                '"' => {}
                '\\' => found.extend(chars.next()),
                '$' => {
                    let mut name = String::new();
                    if chars.next_if_eq(&'{').is_some() {
                        name.extend(chars.by_ref().take_while(|c| *c != '}'));
                    } else if let Some(digit) = chars.next_if(char::is_ascii_digit) {
                        name.push(digit);
                    } else {
                        while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                            name.push(c);
                        }
                    }
                    found.push_str(&self.value(&name));
                }
                c => found.push(c),
            }
        }
        found
    }

    /// What a variable holds, or else what it is said to be: `${1:-web}`.
    fn value(&self, of: &str) -> String {
        let end = of.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(of.len());
        let (name, rest) = of.split_at(end);
        let known = match name.parse::<usize>() {
            Ok(0) | Err(_) if name.is_empty() => None,
            Ok(0) => None,
            Ok(nth) => Some(self.arguments.get(nth - 1).cloned().unwrap_or_default()),
            Err(_) => self.set.get(name).cloned().or_else(|| (self.known)(name)),
        };
        match (known, rest) {
            (Some(known), "") => known,
            (Some(known), _) if rest.starts_with(":-") => match known.is_empty() {
                true => self.filled(&rest[2..]),
                false => known,
            },
            _ => UNKNOWN.to_owned(),
        }
    }
}

/// Whether a text is like a pattern of the shell with no other mark than `*`.
fn fits(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    let mut parts = pattern.split('*').peekable();
    let mut is_first = true;
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        rest = match (is_first, is_last) {
            (true, true) => return rest == part,
            (true, false) => match rest.strip_prefix(part) {
                Some(rest) => rest,
                None => return false,
            },
            (false, true) => return rest.ends_with(part),
            (false, false) => match rest.find(part) {
                Some(at) => &rest[at + part.len()..],
                None => return false,
            },
        };
        is_first = false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::commands;

    fn shown(script: &str, arguments: &[&str]) -> Option<String> {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        let known = |name: &str| (name == "ROLE").then(|| "worker".to_owned());
        let found = commands(script, &arguments, &known)?;
        Some(found.into_iter().map(|words| words.join(" ")).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn the_commands_of_a_script_are_told() {
        let case = "case \"$1\" in\n  web|dev)\n    a\n    ;;\n  work*) b -x \\\n   y;;\n  *) c; exit 1 ;;\nesac\nd\n";
        let functions =
            "start() {\n  run \"$1\" # x\n}\nfunction stop {\n  halt\n}\ncase $1 in go) start 'a b' ;; *) stop;; esac";
        let test = "if [ \"$ROLE\" = \"worker\" ]; then exec a; elif [ -z \"$2\" ]; then b; else c; fi\nd";
        for (script, arguments, expected) in [
            (case, &["web"][..], Some("a; d")),
            (case, &["worker"], Some("b -x y; d")),
            (case, &["x"], Some("c")),
            (case, &[], Some("c")),
            (case, &["$"], Some("a; b -x y; c; d")),
            (functions, &["go"], Some("run a b")),
            (functions, &["no"], Some("halt")),
            (test, &[], Some("a")),
            ("if [ \"$OTHER\" = x ]; then a; else b; fi", &[], Some("[ $ = x ]; a; b")),
            ("if [ $1 != x ]; then a; else b; fi", &["x"], Some("b")),
            ("if [[ $1 == w* ]]; then a; else b; fi", &["web"], Some("a")),
            ("set -e\nwait-for x\nexec \"$@\"", &["celery", "worker"], Some("set -e; wait-for x; celery worker")),
            ("shift\nexec $@", &["x", "y"], Some("y")),
            ("KIND=${1:-web}\nexport NAME=\"$KIND-x\"\nrun $NAME $(date) `id`", &[], Some("run web-x $ $")),
            (
                "until nc -z db 1 >/dev/null 2>&1; do sleep 1; done; a && b || c &",
                &[],
                Some("nc -z db 1; sleep 1; a; b; c"),
            ),
            ("A=1 run --x=$A", &[], Some("run --x=$")),
            ("for x in a b; do\n  run $x\ndone", &[], Some("run $")),
            ("(cd x && a)", &[], Some("cd x; a")),
            // What is not understood.
            ("cat <<EOF\nx\nEOF", &[], None),
            ("if a; then b", &[], None),
            ("((x++))", &[], None),
            ("echo 'x", &[], None),
            ("f() { f; }\nf", &[], None),
        ] {
            assert_eq!(shown(script, arguments).as_deref(), expected, "{script} {arguments:?}");
        }
    }
}
