//! `hedgerow catalogue`: what others need to know of the services, and `hedgerow catalogue merge`.

use super::foreign::shown;
use super::scan::{config, inventory, unread};
use crate::cli::Exit;
use crate::cli::args::{Catalogue as Args, CatalogueAction, Merge};
use crate::cli::report::count;
use crate::cli::session::{Reported, Session};
use crate::code::read_deploy;
use anyhow::{Context, bail};
use hedgerow::Parts;
use hedgerow::read_catalogue;
use hedgerow::write_file;
use hedgerow_core::catalogue::{Catalogue, Schedule, WithRules, merge};
use hedgerow_core::diag::{self, Diagnostic};
use hedgerow_core::fleet::Scope;
use hedgerow_core::read::catalogues;
use hedgerow_core::tree::{File, FileFault};
use hedgerow_scan::{Tree, in_parallel, schedules};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most bytes of a ConfigMap, which is how a catalogue gets into a cluster.
const CONFIG_MAP: usize = 1 << 20;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Args) -> anyhow::Result<Exit> {
    if let Some(CatalogueAction::Merge(args)) = &args.action {
        return run_merge(session, args);
    }
    // Whom the services call is nobody else's business, so a fault in a rule stops nobody from learning where they listen; and
    // two repositories whose services call each other can each be the first.
    let parts = if args.rules { Parts::All } else { Parts::Metadata };
    let loaded = session.load_parts(Scope::Whole, parts, args.format)?;
    let fleet = &loaded.fleet;
    let environment = args.environment.as_deref().map(|name| Session::environment(fleet, Some(name))).transpose()?;
    let rules = if args.rules { WithRules::Yes } else { WithRules::No };
    let mut catalogue = Catalogue::of(fleet, environment.as_ref(), rules, &loaded.sources);
    let root = session.root()?;
    let (scan, faults) = config(fleet, &loaded.sources);
    if !faults.is_empty() {
        session.report(&faults, &loaded.sources, args.format)?;
        return Ok(Exit::BadInput);
    }
    let (texts, faults) =
        in_parallel(|| read_deploy(&root, &scan)).with_context(|| format!("cannot read `{}`", root.display()))?;
    session.report(&unread(&faults), &loaded.sources, args.format)?;
    let (services, namespaces) = inventory(fleet);
    let tree = Tree { services: &services, namespaces, config: &scan, code: &[], texts: &texts, lost: &[] };
    let found = in_parallel(|| schedules(&tree));
    for schedule in found {
        if schedule.service.is_none() {
            session.note(&format!(
                "warning: {}: `{}` is of no service, so it is left out\n",
                shown(&schedule.path),
                shown(&schedule.workload)
            ));
        } else if schedule.schedule.is_none() {
            session.note(&format!(
                "{}: when {} runs cannot be told from the manifest\n",
                shown(&schedule.path),
                shown(&schedule.workload)
            ));
        }
        add_schedule(&mut catalogue, schedule);
    }
    print(session, &catalogue, args.out.as_deref())
}

/// Adds what a manifest says of when a workload runs.
pub(super) fn add_schedule(catalogue: &mut Catalogue, schedule: hedgerow_scan::Schedule) {
    if let Some(entry) = schedule.service.as_deref().and_then(|service| catalogue.entries.get_mut(service)) {
        entry.schedules.push(Schedule {
            workload: schedule.workload,
            schedule: schedule.schedule,
            time_zone: schedule.time_zone,
            is_suspended: schedule.is_suspended,
            file: schedule.path,
        });
    }
}

fn run_merge(session: &mut Session<'_>, args: &Merge) -> anyhow::Result<Exit> {
    if args.files.iter().filter(|path| is_standard_input(path)).count() > 1 {
        bail!("standard input can be read once")
    }
    let mut files = Vec::new();
    for path in &args.files {
        files.push(read(session, path)?);
    }
    let (drafts, mut diagnostics, sources) = catalogues(files);
    // Those that can be read are compared all the same, so that one run finds everything.
    let merged = merge(&drafts, &mut diagnostics);
    diag::sort(&mut diagnostics);
    session.report(&diagnostics, &sources, args.format)?;
    match merged {
        Some(merged) if !diagnostics.iter().any(Diagnostic::is_error) => print(session, &merged, args.out.as_deref()),
        _ => Err(Reported(Exit::BadInput).into()),
    }
}

fn print(session: &mut Session<'_>, catalogue: &Catalogue, out: Option<&Path>) -> anyhow::Result<Exit> {
    let text = catalogue.to_text();
    match out {
        None => session.out(&text)?,
        Some(path) => write_file(&session.os.directory().join(path), &text)?,
    }
    let size = if text.len() > CONFIG_MAP { ", too large for a ConfigMap" } else { "" };
    session.note(&format!("{}, {} bytes{size}\n", count(catalogue.entries.len(), "service"), text.len()));
    Ok(Exit::Done)
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

fn read(session: &mut Session<'_>, path: &PathBuf) -> anyhow::Result<File> {
    if is_standard_input(path) {
        let bytes = session.os.read_stdin().context("cannot read standard input")?;
        let text = hedgerow_yaml::decode_owned(bytes).map(Arc::new);
        return Ok(File {
            path: "<stdin>".to_owned(),
            text: text.map_err(|error| FileFault::Encoding(error.to_string())),
        });
    }
    let text = read_catalogue(&session.os.directory().join(path));
    Ok(File { path: path.display().to_string(), text })
}
