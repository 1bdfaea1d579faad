//! `hedgerow scan`: which service calls which, found in the code, beside what the rule files say.

mod account;
mod explain;
mod output;
mod progress;
mod rules;

use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, Scan, ScanFormat};
use crate::cli::report;
use crate::cli::session::{Internal, Session};
use crate::code::{Fault, drop_later, find, read_code};
use anyhow::Context;
use hedgerow_core::diag::{Code, Diagnostic, Severity, sort};
use hedgerow_core::fleet::{Fleet, Scope};
use hedgerow_core::source::{SourceId, Sources, Span};
use hedgerow_scan::frontend::Language;
use hedgerow_scan::{Edge, Finding, Outcome, Place, Reason, ScanConfig, Service, in_parallel};
use progress::Bar;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// What one run knows.
struct Scanned {
    fleet: Arc<Fleet>,
    root: PathBuf,
    outcome: Outcome,
    texts: Texts,
}

/// The texts that places point into.
struct Texts {
    sources: Sources,
    by_path: BTreeMap<String, String>,
    added: BTreeMap<String, SourceId>,
}

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Scan) -> anyhow::Result<Exit> {
    let format = diagnostic_format(args.format);
    let loaded = session.load(Scope::Whole, format)?;
    for service in args.services.iter().chain(args.explain.iter().flat_map(|ends| ends.first())) {
        Session::service(&loaded.fleet, service)?;
    }
    for service in args.explain.iter().flatten().skip(1) {
        Session::known(&loaded.fleet, service)?;
    }
    let root = session.root()?;
    let (config, faults) = config(&loaded.fleet, &loaded.sources);
    if !faults.is_empty() {
        session.report(&faults, &loaded.sources, format)?;
        return Ok(Exit::BadInput);
    }
    let cache = args.cache.as_ref().map(|cache| session.os.directory().join(cache));
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
    let idle = config.idle_ignores(read.source_paths());
    let by_path = read.files.into_iter().map(|file| (file.path, file.text));
    let texts = Texts { sources: loaded.sources, by_path: by_path.collect(), added: BTreeMap::new() };
    let mut scanned = Scanned { fleet: loaded.fleet, root, outcome, texts };
    if !args.services.is_empty() {
        scanned.only(&args.services.iter().map(String::as_str).collect());
    }
    if let Some([caller, callee]) = args.explain.as_deref() {
        let text = explain::explain(&mut scanned, caller, callee);
        let found = scanned.outcome.edges.contains_key(&(caller.clone(), callee.clone()));
        session.out(&text)?;
        return Ok(if found { Exit::Done } else { Exit::Findings });
    }
    let mut diagnostics = unread(&read.faults);
    diagnostics.extend(idle);
    let difference = rules::difference(&scanned);
    let findings = std::mem::take(&mut scanned.outcome.findings);
    let open: Vec<&Finding> = findings.iter().filter(|finding| !scanned.is_ruled(finding)).collect();
    for finding in open {
        let diagnostic = scanned.texts.diagnostic(finding);
        // What nobody has explained stops a gate.
        let stops = matches!(finding.code, Code::UnexplainedMention | Code::NoEntry | Code::ScanLimit);
        diagnostics.push(if args.check && stops { diagnostic.severity(Severity::Error) } else { diagnostic });
    }
    if args.write {
        rules::write(session, &scanned, &difference, args.prune)?;
    }
    if args.check {
        diagnostics.extend(rules::diagnostics(&mut scanned, &difference));
    }
    sort(&mut diagnostics);
    print(session, args, &mut scanned, &diagnostics, &difference)?;
    let is_wrong = diagnostics.iter().any(Diagnostic::is_error);
    drop_later(scanned);
    Ok(if is_wrong { Exit::Findings } else { Exit::Done })
}

/// Prints what was found: for people edges or differences to standard output and faults to standard error, for programs
/// one document.
fn print(
    session: &mut Session<'_>,
    args: &Scan,
    scanned: &mut Scanned,
    diagnostics: &[Diagnostic],
    difference: &rules::Difference,
) -> anyhow::Result<()> {
    let shown: Vec<Diagnostic> =
        diagnostics.iter().filter(|d| d.is_error() || !session.global.quiet).cloned().collect();
    match args.format {
        ScanFormat::Text => {
            session.report(&shown, &scanned.texts.sources, DiagnosticFormat::Text)?;
            if args.check {
                let text = rules::diff(scanned, difference);
                session.out(&text)?;
            } else if !args.write {
                let text = output::text(scanned);
                session.out(&text)?;
            }
            let edges = scanned.outcome.edges.values().filter(|edge| edge.class().is_rule()).count();
            let wrong = report::summary(diagnostics).unwrap_or_else(|| "nothing wrong".to_owned());
            session.note(&account::text(&scanned.outcome));
            let services = account::services(&scanned.outcome);
            let calls = report::count(edges, "call");
            session.note(&format!("{services}, {calls} between services: {wrong}\n"));
        }
        ScanFormat::Csv => {
            session.report(&shown, &scanned.texts.sources, DiagnosticFormat::Text)?;
            let text = output::csv(scanned);
            session.out(&text)?;
        }
        ScanFormat::Json => {
            let text = output::json(scanned, &shown)?;
            session.out(&text)?;
        }
        ScanFormat::Github | ScanFormat::Sarif => {
            let text = report::render(&shown, &scanned.texts.sources, diagnostic_format(args.format), false)?;
            session.out(&text)?;
        }
    }
    Ok(())
}

const fn diagnostic_format(format: ScanFormat) -> DiagnosticFormat {
    match format {
        ScanFormat::Text | ScanFormat::Csv => DiagnosticFormat::Text,
        ScanFormat::Json => DiagnosticFormat::Json,
        ScanFormat::Github => DiagnosticFormat::Github,
        ScanFormat::Sarif => DiagnosticFormat::Sarif,
    }
}

/// The `scan:` section, and what is wrong with it.
pub(super) fn config(fleet: &Fleet, sources: &Sources) -> (ScanConfig, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let config = match fleet.config().scan {
        Some(span) => ScanConfig::read(span.source, &sources.get(span.source).text, &mut faults),
        None => ScanConfig::default(),
    };
    (config, faults)
}

/// The services as the scan knows them, and the namespaces they live in. Those of other repositories have no directory here:
/// they are called, and their code is not looked for.
pub(super) fn inventory(fleet: &Fleet) -> (Vec<Service>, BTreeSet<String>) {
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

/// Files that could not be read. Their calls are missing, which the reader should know; the rest is done.
pub(super) fn unread(faults: &[(String, Fault)]) -> Vec<Diagnostic> {
    // What is neither code that is read in depth nor a deploy file is in the account alone.
    let matters = |(path, _): &&(String, Fault)| {
        Language::of(path).is_some()
            || [".yaml", ".yml", ".mod"].iter().any(|end| path.ends_with(end))
            || !path.contains('.')
    };
    let tell = |(path, fault): &(String, Fault)| {
        let (code, reason) = match fault {
            Fault::Unreadable(reason) => (Code::Unreadable, reason.clone()),
            Fault::Encoding => (Code::InvalidEncoding, "it is not UTF-8".to_owned()),
            Fault::TooLarge(bytes) => (Code::Unreadable, format!("it has {bytes} bytes")),
        };
        Diagnostic::new(code, format!("`{path}` is not scanned: {reason}"))
            .severity(Severity::Warning)
            .help("if it is code that calls services, say so by a comment in code that is read")
    };
    faults.iter().filter(matters).map(tell).collect()
}

impl Scanned {
    /// Where an edge is made in the caller's own code: of a call in a library, the place that leads there.
    fn own_place(&self, edge: &Edge) -> Option<Place> {
        let evidence = edge.evidence.first()?;
        let directory = self.fleet.service(&edge.caller).map(|service| format!("{}/", service.directory));
        let own = |place: &&Place| directory.as_ref().is_some_and(|directory| place.path.starts_with(directory));
        let hops = evidence.way.iter().map(|hop| &hop.place);
        let nearest = hops.rev().find(own);
        Some(Some(&evidence.place).filter(own).or(nearest).unwrap_or(&evidence.place).clone())
    }

    /// Whether a service may make calls that the scan does not see: some have a target that cannot be told, or a part of its code was
    /// not looked at.
    fn is_open(&self, service: &str) -> bool {
        let blind = [Code::UnresolvedCall, Code::UnknownClient, Code::NoEntry, Code::ScanLimit];
        let asks = self.outcome.findings.iter().any(|f| blind.contains(&f.code) && f.services.contains(service));
        let unseen = [Reason::Language, Reason::Unreadable, Reason::Unparsed, Reason::Steps];
        let account = self.outcome.accounts.get(service);
        asks || account.is_some_and(|account| account.left.iter().any(|left| unseen.contains(&left.reason)))
    }

    /// Whether rules say what a finding asks: an edge that a person has ruled is explained.
    fn is_ruled(&self, finding: &Finding) -> bool {
        let Some(caller) = finding.services.first().and_then(|name| self.fleet.service(name)) else { return false };
        let ruled = |callee: &String| {
            self.fleet.known(callee).is_some_and(|callee| self.fleet.rule(&caller.name, &callee.name).is_some())
        };
        finding.code == Code::UnexplainedMention && !finding.callees.is_empty() && finding.callees.iter().all(ruled)
    }

    /// Keeps what is about these callers.
    fn only(&mut self, callers: &BTreeSet<&str>) {
        self.outcome.edges.retain(|(caller, _), _| callers.contains(caller.as_str()));
        self.outcome.services.retain(|service, _| callers.contains(service.as_str()));
        self.outcome.findings.retain(|finding| finding.services.iter().any(|s| callers.contains(s.as_str())));
        self.outcome.outside.retain(|(caller, _), _| callers.contains(caller.as_str()));
        self.outcome.accounts.retain(|service, _| callers.contains(service.as_str()));
        self.outcome.left.clear();
    }
}

impl Texts {
    /// The span of a place.
    fn span(&mut self, place: &Place) -> Span {
        let source = match self.added.get(&place.path) {
            Some(source) => *source,
            None => {
                let text = self.by_path.get(&place.path).cloned().unwrap_or_default();
                let source = self.sources.add(place.path.clone(), text);
                self.added.insert(place.path.clone(), source);
                source
            }
        };
        source.span(place.range.start as usize, place.range.end as usize)
    }

    /// `path:line` of a place.
    fn line(&mut self, place: &Place) -> String {
        let span = self.span(place);
        format!("{}:{}", place.path, self.sources.position(span).line)
    }

    /// A finding as it is printed.
    fn diagnostic(&mut self, finding: &Finding) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(finding.code, finding.message.clone());
        for (place, text) in &finding.marks {
            let span = self.first_line(place);
            diagnostic = diagnostic.mark(span, text.clone());
        }
        for help in &finding.help {
            diagnostic = diagnostic.help(help.clone());
        }
        if let (Code::UnresolvedCall, Some((first, more))) = (finding.code, split(&finding.services)) {
            let others = if more > 0 { format!(" and {more} more") } else { String::new() };
            diagnostic = diagnostic.help(format!("it is reached by `{first}`{others}"));
        }
        diagnostic
    }

    /// A place up to the end of its first line: a call may go on for a screen.
    fn first_line(&mut self, place: &Place) -> Span {
        let span = self.span(place);
        let length = self.sources.slice(span).lines().next().map_or(0, str::len);
        span.source.span(span.start, span.start + length)
    }
}

/// The first service, and how many others there are.
fn split(services: &BTreeSet<String>) -> Option<(&str, usize)> {
    services.first().map(|first| (first.as_str(), services.len() - 1))
}
