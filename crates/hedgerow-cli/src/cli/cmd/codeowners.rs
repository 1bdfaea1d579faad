//! `hedgerow codeowners`: the review lines of callees, and whether a rule file can get past them.

use crate::cli::Exit;
use crate::cli::args::{CodeHost, CodeOwners as Args, DiagnosticFormat};
use crate::cli::report::{self, Paths};
use crate::cli::session::Session;
use crate::codeowners::{CodeOwners, Foreign, Found, Host, MOST_BYTES, find, has_sections, with_block};
use crate::manifests::read_manifests;
use anyhow::{Context, bail};
use hedgerow::write_file;
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::fleet::{Fleet, Scope, Service};
use hedgerow_core::source::Sources;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How many paths of one callee are named; they nearly always share one fault.
const SHOWN: usize = 3;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Args) -> anyhow::Result<Exit> {
    let loaded = session.load(Scope::Whole, args.format)?;
    let guarded = guarded(&loaded.fleet, args)?;
    let lines = lines(&loaded.fleet, &guarded);
    let root = session.root()?;
    let repository = repository_root(&root);
    let mut found = found(session, args, &repository);
    if found.known.len() > 1 && found.known.iter().all(|(_, path)| path.is_file() && *path == found.known[0].1) {
        // Sections say whose file it is, where the place does not.
        let is_gitlab = has_sections(&text(&found.known[0].1)?);
        found.known.retain(|(host, _)| !is_gitlab || *host == Host::GitLab);
    }
    if !args.check && !args.write {
        session.out(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())?;
        return Ok(Exit::Done);
    }
    let below = root
        .canonicalize()
        .ok()
        .and_then(|root| root.strip_prefix(repository.canonicalize().ok()?).ok().map(Path::to_path_buf));
    let prefix = below.unwrap_or_default().display().to_string();
    let mut sources = loaded.sources;
    let of_fleet = sources.iter().count();
    let mut diagnostics = Vec::new();
    let mut seen = BTreeSet::new();
    for (host, path) in &found.known {
        let shown = path.strip_prefix(&repository).unwrap_or(path).display().to_string();
        let before = if path.is_file() { text(path)? } else { String::new() };
        // A file that both may read has no section: GitHub does not know them.
        let is_shared = found.known.iter().filter(|(_, other)| other == path).count() > 1;
        let form = if is_shared { Host::GitHub } else { *host };
        let wanted = with_block(form, &before, &lines).with_context(|| format!("cannot write into `{shown}`"))?;
        let is_first = seen.insert(path.clone());
        if args.write && is_first {
            if wanted != before {
                write_file(path, &wanted)?;
            }
            session.note(&format!("{shown}: {}\n", if wanted == before { "nothing to change" } else { "written" }));
        }
        let current = if args.write { &wanted } else { &before };
        let source = sources.add(shown.clone(), current.as_str());
        if *current != wanted && is_first {
            let what = format!("the block of review lines in `{shown}` is not what the services say");
            let help = "`hedgerow codeowners --write`, with the same options, writes it";
            diagnostics.push(Diagnostic::new(Code::NotCoveredByReview, what).mark(source.span(0, 0), "").help(help));
        }
        if *host == Host::GitHub && current.len() > MOST_BYTES {
            let what = format!("`{shown}` is larger than 3 MB, so GitHub does not read it and asks nobody");
            let help = "shorten it: patterns with `*` can stand for many lines";
            diagnostics.push(Diagnostic::new(Code::NotCoveredByReview, what).mark(source.span(0, 0), "").help(help));
            continue;
        }
        let file = CodeOwners::parse(*host, current);
        let after = CodeOwners::parse(*host, &wanted);
        let check = Check { fleet: &loaded.fleet, prefix: &prefix, host: *host, file: &file, after: &after };
        for (service, owner) in &guarded {
            let span = |range: std::ops::Range<usize>| source.span(range.start, range.end);
            diagnostics.extend(check.uncovered(service, owner, span));
        }
    }
    for (host, path) in &found.foreign {
        let shown = path.strip_prefix(&repository).unwrap_or(path).display().to_string();
        let source = sources.add(shown.clone(), text(path)?.as_str());
        let what = format!("`{shown}` is read by {}, whose grammar is not known here ({})", host.name, host.grammar);
        diagnostics.push(
            Diagnostic::new(Code::NotCoveredByReview, what)
                .mark(source.span(0, 0), "whom it asks about rule files is not known")
                .help("look after the lines for rule files by hand; `--host github` or `--host gitlab` checks another file"),
        );
    }
    let first = sources.iter().nth(of_fleet).map(|(id, _)| id);
    let paths = session.paths().others(first, &repository);
    finish(session, &diagnostics, &sources, args.format, &paths)
}

/// The files, with the hosts that read them.
struct Files {
    known: Vec<(Host, PathBuf)>,
    foreign: Vec<(Foreign, PathBuf)>,
}

fn found(session: &Session<'_>, args: &Args, repository: &Path) -> Files {
    let asked = args.host.map(|host| match host {
        CodeHost::Github => Host::GitHub,
        CodeHost::Gitlab => Host::GitLab,
    });
    let found = find(asked, |place| repository.join(place).exists());
    let Found { known, foreign } = found;
    match &args.file {
        // Whoever reads a file that is given by name reads it in one of the known grammars, or there is no telling.
        Some(file) => {
            let path = session.os.directory().join(file);
            let of_place = |host: &Host| path.parent().is_some_and(|parent| parent.ends_with(directory(*host)));
            let by_place = [Host::GitHub, Host::GitLab].into_iter().find(of_place);
            let hosts: Vec<Host> = match asked.or(by_place) {
                Some(host) => vec![host],
                None => known.into_iter().map(|(host, _)| host).collect(),
            };
            let hosts = if hosts.is_empty() { vec![Host::GitHub, Host::GitLab] } else { hosts };
            Files { known: hosts.into_iter().map(|host| (host, path.clone())).collect(), foreign: Vec::new() }
        }
        None => Files {
            known: known.into_iter().map(|(host, place)| (host, repository.join(place))).collect(),
            foreign: foreign.into_iter().map(|(host, place)| (host, repository.join(place))).collect(),
        },
    }
}

const fn directory(host: Host) -> &'static str {
    match host {
        Host::GitHub => ".github",
        Host::GitLab => ".gitlab",
    }
}

fn finish(
    session: &mut Session<'_>,
    diagnostics: &[Diagnostic],
    sources: &Sources,
    format: DiagnosticFormat,
    paths: &Paths,
) -> anyhow::Result<Exit> {
    if !diagnostics.is_empty() || format != DiagnosticFormat::Text {
        let colors = session.os.colors(session.global.color, true);
        let text = report::render(diagnostics, sources, format, colors, paths)?;
        session.out(&text)?;
    }
    session.note(&format!(
        "{}\n",
        report::summary(diagnostics).unwrap_or_else(|| "every rule file is covered".to_owned())
    ));
    Ok(if diagnostics.is_empty() { Exit::Done } else { Exit::Findings })
}

/// The callees that were chosen, each with its owner as the code host writes it.
fn guarded<'f>(fleet: &'f Fleet, args: &Args) -> anyhow::Result<Vec<(&'f Service, String)>> {
    let globs = args
        .services
        .iter()
        .map(|glob| globset::Glob::new(glob).map(|glob| glob.compile_matcher()).with_context(|| format!("`{glob}`")))
        .collect::<anyhow::Result<Vec<_>>>()?;
    for (glob, text) in globs.iter().zip(&args.services) {
        if !fleet.services().chain(fleet.elsewhere()).any(|service| glob.is_match(service.name.as_str())) {
            // A plain name gets the nearest one in the message.
            Session::known(fleet, text).with_context(|| format!("nothing matches `{text}`"))?;
        }
    }
    let is_chosen = |service: &&Service| {
        (globs.is_empty() || globs.iter().any(|glob| glob.is_match(service.name.as_str())))
            && args
                .of_type
                .as_ref()
                .is_none_or(|name| service.service_type.as_ref().is_some_and(|of| of.as_str() == name))
            && args.owner.as_ref().is_none_or(|owner| service.owner.as_ref() == Some(owner))
    };
    let mut guarded = Vec::new();
    // Rules about services of other repositories lie here too, and are their owners' to review.
    for service in fleet.services().chain(fleet.elsewhere()).filter(is_chosen) {
        match &service.owner {
            Some(owner) => guarded.push((service, handle(service, owner, args.org.as_deref())?)),
            None if args.services.is_empty() => {}
            None => bail!("`{}` has no owner to ask: give it one in its service.yaml", service.name),
        }
    }
    if guarded.is_empty() {
        bail!("no service that was chosen has an owner");
    }
    Ok(guarded)
}

/// `finance` → `@finance`, or `@org/finance`; what is a handle or an address already stays as it is.
fn handle(service: &Service, owner: &str, org: Option<&str>) -> anyhow::Result<String> {
    let handle = match (owner.contains('@'), org) {
        (true, _) => owner.to_owned(),
        (false, Some(org)) => format!("@{}/{owner}", org.trim_start_matches('@')),
        (false, None) => format!("@{owner}"),
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || "@/._+-".contains(c);
    if !handle.chars().all(is_word) {
        bail!("the owner `{}` of `{}` cannot stand in a CODEOWNERS file", owner.escape_debug(), service.name);
    }
    Ok(handle)
}

/// One line per callee and rule directory, those left out that another one covers.
fn lines(fleet: &Fleet, guarded: &[(&Service, String)]) -> Vec<String> {
    let directories: BTreeSet<&str> = fleet.config().layout.rules.iter().map(String::as_str).collect();
    let is_covered = |directory: &str| directories.iter().any(|other| directory.ends_with(&format!("/{other}")));
    let kept: Vec<_> = directories.iter().filter(|directory| !is_covered(directory)).collect();
    let of_service = |(service, owner): &(&Service, String)| {
        kept.iter().map(|directory| format!("**/{directory}/{}.rule {owner}", service.name)).collect::<Vec<_>>()
    };
    guarded.iter().flat_map(of_service).collect()
}

/// What a file is asked.
struct Check<'a> {
    fleet: &'a Fleet,
    /// From the repository's root to the fleet's.
    prefix: &'a str,
    host: Host,
    file: &'a CodeOwners,
    /// The file as `--write` would leave it.
    after: &'a CodeOwners,
}

impl Check<'_> {
    /// The rule files about a callee, there or yet to be written, that its owner would not be asked about.
    fn uncovered(
        &self,
        callee: &Service,
        owner: &str,
        span: impl Fn(std::ops::Range<usize>) -> hedgerow_core::source::Span,
    ) -> Option<Diagnostic> {
        let directories = &self.fleet.config().layout.rules;
        let callers = self.fleet.services().filter(|service| service.name != callee.name);
        let paths = callers.flat_map(|caller| {
            directories.iter().map(|directory| {
                let path = format!("{}/{directory}/{}.rule", caller.directory, callee.name);
                if self.prefix.is_empty() { path } else { format!("{}/{path}", self.prefix) }
            })
        });
        let open: Vec<_> = paths.filter(|path| !self.file.is_owned_by(path, owner)).collect();
        let first = open.first()?;
        let named: Vec<_> = open.iter().take(SHOWN).map(|path| format!("`{path}`")).collect();
        let more = open.len().saturating_sub(SHOWN);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let what = format!(
            "{owner} is not asked by {} about rules that let others call `{}`: {}{more}",
            self.host.name(),
            callee.name,
            named.join(", ")
        );
        let diagnostic = Diagnostic::new(Code::NotCoveredByReview, what);
        let marked = match self.file.deciding(first).last() {
            Some(line) => diagnostic.mark(span(line.range.clone()), "this line decides"),
            None => diagnostic.mark(callee.file, "no line names such a file"),
        };
        let is_mended = open.iter().all(|path| self.after.is_owned_by(path, owner));
        Some(marked.help(if is_mended {
            "`hedgerow codeowners --write`, with the same options, puts its block at the end, where nothing overrules it"
        } else {
            "take the line away that decides: no line further down can overrule it"
        }))
    }
}

/// The directory with the repository's `.git`, at or above the fleet's root; the root itself where there is none.
fn repository_root(root: &Path) -> PathBuf {
    root.ancestors().find(|directory| directory.join(".git").exists()).unwrap_or(root).to_path_buf()
}

fn text(path: &Path) -> anyhow::Result<String> {
    let shown = path.display().to_string();
    let files = read_manifests(path).with_context(|| format!("cannot read `{shown}`"))?;
    let bytes = files.into_iter().next().map(|(_, bytes)| bytes).unwrap_or_default();
    String::from_utf8(bytes).with_context(|| format!("cannot read `{shown}`"))
}
