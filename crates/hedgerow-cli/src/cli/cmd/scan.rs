//! `hedgerow scan`: which service calls which, found in the code, beside what the rule files say.

mod account;
mod explain;
mod imports;
mod output;
mod progress;
mod rules;
mod scanned;
mod texts;

pub(super) use scanned::{Scanned, config, inventory, may_hold_calls, scan};
pub(super) use texts::unread;

use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, Scan, ScanFormat};
use crate::cli::report;
use crate::cli::session::Session;
use crate::code::drop_later;
use hedgerow_core::diag::{Code, Diagnostic, Severity, sort};
use hedgerow_core::fleet::Scope;
use hedgerow_scan::{Account, Class, Finding};

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Scan) -> anyhow::Result<Exit> {
    let format = diagnostic_format(args.format);
    let loaded = session.load(Scope::Whole, format)?;
    for service in args.services.iter().chain(args.explain.iter().flat_map(|ends| ends.first())) {
        Session::service(&loaded.fleet, service)?;
    }
    for service in args.explain.iter().flatten().skip(1) {
        Session::known(&loaded.fleet, service)?;
    }
    let mut scanned = scan(session, loaded, args.cache.as_deref(), format)?;
    if !args.services.is_empty() {
        scanned.only(&args.services.iter().map(String::as_str).collect());
    }
    if let Some([caller, callee]) = args.explain.as_deref() {
        let text = explain::explain(&mut scanned, caller, callee);
        let found = scanned.outcome.edges.contains_key(&(caller.clone(), callee.clone()));
        session.out(&text)?;
        return Ok(if found { Exit::Done } else { Exit::Findings });
    }
    let mut diagnostics = std::mem::take(&mut scanned.warnings);
    let is_empty = scanned.fleet.services().next().is_none();
    if args.check && is_empty {
        let message = "there are no services, so no call of theirs was looked for";
        let help =
            "`services.include` in hedgerow.yaml says which directories are services; `hedgerow init` proposes them";
        diagnostics.push(Diagnostic::new(Code::EmptyFleet, message).severity(Severity::Error).help(help));
    }
    if args.check && args.services.is_empty() {
        diagnostics.extend(all_excluded(&scanned));
    }
    let difference = rules::difference(&scanned);
    let findings = std::mem::take(&mut scanned.outcome.findings);
    let open: Vec<&Finding> = findings.iter().filter(|finding| !scanned.is_ruled(finding)).collect();
    let (open, broken) = match args.format {
        // Programs want each call at its line.
        ScanFormat::Text | ScanFormat::Csv => imports::grouped(&scanned, open),
        ScanFormat::Json | ScanFormat::Github | ScanFormat::Sarif => (open, Vec::new()),
    };
    diagnostics.extend(broken.iter().map(|finding| scanned.texts.diagnostic(finding)));
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

/// The tree has code, and all of it is left out: nothing that was found says anything of its calls.
fn all_excluded(scanned: &Scanned) -> Option<Diagnostic> {
    let first = scanned.excluded.as_deref()?;
    let is_read = scanned.outcome.accounts.values().any(Account::has_code);
    if is_read || scanned.fleet.services().all(|service| scanned.config.is_manual(service.name.as_str())) {
        return None;
    }
    let message = format!("no service has code that is read: `scan.exclude` leaves it out, such as {first}");
    let help =
        "leave out less; where people keep the rules of a service, say so: `scan: manual: {<service>: <reason>}`";
    let diagnostic = Diagnostic::new(Code::NoEntry, message).severity(Severity::Error).help(help);
    Some(scanned.fleet.config().scan.into_iter().fold(diagnostic, |diagnostic, span| diagnostic.mark(span, "")))
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
            let edges = scanned.outcome.edges.values();
            let addressed = edges.clone().filter(|edge| edge.class() == Class::Addressed).count();
            let edges = edges.filter(|edge| edge.class().is_rule()).count();
            let is_read = scanned.outcome.accounts.values().any(Account::begins);
            let wrong = report::summary(diagnostics).unwrap_or_else(|| {
                let well = if is_read { "nothing wrong" } else { "no code was read, so this says nothing of calls" };
                well.to_owned()
            });
            session.note(&account::text(&scanned.outcome));
            let services = account::services(&scanned.outcome);
            let calls = report::count(edges, "call");
            let addressed = match addressed {
                0 => String::new(),
                count => format!(" ({count} by an address alone)"),
            };
            session.note(&format!("{services}, {calls} between services{addressed}: {wrong}\n"));
        }
        ScanFormat::Csv => {
            session.report(&shown, &scanned.texts.sources, DiagnosticFormat::Text)?;
            let text = output::csv(scanned);
            session.out(&text)?;
            session.note(&account::text(&scanned.outcome));
        }
        ScanFormat::Json => {
            let text = output::json(scanned, &shown)?;
            session.out(&text)?;
        }
        ScanFormat::Github | ScanFormat::Sarif => {
            let text = report::render(
                &shown,
                &scanned.texts.sources,
                diagnostic_format(args.format),
                false,
                &session.paths(),
            )?;
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
