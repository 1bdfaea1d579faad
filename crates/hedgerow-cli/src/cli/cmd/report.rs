//! `hedgerow report`: how far the fleet is, on one page.

mod html;
mod model;

use super::{evidence, graph, header};
use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, Reconcile, ReconcileFormat, Report as Args, ReportFormat};
use crate::cli::session::Session;
use crate::code;
use anyhow::{Context, bail};
use hedgerow::write_file;
use hedgerow_core::date::Date;
use hedgerow_observe::observations::Moment;
use hedgerow_ready::judge::judge;
use hedgerow_ready::reconcile::reconcile;
use model::{Earlier, Found, Point, Report, VERSION};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Args) -> anyhow::Result<Exit> {
    if args.days == 0 {
        bail!("--days takes a number of days, 1 at least")
    }
    let is_stdin = |file: &PathBuf| file == Path::new("-");
    if is_stdin(&args.observations) && args.manifests.iter().any(is_stdin) {
        bail!("standard input can be read once: `-` stands among --observations and --manifests")
    }
    let observations = evidence::read_observations(session, &args.observations)?;
    // A page for whoever has to answer is not made of what cannot have been seen yet.
    let name = format!("`{}`", args.observations.display());
    header::refuse_future(&format!("{name} ends"), &observations.header, Moment(session.now()?))?;
    if let Some(strayed) = header::strayed(&name, &observations) {
        bail!("{strayed}: they are of other observations, or a clock is wrong")
    }
    // No clock: the same inputs give the same page on every day.
    let end = Date::from_unix_days(observations.header.to.0.div_euclid(86_400));
    session.global.today.get_or_insert_with(|| end.to_string());
    let today = session.today()?;
    let read = evidence::of(session, &args.environment, observations, args.cache.as_deref(), DiagnosticFormat::Text)?;
    let environment = read.plan.environment().to_string();
    let history = history(session, &args.history, &environment, today)?;
    let callees: Vec<_> = read.scanned.fleet.services().map(|service| service.name.clone()).collect();
    if callees.is_empty() {
        bail!("there is no service in `{}`", session.root()?.display())
    }
    let question = read.question(args.days);
    let answers = judge(&question, &callees);
    let reconciled = reconcile(&question);
    let seen = std::slice::from_ref(&read.observations);
    let network = graph::of_plan(session, &read.plan, &read.scanned.texts.sources, seen, &args.manifests)?;
    // What is open is helped with by the commands that `reconcile` would name.
    let asked = Reconcile {
        environment: args.environment.clone(),
        observations: args.observations.clone(),
        days: args.days,
        all: false,
        write: false,
        accept: Vec::new(),
        cache: None,
        format: ReconcileFormat::Text,
    };
    let found = Found { read: &read, answers: &answers, reconciled: &reconciled, network: &network, asked: &asked };
    let report = Report::new(&found, history, args.days, today);
    let write = |session: &mut Session<'_>, format: ReportFormat, to: Option<&Path>| -> anyhow::Result<()> {
        let text = match format {
            ReportFormat::Json => report.json()?,
            ReportFormat::Html => {
                let picture = hedgerow_graph::svg(&network, &graph::layout(session, &network));
                html::render(&report, &picture)
            }
        };
        let Some(path) = to else { return session.out(&text) };
        write_file(&session.os.directory().join(path), &text)?;
        session.note(&format!("wrote {}\n", path.display()));
        Ok(())
    };
    if args.out.is_empty() {
        write(session, args.format.unwrap_or(ReportFormat::Html), None)?;
    }
    for path in &args.out {
        let by_name = match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => ReportFormat::Json,
            _ => ReportFormat::Html,
        };
        write(session, args.format.unwrap_or(by_name), Some(path))?;
    }
    session.note(&report.summary());
    Ok(Exit::Done)
}

/// What earlier reports tell, by day. This report's own day is not among them: it is told anew.
fn history(
    session: &Session<'_>,
    files: &[PathBuf],
    environment: &str,
    today: Date,
) -> anyhow::Result<BTreeMap<String, Point>> {
    let mut points: BTreeMap<String, (Point, String)> = BTreeMap::new();
    for file in files {
        let shown = file.display().to_string();
        let bytes =
            code::read_file(&session.os.directory().join(file)).with_context(|| format!("cannot read `{shown}`"))?;
        let earlier: Earlier = serde_json::from_slice(&bytes).with_context(|| {
            format!("`{shown}` is no report: --history takes what `hedgerow report --format json` writes")
        })?;
        if earlier.version != VERSION {
            bail!("`{shown}` is a report of version {}; this program reads version {VERSION}", earlier.version)
        }
        if earlier.environment != environment {
            bail!("`{shown}` is a report of `{}`, not of `{environment}`", earlier.environment)
        }
        for point in earlier.history {
            let Some(day) = Date::new(&point.date) else {
                bail!("`{shown}` has the date `{}`, which is not valid", point.date.escape_debug())
            };
            if day > today {
                bail!(
                    "`{shown}` tells of {day}, which is later than this report ({today}); leave it out, or give newer observations"
                )
            }
            if day == today {
                continue;
            }
            match points.get(&point.date) {
                Some((known, from)) if *known != point => {
                    bail!("`{from}` and `{shown}` tell of {day}, and not the same; give one of them")
                }
                _ => {
                    points.insert(point.date.clone(), (point, shown.clone()));
                }
            }
        }
    }
    Ok(points.into_iter().map(|(day, (point, _))| (day, point)).collect())
}
