//! What `ready` and `reconcile` read: the fleet, what its code says, and what traffic showed.

use super::catalogue::add_schedule;
use super::foreign;
use super::scan::{Scanned, inventory, may_hold_calls, scan};
use crate::cli::args::{DiagnosticFormat, EnvironmentArg};
use crate::cli::session::Session;
use crate::code;
use anyhow::{Context, bail};
use hedgerow_core::catalogue::{Catalogue, WithRules};
use hedgerow_core::diag::{Code as DiagnosticCode, Severity};
use hedgerow_core::fleet::{Fleet, Scope};
use hedgerow_core::name::EnvironmentName;
use hedgerow_core::plan::{Plan, ServicePlan};
use hedgerow_core::source::Sources;
use hedgerow_observe::observations::{Moment, NotObservations, Observations};
use hedgerow_observe::verdict::meaning_of;
use hedgerow_ready::code::{Code, Open};
use hedgerow_ready::judge::{self, Job};
use hedgerow_render::service_objects;
use hedgerow_scan::{Place, PlainFile, Reason, Schedule, Tree, Want, in_parallel, schedules, wants};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// All that is read.
pub(super) struct Evidence {
    pub(super) plan: Plan,
    pub(super) scanned: Scanned,
    pub(super) code: Code,
    /// The places of [`Code::calls`].
    pub(super) places: BTreeMap<(String, String), Place>,
    /// How observations name what the tree holds.
    pub(super) tree: judge::Tree,
    pub(super) jobs: Vec<Job>,
    /// The cron jobs of manifests that are of no service.
    pub(super) strange_jobs: Vec<String>,
    pub(super) observations: Observations,
    pub(super) now: Moment,
    /// The program and the options by which it finds this fleet, as they are typed.
    pub(super) program: String,
}

impl Evidence {
    /// What is asked of it, with the days that a window has at least.
    pub(super) fn question(&self, days: u32) -> judge::Question<'_> {
        judge::Question {
            plan: &self.plan,
            code: Some(&self.code),
            tree: &self.tree,
            jobs: &self.jobs,
            strange_jobs: &self.strange_jobs,
            observations: &self.observations,
            now: self.now,
            days,
            program: &self.program,
        }
    }
}

/// Reads everything.
pub(super) fn read(
    session: &mut Session<'_>,
    environment: &EnvironmentArg,
    observations: &Path,
    cache: Option<&Path>,
    format: DiagnosticFormat,
) -> anyhow::Result<Evidence> {
    let observations = read_observations(session, observations)?;
    of(session, environment, observations, cache, format)
}

/// Reads everything but observations.
pub(super) fn of(
    session: &mut Session<'_>,
    environment: &EnvironmentArg,
    observations: Observations,
    cache: Option<&Path>,
    format: DiagnosticFormat,
) -> anyhow::Result<Evidence> {
    let loaded = session.load(Scope::Whole, format)?;
    let plan = Session::plan(&loaded.fleet, environment)?;
    let mut scanned = scan(session, loaded, cache, format)?;
    let warnings = std::mem::take(&mut scanned.warnings);
    session.report(&warnings, &scanned.texts.sources, format)?;
    let (code, places) = code_of(&mut scanned);
    let schedules = manifests(&scanned);
    let known = (&*scanned.fleet, &scanned.texts.sources);
    let environments = [Some(plan.environment()), None];
    let catalogues = catalogues(known, &environments, &schedules, observations.header.catalogue.as_deref());
    let environment = Some(plan.environment());
    let own = Catalogue::of(&scanned.fleet, environment, WithRules::Yes, &scanned.texts.sources);
    let labelling = own.labelling_digest();
    let tree = judge::Tree { policies: in_parallel(|| policies(&plan)), catalogues, labelling };
    let strange = schedules.iter().filter(|schedule| schedule.service.is_none());
    let strange_jobs = strange
        .map(|schedule| format!("`{}` ({})", foreign::shown(&schedule.workload), foreign::shown(&schedule.path)))
        .collect();
    let jobs = schedules.into_iter().filter_map(job).collect();
    let (now, program) = (Moment(session.now()?), program(session));
    Ok(Evidence { plan, scanned, code, places, tree, jobs, strange_jobs, observations, now, program })
}

/// `hedgerow`, with the options of this run that say where the fleet is.
fn program(session: &Session<'_>) -> String {
    let mut program = "hedgerow".to_owned();
    for (option, value) in [("-C", &session.global.directory), ("--config", &session.global.config)] {
        if let Some(value) = value {
            program = format!("{program} {option} {}", word(&value.to_string_lossy()));
        }
    }
    program
}

/// A text as one word of a shell's line.
pub(super) fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The digests by which observations may name the catalogue of a fleet in some environments (nothing: in all), made until one is the one that is wanted: of
/// what names pods, or of all, as earlier versions wrote it.
pub(super) fn catalogues(
    (fleet, sources): (&Fleet, &Sources),
    environments: &[Option<&EnvironmentName>],
    schedules: &[Schedule],
    wanted: Option<&str>,
) -> BTreeMap<String, WithRules> {
    let mut digests = BTreeMap::new();
    let Some(wanted) = wanted else { return digests };
    for is_whole in [false, true] {
        let mut add = |catalogue: &Catalogue| {
            let digest = if is_whole { catalogue.digest() } else { catalogue.naming_digest() };
            let with_rules = if is_whole && catalogue.rules.is_some() { WithRules::Yes } else { WithRules::No };
            digests.insert(digest, with_rules);
        };
        // Of several repositories the one that the collector has is the one that this tree reads.
        fleet.catalogue().into_iter().for_each(&mut add);
        for environment in environments {
            // Without the rules a naming is the same.
            for rules in [WithRules::No, WithRules::Yes].into_iter().take(1 + usize::from(is_whole)) {
                let mut catalogue = Catalogue::of(fleet, *environment, rules, sources);
                schedules.iter().cloned().for_each(|schedule| add_schedule(&mut catalogue, schedule));
                add(&catalogue);
            }
        }
        if digests.contains_key(wanted) {
            break;
        }
    }
    digests
}

/// What the policies of each service mean.
fn policies(plan: &Plan) -> BTreeMap<String, String> {
    let plans: Vec<&ServicePlan> = plan.services().values().collect();
    let means = |service: &&ServicePlan| {
        let texts: Vec<String> =
            service_objects(service, Some(&service.namespace)).iter().map(|object| object.emit()).collect();
        Some((service.name.as_str().to_owned(), meaning_of(texts.iter().map(String::as_str))?))
    };
    plans.par_iter().filter_map(means).collect()
}

/// When the workloads run that manifests hold.
fn manifests(scanned: &Scanned) -> Vec<Schedule> {
    let (services, namespaces) = inventory(&scanned.fleet);
    let texts = scanned.texts.by_path.iter().filter(|(path, _)| wants(path, &scanned.config) == Want::Text);
    let texts: Vec<PlainFile> =
        texts.map(|(path, text)| PlainFile { path: path.clone(), text: Arc::from(text.as_str()) }).collect();
    let tree = Tree { services: &services, namespaces, config: &scanned.config, code: &[], texts: &texts, lost: &[] };
    in_parallel(|| schedules(&tree)).into_iter().collect()
}

fn job(schedule: Schedule) -> Option<Job> {
    Some(Job {
        service: schedule.service?,
        workload: schedule.workload,
        schedule: schedule.schedule,
        time_zone: schedule.time_zone,
        is_suspended: schedule.is_suspended,
    })
}

/// What a scan found, as far as it matters here, and the places of the calls.
fn code_of(scanned: &mut Scanned) -> (Code, BTreeMap<(String, String), Place>) {
    let (mut code, mut places) = (Code::default(), BTreeMap::new());
    let edges: Vec<_> = scanned.outcome.edges.values().cloned().collect();
    for edge in edges {
        let place = scanned.own_place(&edge);
        let at = place.as_ref().map(|place| scanned.texts.line(place)).unwrap_or_default();
        let is_rule = edge.class().is_rule();
        let key = (edge.caller, edge.callee);
        if is_rule {
            places.extend(place.map(|place| (key.clone(), place)));
            code.calls.insert(key, at);
            continue;
        }
        let ends = scanned.fleet.known(&key.0).zip(scanned.fleet.known(&key.1));
        if ends.is_none_or(|(caller, callee)| scanned.fleet.rule(&caller.name, &callee.name).is_none()) {
            let what = format!("it may call `{}`, and the scan is not certain", key.1);
            code.open.entry(key.0.clone()).or_default().push(Open { what, place: at.clone() });
        }
        code.candidates.insert(key, at);
    }
    let findings = scanned.outcome.findings.iter().filter(|finding| hides_calls(finding.code));
    let findings: Vec<_> = findings.filter(|finding| !scanned.is_ruled(finding)).cloned().collect();
    for finding in findings {
        let place = finding.marks.first().map(|(place, _)| scanned.texts.line(place)).unwrap_or_default();
        for service in finding.services {
            code.open.entry(service).or_default().push(Open { what: finding.message.clone(), place: place.clone() });
        }
    }
    for (service, account) in &scanned.outcome.accounts {
        // Of code that is read in part the rest may hold any call, and what a deployment file gives that is not understood may be any address.
        let is_blind = |reason| may_hold_calls(reason) || reason == Reason::Deploy;
        let left = account.left.iter().find(|left| is_blind(left.reason));
        match left {
            Some(left) => {
                let what = match (left.reason, left.what.as_str()) {
                    (_, "") => left.first.clone(),
                    (Reason::Import, import) => format!("`{import}`, which {} imports, is not there", left.first),
                    (_, what) => format!("{what}, {}", left.first),
                };
                code.left.insert(service.clone(), what);
            }
            None => match scanned.shared(account) {
                Some(what) => drop(code.left.insert(service.clone(), what)),
                None if account.begins() => drop(code.read.insert(service.clone())),
                None => {}
            },
        }
    }
    for open in code.open.values_mut() {
        open.sort();
        open.dedup();
    }
    (code, places)
}

/// Whether a finding means that there may be calls which the scan does not see.
fn hides_calls(code: DiagnosticCode) -> bool {
    let asks = [
        DiagnosticCode::UnparsedCode,
        DiagnosticCode::UnexplainedMention,
        DiagnosticCode::UnknownClient,
        DiagnosticCode::ScanLimit,
    ];
    // That code does not begin to run says that it was not read.
    code != DiagnosticCode::NoEntry && (code.severity() == Severity::Error || asks.contains(&code))
}

pub(super) fn read_observations(session: &mut Session<'_>, path: &Path) -> anyhow::Result<Observations> {
    let name = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    let bytes = if path == Path::new("-") {
        session.os.read_stdin().context("cannot read standard input")?
    } else {
        code::read_file(&session.os.directory().join(path)).with_context(|| format!("cannot read `{name}`"))?
    };
    let Ok(text) = String::from_utf8(bytes) else { bail!("`{name}` is not UTF-8") };
    let observations = Observations::read(&text).map_err(|fault| match fault {
        NotObservations::Empty => anyhow::anyhow!("`{name}` is empty; observations begin with a header line"),
        NotObservations::Header(reason) if reason.starts_with("unknown field") => anyhow::anyhow!(
            "the header of `{name}` says more than this program knows: {reason}; a newer `hedgerow-observer` wrote it: update `hedgerow`"
        ),
        NotObservations::Header(reason) => anyhow::anyhow!(
            "the first line of `{name}` is no header of observations: {reason}; `hedgerow-observer export` and `read` write them"
        ),
        NotObservations::Version(version) => {
            anyhow::anyhow!("`{name}` has observations of version {version}; this program reads version 1")
        }
        NotObservations::Window => anyhow::anyhow!("`{name}` ends before it begins: `to` is earlier than `from`"),
    });
    Ok(foreign::plain(observations?))
}
