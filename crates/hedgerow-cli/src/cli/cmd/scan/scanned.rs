//! A fleet whose code was read and scanned: what `scan`, `ready` and `reconcile` begin with.

use super::progress::Bar;
use super::texts::{Texts, unread};
use crate::cli::Exit;
use crate::cli::args::DiagnosticFormat;
use crate::cli::session::{Internal, LoadedFleet, Reported, Session};
use crate::code::{Fault, find, read_code};
use anyhow::Context;
use hedgerow_code::frontend::Language;
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::fleet::Fleet;
use hedgerow_core::source::Sources;
use hedgerow_scan::{Account, Edge, Finding, Outcome, Place, Reason, ScanConfig, Service, in_parallel};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What one run knows.
pub(in crate::cli::cmd) struct Scanned {
    pub(in crate::cli::cmd) fleet: Arc<Fleet>,
    pub(in crate::cli::cmd) root: PathBuf,
    pub(in crate::cli::cmd) config: ScanConfig,
    pub(in crate::cli::cmd) outcome: Outcome,
    pub(in crate::cli::cmd) texts: Texts,
    /// Files that could not be read, and parts of the configuration that did nothing.
    pub(in crate::cli::cmd) warnings: Vec<Diagnostic>,
    /// The paths of what could not be read, files and directories, each with the reason in a few words.
    pub(in crate::cli::cmd) lost: Vec<(String, String)>,
    /// A file of source code that `scan.exclude` leaves out.
    pub(super) excluded: Option<String>,
}

/// Whether something that was left out of a service's account may hold calls. Code behind an import of the tree which is not there may,
/// such as of a submodule or of generated files that nobody checked out: what it calls nobody has read.
pub(in crate::cli::cmd) const fn may_hold_calls(reason: Reason) -> bool {
    match reason {
        // Git reads on in files that it had before `.gitignore` named them.
        Reason::Language | Reason::Unreadable | Reason::Unparsed | Reason::Import | Reason::Steps | Reason::Ignored => {
            true
        }
        // The first has findings of its own, unless people keep the service's rules; the others hold values, are nobody's by what people say,
        // or run elsewhere.
        Reason::NoEntry
        | Reason::Nobody
        | Reason::Deploy
        | Reason::Unsearched
        | Reason::Unnamed
        | Reason::Browser
        | Reason::Environment
        | Reason::Published
        | Reason::Bundle => false,
    }
}

/// Files by which imports are found.
const MODULES: [&str; 5] = ["go.mod", "go.work", "package.json", "tsconfig.json", "pyproject.toml"];

/// Reads the code of a fleet and scans it.
pub(in crate::cli::cmd) fn scan(
    session: &mut Session<'_>,
    loaded: LoadedFleet,
    cache: Option<&Path>,
    format: DiagnosticFormat,
) -> anyhow::Result<Scanned> {
    let root = session.root()?;
    let (config, faults) = config(&loaded.fleet, &loaded.sources);
    if !faults.is_empty() {
        session.report(&faults, &loaded.sources, format)?;
        return Err(Reported(Exit::BadInput).into());
    }
    let cache = cache.map(|cache| session.os.directory().join(cache));
    let progress = Bar::new(session);
    let read = in_parallel(|| read_code(&root, &config, cache.as_deref()));
    let read = read.with_context(|| format!("cannot read `{}`", root.display()))?;
    let (services, namespaces) = inventory(&loaded.fleet);
    let fleet = crate::code::Fleet {
        services: &services,
        namespaces: &namespaces,
        config: &config,
        config_text: loaded.fleet.config().scan.map_or("", |span| &loaded.sources.get(span.source).text),
    };
    let outcome = in_parallel(|| find(fleet, &read, cache.as_deref(), &progress));
    progress.end();
    let outcome = outcome.map_err(|fault| Internal(format!("a built-in pack cannot be read: {fault}")))?;
    let mut warnings = unread(&read.faults);
    let lost = read.faults.iter().filter(|(_, fault)| *fault != Fault::Ignored);
    let lost = lost.map(|(path, fault)| (path.clone(), fault.reason())).collect();
    warnings.extend(config.idle_ignores(read.source_paths()));
    // One configuration may serve many repositories, each with some of these.
    if loaded.fleet.catalogue().is_none() {
        warnings.extend(config.idle_deploys(read.source_paths()));
        warnings.extend(config.idle_places(read.source_paths()));
        warnings.extend(config.idle_excludes(&read.excludes));
    }
    warnings.extend(config.idle_pairs(&services));
    let excluded = read.excluded;
    let by_path = read.files.into_iter().map(|file| (file.path, file.text)).collect();
    let texts = Texts::new(loaded.sources, by_path);
    Ok(Scanned { fleet: loaded.fleet, root, config, outcome, texts, warnings, lost, excluded })
}

/// The `scan:` section, and what is wrong with it.
pub(in crate::cli::cmd) fn config(fleet: &Fleet, sources: &Sources) -> (ScanConfig, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let mut config = match fleet.config().scan {
        Some(span) => ScanConfig::read(span.source, &sources.get(span.source).text, &mut faults),
        None => ScanConfig::default(),
    };
    if let Some(service) = alone(fleet) {
        config.set_alone(service);
    }
    (config, faults)
}

/// The only service of this repository, where the others are in other repositories: its code needs no directory that is called like it.
fn alone(fleet: &Fleet) -> Option<&str> {
    fleet.config().layout.catalogue.as_ref()?;
    let mut own = fleet.services();
    let only = own.next()?;
    own.next().is_none().then(|| only.name.as_str())
}

/// The services as the scan knows them, and the namespaces they live in. Those of other repositories have no directory here:
/// they are called, and their code is not looked for.
pub(in crate::cli::cmd) fn inventory(fleet: &Fleet) -> (Vec<Service>, BTreeSet<String>) {
    let services = fleet.services().chain(fleet.elsewhere()).map(|service| Service {
        name: service.name.as_str().to_owned(),
        slug: service.slug.as_str().to_owned(),
        directory: service.directory.clone(),
    });
    let config = fleet.config();
    let written = config.namespaces.iter().chain(fleet.elsewhere().map(|service| &service.namespace));
    // Code and configuration of an environment write the names that namespaces have there.
    let called = config.environments.values().flat_map(|settings| settings.namespaces.values());
    let elsewhere =
        fleet.catalogue().into_iter().flat_map(|catalogue| catalogue.names.values().flat_map(|n| n.values()));
    let namespaces = written.chain(called).chain(elsewhere);
    (services.collect(), namespaces.map(|n| n.as_str().to_owned()).collect())
}

impl Scanned {
    /// Where an edge is made in the caller's own code: of a call in a library, the place that leads there.
    pub(in crate::cli::cmd) fn own_place(&self, edge: &Edge) -> Option<Place> {
        let evidence = edge.evidence.first()?;
        let directory = self.fleet.service(&edge.caller).map(|service| format!("{}/", service.directory));
        let own = |place: &&Place| directory.as_ref().is_some_and(|directory| place.path.starts_with(directory));
        let hops = evidence.way.iter().map(|hop| &hop.place);
        let nearest = hops.rev().find(own);
        Some(Some(&evidence.place).filter(own).or(nearest).unwrap_or(&evidence.place).clone())
    }

    /// Whether a service may make calls that the scan does not see: some have a target that cannot be told, a part of its code was not
    /// looked at, or what gives it addresses was not understood.
    pub(in crate::cli::cmd) fn is_open(&self, service: &str) -> bool {
        const BLIND: [Code; 5] =
            [Code::UnresolvedCall, Code::UnknownClient, Code::NoEntry, Code::ScanLimit, Code::UnparsedCode];
        let asks = self.outcome.findings.iter().any(|f| BLIND.contains(&f.code) && f.services.contains(service));
        let is_blind = |reason| may_hold_calls(reason) || reason == Reason::Deploy;
        let lost =
            |account: &Account| account.left.iter().any(|left| is_blind(left.reason)) || self.shared(account).is_some();
        // Whose a deployment file is that cannot be read, nobody knows.
        let is_anybodys = self.outcome.left.iter().any(|left| left.reason == Reason::Deploy);
        asks || is_anybodys || self.outcome.accounts.get(service).is_some_and(lost)
    }

    /// What was not read and lies in no service's directory, where a service may import it. Who imports what is known of files that were
    /// read only, so it counts for everybody whose code is in a language that could.
    pub(in crate::cli::cmd) fn shared(&self, account: &Account) -> Option<String> {
        let is_own = |path: &str| {
            let below = |directory: &str| path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
            self.fleet.services().any(|service| below(&service.directory) || service.directory == path)
        };
        let may_import = |path: &str| match Language::of(path) {
            // Both are loaded by both.
            Some(Language::JavaScript | Language::TypeScript) => {
                [Language::JavaScript, Language::TypeScript].iter().any(|it| account.read.contains_key(it.name()))
            }
            Some(language) => account.read.contains_key(language.name()),
            None => {
                let name = path.rsplit('/').next().unwrap_or(path);
                MODULES.contains(&name) || self.root.join(path).is_dir()
            }
        };
        let lost = self.lost.iter().find(|(path, _)| !is_own(path) && may_import(path));
        lost.map(|(path, reason)| format!("{reason}, {path}, which it may import"))
    }

    /// Whether rules say what a finding asks: an edge that a person has ruled is explained.
    pub(in crate::cli::cmd) fn is_ruled(&self, finding: &Finding) -> bool {
        let ruled = |caller: &String, callee: &String| {
            let ends = self.fleet.service(caller).zip(self.fleet.known(callee));
            ends.is_some_and(|(caller, callee)| self.fleet.rule(&caller.name, &callee.name).is_some())
        };
        // Of several services of one question none is named to itself.
        let all = |caller| finding.callees.iter().all(|callee| callee == caller || ruled(caller, callee));
        finding.code == Code::UnexplainedMention
            && !finding.callees.is_empty()
            && !finding.services.is_empty()
            && finding.services.iter().all(all)
    }

    /// Keeps what is about these callers.
    pub(super) fn only(&mut self, callers: &BTreeSet<&str>) {
        self.outcome.edges.retain(|(caller, _), _| callers.contains(caller.as_str()));
        self.outcome.services.retain(|service, _| callers.contains(service.as_str()));
        self.outcome.findings.retain(|finding| finding.services.iter().any(|s| callers.contains(s.as_str())));
        self.outcome.outside.retain(|(caller, _), _| callers.contains(caller.as_str()));
        self.outcome.accounts.retain(|service, _| callers.contains(service.as_str()));
        // What nobody can tell whose it is may be theirs.
        self.outcome.left.retain(|left| left.reason == Reason::Deploy);
    }
}
