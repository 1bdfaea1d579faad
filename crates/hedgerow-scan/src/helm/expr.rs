//! What stands between the braces: values, and the functions that pass them on.

use super::MARK;
use super::choice;
use super::library::MAX_LEVEL;
use super::render::{Around, render_helper, weight};
use super::template::{MAX_LINE, Node, parse};
use serde_json::{Map, Value};
use std::rc::Rc;

/// How deep brackets may lie in each other.
const MAX_DEPTH: usize = 16;

/// How long a text that functions make may get, and one that shows whole values. A longer one is not known.
const MAX_TEXT: usize = 4 << 10;
const MAX_SHOWN: usize = 256 << 10;

/// The names a piece of a template sees. An absent value is one that is not known; null is one that is not set.
#[derive(Debug, Clone)]
pub(super) struct Scope<'l> {
    around: &'l Around<'l>,
    /// What `$` is.
    root: Option<Rc<Value>>,
    dot: Option<Rc<Value>>,
    variables: Vec<Variable>,
    /// In how many templates with names this is.
    level: usize,
    /// Which rendering of what it takes in is shown; if none, it takes in a text that is any of them.
    side: Option<usize>,
}

/// A variable.
#[derive(Debug, Clone)]
struct Variable {
    name: Rc<str>,
    value: Option<Rc<Value>>,
}

impl<'l> Scope<'l> {
    /// The scope of a whole template.
    pub(super) fn new(root: Rc<Value>, around: &'l Around<'l>) -> Self {
        Self { around, dot: Some(Rc::clone(&root)), root: Some(root), variables: Vec::new(), level: 0, side: None }
    }

    /// The scope of a block with another dot.
    pub(super) fn below(&self, dot: Option<Value>) -> Self {
        self.around.spent.step(self.variables.len() / 16);
        Self { dot: dot.map(Rc::new), ..self.clone() }
    }

    /// The scope of an action of which one rendering is shown.
    pub(super) fn showing(&self, side: usize) -> Self {
        self.around.spent.step(self.variables.len() / 16);
        Self { side: Some(side), ..self.clone() }
    }

    pub(super) fn around(&self) -> &'l Around<'l> {
        self.around
    }

    pub(super) fn is_in_helper(&self) -> bool {
        self.level > 0
    }

    /// Gives a new variable a value.
    pub(super) fn set(&mut self, name: &str, value: Option<Value>) {
        self.variables.push(Variable { name: name.into(), value: value.map(Rc::new) });
    }

    /// Gives a variable that is there another value.
    pub(super) fn assign(&mut self, name: &str, value: Option<Value>) {
        match self.place(name) {
            Some(at) => self.variables[at].value = value.map(Rc::new),
            None => self.set(name, value),
        }
    }

    /// Makes variables that are there unknown.
    pub(super) fn lose(&mut self, names: &[String]) {
        for name in names {
            if let Some(at) = self.place(name) {
                self.variables[at].value = None;
            }
        }
    }

    /// Gives variables what they have at the end of any of these branches; `by` is what chooses.
    pub(super) fn join(&mut self, names: &[String], ends: &[Self], by: &str) {
        for name in names {
            let Some(at) = self.place(name) else { continue };
            let values = ends.iter().map(|end| end.variables.get(at).and_then(|known| known.value.as_deref().cloned()));
            self.variables[at].value = any(by, &values.collect::<Vec<_>>()).map(Rc::new);
        }
    }

    /// Takes over what a block below has given the variables.
    pub(super) fn adopt(&mut self, below: Self) {
        let known = self.variables.len();
        self.variables = below.variables;
        self.variables.truncate(known);
    }

    /// How many variables there are.
    pub(super) fn variables(&self) -> usize {
        self.variables.len()
    }

    /// Forgets the variables that a block declared.
    pub(super) fn forget(&mut self, known: usize) {
        self.variables.truncate(known);
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.around.spent.step(self.variables.len() / 64);
        self.variables.iter().rposition(|known| &*known.name == name)
    }

    /// `.a.b`, `$.a.b`, `$name.a.b`.
    fn path(&self, path: &str) -> Option<Value> {
        let (start, rest) = path.split_once('.').unwrap_or((path, ""));
        let mut value = match start {
            "$" => self.root.as_deref()?,
            "" => self.dot.as_deref()?,
            name => self.variables[self.place(name)?].value.as_deref()?,
        };
        for part in rest.split('.').filter(|part| !part.is_empty()) {
            if self.around.library.changes(part) {
                return None;
            }
            value = match value {
                Value::Object(pairs) => match pairs.get(part) {
                    Some(value) => value,
                    // `.Files`, `.Capabilities` and the like.
                    None if pairs.contains_key("Values") && pairs.contains_key("Release") => return None,
                    None => &Value::Null,
                },
                Value::Null => &Value::Null,
                _ => return None,
            };
        }
        self.around.spent.may_copy(weight(value)).then(|| value.clone())
    }

    /// What `.` or `$` is, without a copy.
    fn whole(&self, word: &str) -> Option<Rc<Value>> {
        match word {
            "$" => self.root.clone(),
            "." => self.dot.clone(),
            _ => None,
        }
    }

    /// What templates come to for a value.
    fn taken_in<'n>(
        &self,
        by: &str,
        bodies: impl Iterator<Item = (&'n [Node], usize)>,
        dot: Option<Rc<Value>>,
    ) -> Option<Value> {
        if self.level >= MAX_LEVEL {
            self.around.spent.cut();
            return None;
        }
        let around = self.around;
        let scope = Self { around, root: dot.clone(), dot, variables: Vec::new(), level: self.level + 1, side: None };
        let mut left = self.side;
        let mut texts: Vec<String> = Vec::new();
        for (nodes, sides) in bodies {
            if let Some(side) = &mut left {
                if *side < sides {
                    return Some(Value::from(render_helper(nodes, scope, *side)));
                }
                *side -= sides;
                texts = vec![render_helper(nodes, scope.clone(), sides.saturating_sub(1))];
                continue;
            }
            for side in 0..sides.min(MAX_LINE + 1) {
                let text = if side < MAX_LINE { render_helper(nodes, scope.clone(), side) } else { MARK.to_string() };
                if !texts.contains(&text) {
                    texts.push(text);
                }
                if self.around.spent.is_cut() {
                    return None;
                }
            }
        }
        match &texts[..] {
            [] => None,
            [one] => Some(Value::from(one.as_str())),
            _ => any(by, &texts.into_iter().map(|text| Some(Value::from(text))).collect::<Vec<_>>()),
        }
    }
}

/// A value that is any of these; `by` is what chooses.
fn any(by: &str, values: &[Option<Value>]) -> Option<Value> {
    let first = values.first()?;
    if values.iter().all(|value| value == first) {
        return first.clone();
    }
    let is_text = |value: &Option<Value>| !matches!(value, Some(Value::Array(_) | Value::Object(_)));
    let texts = || values.iter().map(|value| written(value.as_ref())).collect::<Vec<_>>();
    values.iter().all(is_text).then(|| Value::from(choice::any_of(by, &texts())))
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    Pipe,
    Text(String),
    Word(String),
    /// `.a.b` right behind a bracket.
    Field(String),
}

/// What an expression comes to; none if it is not known.
pub(super) fn evaluate(code: &str, scope: &Scope) -> Option<Value> {
    scope.around.spent.step(code.len() / 64);
    let tokens = tokens(code);
    let mut at = 0;
    pipeline(&tokens, &mut at, scope, 0).filter(|made| !matches!(made, Value::String(text) if is_hole(text)))
}

pub(super) fn tokens(code: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut chars = code.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '(' => found.push(Token::Open),
            ')' => found.push(Token::Close),
            '|' => found.push(Token::Pipe),
            '"' | '`' => {
                let mut text = String::new();
                while let Some((_, next)) = chars.next() {
                    match next {
                        '\\' if c == '"' => text.extend(chars.next().map(|(_, escaped)| escaped)),
                        next if next == c => break,
                        next => text.push(next),
                    }
                }
                found.push(Token::Text(text));
            }
            c if c.is_whitespace() => {}
            c => {
                let mut word = c.to_string();
                while let Some((_, next)) =
                    chars.next_if(|(_, next)| !next.is_whitespace() && !"()|\"`".contains(*next))
                {
                    word.push(next);
                }
                let is_field = c == '.' && word.len() > 1 && at > 0 && code[..at].ends_with(')');
                found.push(if is_field { Token::Field(word) } else { Token::Word(word) });
            }
        }
    }
    found
}

fn pipeline(tokens: &[Token], at: &mut usize, scope: &Scope, depth: usize) -> Option<Value> {
    let mut value = command(tokens, at, scope, depth, None);
    while tokens.get(*at) == Some(&Token::Pipe) {
        *at += 1;
        value = command(tokens, at, scope, depth, Some(value));
    }
    value
}

/// A value or a call of a function; `piped` is what stands before the bar, the function's last argument.
fn command(
    tokens: &[Token],
    at: &mut usize,
    scope: &Scope,
    depth: usize,
    piped: Option<Option<Value>>,
) -> Option<Value> {
    let mut function = None;
    let mut arguments = Vec::new();
    let mut context = None;
    let start = *at;
    while let Some(token) = tokens.get(*at) {
        *at += 1;
        arguments.push(match token {
            Token::Pipe => {
                *at -= 1;
                break;
            }
            Token::Close => {
                *at -= 1;
                break;
            }
            Token::Open if depth >= MAX_DEPTH => return None,
            Token::Open => {
                let value = pipeline(tokens, at, scope, depth + 1);
                // Past the bracket, or past what cannot be understood before it.
                while let Some(token) = tokens.get(*at) {
                    *at += 1;
                    if *token == Token::Close {
                        break;
                    }
                }
                match tokens.get(*at) {
                    // `(…).name`
                    Some(Token::Field(path)) => {
                        *at += 1;
                        scope.below(value).path(path)
                    }
                    _ => value,
                }
            }
            Token::Text(text) => Some(Value::from(text.as_str())),
            Token::Field(_) => None,
            Token::Word(word) => match word.chars().next() {
                Some('.' | '$') if function.is_some_and(|name| TAKES_IN.contains(&name)) && word.len() == 1 => {
                    context = scope.whole(word);
                    continue;
                }
                Some('.' | '$') => scope.path(word),
                Some(c) if c.is_ascii_digit() || c == '-' => word.parse::<i64>().ok().map(Value::from),
                _ if word == "true" || word == "false" => Some(Value::from(word == "true")),
                _ if word == "nil" => Some(Value::Null),
                _ if *at == start + 1 => {
                    function = Some(word.as_str());
                    continue;
                }
                _ => None,
            },
        });
    }
    arguments.extend(piped);
    match function {
        Some(name) => in_every_way(name, &arguments, context, scope).filter(|made| {
            let shows = matches!(name, "toYaml" | "toJson" | "indent" | "nindent") || TAKES_IN.contains(&name);
            !matches!(made, Value::String(text) if text.len() > if shows { MAX_SHOWN } else { MAX_TEXT })
        }),
        None => arguments.into_iter().next().flatten(),
    }
}

/// Functions that take in templates.
const TAKES_IN: &[&str] = &["include", "template", "tpl"];

/// Functions that a choice goes through as it is.
const PASSES_ON: &[&str] = &[
    "quote", "squote", "print", "printf", "toString", "toYaml", "toJson", "indent", "nindent", "dict", "list",
    "include",
];

/// What a function gives for every way to choose in its arguments.
fn in_every_way(name: &str, arguments: &[Option<Value>], context: Option<Rc<Value>>, scope: &Scope) -> Option<Value> {
    let open = arguments.iter().filter_map(|value| value.as_ref()?.as_str()).filter(|text| choice::is_open(text));
    let open: Vec<&str> = if PASSES_ON.contains(&name) { Vec::new() } else { open.collect() };
    if open.is_empty() {
        return call(name, arguments, context, scope);
    }
    let (by, ways) = choice::ways(open);
    let made = ways.iter().map(|way| {
        let chosen = arguments.iter().map(|value| match value {
            Some(Value::String(text)) => Some(Value::from(way.text(text))),
            other => other.clone(),
        });
        call(name, &chosen.collect::<Vec<_>>(), context.clone(), scope)
    });
    any(&by, &made.collect::<Vec<_>>())
}

/// The functions of Go's templates, of sprig and of Helm that pass values on. Any other one gives what is not known.
fn call(name: &str, arguments: &[Option<Value>], context: Option<Rc<Value>>, scope: &Scope) -> Option<Value> {
    let last = arguments.last().cloned().flatten();
    let text = |at: usize| arguments.get(at).map(|value| written(value.as_ref())).unwrap_or_default();
    let count = arguments.len();
    let context = || context.or_else(|| arguments.get(1).cloned().flatten().map(Rc::new));
    Some(match (name, count) {
        ("quote", 1..) => quoted(&written(last.as_ref())),
        ("squote", 1..) => Value::from(format!("'{}'", written(last.as_ref()).replace('\'', "''"))),
        ("default", 2) => {
            // Of what is not known it is not known whether it is set.
            let last = last.filter(|value| !matches!(value, Value::String(text) if is_hole(text)))?;
            if is_set(&last) { last } else { arguments[0].clone()? }
        }
        ("coalesce", _) => {
            let mut set = None;
            for value in arguments {
                match value {
                    None => return None,
                    Some(Value::String(text)) if is_hole(text) => return None,
                    Some(value) if is_set(value) => {
                        set = Some(value.clone());
                        break;
                    }
                    Some(_) => {}
                }
            }
            set?
        }
        ("print", 2..) => {
            let mut text = String::new();
            for (at, value) in arguments.iter().enumerate() {
                let is_text = |value: &Option<Value>| matches!(value, None | Some(Value::String(_)));
                if at > 0 && !is_text(value) && !is_text(&arguments[at - 1]) {
                    text.push(' ');
                }
                text.push_str(&written(value.as_ref()));
            }
            Value::from(text)
        }
        ("or", 1..) => {
            let set = arguments.iter().find(|value| value.as_ref().is_none_or(is_set));
            set.cloned().unwrap_or(last)?
        }
        // What is asked is not known.
        ("ternary", 3) => any(&scope.around.spent.next(), &arguments[..2])?,
        ("required" | "toString" | "print" | "int" | "int64" | "toStrings" | "deepCopy" | "mustDeepCopy", 1..) => last?,
        // Where this is rendered nothing is deployed.
        ("fail", 1) => Value::from(""),
        ("trim", 1) => Value::from(text(0).trim()),
        ("trunc", 2) => {
            let length = usize::try_from(arguments[0].as_ref()?.as_i64()?).ok()?;
            Value::from(text(1).chars().take(length).collect::<String>())
        }
        ("concat", 1..) => {
            let lists = arguments.iter().map(|value| match value {
                Some(Value::Array(list)) => Some(list.clone()),
                Some(Value::Null) => Some(Vec::new()),
                _ => None,
            });
            Value::Array(lists.collect::<Option<Vec<_>>>()?.concat())
        }
        ("lower", 1) => Value::from(text(0).to_lowercase()),
        ("upper", 1) => Value::from(text(0).to_uppercase()),
        ("trimSuffix", 2) => Value::from(text(1).strip_suffix(text(0).as_str()).unwrap_or(&text(1))),
        ("trimPrefix", 2) => Value::from(text(1).strip_prefix(text(0).as_str()).unwrap_or(&text(1))),
        ("replace", 3) => {
            let (old, new, body) = (text(0), text(1), text(2));
            if body.matches(old.as_str()).count().saturating_mul(new.len()) > MAX_TEXT {
                return None;
            }
            Value::from(body.replace(&old, &new))
        }
        ("printf", 1..) => Value::from(formatted(&text(0), &arguments[1..])),
        ("toYaml", 1) => Value::from(lines(&last?)),
        ("toJson", 1) => Value::from(last?.to_string()),
        ("indent" | "nindent", 2) => {
            let Some(Value::String(body)) = &last else { return None };
            let width = arguments[0].as_ref().and_then(Value::as_u64).and_then(|width| usize::try_from(width).ok());
            let space = " ".repeat(width.filter(|width| *width <= 200)?);
            if body.len() > MAX_SHOWN {
                return None;
            }
            let body = body.lines().map(|line| format!("{space}{line}")).collect::<Vec<_>>().join("\n");
            Value::from(if name == "nindent" { format!("\n{body}") } else { body })
        }
        ("include" | "template", 1..) => {
            let Some(Value::String(name)) = arguments.first()? else { return None };
            let helpers = scope.around.library.helpers(name)?;
            scope.taken_in(name, helpers.iter().map(|helper| (&helper.nodes[..], helper.sides)), context())?
        }
        // A text of the values that is a template itself.
        ("tpl", 1..) => {
            let Some(Value::String(body)) = arguments.first()? else { return None };
            if !body.contains("{{") {
                return Some(Value::from(body.as_str()));
            }
            scope.around.spent.step(body.len() / 16);
            let mut template = parse(body);
            if template.is_cut {
                return None;
            }
            let sides = scope.around.library.count_sides(&mut template.nodes);
            let bodies = [(&template.nodes[..], sides)];
            scope.taken_in(&scope.around.spent.next(), bodies.into_iter(), context())?
        }
        ("index" | "get", 2..) => {
            let mut value = arguments[0].clone()?;
            for key in &arguments[1..] {
                if let Some(Value::String(key)) = key
                    && scope.around.library.changes(key)
                {
                    return None;
                }
                value = match (value, key.as_ref()?) {
                    (Value::Array(mut list), Value::Number(at)) => {
                        let at = usize::try_from(at.as_u64()?).ok()?;
                        if at < list.len() { list.swap_remove(at) } else { Value::Null }
                    }
                    (Value::Object(mut pairs), Value::String(key)) => pairs.remove(key).unwrap_or_default(),
                    (Value::Null, _) => Value::Null,
                    _ => return None,
                };
            }
            value
        }
        ("dict", _) if count.is_multiple_of(2) => {
            let unknown = || Value::from(MARK.to_string());
            let pair = |pair: &[Option<Value>]| (written(pair[0].as_ref()), pair[1].clone().unwrap_or_else(unknown));
            let pairs = arguments.chunks_exact(2).map(pair);
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        ("list", _) => arguments.iter().cloned().collect::<Option<Vec<_>>>().map(Value::from)?,
        _ => return None,
    })
}

pub(super) fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Array(list) => !list.is_empty(),
        Value::Object(pairs) => !pairs.is_empty(),
        Value::Bool(true) => true,
    }
}

/// Whether nothing of a text is known.
pub(super) fn is_hole(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == MARK)
}

/// A value as text; a hole for what is not known or not set.
fn written(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => MARK.to_string(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn quoted(text: &str) -> Value {
    Value::from(Value::from(text).to_string())
}

fn formatted(format: &str, arguments: &[Option<Value>]) -> String {
    use crate::format::{Part, verbs};
    let mut next = 0;
    let parts = verbs(format).into_iter().map(|part| match part {
        Part::Text(text) => text,
        Part::Next => {
            next += 1;
            arguments.get(next - 1).map_or_else(|| MARK.to_string(), |value| written(value.as_ref()))
        }
        Part::At(_) | Part::Named(_) => MARK.to_string(),
    });
    parts.collect()
}

/// A value as lines of YAML: the outermost elements one to a line, each as JSON.
fn lines(value: &Value) -> String {
    match value {
        Value::Array(list) if !list.is_empty() => {
            list.iter().map(|element| format!("- {element}")).collect::<Vec<_>>().join("\n")
        }
        Value::Object(pairs) if !pairs.is_empty() => {
            let line = |(key, value): (&String, &Value)| format!("{}: {value}", Value::from(key.as_str()));
            pairs.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        // Beside other lines an empty one would be no YAML.
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
        other => other.to_string(),
    }
}
