//! Lists of hosts that are called without a proxy: `NO_PROXY`, `http.nonProxyHosts`. They say how a host would be called, and not that
//! anybody calls it: everybody is given all names of the cluster there.

use crate::words::words;
use hedgerow_code::lines::{self, Setting};

/// What such a list is called, in small letters and without what stands between the words.
const NAMES: &[&str] = &[
    "noproxy",
    "noproxies",
    "nonproxy",
    "nonproxied",
    "notproxied",
    "proxybypass",
    "bypassproxy",
    "bypassedproxy",
    "proxybypassed",
    "proxyexclude",
    "proxyexcludes",
    "proxyexcluded",
    "proxyexclusion",
    "proxyexclusions",
    "proxyexception",
    "proxyexceptions",
    "excludeproxy",
    "excludefromproxy",
    "proxyignore",
    "proxyignored",
    "ignoreproxy",
    "proxyoverride",
    "skipproxy",
    "proxyskip",
    "withoutproxy",
    "proxynon",
];

/// What stands behind such a name and says no more.
const TAILS: &[&str] = &["address", "addresses", "domains", "for", "host", "hostnames", "hosts", "list", "urls"];

/// Whether a key, a variable or the last word of a line's beginning is the name of such a list.
pub(crate) fn is_bypass(before: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let before = before.trim_end_matches(|c| !is_word(c));
    let name = before.rsplit(|c| !is_word(c)).next().unwrap_or(before);
    // Most names have nothing of it.
    if !name.is_ascii() || !name.as_bytes().windows(4).any(|part| part.eq_ignore_ascii_case(b"prox")) {
        return false;
    }
    let words = words(name);
    let known = match words.split_last() {
        Some((last, before)) if !before.is_empty() && TAILS.contains(&last.as_str()) => before,
        _ => &words[..],
    };
    (1..=3.min(known.len())).any(|count| NAMES.contains(&known[known.len() - count..].concat().as_str()))
}

/// Whether a value under such a name is one address that is called, and not a list: `LEDGER_URL_NO_PROXY=http://ledger:8080/api`. An entry of a
/// list has neither a path nor, behind a scheme, a port.
pub(crate) fn is_called(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    let Some((_, rest)) = value.split_once("://") else { return false };
    !value.contains([',', ';', '|'])
        && !value.contains(char::is_whitespace)
        && rest.trim_end_matches('/').contains(['/', ':'])
}

/// Whether a setting of a text is in such a list: by its key, by that with the key above it (`proxy: {bypass: …}`), or as one of several
/// words behind it.
pub(crate) fn is_past_proxy(text: &str, setting: &Setting<'_>) -> bool {
    let key = lines::key_of(text, setting);
    let below =
        |above: &str| is_bypass(&format!("{}.{key}", above.trim().trim_start_matches("- ").trim_matches(['"', '\''])));
    if is_called(setting.value) {
        return false;
    }
    if is_bypass(key) || is_bypass(setting.key) {
        return true;
    }
    if matches!(
        words(key).first().map(String::as_str),
        Some("bypass" | "exclude" | "excludes" | "exceptions" | "ignore" | "no" | "non")
    ) && (lines::opened(setting.key).any(below) || lines::above(text, setting.start).any(below))
    {
        return true;
    }
    // `no_proxy = one, other:80`
    let (name, rest) = setting.key.split_once(['=', ':']).unwrap_or_default();
    is_bypass(name)
        && !rest.contains(['=', '{', '}', ';'])
        && !["\":", "\" :", ": "].iter().any(|mark| rest.trim().contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_what_is_called_without_a_proxy_are_told_from_proxies() {
        for name in [
            "NO_PROXY",
            "no_proxy",
            "NoProxy",
            "noProxy",
            "export NO_PROXY=",
            "\"noProxy\": \"",
            "global.proxy.noProxy",
            "-Dhttp.nonProxyHosts",
            "https.nonProxyHosts",
            "HTTP_NON_PROXY_HOSTS",
            "--noproxy",
            "no-proxy",
            "proxy-bypass-list",
            "PROXY_BYPASS",
            "proxy.exclude",
            "GLOBAL_AGENT_NO_PROXY",
            "CURL_NOPROXY",
            "HTTP_PROXY_EXCLUSIONS",
        ] {
            assert!(is_bypass(name), "{name}");
        }
        for name in [
            "HTTP_PROXY",
            "PROXY_HOST",
            "casino_proxy",
            "NANO_PROXY_URL",
            "NO_PROXY_URL_OF_LEDGER",
            "reverseProxy",
            "proxy.target",
            "no_proxy a, curl ",
            "",
        ] {
            assert!(!is_bypass(name), "{name}");
        }
    }
}
