//! How Go prints values: `print`, `quote`, `%v`. See <https://pkg.go.dev/fmt>.

use super::made::joined;
use crate::partial::Partial;
use crate::value::Value;
use serde_json::Number;

/// A value as `%v` prints it: the keys of maps in order, by their letters.
pub(super) fn printed(value: &Value) -> Partial {
    let space = Partial::from(" ");
    let within =
        |start: &str, inner: Partial| [&Partial::from(start), &inner, &Partial::from("]")].into_iter().collect();
    match value {
        Value::Null => Partial::from("<nil>"),
        Value::Bool(value) => Partial::from(value.to_string()),
        Value::Number(number) => Partial::from(number_of(number)),
        Value::Text(text) => text.clone(),
        Value::List(list) => within("[", joined(list.iter().map(printed), &space)),
        Value::Map(pairs) => {
            let colon = Partial::from(":");
            let pair = |(key, value): (&Partial, &Value)| [key, &colon, &printed(value)].into_iter().collect();
            within("map[", joined(pairs.iter().map(pair), &space))
        }
    }
}

/// A number. One with a point that is large or small has an exponent.
fn number_of(number: &Number) -> String {
    let Some(value) = number.as_f64().filter(|_| number.is_f64()) else { return number.to_string() };
    let written = format!("{value:e}");
    let Some((digits, exponent)) = written.split_once('e') else { return written };
    match exponent.parse::<i32>() {
        Ok(exponent) if (-4..=5).contains(&exponent) => value.to_string(),
        Ok(exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        Err(_) => written,
    }
}

/// What functions make a number of: `int`, `float64`, `ceil` and the like. What is no number is 0; what is not set is not.
pub(super) fn cast(name: &str, arguments: &[Option<Value>]) -> Option<Value> {
    let value = arguments.first()?.as_ref()?;
    if value.is_null() {
        return Some(Value::Null);
    }
    let whole = |number: i64| Some(Value::from(number));
    match name {
        "int" | "int64" => whole(integer(value)?),
        "atoi" => whole(value.as_text()?.known()?.parse().unwrap_or_default()),
        "toDecimal" => {
            let text = printed(value);
            whole(i64::from_str_radix(text.known()?, 8).unwrap_or_default())
        }
        "float64" => real(float(value)?),
        "ceil" => real(float(value)?.ceil()),
        "floor" => real(float(value)?.floor()),
        "round" => {
            let places = i32::try_from(integer(arguments.get(1)?.as_ref()?)?).ok()?;
            let power = 10_f64.powi(places);
            let moved = float(value)? * power;
            // Of what is below 0 all is rounded down.
            let is_up = moved >= 0.0 && moved.fract() >= 0.5;
            real(if is_up { moved.ceil() } else { moved.floor() } / power)
        }
        _ => None,
    }
}

fn real(number: f64) -> Option<Value> {
    Number::from_f64(number).map(Value::Number)
}

/// The whole number of a value. A text may have a base: `0x10`, `010`.
pub(super) fn integer(value: &Value) -> Option<i64> {
    Some(match value {
        Value::Number(number) => match number.as_i64() {
            Some(number) => number,
            None => number.as_f64().filter(|number| number.abs() < 9e18).map(whole)?,
        },
        Value::Bool(value) => i64::from(*value),
        Value::Text(text) => parsed(text.known()?).unwrap_or_default(),
        Value::Null | Value::List(_) | Value::Map(_) => 0,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "what stands behind the point is cut off, and it is small enough")]
fn whole(number: f64) -> i64 {
    number.trunc() as i64
}

fn parsed(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let digits =
        digits.split_once('.').filter(|(_, rest)| rest.bytes().all(|c| c == b'0')).map_or(digits, |(all, _)| all);
    let small = digits.to_lowercase();
    let bases = [("0x", 16), ("0b", 2), ("0o", 8)];
    let (base, digits) = match bases.iter().find_map(|(mark, base)| Some((*base, small.strip_prefix(mark)?))) {
        Some(found) => found,
        None if small.len() > 1 && small.starts_with('0') => (8, &small[1..]),
        None => (10, small.as_str()),
    };
    let is_plain =
        digits.starts_with(|c: char| c.is_ascii_alphanumeric()) && !digits.contains("__") && !digits.ends_with('_');
    i64::from_str_radix(&format!("{sign}{}", digits.replace('_', "")), base).ok().filter(|_| is_plain)
}

fn float(value: &Value) -> Option<f64> {
    Some(match value {
        Value::Number(number) => number.as_f64()?,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Text(text) => text.known()?.parse().unwrap_or_default(),
        Value::Null | Value::List(_) | Value::Map(_) => 0.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        Value::from(serde_json::from_str::<serde_json::Value>(text).unwrap())
    }

    /// What `helm template` of Helm 3.17 writes.
    #[test]
    fn values_are_printed_as_go_prints_them() {
        for (text, expected) in [
            (
                r#"{"zeta":1,"alpha":[1,"x"],"10":"a","9":"b","Beta":{"y":true,"x":null}}"#,
                "map[10:a 9:b Beta:map[x:<nil> y:true] alpha:[1 x] zeta:1]",
            ),
            ("{}", "map[]"),
            ("[]", "[]"),
            (r#"["a","b c"]"#, "[a b c]"),
            ("1.5", "1.5"),
            ("3.0", "3"),
            ("-2.50", "-2.5"),
            ("1e30", "1e+30"),
            ("123456789.0", "1.23456789e+08"),
            ("100000.5", "100000.5"),
            ("0.00001", "1e-05"),
            ("0.0001", "0.0001"),
            ("8080", "8080"),
            ("true", "true"),
        ] {
            assert_eq!(printed(&value(text)), Partial::from(expected), "{text}");
        }
        let open: Value =
            [(Partial::from("b"), Value::unknown()), (Partial::from("a"), Value::from("x"))].into_iter().collect();
        assert_eq!(printed(&open).shown('?'), "map[a:x b:?]");
    }

    #[test]
    fn numbers_are_made_as_sprig_makes_them() {
        for (name, arguments, expected) in [
            ("int", &[r#""12""#][..], Some("12")),
            ("int", &[r#""12.7""#], Some("0")),
            ("int", &[r#""12.0""#], Some("12")),
            ("int", &["3.9"], Some("3")),
            ("int", &["-3.9"], Some("-3")),
            ("int64", &[r#""x""#], Some("0")),
            ("int", &["true"], Some("1")),
            ("int", &[r#""08""#], Some("0")),
            ("int", &[r#""017""#], Some("15")),
            ("int", &[r#""0x10""#], Some("16")),
            ("int", &[r#""1_000""#], Some("1000")),
            ("int", &[r#""+5""#], Some("5")),
            ("int", &[r#"" 7 ""#], Some("0")),
            ("int", &["null"], Some("null")),
            ("float64", &[r#""1.50""#], Some("1.5")),
            ("float64", &[r#""x""#], Some("0.0")),
            ("atoi", &[r#""017""#], Some("17")),
            ("atoi", &[r#""1.5""#], Some("0")),
            ("toDecimal", &["777"], Some("511")),
            ("toDecimal", &[r#""9""#], Some("0")),
            ("ceil", &[r#""1.2""#], Some("2.0")),
            ("ceil", &["-1.5"], Some("-1.0")),
            ("floor", &["-1.2"], Some("-2.0")),
            ("floor", &[r#""x""#], Some("0.0")),
            ("round", &["123.5555", "3"], Some("123.556")),
            ("round", &["2.5", "0"], Some("3.0")),
            ("round", &["-2.5", "0"], Some("-3.0")),
            ("round", &["-2.4", "0"], Some("-3.0")),
            ("round", &["1.255", "2"], Some("1.25")),
            ("round", &["1.5"], None),
        ] {
            let given: Vec<_> = arguments.iter().map(|text| Some(value(text))).collect();
            assert_eq!(cast(name, &given), expected.map(value), "{name} {arguments:?}");
        }
        for name in ["int", "int64", "float64", "atoi", "toDecimal", "ceil", "floor", "round"] {
            let mut text = Partial::from("1");
            text.append(&Partial::unknown());
            assert_eq!(
                cast(name, &[Some(Value::Text(text)), Some(Value::from(0))]),
                None,
                "{name} of what is not known"
            );
        }
    }
}
