//! What stands between the braces: values, and the functions that pass them on.

use super::MARK;
use super::template::{Spent, parse, render, sides, weight};
use serde_json::{Map, Value};
use std::rc::Rc;

/// How deep brackets may lie in each other.
const MAX_DEPTH: usize = 16;

/// How long a text that functions make may get, and one that shows whole values. A longer one is not known.
const MAX_TEXT: usize = 4 << 10;
const MAX_SHOWN: usize = 256 << 10;

/// The names a piece of a template sees. An absent value is one that is not known; null is one that is not set.
#[derive(Debug, Clone)]
pub(super) struct Scope<'v> {
    root: &'v Value,
    dot: Dot,
    variables: Vec<Variable>,
    /// In how many branches that not every rendering shows this is.
    depth: usize,
    spent: Rc<Spent>,
}

/// A variable.
#[derive(Debug, Clone)]
struct Variable {
    name: String,
    value: Option<Rc<Value>>,
    /// Renderings differ in its value since a branch at this depth; deeper ones do not see all of its values.
    varies: Option<usize>,
}

/// What `.` is.
#[derive(Debug, Clone)]
enum Dot {
    Root,
    Value(Rc<Value>),
    Unknown,
}

impl<'v> Scope<'v> {
    /// The scope of a whole template.
    pub(super) fn new(root: &'v Value, spent: Rc<Spent>) -> Self {
        Self { root, dot: Dot::Root, variables: Vec::new(), depth: 0, spent }
    }

    /// The scope of a block with another dot.
    pub(super) fn below(&self, dot: Option<Value>) -> Self {
        let dot = dot.map_or(Dot::Unknown, |value| Dot::Value(Rc::new(value)));
        Self { dot, ..self.clone() }
    }

    /// Gives a variable a value.
    pub(super) fn set(&mut self, name: &str, value: Option<Value>) {
        self.variables.push(Variable { name: name.to_owned(), value: value.map(Rc::new), varies: None });
    }

    /// Gives a variable that is there another value.
    pub(super) fn assign(&mut self, name: &str, value: Option<Value>) {
        match self.variables.iter_mut().rev().find(|known| known.name == name) {
            Some(known) => (known.value, known.varies) = (value.map(Rc::new), None),
            None => self.set(name, value),
        }
    }

    /// Goes into or out of a branch that not every rendering shows.
    pub(super) fn enter(&mut self) {
        self.depth += 1;
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Notes that renderings differ in these variables from here on.
    pub(super) fn vary(&mut self, names: &[String]) {
        for name in names {
            if let Some(known) = self.variables.iter_mut().rev().find(|known| known.name == *name) {
                known.varies = Some(known.varies.map_or(self.depth, |depth| depth.min(self.depth)));
            }
        }
    }

    /// Makes variables that are there unknown.
    pub(super) fn lose(&mut self, names: &[String]) {
        for name in names {
            if let Some(known) = self.variables.iter_mut().rev().find(|known| known.name == *name) {
                known.value = None;
            }
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

    /// `.a.b`, `$.a.b`, `$name.a.b`.
    fn path(&self, path: &str) -> Option<Value> {
        let (start, rest) = path.split_once('.').unwrap_or((path, ""));
        let mut value = match (start, &self.dot) {
            ("$", _) | ("", Dot::Root) => self.root,
            ("", Dot::Value(value)) => value,
            ("", Dot::Unknown) => return None,
            (name, _) => {
                let known = self.variables.iter().rev().find(|known| known.name == name)?;
                if known.varies.is_some_and(|depth| self.depth > depth) {
                    return None;
                }
                known.value.as_deref()?
            }
        };
        for part in rest.split('.').filter(|part| !part.is_empty()) {
            value = match value {
                Value::Object(pairs) => match pairs.get(part) {
                    Some(value) => value,
                    // `.Files`, `.Capabilities` and the like.
                    None if std::ptr::eq(value, self.root) => return None,
                    None => &Value::Null,
                },
                Value::Null => &Value::Null,
                _ => return None,
            };
        }
        let is_hole = matches!(value, Value::String(text) if is_hole(text));
        (!is_hole && self.spent.may_copy(weight(value))).then(|| value.clone())
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Pipe,
    Text(String),
    Word(String),
}

/// What an expression comes to; none if it is not known.
pub(super) fn evaluate(code: &str, scope: &Scope) -> Option<Value> {
    let tokens = tokens(code);
    let mut at = 0;
    pipeline(&tokens, &mut at, scope, 0)
}

fn tokens(code: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '(' => found.push(Token::Open),
            ')' => found.push(Token::Close),
            '|' => found.push(Token::Pipe),
            '"' | '`' => {
                let mut text = String::new();
                while let Some(next) = chars.next() {
                    match next {
                        '\\' if c == '"' => text.extend(chars.next()),
                        next if next == c => break,
                        next => text.push(next),
                    }
                }
                found.push(Token::Text(text));
            }
            c if c.is_whitespace() => {}
            c => {
                let mut word = c.to_string();
                while let Some(next) = chars.next_if(|next| !next.is_whitespace() && !"()|\"`".contains(*next)) {
                    word.push(next);
                }
                found.push(Token::Word(word));
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
                    Some(Token::Word(path)) if path.starts_with('.') && path.len() > 1 => {
                        *at += 1;
                        scope.below(value).path(path)
                    }
                    _ => value,
                }
            }
            Token::Text(text) => Some(Value::from(text.as_str())),
            Token::Word(word) => match word.chars().next() {
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
        Some(name) => call(name, &arguments, scope).filter(|made| {
            let shows = matches!(name, "toYaml" | "toJson" | "indent" | "nindent" | "tpl");
            !matches!(made, Value::String(text) if text.len() > if shows { MAX_SHOWN } else { MAX_TEXT })
        }),
        None => arguments.into_iter().next().flatten(),
    }
}

/// The functions of Go's templates, of sprig and of Helm that pass values on. Any other one gives what is not known.
fn call(name: &str, arguments: &[Option<Value>], scope: &Scope) -> Option<Value> {
    let last = arguments.last().cloned().flatten();
    let text = |at: usize| arguments.get(at).map(|value| written(value.as_ref())).unwrap_or_default();
    let count = arguments.len();
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
        ("required" | "toString" | "trim" | "print" | "int" | "int64" | "toStrings" | "deepCopy", 1..) => last?,
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
        ("tpl", 2) => match arguments.first() {
            // A text of the values that is a template itself; one level of it.
            Some(Some(Value::String(body))) if !body.contains("tpl") => {
                scope.spent.step(body.len() / 16);
                let nodes = parse(body);
                // Which of its branches counts is not known.
                if sides(&nodes) > 1 || scope.spent.is_over() {
                    return None;
                }
                Value::from(render(&nodes, scope.root, 0, &scope.spent))
            }
            _ => return None,
        },
        ("index" | "get", 2..) => {
            let mut value = arguments[0].clone()?;
            for key in &arguments[1..] {
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
            let pairs = arguments.chunks(2).filter_map(|pair| Some((written(pair[0].as_ref()), pair[1].clone()?)));
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
fn is_hole(text: &str) -> bool {
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
