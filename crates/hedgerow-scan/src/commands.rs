//! What the deploy runs in a service's containers, and the files that it mounts there: who is called, and who is named.

use crate::consoles::{BETWEEN, POSITIONAL, WEB, glued, host_of, is_host_flag, program as program_of};
use crate::edge::{Class, Evidence, Finding, Outcome, Place, Port};
use crate::inventory::Home;
use crate::join::Join;
use crate::mention::{is_bypass, is_called, is_past_proxy, named};
use crate::mentions::{Mention, Mentions, Weight, keep};
use crate::pack::Kind;
use crate::places::Places;
use crate::plain::{self, template};
use crate::probed::Probes;
use crate::spoken::Spoken;
use crate::value::Template;
use hedgerow_code::frontend::comment::written;
use hedgerow_core::diag::Code;
use hedgerow_deploy::{Answer, Hosts, Partial};
use hedgerow_deploy::{Command, Given, Spot};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Says whether a mounted file, by where it is held and what it is called, is there for others than the service.
type IsForOthers<'f> = &'f dyn Fn(&Spot, &str) -> bool;

/// A word of a command line.
struct Word<'t, 'a> {
    text: &'t str,
    /// The flag or the variable that holds it; empty where there is none.
    key: &'t str,
    /// Where the deploy says what it is a part of, and what stands before it there.
    spot: &'a Spot,
    before: String,
    /// The program that it is given to, where that opens connections.
    program: Option<&'static str>,
    /// Whether a host stands there, if that program is given one.
    is_host: bool,
    /// Whether a program is told to write it into a file of settings.
    is_written: bool,
}

/// Adds what the commands of a service call, and what they and the mounted files name. `spoken` says in which deploy
/// files a comment answers for the service.
pub(crate) fn read<'a>(
    home: &Home,
    given: &'a Given,
    hosts: &Hosts,
    places: &Places<'a>,
    (spoken, is_for_others, found): (&Spoken<'a>, IsForOthers<'_>, &mut Mentions),
    outcome: &mut Outcome,
) {
    let join = Join { hosts, given: Some(given), said: None };
    let mut judge = Judge { home, join, spoken, texts: places, outcome };
    for command in &given.commands {
        for line in lines(command) {
            for word in words(&line) {
                judge.call(&word);
                // What it writes into the settings of others is theirs.
                if !given.handed_on.contains(word.text) {
                    mention(home, hosts, &word, places, found);
                }
            }
        }
    }
    for file in &given.mounted {
        let others = || given.mounted.iter().filter(|other| other.name != file.name);
        let idle = plain::idle(&file.name, &file.text).into_iter();
        let idle: Vec<_> = idle.filter(|idle| !others().any(|other| idle.is_used_in(&other.text))).collect();
        let is_idle = |at: usize| idle.iter().any(|idle| idle.range.contains(&at));
        for address in plain::read(&file.name, &file.text).addresses {
            if is_idle(address.range.start as usize) {
                let range = address.range.start as usize..address.range.end as usize;
                let text = file.text.get(range.clone()).unwrap_or_default();
                for named in named(text, "host", hosts).into_iter().filter(|named| named.service != home.name) {
                    let before = file.text.get(..range.start + named.start).unwrap_or_default();
                    let (place, what) = (places.of(&file.spot, before, &named.text), "an address".to_owned());
                    let (weight, text, port) = (Weight::IdleAddress, named.text, named.port);
                    keep(found, &named.service, Mention { weight, place, text, what, port, client: None });
                }
                continue;
            }
            if address.is_console && !judge.knows(&address.template) {
                continue;
            }
            let range = address.range.start as usize..address.range.end as usize;
            let (before, text) = (file.text.get(..range.start), file.text.get(range));
            let place = places.of(&file.spot, before.unwrap_or_default(), text.unwrap_or_default());
            let kind = if address.is_console { Kind::Tcp } else { Kind::Http };
            judge.judge(&address.template, kind, &place);
        }
        // Whom envoy calls may be in a file that nobody has in the tree, or come from a server.
        let is_there = |path: &str| {
            given.mounted.iter().any(|other| match other.paths.is_empty() {
                true => path.rsplit('/').next() == Some(&*other.name),
                false => other.paths.contains(path),
            })
        };
        if let Some(path) = plain::clusters_elsewhere(&file.text).filter(|path| !is_there(path)) {
            let key = "cds_config";
            let at = file.text.find(key).unwrap_or_default();
            let place = places.of(&file.spot, file.text.get(..at).unwrap_or_default(), key);
            judge.elsewhere(&place, &path);
        }
        let groups = plain::groups(&file.text);
        let probes = Probes::of(&file.text, hosts);
        for setting in hedgerow_code::lines::settings(&file.name, &file.text) {
            if is_past_proxy(&file.text, &setting) || probes.exporter(&setting).is_some() {
                continue;
            }
            for named in named(setting.value, hedgerow_code::lines::key_of(&file.text, &setting), hosts) {
                let is_called = !groups.contains(plain::group_of(&named.text));
                if named.is_address && named.service != home.name && is_called {
                    let before = file.text.get(..setting.start + named.start).unwrap_or_default();
                    let place = places.of(&file.spot, before, &named.text);
                    let what = format!("an address in `{}`", file.name);
                    let weight = match Weight::of_setting(&file.text, &setting) {
                        _ if is_idle(setting.start + named.start) => Weight::IdleAddress,
                        Weight::Address if file.paths.iter().any(|path| given.names(path)) => Weight::Told,
                        Weight::Address if is_for_others(&file.spot, &file.name) => Weight::SharedAddress,
                        weight => weight,
                    };
                    let (text, port) = (named.text, named.port);
                    keep(found, &named.service, Mention { weight, place, text, what, port, client: None });
                }
            }
        }
    }
}

/// The texts that a command can be, each with what says it.
fn lines(command: &Command) -> Vec<Vec<(Cow<'_, str>, &hedgerow_deploy::Word)>> {
    // Words with several texts are told one after the other: no call is made of two words that vary.
    let most = command.words.iter().map(|word| word.texts.len()).max().unwrap_or(0);
    (0..most)
        .map(|at| {
            let words = command.words.iter();
            words.filter_map(|word| Some((word.texts.get(at).or(word.texts.last())?.written(), word))).collect()
        })
        .collect()
}

/// The words of a command line, those of a shell's script in it too.
fn words<'t, 'a>(line: &'t [(Cow<'a, str>, &'a hedgerow_deploy::Word)]) -> Vec<Word<'t, 'a>> {
    let mut found = Vec::new();
    let mut program: Option<&'static str> = None;
    let mut before = "";
    // Whether a file of settings is changed: `app config edit app.toml ledger.url=http://ledger`.
    let mut writes = false;
    // What a script sets: `URL=http://ledger; curl $URL`.
    let mut set: BTreeMap<&str, &str> = BTreeMap::new();
    for (whole, said) in line {
        // A piece's place is how far it is from the beginning of the text that it is cut from.
        let ahead = |piece: &str| {
            let at = (piece.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
            format!("{}{}", said.before, whole.get(..at).unwrap_or_default())
        };
        for (nth, row) in whole.lines().enumerate() {
            if nth > 0 {
                (program, before, writes) = (None, "", false);
            }
            if row.trim_start().starts_with('#') {
                continue;
            }
            for piece in row.split_whitespace() {
                let ends = piece.ends_with(';');
                let bare = piece.trim_matches(['"', '\'', ';', '(', ')', '`', '&', '|']).trim_start_matches("$(");
                let value = |text: &'t str| {
                    let name = text.strip_prefix('$')?;
                    let name = name.strip_prefix('{').map_or(name, |name| name.trim_end_matches('}'));
                    set.get(name).copied()
                };
                let bare = value(bare.trim_matches(['"', '\''])).unwrap_or(bare);
                if let Some((name, value)) = bare.split_once('=')
                    && !name.is_empty()
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                {
                    set.insert(name, value.trim_matches(['"', '\'']));
                }
                if BETWEEN.contains(&piece) {
                    (program, before, writes) = (None, "", false);
                    continue;
                }
                if let Some(known) = program_of(bare) {
                    program = Some(known);
                } else if !bare.is_empty() {
                    // `--url=http://…`
                    let (flag, text) = match bare.split_once('=') {
                        Some((flag, value)) if flag.starts_with('-') || (program.is_some() && flag == "host") => {
                            (flag, value.trim_matches(['"', '\'']))
                        }
                        _ => ("", bare),
                    };
                    let cut = program.and_then(|program| glued(program, text));
                    let text = program.map_or(text, |program| host_of(program, &text[cut.unwrap_or_default()..]));
                    let is_host = program.is_some_and(|program| {
                        if WEB.contains(&program) {
                            // The header of a request.
                            return before.eq_ignore_ascii_case("host:");
                        }
                        cut.is_some()
                            || [before, flag].iter().any(|flag| is_host_flag(program, flag))
                            || (POSITIONAL.contains(&program) && !bare.starts_with('-'))
                    });
                    let key = match bare.split_once('=') {
                        // `LEDGER_URL=http://…`
                        Some((name, _)) if !name.contains("://") => name,
                        _ if before.starts_with('-') => before,
                        _ => "",
                    };
                    let is_written = writes
                        && bare.split_once('=').is_some_and(|(path, _)| path.contains('.') && !path.contains("://"));
                    found.push(Word { text, key, spot: &said.spot, before: ahead(text), program, is_host, is_written });
                }
                writes |= before == "config" && matches!(bare, "edit" | "set");
                before = bare;
                if ends {
                    (program, before, writes) = (None, "", false);
                }
            }
        }
    }
    found
}

/// Judges addresses that a service calls.
struct Judge<'r, 'a> {
    home: &'r Home,
    join: Join<'r>,
    spoken: &'r Spoken<'a>,
    texts: &'r Places<'a>,
    outcome: &'r mut Outcome,
}

impl<'a> Judge<'_, 'a> {
    /// A word that a program is given to call.
    fn call(&mut self, word: &Word<'_, 'a>) {
        let Some(program) = word.program.filter(|_| !is_bypass(word.key) || is_called(word.text)) else { return };
        let kind = if WEB.contains(&program) { Kind::Http } else { Kind::Tcp };
        let is_url = word.text.contains("://");
        // A host alone, or with a port: what is none of the fleet's is no address for certain.
        let is_ours = || {
            let host = word.text.split([':', '/']).next().unwrap_or_default();
            let has_port =
                word.text.split_once(':').is_some_and(|(_, port)| port.starts_with(|c: char| c.is_ascii_digit()));
            self.join.hosts.service(host).is_some() && (has_port || word.is_host)
        };
        if is_url || is_ours() {
            let place = self.texts.of(word.spot, &word.before, word.text);
            self.judge(&template(word.text), kind, &place);
        }
    }

    /// Whether a service answers at an address.
    fn knows(&self, address: &Template) -> bool {
        self.join.judge(address).answers.iter().any(|answer| matches!(answer, Answer::Service(..)))
    }

    /// Adds the edges to whoever answers at an address, and asks where that cannot be told.
    fn judge(&mut self, address: &Template, kind: Kind, place: &Place) {
        let Self { home, outcome, .. } = self;
        let judged = self.join.judge(address);
        let target = shown(&address.to_string());
        let mut certain = false;
        for answer in &judged.answers {
            let evidence = |class, port| {
                let (place, target) = (place.clone(), target.clone());
                Evidence { class, place, target, port, kind, way: Vec::new() }
            };
            match answer {
                Answer::Service(callee, port) => {
                    certain = true;
                    let pair = (home.name.clone(), callee.clone());
                    let is_told = |edge: &crate::edge::Edge| {
                        edge.evidence.iter().any(|e| e.class <= Class::Joined && e.place.path == place.path)
                    };
                    if outcome.edges.get(&pair).is_some_and(is_told) {
                        continue;
                    }
                    let class = if judged.joined { Class::Joined } else { Class::Proven };
                    outcome.add(&home.name, callee, evidence(class, Port::from(*port)));
                }
                Answer::Outside(host) => {
                    certain = true;
                    outcome.outside.entry((home.name.clone(), host.clone())).or_insert_with(|| place.clone());
                }
                Answer::Several { services, .. } => {
                    for callee in services {
                        outcome.add(&home.name, callee, evidence(Class::Wildcard, Port::Unknown));
                    }
                }
                Answer::Local => certain = true,
                Answer::Open => {}
            }
        }
        if !certain {
            self.ask(place, String::new());
        }
    }

    /// Asks whom a proxy calls whose clusters are in a file that is not in the tree, or that it gets from a server.
    fn elsewhere(&mut self, place: &Place, path: &str) {
        let from = if path.is_empty() {
            "another server".to_owned()
        } else {
            format!("`{path}`, which no file that was read gives it")
        };
        self.ask(place, format!("whom it calls comes from {from}"));
    }

    /// Asks who is called.
    fn ask(&mut self, place: &Place, why: String) {
        if self.spoken.answers(&self.home.name, &place.path, place.range.start) || self.is_asked(place) {
            return;
        }
        let advice = format!("say who is called by a comment there: `{}`", written(&place.path, "rpcmap: <service>"));
        self.outcome.findings.push(Finding {
            code: Code::UnresolvedCall,
            message: "the target of this call cannot be told".to_owned(),
            marks: vec![(place.clone(), why)],
            help: vec![advice],
            services: BTreeSet::from([self.home.name.clone()]),
            callees: BTreeSet::new(),
        });
    }

    /// Whether a call on the same line is asked about: it may be read as a text too.
    fn is_asked(&self, place: &Place) -> bool {
        let text = self.texts.text(&place.path);
        let is_line = |other: &Place| {
            let (one, other) = (place.range.start as usize, other.range.start as usize);
            text.get(one.min(other)..one.max(other)).is_some_and(|between| !between.contains('\n'))
        };
        self.outcome.findings.iter().any(|finding| {
            finding.code == Code::UnresolvedCall
                && finding.services.contains(&self.home.name)
                && finding.marks.iter().any(|(mark, _)| mark.path == place.path && is_line(mark))
        })
    }
}

/// An address as it is told: variables are filled in, and a password among them is nobody's to read.
fn shown(address: &str) -> String {
    let address = Partial::read(address).shown('…');
    let Some((scheme, rest)) = address.split_once("://") else { return address };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match authority.rsplit_once('@') {
        Some((user, _)) => format!("{scheme}://…{}", &rest[user.len()..]),
        None => address,
    }
}

/// A word that names a service.
fn mention<'a>(home: &Home, hosts: &Hosts, word: &Word<'_, 'a>, places: &Places<'a>, found: &mut Mentions) {
    if is_bypass(word.key) && !is_called(word.text) {
        return;
    }
    let before = if word.is_host { "host" } else { "" };
    // What a port comes to may be open.
    let text = Partial::read(word.text);
    let text = if text.is_open_behind(":") { text } else { text.without_unknown() };
    for named in
        named(&text.written(), before, hosts).into_iter().filter(|named| named.is_address && named.service != home.name)
    {
        let place = places.of(word.spot, &word.before, &named.text);
        let (what, text, port) = ("a container runs with it".to_owned(), shown(&named.text), named.port);
        // What is written into a file of settings is for whoever is given that.
        let weight = if word.is_written { Weight::LooseAddress } else { Weight::of_address(word.key) };
        keep(found, &named.service, Mention { weight, place, text, what, port, client: None });
    }
}

#[cfg(test)]
mod tests {
    use super::shown;
    use hedgerow_deploy::Partial;

    #[test]
    fn passwords_are_not_told() {
        for (address, told) in [
            ("postgres://app:hunter2@ledger:5432/x", "postgres://…@ledger:5432/x"),
            ("postgres://app:hun@ter2@ledger/x?a=b@c", "postgres://…@ledger/x?a=b@c"),
            ("http://ledger:80/a@b", "http://ledger:80/a@b"),
            ("ledger:80", "ledger:80"),
        ] {
            assert_eq!(shown(address), told);
        }
        let open: Partial = [&Partial::from("http://ledger/"), &Partial::unknown()].into_iter().collect();
        assert_eq!(shown(&open.written()), "http://ledger/…");
    }
}
