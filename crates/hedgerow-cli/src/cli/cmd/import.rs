//! `hedgerow import`: rule files from what other tools say of who may call whom.

mod output;

use super::rule_file::{self, RuleFile};
use super::verify::read::{manifests, objects};
use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, Import, ImportFormat};
use crate::cli::session::{Reported, Session};
use anyhow::{Context, bail};
use hedgerow::write_files;
use hedgerow_core::diag::Diagnostic;
use hedgerow_core::fleet::{Fleet, Scope};
use hedgerow_core::policy::RulePorts;
use hedgerow_core::source::Sources;
use hedgerow_import::{Imported, Many, Options, Rule, Source, Why, import};
use std::collections::BTreeMap;
use std::path::Path;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Import) -> anyhow::Result<Exit> {
    let named = |source: &&Source| source.name() == args.source || aliases(**source).contains(&args.source.as_str());
    let source = *Source::ALL.iter().find(named).context("a source that the command line knows")?;
    if !args.accept.is_empty() && !source.is_traffic() {
        bail!("--accept is for traffic; {} says what is permitted, and --write writes all of it", source.name())
    }
    let loaded = session.load(Scope::Whole, DiagnosticFormat::Text)?;
    let plan = Session::plan(&loaded.fleet, &args.environment)?;
    let mut texts = Sources::default();
    let root = session.root()?;
    let read = if source.is_of_objects() { objects } else { manifests };
    for (path, text) in read(session, &args.files, "import")? {
        // Rule files say where they come from: a path that others have as well.
        let below = Path::new(&path).strip_prefix(&root).ok().and_then(Path::to_str).map(str::to_owned);
        texts.add(below.unwrap_or(path), text);
    }
    let many = if args.each { Many::Each } else { Many::Suggest };
    let imported =
        import(&plan, source, &texts, &Options { namespace: Session::unnamed(&plan, args.namespace.as_deref()), many });
    session.report(&imported.diagnostics, &texts, DiagnosticFormat::Text)?;
    if imported.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Reported(Exit::BadInput).into());
    }
    let files = files(&loaded.fleet, &imported, source)?;
    if args.write {
        write(session, args, source, &loaded.fleet, &imported, &files)?;
    }
    let text = match args.format {
        ImportFormat::Text => output::text(&imported, &files, source, args),
        ImportFormat::Json => output::json(&imported, &files, source, plan.environment().as_str())?,
    };
    session.out(&text)?;
    session.note(&output::tally(&imported, source));
    let is_broken = imported.leftovers.iter().any(|leftover| leftover.why == Why::NotUnderstood);
    let is_other = imported.leftovers.iter().any(|leftover| leftover.why.is_loss());
    Ok(if is_broken || args.strict && is_other { Exit::Findings } else { Exit::Done })
}

/// The other names of a source.
const fn aliases(source: Source) -> &'static [&'static str] {
    match source {
        Source::AccessPolicy => &["nais", "skiperator"],
        Source::Connlist => &["np-guard"],
        Source::Goldmane => &["whisker"],
        Source::Policies | Source::Otterize | Source::Istio | Source::Hubble | Source::Csv => &[],
    }
}

/// The rule files, by path, each with its rule and its text.
type Files<'i> = BTreeMap<String, (&'i Rule, String)>;

fn files<'i>(fleet: &Fleet, imported: &'i Imported, source: Source) -> anyhow::Result<Files<'i>> {
    let origin = if source.is_traffic() { "observed" } else { "imported" };
    let file = |rule: &'i Rule| {
        let path = rule_file::path(fleet, &rule.caller, &rule.callee).context("a service with a directory")?;
        let ports = match &rule.ports {
            RulePorts::All => Vec::new(),
            RulePorts::These(ports) => ports.iter().map(ToString::to_string).collect(),
        };
        let seen = rule.seen.map(|seen| (seen.first, seen.last));
        let reason = seen.is_none().then_some(rule.reason.as_str());
        let text = RuleFile { ports, reason, seen, ..RuleFile::of(origin) }.to_string();
        Ok((path, (rule, text)))
    };
    imported.rules.iter().map(file).collect()
}

/// Writes rule files; of traffic, those of the pairs that a person named. All are looked at before the first is written.
fn write(
    session: &mut Session<'_>,
    args: &Import,
    source: Source,
    fleet: &Fleet,
    imported: &Imported,
    files: &Files<'_>,
) -> anyhow::Result<()> {
    let mut accepted = Vec::new();
    let mut faults = Vec::new();
    for pair in args.accept.chunks_exact(2) {
        let (caller, callee) = (Session::service(fleet, &pair[0])?, Session::known(fleet, &pair[1])?);
        if imported.present.contains(&(caller.clone(), callee.clone())) {
            // A run that was killed has written some; the same command finishes.
            session.note(&format!("`{caller}` may call `{callee}` already\n"));
        } else if !imported.rules.iter().any(|rule| (&rule.caller, &rule.callee) == (&caller, &callee)) {
            faults.push(format!(
                "the traffic shows no call of `{caller}` to `{callee}` that got through and that a rule could permit; `hedgerow allow` adds a rule by hand"
            ));
        }
        accepted.push((caller, callee));
    }
    if source.is_traffic() && accepted.is_empty() {
        bail!("traffic alone permits nothing: name the pairs that may call, with --accept CALLER CALLEE")
    }
    let is_wanted =
        |rule: &Rule| !source.is_traffic() || accepted.contains(&(rule.caller.clone(), rule.callee.clone()));
    let root = session.root()?;
    let wanted = files.iter().filter(|(_, (rule, _))| is_wanted(rule));
    let wanted: BTreeMap<String, String> = wanted.map(|(path, (_, text))| (path.clone(), text.clone())).collect();
    for path in wanted.keys() {
        // The fleet has no such rule; whatever lies there is somebody's, and stays.
        if root.join(path).symlink_metadata().is_ok() {
            faults.push(format!("`{path}` is there already and is no rule of the fleet; move it away"));
        }
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\nerror: "))
    }
    session.try_rules(&wanted, DiagnosticFormat::Text)?;
    write_files(wanted.iter().map(|(path, text)| (root.join(path), text.as_str())))?;
    for path in wanted.keys() {
        session.note(&format!("wrote {path}\n"));
    }
    Ok(())
}
