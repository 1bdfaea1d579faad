//! Files of variables and settings that are made from templates which the scan does not fill (Jinja, ERB, consul-template): whose address
//! a variable gets cannot be told, so that it is asked about.

use crate::edge::{Finding, Place};
use crate::mentions::asks_others;
use crate::tree::PlainFile;
use hedgerow_code::frontend::comment::written;
use hedgerow_code::ir::Range;
use hedgerow_core::diag::Code;
use hedgerow_deploy::Hosts;
use std::collections::{BTreeMap, BTreeSet};

/// How many places one finding shows.
const MAX_MARKS: usize = 6;

/// The last words of names that stand for an address.
const ADDRESSES: &[&str] = &[
    "addr",
    "address",
    "broker",
    "brokers",
    "dsn",
    "endpoint",
    "endpoints",
    "host",
    "hostname",
    "hosts",
    "servers",
    "upstream",
    "uri",
    "url",
];

/// Whether a file is a template by its name: `env.jinja`, `config.yml.j2`.
pub(crate) fn is_template(path: &str) -> bool {
    let extension =
        path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, extension)| extension);
    matches!(extension, "jinja" | "jinja2" | "j2" | "erb" | "ctmpl" | "gotmpl" | "template" | "tmpl")
}

/// Whose a template is that lies in no service's directory: that of the service that a directory above it is called like.
pub(crate) fn owner<'h>(path: &str, hosts: &'h Hosts) -> Option<&'h str> {
    if !is_template(path) {
        return None;
    }
    path.split('/').rev().skip(1).find_map(|directory| hosts.named(directory))
}

/// A name for an address whose value is left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open<'t> {
    /// The name.
    pub(crate) name: &'t str,
    /// Its first byte.
    pub(crate) start: usize,
}

/// The names for addresses in a template whose hosts it leaves open.
pub(crate) fn open_names(text: &str) -> Vec<Open<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_start_matches([' ', '\t', '-', '"']);
        let Some((name, value)) = body.split_once(['=', ':']) else { continue };
        let name = name.trim_end().trim_end_matches('"');
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
        let words = || name.rsplit(['_', '-', '.']);
        let is_address = words().next().is_some_and(|last| ADDRESSES.contains(&last.to_lowercase().as_str()));
        if body.starts_with('#') || name.is_empty() || !name.chars().all(legal) || !is_address {
            continue;
        }
        let value = value.trim_start_matches([' ', '"', '\'']);
        let host = value.split_once("://").map_or(value, |(_, host)| host);
        // Who logs in stands before the host; a template may have an `@` of its own.
        let is_open = |text: &str| text.starts_with("{{") || text.starts_with("<%=");
        if is_open(host.rsplit_once('@').map_or(host, |(_, host)| host)) || (is_open(host) && !host.contains("}}@")) {
            found.push(Open { name, start: start + (line.len() - body.len()) });
        }
    }
    found
}

/// The service that a name for an address is called after: `CORE_URL`, `registry_host`.
pub(crate) fn named<'h>(name: &str, hosts: &'h Hosts) -> Option<&'h str> {
    let stem = name.rsplit_once(['_', '-', '.'])?.0.to_lowercase();
    let stem = stem.strip_suffix("_service").unwrap_or(&stem);
    hosts.named(&stem.replace('_', "-")).or_else(|| hosts.named(&stem.replace('_', "")))
}

/// Where such names stand in a file, but for those about the service itself.
pub(crate) fn places(file: &PlainFile) -> impl Iterator<Item = (&str, Place)> {
    let names = if is_template(&file.path) { open_names(&file.text) } else { Vec::new() };
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    names.into_iter().filter(|open| asks_others(&open.name.to_uppercase())).map(move |open| {
        let range = Range { start: place(open.start), end: place(open.start + open.name.len()) };
        (open.name, Place { path: file.path.clone(), range })
    })
}

/// Asks about the names whose values templates leave open.
pub(crate) fn finding(service: &str, open: &BTreeMap<String, Place>) -> Option<Finding> {
    let (first, place) = open.first_key_value()?;
    let others = open.len() - 1;
    let more = if others > 0 { format!(" and {others} more") } else { String::new() };
    Some(Finding {
        code: Code::UnknownClient,
        message: format!("a template gives `{service}` the address `{first}`{more}, and what it comes to is not known"),
        marks: open
            .iter()
            .take(MAX_MARKS)
            .map(|(name, place)| (place.clone(), format!("`{name}` is filled in by a template")))
            .collect(),
        help: vec![
            format!("say who is called by a comment there: `{}`", written(&place.path, "rpcmap: <service>")),
            format!("if no service of the fleet is: `{}`", written(&place.path, "hedgerow: ignore <reason>")),
        ],
        services: BTreeSet::from([service.to_owned()]),
        callees: BTreeSet::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_addresses_have_names() {
        for (text, expected) in [
            ("CORE_URL={{core_url}}\n", &["CORE_URL"][..]),
            ("CORE_URL=http://{{core_host}}:80\nLEVEL={{level}}\n", &["CORE_URL"]),
            ("  redis_url: \"{{ redis }}\"\n", &["redis_url"]),
            ("redis:\n  host: <%= @redis %>\n", &["host"]),
            ("DB_DSN=postgres://{{user}}@{{host}}/x", &["DB_DSN"]),
            ("CORE_URL=http://core:80\n# CORE_URL={{x}}\nCORE_URLS_COUNT={{x}}\n", &[]),
            ("{% if a_url: %}\n", &[]),
        ] {
            let found = open_names(text);
            let names: Vec<&str> = found.iter().map(|open| open.name).collect();
            assert_eq!(names, expected, "{text}");
            assert!(found.iter().all(|open| text[open.start..].starts_with(open.name)), "{text}");
        }
    }

    #[test]
    fn templates_are_told_by_their_names() {
        for (path, expected) in
            [("a/env.jinja", true), ("a/config.yml.j2", true), ("a/x.erb", true), ("a/x.yml", false), ("jinja", false)]
        {
            assert_eq!(is_template(path), expected, "{path}");
        }
    }
}
