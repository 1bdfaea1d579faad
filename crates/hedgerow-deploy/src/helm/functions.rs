//! The functions of Go's templates, of sprig and of Helm that pass values on.

use super::MARK;
use super::choice;
use super::expr::{is_hole, is_set, written};
use super::scope::{Scope, any};
use super::template::parse;
use serde_json::{Map, Value};
use std::rc::Rc;

/// How long a text that functions make may get, and one that shows whole values. A longer one is not known.
const MAX_TEXT: usize = 4 << 10;
const MAX_SHOWN: usize = 256 << 10;

/// How many letters lines may be put in.
pub(super) const MAX_INDENT: usize = 200;

/// Functions that take in templates.
pub(super) const TAKES_IN: &[&str] = &["include", "template", "tpl"];

/// Functions that a choice goes through as it is.
const PASSES_ON: &[&str] = &[
    "quote", "squote", "print", "printf", "toString", "toYaml", "toJson", "indent", "nindent", "dict", "list",
    "include",
];

/// What a function gives. `context` is `.` or `$` where that is handed to a template; a text that gets too long is not known.
pub(super) fn called(
    name: &str,
    arguments: &[Option<Value>],
    context: Option<Rc<Value>>,
    scope: &Scope,
) -> Option<Value> {
    let shows = matches!(name, "toYaml" | "toJson" | "indent" | "nindent") || TAKES_IN.contains(&name);
    let longest = if shows { MAX_SHOWN } else { MAX_TEXT };
    let is_long = |made: &Value| matches!(made, Value::String(text) if text.len() > longest);
    in_every_way(name, arguments, context, scope).filter(|made| !is_long(made))
}

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

/// One call. A function that is not listed here gives what is not known.
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
        ("repeat", 2) => {
            let count =
                whole(arguments[0].as_ref()?).filter(|count| count.saturating_mul(text(1).len()) <= MAX_TEXT)?;
            Value::from(text(1).repeat(count))
        }
        ("nospace", 1) => Value::from(text(0).split_whitespace().collect::<String>()),
        ("cat", 1..) => Value::from((0..count).map(text).collect::<Vec<_>>().join(" ")),
        ("title", 1) => Value::from(titled(&text(0))),
        ("join", 2) => {
            let Some(Value::Array(list)) = &last else { return None };
            Value::from(list.iter().map(|element| written(Some(element))).collect::<Vec<_>>().join(&text(0)))
        }
        ("splitList", 2) => known(&last?)?.split(text(0).as_str()).map(Value::from).collect(),
        ("first" | "last" | "rest" | "initial" | "compact" | "uniq" | "sortAlpha" | "reverse", 1) => {
            let Some(Value::Array(list)) = last else { return None };
            of_list(name, list)
        }
        ("append" | "prepend", 2) => {
            let Some(Value::Array(mut list)) = arguments[0].clone() else { return None };
            list.insert(if name == "append" { list.len() } else { 0 }, last?);
            Value::Array(list)
        }
        ("omit" | "pick", 1..) => {
            let Some(Value::Object(pairs)) = arguments[0].clone() else { return None };
            let named: Vec<String> = (1..count).map(text).collect();
            if named.iter().any(|key| key.contains(MARK)) {
                return None;
            }
            pairs.into_iter().filter(|(key, _)| named.contains(key) == (name == "pick")).collect()
        }
        ("keys" | "values", 1) => {
            let Some(Value::Object(pairs)) = last else { return None };
            let part = |(key, value): (String, Value)| if name == "keys" { Value::from(key) } else { value };
            pairs.into_iter().map(part).collect()
        }
        ("add" | "sub" | "mul" | "div" | "max" | "min", 2..) | ("add1", 1) => {
            let numbers = arguments.iter().map(|value| number(value.as_ref()?)).collect::<Option<Vec<_>>>()?;
            Value::from(computed(name, &numbers)?)
        }
        ("dig", 3..) => {
            let mut value = last?;
            for key in (0..count - 2).map(text) {
                if scope.around.library.changes(&key) {
                    return None;
                }
                value = match value {
                    Value::Object(mut pairs) => pairs.remove(&key).unwrap_or_default(),
                    Value::Null => Value::Null,
                    _ => return None,
                };
            }
            if value.is_null() { arguments[count - 2].clone()? } else { value }
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
            let space = " ".repeat(width.filter(|width| *width <= MAX_INDENT)?);
            if body.len() > MAX_SHOWN {
                return None;
            }
            let body = body.lines().map(|line| format!("{space}{line}")).collect::<Vec<_>>().join("\n");
            Value::from(if name == "nindent" { format!("\n{body}") } else { body })
        }
        ("include" | "template", 1..) => {
            let Some(Value::String(name)) = arguments.first()? else { return None };
            let Some(helpers) = scope.around.library.helpers(name) else {
                if !super::known::is_harmless(name) {
                    scope.around.spent.lack(format!("the template `{name}` is in none of the charts of the tree"));
                }
                return None;
            };
            let given = context().map(|given| super::known::context(name, given));
            scope.taken_in(name, helpers.iter().map(|helper| (&helper.nodes[..], helper.sides)), given)?
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
        _ => {
            if !is_question(name) {
                scope.around.spent.lack(format!("what `{name}` gives is not known"));
            }
            return None;
        }
    })
}

/// Whether a function only asks something: what it gives is a condition, both sides of which count.
fn is_question(name: &str) -> bool {
    const QUESTIONS: &[&str] = &[
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "not",
        "and",
        "all",
        "any",
        "empty",
        "has",
        "hasKey",
        "hasPrefix",
        "hasSuffix",
        "contains",
        "regexMatch",
        "kindIs",
        "kindOf",
        "typeIs",
        "typeOf",
        "semverCompare",
        "len",
        "set",
        "unset",
    ];
    QUESTIONS.contains(&name)
}

/// A text of which all is known.
fn known(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.contains(MARK))
}

fn whole(value: &Value) -> Option<usize> {
    usize::try_from(number(value)?).ok()
}

/// A number, or a text that is one.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| known(value)?.trim().parse().ok())
}

fn computed(name: &str, numbers: &[i64]) -> Option<i64> {
    let (first, rest) = numbers.split_first()?;
    rest.iter().try_fold(first.checked_add(i64::from(name == "add1"))?, |sum, number| match name {
        "add" => sum.checked_add(*number),
        "sub" => sum.checked_sub(*number),
        "mul" => sum.checked_mul(*number),
        "div" => sum.checked_div(*number),
        "max" => Some(sum.max(*number)),
        "min" => Some(sum.min(*number)),
        _ => None,
    })
}

/// Each word with a capital.
fn titled(text: &str) -> String {
    let mut begins = true;
    let letter = |c: char| {
        let made = if begins { c.to_uppercase().to_string() } else { c.to_string() };
        begins = c.is_whitespace();
        made
    };
    text.chars().map(letter).collect()
}

/// What functions of one list give.
fn of_list(name: &str, mut list: Vec<Value>) -> Value {
    match name {
        "first" if list.is_empty() => Value::Null,
        "first" => list.swap_remove(0),
        "last" => list.pop().unwrap_or_default(),
        "rest" => list.into_iter().skip(1).collect(),
        "initial" => {
            list.pop();
            Value::Array(list)
        }
        "reverse" => list.into_iter().rev().collect(),
        "compact" => list.into_iter().filter(is_set).collect(),
        "sortAlpha" => {
            let mut texts: Vec<String> = list.iter().map(|element| written(Some(element))).collect();
            texts.sort();
            texts.into_iter().map(Value::from).collect()
        }
        _ => {
            let mut seen: Vec<Value> = Vec::new();
            list.into_iter().for_each(|element| {
                if !seen.contains(&element) {
                    seen.push(element);
                }
            });
            Value::Array(seen)
        }
    }
}

fn quoted(text: &str) -> Value {
    Value::from(Value::from(text).to_string())
}

/// What `printf` writes. What a verb with an index or a width of its own takes cannot be told.
fn formatted(format: &str, arguments: &[Option<Value>]) -> String {
    let mut text = String::new();
    let mut next = arguments.iter();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let mut is_told = true;
        while let Some(flag) = letters.next_if(|letter| "+-# 0123456789.[]*".contains(*letter)) {
            is_told &= !"[*".contains(flag);
        }
        match letters.next() {
            Some('%') | None => text.push('%'),
            Some(_) => match is_told.then(|| next.next()).flatten() {
                Some(value) => text.push_str(&written(value.as_ref())),
                None => text.push(MARK),
            },
        }
    }
    text
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
