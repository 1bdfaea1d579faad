//! What stands between the braces: words, brackets and pipelines, and the values they come to.

use super::files::{Made, Question};
use super::functions::{TAKES_IN, called};
use super::printed::{integer, printed};
use super::scope::Scope;
use crate::partial::Partial;
use crate::value::{Map, Value};
use serde_json::Number;
use std::iter::Peekable;
use std::str::CharIndices;

/// How deep brackets may lie in each other.
const MAX_DEPTH: usize = 16;

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
    pipeline(&tokens, &mut at, scope, 0).filter(|made| !is_unknown(made))
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
                        '\\' if c == '"' => text.extend(unescaped(&mut chars)),
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

/// The letter that a backslash in a text of Go's begins: `\n`, `\x41`, `\101`, `\u00e9`. See <https://go.dev/ref/spec#String_literals>.
fn unescaped(chars: &mut Peekable<CharIndices>) -> Option<char> {
    let (_, letter) = chars.next()?;
    let (first, base, count) = match letter {
        'a' => return Some('\u{7}'),
        'b' => return Some('\u{8}'),
        'f' => return Some('\u{c}'),
        'n' => return Some('\n'),
        'r' => return Some('\r'),
        't' => return Some('\t'),
        'v' => return Some('\u{b}'),
        'x' => (None, 16, 2),
        'u' => (None, 16, 4),
        'U' => (None, 16, 8),
        '0'..='7' => (Some(letter), 8, 2),
        other => return Some(other),
    };
    let mut digits: String = first.into_iter().collect();
    for _ in 0..count {
        digits.extend(chars.next_if(|(_, digit)| digit.is_digit(base)).map(|(_, digit)| digit));
    }
    u32::from_str_radix(&digits, base).ok().and_then(char::from_u32)
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
    let mut question: Option<(Question, Option<Value>)> = None;
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
                        match (Made::of(path), Question::of_found(path)) {
                            (Some(made), _) => value.as_ref().and_then(|files| made.of_files(files)),
                            (None, Some(asked)) if *at > start && arguments.is_empty() => {
                                question = Some((asked, value));
                                continue;
                            }
                            _ => scope.below(value).path(path),
                        }
                    }
                    _ => value,
                }
            }
            Token::Text(text) => Some(Value::Text(Partial::read(text))),
            Token::Field(_) => None,
            Token::Word(word) => match word.chars().next() {
                Some('.' | '$') if function.is_some_and(|name| TAKES_IN.contains(&name)) && word.len() == 1 => {
                    context = scope.whole(word);
                    continue;
                }
                Some('.' | '$') if *at == start + 1 && Question::of(word).is_some() => {
                    question = Question::of(word).map(|asked| (asked, None));
                    continue;
                }
                Some('$') if Made::of(word).is_some() => {
                    let files = word.rsplit_once('.').and_then(|(files, _)| scope.path(files));
                    Made::of(word).zip(files).and_then(|(made, files)| made.of_files(&files))
                }
                Some('.' | '$') => scope.path(word),
                Some(c) if c.is_ascii_digit() || matches!(c, '-' | '+') => literal(word),
                _ if word == "true" || word == "false" => Some(Value::from(word == "true")),
                _ if word == "nil" => Some(Value::Null),
                _ if *at == start + 1 => {
                    function = Some(word.as_str());
                    continue;
                }
                // Among the arguments of another function it has none of its own.
                _ if word == "dict" => Some(Value::from(Map::new())),
                _ if word == "list" => Some(Value::from(Vec::new())),
                _ => None,
            },
        });
    }
    arguments.extend(piped);
    if let Some((question, files)) = question {
        let name = arguments.first()?.as_ref()?.as_text()?;
        return match files {
            Some(files) => question.of_files(&files, name),
            None => scope.around.files.answer(scope.around.directory, question, name, &scope.around.spent),
        };
    }
    match function {
        Some(name) => called(name, &arguments, context, scope),
        None => arguments.into_iter().next().flatten(),
    }
}

/// A number that a template says: `8080`, `0x1F`, `1.5`.
fn literal(word: &str) -> Option<Value> {
    let whole = integer(&Value::from(word))
        .filter(|number| *number != 0 || word.trim_start_matches(['0', '+', '-']).is_empty());
    let real = || word.parse().ok().and_then(Number::from_f64).map(Value::Number);
    if word.contains(['.', 'e', 'E']) && !word.starts_with("0x") { real() } else { whole.map(Value::from) }
}

pub(super) fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Text(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::List(list) => !list.is_empty(),
        Value::Map(pairs) => !pairs.is_empty(),
        Value::Bool(true) => true,
    }
}

/// Whether nothing of a value is known.
pub(super) fn is_unknown(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.is_unknown())
}

/// A value as text; a hole for what is not known or not set.
pub(super) fn written(value: Option<&Value>) -> Partial {
    match value {
        None | Some(Value::Null) => Partial::unknown(),
        Some(Value::Text(text)) => text.clone(),
        Some(other) => printed(other),
    }
}
