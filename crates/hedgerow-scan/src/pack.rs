//! What the scan knows of libraries: which calls go out, which functions pass texts on. All of it is data.

use crate::browser::Runs;
use crate::loads::{Sum, sum};
use crate::stores::Store;
use hedgerow_code::frontend::Language;
use hedgerow_deploy::Pattern;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

/// The texts of the packs that this crate brings.
const TEXTS: [(Language, &str); 9] = [
    (Language::CSharp, include_str!("../packs/csharp.yaml")),
    (Language::Go, include_str!("../packs/go.yaml")),
    (Language::Python, include_str!("../packs/python.yaml")),
    (Language::Java, include_str!("../packs/java.yaml")),
    (Language::Kotlin, include_str!("../packs/kotlin.yaml")),
    (Language::JavaScript, include_str!("../packs/javascript.yaml")),
    (Language::Ruby, include_str!("../packs/ruby.yaml")),
    (Language::Php, include_str!("../packs/php.yaml")),
    (Language::Rust, include_str!("../packs/rust.yaml")),
];

/// The packs this crate brings.
static BUILT_IN: LazyLock<Result<Vec<(Language, Pack)>, String>> = LazyLock::new(|| {
    let read = |(language, text)| {
        let pack = serde_yaml::from_str(text).map_err(|error| format!("{language:?}: {error}"))?;
        Ok((language, pack))
    };
    TEXTS.into_iter().map(read).collect()
});

/// These packs alone, as most trees are scanned with.
static ALONE: LazyLock<Result<Arc<Packs>, String>> = LazyLock::new(|| Packs::build(Pack::default()).map(Arc::new));

/// The hash of the packs that this crate brings.
pub(crate) static BUILT_IN_SUM: LazyLock<Sum> =
    LazyLock::new(|| sum(|add| TEXTS.iter().for_each(|(_, text)| add(text.as_bytes()))));

/// One pack as it is written.
#[derive(Debug, Clone, Default, PartialEq, Hash, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Pack {
    /// Calls and assignments that go out.
    pub(crate) sinks: Vec<Sink>,
    /// Functions that pass texts on or bring them in.
    pub(crate) functions: Vec<Transfer>,
    /// Calls of libraries that ask the environment by themselves.
    pub(crate) reads: Vec<Reads>,
    /// Structures from outside that stand for a text.
    pub(crate) texts: Vec<TextType>,
    /// Annotations that make a type a client.
    pub(crate) clients: Vec<ClientNote>,
    /// Which libraries speak to which kind of store, the first that fits.
    pub(crate) stores: Vec<Library>,
    /// Annotations that fill the fields of a type from the configuration; their argument is the key above the fields'.
    pub(crate) bindings: Vec<ClientNote>,
    /// What a service does that offers a contract to its callers.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) servers: Vec<Pattern>,
    /// Functions in whose arguments a function is listed without being called.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) registries: Vec<Pattern>,
    /// Functions that call no method of what they are given.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) inert: Vec<Pattern>,
    /// Functions that listen at an address which they are given.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) listens: Vec<Pattern>,
    /// What tells where code runs.
    pub(crate) runs: Runs,
}

/// An annotation of a type, and which of its arguments matters.
#[derive(Debug, Clone, PartialEq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientNote {
    /// The annotation's name.
    pub(crate) note: String,
    /// Its arguments that say whom the type calls or where its fields are, the first that is there; empty for the one
    /// without a name.
    pub(crate) target: Vec<String>,
}

/// Libraries that speak to one kind of store.
#[derive(Debug, Clone, PartialEq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Library {
    /// The kind.
    pub(crate) store: Store,
    /// What the paths of their functions and packages begin with, up to the end of a word; or patterns of whole paths.
    pub(crate) of: Vec<String>,
}

/// A call of a library that asks the environment whom to call, without a word of that in the code.
#[derive(Debug, Clone, PartialEq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reads {
    /// Which calls.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) call: Vec<Pattern>,
    /// The variables with addresses that it asks for; with a star at the end all that begin so.
    pub(crate) variables: Vec<String>,
    /// The protocol.
    #[serde(default)]
    pub(crate) kind: Kind,
}

/// A structure from outside of which one field says what it is worth as a text.
#[derive(Debug, Clone, PartialEq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextType {
    /// Its path.
    #[serde(rename = "type")]
    pub(crate) ty: String,
    /// The field.
    pub(crate) field: String,
}

/// A call or an assignment that goes out of the service.
#[derive(Debug, Clone, PartialEq, Hash, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Sink {
    /// Which calls: paths of functions, `package.name`, `package.Type.name`.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) call: Vec<Pattern>,
    /// Which assignments: the tail of what is assigned to.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) assign: Vec<Pattern>,
    /// Where the target's address is.
    #[serde(default)]
    pub(crate) target: Option<Target>,
    /// Which argument is the connection, for what makes a client of a contract over one.
    #[serde(default)]
    pub(crate) connection: Option<u16>,
    /// Whether the call only opens a connection that clients are made over.
    #[serde(default)]
    pub(crate) gives: Option<Gives>,
    /// Whether the pattern's hole names who is called: clients whose package carries the service's name.
    #[serde(default)]
    pub(crate) names_callee: bool,
    /// The protocol.
    #[serde(default)]
    pub(crate) kind: Kind,
    /// The names that the pattern's hole may take; any if empty.
    #[serde(default)]
    pub(crate) verbs: Vec<String>,
    /// Whether the call is only a sink where its target leads to a service: constructors that look like clients and may
    /// be anything.
    #[serde(default)]
    pub(crate) client: bool,
    /// Which argument names what the target is put under, for what puts anything under names: an address it is where the name is one for
    /// an address, or where it has a scheme.
    #[serde(default)]
    pub(crate) key: Option<u16>,
    /// Whether the call is most often none: what is not known of its target is no question, unless it comes from the deploy.
    #[serde(default)]
    pub(crate) loose: bool,
    /// Whether a text without a scheme is a path below an address that is given elsewhere.
    #[serde(default)]
    pub(crate) relative: bool,
    /// Whether the target is the name by which Dapr knows the program that it calls.
    #[serde(default)]
    pub(crate) invokes: bool,
    /// Whether the target may be left out: a client that can be given a base address.
    #[serde(default)]
    pub(crate) optional: bool,
}

/// What the call of a sink gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Gives {
    /// A connection to the target.
    Connection,
}

/// The protocol of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// HTTP.
    #[default]
    Http,
    /// gRPC.
    Grpc,
    /// A plain connection.
    Tcp,
}

/// Where a call has its target.
#[derive(Debug, Clone, PartialEq, Hash, Deserialize)]
#[serde(untagged)]
pub(crate) enum Target {
    /// What the method is called on.
    Receiver(ReceiverWord),
    /// The argument with this index.
    Argument(u16),
    /// The argument of this name.
    Named(String),
    /// More than one way, the first that is there.
    Any(Vec<Self>),
    /// What another call among the arguments is given.
    Option {
        /// That call.
        option: Pattern,
        /// Its argument.
        argument: u16,
    },
    /// An argument that is an address of the kind that another one names: `unix` and a path, `tcp` and a host.
    Network {
        /// The argument that names the kind.
        network: u16,
        /// The address.
        argument: u16,
    },
    /// The connection string that an argument names, which may be the name of a service.
    ConnectionString {
        /// The argument.
        #[serde(rename = "connection-string")]
        connection_string: u16,
    },
    /// The field of an argument that is written out there.
    Field {
        /// The argument.
        argument: u16,
        /// The field.
        field: String,
    },
}

/// The word `receiver`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub(crate) enum ReceiverWord {
    /// As it is written.
    #[serde(rename = "receiver")]
    Receiver,
}

/// A function that passes texts on or brings them in.
#[derive(Debug, Clone, PartialEq, Hash, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Transfer {
    /// Which functions.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) call: Vec<Pattern>,
    /// What they give.
    pub(crate) gives: Source,
    /// The argument that matters: a name, a format, the text itself; `receiver` for what the method is called on.
    #[serde(default)]
    pub(crate) argument: Place,
    /// Where the first arguments come from that are none of those: a culture, a locale.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) behind: Vec<Pattern>,
    /// The argument that is given where nothing is set.
    #[serde(default)]
    pub(crate) default: Option<u16>,
    /// The argument through which the result is stored, for functions that are given an address.
    #[serde(default)]
    pub(crate) into: Option<u16>,
    /// Where it is said what the names of the variables begin with that fill a structure.
    #[serde(default)]
    pub(crate) prefix: Option<Target>,
    /// The argument of the call that is checked there: what is given is the environment's only if that is.
    #[serde(default)]
    pub(crate) checks: Option<u16>,
    /// Whether what it gives by itself is all of them, as `process.env` is all variables.
    #[serde(default, rename = "all")]
    pub(crate) is_all: bool,
}

/// An argument or the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// The argument with this index.
    Argument(u16),
    /// What the method is called on.
    Receiver,
}

impl Default for Place {
    fn default() -> Self {
        Self::Argument(0)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Index(u16),
            Name(String),
        }
        match Raw::deserialize(deserializer)? {
            Raw::Index(at) => Ok(Self::Argument(at)),
            Raw::Name(name) if name == "receiver" => Ok(Self::Receiver),
            Raw::Name(name) => Err(serde::de::Error::custom(format!("`{name}` is neither a number nor `receiver`"))),
        }
    }
}

/// What a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// The environment variable named by the argument.
    Environment,
    /// The flag named by the argument.
    Flag,
    /// All of the configuration: its fields are settings.
    Configuration,
    /// The key of the configuration named by the argument.
    Setting,
    /// The part of the configuration named by the argument, `A:B`, below the one that the method is called on.
    Section,
    /// The connection string of this name.
    ConnectionString,
    /// The argument itself, give or take what no host name has.
    Argument,
    /// The argument in capitals, as names of variables are made.
    Upper,
    /// The argument, seen from the address behind it unless it has a host of its own.
    Resolved,
    /// The receiver, where that is named, and all arguments from that one on, one behind the other.
    Concat,
    /// The arguments behind this one, or the elements of the only one, with this one between them.
    Join,
    /// The argument as a format with `%` verbs, filled with those behind it.
    Format,
    /// The argument as a format with `{}` holes, filled with those behind it.
    Braces,
    /// The argument's elements, each for itself.
    Elements,
    /// A map of its arguments: keys with their values, pairs, lists of pairs, named values, or other maps.
    Map,
    /// The argument's `${name:default}`: settings, each with what stands where it is not set.
    Placeholder,
    /// A host and a port, from the argument and the one behind it.
    HostPort,
    /// An address of a scheme, a host and a port that are named as such; the argument where none is.
    Address,
    /// Nothing; it says what the setting named by the argument is where nothing is set.
    SettingValue,
    /// Nothing; it binds the setting named by the argument to the variables named behind it.
    SettingVariable,
    /// Nothing; it binds all flags to the settings of their names.
    SettingFlags,
    /// Nothing; the argument is what the names of the program's variables begin with.
    Prefix,
}

/// Patterns in the order in which they win, found by what they end in: most calls of a program are none of them.
#[derive(Debug, Default)]
struct Table {
    patterns: Vec<(Option<Language>, Pattern, usize)>,
    by_tail: BTreeMap<String, Vec<usize>>,
    open: Vec<usize>,
}

impl Table {
    fn add(&mut self, language: Option<Language>, pattern: Pattern, of: usize) {
        let at = self.patterns.len();
        match pattern.tail() {
            Some(tail) => self.by_tail.entry(tail.to_owned()).or_default().push(at),
            None => self.open.push(at),
        }
        self.patterns.push((language, pattern, of));
    }

    /// Whether a path whose last part is `name` may fit one of the patterns.
    fn may_end_in(&self, name: &str) -> bool {
        self.by_tail.contains_key(name) || self.open.iter().any(|at| self.patterns[*at].1.may_end_in(name))
    }

    /// What the patterns that fit belong to, with the names they take out, the first first.
    fn find<'t>(&self, language: Option<Language>, path: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
        let tail = path.rsplit('.').next().unwrap_or(path);
        let mut known = self.by_tail.get(tail).map_or(&[][..], Vec::as_slice);
        let mut open = self.open.as_slice();
        let candidates = std::iter::from_fn(move || {
            let from_open = known.first().is_none_or(|first| open.first().is_some_and(|other| other < first));
            let list = if from_open { &mut open } else { &mut known };
            list.split_off_first().copied()
        });
        candidates.filter_map(move |at| {
            let (of, pattern, target) = &self.patterns[at];
            if !language.is_none_or(|language| speaks(*of, language)) {
                return None;
            }
            pattern.take(path).map(|name| (*target, name))
        })
    }
}

/// All packs of a run.
#[derive(Debug, Default)]
pub(crate) struct Packs {
    sinks: Vec<Sink>,
    functions: Vec<Transfer>,
    reads: Vec<Reads>,
    texts: Vec<TextType>,
    clients: Vec<ClientNote>,
    stores: Vec<(Option<Language>, Store, Beginning)>,
    bindings: Vec<ClientNote>,
    calls: Table,
    assignments: Table,
    transfers: Table,
    readers: Table,
    servers: Table,
    registries: Table,
    inert: Table,
    listens: Table,
    /// What tells where code runs.
    pub(crate) runs: Runs,
}

impl Packs {
    /// The built-in packs, with the user's own in front of them.
    ///
    /// # Errors
    /// When a built-in pack cannot be read, which the tests rule out.
    pub(crate) fn with(own: &Pack) -> Result<Arc<Self>, String> {
        if *own == Pack::default() { ALONE.clone() } else { Self::build(own.clone()).map(Arc::new) }
    }

    fn build(own: Pack) -> Result<Self, String> {
        let mut packs = Self::default();
        packs.add(own, None);
        for (language, pack) in BUILT_IN.as_ref().map_err(Clone::clone)? {
            packs.add(pack.clone(), Some(*language));
        }
        Ok(packs)
    }

    fn add(&mut self, pack: Pack, language: Option<Language>) {
        for sink in pack.sinks {
            let at = self.sinks.len();
            sink.call.iter().for_each(|pattern| self.calls.add(language, pattern.clone(), at));
            sink.assign.iter().for_each(|pattern| self.assignments.add(language, pattern.clone(), at));
            self.sinks.push(sink);
        }
        for function in pack.functions {
            let at = self.functions.len();
            function.call.iter().for_each(|pattern| self.transfers.add(language, pattern.clone(), at));
            self.functions.push(function);
        }
        for reads in pack.reads {
            let at = self.reads.len();
            reads.call.iter().for_each(|pattern| self.readers.add(language, pattern.clone(), at));
            self.reads.push(reads);
        }
        for (patterns, table) in [
            (pack.servers, &mut self.servers),
            (pack.registries, &mut self.registries),
            (pack.inert, &mut self.inert),
            (pack.listens, &mut self.listens),
        ] {
            patterns.into_iter().for_each(|pattern| table.add(language, pattern, 0));
        }
        self.runs.add(pack.runs);
        self.texts.extend(pack.texts);
        self.clients.extend(pack.clients);
        for library in pack.stores {
            self.stores.extend(library.of.iter().map(|of| (language, library.store, Beginning::new(of))));
        }
        self.bindings.extend(pack.bindings);
    }

    /// The classes of libraries that the packs know, each with the packages that have one of that name: `HttpClient` of `java.net.http`.
    pub(crate) fn classes(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let tables = [&self.calls, &self.transfers, &self.readers, &self.servers];
        for (_, pattern, _) in tables.into_iter().flat_map(|table| &table.patterns) {
            if let Some((package, class)) = class_of(pattern.head()) {
                found.entry(class).or_default().insert(package);
            }
        }
        found
    }

    /// The libraries of a language that the built-in packs know, by the outermost names of their modules: `redis` of `redis.asyncio.Redis`.
    pub(crate) fn libraries(&self, language: Language) -> BTreeSet<&str> {
        let tables = [&self.calls, &self.transfers, &self.readers, &self.servers];
        let patterns = tables.into_iter().flat_map(|table| &table.patterns);
        let own = patterns.filter(|(of, ..)| of.is_some_and(|of| of == language));
        own.filter_map(|(_, pattern, _)| pattern.head().split(|c: char| !c.is_alphanumeric() && c != '_').next())
            .filter(|name| !name.is_empty())
            .collect()
    }

    /// The first sink that a call of `path` is, with the name its pattern takes out.
    pub(crate) fn sink<'t>(&self, language: Language, path: &'t str) -> Option<(&Sink, &'t str)> {
        let mut found = self.calls.find(Some(language), path).map(|(at, name)| (&self.sinks[at], name));
        found.find(|(sink, name)| match name.chars().next() {
            None => true,
            Some(_) if !sink.verbs.is_empty() => sink.verbs.iter().any(|verb| verb == name),
            // The client of a contract is a class: `getClient` is a function of somebody's. Over a connection it is called as its contract is.
            Some(first) => !sink.client || !first.is_lowercase(),
        })
    }

    /// The sink that an assignment to `path` is.
    pub(crate) fn assignment(&self, language: Language, path: &str) -> Option<&Sink> {
        self.assignments.find(Some(language), path).next().map(|(at, _)| &self.sinks[at])
    }

    /// What a call of `path` asks the environment for by itself.
    pub(crate) fn reads<'a>(&'a self, language: Language, path: &str) -> impl Iterator<Item = &'a Reads> + use<'a> {
        let found: Vec<_> = self.readers.find(Some(language), path).map(|(at, _)| at).collect();
        found.into_iter().map(|at| &self.reads[at])
    }

    /// The kind of store that a function or a package speaks to.
    pub(crate) fn store(&self, language: Language, path: &str) -> Option<Store> {
        let fits = |(of, _, begins): &&(Option<Language>, Store, Beginning)| speaks(*of, language) && begins.fits(path);
        self.stores.iter().find(fits).map(|(_, store, _)| *store)
    }

    /// What a call of `path` does with texts.
    pub(crate) fn transfer(&self, language: Language, path: &str) -> Option<&Transfer> {
        self.transfers.find(Some(language), path).next().map(|(at, _)| &self.functions[at])
    }

    /// The field that says what a structure from outside is worth as a text.
    pub(crate) fn text_field(&self, path: &str) -> Option<&str> {
        self.texts.iter().find(|text| text.ty == path).map(|text| text.field.as_str())
    }

    /// The annotation that makes a type a client.
    pub(crate) fn client_note(&self, note: &str) -> Option<&ClientNote> {
        self.clients.iter().find(|client| client.note == note)
    }

    /// The annotation that fills a type's fields from the configuration.
    pub(crate) fn binding(&self, note: &str) -> Option<&ClientNote> {
        self.bindings.iter().find(|binding| binding.note == note)
    }

    /// The contract that a service offers by naming `path`.
    pub(crate) fn offers<'t>(&self, language: Language, path: &'t str) -> Option<&'t str> {
        self.servers.find(Some(language), path).next().map(|(_, name)| name)
    }

    /// Whether a path whose last part is `name` may be one that says that a service offers a contract.
    pub(crate) fn may_offer(&self, name: &str) -> bool {
        self.servers.may_end_in(name)
    }

    /// Whether a function only lists the functions it is given.
    pub(crate) fn is_registry(&self, path: &str) -> bool {
        self.registries.find(None, path).next().is_some()
    }

    /// Whether a function listens at an address which it is given.
    pub(crate) fn listens(&self, language: Language, path: &str) -> bool {
        self.listens.find(Some(language), path).next().is_some()
    }

    /// Whether a function calls no method of what it is given.
    pub(crate) fn is_inert(&self, path: &str) -> bool {
        self.inert.find(None, path).next().is_some()
    }
}

/// What the path of a library begins with, or a pattern of whole paths.
#[derive(Debug)]
enum Beginning {
    Word(String),
    Pattern(Pattern),
}

impl Beginning {
    fn new(text: &str) -> Self {
        match text.contains('*').then(|| Pattern::new(text).ok()).flatten() {
            Some(pattern) => Self::Pattern(pattern),
            None => Self::Word(text.to_owned()),
        }
    }

    fn fits(&self, path: &str) -> bool {
        match self {
            Self::Word(word) => path
                .strip_prefix(word.as_str())
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')),
            Self::Pattern(pattern) => pattern.fits(path),
        }
    }
}

/// The package and the class that a path begins with; nothing where they are not written out.
fn class_of(path: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    for part in path.split('.') {
        let end = at + part.len();
        if part.starts_with(|c: char| c.is_ascii_uppercase()) {
            // What the path ends with may be the beginning of a name.
            let package = path[..at].strip_suffix('.')?;
            return (end < path.len()).then_some((package, part));
        }
        at = end + 1;
    }
    None
}

/// Whether rules of one language apply to another: JavaScript's hold for TypeScript, Java's for Kotlin, the user's own for all.
fn speaks(of: Option<Language>, language: Language) -> bool {
    of.is_none_or(|of| of == language || language.semantics().shares_libraries_with().contains(&of))
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Pattern>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Raw {
        One(Pattern),
        Many(Vec<Pattern>),
    }
    Ok(match Raw::deserialize(deserializer)? {
        Raw::One(one) => vec![one],
        Raw::Many(many) => many,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_stand_behind_their_packages() {
        for (path, expected) in [
            ("java.net.http.HttpClient.newHttpClient", Some(("java.net.http", "HttpClient"))),
            ("java.net.URL.", Some(("java.net", "URL"))),
            ("org.apache.http.client.methods.Http", None),
            ("Request.Builder", None),
            ("net/http.Get", None),
            ("", None),
        ] {
            assert_eq!(class_of(path), expected, "{path}");
        }
    }

    #[test]
    fn built_in_packs_are_read() {
        let packs = Packs::with(&Pack::default()).unwrap();
        assert!(packs.sink(Language::Go, "net/http.Get").is_some());
        assert!(packs.sink(Language::Python, "net/http.Get").is_none());
        assert!(packs.sink(Language::TypeScript, "fetch").is_some());
        assert!(packs.is_registry("github.com/google/wire.NewSet"));
    }
}
