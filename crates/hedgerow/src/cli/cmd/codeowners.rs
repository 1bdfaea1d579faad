//! `hedgerow codeowners`: the review lines of callees, and whether a rule file can get past them.

use crate::cli::Exit;
use crate::cli::args::{CodeOwners as Args, DiagnosticFormat};
use crate::cli::report;
use crate::cli::session::Session;
use crate::codeowners::{CodeOwners, with_block};
use crate::load::read_manifests;
use crate::write::write_file;
use anyhow::{Context, bail};
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_core::fleet::{Fleet, Scope, Service};
use hedgerow_core::source::Sources;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the code hosts look, in their order.
const PLACES: [&str; 4] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];
/// How many paths of one callee are named; they nearly always share one fault.
const SHOWN: usize = 3;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Args) -> anyhow::Result<Exit> {
    let loaded = session.load(Scope::Whole, args.format)?;
    let guarded = guarded(&loaded.fleet, args)?;
    let lines = lines(&loaded.fleet, &guarded);
    if !args.check && !args.write {
        session.out(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())?;
        return Ok(Exit::Done);
    }
    let root = session.root()?;
    let repository = repository_root(&root);
    let path = match &args.file {
        Some(file) => session.os.directory().join(file),
        None => find(&repository),
    };
    let shown = path.strip_prefix(&repository).unwrap_or(&path).display().to_string();
    let before = if path.is_file() { text(&path)? } else { String::new() };
    let wanted = with_block(&before, &lines).with_context(|| format!("cannot write into `{shown}`"))?;
    if args.write {
        if wanted != before {
            write_file(&path, &wanted)?;
        }
        session.note(&format!("{shown}: {}\n", if wanted == before { "nothing to change" } else { "written" }));
    }
    let current = if args.write { &wanted } else { &before };
    let below = root
        .canonicalize()
        .ok()
        .and_then(|root| root.strip_prefix(repository.canonicalize().ok()?).ok().map(Path::to_path_buf));
    let prefix = below.unwrap_or_default().display().to_string();
    let mut sources = loaded.sources;
    let source = sources.add(shown.clone(), current.as_str());
    let mut diagnostics = Vec::new();
    if *current != wanted {
        let what = format!("the block of review lines in `{shown}` is not what the services say");
        let help = "`hedgerow codeowners --write`, with the same options, writes it";
        diagnostics.push(Diagnostic::new(Code::NotCoveredByReview, what).mark(source.span(0, 0), "").help(help));
    }
    let file = CodeOwners::parse(current);
    for (service, owner) in &guarded {
        diagnostics.extend(uncovered(&loaded.fleet, service, owner, &prefix, &file, |range| {
            source.span(range.start, range.end)
        }));
    }
    finish(session, &diagnostics, &sources, args.format)
}

fn finish(
    session: &mut Session<'_>,
    diagnostics: &[Diagnostic],
    sources: &Sources,
    format: DiagnosticFormat,
) -> anyhow::Result<Exit> {
    if !diagnostics.is_empty() || format != DiagnosticFormat::Text {
        let colors = session.os.colors(session.global.color, true);
        let text = report::render(diagnostics, sources, format, colors)?;
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

/// The rule files about a callee, there or yet to be written, that its owner would not be asked about.
fn uncovered(
    fleet: &Fleet,
    callee: &Service,
    owner: &str,
    prefix: &str,
    file: &CodeOwners,
    span: impl Fn(std::ops::Range<usize>) -> hedgerow_core::source::Span,
) -> Option<Diagnostic> {
    let directories = &fleet.config().layout.rules;
    let callers = fleet.services().filter(|service| service.name != callee.name);
    let paths = callers.flat_map(|caller| {
        directories.iter().map(|directory| {
            let path = format!("{}/{directory}/{}.rule", caller.directory, callee.name);
            if prefix.is_empty() { path } else { format!("{prefix}/{path}") }
        })
    });
    let open: Vec<_> = paths.filter(|path| !file.is_owned_by(path, owner)).collect();
    let first = open.first()?;
    let named: Vec<_> = open.iter().take(SHOWN).map(|path| format!("`{path}`")).collect();
    let more = open.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let what =
        format!("{owner} is not asked about rules that let others call `{}`: {}{more}", callee.name, named.join(", "));
    let diagnostic = Diagnostic::new(Code::NotCoveredByReview, what);
    let marked = match file.deciding(first).last() {
        Some(line) => diagnostic.mark(span(line.range.clone()), "this line decides"),
        None => diagnostic.mark(callee.file, "no line names such a file"),
    };
    Some(
        marked.help("lines further down overrule those above: `hedgerow codeowners --write` adds its block at the end"),
    )
}

/// The directory with the repository's `.git`, at or above the fleet's root; the root itself where there is none.
fn repository_root(root: &Path) -> PathBuf {
    root.ancestors().find(|directory| directory.join(".git").exists()).unwrap_or(root).to_path_buf()
}

/// The file that the code host would read, or the one to begin.
fn find(repository: &Path) -> PathBuf {
    let places = PLACES.map(|place| repository.join(place));
    places.iter().find(|place| place.is_file()).or(places.first()).cloned().unwrap_or_default()
}

fn text(path: &Path) -> anyhow::Result<String> {
    let shown = path.display().to_string();
    let files = read_manifests(path).with_context(|| format!("cannot read `{shown}`"))?;
    let bytes = files.into_iter().next().map(|(_, bytes)| bytes).unwrap_or_default();
    String::from_utf8(bytes).with_context(|| format!("cannot read `{shown}`"))
}
