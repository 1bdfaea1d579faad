//! What `ready` and `reconcile` read: the fleet, what its code says, and what traffic showed.

use super::scan::{Scanned, UNSEEN, inventory, scan};
use crate::cli::args::{DiagnosticFormat, EnvironmentArg};
use crate::cli::session::Session;
use crate::code;
use anyhow::{Context, bail};
use hedgerow_core::diag::{Code as DiagnosticCode, Severity};
use hedgerow_core::fleet::Scope;
use hedgerow_core::plan::Plan;
use hedgerow_observe::observations::{Moment, NotObservations, Observations};
use hedgerow_ready::code::{Code, Open};
use hedgerow_ready::judge::Job;
use hedgerow_scan::{Place, PlainFile, Tree, Want, in_parallel, schedules, wants};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const DAY: i64 = 86_400;

/// All that is read.
pub(super) struct Evidence {
    pub(super) plan: Plan,
    pub(super) scanned: Scanned,
    pub(super) code: Code,
    /// The places of [`Code::calls`].
    pub(super) places: BTreeMap<(String, String), Place>,
    pub(super) jobs: Vec<Job>,
    pub(super) observations: Observations,
    /// The last second of today: what is observed today is not of the future.
    pub(super) now: Moment,
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
    let loaded = session.load(Scope::Whole, format)?;
    let plan = Session::plan(&loaded.fleet, environment)?;
    let mut scanned = scan(session, loaded, cache, format)?;
    let warnings = std::mem::take(&mut scanned.warnings);
    session.report(&warnings, &scanned.texts.sources, format)?;
    let (code, places) = code_of(&mut scanned);
    let jobs = jobs(&scanned);
    let now = Moment((session.today()?.unix_days() + 1) * DAY - 1);
    Ok(Evidence { plan, scanned, code, places, jobs, observations, now })
}

/// The cron jobs that manifests hold.
fn jobs(scanned: &Scanned) -> Vec<Job> {
    let (services, namespaces) = inventory(&scanned.fleet);
    let texts = scanned.texts.by_path.iter().filter(|(path, _)| wants(path, &scanned.config) == Want::Text);
    let texts: Vec<PlainFile> =
        texts.map(|(path, text)| PlainFile { path: path.clone(), text: Arc::from(text.as_str()) }).collect();
    let tree = Tree { services: &services, namespaces, config: &scanned.config, code: &[], texts: &texts, lost: &[] };
    let jobs = in_parallel(|| schedules(&tree)).into_iter().map(|schedule| Job {
        service: schedule.service,
        workload: schedule.workload,
        schedule: schedule.schedule,
        is_suspended: schedule.is_suspended,
    });
    jobs.collect()
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
        // Of code that is read in part the rest may hold any call.
        let left = account.left.iter().find(|left| UNSEEN.contains(&left.reason));
        match left {
            Some(left) => {
                let what =
                    if left.what.is_empty() { left.first.clone() } else { format!("{}, {}", left.what, left.first) };
                code.left.insert(service.clone(), what);
            }
            None if account.entries > 0 => {
                code.read.insert(service.clone());
            }
            None => {}
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

fn read_observations(session: &mut Session<'_>, path: &Path) -> anyhow::Result<Observations> {
    let name = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    let bytes = if path == Path::new("-") {
        session.os.read_stdin().context("cannot read standard input")?
    } else {
        code::read_file(&session.os.directory().join(path)).with_context(|| format!("cannot read `{name}`"))?
    };
    let Ok(text) = String::from_utf8(bytes) else { bail!("`{name}` is not UTF-8") };
    Observations::read(&text).map_err(|fault| match fault {
        NotObservations::Empty => anyhow::anyhow!("`{name}` is empty; observations begin with a header line"),
        NotObservations::Header(reason) => anyhow::anyhow!(
            "the first line of `{name}` is no header of observations: {reason}; `hedgerow-observer export` and `read` write them"
        ),
        NotObservations::Version(version) => {
            anyhow::anyhow!("`{name}` has observations of version {version}; this program reads version 1")
        }
        NotObservations::Window => anyhow::anyhow!("`{name}` ends before it begins: `to` is earlier than `from`"),
    })
}
