//! `hedgerow verify`: do these manifests allow exactly what the rules allow?

mod json;
pub(super) mod read;

use crate::cli::Exit;
use crate::cli::args::{DiagnosticFormat, Verify};
use crate::cli::report;
use crate::cli::report::count;
use crate::cli::session::{Reported, Session};
use hedgerow_core::diag::{Code, Diagnostic, enumerate};
use hedgerow_core::fleet::Scope;
use hedgerow_core::plan::{Plan, Protection};
use hedgerow_eval::{Manifests, ObjectRef};
use hedgerow_render::guard::{account_objects, guard_objects};
use hedgerow_verify::{Expected, Finding, Report, overwritten, verify};

pub(in crate::cli) fn run(session: &mut Session<'_>, args: &Verify) -> anyhow::Result<Exit> {
    let loaded = session.load(Scope::Whole, args.format)?;
    let plan = Session::plan(&loaded.fleet, &args.environment)?;
    let mut sources = loaded.sources;
    let before = sources.iter().count();
    for (path, text) in read::objects(session, &args.files, "verify")? {
        sources.add(path, text);
    }
    let given = sources.iter().nth(before).map(|(id, _)| id);
    let paths = session.paths().others(given, session.os.directory());
    let (manifests, mut diagnostics) =
        Manifests::read(sources.iter().skip(before), &Session::unnamed(&plan, args.namespace.as_deref()));
    // Where a policy cannot be understood no verdict holds, and to compare would be to guess.
    if diagnostics.iter().any(Diagnostic::is_error) {
        session.report_in(&diagnostics, &sources, args.format, &paths)?;
        return Err(Reported(Exit::BadInput).into());
    }
    let overwritten = overwritten(&plan, &manifests);
    let compared = verify(&plan, manifests);
    diagnostics.extend(compared.findings.iter().map(Finding::diagnostic).chain(overwritten));
    if args.complete {
        diagnostics.extend(absences(&plan, &compared));
        let objects: Vec<_> =
            sources.iter().skip(before).flat_map(|(id, source)| hedgerow_eval::objects(id, &source.text)).collect();
        diagnostics.extend(hedgerow_verify::guard(&plan, &guard(&plan), &objects));
    }
    let is_different = diagnostics.iter().any(Diagnostic::is_error);
    let quiet = session.global.quiet;
    let shown: Vec<_> = diagnostics.into_iter().filter(|diagnostic| diagnostic.is_error() || !quiet).collect();
    match args.format {
        DiagnosticFormat::Json => {
            let text = json::render(&compared, plan.environment(), &shown, &sources)?;
            session.out(&text)?;
        }
        DiagnosticFormat::Text if shown.is_empty() => {}
        DiagnosticFormat::Text | DiagnosticFormat::Github | DiagnosticFormat::Sarif => {
            let colors = session.os.colors(session.global.color, true);
            let text = report::render(&shown, &sources, args.format, colors, &paths)?;
            session.out(&text)?;
        }
    }
    session.note(&summary(&plan, &compared, &shown));
    let is_misplaced = compared.findings.iter().any(|finding| matches!(finding, Finding::Misplaced { .. }));
    if compared.checked.services == 0 && !is_misplaced {
        anyhow::bail!("nothing was compared: no pods and no policy of the fleet's services are among the manifests");
    }
    Ok(if is_different { Exit::Findings } else { Exit::Done })
}

/// The guard as it should be.
fn guard(plan: &Plan) -> Vec<Expected> {
    let mut objects = guard_objects(plan).unwrap_or_default();
    // A service without an account is refused where it is rendered; here there is nothing to compare it with.
    objects.extend(plan.services().values().flat_map(|service| account_objects(plan, service).unwrap_or_default()));
    let expected = objects.iter().map(|object| {
        let reference = ObjectRef {
            kind: object.kind.to_owned(),
            namespace: object.namespace.as_ref().map(ToString::to_string),
            name: object.name.clone(),
        };
        Expected { reference, value: serde_json::from_str(&object.to_yaml().to_json()).unwrap_or_default() }
    });
    expected.collect()
}

/// The services that should be among the manifests and are not.
fn absences<'a>(plan: &'a Plan, compared: &'a Report) -> impl Iterator<Item = Diagnostic> + 'a {
    let absent = compared.absent.iter().map(|name| (name, None));
    // Policies alone, as `render` prints them, are compared with pods as the plan has them. Where there are pods of
    // others, those of a service that has none wear the wrong labels or are not there.
    let has_pods = compared.checked.workloads > 0;
    let without_pods = compared.without_pods.iter().filter(move |_| has_pods);
    absent.chain(without_pods.map(|(name, policies)| (name, Some(policies)))).map(|(name, policies)| {
        let what = match policies {
            None => format!("neither a policy nor pods of `{name}` are among the manifests"),
            Some(policies) => {
                let guard = if policies.len() == 1 { "guards" } else { "guard" };
                format!("no pods of `{name}` are among the manifests: {} {guard} nobody", enumerate(policies))
            }
        };
        let diagnostic = Diagnostic::new(Code::NotIsolated, what);
        let Some(service) = plan.fleet().service(name) else { return diagnostic };
        let diagnostic = diagnostic.mark(service.file, "");
        let namespace = plan.service(&service.name).map(|planned| planned.namespace.as_str());
        let strangers = compared.unguarded.iter().filter(|pods| pods.namespace.as_deref() == namespace);
        let strangers: Vec<_> = strangers.take(4).map(ToString::to_string).collect();
        if policies.is_none() || strangers.is_empty() {
            return diagnostic;
        }
        diagnostic.help(format!("these wear no service's identity: {}", strangers.join(", ")))
    })
}

fn summary(plan: &Plan, compared: &Report, shown: &[Diagnostic]) -> String {
    let checked = compared.checked;
    let there = plan.services().iter().filter(|(name, _)| compared.absent.iter().all(|absent| absent != name.as_str()));
    let (mut open, mut tried) = (0, 0);
    for (_, service) in there {
        match &service.protection {
            Protection::Absent | Protection::Open { .. } => open += 1,
            Protection::Staged { .. } => tried += 1,
            Protection::Enforced { rest, .. } if rest.is_allowed() => tried += 1,
            Protection::Enforced { .. } => {}
        }
    }
    let found = report::summary(shown).unwrap_or_else(|| match checked.services {
        0 => "nothing to compare".to_owned(),
        _ if open + tried == 0 => "they allow exactly what the rules allow".to_owned(),
        _ if open == 0 => "once enforced, they allow exactly what the rules allow".to_owned(),
        _ => "they are as the rules and the stages ask".to_owned(),
    });
    let mut text = format!(
        "compared {}, {}, {}, {}: {found}\n",
        count(checked.services, "service"),
        count(checked.permissions, "permission"),
        count(checked.workloads, "workload"),
        count(checked.policies, "policy"),
    );
    for (number, noun, what) in [
        (open, "service", "of stage `off` or `open`: everybody may call today"),
        (tried, "service", "of stage `audit`: nothing is dropped today"),
        (compared.absent.len(), "service", "not among the manifests"),
        (compared.without_pods.len(), "service", "without pods among the manifests, taken to wear what the rules give"),
        (compared.unguarded.len(), "workload", "of no service and guarded by no policy"),
        (compared.staged.len(), "policy", "staged and without effect"),
    ] {
        if number > 0 {
            text.push_str(&format!("{}: {what}\n", count(number, noun)));
        }
    }
    text
}
