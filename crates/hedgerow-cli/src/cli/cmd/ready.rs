//! `hedgerow ready`: which services may be enforced, and why the others may not yet.

pub(super) mod output;
mod write;

use super::evidence;
use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, Ready, ReadyFormat};
use crate::cli::session::Session;
use anyhow::bail;
use hedgerow_core::diag::{count, enumerate};
use hedgerow_core::fleet::Fleet;
use hedgerow_core::name::ServiceName;
use hedgerow_ready::evidence::{Readiness, Verdict};
use hedgerow_ready::judge::judge;

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Ready) -> anyhow::Result<Exit> {
    if args.days == 0 {
        bail!("--days takes a number of days, 1 at least")
    }
    let evidence =
        evidence::read(session, &args.environment, &args.observations, args.cache.as_deref(), DiagnosticFormat::Text)?;
    let fleet = &evidence.scanned.fleet;
    let callees = asked(fleet, &args.services)?;
    if callees.is_empty() {
        bail!("there is no service in `{}`", session.root()?.display())
    }
    let question = evidence.question(args.days);
    let answers = judge(&question, &callees);
    let environment = evidence.plan.environment().as_str();
    if !evidence.strange_jobs.is_empty() {
        let strange = &evidence.strange_jobs;
        let (are, their) = if strange.len() == 1 { ("is", "its") } else { ("are", "their") };
        let jobs = count(strange.len(), "cron job");
        session.note(&format!(
            "warning: {jobs} of the manifests {are} of no service, so {their} runs are not waited for: {}\n",
            enumerate(strange)
        ));
    }
    let mut request = None;
    if args.write {
        session.clear_temporaries(&evidence.scanned.root, fleet.services().map(|service| service.directory.as_str()));
        let ready: Vec<&Readiness> = answers.iter().filter(|answer| answer.verdict == Verdict::Ready).collect();
        let services: Vec<&ServiceName> = ready.iter().map(|answer| &answer.service).collect();
        write::enforce(session, &evidence.scanned, &services, environment)?;
        request = (!ready.is_empty()).then(|| output::request(&ready, environment));
    }
    let text = match args.format {
        // The text of a pull request is Markdown, and all that whoever writes wants.
        ReadyFormat::Text | ReadyFormat::Markdown if request.is_some() => request.unwrap_or_default(),
        // Who asks for one service wants all of it; who asks for the fleet wants what is in the way.
        ReadyFormat::Text => output::text(&answers, !args.services.is_empty() || session.global.verbose),
        ReadyFormat::Json => {
            let asked = output::Asked { environment, days: args.days, request: request.as_deref() };
            output::json(&answers, &asked, &evidence.tree, &evidence.observations.header)?
        }
        ReadyFormat::Markdown => output::markdown(&answers, environment),
        ReadyFormat::Github => output::github(&answers, fleet, request.as_deref(), &session.paths()),
    };
    session.out(&text)?;
    session.note(&output::tally(&answers));
    Ok(exit(&answers))
}

fn exit(answers: &[Readiness]) -> Exit {
    let is_ready = |answer: &Readiness| matches!(answer.verdict, Verdict::Ready | Verdict::Enforced);
    if answers.iter().all(is_ready) { Exit::Done } else { Exit::Findings }
}

/// The services that are asked about: all, or those that names and globs mean.
fn asked(fleet: &Fleet, wanted: &[String]) -> anyhow::Result<Vec<ServiceName>> {
    if wanted.is_empty() {
        return Ok(fleet.services().map(|service| service.name.clone()).collect());
    }
    let mut names = std::collections::BTreeSet::new();
    for wanted in wanted {
        if wanted.contains(['*', '?', '[', '{']) {
            let glob = globset::Glob::new(wanted)?.compile_matcher();
            let before = names.len();
            names.extend(fleet.services().map(|s| s.name.clone()).filter(|name| glob.is_match(name.as_str())));
            if names.len() == before {
                bail!("no service matches `{wanted}`")
            }
        } else {
            names.insert(Session::service(fleet, wanted)?);
        }
    }
    Ok(names.into_iter().collect())
}
