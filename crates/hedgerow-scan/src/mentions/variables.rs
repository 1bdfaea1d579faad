//! Variables for addresses: where texts ask for them, and which are about others.

use super::{MAX_MARKS, is_of_variables, place};
use crate::edge::{Finding, Place};
use crate::mention::named;
use crate::tree::PlainFile;
use hedgerow_code::frontend::comment::written;
use hedgerow_code::frontend::foreign::foreign;
use hedgerow_code::ir::Range;
use hedgerow_core::diag::{Code, enumerate_some};
use hedgerow_deploy::build::may_be_compose;
use hedgerow_deploy::{Hosts, Partial, dotenv, is_manifest};
use std::collections::{BTreeMap, BTreeSet};

/// How far before a variable the beginning of its line is looked for, in bytes.
const MAX_BEFORE: usize = 400;

/// What stands before a place on its line; of a very long line the last part.
fn line_before(text: &str, at: usize) -> &str {
    let mut from = at.saturating_sub(MAX_BEFORE);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text[from..at].rsplit('\n').next().unwrap_or_default()
}

/// Where the code of a language that is not read asks for a variable.
pub(super) fn asked_for(file: &PlainFile, variable: &str) -> Option<Place> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut places = file.text.match_indices(variable).map(|(at, _)| at);
    let start = places.find(|at| {
        let line = line_before(&file.text, *at).trim_start();
        let is_comment = ["//", "#", "--", "*"].iter().any(|mark| line.starts_with(mark))
            || [" // ", " # ", " -- ", "\t// "].iter().any(|mark| line.contains(mark));
        let ends = |text: &str| text.ends_with(is_word);
        !ends(&file.text[..*at]) && !file.text[at + variable.len()..].starts_with(is_word) && !is_comment
    })?;
    Some(Place { path: file.path.clone(), range: Range { start: place(start), end: place(start + variable.len()) } })
}

/// The variables that files of variables of a service say to be the addresses of services: the file tells them, whoever loads it.
pub(super) fn told(own: &[&PlainFile], hosts: &Hosts) -> BTreeSet<String> {
    let files = own.iter().filter(|file| is_of_variables(&file.path));
    let all = files.flat_map(|file| dotenv(&file.text));
    let leads =
        |name: &str, value: &Partial| named(&value.written(), name, hosts).into_iter().any(|named| named.is_address);
    all.filter(|(name, value)| leads(name, value)).map(|(name, _)| name).collect()
}

/// Whether a text has a variable's name as a word.
pub(super) fn has_word(text: &str, variable: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut places = text.match_indices(variable).map(|(at, _)| at);
    places.any(|at| !text[..at].ends_with(is_word) && !text[at + variable.len()..].starts_with(is_word))
}

/// Where a file of settings takes a variable in: `${LEDGER_URL:http://localhost}`.
pub(super) fn taken(file: &PlainFile, variable: &str) -> Option<Place> {
    if foreign(&file.path).is_some() || is_deploy(&file.path, &file.text) {
        return None;
    }
    // Symfony's parameters and the Ruby in Rails' settings name it behind other words.
    let behind = [
        "ENV['",
        "ENV[\"",
        "ENV.fetch('",
        "ENV.fetch(\"",
        "ENV.fetch \"",
        "ENV.fetch '",
        "env_var('",
        "env_var(\"",
        "env('",
        "env(\"",
        "env://",
        "os.environ/",
        "use_env_variable\": \"",
        "{$",
        "{env.",
    ];
    let is_behind = |at: &usize| {
        let before = line_before(&file.text, *at);
        let in_parameter = before.rsplit_once("%env(").is_some_and(|(_, inner)| !inner.contains(')'));
        in_parameter || is_behind_tag(before) || behind.iter().any(|word| before.ends_with(word))
    };
    let forms = [
        format!("${{{variable}"),
        format!("${{?{variable}"),
        format!("${{env:{variable}"),
        format!("%{variable}%"),
        format!("{{{{env.{variable}"),
        format!("env \"{variable}\""),
    ];
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let found = forms.iter().find_map(|form| {
        let mut places = file.text.match_indices(form.as_str());
        places.find(|(at, _)| !file.text[at + form.len()..].starts_with(is_word)).map(|(at, _)| (at, form.len()))
    });
    let named = || {
        let mut places = file.text.match_indices(variable).map(|(at, _)| at).filter(is_behind);
        places.find(|at| !file.text[at + variable.len()..].starts_with(is_word)).map(|at| (at, variable.len()))
    };
    let (start, length) = found.or_else(named)?;
    Some(Place { path: file.path.clone(), range: Range { start: place(start), end: place(start + length) } })
}

/// Whether a line ends with a tag of YAML by which a value is taken from the environment: `!env`, `!ENV`, `!env:secret`, `!env_var`.
fn is_behind_tag(before: &str) -> bool {
    let word = before.trim_end_matches([' ', '\t', '"', '\'', '$', '{']);
    let word = word.rsplit([' ', '\t']).next().unwrap_or_default();
    let tag = word.strip_prefix('!').and_then(|word| word.get(..3));
    tag.is_some_and(|tag| tag.eq_ignore_ascii_case("env")) && before.ends_with([' ', '\t', '"', '\'', '{', '$'])
}

/// Words in the names of variables that say so, but where the rest of the name is that of a service's address.
const MAY_BE_SERVICES: &[&str] = &["EMAIL", "FRONTEND", "WALLET"];

/// Whether a variable for an address is about somebody else's, and not about where the service itself listens or is seen.
pub(crate) fn asks_others(name: &str) -> bool {
    const OWN: &[&str] = &[
        "LISTEN",
        "BIND",
        "PUBLIC",
        "EXTERNAL",
        "CALLBACK",
        "REDIRECT",
        "CORS",
        "CURLINFO",
        "CURLOPT",
        "ORIGIN",
        "ADVERTISE",
        "EMAIL",
        "FRONTEND",
        "LETSENCRYPT",
        "NEXTAUTH",
        "WALLET",
        "OTEL",
        "SENTRY",
        "POD_",
        "NODE_",
        "MY_",
        "SELF",
        "ASPNETCORE",
        "WEBHOOK",
        "LOGO",
        "AVATAR",
        "ICON",
        "IMAGE",
        "IMG",
        // What names a model, a schema or a namespace opens no connection.
        "MODEL_URI",
        "SCHEMA_URI",
        "SCHEMA_URL",
        "NAMESPACE_URI",
        "DOCS",
        "HELP",
        "DOWNLOAD",
        "VIRTUAL_HOST",
        "SERVER_HOST",
        "SERVER_ADDR",
        "HTTP_HOST",
        "HTTP_ADDR",
        "GRPC_ADDR",
        "APP_HOST",
        "APP_URL",
        "BASE_URL",
        "SITE_URL",
    ];
    // `DATABASE_URL` has no `BASE_URL` in it.
    let begins = |at: usize| at == 0 || name.as_bytes().get(at - 1) == Some(&b'_');
    // Of people's mail, pages and wallets these words are as well, and services are called so.
    let is_services = || ["_SERVICE_", "_SVC_"].iter().any(|word| name.contains(word)) || name.ends_with("_ADDR");
    // `IMGPROXY_URL` has no `IMG` in it; `ALLOWED_ORIGINS` has an origin.
    let ends = |at: usize, own: &str| {
        let rest = &name[at..];
        let rest = ["ING", "ER", "ED", "S", "D"].iter().find_map(|end| rest.strip_prefix(end)).unwrap_or(rest);
        own.ends_with('_') || rest.is_empty() || rest.starts_with('_')
    };
    let is_own = |own: &&str| name.match_indices(*own).any(|(at, _)| begins(at) && ends(at + own.len(), own));
    !OWN.iter().any(|own| is_own(own) && !(MAY_BE_SERVICES.contains(own) && is_services()))
}

/// How many services one finding names.
const MAX_SERVICES: usize = 4;

/// The findings about variables for addresses that no deploy file sets and that no known call takes, of all services. Services that ask for
/// one at the same place, such as a loader that they share, are asked about at once.
pub(super) fn unset<'p>(
    all: impl Iterator<Item = (&'p str, impl Iterator<Item = (&'p String, &'p Place)>)>,
) -> Vec<Finding> {
    type Group<'p> = BTreeMap<(&'p str, &'p Place), BTreeSet<&'p str>>;
    let mut groups: Vec<Group<'p>> = Vec::new();
    for (service, open) in all {
        let mut own: Group<'p> =
            open.map(|(name, place)| ((name.as_str(), place), BTreeSet::from([service]))).collect();
        if own.is_empty() {
            continue;
        }
        let (alike, others): (Vec<Group<'p>>, Vec<Group<'p>>) =
            groups.into_iter().partition(|group| own.keys().any(|key| group.contains_key(key)));
        groups = others;
        for (key, services) in alike.into_iter().flatten() {
            own.entry(key).or_default().extend(services);
        }
        groups.push(own);
    }
    groups.iter().map(of_group).collect()
}

fn of_group(variables: &BTreeMap<(&str, &Place), BTreeSet<&str>>) -> Finding {
    let services: BTreeSet<&str> = variables.values().flatten().copied().collect();
    let names: BTreeSet<&str> = variables.keys().map(|(name, _)| *name).collect();
    let first = names.first().copied().unwrap_or_default();
    let more = if names.len() > 1 { format!(" and {} more", names.len() - 1) } else { String::new() };
    let path = variables.keys().next().map_or("", |(_, place)| place.path.as_str());
    let listed =
        |services: &BTreeSet<&str>| enumerate_some(MAX_SERVICES, services.iter().map(|service| format!("`{service}`")));
    let asks = if services.len() == 1 { "asks" } else { "ask" };
    let mark = |(name, of): (&str, &BTreeSet<&str>)| {
        let whom = if of.len() == services.len() { String::new() } else { format!(" for {}", listed(of)) };
        format!("no deploy file that was read sets `{name}`{whom}")
    };
    Finding {
        code: Code::UnknownClient,
        message: format!(
            "{} {asks} for the address `{first}`{more}, and no file that was read says where that leads",
            listed(&services)
        ),
        marks: variables
            .iter()
            .take(MAX_MARKS)
            .map(|((name, place), of)| ((*place).clone(), mark((name, of))))
            .collect(),
        help: vec![
            format!("if it leads to a service, say so by a comment: `{}`", written(path, "rpcmap: <service>")),
            format!("if it leads elsewhere: `{}`", written(path, "hedgerow: ignore <reason>")),
            "where a library of your own opens the connection, teach it to the scan under `scan.sinks`".to_owned(),
        ],
        services: services.into_iter().map(str::to_owned).collect(),
        callees: BTreeSet::new(),
    }
}

/// Whether a text is a deploy file: what it gives to services is known better than by its lines.
pub(super) fn is_deploy(path: &str, text: &str) -> bool {
    let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    let is_chart = path.contains("/templates/") || path.ends_with("Chart.yaml");
    // Symfony's own services are none of the deploy's.
    let is_container = path.ends_with("config/services.yaml") || path.ends_with("config/services.yml");
    is_chart || is_manifest(path, text) || (is_yaml && !is_container && may_be_compose(path, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_about_others_are_told_from_ones_own() {
        for name in [
            "LEDGER_URL",
            "EMAIL_SERVICE_ADDR",
            "WALLET_SERVICE_URL",
            "FRONTEND_ADDR",
            "EMAIL_SVC_HOST",
            "DATABASE_URL",
            "IMGPROXY_URL",
            "DOCSTORE_URL",
            "SELFIE_HOST",
        ] {
            assert!(asks_others(name), "{name}");
        }
        for name in [
            "EMAIL_HOST",
            "FRONTEND_URL",
            "WALLET_ENDPOINT",
            "LISTEN_ADDR",
            "SERVER_ADDR",
            "PUBLIC_SERVICE_URL",
            "YANDEX_MODEL_URI",
            "BLANK_IMG_URL",
            "ALLOWED_ORIGINS",
            "ADVERTISED_URL",
            "LISTENER_ADDR",
            "WEBHOOKS_URL",
        ] {
            assert!(!asks_others(name), "{name}");
        }
    }
}
