//! The functions of Go's templates, of sprig and of Helm that pass values on.

use super::expr::{is_set, is_unknown, written};
use super::made::{computed, formatted, has_open, joined, lines, of_list, quoted, under};
use super::parse::parse_written;
use super::printed::integer;
use super::scope::{Scope, any};
use super::sprig::{self, Given, plain};
use super::weights::MAX_VALUE;
use super::{choice, cut};
use crate::partial::{Gap, Partial};
use crate::value::Value;
use std::rc::Rc;
use std::sync::Arc;

/// How long a text that functions make may get, one that is a whole file, and one that shows whole values. A longer one is not known.
const MAX_TEXT: usize = 4 << 10;
const MAX_WHOLE: usize = 64 << 10;
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
    let name = plain(name);
    let shows = matches!(name, "toYaml" | "toJson" | "toPrettyJson" | "toRawJson" | "indent" | "nindent")
        || TAKES_IN.contains(&name);
    let longest = match name {
        _ if shows => MAX_SHOWN,
        // What a text goes through that is a whole file.
        "quote" | "squote" | "regexReplaceAll" | "regexReplaceAllLiteral" | "trim" | "default" => MAX_WHOLE,
        _ => MAX_TEXT,
    };
    let spent = &scope.around.spent;
    spent.step(spent.weights.to_read(name, arguments));
    if spent.is_over() {
        return None;
    }
    let made = in_every_way(name, arguments, context, scope)?;
    if let Value::Text(text) = &made {
        return (text.size() <= longest).then_some(made);
    }
    if spent.weights.of(&made) > MAX_VALUE {
        spent.cut("it makes a value of too many parts");
        return None;
    }
    Some(made)
}

/// What a function gives for every way to choose in its arguments.
fn in_every_way(name: &str, arguments: &[Option<Value>], context: Option<Rc<Value>>, scope: &Scope) -> Option<Value> {
    let open = arguments.iter().filter_map(|value| value.as_ref()?.as_text()).filter(|text| text.is_open());
    let passes_on = PASSES_ON.contains(&name) || sprig::is_about_the_beginning(name, arguments);
    let open: Vec<&Partial> = if passes_on { Vec::new() } else { open.collect() };
    if open.is_empty() {
        return call(name, arguments, context, scope);
    }
    let (by, ways) = choice::ways(open);
    let made = ways.iter().map(|way| {
        let chosen = arguments.iter().map(|value| match value {
            Some(Value::Text(text)) => Some(Value::Text(way.text(text))),
            other => other.clone(),
        });
        call(name, &chosen.collect::<Vec<_>>(), context.clone(), scope)
    });
    let made: Vec<Option<Value>> = made.collect();
    scope.around.spent.compare(&made);
    any(&by, &made)
}

/// One call. A function that is not listed here gives what is not known.
fn call(name: &str, arguments: &[Option<Value>], context: Option<Rc<Value>>, scope: &Scope) -> Option<Value> {
    let last = arguments.last().cloned().flatten();
    let text = |at: usize| arguments.get(at).map(|value| written(value.as_ref())).unwrap_or_default();
    let count = arguments.len();
    let context = || context.or_else(|| arguments.get(1).cloned().flatten().map(Rc::new));
    Some(match (name, count) {
        ("quote", 1..) => {
            Value::Text(joined(arguments.iter().map(|value| quoted(&written(value.as_ref()))), &Partial::from(" ")))
        }
        ("squote", 1..) => {
            Value::Text(written(last.as_ref()).through(|text| format!("'{}'", text.replace('\'', "''"))))
        }
        ("default", 2) => {
            // Of what is not known it is not known whether it is set.
            let last = last.filter(|value| !is_unknown(value))?;
            if is_set(&last) { last } else { arguments[0].clone()? }
        }
        ("coalesce", _) => {
            let mut set = None;
            for value in arguments {
                match value {
                    None => return None,
                    Some(value) if is_unknown(value) => return None,
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
            let mut text = Partial::default();
            for (at, value) in arguments.iter().enumerate() {
                let is_text = |value: &Option<Value>| matches!(value, None | Some(Value::Text(_)));
                if at > 0 && !is_text(value) && !is_text(&arguments[at - 1]) {
                    text.push_str(" ");
                }
                text.append(&written(value.as_ref()));
            }
            Value::Text(text)
        }
        ("or", 1..) => {
            let set = arguments.iter().find(|value| value.as_ref().is_none_or(is_set));
            set.cloned().unwrap_or(last)?
        }
        ("and", 1..) => {
            let mut first = last;
            for value in arguments {
                // Of what is not known it is not known whether it is set.
                let value = value.as_ref().filter(|value| !is_unknown(value))?;
                if !is_set(value) {
                    first = Some(value.clone());
                    break;
                }
            }
            first?
        }
        // What is asked is not known.
        ("ternary", 3) => {
            scope.around.spent.compare(&arguments[..2]);
            any(&scope.around.spent.next(), &arguments[..2])?
        }
        ("toString" | "print", 1) => match last? {
            Value::Null => Value::Null,
            value => Value::Text(written(Some(&value))),
        },
        ("required", 1..) => last?,
        // What is changed in the one is not changed in the other.
        ("deepCopy", 1) => last?.with_texts(&Partial::clone),
        // Where this is rendered nothing is deployed.
        ("fail", 1) => Value::from(""),
        ("trim", 1) => Value::Text(cut::trimmed(&text(0), char::is_whitespace)),
        ("trunc", 2) => Value::Text(cut::cut_to(arguments[0].as_ref()?.as_i64()?, &text(1))),
        ("repeat", 2) => {
            let count =
                whole(arguments[0].as_ref()?).filter(|count| count.saturating_mul(text(1).size()) <= MAX_TEXT)?;
            Value::Text(text(1).through(|text| text.repeat(count)))
        }
        ("nospace", 1) => Value::Text(text(0).through(|text| text.split_whitespace().collect())),
        ("cat", 1..) => Value::Text(joined((0..count).map(text), &Partial::from(" "))),
        ("join", 2) => {
            let Some(Value::List(list)) = &last else { return None };
            Value::Text(joined(list.iter().map(|element| written(Some(element))), &text(0)))
        }
        ("splitList", 2) => {
            let (parts, is_open) = cut::parts(&text(0), None, last?.as_text()?)?;
            if is_open {
                return None;
            }
            parts.into_iter().map(Value::Text).collect()
        }
        ("first" | "last" | "rest" | "initial" | "compact" | "uniq" | "sortAlpha" | "reverse", 1) => {
            let Some(Value::List(list)) = last else { return None };
            of_list(name, Arc::unwrap_or_clone(list))
        }
        ("append" | "prepend", 2) => {
            let Some(Value::List(list)) = arguments[0].clone() else { return None };
            let mut list = Arc::unwrap_or_clone(list);
            list.insert(if name == "append" { list.len() } else { 0 }, last?);
            Value::from(list)
        }
        ("omit" | "pick", 1..) => {
            let Some(Value::Map(pairs)) = arguments[0].clone() else { return None };
            let named: Vec<Partial> = (1..count).map(text).collect();
            if named.iter().any(has_open) || (name == "pick" && pairs.keys().any(has_open)) {
                return None;
            }
            Arc::unwrap_or_clone(pairs).into_iter().filter(|(key, _)| named.contains(key) == (name == "pick")).collect()
        }
        ("set", 3) => {
            let Some(Value::Map(mut pairs)) = arguments[0].clone() else { return None };
            let key = text(1);
            if has_open(&key) {
                return None;
            }
            Arc::make_mut(&mut pairs).insert(key, last.unwrap_or_else(Value::unknown));
            Value::Map(pairs)
        }
        ("unset", 2) => {
            let Some(Value::Map(mut pairs)) = arguments[0].clone() else { return None };
            let key = text(1);
            if has_open(&key) || pairs.keys().any(has_open) {
                return None;
            }
            Arc::make_mut(&mut pairs).remove(&key);
            Value::Map(pairs)
        }
        ("set" | "unset", _) => return None,
        ("keys" | "values", 1) => {
            let Some(Value::Map(pairs)) = last else { return None };
            let part = |(key, value): (Partial, Value)| if name == "keys" { Value::Text(key) } else { value };
            Arc::unwrap_or_clone(pairs).into_iter().map(part).collect()
        }
        ("add" | "sub" | "mul" | "div" | "mod" | "max" | "biggest" | "min", 2..) | ("add1", 1) => {
            let known = |value: &Option<Value>| integer(value.as_ref().filter(|value| !value.is_null())?);
            let numbers = arguments.iter().map(known).collect::<Option<Vec<_>>>()?;
            Value::from(computed(name, &numbers)?)
        }
        ("dig", 3..) => {
            let mut value = last?;
            for key in (0..count - 2).map(text) {
                if scope.around.library.changes(key.letters()) {
                    return None;
                }
                value = match value {
                    Value::Map(pairs) => under(&pairs, &key)?.cloned().unwrap_or_default(),
                    Value::Null => Value::Null,
                    _ => return None,
                };
            }
            if value.is_null() { arguments[count - 2].clone()? } else { value }
        }
        ("concat", 1..) => {
            let lists = arguments.iter().map(|value| match value {
                Some(Value::List(list)) => Some(&list[..]),
                Some(Value::Null) => Some(&[][..]),
                _ => None,
            });
            Value::from(lists.collect::<Option<Vec<_>>>()?.concat())
        }
        ("lower", 1) => Value::Text(text(0).through(str::to_lowercase)),
        ("upper", 1) => {
            // The name of a release in other letters is another one.
            let text = text(0).with_gaps(|gap| matches!(gap, Gap::Release(_)).then(Partial::unknown));
            Value::Text(text.through(str::to_uppercase))
        }
        ("trimSuffix", 2) => Value::Text(cut::without_suffix(&text(0), &text(1))?),
        ("trimPrefix", 2) => Value::Text(cut::without_prefix(&text(0), &text(1))?),
        ("replace", 3) => {
            let (old, new, body) = (text(0), text(1), text(2));
            if body.letters().matches(old.letters()).count().saturating_mul(new.size()) > MAX_TEXT {
                return None;
            }
            Value::Text(cut::replaced(&old, &new, &body)?)
        }
        ("printf", 1..) => Value::Text(formatted(&text(0), &arguments[1..])),
        ("toYaml", 1) => Value::Text(lines(&last?)),
        ("toJson", 1) => Value::Text(in_pages(&last?.json())),
        ("indent" | "nindent", 2) => {
            let Some(Value::Text(body)) = &last else { return None };
            let width = arguments[0].as_ref().and_then(Value::as_i64).and_then(|width| usize::try_from(width).ok());
            let space = " ".repeat(width.filter(|width| *width <= MAX_INDENT)?);
            if body.size() > MAX_SHOWN {
                return None;
            }
            let put_in = |body: &str| {
                let body = body.lines().map(|line| format!("{space}{line}")).collect::<Vec<_>>().join("\n");
                if name == "nindent" { format!("\n{body}") } else { body }
            };
            Value::Text(body.through(put_in))
        }
        ("include" | "template", 1..) => {
            let Some(Value::Text(name)) = arguments.first()? else { return None };
            let name = &*name.shown('…');
            let Some(helpers) = scope.around.library.helpers(name) else {
                if let Some(name) = context().and_then(|given| super::known::fullname(name, &given)) {
                    return Some(name);
                }
                if !super::known::is_harmless(name) {
                    scope.around.spent.lack(format!("the template `{name}` is in none of the charts of the tree"));
                }
                return None;
            };
            let given = context().map(|given| super::known::context(name, given));
            let bodies = helpers.iter().map(|helper| (&helper.nodes[..], helper.sides));
            match given {
                // What is given once is likely to be given again.
                Some(given) => scope.taken_in_once(name, bodies, given)?,
                None => scope.taken_in(name, bodies, None)?,
            }
        }
        // A text of the values that is a template itself.
        ("tpl", 1..) => {
            let Some(Value::Text(body)) = arguments.first()? else { return None };
            if !body.letters().contains("{{") {
                return Some(Value::Text(body.clone()));
            }
            scope.around.spent.step(body.size() / 16);
            // What is left out of a text that is a template itself is a part of a text.
            let body = body.with_gaps(|gap| matches!(gap, Gap::LeftOut | Gap::Lost).then(Partial::unknown));
            let mut template = parse_written(&body.written());
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
                if let Some(Value::Text(key)) = key
                    && scope.around.library.changes(key.letters())
                {
                    return None;
                }
                value = match (value, key.as_ref()?) {
                    // Helm renders nothing of what is out of the list.
                    (Value::List(list), Value::Number(at)) => list.get(usize::try_from(at.as_u64()?).ok()?)?.clone(),
                    (Value::Map(pairs), Value::Text(key)) => under(&pairs, key)?.cloned().unwrap_or_default(),
                    (Value::Null, _) => Value::Null,
                    _ => return None,
                };
            }
            value
        }
        ("dict", _) if count.is_multiple_of(2) => {
            let is_key = |value: &Option<Value>| !matches!(value, Some(Value::List(_) | Value::Map(_)));
            if !arguments.iter().step_by(2).all(is_key) {
                return None;
            }
            let value = |value: &Option<Value>| value.clone().unwrap_or_else(Value::unknown);
            let pairs = arguments.chunks_exact(2).map(|pair| (written(pair[0].as_ref()), value(&pair[1])));
            pairs.collect()
        }
        ("list", _) => arguments.iter().cloned().collect::<Option<Vec<_>>>().map(Value::from)?,
        _ => match sprig::call(name, arguments, &scope.around.spent) {
            Given::Value(value) => value?,
            Given::Opaque => return None,
            Given::Other => {
                if !is_question(name) {
                    scope.around.spent.lack(format!("what `{name}` gives is not known"));
                }
                return None;
            }
        },
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
    ];
    QUESTIONS.contains(&name)
}

fn whole(value: &Value) -> Option<usize> {
    usize::try_from(integer(value)?).ok()
}

/// JSON as Go writes it, for pages: without the letters that HTML has.
fn in_pages(json: &Partial) -> Partial {
    let letters =
        [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];
    if !json.letters().contains(letters.map(|(letter, _)| letter)) {
        return json.clone();
    }
    json.through(|text| letters.iter().fold(text.to_owned(), |text, (letter, code)| text.replace(*letter, code)))
}
