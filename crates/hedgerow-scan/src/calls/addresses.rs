//! What the name of a value says of it: whether it is asked for as an address.

/// What names for addresses have in them.
const ADDRESSES: &[&str] =
    &["server", "url", "uri", "host", "addr", "endpoint", "broker", "node", "contact", "connect"];

/// The last words of names of what is no address: whoever asks for other things may ask for whom to call.
const NO_ADDRESSES: &[&str] = &[
    "account",
    "auth",
    "bucket",
    "channel",
    "credential",
    "credentials",
    "debug",
    "email",
    "enabled",
    "env",
    "environment",
    "file",
    "filename",
    "format",
    "group",
    "id",
    "index",
    "interval",
    "key",
    "lang",
    "language",
    "level",
    "limit",
    "locale",
    "max",
    "min",
    "mode",
    "model",
    "name",
    "org",
    "organization",
    "pass",
    "passwd",
    "password",
    "prefix",
    "project",
    "queue",
    "region",
    "retries",
    "retry",
    "scope",
    "scopes",
    "secret",
    "sid",
    "size",
    "stage",
    "table",
    "tenant",
    "timeout",
    "timezone",
    "token",
    "topic",
    "ttl",
    "type",
    "user",
    "username",
    "version",
    "workspace",
    "zone",
];

/// Whether a name asks for something that is no address: `apiKey`, `region`.
pub(super) fn asks_for_no_address(name: &str) -> bool {
    let start = name.char_indices().rev().find(|(at, c)| {
        let is_hump = c.is_uppercase() && name[..*at].ends_with(|c: char| !c.is_uppercase());
        is_hump || matches!(c, '_' | '-')
    });
    let last = start.map_or(name, |(at, _)| name[at..].trim_start_matches(['_', '-'])).to_lowercase();
    let name = name.to_lowercase();
    NO_ADDRESSES.contains(&last.as_str()) && !asks_for_address(&name)
}

/// Whether a name, in small letters, asks for an address.
pub(super) fn asks_for_address(name: &str) -> bool {
    ADDRESSES.iter().any(|word| name.contains(word))
}
