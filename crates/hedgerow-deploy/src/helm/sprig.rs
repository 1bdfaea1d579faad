//! Sprig's and Helm's functions that decode, merge and cut: <https://helm.sh/docs/chart_template_guide/function_list/>.

use super::expr::{is_set, written};
use crate::deploy::documents;
use crate::partial::{Gap, Partial};
use crate::value::{Map, Value};
use std::sync::Arc;

/// How many numbers a list of them may have.
const MAX_COUNT: i64 = 64;

/// How deep maps are merged.
const MAX_DEPTH: usize = 64;

/// Functions that give what nobody knows before, and in which there is no address: times, keys, sums.
const OPAQUE: &[&str] = &[
    "adler32sum",
    "ago",
    "b64enc",
    "bcrypt",
    "date",
    "dateInZone",
    "dateModify",
    "derivePassword",
    "encryptAES",
    "genCA",
    "genCAWithKey",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSignedCert",
    "htmlDate",
    "htpasswd",
    "now",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "unixEpoch",
    "uuidv4",
];

/// What a function gives.
#[derive(Debug, PartialEq)]
pub(super) enum Given {
    /// This value; none if it is not known for these arguments.
    Value(Option<Value>),
    /// Something in which there is no address.
    Opaque,
    /// The function is none of these.
    Other,
}

/// One call.
pub(super) fn call(name: &str, arguments: &[Option<Value>]) -> Given {
    if OPAQUE.contains(&name) {
        return Given::Opaque;
    }
    let last = arguments.last().and_then(Option::as_ref);
    let value = match (name.strip_prefix("must").map_or_else(|| name.to_owned(), lowered).as_str(), arguments.len()) {
        ("fromYaml" | "fromJson", 1) => decoded(last).filter(|value| matches!(value, Value::Map(_))),
        ("fromYamlArray" | "fromJsonArray", 1) => decoded(last).filter(|value| matches!(value, Value::List(_))),
        ("merge" | "mergeOverwrite", 1..) => merged(arguments, name.ends_with("Overwrite")),
        ("split", 2) => split(last, &arguments[0]),
        ("substr", 3) => substring(arguments),
        ("trimAll", 2) => trimmed(arguments),
        ("until", 1) => numbers(0, last.and_then(Value::as_i64)),
        ("untilStep", 3) if arguments[2].as_ref().and_then(Value::as_i64) == Some(1) => {
            arguments[0].as_ref().and_then(Value::as_i64).and_then(|from| numbers(from, second(arguments)))
        }
        ("tuple", _) => arguments.iter().cloned().collect::<Option<Vec<_>>>().map(Value::from),
        ("pluck", 2..) => plucked(arguments),
        ("slice", 2..=3) => sliced(arguments),
        ("without", 1..) => without(arguments),
        ("float64" | "atoi" | "toDecimal" | "ceil" | "floor" | "round", 1) => last.cloned(),
        ("toPrettyJson" | "toRawJson", 1) => last.map(|value| Value::Text(value.json())),
        ("snakecase" | "kebabcase", 1) => {
            let mark = if name == "snakecase" { '_' } else { '-' };
            last.and_then(Value::as_str).map(|text| Value::from(parted(text, mark)))
        }
        ("camelcase", 1) => last.and_then(Value::as_str).map(|text| Value::from(joined(text))),
        _ => return Given::Other,
    };
    Given::Value(value)
}

/// `mustMerge` is `merge` that may fail.
fn lowered(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

fn second(arguments: &[Option<Value>]) -> Option<i64> {
    arguments.get(1)?.as_ref()?.as_i64()
}

/// What a text holds that is YAML or JSON. Nothing where lines of it are not known: any key may stand there.
fn decoded(value: Option<&Value>) -> Option<Value> {
    let text = value?.as_text()?;
    if text.has(&Gap::LeftOut) || text.has(&Gap::Lost) {
        return None;
    }
    let text = text.written();
    // A line that is nothing but a gap is lines as well.
    if text.lines().any(|line| Partial::read(line.trim()).is_unknown()) {
        return None;
    }
    if text.trim().is_empty() {
        return Some(Value::from(Map::new()));
    }
    documents(&text).into_iter().next().map(Value::read)
}

/// Maps laid one over the other. `merge` keeps what the first has, `mergeOverwrite` takes what the last has.
fn merged(arguments: &[Option<Value>], overwrites: bool) -> Option<Value> {
    let mut all = arguments.iter().map(|value| match value {
        Some(Value::Map(pairs)) => Some(Arc::clone(pairs)),
        Some(Value::Null) => Some(Arc::default()),
        _ => None,
    });
    let mut made = all.next()??;
    for other in all {
        let other = other?;
        lay(Arc::make_mut(&mut made), &other, overwrites, 0);
    }
    Some(Value::Map(made))
}

fn lay(under: &mut Map, over: &Map, overwrites: bool, depth: usize) {
    for (key, value) in over {
        match (under.get_mut(key), value) {
            (Some(Value::Map(under)), Value::Map(over)) if depth < MAX_DEPTH => {
                lay(Arc::make_mut(under), over, overwrites, depth + 1);
            }
            // What is not set does not set anything, in both.
            (Some(known), value) => {
                let wins = if overwrites { is_set(value) } else { !is_set(known) };
                if wins {
                    value.clone_into(known);
                }
            }
            (None, value) => {
                under.insert(key.clone(), value.clone());
            }
        }
    }
}

/// `split ":" "a:b"` is a map: `_0` is `a`, `_1` is `b`.
fn split(text: Option<&Value>, mark: &Option<Value>) -> Option<Value> {
    let (text, mark) = (text?.as_text()?, mark.as_ref()?.as_str()?);
    if mark.is_empty() || text.is_unknown() {
        return None;
    }
    let text = text.written();
    let parts = text.split(mark).take(usize::try_from(MAX_COUNT).unwrap_or_default()).enumerate();
    Some(parts.map(|(at, part)| (Partial::from(format!("_{at}")), Value::Text(Partial::read(part)))).collect())
}

fn substring(arguments: &[Option<Value>]) -> Option<Value> {
    let (from, to) = (arguments[0].as_ref()?.as_i64()?, second(arguments)?);
    let text = arguments[2].as_ref()?.as_str()?;
    let from = usize::try_from(from).unwrap_or_default();
    let letters = text.chars().skip(from);
    Some(Value::from(match usize::try_from(to) {
        Ok(to) => letters.take(to.saturating_sub(from)).collect::<String>(),
        Err(_) => letters.collect(),
    }))
}

fn trimmed(arguments: &[Option<Value>]) -> Option<Value> {
    let marks: Vec<char> = arguments[0].as_ref()?.as_str()?.chars().collect();
    let text = written(arguments[1].as_ref());
    Some(Value::Text(text.through(|text| text.trim_matches(&marks[..]).to_owned())))
}

fn numbers(from: i64, to: Option<i64>) -> Option<Value> {
    let to = to?;
    (to.checked_sub(from)? <= MAX_COUNT).then(|| (from..to).map(Value::from).collect())
}

/// What several maps have under a key.
fn plucked(arguments: &[Option<Value>]) -> Option<Value> {
    let key = arguments[0].as_ref()?.as_str()?;
    let maps = arguments[1..].iter().map(|value| value.as_ref()?.as_map()).collect::<Option<Vec<_>>>()?;
    Some(maps.into_iter().filter_map(|map| map.get(&Partial::from(key)).cloned()).collect())
}

fn sliced(arguments: &[Option<Value>]) -> Option<Value> {
    let list = arguments[0].as_ref()?.as_list()?;
    let place = |at: usize| usize::try_from(arguments.get(at)?.as_ref()?.as_i64()?).ok();
    let (from, to) = (place(1)?, if arguments.len() > 2 { place(2)? } else { list.len() });
    list.get(from..to).map(|part| part.iter().cloned().collect())
}

fn without(arguments: &[Option<Value>]) -> Option<Value> {
    let list = arguments[0].as_ref()?.as_list()?;
    let left_out = arguments[1..].iter().cloned().collect::<Option<Vec<_>>>()?;
    Some(list.iter().filter(|one| !left_out.contains(one)).cloned().collect())
}

/// `firstName` and `first-name` with a mark between their words.
fn parted(text: &str, mark: char) -> String {
    let mut made = String::new();
    for letter in text.chars() {
        if letter.is_ascii_uppercase() && made.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) {
            made.push(mark);
        }
        made.push(if matches!(letter, '-' | '_' | ' ') { mark } else { letter.to_ascii_lowercase() });
    }
    made
}

/// `first_name` as `FirstName`.
fn joined(text: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    text.split(['_', '-', ' ']).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_give_what_sprigs_do() {
        let value = |text: &str| Value::from(serde_json::from_str::<serde_json::Value>(text).unwrap());
        for (name, arguments, expected) in [
            ("fromYaml", &["\"a: {b: 1}\""][..], Some("{\"a\":{\"b\":1}}")),
            ("fromJson", &["\"{\\\"a\\\": [1]}\""], Some("{\"a\":[1]}")),
            ("mustFromJson", &["\"{\\\"a\\\": [1]}\""], Some("{\"a\":[1]}")),
            ("fromYaml", &["\"\""], Some("{}")),
            ("fromYaml", &["\"[1]\""], None),
            ("fromYamlArray", &["\"[1]\""], Some("[1]")),
            (
                "merge",
                &["{\"a\":1,\"c\":{\"d\":1}}", "{\"a\":2,\"b\":3,\"c\":{\"e\":2}}"],
                Some("{\"a\":1,\"b\":3,\"c\":{\"d\":1,\"e\":2}}"),
            ),
            ("mergeOverwrite", &["{\"a\":1}", "{\"a\":2,\"b\":3}", "{\"a\":4}"], Some("{\"a\":4,\"b\":3}")),
            ("mustMergeOverwrite", &["{\"a\":1}", "{\"a\":0}"], Some("{\"a\":1}")),
            ("merge", &["{\"a\":\"\"}", "{\"a\":\"x\"}", "null"], Some("{\"a\":\"x\"}")),
            ("split", &["\":\"", "\"a:b\""], Some("{\"_0\":\"a\",\"_1\":\"b\"}")),
            ("substr", &["1", "3", "\"abcd\""], Some("\"bc\"")),
            ("substr", &["1", "-1", "\"abcd\""], Some("\"bcd\"")),
            ("trimAll", &["\"/\"", "\"/a/\""], Some("\"a\"")),
            ("until", &["3"], Some("[0,1,2]")),
            ("until", &["100000"], None),
            ("untilStep", &["1", "3", "1"], Some("[1,2]")),
            ("tuple", &["1", "2"], Some("[1,2]")),
            ("pluck", &["\"a\"", "{\"a\":1}", "{\"b\":2}", "{\"a\":3}"], Some("[1,3]")),
            ("slice", &["[1,2,3]", "1"], Some("[2,3]")),
            ("slice", &["[1,2,3]", "1", "9"], None),
            ("without", &["[1,2]", "1"], Some("[2]")),
            ("snakecase", &["\"FirstName\""], Some("\"first_name\"")),
            ("kebabcase", &["\"first_name\""], Some("\"first-name\"")),
            ("camelcase", &["\"http_server\""], Some("\"HttpServer\"")),
        ] {
            let arguments: Vec<Option<Value>> = arguments.iter().map(|text| Some(value(text))).collect();
            assert_eq!(call(name, &arguments), Given::Value(expected.map(value)), "{name} {arguments:?}");
        }
        assert_eq!(call("now", &[]), Given::Opaque);
        assert_eq!(call("regexReplaceAll", &[]), Given::Other);
    }

    #[test]
    fn what_is_known_in_part_is_decoded_in_part() {
        let mut text = Partial::from("a: x\nb: ");
        text.append(&Partial::unknown());
        let Given::Value(Some(found)) = call("fromYaml", &[Some(Value::Text(text.clone()))]) else { panic!() };
        assert_eq!(found.get("a").and_then(Value::as_str), Some("x"));
        assert_eq!(found.get("b"), Some(&Value::unknown()));
        // Any key may stand on a line of which nothing is known.
        text.push_str("\n");
        text.append(&Partial::unknown());
        assert_eq!(call("fromYaml", &[Some(Value::Text(text))]), Given::Value(None));
        assert_eq!(call("merge", &[Some(Value::from(Map::new())), None]), Given::Value(None));
        assert_eq!(call("split", &[Some(Value::from(":")), Some(Value::unknown())]), Given::Value(None));
    }
}
