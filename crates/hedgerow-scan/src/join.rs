//! Joins what the code asks for with what the deploy gives.

use crate::said::Said;
use crate::value::{Piece, Template};
use hedgerow_deploy::Given;
use hedgerow_deploy::{Answer, Hosts, Partial};
use std::collections::BTreeSet;

/// How deep placeholders lie in placeholders.
const MAX_PLACEHOLDERS: usize = 8;

/// More texts than this are not told apart.
const MAX_TEXTS: usize = 64;

/// The names of the fleet, and what one service is given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Join<'a> {
    pub(crate) hosts: &'a Hosts,
    pub(crate) given: Option<&'a Given>,
    /// What the service's code says of its configuration; none where no code is asked.
    pub(crate) said: Option<&'a Said>,
}

/// The key of a map of the configuration that stands for the one that names a host.
pub(crate) const HOST_KEY: &str = "@host";

/// The keys by which a map of the configuration names a host.
const HOSTS: [&str; 8] = ["host", "hostname", "addr", "address", "addrs", "addresses", "server", "endpoint"];

/// What a template leads to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Judged {
    /// Who answers.
    pub(crate) answers: Vec<Answer>,
    /// Whether it can be anything.
    pub(crate) open: bool,
    /// Whether the deploy was asked.
    pub(crate) joined: bool,
    /// What is asked for and not set.
    pub(crate) missing: BTreeSet<Piece>,
    /// Whether the deploy gives a value that cannot be told, beside what it gives besides: another pod, or another run of the chart.
    pub(crate) may_differ: bool,
    /// The hosts that are the machine which asks, each with its port.
    pub(crate) here: BTreeSet<(String, Option<u16>)>,
    /// The addresses of private networks of which nobody says whose they are.
    pub(crate) private: BTreeSet<String>,
}

/// Whether an address has a scheme and a path of which not all is known, and no host between them.
fn is_without_host(text: &Partial) -> bool {
    text.known().is_none() && ["http:///", "https:///"].iter().any(|start| text.written().starts_with(start))
}

impl Join<'_> {
    /// Who answers at a template.
    pub(crate) fn judge(&self, template: &Template) -> Judged {
        let mut judged = Judged::default();
        let is_of_deploy = template.0.iter().any(|piece| matches!(piece, Piece::Environment(_) | Piece::Flag(_)));
        let is_guessed = is_of_deploy && self.given.is_some_and(|given| given.is_guessed);
        for text in self.expand(template, &mut judged) {
            if text.is_empty() {
                continue;
            }
            // Where the host should stand is what a request's path is: that may hold it.
            if is_without_host(&text) {
                judged.open = true;
                continue;
            }
            if judged.missing.is_empty() {
                judged.here.extend(self.hosts.here(&text));
            }
            for answer in self.hosts.answers(&text) {
                match answer {
                    Answer::Open => {
                        judged.open = true;
                        judged.private.extend(self.hosts.private(&text));
                    }
                    // Several may be who asks, and one of them is told this.
                    Answer::Service(service, _) if is_guessed => {
                        judged
                            .answers
                            .push(Answer::Several { glob: text.shown('*'), services: BTreeSet::from([service]) });
                    }
                    // With a piece that is not set only the name of a service says anything.
                    Answer::Service(..) => judged.answers.push(answer),
                    // Of a program beside this one the port alone may be another one.
                    Answer::Local if names_machine(&text) => {
                        judged.answers.push(answer);
                        judged.missing.clear();
                    }
                    _ if judged.missing.is_empty() => judged.answers.push(answer),
                    _ => {}
                }
            }
        }
        judged
    }

    /// What a setting is: what the files say, with their placeholders, and the environment variable that stands for it.
    pub(crate) fn setting(&self, path: &[String]) -> Vec<Partial> {
        let mut values = Vec::new();
        if let Some(given) = self.given {
            // Of a map whose elements are put together, as a connection string is, the one that names a host.
            if let Some(("*", map)) = path.split_last().map(|(last, map)| (last.as_str(), map)) {
                let hosts = self.host_in(map);
                if !hosts.is_empty() {
                    return hosts;
                }
            }
            for value in given.setting(path) {
                values.extend(self.filled(&value, 0));
            }
            for name in variables(path) {
                values.extend(given.environment.get(&name).into_iter().flatten().cloned());
                for prefix in self.said.into_iter().flat_map(|said| &said.prefixes) {
                    let name = format!("{prefix}_{name}");
                    values.extend(given.environment.get(&name).into_iter().flatten().cloned());
                }
            }
            // .NET does not tell letters of variables by their case.
            let name = path.join("__");
            if values.is_empty() && path.len() > 1 {
                let alike = given.environment.iter().filter(|(other, _)| other.eq_ignore_ascii_case(&name));
                values.extend(alike.flat_map(|(_, values)| values.iter().cloned()));
            }
            values.extend(self.flag(path));
        }
        for bound in self.said.into_iter().flat_map(|said| said.bound(path)) {
            values.extend(self.expand(bound, &mut Judged::default()).into_iter().filter(|text| !text.is_empty()));
        }
        if values.is_empty() {
            values.extend(self.prefixed(path));
        }
        // A list may be written as one text.
        if values.is_empty()
            && let Some(("*", list)) = path.split_last().map(|(last, list)| (last.as_str(), list))
            && !list.is_empty()
        {
            values.extend(self.setting(list));
        }
        if values.is_empty() {
            for value in self.said.into_iter().flat_map(|said| said.values(path)) {
                values.extend(self.expand(value, &mut Judged::default()));
            }
        }
        values.sort();
        values.dedup();
        values
    }

    /// What a map of the configuration says under the first key that names a host.
    fn host_in(&self, map: &[String]) -> Vec<Partial> {
        if map.is_empty() || map.iter().any(|part| part == "*") {
            return Vec::new();
        }
        let named = HOSTS.iter().map(|key| self.setting(&[map, &[(*key).to_owned()]].concat()));
        named.into_iter().find(|hosts| !hosts.is_empty()).unwrap_or_default()
    }

    /// The flag that is called like a setting, as libraries have it that fill structures: `--ledger-url` for `LedgerURL`.
    fn flag(&self, path: &[String]) -> Vec<Partial> {
        let plain = |name: &str| name.replace(['-', '_', '.'], "").to_lowercase();
        let name = plain(&path.concat());
        let flags = self.given.into_iter().flat_map(|given| &given.flags).filter(|(flag, _)| plain(flag) == name);
        flags.flat_map(|(_, values)| values.iter().cloned()).collect()
    }

    /// The variable for a setting with a program's own prefix, as figment, config, viper and their like have it: `SHOP_LEDGER_URL` for
    /// `ledger_url`. A name of one word would fit too many.
    fn prefixed(&self, path: &[String]) -> Vec<Partial> {
        let names: Vec<String> =
            variables(path).into_iter().filter(|name| name.trim_matches('_').contains('_')).collect();
        let given = self.given.into_iter().flat_map(|given| &given.environment);
        let fits = |variable: &str| {
            names.iter().any(|name| {
                variable.strip_suffix(name.as_str()).is_some_and(|prefix| prefix.len() > 1 && prefix.ends_with('_'))
            })
        };
        given.filter(|(variable, _)| fits(variable)).flat_map(|(_, values)| values.iter().cloned()).collect()
    }

    /// A value of a setting with its `${name:default}`: other settings and environment variables.
    fn filled(&self, value: &Partial, depth: usize) -> Vec<Partial> {
        let mut texts = vec![Partial::default()];
        let mut rest = value.clone();
        while let Some((head, tail)) = rest.split_once("${") {
            let written = tail.written();
            let Some((inner, after)) = closed(&written) else { break };
            let inner = Partial::read(inner);
            let (name, default) = inner.split_once(":").map_or((inner, None), |(name, default)| (name, Some(default)));
            let mut found = Vec::new();
            if depth < MAX_PLACEHOLDERS
                && let Some(given) = self.given
            {
                // HOCON: what is there only if it is set. A name with a gap is nobody's.
                if let Some(name) = name.known().map(|name| name.strip_prefix('?').unwrap_or(name)) {
                    found.extend(given.environment.get(name).into_iter().flatten().cloned());
                    let path: Vec<String> = name.split('.').map(str::to_owned).collect();
                    for variable in variables(&path) {
                        found.extend(given.environment.get(&variable).into_iter().flatten().cloned());
                    }
                    for value in given.setting(&path) {
                        found.extend(self.filled(&value, depth + 1));
                    }
                }
                if let Some(default) = default {
                    // Micronaut writes a default with a colon in back quotes.
                    let default = default.written();
                    let default = default.trim_start_matches('-').trim_matches('`');
                    found.extend(self.filled(&Partial::read(default), depth + 1));
                }
            }
            found.sort();
            found.dedup();
            if found.is_empty() || texts.len() * found.len() > MAX_TEXTS {
                found = vec![Partial::unknown()];
            }
            let with = |text: &Partial, value: &Partial| [text, &head, value].into_iter().collect();
            texts = texts.iter().flat_map(|text| found.iter().map(move |value| with(text, value))).collect();
            rest = Partial::read(after);
        }
        texts.iter().map(|text| [text, &rest].into_iter().collect()).collect()
    }

    /// The variable with what the program's variables begin with in front of its name.
    fn with_prefix(&self, name: &str) -> Option<Vec<Partial>> {
        let mut prefixes = self.said?.prefixes.iter();
        prefixes.find_map(|prefix| self.given?.environment.get(&format!("{prefix}_{name}"))).cloned()
    }

    /// The address that Kubernetes gives a pod for each Service of its namespace: `BOOKS_SERVICE_HOST`.
    /// See <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>.
    fn linked(&self, variable: &str) -> Vec<Partial> {
        let host = variable.strip_suffix("_SERVICE_HOST").map(|name| name.to_lowercase().replace('_', "-"));
        host.filter(|host| self.hosts.named(host).is_some()).map(Partial::from).into_iter().collect()
    }

    /// What ends the host of an address that is a whole name of a service: a port, or behind a dot a namespace with one.
    fn after_name(&self, text: &Partial) -> Option<String> {
        let text = text.known()?;
        let host = text.rsplit_once("://").map_or(text, |(_, host)| host);
        let (host, end) = match host.strip_suffix('.') {
            Some(host) => (host, format!("{}:", self.hosts.namespace()?)),
            None => (host, ":".to_owned()),
        };
        (!host.contains(['/', ':', '@']) && self.hosts.named(host).is_some()).then_some(end)
    }

    /// The texts a template can be.
    fn expand(&self, template: &Template, judged: &mut Judged) -> Vec<Partial> {
        let mut texts = vec![Partial::default()];
        let mut is_given = false;
        let host_ends = template.host_ends();
        for (at, piece) in template.0.iter().enumerate() {
            // Behind the whole name of a service that comes from outside, the name does not go on.
            if matches!(piece, Piece::Hole) && is_given {
                for text in &mut texts {
                    if let Some(end) = self.after_name(text) {
                        text.append(&Partial::from(end));
                    }
                }
            }
            is_given = match piece {
                Piece::Environment(_) | Piece::Flag(_) | Piece::Setting(_) => true,
                Piece::Text(text) | Piece::Key(text) => is_given && text == ".",
                Piece::Hole => false,
            };
            let mut values = match piece {
                Piece::Text(text) | Piece::Key(text) => vec![Partial::read(text)],
                Piece::Hole => vec![Partial::unknown()],
                Piece::Environment(name) => {
                    let set = self.given.and_then(|given| given.environment.get(name)).cloned();
                    set.or_else(|| self.with_prefix(name)).unwrap_or_else(|| self.linked(name))
                }
                Piece::Flag(name) => self.given.and_then(|given| given.flags.get(name)).cloned().unwrap_or_default(),
                // What a map's key is that names no host says nothing of the address.
                Piece::Setting(path) if path.last().is_some_and(|last| last == HOST_KEY) => {
                    let has_host = !self.host_in(&path[..path.len() - 1]).is_empty();
                    vec![if has_host { Partial::from("host") } else { Partial::unknown() }]
                }
                Piece::Setting(path) => self.setting(path),
            };
            // What the deploy says in part is another one.
            if values.is_empty() && names_namespace(piece) && texts.iter().all(awaits_namespace) {
                values = self.hosts.namespace().map(Partial::from).into_iter().collect();
            }
            if matches!(piece, Piece::Environment(_) | Piece::Flag(_)) {
                judged.may_differ |= values.iter().any(|value| value.known().is_none());
                if self.given.is_some_and(|given| given.is_open) {
                    judged.may_differ = true;
                    values.push(Partial::unknown());
                }
            }
            let outside = matches!(piece, Piece::Environment(_) | Piece::Flag(_) | Piece::Setting(_));
            judged.joined |= outside;
            // What comes behind the host does not say who is called.
            if values.is_empty() && outside && host_ends.is_some_and(|end| at > end) {
                values.push(Partial::unknown());
            }
            if values.is_empty() {
                // What is not set is empty, which is no address by itself.
                judged.missing.extend(outside.then(|| piece.clone()));
                continue;
            }
            if texts.len() * values.len() > MAX_TEXTS {
                texts.iter_mut().for_each(|text| text.append(&Partial::unknown()));
                continue;
            }
            texts = texts
                .iter()
                .flat_map(|text| values.iter().map(move |value| [text, value].into_iter().collect()))
                .collect();
        }
        texts
    }
}

/// Whether an address names the machine itself and no other host, whatever its port is: `http://localhost:/books`.
fn names_machine(address: &Partial) -> bool {
    let letters = address.letters();
    let rest = letters.split_once("://").map_or(letters, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    // Behind these stands another host, or the one that is meant.
    let is_one = !authority.contains([',', '@', ';']);
    is_one && ["localhost:", "127.0.0.1:", "[::1]:"].iter().any(|host| authority.starts_with(host))
}

/// Whether what comes from outside is a namespace by its name: the one that the services live in, where nobody says another.
fn names_namespace(piece: &Piece) -> bool {
    let name = match piece {
        Piece::Environment(name) | Piece::Flag(name) => name,
        Piece::Setting(path) => path.last().map_or("", String::as_str),
        Piece::Text(_) | Piece::Key(_) | Piece::Hole => "",
    };
    let name = name.to_lowercase();
    name.ends_with("namespace") || name == "ns" || name.ends_with("_ns") || name.ends_with("-ns")
}

/// Whether a text ends where the namespace of a host stands: behind the dot that ends another part of it.
fn awaits_namespace(text: &Partial) -> bool {
    let written = text.written();
    let host = written.rsplit_once("://").map_or(&*written, |(_, host)| host.trim_start_matches('/'));
    host.len() > 1 && host.ends_with('.') && !host.contains('/')
}

/// The environment variables that stand for a setting: `shop.ledger-url` is `SHOP_LEDGER_URL` and `SHOP_LEDGERURL`, as Spring has it, and
/// `Shop__LedgerUrl`, as .NET does.
fn variables(path: &[String]) -> BTreeSet<String> {
    if path.is_empty() || path.iter().any(|part| part == "*") {
        return BTreeSet::new();
    }
    let upper = |text: &str| text.to_uppercase().replace(['.'], "_");
    // What a program's variables begin with may end in what stands between the parts.
    let path: Vec<&str> = path.iter().map(|part| part.strip_suffix('_').unwrap_or(part)).collect();
    let whole = path.join("_");
    let mut split = String::new();
    for c in whole.chars() {
        // A capital that ends a word begins another one: `LedgerURL` is `LEDGER_URL`.
        if c.is_ascii_uppercase() && split.ends_with(|last: char| last.is_ascii_lowercase() || last.is_ascii_digit()) {
            split.push('_');
        }
        split.push(c);
    }
    BTreeSet::from([
        upper(&whole.replace('-', "")),
        upper(&whole.replace('-', "_")),
        upper(&split.replace('-', "_")),
        path.join("__"),
    ])
}

/// What lies before the brace that closes, and what lies behind it.
fn closed(text: &str) -> Option<(&str, &str)> {
    let mut open = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_names_in_the_environment() {
        let of = |path: &str| variables(&path.split('.').map(str::to_owned).collect::<Vec<_>>());
        for (path, name) in [
            ("shop.endpoints.ledger", "SHOP_ENDPOINTS_LEDGER"),
            ("shop.ledger-url", "SHOP_LEDGER_URL"),
            ("shop.ledger-url", "SHOP_LEDGERURL"),
            ("shop.ledgerUrl", "SHOP_LEDGER_URL"),
            ("shop.ledgerUrl", "SHOP_LEDGERURL"),
            ("Identity.Url", "Identity__Url"),
            ("LedgerOrigin", "LEDGER_ORIGIN"),
            ("Shop.LedgerURL", "SHOP_LEDGER_URL"),
        ] {
            assert!(of(path).contains(name), "{path}: {:?}", of(path));
        }
        assert!(of("shop.*").is_empty());
    }

    #[test]
    fn braces_close_where_they_do() {
        assert_eq!(closed("a:${b}}c"), Some(("a:${b}", "c")));
        assert_eq!(closed("a"), None);
    }
}
