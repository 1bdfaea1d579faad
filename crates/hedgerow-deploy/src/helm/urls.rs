//! Sprig's functions of paths and addresses: <https://masterminds.github.io/sprig/paths.html>, <https://masterminds.github.io/sprig/url.html>.

use super::made::has_open;
use crate::partial::Partial;
use crate::value::Value;

/// What a function gives of a text; none where that is not known. The name of a release is a part of a name.
pub(super) fn call(name: &str, text: &Partial) -> Option<Value> {
    if has_open(text) {
        return None;
    }
    let written = text.written();
    let value = |text: &str| Value::Text(Partial::read(text));
    Some(match name {
        "base" => match written.trim_end_matches('/') {
            "" => value(if written.is_empty() { "." } else { "/" }),
            path => value(path.rsplit('/').next().unwrap_or(path)),
        },
        "dir" => value(&clean(written.rfind('/').map_or("", |at| &written[..=at]))),
        "ext" => {
            let last = written.rsplit('/').next().unwrap_or_default();
            value(last.rfind('.').map_or("", |at| &last[at..]))
        }
        "clean" => value(&clean(&written)),
        "isAbs" => Value::from(written.starts_with('/')),
        "urlParse" => parsed(&written)?,
        _ => return None,
    })
}

/// A path without `.`, `..` and empty names.
fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => drop(names.pop()),
            ".." if is_rooted => {}
            name => names.push(name),
        }
    }
    let path = names.join("/");
    match (is_rooted, path.is_empty()) {
        (true, _) => format!("/{path}"),
        (false, true) => ".".to_owned(),
        (false, false) => path,
    }
}

/// The parts of an address, as Go tells them apart. None of one with letters that stand for others (`%20`), or that Go refuses.
fn parsed(text: &str) -> Option<Value> {
    if text.contains(|letter: char| letter.is_ascii_control() || matches!(letter, '%' | ' ')) {
        return None;
    }
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    };
    let (scheme, rest) = match rest.split_once(':') {
        Some((scheme, after)) if is_scheme(scheme) => (scheme.to_lowercase(), after),
        // A colon in the first name of a path is refused.
        Some((before, _)) if !before.contains('/') && !before.contains('?') => return None,
        _ => (String::new(), rest),
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (mut opaque, mut user, mut host, mut path) = ("", "", "", rest);
    if let Some(after) = rest.strip_prefix("//") {
        let end = after.find('/').unwrap_or(after.len());
        (host, path) = after.split_at(end);
        if let Some((before, behind)) = host.rsplit_once('@') {
            (user, host) = (before, behind);
        }
    } else if !scheme.is_empty() && !rest.starts_with('/') {
        (opaque, path) = (rest, "");
    }
    let name = match host.strip_prefix('[') {
        Some(number) => number.split(']').next().unwrap_or(number),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let port = host.strip_prefix(name).and_then(|rest| rest.strip_prefix(':')).unwrap_or_default();
    if !port.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let parts = [
        ("scheme", scheme.as_str()),
        ("host", host),
        ("hostname", name),
        ("path", path),
        ("query", query),
        ("opaque", opaque),
        ("fragment", fragment),
        ("userinfo", user),
    ];
    Some(parts.into_iter().map(|(key, text)| (Partial::from(key), Value::Text(Partial::read(text)))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str, text: &str) -> Option<String> {
        call(name, &Partial::from(text)).map(|value| match value {
            Value::Map(_) => value.json().shown('?'),
            value => value.as_str().unwrap_or_default().to_owned(),
        })
    }

    /// What Helm 3.17 gives.
    #[test]
    fn paths_and_addresses_are_taken_apart_as_helm_does() {
        for (name, text, expected) in [
            ("base", "a/b.yaml", "b.yaml"),
            ("base", "", "."),
            ("base", "a/b/", "b"),
            ("base", "/", "/"),
            ("dir", "a/b/c", "a/b"),
            ("dir", "a", "."),
            ("dir", "/a", "/"),
            ("dir", "a/b/", "a/b"),
            ("dir", "", "."),
            ("dir", "a/../b/c", "b"),
            ("ext", "a/b.tar.gz", ".gz"),
            ("ext", "a.b/c", ""),
            ("clean", "a/./b/../c//d/", "a/c/d"),
            ("clean", "", "."),
            ("clean", "../a", "../a"),
            ("clean", "/../a", "/a"),
        ] {
            assert_eq!(shown(name, text).as_deref(), Some(expected), "{name} {text}");
        }
        let parts = ["fragment", "host", "hostname", "opaque", "path", "query", "scheme", "userinfo"];
        for (text, expected) in [
            (
                "http://me:pw@s-ledger.ns:80/a/b?x=y&z=1#frag",
                ["frag", "s-ledger.ns:80", "s-ledger.ns", "", "/a/b", "x=y&z=1", "http", "me:pw"],
            ),
            ("s-ledger:80", ["", "", "", "80", "", "", "s-ledger", ""]),
            ("/a/b", ["", "", "", "", "/a/b", "", "", ""]),
            ("http://[::1]:80", ["", "[::1]:80", "::1", "", "", "", "http", ""]),
            ("mailto:a@b", ["", "", "", "a@b", "", "", "mailto", ""]),
            ("s-ledger", ["", "", "", "", "s-ledger", "", "", ""]),
            ("", ["", "", "", "", "", "", "", ""]),
        ] {
            let pairs: serde_json::Map<_, _> =
                parts.iter().zip(expected).map(|(part, text)| ((*part).to_owned(), text.into())).collect();
            let expected = serde_json::Value::from(pairs).to_string();
            assert_eq!(shown("urlParse", text), Some(expected), "{text}");
        }
        for refused in ["http://a/%20", "http://a:b", "1:2", "a b"] {
            assert_eq!(shown("urlParse", refused), None, "{refused}");
        }
        assert_eq!(call("base", &Partial::unknown()), None);
    }
}
