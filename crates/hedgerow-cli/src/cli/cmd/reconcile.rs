//! `hedgerow reconcile`: code, rules and traffic side by side, edge by edge.

pub(super) mod output;

use super::evidence::{self, Evidence};
use super::header;
use super::rule_file::{self, RuleFile};
use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, Reconcile, ReconcileFormat};
use crate::cli::report;
use crate::cli::session::Session;
use crate::embedded::docs;
use anyhow::{Context, bail};
use hedgerow::write_files;
use hedgerow_core::diag::{Code as DiagnosticCode, Diagnostic, Severity, sort};
use hedgerow_core::policy::Origin;
use hedgerow_ready::reconcile::{Caller, Class, Reconciled, Row, reconcile};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Reconcile) -> anyhow::Result<Exit> {
    if args.days == 0 {
        bail!("--days takes a number of days, 1 at least")
    }
    let mut read =
        evidence::read(session, &args.environment, &args.observations, args.cache.as_deref(), DiagnosticFormat::Text)?;
    warn(session, &read)?;
    let reconciled = reconcile(&read.question(args.days));
    if args.write {
        accept(session, args, &read, &reconciled)?;
        return Ok(Exit::Done);
    }
    let text = match args.format {
        ReconcileFormat::Text => output::text(&read, &reconciled, args),
        ReconcileFormat::Markdown => output::markdown(&read, &reconciled, args),
        ReconcileFormat::Json => output::json(&read, &reconciled, args)?,
        ReconcileFormat::Github => annotations(session, &mut read, &reconciled, args, DiagnosticFormat::Github)?,
        ReconcileFormat::Sarif => annotations(session, &mut read, &reconciled, args, DiagnosticFormat::Sarif)?,
    };
    session.out(&text)?;
    session.note(&output::tally(&reconciled));
    if let Some((line, reason)) = &read.observations.faults.first {
        let number = read.observations.faults.count;
        let (lines, are) = (report::count(number, "line"), if number == 1 { "is" } else { "are" });
        session.err(&format!(
            "warning: {lines} of the observations {are} not understood, the first is line {line}: {reason}\n"
        ));
    }
    let is_open = reconciled.rows.iter().any(|row| row.class.is_open()) || read.observations.faults.count > 0;
    Ok(if is_open { Exit::Findings } else { Exit::Done })
}

/// Says where observations are not of this environment or this tree.
fn warn(session: &mut Session<'_>, read: &Evidence) -> anyhow::Result<()> {
    let (header, asked) = (&read.observations.header, read.plan.environment());
    if let Some(watched) = header.environment.as_deref().filter(|watched| *watched != asked.as_str()) {
        bail!("the observations are of the environment `{watched}`, and `{asked}` is asked for")
    }
    header::refuse_future("the observations end", header, read.now)?;
    header::warn_untold(session, header);
    if let Some(strayed) = header::strayed("the observations", &read.observations) {
        session.note(&format!("warning: {strayed}\n"));
    }
    if header.catalogue.as_ref().is_some_and(|digest| !read.tree.catalogues.contains_key(digest)) {
        session.note(&format!(
            "warning: services were named by a catalogue that is not this tree's; give the collector the one that `{} catalogue --env {asked} --rules` prints, or, if the fleet has several repositories, the one that all of them read, and name it under `services: {{catalogue: …}}` ({})\n",
            read.program,
            docs!("catalogue.md")
        ));
    }
    Ok(())
}

/// Writes rule files for the pairs that a person named. All are looked at before the first is written.
fn accept(session: &mut Session<'_>, args: &Reconcile, read: &Evidence, reconciled: &Reconciled) -> anyhow::Result<()> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut faults = Vec::new();
    for pair in args.accept.chunks_exact(2) {
        match accepted(read, reconciled, &pair[0], &pair[1]) {
            Ok(Some((path, text))) => {
                files.insert(path, text);
            }
            Ok(None) => session.note(&format!("`{}` may call `{}` already\n", pair[0], pair[1])),
            Err(error) => faults.push(format!("{error:#}")),
        }
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\nerror: "))
    }
    session.try_rules(&files, DiagnosticFormat::Text)?;
    let root = session.root()?;
    session.clear_temporaries(&root, files.keys().filter_map(|path| Some(path.rsplit_once('/')?.0)));
    write_files(files.iter().map(|(path, text)| (root.join(path), text.as_str())))?;
    for path in files.keys() {
        session.note(&format!("wrote {path}\n"));
    }
    Ok(())
}

/// The rule file of a pair, as its path and text; nothing where an earlier run has written it.
fn accepted(
    read: &Evidence,
    reconciled: &Reconciled,
    caller: &str,
    callee: &str,
) -> anyhow::Result<Option<(String, String)>> {
    let fleet = &read.scanned.fleet;
    let caller = Session::service(fleet, caller)?;
    let callee = Session::known(fleet, callee)?;
    let shows = |row: &&Row| {
        matches!(&row.caller, Caller::Service(name) if name == caller.as_str()) && row.callee == callee.as_str()
    };
    let row = reconciled.rows.iter().find(shows);
    if let Some(rule) = fleet.rule(&caller, &callee) {
        // A rule for some ports was narrowed by a person; and of ports that the callee does not declare no rule opens one.
        if let Some(row) = row.filter(|row| !row.missing.is_empty()) {
            let help = output::ports(read, row).join("; ");
            bail!("`{caller}` may call `{callee}` already, and not on all ports that traffic shows: {help}")
        }
        // A run that was killed has written some of its pairs: whoever repeats it means the others.
        if rule.origin == Some(Origin::Observed) {
            return Ok(None);
        }
        bail!("`{caller}` may call `{callee}` already: the rule file is there")
    }
    let seen = row.and_then(|row| row.seen);
    let seen = seen.with_context(|| {
        format!("traffic shows no call of `{caller}` to `{callee}`; add a rule by hand where one is to come")
    })?;
    let path = rule_file::path(fleet, &caller, &callee).context("a service with a directory")?;
    let text = RuleFile { seen: Some((seen.first, seen.last)), ..RuleFile::of("observed") };
    Ok(Some((path, text.to_string())))
}

/// Open rows as diagnostics, each where it can be mended.
fn annotations(
    session: &Session<'_>,
    read: &mut Evidence,
    reconciled: &Reconciled,
    args: &Reconcile,
    format: DiagnosticFormat,
) -> anyhow::Result<String> {
    let open = reconciled.rows.iter().filter(|row| row.class.is_open());
    let mut diagnostics: Vec<Diagnostic> = open.map(|row| diagnostic(read, row, args)).collect();
    sort(&mut diagnostics);
    report::render(&diagnostics, &read.scanned.texts.sources, format, false, &session.paths())
}

fn diagnostic(read: &mut Evidence, row: &Row, args: &Reconcile) -> Diagnostic {
    let (code, severity) = match row.class {
        Class::NobodyKnows | Class::Unpermitted => (DiagnosticCode::UnknownCall, Severity::Error),
        Class::DeployMissing => (DiagnosticCode::UndeployedRule, Severity::Error),
        Class::RuleMissing | Class::PortMissing => (DiagnosticCode::MissingRule, Severity::Error),
        Class::ScanBlind => (DiagnosticCode::UnseenByScan, Severity::Warning),
        Class::Unknown => (DiagnosticCode::UnheardRule, Severity::Warning),
        Class::Stale | Class::CodeUnread | Class::NotSeen | Class::Permitted | Class::Elsewhere | Class::Confirmed => {
            (DiagnosticCode::StaleRule, Severity::Warning)
        }
    };
    let message = format!("`{}` → `{}`: {}", row.caller.as_str(), row.callee, row.class.means());
    let mut diagnostic = Diagnostic::new(code, message).severity(severity);
    let fleet = Arc::clone(&read.scanned.fleet);
    let ends = fleet.known(row.caller.as_str()).zip(fleet.known(&row.callee));
    let rule = ends.and_then(|(caller, callee)| fleet.rule(&caller.name, &callee.name));
    let key = (row.caller.as_str().to_owned(), row.callee.clone());
    let place = read.places.get(&key).filter(|_| row.class != Class::PortMissing);
    if let Some(place) = place {
        diagnostic = diagnostic.mark(read.scanned.texts.first_line(place), "the call");
    } else if let Some(rule) = rule {
        diagnostic = diagnostic.mark(rule.file, "");
    } else if let Some(service) = fleet.service(row.caller.as_str()).or_else(|| fleet.service(&row.callee)) {
        diagnostic = diagnostic.mark(service.file, "");
    }
    for help in output::help(read, row, args) {
        diagnostic = diagnostic.help(help);
    }
    diagnostic
}
