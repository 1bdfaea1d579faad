//! What the deploy runs in a service's containers, and the files that it mounts there: who is called, and who is named.

use crate::edge::{Class, Evidence, Finding, Outcome, Place, Port};
use crate::inventory::Home;
use crate::join::Join;
use crate::mention::named;
use crate::mentions::{Mention, Mentions, Weight, keep};
use crate::pack::Kind;
use crate::plain::{self, template};
use crate::tree::PlainFile;
use crate::value::Template;
use hedgerow_code::frontend::comment::written;
use hedgerow_code::ir::Range;
use hedgerow_core::diag::Code;
use hedgerow_deploy::{Answer, HOLE, Hosts};
use hedgerow_deploy::{Command, Given};
use std::collections::{BTreeMap, BTreeSet};

/// Programs that are given URLs and call them.
const WEB: &[&str] = &[
    "curl",
    "wget",
    "http",
    "https",
    "httpie",
    "xh",
    "grpcurl",
    "grpc_health_probe",
    "hey",
    "wrk",
    "ab",
    "oha",
    "siege",
    "vegeta",
    "ghz",
    "bombardier",
    "autocannon",
    "websocat",
];

/// Programs that are given hosts and open connections to them.
const PLAIN: &[&str] = &[
    "nc",
    "ncat",
    "netcat",
    "telnet",
    "wait-for",
    "wait-for.sh",
    "wait-for-it",
    "wait-for-it.sh",
    "dockerize",
    "psql",
    "pg_isready",
    "pg_dump",
    "mysql",
    "mysqladmin",
    "mysqldump",
    "mariadb",
    "mariadb-admin",
    "redis-cli",
    "mongo",
    "mongosh",
    "mongodump",
    "cqlsh",
    "clickhouse-client",
    "kcat",
    "kafkacat",
    "kafka-topics",
    "kafka-topics.sh",
    "rabbitmqadmin",
    "nats",
    "etcdctl",
];

/// Of them, those to which a host is given without a flag.
const POSITIONAL: &[&str] = &["nc", "ncat", "netcat", "telnet", "cqlsh", "wait-for", "wait-for.sh"];

/// Flags of such programs that a host stands behind.
const HOST_FLAGS: &[&str] = &["-h", "--host", "--hostname", "-b", "--bootstrap-server"];

/// What is between the commands of a shell.
const BETWEEN: &[&str] = &[";", "&&", "||", "|", "&", "do", "then", "else", "done", "fi", "until", "while", "if", "!"];

/// A word of a command line.
struct Word<'t> {
    text: &'t str,
    /// The program that it is given to, where that opens connections.
    program: Option<&'static str>,
    /// Whether a host stands there, if that program is given one.
    is_host: bool,
}

/// Where commands and mounted files stand in the tree.
pub(crate) struct Places<'a> {
    pub(crate) texts: &'a BTreeMap<&'a str, &'a PlainFile>,
}

impl Places<'_> {
    /// The first place of a text in a file, or the file's beginning where the file writes it in another way.
    fn of(&self, path: &str, text: &str) -> Place {
        let found = self.texts.get(path).and_then(|file| file.text.find(text)).filter(|_| !text.is_empty());
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let range = found.map_or_else(Range::default, |at| Range { start: place(at), end: place(at + text.len()) });
        Place { path: path.to_owned(), range }
    }
}

/// Adds what the commands of a service call, and what they and the mounted files name.
pub(crate) fn read(
    home: &Home,
    given: &Given,
    hosts: &Hosts,
    places: &Places,
    found: &mut Mentions,
    outcome: &mut Outcome,
) {
    let join = Join { hosts, given: Some(given), said: None };
    for command in &given.commands {
        for line in lines(command) {
            for word in words(&line) {
                call(home, &join, &word, &command.path, places, outcome);
                mention(home, hosts, &word, &command.path, places, found);
            }
        }
    }
    for file in &given.mounted {
        for address in plain::read(&file.name, &file.text).addresses {
            judge(
                home,
                &join,
                &address.template,
                (Kind::Http, &address.template.to_string()),
                &file.path,
                places,
                outcome,
            );
        }
        for setting in hedgerow_code::lines::settings(&file.name, &file.text) {
            for named in named(setting.value, setting.key, hosts) {
                if named.is_address && named.service != home.name {
                    let place = places.of(&file.path, &named.text);
                    let what = format!("an address in `{}`", file.name);
                    let weight = Weight::Address;
                    keep(found, &named.service, Mention { weight, place, text: named.text, what, client: None });
                }
            }
        }
    }
}

/// The texts that a command can be.
fn lines(command: &Command) -> Vec<Vec<&str>> {
    // Words with several texts are told one after the other: no call is made of two words that vary.
    let most = command.words.iter().map(Vec::len).max().unwrap_or(0);
    (0..most)
        .map(|at| command.words.iter().filter_map(|texts| texts.get(at).or(texts.last())).map(String::as_str).collect())
        .collect()
}

/// The words of a command line, those of a shell's script in it too.
fn words<'t>(line: &[&'t str]) -> Vec<Word<'t>> {
    let mut found = Vec::new();
    let mut program: Option<&'static str> = None;
    let mut before = "";
    for text in line {
        for (nth, row) in text.lines().enumerate() {
            if nth > 0 {
                (program, before) = (None, "");
            }
            if row.trim_start().starts_with('#') {
                continue;
            }
            for piece in row.split_whitespace() {
                let ends = piece.ends_with(';');
                let bare = piece.trim_matches(['"', '\'', ';', '(', ')', '`', '&', '|']).trim_start_matches("$(");
                if BETWEEN.contains(&piece) {
                    (program, before) = (None, "");
                    continue;
                }
                let name = bare.rsplit('/').next().unwrap_or(bare);
                if let Some(known) =
                    WEB.iter().chain(PLAIN).find(|known| **known == name).filter(|_| !bare.contains("://"))
                {
                    program = Some(known);
                } else if !bare.is_empty() {
                    // `--url=http://…`
                    let (flag, text) = match bare.split_once('=') {
                        Some((flag, value)) if flag.starts_with('-') => (flag, value.trim_matches(['"', '\''])),
                        _ => ("", bare),
                    };
                    let is_host = program.is_some_and(|program| {
                        if WEB.contains(&program) {
                            // The header of a request.
                            return before.eq_ignore_ascii_case("host:");
                        }
                        [before, flag].iter().any(|flag| HOST_FLAGS.contains(flag))
                            || (POSITIONAL.contains(&program) && !bare.starts_with('-'))
                    });
                    found.push(Word { text, program, is_host });
                }
                before = bare;
                if ends {
                    (program, before) = (None, "");
                }
            }
        }
    }
    found
}

/// A word that a program is given to call.
fn call(home: &Home, join: &Join, word: &Word, path: &str, places: &Places, outcome: &mut Outcome) {
    let Some(program) = word.program else { return };
    let kind = if WEB.contains(&program) { Kind::Http } else { Kind::Tcp };
    let is_url = word.text.contains("://");
    // A host alone, or with a port: what is none of the fleet's is no address for certain.
    let is_ours = || {
        let host = word.text.split([':', '/']).next().unwrap_or_default();
        let has_port =
            word.text.split_once(':').is_some_and(|(_, port)| port.starts_with(|c: char| c.is_ascii_digit()));
        join.hosts.service(host).is_some() && (has_port || word.is_host)
    };
    if is_url || is_ours() {
        judge(home, join, &template(word.text), (kind, word.text), path, places, outcome);
    }
}

/// Adds the edges to whoever answers at an address, and asks where that cannot be told.
fn judge(
    home: &Home,
    join: &Join,
    address: &Template,
    (kind, text): (Kind, &str),
    path: &str,
    places: &Places,
    outcome: &mut Outcome,
) {
    let judged = join.judge(address);
    let place = places.of(path, text);
    let mut certain = false;
    for answer in &judged.answers {
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
                let (place, target, port) = (place.clone(), shown(&address.to_string()), Port::from(*port));
                outcome.add(&home.name, callee, Evidence { class, place, target, port, kind, way: Vec::new() });
            }
            Answer::Outside(host) => {
                certain = true;
                outcome.outside.entry((home.name.clone(), host.clone())).or_insert_with(|| place.clone());
            }
            Answer::Several { services, .. } => {
                for callee in services {
                    let (place, target) = (place.clone(), shown(&address.to_string()));
                    let evidence =
                        Evidence { class: Class::Wildcard, place, target, port: Port::Unknown, kind, way: Vec::new() };
                    outcome.add(&home.name, callee, evidence);
                }
            }
            Answer::Local => certain = true,
            Answer::Open => {}
        }
    }
    // The same line may be read as text too.
    let is_asked = |finding: &Finding| {
        finding.code == Code::UnresolvedCall
            && finding.services.contains(&home.name)
            && finding.marks.iter().any(|(mark, _)| mark.path == place.path)
    };
    if !certain && !outcome.findings.iter().any(is_asked) {
        outcome.findings.push(Finding {
            code: Code::UnresolvedCall,
            message: "the target of this call cannot be told".to_owned(),
            marks: vec![(place, String::new())],
            help: vec![format!(
                "say who is called by a comment in a file of the service: `{}`",
                written(path, "rpcmap: <service>")
            )],
            services: BTreeSet::from([home.name.clone()]),
            callees: BTreeSet::new(),
        });
    }
}

/// An address as it is told: variables are filled in, and a password among them is nobody's to read.
fn shown(address: &str) -> String {
    let address = address.replace(HOLE, "…");
    let Some((scheme, rest)) = address.split_once("://") else { return address };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match authority.rsplit_once('@') {
        Some((user, _)) => format!("{scheme}://…{}", &rest[user.len()..]),
        None => address,
    }
}

/// A word that names a service.
fn mention(home: &Home, hosts: &Hosts, word: &Word, path: &str, places: &Places, found: &mut Mentions) {
    let before = if word.is_host { "host" } else { "" };
    let text = word.text.replace(HOLE, "");
    for named in named(&text, before, hosts).into_iter().filter(|named| named.is_address && named.service != home.name)
    {
        let place = places.of(path, &named.text);
        let (what, text) = ("a container runs with it".to_owned(), shown(&named.text));
        keep(found, &named.service, Mention { weight: Weight::Address, place, text, what, client: None });
    }
}

#[cfg(test)]
mod tests {
    use super::{HOLE, shown};

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
        assert_eq!(shown(&format!("http://ledger/{HOLE}")), "http://ledger/…");
    }
}
