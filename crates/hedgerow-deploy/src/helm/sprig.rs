//! Sprig's and Helm's functions that decode, merge and cut: <https://helm.sh/docs/chart_template_guide/function_list/>.

use super::cases::{joined, parted, titled, untitled};
use super::expr::{is_unknown, written};
use super::made::under;
use super::printed::{cast, printed};
use super::spent::{Spent, Work};
use super::{cut, merge, regexes, urls};
use crate::base64;
use crate::deploy::documents;
use crate::partial::{Gap, Partial};
use crate::value::{Map, Value};

/// How many numbers a list of them may have.
const MAX_COUNT: usize = 64;

/// Functions that give what nobody knows before, and in which there is no address: times, keys, sums.
const OPAQUE: &[&str] = &[
    "adler32sum",
    "ago",
    "bcrypt",
    "date",
    "date_in_zone",
    "date_modify",
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
    "must_date_modify",
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
    "toDate",
    "unixEpoch",
    "uuidv4",
];

/// Functions that have another name with `must` before it, under which they may fail. Where nothing fails, both give the same.
const MAY_FAIL: &[&str] = &[
    "append",
    "chunk",
    "compact",
    "dateModify",
    "deepCopy",
    "first",
    "fromJson",
    "has",
    "initial",
    "last",
    "merge",
    "mergeOverwrite",
    "prepend",
    "push",
    "regexFind",
    "regexFindAll",
    "regexMatch",
    "regexReplaceAll",
    "regexReplaceAllLiteral",
    "regexSplit",
    "rest",
    "reverse",
    "slice",
    "toDate",
    "toJson",
    "toPrettyJson",
    "toRawJson",
    "toYaml",
    "uniq",
    "without",
];

/// The name of a function without what says that it may fail: `merge` of `mustMerge`. `push` is `append`.
pub(super) fn plain(name: &str) -> &str {
    let of = |rest: &str| {
        let mut letters = rest.chars();
        let first = letters.next()?.to_ascii_lowercase();
        MAY_FAIL.iter().copied().find(|plain| plain.strip_prefix(first) == Some(letters.as_str()))
    };
    let begins = |rest: &&str| rest.starts_with(|letter: char| letter.is_ascii_uppercase());
    match name.strip_prefix("must").filter(begins).and_then(of).unwrap_or(name) {
        "push" => "append",
        name => name,
    }
}

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
pub(super) fn call(name: &str, arguments: &[Option<Value>], spent: &Spent) -> Given {
    if OPAQUE.contains(&name) {
        return Given::Opaque;
    }
    let last = arguments.last().and_then(Option::as_ref);
    let known = |at: usize| arguments.get(at)?.as_ref()?.as_str();
    let word = |function: fn(&str) -> String| known(0).map(|text| Value::from(function(text)));
    let value = match (name, arguments.len()) {
        ("fromYaml" | "fromJson", 1) => decoded(last, spent).filter(|value| matches!(value, Value::Map(_))),
        ("fromYamlArray" | "fromJsonArray", 1) => decoded(last, spent).filter(|value| matches!(value, Value::List(_))),
        ("merge" | "mergeOverwrite", 1..) => merge::merged(arguments, name == "mergeOverwrite"),
        ("split", 2) => {
            last.and_then(Value::as_text).and_then(|text| cut::split(&written(arguments[0].as_ref()), None, text))
        }
        ("splitn", 3) => splitn(arguments),
        ("substr", 3) => substring(arguments),
        ("trimAll", 2) => trimmed(arguments),
        ("until", 1) => last.and_then(Value::as_i64).and_then(|to| numbers(0, to, to.signum())),
        ("untilStep", 3) => whole(arguments, 0)
            .zip(whole(arguments, 1))
            .zip(whole(arguments, 2))
            .and_then(|((from, to), step)| numbers(from, to, step)),
        ("tuple", _) => arguments.iter().cloned().collect::<Option<Vec<_>>>().map(Value::from),
        ("toStrings", 1) => strings(last),
        ("pluck", 2..) => plucked(arguments),
        ("chunk", 2) => chunked(arguments),
        ("slice", 1..=3) => sliced(arguments),
        ("without", 1..) => without(arguments),
        ("int" | "int64" | "float64" | "atoi" | "toDecimal" | "ceil" | "floor", 1) | ("round", 2..=3) => {
            cast(name, arguments)
        }
        ("b64enc", 1) => last.map(|value| Value::Text(base64::encoded(&written(Some(value))))),
        ("b64dec", 1) => last.and_then(Value::as_text).and_then(base64::decoded).map(Value::Text),
        ("toRawJson", 1) => last.map(|value| Value::Text(value.json())),
        ("toPrettyJson", 1) => last.map(|value| Value::Text(value.json_on_lines())),
        ("snakecase", 1) => word(|text| parted(text, '_')),
        ("kebabcase", 1) => word(|text| parted(text, '-')),
        ("camelcase", 1) => word(joined),
        ("title", 1) => word(titled),
        ("untitle", 1) => word(untitled),
        ("base" | "dir" | "ext" | "clean" | "isAbs" | "urlParse", 1) => {
            last.and_then(Value::as_text).and_then(|text| urls::call(name, text))
        }
        ("regexReplaceAll" | "regexReplaceAllLiteral", 3) => {
            let (pattern, text, with) = (known(0), arguments[1].as_ref().and_then(Value::as_text), known(2));
            let replaced = |pattern, text, with| regexes::replaced(pattern, text, with, name == "regexReplaceAll");
            pattern
                .zip(text)
                .zip(with)
                .and_then(|((pattern, text), with)| replaced(pattern, text, with))
                .map(Value::Text)
        }
        ("regexFind", 2) => {
            known(0).zip(known(1)).and_then(|(pattern, text)| regexes::found(pattern, text)).map(Value::from)
        }
        ("regexSplit", 3) => {
            let count = whole(arguments, 2);
            known(0).zip(known(1)).zip(count).and_then(|((pattern, text), count)| regexes::split(pattern, text, count))
        }
        _ => return Given::Other,
    };
    Given::Value(value)
}

/// Whether a call is about what a text begins with, and passes on the rest.
pub(super) fn is_about_the_beginning(name: &str, arguments: &[Option<Value>]) -> bool {
    let pattern = || arguments.first()?.as_ref()?.as_str();
    matches!(name, "regexReplaceAll" | "regexReplaceAllLiteral")
        && pattern().is_some_and(regexes::is_about_the_beginning)
}

fn whole(arguments: &[Option<Value>], at: usize) -> Option<i64> {
    arguments.get(at)?.as_ref()?.as_i64()
}

/// What a text holds that is YAML or JSON. Nothing where lines of it are not known: any key may stand there.
fn decoded(value: Option<&Value>, spent: &Spent) -> Option<Value> {
    let text = value?.as_text()?;
    if text.has(&Gap::LeftOut) || text.has(&Gap::Lost) || !spent.may_take(Work::Decoding, text.size()) {
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

/// `splitn ":" 2 "a:b:c"`: at most so many parts, or all of them.
fn splitn(arguments: &[Option<Value>]) -> Option<Value> {
    let count = usize::try_from(whole(arguments, 1)?).ok();
    cut::split(&written(arguments[0].as_ref()), count, arguments[2].as_ref()?.as_text()?)
}

/// The elements of a list as texts, without those that are not set.
fn strings(value: Option<&Value>) -> Option<Value> {
    let text = |value: &Value| Value::Text(printed(value));
    match value? {
        Value::List(list) => Some(list.iter().filter(|value| !value.is_null()).map(text).collect()),
        Value::Null => None,
        value if is_unknown(value) => None,
        value => Some([text(value)].into_iter().collect()),
    }
}

fn chunked(arguments: &[Option<Value>]) -> Option<Value> {
    let size = usize::try_from(whole(arguments, 0)?).ok().filter(|size| *size > 0)?;
    let list = arguments[1].as_ref()?.as_list()?;
    Some(list.chunks(size).map(|part| part.iter().cloned().collect::<Value>()).collect())
}

fn substring(arguments: &[Option<Value>]) -> Option<Value> {
    let (from, to) = (whole(arguments, 0)?, whole(arguments, 1)?);
    let text = arguments[2].as_ref()?.as_str()?;
    let from = usize::try_from(from).unwrap_or_default();
    let letters = text.chars().skip(from);
    Some(Value::from(match usize::try_from(to) {
        // Helm renders nothing of it.
        Ok(to) if to < from => return None,
        Ok(to) => letters.take(to - from).collect::<String>(),
        Err(_) => letters.collect(),
    }))
}

fn trimmed(arguments: &[Option<Value>]) -> Option<Value> {
    let marks: Vec<char> = arguments[0].as_ref()?.as_str()?.chars().collect();
    Some(Value::Text(cut::trimmed(&written(arguments[1].as_ref()), |letter| marks.contains(&letter))))
}

/// Numbers from one to another. None where they are too many.
fn numbers(from: i64, to: i64, step: i64) -> Option<Value> {
    let mut found = Vec::new();
    let mut next = from;
    while (step > 0 && next < to) || (step < 0 && next > to) {
        if found.len() >= MAX_COUNT {
            return None;
        }
        found.push(Value::from(next));
        next = next.checked_add(step)?;
    }
    Some(Value::from(found))
}

/// What several maps have under a key.
fn plucked(arguments: &[Option<Value>]) -> Option<Value> {
    let key = arguments[0].as_ref()?.as_str()?;
    let maps = arguments[1..].iter().map(|value| value.as_ref()?.as_map()).collect::<Option<Vec<_>>>()?;
    let found = maps.into_iter().map(|map| under(map, &Partial::from(key))).collect::<Option<Vec<_>>>()?;
    Some(found.into_iter().flatten().cloned().collect())
}

fn sliced(arguments: &[Option<Value>]) -> Option<Value> {
    let list = arguments[0].as_ref()?.as_list()?;
    let place = |at: usize| usize::try_from(arguments.get(at)?.as_ref()?.as_i64()?).ok();
    let from = if arguments.len() > 1 { place(1)? } else { 0 };
    let to = if arguments.len() > 2 { place(2)? } else { list.len() };
    list.get(from..to).map(|part| part.iter().cloned().collect())
}

fn without(arguments: &[Option<Value>]) -> Option<Value> {
    let list = arguments[0].as_ref()?.as_list()?;
    let left_out = arguments[1..].iter().cloned().collect::<Option<Vec<_>>>()?;
    Some(list.iter().filter(|one| !left_out.contains(one)).cloned().collect())
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
            ("fromYaml", &["\"\""], Some("{}")),
            ("fromYaml", &["\"[1]\""], None),
            ("fromYamlArray", &["\"[1]\""], Some("[1]")),
            (
                "merge",
                &["{\"a\":1,\"c\":{\"d\":1}}", "{\"a\":2,\"b\":3,\"c\":{\"e\":2}}"],
                Some("{\"a\":1,\"b\":3,\"c\":{\"d\":1,\"e\":2}}"),
            ),
            ("mergeOverwrite", &["{\"a\":1}", "{\"a\":2,\"b\":3}", "{\"a\":4}"], Some("{\"a\":4,\"b\":3}")),
            ("split", &["\":\"", "\"a:b\""], Some("{\"_0\":\"a\",\"_1\":\"b\"}")),
            ("substr", &["1", "3", "\"abcd\""], Some("\"bc\"")),
            ("substr", &["1", "-1", "\"abcd\""], Some("\"bcd\"")),
            ("trimAll", &["\"/\"", "\"/a/\""], Some("\"a\"")),
            ("until", &["3"], Some("[0,1,2]")),
            ("until", &["-2"], Some("[0,-1]")),
            ("until", &["100000"], None),
            ("untilStep", &["1", "3", "1"], Some("[1,2]")),
            ("untilStep", &["0", "9", "3"], Some("[0,3,6]")),
            ("untilStep", &["3", "0", "-1"], Some("[3,2,1]")),
            ("untilStep", &["0", "5", "0"], Some("[]")),
            ("chunk", &["2", "[1,2,3]"], Some("[[1,2],[3]]")),
            ("substr", &["3", "2", "\"abcd\""], None),
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
            assert_eq!(
                call(name, &arguments, &Spent::default()),
                Given::Value(expected.map(value)),
                "{name} {arguments:?}"
            );
        }
        assert_eq!(call("now", &[], &Spent::default()), Given::Opaque);
        assert_eq!(call("getHostByName", &[], &Spent::default()), Given::Other);
    }

    #[test]
    fn what_is_known_in_part_is_decoded_in_part() {
        let mut text = Partial::from("a: x\nb: ");
        text.append(&Partial::unknown());
        let Given::Value(Some(found)) = call("fromYaml", &[Some(Value::Text(text.clone()))], &Spent::default()) else {
            panic!()
        };
        assert_eq!(found.get("a").and_then(Value::as_str), Some("x"));
        assert_eq!(found.get("b"), Some(&Value::unknown()));
        // Any key may stand on a line of which nothing is known.
        text.push_str("\n");
        text.append(&Partial::unknown());
        assert_eq!(call("fromYaml", &[Some(Value::Text(text))], &Spent::default()), Given::Value(None));
        assert_eq!(call("merge", &[Some(Value::from(Map::new())), None], &Spent::default()), Given::Value(None));
        let Given::Value(Some(parts)) =
            call("split", &[Some(Value::from(":")), Some(Value::unknown())], &Spent::default())
        else {
            panic!()
        };
        assert_eq!(under(parts.as_map().unwrap(), &Partial::from("_7")), None, "there may be any number of parts");
    }

    fn json(text: &str) -> Value {
        Value::from(serde_json::from_str::<serde_json::Value>(text).unwrap())
    }

    #[test]
    fn functions_that_may_fail_give_what_the_others_give() {
        for name in MAY_FAIL {
            let first = name.chars().next().unwrap().to_ascii_uppercase();
            let must = format!("must{first}{}", &name[1..]);
            assert_eq!(plain(&must), plain(name));
            assert_eq!(plain(name), if *name == "push" { "append" } else { name });
        }
        // These are no functions of Helm's, or no such variants.
        for name in ["mustQuote", "mustache", "must", "mustmerge", "mustTitle", "mustFromYaml", "merge"] {
            assert_eq!(plain(name), name);
        }
    }

    #[test]
    fn what_runs_out_is_told() {
        let text = Value::from(format!("a: {}", "x".repeat(300 << 10)));
        for name in ["fromYaml", "fromJson", "fromYamlArray"] {
            let spent = Spent::default();
            let given = |_| call(name, &[Some(text.clone())], &spent);
            let known = (0..4).map(given).filter(|given| *given != Given::Value(None)).count();
            assert_eq!(known, if name == "fromYamlArray" { 0 } else { 3 }, "{name}");
            assert!(spent.is_short());
            assert!(
                spent.lacks().contains("it gives more than 1 MiB to `fromYaml` and `fromJson`"),
                "{:?}",
                spent.lacks()
            );
        }
    }

    #[test]
    fn what_depends_on_a_gap_is_not_known() {
        let text = |text: &str| {
            let mut pieces = text.split('?').map(Partial::from);
            let mut made = pieces.next().unwrap();
            pieces.for_each(|piece| {
                made.append(&Partial::unknown());
                made.append(&piece);
            });
            Some(Value::Text(made))
        };
        let shown = |name: &str, arguments: &[Option<Value>]| match call(name, arguments, &Spent::default()) {
            Given::Value(value) => value.map(|value| value.json().shown('?')),
            other => panic!("{other:?}"),
        };
        for (name, arguments, expected) in [
            ("split", vec![text(":"), text("a:b?:c")], Some(r#"{"?":"?","_0":"a","_1":"b?"}"#)),
            ("splitn", vec![text(":"), Some(json("2")), text("a:b?:c")], Some(r#"{"_0":"a","_1":"b?:c"}"#)),
            ("splitn", vec![text(":"), Some(json("-1")), text("a:b")], Some(r#"{"_0":"a","_1":"b"}"#)),
            ("trimAll", vec![text("/"), text("/?/a/")], Some(r#""?a""#)),
            ("title", vec![text("a?")], None),
            ("snakecase", vec![text("a?")], None),
            ("substr", vec![Some(json("0")), Some(json("1")), text("a?")], None),
            ("toStrings", vec![Some(json(r#"[1,null,"a",true]"#))], Some(r#"["1","a","true"]"#)),
            ("toStrings", vec![text("?")], None),
            ("ceil", vec![text("1?")], None),
            ("regexReplaceAll", vec![text("[.]"), text("a.?"), text("-")], Some(r#""a-?""#)),
            ("regexReplaceAll", vec![text("?"), text("a."), text("-")], None),
            ("regexReplaceAll", vec![text("b+"), text("a?b"), text("-")], None),
            ("regexFind", vec![text("a"), text("a?")], None),
        ] {
            assert_eq!(shown(name, &arguments).as_deref(), expected, "{name} {arguments:?}");
        }
    }
}
