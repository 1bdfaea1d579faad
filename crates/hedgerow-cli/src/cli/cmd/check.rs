//! `hedgerow check`: reads everything and prints all that is wrong.

use crate::cli::Exit;
use crate::cli::args::{Check, DiagnosticFormat};
use crate::cli::report;
use crate::cli::session::Session;
use crate::diff::{Jump, jumps};
use hedgerow::{Parts, Read};
use hedgerow_core::diag::{self, Code, Diagnostic};
use hedgerow_core::fleet::{Fleet, Scope};
use hedgerow_scan::ScanConfig;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Check) -> anyhow::Result<Exit> {
    let Read { mut reading, .. } = session.read_parts(Scope::Whole, Parts::Searched)?;
    if let Some(scan) = reading.fleet.as_ref().and_then(|fleet| fleet.config().scan) {
        // The section is the scanner's to read; its faults are faults of the fleet's files all the same.
        ScanConfig::read(scan.source, &reading.sources.get(scan.source).text, &mut reading.diagnostics);
        diag::sort(&mut reading.diagnostics);
    }
    if let (Some(fleet), Some(environment)) = (&reading.fleet, &args.environment) {
        Session::environment(fleet, Some(environment))?;
    }
    if let (Some(base), Some(head)) = (&args.base, &reading.fleet)
        && let Some(base) = super::diff::base(session, base)?.and_then(|base| base.fleet)
    {
        let unsafe_moves = jumps(&base, head).iter().map(|jump| unsafe_move(head, jump)).collect::<Vec<_>>();
        reading.diagnostics.extend(unsafe_moves);
        diag::sort(&mut reading.diagnostics);
    }
    let quiet = session.global.quiet;
    let shown: Vec<_> = reading.diagnostics.iter().filter(|d| d.is_error() || !quiet).cloned().collect();
    if !shown.is_empty() || args.format != DiagnosticFormat::Text {
        let colors = session.os.colors(session.global.color, true);
        let text = report::render(&shown, &reading.sources, args.format, colors, &session.paths())?;
        session.out(&text)?;
    }
    let found = report::summary(&reading.diagnostics).unwrap_or_else(|| "nothing wrong".to_owned());
    let size = reading.fleet.as_ref().map(size).unwrap_or_default();
    session.note(&format!("{size}{found}\n"));
    let is_wrong = reading.diagnostics.iter().any(Diagnostic::is_error);
    Ok(if is_wrong { Exit::Findings } else { Exit::Done })
}

/// A move as a diagnostic, at the file of the first service that makes it. One that leaves has none any more.
fn unsafe_move(head: &Fleet, jump: &Jump) -> Diagnostic {
    let services = match jump.services.as_slice() {
        [only] => format!("`{only}`"),
        [first, rest @ ..] => format!("`{first}` and {} more", rest.len()),
        [] => "nobody".to_owned(),
    };
    let message = format!("{services} in `{}`: {}: {}", jump.environment, jump.what(), jump.risk());
    let diagnostic = Diagnostic::new(Code::UnsafeStageMove, message).help(jump.help());
    match jump.services.first().and_then(|name| head.service(name)) {
        Some(service) => diagnostic.mark(service.file, ""),
        None => diagnostic,
    }
}

fn size(fleet: &Fleet) -> String {
    let (services, rules) = (fleet.services().count(), fleet.rules().count());
    format!("{}, {}: ", report::count(services, "service"), report::count(rules, "rule"))
}
