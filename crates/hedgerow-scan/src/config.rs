//! The `scan:` section of `hedgerow.yaml`.
//!
//! ```yaml
//! scan:
//!   services:                               # where the code of a service is, if not in its own directory
//!     - {path: "app/{name}/service"}        # `{name}` is one directory; the service is called like it
//!     - {path: "app/shop/{name}", name: "shop.{name}", main: cmd/server}
//!   exclude: ["tools/**"]                   # code that no service runs
//!   ignore: {"gen/**": why no rule is needed} # code whose calls that cannot be told need no rule, and the reason;
//!                                           # `caller -> callee` for what only names a service
//!   manual: {service.old: written in Perl}  # services whose rules people keep, and the reason
//!   gitignore: pass                         # what `.gitignore` names is read too; `heed` if left out
//!   candidate: ask                          # an address without a call that takes it is a question; `accept`: names are calls as well
//!   hosts: ["{name}.service.consul"]        # what a service's name looks like in an address
//!   aliases: {service.ledger: [ledger-ro]}  # other names of one service
//!   tags: [prod]                            # Go build tags
//!   vendored: ["example.com/libs/*"]        # import paths below `vendor/` that are read
//!   deploy: ["deploy/**/*.yaml"]            # Kubernetes and compose files; all YAML files if left out
//!   settings: ["config/{name}.json"]        # configuration files; without `{name}` for every service
//!   sinks: [{call: example.com/rpc.Send, target: 0}]
//!   functions: [{call: example.com/env.Get, gives: environment}]
//! ```
//! The last ones, and `servers`, `registries`, `inert`, `texts`, `clients` and `bindings`, have the form of the built-in packs; see
//! `docs/scan.md`.

use crate::form;
use crate::inventory::Service;
use crate::pack::Pack;
use globset::{Glob, GlobSet, GlobSetBuilder};
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::read::decode::Decoder;
use hedgerow_core::read::form::Value;
use hedgerow_core::source::{SourceId, Span};
use hedgerow_deploy::Pattern;
use hedgerow_yaml::{Content, Node};
use std::collections::{BTreeMap, BTreeSet};

/// The keys that are decoded as a pack.
const PACK_KEYS: &[&str] = &["sinks", "functions", "servers", "registries", "inert", "texts", "clients", "bindings"];

/// What becomes of what names a service where no call of it was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Candidates {
    /// It is an open question.
    Ask,
    /// An address is a call; a bare name is an open question.
    #[default]
    Addresses,
    /// It is a call.
    Accept,
}

/// A pair of `ignore`: who names whom and does not call it.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    caller: Pattern,
    callee: Pattern,
    /// Both as they are written, and where.
    written: (String, String),
    span: Span,
}

/// What the `scan:` section says.
#[derive(Debug, Clone, Default)]
pub struct ScanConfig {
    pub(crate) services: Vec<CodeDirectory>,
    pub(crate) exclude: GlobSet,
    pub(crate) ignore: GlobSet,
    /// The pairs of `ignore`: caller and callee.
    pub(crate) pairs: Vec<Pair>,
    /// The services whose rules people keep.
    pub(crate) manual: Vec<Pattern>,
    /// Whether what a `.gitignore` names is read all the same.
    pub(crate) passes_gitignore: bool,
    /// What becomes of what only names a service.
    pub(crate) candidate: Candidates,
    /// Where the globs of `ignore` stand.
    pub(crate) ignored: Vec<(String, Span)>,
    pub(crate) hosts: Vec<Pattern>,
    pub(crate) aliases: BTreeMap<String, Vec<String>>,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) vendored: GlobSet,
    pub(crate) deploy: Option<GlobSet>,
    /// Those of the globs of `deploy` that name a hidden file or directory.
    pub(crate) hidden: GlobSet,
    /// Where the globs of `deploy` stand.
    pub(crate) deployed: Vec<(String, Span)>,
    pub(crate) settings: Vec<Pattern>,
    pub(crate) pack: Pack,
}

/// Where the code of services is.
#[derive(Debug, Clone)]
pub(crate) struct CodeDirectory {
    /// Directories, with `{name}` for one part of the path.
    pub(crate) path: Pattern,
    /// The name of the service, with `{name}` for that part.
    pub(crate) name: Pattern,
    /// The directory or file with the entry point, below that directory.
    pub(crate) main: Option<String>,
}

impl CodeDirectory {
    /// What of a path lies below one of the directories.
    pub(crate) fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        let mut above = path.match_indices('/').map(|(at, _)| at);
        let at = above.find(|at| self.path.take(&path[..*at]).is_some_and(|name| !name.contains('/')))?;
        Some(&path[at + 1..])
    }
}

impl ScanConfig {
    /// Reads the `scan:` section of the text of `hedgerow.yaml`; empty where there is none. A text that is no YAML
    /// at all is left to the reader of the other sections.
    pub fn read(source: SourceId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let Ok(Some(root)) = hedgerow_yaml::parse(text) else { return Self::default() };
        let Some(section) = root.as_mapping().and_then(|mapping| mapping.get("scan")) else { return Self::default() };
        Read { decoder: Decoder::new(source, diagnostics) }.section(section)
    }

    /// Whether what a `.gitignore` names is left out.
    #[must_use]
    pub const fn heeds_gitignore(&self) -> bool {
        !self.passes_gitignore
    }

    /// Whether a file is named as one of the deploy or of settings: it is read wherever it lies.
    #[must_use]
    pub fn names(&self, path: &str) -> bool {
        self.deploy.as_ref().is_some_and(|globs| globs.is_match(path))
            || self.settings.iter().any(|pattern| pattern.fits(path))
    }

    /// Whether any files are named so.
    #[must_use]
    pub const fn names_files(&self) -> bool {
        self.deploy.is_some() || !self.settings.is_empty()
    }

    /// Whether a file in a hidden directory is named as one of the deploy, by a glob that says so: `.nais/prod.yaml`.
    #[must_use]
    pub fn names_hidden(&self, path: &str) -> bool {
        self.hidden.is_match(path)
    }

    /// Whether any hidden files are named so.
    #[must_use]
    pub fn has_hidden(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// Whether the configuration says why a service names another one and does not call it.
    pub(crate) fn explains(&self, caller: &str, callee: &str) -> bool {
        self.pairs.iter().any(|pair| pair.caller.fits(caller) && pair.callee.fits(callee))
    }

    /// Whether people keep the rules of a service.
    pub(crate) fn is_manual(&self, service: &str) -> bool {
        self.manual.iter().any(|pattern| pattern.fits(service))
    }

    /// The pairs of `ignore` of which an end is no service of these.
    #[must_use]
    pub fn idle_pairs(&self, services: &[Service]) -> Vec<Diagnostic> {
        let is_nobody = |pattern: &Pattern| !services.iter().any(|service| pattern.fits(&service.name));
        let idle = self.pairs.iter().filter_map(|pair| {
            let (caller, callee) = &pair.written;
            let nobody =
                if is_nobody(&pair.caller) { caller } else { Some(callee).filter(|_| is_nobody(&pair.callee))? };
            let message = format!("no service is called `{nobody}`, so `{caller} -> {callee}` explains nothing");
            let help = "a pair has the names of two services, in which `*` stands for any letters";
            Some(Diagnostic::new(Code::IdleIgnore, message).mark(pair.span, "").help(help))
        });
        idle.collect()
    }

    /// The globs of `deploy` that fit none of these files: all that were read and could not be.
    pub fn idle_deploys<'p>(&self, paths: impl Iterator<Item = &'p str>) -> Vec<Diagnostic> {
        let Some(globs) = &self.deploy else { return Vec::new() };
        // One that is no glob was told, and the others' numbers are not theirs then.
        if globs.len() != self.deployed.len() {
            return Vec::new();
        }
        let message = |glob: &str| format!("no file fits `{glob}`, so no deploy file is read by it");
        tell_idle(globs, &self.deployed, paths, Code::IdleGlob, message)
    }

    /// The globs of `ignore` that fit none of these files: all source files of the tree, whether or not their service is
    /// asked for.
    pub fn idle_ignores<'p>(&self, paths: impl Iterator<Item = &'p str>) -> Vec<Diagnostic> {
        let message = |glob: &str| format!("no source file fits `{glob}`");
        tell_idle(&self.ignore, &self.ignored, paths, Code::IdleIgnore, message)
    }
}

/// Says which globs of a set, each with its place in the configuration, fit none of these files.
fn tell_idle<'p>(
    set: &GlobSet,
    globs: &[(String, Span)],
    paths: impl Iterator<Item = &'p str>,
    code: Code,
    message: impl Fn(&str) -> String,
) -> Vec<Diagnostic> {
    let mut idle: BTreeSet<usize> = (0..set.len()).collect();
    for path in paths {
        if idle.is_empty() {
            break;
        }
        for fits in set.matches(path) {
            idle.remove(&fits);
        }
    }
    let tell = |(_, (glob, span)): (usize, &(String, Span))| {
        Diagnostic::new(code, message(glob))
            .mark(*span, "")
            .help("fix the glob, which starts at the directory of hedgerow.yaml, or remove it")
    };
    globs.iter().enumerate().filter(|(at, _)| idle.contains(at)).map(tell).collect()
}

/// The section being read.
struct Read<'d> {
    decoder: Decoder<'d>,
}

impl Read<'_> {
    fn section(&mut self, node: &Node<'_>) -> ScanConfig {
        let mut config = ScanConfig::default();
        let Some(fields) = self.decoder.form(node, "`scan`", &form::SCAN) else { return config };
        if let Some(node) = fields.get("services") {
            for element in
                self.decoder.list(node, "`services`", "leave `services` out to use the services' directories")
            {
                config.services.extend(self.directory(element));
            }
        }
        if let Some(node) = fields.get("aliases") {
            for (service, node) in self.decoder.pairs(node, "`aliases`").unwrap_or_default() {
                let names = self.texts(node, "an alias").into_iter().map(|(text, _)| text).collect();
                config.aliases.insert(service.value.to_owned(), names);
            }
        }
        if let Some(node) = fields.get("ignore") {
            for (key, span) in self.reasons(node, "`ignore`") {
                match key.split_once("->") {
                    Some((caller, callee)) => {
                        let (caller, callee) = (caller.trim(), callee.trim());
                        let patterns = self.pattern(caller, span).zip(self.pattern(callee, span));
                        let written = (caller.to_owned(), callee.to_owned());
                        config.pairs.extend(patterns.map(|(caller, callee)| Pair { caller, callee, written, span }));
                    }
                    None => config.ignored.push((key, span)),
                }
            }
            config.ignore = self.globs(config.ignored.clone());
        }
        if let Some(node) = fields.get("manual") {
            for (name, span) in self.reasons(node, "`manual`") {
                config.manual.extend(self.pattern(&name, span));
            }
        }
        if let Some(word) = fields.get("gitignore").and_then(|node| self.decoder.text(node, "`gitignore`")) {
            match word.value {
                "heed" => {}
                "pass" => config.passes_gitignore = true,
                other => {
                    let message = format!("`gitignore` is `heed` or `pass`, not `{other}`");
                    self.decoder.report(Diagnostic::new(Code::InvalidValue, message).mark(word.span, ""));
                }
            }
        }
        if let Some(word) = fields.get("candidate").and_then(|node| self.decoder.text(node, "`candidate`")) {
            match word.value {
                "ask" => config.candidate = Candidates::Ask,
                "addresses" => config.candidate = Candidates::Addresses,
                "accept" => config.candidate = Candidates::Accept,
                other => {
                    let message = format!("`candidate` is `ask`, `addresses` or `accept`, not `{other}`");
                    self.decoder.report(Diagnostic::new(Code::InvalidValue, message).mark(word.span, ""));
                }
            }
        }
        let mut texts =
            |key: &str| fields.get(key).map(|node| self.texts(node, &format!("`{key}`"))).unwrap_or_default();
        let (hosts, settings) = (texts("hosts"), texts("settings"));
        let (exclude, vendored, deploy) = (texts("exclude"), texts("vendored"), texts("deploy"));
        config.tags = texts("tags").into_iter().map(|(tag, _)| tag).collect();
        config.hosts = hosts.into_iter().filter_map(|(text, span)| self.pattern(&text, span)).collect();
        config.settings = settings.into_iter().filter_map(|(text, span)| self.pattern(&text, span)).collect();
        config.exclude = self.globs(exclude);
        config.vendored = self.globs(vendored);
        config.deployed.clone_from(&deploy);
        config.deploy = fields.get("deploy").map(|_| self.globs(deploy));
        let is_hidden =
            |glob: &str| glob.split('/').any(|part| part.len() > 1 && part.starts_with('.') && part != "..");
        // One that is no glob was told just now.
        let hidden = config.deployed.iter().filter(|(glob, _)| is_hidden(glob) && Glob::new(glob).is_ok());
        config.hidden = self.globs(hidden.cloned().collect());
        let mut pack = serde_json::Map::new();
        for key in PACK_KEYS {
            if let Some(node) = fields.get(key)
                && self.is_of_its_form(key, node)
            {
                // Each key alone, so that a fault is reported where it is.
                let mut alone = serde_json::Map::new();
                alone.insert((*key).to_owned(), to_value(node));
                match serde_json::from_value::<Pack>(serde_json::Value::Object(alone.clone())) {
                    Ok(_) => pack.append(&mut alone),
                    Err(error) => {
                        let diagnostic = self.decoder.invalid(node, format!("`{key}` is not understood: {error}"));
                        self.decoder
                            .report(diagnostic.help("the form is the one of the built-in packs, see docs/scan.md"));
                    }
                }
            }
        }
        config.pack = serde_json::from_value(serde_json::Value::Object(pack)).unwrap_or_default();
        config
    }

    /// Whether the elements under a pack's key are mappings with keys that they may have. Serde alone would take a list for the
    /// values of a mapping in their order.
    fn is_of_its_form(&mut self, key: &str, node: &Node<'_>) -> bool {
        let known = form::SCAN.keys.iter().find(|known| known.name == key).map(|known| &known.value);
        let Some(Value::Many(Value::Form(form))) = known else { return true };
        let elements = node.as_sequence().map(|list| list.elements.as_slice()).unwrap_or_default();
        let mut is_sound = true;
        for element in elements {
            let pairs = element.node.as_mapping().map(|mapping| mapping.pairs.as_slice());
            let knows = |pair: &hedgerow_yaml::Pair<'_>| {
                pair.key.as_str().is_some_and(|key| form.names().any(|name| name == key))
            };
            if !pairs.is_some_and(|pairs| pairs.iter().all(knows)) {
                is_sound = false;
                self.decoder.form(&element.node, &format!("an element of `{key}`"), form);
            }
            // Nor is nothing the same as a key that is left out.
            for pair in pairs.unwrap_or_default().iter().filter(|pair| pair.value.is_null()) {
                is_sound = false;
                let message = format!("`{}` holds nothing", pair.key.as_str().unwrap_or_default());
                let diagnostic = self.decoder.invalid(&pair.value, message);
                self.decoder.report(diagnostic.help("leave the key out, or write a value"));
            }
        }
        is_sound
    }

    fn directory(&mut self, node: &Node<'_>) -> Option<CodeDirectory> {
        let fields = self.decoder.form(node, "an element of `services`", &form::DIRECTORY)?;
        let Some(path) = fields.get("path") else {
            self.decoder.missing(fields.span, "an element of `services`", "path", "say where the code is");
            return None;
        };
        let path = self.decoder.text(path, "`path`")?;
        let last = path.value.rsplit('/').next().unwrap_or_default();
        let fallback = if path.value.contains('{') { "{name}" } else { last };
        let name = match fields.get("name") {
            Some(node) => self.decoder.text(node, "`name`").map(|text| (text.value.to_owned(), text.span))?,
            None => (fallback.to_owned(), path.span),
        };
        let main =
            fields.get("main").and_then(|node| self.decoder.text(node, "`main`")).map(|text| text.value.to_owned());
        Some(CodeDirectory { path: self.pattern(path.value, path.span)?, name: self.pattern(&name.0, name.1)?, main })
    }

    fn texts(&mut self, node: &Node<'_>, what: &str) -> Vec<(String, Span)> {
        let elements = self.decoder.list(node, what, "leave the key out");
        let texts = elements.into_iter().filter_map(|node| self.decoder.text(node, what));
        texts.map(|text| (text.value.to_owned(), text.span)).collect()
    }

    /// Globs or names, each with the reason for which it is there.
    fn reasons(&mut self, node: &Node<'_>, what: &str) -> Vec<(String, Span)> {
        let mut globs = Vec::new();
        for (glob, node) in self.decoder.pairs(node, what).unwrap_or_default() {
            // A reason that says nothing is refused there.
            if self.decoder.text(node, "a reason").is_none() {
                continue;
            }
            globs.push((glob.value.to_owned(), glob.span));
        }
        globs
    }

    fn pattern(&mut self, text: &str, span: Span) -> Option<Pattern> {
        let pattern = Pattern::new(text);
        if let Err(error) = &pattern {
            self.decoder.report(Diagnostic::new(Code::InvalidValue, error.clone()).mark(span, ""));
        }
        pattern.ok()
    }

    fn globs(&mut self, texts: Vec<(String, Span)>) -> GlobSet {
        let mut set = GlobSetBuilder::new();
        for (text, span) in texts {
            match Glob::new(&text) {
                Ok(glob) => {
                    set.add(glob);
                }
                Err(error) => {
                    let message = format!("`{text}` is not a glob: {}", error.kind());
                    self.decoder.report(Diagnostic::new(Code::InvalidValue, message).mark(span, ""));
                }
            }
        }
        set.build().unwrap_or_default()
    }
}

/// A node as a plain value, for what serde decodes.
fn to_value(node: &Node<'_>) -> serde_json::Value {
    use serde_json::Value;
    match node.content() {
        Content::Scalar(scalar) => {
            if scalar.is_null() {
                Value::Null
            } else if let Some(value) = scalar.as_bool() {
                Value::Bool(value)
            } else if let Some(value) = scalar.as_int() {
                Value::from(value)
            } else {
                Value::from(node.as_str().unwrap_or_default())
            }
        }
        Content::Sequence(sequence) => sequence.elements.iter().map(|element| to_value(&element.node)).collect(),
        Content::Mapping(mapping) => {
            let pairs = mapping.pairs.iter();
            Value::Object(
                pairs.filter_map(|pair| Some((pair.key.as_str()?.to_owned(), to_value(&pair.value)))).collect(),
            )
        }
        Content::Alias(_) => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hedgerow_core::source::Sources;

    fn read(text: &str) -> (ScanConfig, Vec<String>) {
        let mut sources = Sources::default();
        let source = sources.add("hedgerow.yaml", text);
        let mut diagnostics = Vec::new();
        let config = ScanConfig::read(source, text, &mut diagnostics);
        let shown =
            |d: &Diagnostic| format!("{}: {}", d.code.as_str(), d.span().map_or("", |span| sources.slice(span)));
        (config, diagnostics.iter().map(shown).collect())
    }

    #[test]
    fn every_key_is_read() {
        let (config, diagnostics) = read(
            "scan:\n  services: [{path: 'app/{name}/service', name: 'x.{name}', main: cmd}]\n  exclude: ['a/**']\n  ignore: {'g/**': generated, 'a -> b.*': 'a name'}\n  \
             hosts: ['{name}.consul']\n  aliases: {a: [b]}\n  tags: [t]\n  vendored: ['x/*']\n  deploy: ['*.yaml']\n  \
             settings: ['c/{name}.json']\n  sinks: [{call: a/b.C, target: 1}]\n  functions: [{call: a.B, gives: environment}]\n  \
             manual: {old: 'by hand'}\n  candidate: accept\n  servers: '*.R{s}'\n  registries: [a.R]\n  inert: [a.I]\n  texts: [{type: a.T, field: F}]\n",
        );
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        assert_eq!(config.services[0].path.take("app/user/service"), Some("user"));
        assert!(config.exclude.is_match("a/b/c.go"));
        assert!(config.ignore.is_match("g/b/c.go"));
        assert!(config.explains("a", "b.c") && !config.explains("b.c", "a") && config.ignored.len() == 1);
        assert!(config.is_manual("old") && !config.is_manual("new") && config.candidate == Candidates::Accept);
        assert_eq!(config.aliases["a"], ["b"]);
        assert_eq!(config.pack.sinks.len(), 1);
        assert_eq!(config.pack.texts[0].field, "F");
    }

    #[test]
    fn faults_are_reported_where_they_are() {
        for (text, expected) in [
            ("scan: {serivces: []}", "unknown-key: serivces"),
            ("scan: {services: [{name: x}]}", "missing-key: {name: x}"),
            ("scan: {hosts: ['{a']}", "invalid-value: '{a'"),
            ("scan: {exclude: ['[']}", "invalid-value: '['"),
            ("scan: {sinks: [{cal: x}]}", "unknown-key: cal"),
            ("scan: {sinks: [[a/b.C, 1]]}", "invalid-value: [a/b.C, 1]"),
            ("scan: {sinks: [{call: x, connection: ~}]}", "invalid-value: ~"),
            ("scan: {functions: [{call: x}]}", "invalid-value: [{call: x}]"),
            ("scan: {ignore: {'a/**': ''}}", "invalid-value: ''"),
            ("scan: {ignore: {'a -> b': ''}}", "invalid-value: ''"),
            ("scan: {manual: {a: ''}}", "invalid-value: ''"),
            ("scan: {candidate: maybe}", "invalid-value: maybe"),
            ("scan: {ignore: ['a/**']}", "invalid-value: ['a/**']"),
            ("scan: 3", "invalid-value: 3"),
        ] {
            assert_eq!(read(text).1, [expected], "{text}");
        }
    }

    #[test]
    fn no_section_is_an_empty_one() {
        assert!(read("version: 1\n").1.is_empty());
        assert!(read("").1.is_empty());
        assert!(read("{").1.is_empty());
    }
}
