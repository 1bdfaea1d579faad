//! Names and their words, however a language joins them.

/// The words of a name, in small letters: `storageAdapterWebServiceUrl`, `STORAGE_ADAPTER_URL`, `storage-adapter.url`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let begins = c.is_ascii_uppercase() && was_lower;
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        if begins || !c.is_ascii_alphanumeric() {
            found.push(String::new());
        }
        if let Some(last) = found.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            last.push(c.to_ascii_lowercase());
        }
    }
    found.retain(|word| !word.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_words() {
        for (name, expected) in [
            ("storageAdapterWebServiceUrl", &["storage", "adapter", "web", "service", "url"][..]),
            ("STORAGE_ADAPTER_URL", &["storage", "adapter", "url"]),
            ("storage-adapter.url", &["storage", "adapter", "url"]),
            ("s3Url", &["s3", "url"]),
            ("nonProxyHosts", &["non", "proxy", "hosts"]),
            ("deep_update", &["deep", "update"]),
            ("_", &[]),
        ] {
            assert_eq!(words(name), expected, "{name}");
        }
    }
}
