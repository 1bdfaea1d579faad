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
//! The last ones, and `servers`, `registries`, `inert`, `texts`, `clients`, `stores` and `bindings`, have the form of the built-in packs; see
//! `docs/scan.md`.

mod read;

use crate::inventory::Service;
use crate::pack::Pack;
use globset::GlobSet;
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::read::decode::Decoder;
use hedgerow_core::source::{SourceId, Span};
use hedgerow_deploy::Pattern;
use read::Read;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Where the globs of `exclude` stand.
    pub(crate) excluded: Vec<(String, Span)>,
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
    /// What of the deploy, of the settings and of the services' code is said to lie in a hidden directory.
    pub(crate) hidden: GlobSet,
    /// What lies beside such files of the deploy.
    pub(crate) beside_hidden: GlobSet,
    /// Where the globs of `deploy` stand.
    pub(crate) deployed: Vec<(String, Span)>,
    pub(crate) settings: Vec<Pattern>,
    /// Where the patterns of `settings` stand.
    pub(crate) set: Vec<(String, Span)>,
    pub(crate) pack: Pack,
    /// The service whose code may lie anywhere in the tree, where nobody says where it lies.
    alone: Option<String>,
}

/// Where the code of services is.
#[derive(Debug, Clone)]
pub(crate) struct CodeDirectory {
    /// Directories, with `{name}` for one part of the path.
    path: Pattern,
    /// The directories as they are written, and where; nothing is written for the root.
    written: (String, Span),
    /// The name of the service, with `{name}` for that part.
    pub(crate) name: Pattern,
    /// The directory or file with the entry point, below that directory.
    pub(crate) main: Option<String>,
}

impl CodeDirectory {
    /// The name taken out of a directory where it is one of these; empty for what has no `{name}`.
    pub(crate) fn take<'d>(&self, directory: &'d str) -> Option<&'d str> {
        // Letters that may be any may be none, and yet nobody means the root by them.
        let is_meant = directory.is_empty() == self.written.0.is_empty();
        self.path.take(directory).filter(|name| is_meant && !name.contains('/'))
    }

    /// What of a path lies below one of the directories.
    pub(crate) fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.written.0.is_empty() {
            return Some(path);
        }
        let mut above = path.match_indices('/').map(|(at, _)| at);
        let at = above.find(|at| self.take(&path[..*at]).is_some())?;
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

    /// Says that the tree has one service of its own, and that all code of the tree is that one's, unless the section says where it lies.
    pub fn set_alone(&mut self, service: &str) {
        self.alone = Some(service.to_owned());
    }

    /// The service whose code may lie anywhere in the tree.
    #[must_use]
    pub fn alone(&self) -> Option<&str> {
        self.alone.as_deref()
    }

    /// Whether any files are named so.
    #[must_use]
    pub const fn names_files(&self) -> bool {
        self.deploy.is_some() || !self.settings.is_empty()
    }

    /// Whether a file in a hidden directory is named by a glob or a path that says so, `.nais/prod.yaml`; what is no code, also where it lies
    /// beside a file of the deploy that is.
    #[must_use]
    pub fn names_hidden(&self, path: &str, is_code: bool) -> bool {
        self.hidden.is_match(path) || (!is_code && self.beside_hidden.is_match(path))
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
    #[must_use]
    pub fn is_manual(&self, service: &str) -> bool {
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

    /// The paths of `services` that are no directory with a file of these, and the patterns of `settings` that fit none of them: all that
    /// were read and could not be.
    pub fn idle_places<'p>(&self, paths: impl Iterator<Item = &'p str>) -> Vec<Diagnostic> {
        let idle = |(_, span): &(String, Span), message: String| {
            let help = "fix the path, which starts at the directory of hedgerow.yaml, or remove it";
            Diagnostic::new(Code::IdleGlob, message).mark(*span, "").help(help)
        };
        let paths: Vec<&str> = paths.collect();
        let directories = directories(paths.iter().copied());
        let services = self.services.iter().filter(|code| !directories.iter().any(|dir| code.take(dir).is_some()));
        let services = services.map(|code| {
            idle(
                &code.written,
                format!("no file that the scan reads lies below `{}`, so no service has code by it", code.written.0),
            )
        });
        let settings =
            self.settings.iter().zip(&self.set).filter(|(pattern, _)| !paths.iter().any(|path| pattern.fits(path)));
        let settings = settings
            .map(|(_, written)| idle(written, format!("no file fits `{}`, so no settings are read by it", written.0)));
        services.chain(settings).collect()
    }

    /// Whether a glob of `exclude` fits a file of the tree. Those that do are added to those that fit others.
    pub fn excludes(&self, path: &str, fit: &mut BTreeSet<usize>) -> bool {
        let fits = self.exclude.matches(path);
        fit.extend(&fits);
        !fits.is_empty()
    }

    /// The globs of `exclude` that fit no file of the tree: all but these.
    pub fn idle_excludes(&self, fit: &BTreeSet<usize>) -> Vec<Diagnostic> {
        // One that is no glob was told, and the others' numbers are not theirs then.
        if self.exclude.len() != self.excluded.len() {
            return Vec::new();
        }
        let idle = self.excluded.iter().enumerate().filter(|(at, _)| !fit.contains(at));
        let idle = idle.map(|(_, (glob, span))| {
            let message = format!("`{glob}` excludes nothing: no file that the scan would look at fits it");
            let help = match glob.trim_end_matches('/') {
                // A file fits a glob as a whole.
                plain if !plain.ends_with('*') => {
                    format!("write `{plain}/**` where a directory is meant, or correct it, or take it away")
                }
                _ => "a glob begins at the directory of hedgerow.yaml: correct it, or take it away".to_owned(),
            };
            Diagnostic::new(Code::IdleGlob, message).mark(*span, "").help(help)
        });
        idle.collect()
    }

    /// The globs of `ignore` that fit none of these files: all source files of the tree, whether or not their service is
    /// asked for.
    pub fn idle_ignores<'p>(&self, paths: impl Iterator<Item = &'p str>) -> Vec<Diagnostic> {
        let message = |glob: &str| format!("no source file fits `{glob}`");
        tell_idle(&self.ignore, &self.ignored, paths, Code::IdleIgnore, message)
    }
}

/// All directories above files, the root among them.
pub(crate) fn directories<'p>(paths: impl Iterator<Item = &'p str>) -> BTreeSet<&'p str> {
    let mut directories = BTreeSet::from([""]);
    for path in paths {
        let mut directory = path;
        while let Some((above, _)) = directory.rsplit_once('/') {
            if !directories.insert(above) {
                break;
            }
            directory = above;
        }
    }
    directories
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
        assert_eq!(config.services[0].take("app/user/service"), Some("user"));
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
            ("scan: {services: [{path: .}]}", "missing-key: ."),
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
