//! What the API server takes as a name, a label's key or a label's value
//! (<https://kubernetes.io/docs/concepts/overview/working-with-objects/>). Written here and not taken from the fleet's own
//! grammar, which the renderer uses.

const LABEL: usize = 63;
const SUBDOMAIN: usize = 253;

/// One part of a DNS name: a namespace, a tier.
pub(crate) fn is_dns_label(text: &str) -> bool {
    (1..=LABEL).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A name of most objects. Its parts may be longer than DNS allows; the API server counts the whole alone.
pub(crate) fn is_subdomain(text: &str) -> bool {
    let is_part = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= SUBDOMAIN && text.split('.').all(is_part)
}

/// The key of a label: a name, in front of it a domain.
pub(crate) fn is_label_key(text: &str) -> bool {
    let (domain, name) = match text.split_once('/') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, text),
    };
    domain.is_none_or(is_subdomain) && !name.is_empty() && is_label_value(name)
}

/// The value of a label: nothing, or letters and digits with `-`, `_` and `.` between them.
pub(crate) fn is_label_value(text: &str) -> bool {
    text.is_empty()
        || text.len() <= LABEL
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.ends_with(|last: char| last.is_ascii_alphanumeric())
}

/// What is wrong with one label; nothing where the API server takes it.
pub(crate) fn label_fault(key: &str, value: &str) -> Option<String> {
    if !is_label_key(key) {
        Some(format!("`{key}` is no key of a label"))
    } else if !is_label_value(value) {
        Some(format!("`{value}` is no value of a label (key `{key}`)"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_as_the_api_server_takes_them() {
        let long = "a".repeat(64);
        for (text, label, subdomain, key, value) in [
            ("a", true, true, true, true),
            ("a-b", true, true, true, true),
            ("a.b", false, true, true, true),
            ("A", false, false, true, true),
            ("a_b", false, false, true, true),
            ("-a", false, false, false, false),
            ("a-", false, false, false, false),
            ("a..b", false, false, true, true),
            ("", false, false, false, true),
            ("a b", false, false, false, false),
            ("x.io/a", false, false, true, false),
            ("x.io/", false, false, false, false),
            ("/a", false, false, false, false),
            ("X.io/a", false, false, false, false),
            ("a/b/c", false, false, false, false),
            ("ä", false, false, false, false),
            (&long, false, true, false, false),
        ] {
            let found = (is_dns_label(text), is_subdomain(text), is_label_key(text), is_label_value(text));
            assert_eq!(found, (label, subdomain, key, value), "{text}");
        }
        assert!(!is_subdomain(&"a.".repeat(127).trim_end_matches('.').repeat(2)));
    }
}
