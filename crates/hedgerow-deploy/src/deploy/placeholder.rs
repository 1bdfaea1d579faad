//! What stands in files for a value that nobody filled in: `<your-host>`, `CHANGE_ME`, `xxx`. It is no address.

use crate::partial::Partial;

/// Words that say that something is to be put in their place, as they are written with `-` and in small letters.
const WORDS: &[&str] = &[
    "change-me",
    "change-this",
    "changeme",
    "changethis",
    "fill-me",
    "fixme",
    "placeholder",
    "replace-me",
    "replace-this",
    "replaceme",
    "tbd",
    "to-be-defined",
    "todo",
];

/// How longer ones begin.
const BEGINNINGS: &[&str] =
    &["change-me-", "enter-your-", "insert-your-", "put-your-", "replace-me-", "replace-with-", "todo-", "your-"];

/// How variables for addresses end: another one's whole value is no host.
const ADDRESSES: &[&str] =
    &["ADDR", "ADDRESS", "BROKERS", "DSN", "ENDPOINT", "HOST", "SERVER", "SERVERS", "URI", "URL"];

/// Whether the host in a variable's value is nobody's, but stands for one.
pub(super) fn is_one(name: &str, value: &Partial) -> bool {
    let Some(value) = value.known() else { return false };
    let value = value.trim().trim_matches(['"', '\'']);
    let is_address = ADDRESSES.iter().any(|end| name.to_uppercase().split('_').next_back() == Some(end));
    match value.split_once("://") {
        Some((_, rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            stands_for_host(authority.rsplit_once('@').map_or(authority, |(_, host)| host))
        }
        None => is_address && stands_for_host(value),
    }
}

fn stands_for_host(authority: &str) -> bool {
    let is_in = |open: char, close: char| {
        authority.starts_with(open)
            && authority.split(':').next().is_some_and(|host| host.len() > 2 && host.ends_with(close))
    };
    if is_in('<', '>')
        || (is_in('[', ']') && authority.contains(|c: char| c.is_ascii_alphabetic() && !c.is_ascii_hexdigit()))
    {
        return true;
    }
    let host = authority.split(':').next().unwrap_or(authority).to_lowercase().replace(['_', ' '], "-");
    WORDS.contains(&host.as_str())
        || BEGINNINGS.iter().any(|start| host.starts_with(start))
        || (host.len() > 2 && host.chars().all(|c| c == 'x'))
        || (host.len() > 1 && host.chars().all(|c| c == '.' || c == '*' || c == '…'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_addresses() {
        for (name, value, expected) in [
            ("DB_URL", "postgres://user:pw@<your-host>:5432/db", true),
            ("DB_URL", "postgres://user:CHANGE_ME@db:5432/db", false),
            ("DB_URL", "http://CHANGE_ME/x", true),
            ("DB_URL", "redis://xxx:6379", true),
            ("DB_URL", "http://your-ledger:80", true),
            ("DB_URL", "http://REPLACE_WITH_HOST", true),
            ("DB_URL", "http://[your host]/x", true),
            ("DB_URL", "http://[::1]:80", false),
            ("DB_URL", "http://[fe80::ab]/", false),
            ("DB_HOST", "<db>", true),
            ("DB_HOST", "\"TODO\"", true),
            ("DB_HOST", "...", true),
            ("DB_HOST", "db", false),
            ("DB_HOST", "yours", false),
            ("DB_HOST", "xx-db", false),
            // What is no address may say anything.
            ("PASSWORD", "changeme", false),
            ("SECRET", "<db>", false),
            ("HOSTED", "todo", false),
        ] {
            assert_eq!(is_one(name, &Partial::from(value)), expected, "{name}={value}");
        }
    }
}
